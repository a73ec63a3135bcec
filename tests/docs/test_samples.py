"""The samples of the reference: Python runs with our client, and sends what curl does."""

import contextlib
import io
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from tests.client.recorded import Asked, Recorded, Reply, recorded
from wattyard.app import ENDPOINTS
from wattyard.app.endpoints import description
from wattyard.web.reference.outline import DescribedOperation, Outline
from wattyard.web.reference.samples import samples

OUTLINE = Outline(description(ENDPOINTS).document)
OPERATIONS = [one for group in OUTLINE.groups for one in group.operations]
ENDLESS = {"event_stream"}
"""What its sample follows does not end."""


@dataclass(frozen=True)
class Sent:
    """A request, as far as samples say what it is."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    scheme: str | None
    """Of the Authorization header."""

    @classmethod
    def of(cls, method: str, target: str, body: Any, scheme: str | None) -> "Sent":
        path, _, query = target.partition("?")
        return cls(method, path, tuple(sorted(parse_qsl(query))), body, scheme)


def typed(code: str) -> Sent:
    """Read a line of curl as a shell and curl do."""
    words = shlex.split(code.replace("\\\n", " "))
    assert words.pop(0) == "curl"
    method, target, body, scheme = "GET", "", None, None
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-d":
            body = json.loads(words.pop(0))
        elif word == "-u":
            assert words.pop(0) == "$WATTYARD_ACCOUNT_ID:$WATTYARD_SECRET_KEY"
            scheme = "Basic"
        elif word == "-H":
            name, value = words.pop(0).split(": ")
            scheme = value.split()[0] if name == "Authorization" else scheme
        else:
            assert target == "", word
            target = word.removeprefix("$WATTYARD_URL")
    return Sent.of(method, target, body, scheme)


def reply(operation: DescribedOperation) -> Reply:
    """Answer with the documented example; of a list, its last page."""
    status, answer = operation.answer
    example = answer.get("example")
    if isinstance(example, dict) and "has_more" in example:
        example = {**example, "has_more": False}
    if example is None:
        return Reply(int(status), b"")
    return Reply(int(status), example)


@pytest.fixture(scope="module")
def server() -> Iterator[Recorded]:
    with recorded() as server:
        yield server


def ran(code: str, server: Recorded, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Run Python, and give the one call that it made."""
    for name, value in {
        "URL": server.url,
        "ACCOUNT_ID": "acc_1",
        "SECRET_KEY": "sk_test_1",
    }.items():
        monkeypatch.setenv(f"WATTYARD_{name}", value)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, names)  # noqa: S102 (our own text)
    names["yard"].close()
    (asked,) = server.asked or server.tokens
    return asked


@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS if one.name not in ENDLESS], ids=lambda one: one.name
)
def test_a_sample_runs_and_both_ways_send_the_same(
    operation: DescribedOperation, server: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    curl, python, _ = samples(operation, OUTLINE)
    wanted = typed(curl.code)
    assert wanted.method == operation.method
    server.replies, server.asked, server.tokens = [reply(operation)], [], []
    asked = ran(python.code, server, monkeypatch)
    body = msgspec.json.decode(asked.body) if asked.body else None
    scheme = (asked.headers.get("authorization") or "").partition(" ")[0] or None
    assert Sent.of(asked.method, asked.path, body, scheme) == wanted
