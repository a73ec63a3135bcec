"""Writes `models.py` (what is answered) and `bodies.py` (what is sent)."""

import textwrap
from collections.abc import Iterable
from typing import Any

from generator import hints
from generator.document import Operation
from wattyard.platform.document.client_calls import argument

Json = dict[str, Any]
_SERIES = {"Prices"}
"""Answers that are prices over time."""

_MODELS = '''"""What the API answers. Written by `make client` from the server's declarations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from wattyard_client._model import UNSET, Model, Open, UnsetType
from wattyard_client._series import PriceSeries
'''
_BODIES = '''"""What calls take. Written by `make client` from the server's declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypedDict
'''


def models(schemas: Json, operations: Iterable[Operation]) -> str:
    """Write a frozen struct for each schema that an answer reaches."""
    wanted = reached(schemas, (one.answer for one in operations))
    written = [_model(name, schemas[name]) for name in wanted if not is_page(schemas[name])]
    return "\n\n".join([_MODELS, *written])


def bodies(schemas: Json, operations: Iterable[Operation]) -> str:
    """Write a typed dict for each schema within a body; its top level is a method's arguments."""
    tops = [one.body for one in operations if one.body is not None]
    direct = {name for top in tops if (name := hints.reference(top)) is not None}
    inner = [part for name in direct for part in schemas[name]["properties"].values()]
    inner += [top for top in tops if hints.reference(top) is None]
    wanted = reached(schemas, inner)
    return "\n\n".join([_BODIES, *(_body(name, schemas[name]) for name in wanted)])


def is_page(schema: Json) -> bool:
    """Whether a schema is one page of a list."""
    return {"data", "has_more", "url"} <= set(schema.get("properties", {}))


def reached(schemas: Json, starts: Iterable[Json | None]) -> list[str]:
    """Name every schema that some schemas refer to, in the order of their names."""
    found: set[str] = set()
    open_: list[Any] = list(starts)
    while open_:
        part = open_.pop()
        if isinstance(part, list):
            open_ += part
        elif isinstance(part, dict):
            name = hints.reference(part)
            if name is not None and name not in found:
                found.add(name)
                open_.append(schemas[name])
            open_ += [value for key, value in part.items() if key not in ("example", "default")]
    return sorted(found, key=hints.class_name)


def described(schema: Json) -> str:
    """Find the description of a value, on one line."""
    parts = [schema, *schema.get("anyOf", ())]
    texts = [str(part["description"]) for part in parts if part.get("description")]
    return " ".join(texts[0].split()) if texts else ""


def docstring(text: str, rows: Iterable[tuple[str, str]], heading: str, indent: str) -> str:
    """Write a docstring with a section that says what each name is."""
    lines = _paragraphs(text or "A part of an object.")
    said = [(name, told) for name, told in rows if told]
    if said:
        lines += ["", f"{heading}:"]
        for name, told in said:
            row = f"{name}: {told}"
            lines += textwrap.wrap(row, 88, initial_indent="    ", subsequent_indent="        ")
    body = "\n".join(f"{indent}{line}".rstrip() for line in lines).strip()
    body = body.replace("\\", "\\\\").replace('"""', "'''")
    return f'{indent}"""{body}' + (f'\n{indent}"""' if len(lines) > 1 else '"""')


def _paragraphs(text: str) -> list[str]:
    found: list[str] = []
    for paragraph in text.split("\n\n"):
        if words := " ".join(paragraph.split()):
            found += ["", *textwrap.wrap(words, 88)] if found else textwrap.wrap(words, 85)
    return found


def _model(name: str, schema: Json) -> str:
    own = hints.class_name(name)
    base = "PriceSeries" if own in _SERIES else "Model"
    properties = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    rows = [(argument(key), described(part)) for key, part in properties.items()]
    lines = [
        f"class {own}({base}, frozen=True, kw_only=True, dict=True):",
        docstring(schema.get("description", ""), rows, "Attributes", "    "),
        "",
    ]
    lines += [_field(key, part, required=key in needed) for key, part in properties.items()]
    return "\n".join(lines)


def _field(name: str, schema: Json, *, required: bool) -> str:
    hint = hints.of(schema, sent=False)
    default = schema.get("default", ...)
    if required:
        value = None
    elif default is None:
        value, hint = "None", hint if hint.endswith("None") else f"{hint} | None"
    elif isinstance(default, str | int | float | bool):
        value = repr(default)
    else:
        value, hint = "UNSET", f"{hint} | UnsetType"
    own = argument(name)
    if own != name:
        settings = f'name="{name}"' + ("" if value is None else f", default={value}")
        value = f"msgspec.field({settings})"
    return f"    {own}: {hint}" + ("" if value is None else f" = {value}")


def _body(name: str, schema: Json) -> str:
    own = hints.class_name(name)
    properties = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    rows = [(key, described(part)) for key, part in properties.items()]
    typed = {
        key: hints.of(part, sent=True).replace("bodies.", "") for key, part in properties.items()
    }
    typed = {key: f"Required[{hint}]" if key in needed else hint for key, hint in typed.items()}
    lines = [
        f"class {own}(TypedDict, total=False):",
        docstring(schema.get("description", ""), rows, "Attributes", "    "),
        "",
    ]
    return "\n".join(lines + [f"    {key}: {hint}" for key, hint in typed.items()])
