"""From a schema to a type in Python."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
_RENAMED = {"AmountShape": "AmountSchedule"}
"""Answers that would be called like one of their parts."""
_PLAIN = {"null": "None", "string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def class_name(name: str) -> str:
    """Name the class of a schema."""
    return _RENAMED.get(name, name.removesuffix("Shape"))


def reference(schema: Json) -> str | None:
    """Name the schema that another one refers to."""
    found = schema.get("$ref")
    return None if found is None else str(found).rpartition("/")[2]


def of(schema: Json, *, sent: bool) -> str:
    """Write the type of a value: one that is `sent`, or one that was answered."""
    if (name := reference(schema)) is not None:
        return ("bodies." if sent else "") + class_name(name)
    if "enum" in schema:
        return _enum(schema["enum"], sent=sent)
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union(({**schema, "type": one} for one in kind), sent=sent)
    if "anyOf" in schema:
        return _union(schema["anyOf"], sent=sent)
    return _plain(schema, sent=sent)


def _union(schemas: Iterable[Json], *, sent: bool) -> str:
    return " | ".join(dict.fromkeys(of(one, sent=sent) for one in schemas))


def _plain(schema: Json, *, sent: bool) -> str:
    kind = str(schema.get("type"))
    if kind == "array":
        held = of(schema.get("items", {}), sent=sent)
        return f"Sequence[{held}]" if sent else f"list[{held}]"
    if kind == "object":
        return _object(schema, sent=sent)
    if kind == "string" and schema.get("format") == "date-time":
        return "datetime | str" if sent else "datetime"
    return _PLAIN.get(kind, "Any")


def _enum(values: list[Any], *, sent: bool) -> str:
    if all(isinstance(value, bool) for value in values):
        return "bool"
    texts = [value for value in values if value is not None]
    written = ", ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in texts)
    if not sent and not all(isinstance(value, str) for value in texts):
        one = "int"
    else:
        one = f"Literal[{written}]" if sent else f"Open[Literal[{written}]]"
    return one + (" | None" if None in values else "")


def _object(schema: Json, *, sent: bool) -> str:
    held = schema.get("additionalProperties")
    value = of(held, sent=sent) if isinstance(held, dict) and held else "Any"
    return f"{'Mapping' if sent else 'dict'}[str, {value}]"
