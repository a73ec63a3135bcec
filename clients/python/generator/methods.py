"""Writes the methods of both clients, `resources.py` and `async_resources.py`."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from generator import hints
from generator.document import Operation
from generator.models import described, docstring, is_page
from wattyard.platform.document.client_calls import argument

Json = dict[str, Any]
_BASES = {"meters": "Uploading", "events": "Streaming"}
"""What is written by hand beside the generated methods."""
_FORMAT = "format"
"""The parameter that asks for an answer as a text, such as CSV."""

_HEAD = '''"""The API's calls{told}. Written by `make client` from the server's declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, overload

from wattyard_client import bodies, models
from wattyard_client._exchange import Call
from wattyard_client._model import UNSET, UnsetType
from wattyard_client._pages import {prefix}Pages, Cursor, Page
from wattyard_client._resource import {prefix}Resource, cursor_of, given, path_of
from wattyard_client._settings import Options
from wattyard_client._stream import {prefix}Streaming
from wattyard_client._uploads import {prefix}Uploading
'''


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    sent_as: str
    hint: str
    told: str
    needed: bool
    place: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a method answers."""

    hint: str
    kind: str
    is_page: bool


def resources(schemas: Json, operations: Iterable[Operation], *, awaited: bool) -> str:
    """Write a class for each resource and one that holds them all."""
    by_resource: dict[str, list[Operation]] = defaultdict(list)
    for one in operations:
        by_resource[one.resource].append(one)
    prefix = "Async" if awaited else ""
    written = [_HEAD.format(prefix=prefix, told=", for asyncio" if awaited else "")]
    for name, own in by_resource.items():
        base = f"{prefix}{_BASES.get(name, 'Resource')}"
        title = name.replace("_", " ")
        lines = [f"class {_class(name)}({base}):", f'    """Calls of {title}."""', ""]
        lines += ["\n".join(_method(schemas, one, awaited=awaited)) + "\n" for one in own]
        written.append("\n".join(lines))
    written.append(_all(by_resource, prefix))
    return "\n\n".join(written)


def _class(resource: str) -> str:
    return "".join(part.capitalize() for part in resource.split("_"))


def _all(by_resource: Iterable[str], prefix: str) -> str:
    lines = [f"class Resources({prefix}Resource):", '    """Every resource."""', ""]
    for name in by_resource:
        title = name.replace("_", " ")
        lines += ["    @property", f"    def {name}(self) -> {_class(name)}:"]
        lines += [f'        """Calls of {title}."""']
        lines += [f"        return {_class(name)}(self._connection)", ""]
    return "\n".join(lines)


def _arguments(schemas: Json, one: Operation) -> list[_Argument]:
    found = [
        _Argument(argument(q["name"]), q["name"], "str", described(q), needed=True, place="path")
        for q in one.parameters("path")
    ]
    body = one.body
    if body is not None:
        name = hints.reference(body)
        found += _whole(body) if name is None else _fields(schemas[name])
    for q in one.parameters("query"):
        hint = _query_hint(q)
        needed = q["required"]
        found.append(_Argument(argument(q["name"]), q["name"], hint, described(q), needed, "query"))
    return found


def _query_hint(parameter: Json) -> str:
    schema = parameter["schema"]
    if set(schema.get("enum", ())) == {"true", "false"}:
        return "bool"
    hint = hints.of(schema, sent=True)
    is_time = hint == "str" and parameter["name"].endswith("_time")  # a bare date, too
    return "datetime | str" if is_time else hint


def _whole(body: Json) -> list[_Argument]:
    """A body that is no object of fields is one argument."""
    if body.get("type") == "array":
        held = hints.of(body["items"], sent=True)
        hint, name = f"Iterable[{held} | Mapping[str, Any]]", "records"
    else:
        hint, name = "Any", "document"
    return [_Argument(name, "", hint, described(body) or "the body", needed=True, place="whole")]


def _fields(schema: Json) -> list[_Argument]:
    needed = set(schema.get("required", ()))
    return [
        _Argument(
            argument(name), name, hints.of(part, sent=True), described(part), name in needed, "body"
        )
        for name, part in schema["properties"].items()
    ]


def _answered(schemas: Json, one: Operation, *, awaited: bool) -> _Shape:
    schema = one.answer
    if schema is None:
        return _Shape("str", "", is_page=False)
    name = hints.reference(schema)
    if name is not None and is_page(schemas[name]):
        item = f"models.{hints.of(schemas[name]['properties']['data']['items'], sent=False)}"
        pages = "AsyncPages" if awaited else "Pages"
        return _Shape(f"{pages}[{item}]", f"Page[{item}]", is_page=True)
    kind = "Any" if name is None else f"models.{hints.class_name(name)}"
    return _Shape(kind, kind, is_page=False)


def _method(schemas: Json, one: Operation, *, awaited: bool) -> list[str]:
    arguments = _arguments(schemas, one)
    answered = _answered(schemas, one, awaited=awaited)
    has_format = _has_format(arguments)
    hint = f"{answered.hint} | str" if has_format else answered.hint
    start = f"    {'async ' if awaited and not answered.is_page else ''}def {one.name}"
    head = f"{start}(self, {_signature(arguments)}) -> {hint}:"
    text = one.described["summary"]
    more = str(one.described.get("description", "")).partition("\n\nWrites the events")[0]
    rows = [(item.name, item.told) for item in arguments]
    told = docstring(f"{text}\n\n{more}", rows, "Args", "        ")
    if codes := ", ".join(f"`{code}`" for code in one.codes):
        told = _with_codes(told, codes)
    overloads = _overloads(start, arguments, answered.hint) if has_format else []
    return [*overloads, head, told, *_call(one, arguments, answered, awaited=awaited)]


def _has_format(arguments: list[_Argument]) -> bool:
    return any(item.name == _FORMAT and not item.needed for item in arguments)


def _overloads(start: str, arguments: list[_Argument], hint: str) -> list[str]:
    """Say that an answer in another format is a text."""
    plain = [item for item in arguments if item.name != _FORMAT]
    formatted = [replace(item, needed=True) if item.name == _FORMAT else item for item in arguments]
    return [
        "    @overload",
        f"{start}(self, {_signature(plain)}) -> {hint}: ...",
        "",
        "    @overload",
        f"{start}(self, {_signature(formatted)}) -> str: ...",
        "",
    ]


def _with_codes(told: str, codes: str) -> str:
    text = told.rstrip().removesuffix('"""').rstrip()
    said = textwrap.wrap(f"ApiError: such as {codes}.", 84)
    wrapped = "\n                ".join(said)
    return f'{text}\n\n        Raises:\n            {wrapped}\n        """'


def _signature(arguments: list[_Argument]) -> str:
    first = [f"{one.name}: {one.hint}" for one in arguments if one.place in ("path", "whole")]
    named = [one for one in arguments if one.place in ("body", "query")]
    named.sort(key=lambda one: not one.needed)
    written = [
        f"{one.name}: {one.hint}" if one.needed else f"{one.name}: {one.hint} | UnsetType = UNSET"
        for one in named
    ]
    return ", ".join([*first, "*", *written, "options: Options | None = None"])


def _call(
    one: Operation, arguments: list[_Argument], answered: _Shape, *, awaited: bool
) -> list[str]:
    path = _path(one, arguments)
    body = _given(arguments, "body")
    query = _given(arguments, "query")
    whole = next((item.name for item in arguments if item.place == "whole"), None)
    if whole == "records":
        whole = "list(records)"
    settings = [f'"{one.method}"', path]
    lines: list[str] = []
    if answered.is_page:
        cursors = any(item.place == "body" for item in arguments)
        fields = body if cursors else query
        lines += [f"        fields = {fields}", "        cursor = cursor_of(fields)", ""]
        lines += ["        def call(at: Cursor) -> Call:"]
        sent = "body=fields | at" if cursors else "query=fields | at"
        lines += [f"            return Call({', '.join([*settings, sent])})", ""]
        lines += [f"        return self._pages({answered.kind}, call, cursor, options)"]
        return lines
    settings += [f"query={query}"] if query else []
    if whole is not None:
        settings.append(f"body={whole}")
    elif one.body is not None:
        settings.append(f"body={body or '{}'}")
    settings += ["keyed=True"] if one.is_keyed else []
    settings += ["public=True"] if one.is_public else []
    wait = "await " if awaited else ""
    call = f"Call({', '.join(settings)})"
    if not answered.kind:
        return [f"        return {wait}self._text({call}, options)"]
    if _has_format(arguments):
        return [
            f"        call = {call}",
            f"        if {_FORMAT} is not UNSET:",
            f"            return {wait}self._text(call, options)",
            f"        return {wait}self._one({answered.kind}, call, options)",
        ]
    if answered.kind == "Any":
        return [f"        return {wait}self._json({call}, options)"]
    return [f"        return {wait}self._one({answered.kind}, {call}, options)"]


def _path(one: Operation, arguments: list[_Argument]) -> str:
    names = [item for item in arguments if item.place == "path"]
    if not names:
        return f'"{one.path}"'
    filled = ", ".join(f"{item.sent_as}={item.name}" for item in names)
    return f'path_of("{one.path}", {filled})'


def _given(arguments: list[_Argument], place: str) -> str:
    own = [item for item in arguments if item.place == place]
    if not own:
        return ""
    if any(item.name != item.sent_as for item in own):
        pairs = ", ".join(f'"{item.sent_as}": {item.name}' for item in own)
        return f"given(**{{{pairs}}})"
    return f"given({', '.join(f'{item.name}={item.name}' for item in own)})"
