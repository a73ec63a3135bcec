"""Samples in JavaScript, and what they are to send: the same as the samples for curl."""

from typing import Any, Final

import msgspec

from tests.client.recorded import Asked, Recorded
from tests.docs.test_samples import ENDLESS, OPERATIONS, OUTLINE, Sent, reply, typed
from wattyard.web.reference.outline import DescribedOperation
from wattyard.web.reference.samples import samples

RUN: Final = [one for one in OPERATIONS if one.name not in ENDLESS]
GIVEN: Final = {"key": "sk_test_1", "accountId": "acc_1", "secretKey": "sk_test_1"}
"""What samples expect to be there besides `url`."""
AS_A_FUNCTION: Final = """
const AsyncFunction = (async () => {}).constructor;
const quiet = { log() {} };
const run = (code, given) =>
  new AsyncFunction("console", ...Object.keys(given), code)(quiet, ...Object.values(given));
"""


def code_of(operation: DescribedOperation) -> str:
    """The sample in JavaScript."""
    (found,) = (one for one in samples(operation, OUTLINE) if one.language == "javascript")
    return found.code


def wanted_of(operation: DescribedOperation) -> Sent:
    """What the sample for curl sends."""
    curl, *_ = samples(operation, OUTLINE)
    return typed(curl.code)


def sent(asked: Asked) -> Sent:
    """What a sample has sent."""
    body: Any = msgspec.json.decode(asked.body) if asked.body else None
    scheme = (asked.headers.get("authorization") or "").partition(" ")[0] or None
    return Sent.of(asked.method, asked.path, body, scheme)


def prepare(server: Recorded, operations: list[DescribedOperation]) -> None:
    """Have a server answer these, in their order, and forget what it was asked."""
    server.asked, server.tokens = [], []
    server.replies = [reply(one) for one in operations if one.path != "/auth/tokens"]


def taken(server: Recorded, operations: list[DescribedOperation]) -> dict[str, Sent]:
    """What was sent for each, by its name."""
    asked, tokens = iter(server.asked), iter(server.tokens)
    return {
        one.name: sent(next(tokens if one.path == "/auth/tokens" else asked)) for one in operations
    }
