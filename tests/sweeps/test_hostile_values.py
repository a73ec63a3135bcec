"""No value of any field of any operation makes the server fail (contract 0, Errors).

Each field of a body gets a quarter of the values here, its neighbours the others; all of them in
`make fuzz`.
"""

import copy
import json
import os
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import quote

import msgspec
import pytest

from tests.support.world import Tenant
from tests.sweeps.conftest import IN_THE_MODULES_LOOP, Owned
from tests.sweeps.test_every_endpoint import credentials, filled, name, named, objects_of
from wattyard.app import ENDPOINTS
from wattyard.platform.decoding import Patch, type_forms
from wattyard.platform.http import Endpoint

HUGE = "1" + "0" * 400
DEEP = "[" * 450 + "]" * 450
RAW_VALUES = (
    '"0000-01-01T00:00:00Z"',
    '"0001-01-01T00:00:00+14:00"',
    '"\\u0030001-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59.999999Z"',
    '"9999-12-31T23:59:59-14:00"',
    '"0001-01-01"',
    '"9999-12-31"',
    HUGE,
    "1e308",
    "-1e308",
    "1e999",
    DEEP,
    '{"a":' * 450 + "1" + "}" * 450,
    '"\\u0000"',
    '"\\ud800"',
    '"' + "x" * 70_000 + '"',
)
"""Values as they stand in JSON; Python's own writer does not know them all."""
TEXTS = (
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    HUGE,
    "-1",
    "1e999",
    "\x00",
    "a\x00b",
    "\ud800",
    "x" * 3000,
    "",
    "..",
    "../..",
    "a/b",
    "%",
)
"""Values as they stand in a query or a path."""

LONG = "WATTYARD_FUZZ_CALLS" in os.environ
SHARE = 4

Path = tuple[str | int, ...]
HOLE = "a hole that no example has"


def paths(form: Any, above: Path = (), depth: int = 4) -> Iterator[Path]:
    """List the fields of a type, at any depth that a client sends."""
    inner, _ = type_forms.apart(form)
    if type_forms.origin(inner) is Patch:
        inner = get_args(inner)[0]
    if type_forms.origin(inner) is list and depth:
        yield (*above, 0)
        yield from paths(get_args(inner)[0], (*above, 0), depth - 1)
    for part in get_args(inner) or (inner,):
        if isinstance(part, type) and issubclass(part, msgspec.Struct) and depth:
            for field in type_forms.fields(part):
                yield (*above, field.name)
                yield from paths(field.form, (*above, field.name), depth - 1)


def with_hole(body: Any, path: Path) -> Any:
    """Copy a body with a hole at a path; what is missing above it is made."""
    if not path:
        return HOLE
    step, *rest = path
    if isinstance(step, int):
        items = list(body) if isinstance(body, list) else []
        return [with_hole(items[0] if items else {}, tuple(rest)), *items[1:]]
    members = copy.copy(body) if isinstance(body, dict) else {}
    members[step] = with_hole(members.get(step, {}), tuple(rest))
    return members


def bodies(body: Any, path: Path, number: int) -> Iterator[bytes]:
    """Give the body with values at the path: all of them at the first, a quarter at the others."""
    before, after = json.dumps(with_hole(body, path)).split(json.dumps(HOLE))
    whole = LONG or number == 0
    for value in RAW_VALUES if whole else RAW_VALUES[number % SHARE :: SHARE]:
        yield f"{before}{value}{after}".encode()


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize("declared", [e for e in ENDPOINTS if e.body is not None], ids=name)
async def test_no_value_of_a_body_makes_the_server_fail(tenant: Tenant, declared: Endpoint) -> None:
    ids = await objects_of(tenant)
    path, params = filled(declared.path, ids), named(declared.example_query, ids)
    example = named(declared.example_body, ids)
    for number, where in enumerate([(), *dict.fromkeys(paths(declared.body))]):
        for body in bodies(example, where, number):
            answer = await tenant.call(
                declared.method,
                path,
                content=body,
                params=params,
                headers={"Content-Type": "application/json"},
            )
            assert answer.status_code < 500, (where, body[:300], answer.text)
            assert len(answer.content) < 200_000


@pytest.mark.parametrize("declared", [e for e in ENDPOINTS if e.query is not None], ids=name)
async def test_no_value_of_a_query_makes_the_server_fail(
    tenant: Tenant, declared: Endpoint
) -> None:
    assert declared.query is not None
    ids = await objects_of(tenant)
    path = filled(declared.path, ids)
    example = named(declared.example_query or {}, ids)
    if "stream" in declared.operation:
        return
    for field in type_forms.fields(declared.query):
        for text in TEXTS:
            query = "&".join(
                f"{key}={encoded(value)}" for key, value in {**example, field.name: text}.items()
            )
            answer = await tenant.call(
                declared.method,
                f"{path}?{query}",
                json=named(declared.example_body, ids) if declared.body is not None else None,
            )
            assert answer.status_code < 500, (query[:300], answer.text)


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", [e for e in ENDPOINTS if "{" in e.path], ids=name)
async def test_no_name_in_a_path_makes_the_server_fail(owned: Owned, declared: Endpoint) -> None:
    tenant, ids = owned.tenant, owned.ids
    params = named(declared.example_query, ids)
    for text in TEXTS:
        if not text:
            continue
        path = filled(declared.path, dict.fromkeys(ids, encoded(text)))
        answer = await tenant.call(
            declared.method,
            path,
            json=named(declared.example_body, ids) if declared.body is not None else None,
            params=params,
            headers=credentials(tenant, declared),
        )
        assert answer.status_code < 500, (path[:300], answer.text)
