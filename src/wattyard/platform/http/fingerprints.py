"""When two requests with one `Idempotency-Key` are the same: method, path, query and JSON value."""

import hashlib
import json
from typing import Any, Final
from urllib.parse import parse_qsl

from wattyard.kernel.values import dataclass
from wattyard.platform.http.call import Call
from wattyard.platform.work import beside

_BESIDE_BYTES: Final = 64 * 1024
"""A body above this is read in a thread, so that others are answered meanwhile."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Two digests of a request: of what it means, and of its bytes.

    The bytes are what releases before 0007 compared; both are kept, so that a repeat is
    recognised while two releases serve side by side.
    """

    meaning: bytes
    written: bytes


async def fingerprint(call: Call, raw: bytes) -> Fingerprint:
    """Take the fingerprints of a request."""
    if len(raw) > _BESIDE_BYTES:
        body = await beside(_canonical, raw)
    else:
        body = _canonical(raw)
    query = call.scope["query_string"]
    head = f"{call.method} {call.path}?".encode()
    return Fingerprint(
        meaning=hashlib.sha256(b"\n".join((head, _canonical_query(query), body))).digest(),
        written=hashlib.sha256(head + query + b"\n" + raw).digest(),
    )


def _canonical(raw: bytes) -> bytes:
    """Write a JSON value in one way, whatever its key order, white space and number forms.

    What is not JSON stays as it is: it is refused the same way each time.
    """
    try:
        value = json.loads(raw, parse_float=_number)
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return raw


_EXACT: Final = 2.0**53
"""Whole numbers below this are the same as float and as int."""


def _number(text: str) -> Any:  # noqa: ANN401 (an int or a float)
    number = float(text)
    return int(number) if abs(number) < _EXACT and number.is_integer() else number


def _canonical_query(query: bytes) -> bytes:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        return query
    return json.dumps(sorted(pairs)).encode()
