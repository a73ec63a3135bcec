"""Values that break careless code, as JSON text and as text in a query or a path."""

import json
from collections.abc import Mapping
from typing import Any, Final

_PLACE: Final = "@@here@@"

JSON_VALUES: Final[Mapping[str, str]] = {
    "null": "null",
    "true": "true",
    "an empty text": '""',
    "an empty object": "{}",
    "an empty array": "[]",
    "an array of arrays": "[[[]]]",
    "an array nested 450 deep": "[" * 450 + "]" * 450,
    "an array nested 20,000 deep": "[" * 20_000 + "]" * 20_000,
    "an object nested 450 deep": '{"a":' * 450 + "1" + "}" * 450,
    "an array that is not closed": "[" * 450,
    "100,000 zeros": "[" + "0," * 99_999 + "0]",
    "20,000 empty objects": "[" + "{}," * 19_999 + "{}]",
    "a large text": '"' + "x" * 200_000 + '"',
    "NUL": '"\\u0000"',
    "NUL inside": '"a\\u0000b"',
    "half a surrogate": '"\\ud800"',
    "the other half": '"\\udfff-"',
    "controls": '"\\u0001\\u001b[31m\\u007f"',
    "right to left": '"\\u202e"',
    "zero": "0",
    "minus zero": "-0",
    "minus one": "-1",
    "a tiny number": "5e-324",
    "the largest float": "1.7976931348623157e308",
    "beyond the largest float": "1e400",
    "beyond it, below zero": "-1e400",
    "401 digits": "1" + "0" * 400,
    "5,000 digits": "9" * 5_000,
    "2^63": "9223372036854775808",
    "2^64": "18446744073709551616",
    "half a number": "1.5",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "the first instant": '"0001-01-01T00:00:00Z"',
    "before the first instant": '"0001-01-01T00:00:00+23:59"',
    "year 0": '"0000-01-01T00:00:00Z"',
    "the last instant": '"9999-12-31T23:59:59.999999Z"',
    "after the last instant": '"9999-12-31T23:59:59-23:59"',
    "a second that is none": '"2016-12-31T23:59:60Z"',
    "a distant offset": '"2026-03-01T00:00:00+99:99"',
    "the first day": '"0001-01-01"',
    "the last day": '"9999-12-31"',
    "a day that is none": '"2026-02-30"',
    "24 o'clock": '"24:00"',
    "an id that is none": '"loc_zzzz"',
    "SQL": '"\'; DROP TABLE sites; --"',
    "a format": '"{0.__class__}%s%n"',
}
"""By what they are. Some are no JSON: then the whole body is none."""

TEXTS: Final = (
    "",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "%2F..%2F..%2Fetc",
    "..",
    "x" * 4_000,
    "0",
    "-1",
    "1e400",
    "9" * 400,
    "18446744073709551616",
    "NaN",
    "true",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00%2B23:59",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01",
    "9999-12-31",
    "loc_" + "f" * 32,
    "evt_" + "0" * 32,
    "%E2%80%AE",
    "%27%3B--",
    "%25s%25n",
    "*",
    "[]",
    "a&a=b&a",
)
"""For queries and paths, encoded."""

BODIES: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "bytes that are no text": bytes(range(256)),
    "zeros": bytes(10_000),
    "blanks": b" " * 500_000,
    "half an object": b'{"a": ',
    "two documents": b"{}{}",
    "XML": b'<?xml version="1.0" encoding="x-unknown"?><a/>',
    "empty arrays": b"[" + b"[]," * 200_000 + b"[]]",
    "a member 10,000 times": b"{" + b'"a":1,' * 9_999 + b'"a":1}',
    "100,000 members": json.dumps({f"k{n}": n for n in range(50_000)}).encode(),
}

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "content-type": ("application/json; charset=utf-16", "text/plain", "a" * 2_000, "\x0b"),
    "content-encoding": ("gzip", "br", "identity, gzip", "x"),
    "if-match": ('"', "W/", "*" * 500, "é"),
    "if-none-match": ('"x', ",,,,", "*"),
    "idempotency-key": (" ", "x" * 256, "é", "\x7f"),
    "flatpeak-version": ("0001-01-01.busbar", "9999-99-99.busbar", ".", "2026-08-01.anode"),
    "authorization": ("Bearer", "Basic ====", "Bearer " + "a." * 2_000, "Negotiate x"),
    "accept-encoding": ("gzip;q=x", "*;q=0", ",,"),
    "last-event-id": ("evt_0", "x" * 500, "é"),
}


def with_value(body: Any, path: tuple[str, ...], value: str) -> bytes:
    """Write a body as JSON with a value, itself JSON text, at the end of a path."""
    whole = json.loads(json.dumps(body))
    parts = whole if isinstance(whole, list) else [whole]
    for step in path[:-1]:
        parts = [_made(part, step) for part in parts if isinstance(part, dict)]
        parts = [one for part in parts for one in (part if isinstance(part, list) else [part])]
    for part in parts:
        if isinstance(part, dict):
            part[path[-1]] = _PLACE
    return json.dumps(whole).replace(f'"{_PLACE}"', value).encode()


def _made(part: dict[str, Any], step: str) -> Any:
    """Step into a member, which is made where an example leaves it out."""
    if not isinstance(part.get(step), dict | list) or not part[step]:
        part[step] = {}
    return part[step]
