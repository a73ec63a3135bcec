"""JSON as it arrives: strict, and with bounds that are checked before anything is walked.

Nothing here recurses deeper than `DEPTH_LIMIT`, whatever is sent, and an array that is too long is
refused before it is decoded.
"""

import json
import math
import re
from typing import Any, Final

import msgspec

from wattyard.kernel.refusals import Malformed

Json = Any

DEPTH_LIMIT: Final = 100
"""How deep objects and arrays may be nested in one another."""
_DIGITS_OF_A_FLOAT: Final = 300
_DIGITS_OF_PYTHON: Final = 4000
"""Python reads whole numbers up to 4,300 digits."""

_MARKS_OF_AN_ITEM: Final = 64
"""No item of an array averages more commas or brackets than this, or four times as many quotes.
They are counted first, since that costs nothing."""
ESCAPED: Final = b"\\u00"
"""Starts an escaped NUL, and every escaped digit of a time."""
STRAY_YEAR: Final = re.compile(rb'"(?!19|20|21)[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]')
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % _DIGITS_OF_A_FLOAT)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{\]},]', re.DOTALL)
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class JsonInvalid(Malformed):
    """The body is not JSON (RFC 8259); the message tells line and column."""

    code = "json_invalid"


class _NestedTooDeeply(JsonInvalid):
    """JSON perhaps, but nested more deeply than is read."""


def may_be_immense(raw: bytes) -> bool:
    """Whether a body of any type may hold a number that is too large, or be nested too deeply."""
    return bool(_LONG_NUMBER.search(raw)) or _is_nested_too_deeply(raw)


def json_value(raw: bytes) -> Json:
    """Decode JSON strictly, with line and column in the refusal.

    A whole number that is larger than any float becomes infinite, which nothing accepts.

    Raises:
        JsonInvalid: when `raw` is not UTF-8, not JSON, or nested too deeply.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, parse_int=_whole_number
        )
    except UnicodeDecodeError as fault:
        raise JsonInvalid(f"the body is not UTF-8: byte {fault.start + 1} is invalid") from None
    except json.JSONDecodeError as fault:
        raise JsonInvalid(
            f"the body is not valid JSON at line {fault.lineno} column {fault.colno}: {fault.msg}"
        ) from None
    except RecursionError:
        raise _nested_too_deeply() from None
    except ValueError as fault:
        raise JsonInvalid(f"the body is not valid JSON{_place_of_fault(raw)}: {fault}") from None
    if _is_deeper(value):
        raise _nested_too_deeply()
    return value


def array_items(raw: bytes, *, at_most: int) -> list[bytes] | None:
    """Split a JSON array into its items, none of them decoded; None where they are too many.

    So it is, too, where items of usual size could not hold what there is.

    Raises:
        JsonInvalid: when `raw` is not JSON. An item that is nested too deeply is given all the
            same, and refused when it is decoded.
        Malformed: `body_invalid`, when it is no array.
    """
    marks = raw.count(b","), raw.count(b"[") + raw.count(b"{"), raw.count(b'"') // 4
    if max(marks) > at_most * _MARKS_OF_AN_ITEM:
        return None
    if raw.count(b",") >= at_most and _has_more_items(raw, at_most):
        return None
    try:
        return [bytes(item) for item in _split(raw)]
    except (msgspec.DecodeError, RecursionError):
        return _cut(raw)


def _has_more_items(raw: bytes, at_most: int) -> bool:
    """Count the commas of the outermost array, until they are too many."""
    depth = commas = 0
    for token in _TOKEN.finditer(raw):
        mark = raw[token.start()]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if depth <= 0:
                break
        elif mark == 0x2C and depth == 1:
            commas += 1
            if commas >= at_most:
                return True
    return False


def _cut(raw: bytes) -> list[bytes]:
    """Split an array whose items msgspec does not read: nested too deeply, or no JSON."""
    text = raw.strip(b" \t\r\n")
    items: list[bytes] = []
    depth, start = 0, 1
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if depth == 0 and token.end() == len(text) and text[:1] == b"[" and mark == 0x5D:
                last = text[start : token.start()]
                return _sound([*items, last] if items or last.strip() else [], raw)
            if depth <= 0:
                break  # the array has ended, and its text has not
        elif mark == 0x2C and depth == 1:
            items.append(text[start : token.start()])
            start = token.end()
    json_value(raw)  # says where it is not JSON
    raise Malformed("the body must be an array", code="body_invalid")


def _sound(items: list[bytes], raw: bytes) -> list[bytes]:
    """Give the items of an array, unless one is not JSON: then the whole is not."""
    for item in items:
        try:
            json_value(item)
        except _NestedTooDeeply:
            pass  # the fault of that item alone
        except JsonInvalid:
            json_value(raw)  # says where
            raise
    return items


def _is_nested_too_deeply(raw: bytes) -> bool:
    if raw.count(b"[") + raw.count(b"{") <= DEPTH_LIMIT:
        return False
    depth = 0
    for token in _TOKEN.finditer(raw):
        mark = raw[token.start()]
        if mark in b"[{":
            depth += 1
            if depth > DEPTH_LIMIT:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def _is_deeper(value: Json) -> bool:
    """Whether a value is nested too deeply, level by level."""
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)


def _nested_too_deeply() -> JsonInvalid:
    return _NestedTooDeeply(
        f"the body is nested too deeply (line 1 column 1 opens it): at most {DEPTH_LIMIT} objects "
        "and arrays may be nested"
    )


def _whole_number(text: str) -> int | float:
    if _DIGITS_OF_A_FLOAT < len(text) <= _DIGITS_OF_PYTHON:
        return math.inf
    return int(text)


def _place_of_fault(raw: bytes) -> str:
    """Find where msgspec, which is as strict, stops reading; empty where it does not."""
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as fault:
        if found := re.search(r"byte (\d+)", str(fault)):
            before = raw[: int(found[1])]
            line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
            return f" at line {line} column {column}"
    return ""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
