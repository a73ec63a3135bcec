"""How a JSON document differs from what it was, field by field."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard import parts

_ROWS: Final = 60
_CHARACTERS: Final = 200


def differences(before: object, after: object) -> list[tuple[str, str, str]]:
    """List the paths whose values differ, such as `devices[0].name`, with both as JSON.

    A value that is not there is an empty text. A document that was made or deleted differs in all
    of its fields.
    """
    was, is_ = dict(_leaves("", before)), dict(_leaves("", after))
    return [
        (path, was.get(path, ""), is_.get(path, ""))
        for path in dict.fromkeys([*was, *is_])
        if was.get(path) != is_.get(path)
    ]


def difference_table(before: object, after: object) -> Node:
    """Show how a document differs; of many fields the first 60, of long values the begin."""
    found = differences(before, after)
    if not found:
        return h.p["Nothing in it has changed."]
    rows = [
        (h.code[path or "value"], h.code[_cut(was)], h.code[_cut(is_)])
        for path, was, is_ in found[:_ROWS]
    ]
    more = len(found) - len(rows)
    return [
        parts.table(("Field", "Before", "After"), rows, label="What has changed"),
        h.p[f"… and {more:,} more fields"] if more else None,
    ]


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (any JSON value)
    if isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), one)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for number, one in enumerate(value):
            yield from _leaves(f"{path}[{number}]", one)
    elif value is not None or path:
        yield path, json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"
