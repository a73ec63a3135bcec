"""Types in words: what a field takes, and within which limits."""

import json
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.web.reference.outline import Json, name_of

_FORMATS: Final = {
    "date-time": "time (RFC 3339)",
    "date": "date (YYYY-MM-DD)",
}
_NOUNS: Final = {"integer": "whole number", "boolean": "true or false"}
_MOST_VALUES: Final = 14


def kind(schema: Json) -> Node:
    """What a schema takes, with links to the types that it names."""
    name = name_of(schema)
    if name is not None:
        return h.a(href=f"#type-{name}")[name]
    if "anyOf" in schema:
        return _joined([kind(choice) for choice in schema["anyOf"]])
    if "enum" in schema:
        return _values(schema["enum"])
    if schema.get("type") == "array":
        return ["array of ", kind(schema.get("items", {}))]
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return ["object of ", kind(schema["additionalProperties"])]
    return noun(schema)


def noun(schema: Json) -> str:
    """A plain type by name."""
    type_ = str(schema.get("type", "any value"))
    return _FORMATS.get(str(schema.get("format")), _NOUNS.get(type_, type_))


def plain_kind(schema: Json) -> str:
    """What a schema takes, as text."""
    name = name_of(schema)
    if name is not None:
        return name
    if "anyOf" in schema:
        return " or ".join(plain_kind(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(_written(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {plain_kind(schema.get('items', {}))}"
    return noun(schema)


def limits(schema: Json) -> str:
    """The range, length and default of a field, as a phrase; empty where there is none."""
    parts = [part for part in (schema, *schema.get("anyOf", ())) if isinstance(part, dict)]
    said = [text for part in parts for text in (_range(part), _length(part)) if text]
    default = schema.get("default")
    if default not in (None, [], {}) and schema.get("enum") != [default]:
        said.append(f"default {_written(default)}")
    return "; ".join(dict.fromkeys(said))


def _range(schema: Json) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{_figure(low)} to {_figure(high)}"
    bounds = (("exclusiveMinimum", "above"), ("minimum", "at least"), ("maximum", "at most"))
    return ", ".join(f"{word} {_figure(schema[key])}" for key, word in bounds if key in schema)


def _length(schema: Json) -> str:
    if "maxLength" in schema:
        return f"at most {_figure(schema['maxLength'])} characters"
    if "maxItems" in schema:
        return f"at most {_figure(schema['maxItems'])} items"
    return f"at most {_figure(schema['maxProperties'])} keys" if "maxProperties" in schema else ""


def _values(values: list[Any]) -> Node:
    shown: list[Node] = [h.code[_written(value)] for value in values[:_MOST_VALUES]]
    return _joined(shown, ", ")


def _joined(parts: list[Node], word: str = " or ") -> Node:
    joined: list[Node] = []
    for number, part in enumerate(parts):
        joined += [word, part] if number else [part]
    return joined


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _figure(number: float) -> str:
    return f"{number:,.15g}"
