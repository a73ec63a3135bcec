"""JSON Schemas of the wire's structs: named, every field described, enums with their type."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args

import msgspec
from msgspec import inspect

from wattyard.platform.decoding import Patch
from wattyard.platform.decoding import type_forms as forms
from wattyard.platform.document import field_texts

Json = dict[str, Any]

_PREFIX: Final = "#/components/schemas/"
_NOT_PLAIN: Final = re.compile(r"[^a-zA-Z0-9.\-_]")
_JSON_TYPES: Final = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
_END_OF_TEXT: Final = r"(?!\n)"
"""In Python `$` also matches before a last line feed; in ECMA-262, which JSON Schema cites, not."""


class Schemas:
    """The schemas of all types that endpoints ask for, take and give."""

    def __init__(
        self, *, queries: Sequence[Any], bodies: Sequence[Any], answers: Sequence[Any]
    ) -> None:
        whole = [_patched(body) for body in bodies]
        types = list(dict.fromkeys([*answers, *whole, *queries]))
        found, components = msgspec.json.schema_components(types, ref_template=_PREFIX + "{name}")
        self._structs = _named(types, components)
        self._names = _short_names(components)
        self._forms = {type_: self._tidied(form) for type_, form in zip(types, found, strict=True)}
        written = _reachable(answers) - _reachable(whole)
        described = {
            self._names[name]: self._described(name, schema, always=self._structs[name] in written)
            for name, schema in components.items()
        }
        _resolve(described)
        self._all = described
        shown = _shown(answers, bodies)
        self.components: Json = {
            self._names[name]: described[self._names[name]]
            for name in components
            if self._structs[name] in shown
        }

    def form(self, type_: Any) -> Json:  # noqa: ANN401 (any type of an endpoint)
        """The schema of a type, a reference where it has a name; of a merge patch, too."""
        if forms.origin(type_) is Patch:
            return self._patch(self._forms[_patched(type_)])
        form: Json = self._forms[type_]
        return form

    def members(self, struct: type) -> Json:
        """The whole schema of a struct."""
        name: str = self._forms[struct]["$ref"].removeprefix(_PREFIX)
        schema: Json = self._all[name]
        return schema

    def _patch(self, whole: Json) -> Json:
        """Name the schema of a merge patch: the body's, with nothing required."""
        name = whole["$ref"].removeprefix(_PREFIX)
        patch = f"{name}Patch"
        self.components[patch] = {**self._all[name], "title": patch, "required": []}
        return {"$ref": _PREFIX + patch}

    def _described(self, name: str, schema: Json, *, always: bool) -> Json:
        struct = self._structs[name]
        texts = field_texts.attributes(struct)
        tidied: Json = self._tidied(schema)
        members: Json = tidied["properties"]
        for field in msgspec.structs.fields(struct):
            text = texts.get(field.name)
            if text is not None:
                members[field.encode_name]["description"] = text
        head = {"title": self._names[name], "description": field_texts.summary(struct)}
        if always and not struct.__struct_config__.omit_defaults:  # type: ignore[attr-defined]  # every struct has one
            tidied["required"] = [
                field.name
                for field in forms.fields(struct)
                if msgspec.UnsetType not in get_args(field.form)
            ]
        return {**tidied, **head}

    def _tidied(self, schema: Any) -> Any:  # noqa: ANN401 (a part of a JSON document)
        if isinstance(schema, list):
            return [self._tidied(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        made = {key: self._tidied(part) for key, part in schema.items()}
        if isinstance(made.get("pattern"), str):
            made["pattern"] = made["pattern"].removesuffix(_END_OF_TEXT)
        if isinstance(made.get("$ref"), str):
            name = made["$ref"].removeprefix(_PREFIX)
            made["$ref"] = _PREFIX + self._names[name]
        if isinstance(made.get("enum"), list):
            made = {**_enum_type(made["enum"]), **made}
        return made


def _resolve(schemas: Mapping[str, Json]) -> None:
    """Describe what no docstring does: by the type, by what it names, by what all mean by it."""
    for schema in schemas.values():
        for name, member in schema.get("properties", {}).items():
            text = _of_type(member) or _of_reference(member, schemas)
            text = text or field_texts.COMMON.get(name)
            if text and "description" not in member:
                member["description"] = text


def _of_type(member: Json) -> str | None:
    parts = (member, *member.get("anyOf", ()))
    return next((part["description"] for part in parts if "description" in part), None)


def _of_reference(member: Json, schemas: Mapping[str, Json]) -> str | None:
    named = [part["$ref"] for part in (member, *member.get("anyOf", ())) if "$ref" in part]
    if len(named) != 1:
        return None
    summary: str = schemas[named[0].removeprefix(_PREFIX)]["description"]
    return summary.partition("\n")[0].rstrip(".")


def _enum_type(values: Iterable[object]) -> Json:
    kinds = {
        next(name for kind, name in _JSON_TYPES if isinstance(value, kind)) for value in values
    }
    return {"type": kinds.pop()} if len(kinds) == 1 else {}


def _patched(body: Any) -> Any:  # noqa: ANN401 (the type of a body, or a Patch of it)
    return get_args(body)[0] if forms.origin(body) is Patch else body


def _shown(answers: Sequence[Any], bodies: Sequence[Any]) -> set[type]:
    """The structs that have a schema; one that only merge patches change has that of its patch."""
    patched = {_patched(body) for body in bodies} - {*bodies}
    taken = [*answers, *(body for body in bodies if forms.origin(body) is not Patch)]
    return _reachable(taken) | (_reachable(patched) - patched)


def _structs(types: Iterable[Any]) -> Iterator[Any]:
    rest: list[Any] = [inspect.type_info(type_) for type_ in types]
    known: set[Any] = set()
    while rest:
        info = rest.pop()
        if isinstance(info, inspect.StructType) and info.cls not in known:
            known.add(info.cls)
            yield info.cls
            rest.extend(field.type for field in info.fields)
        names = ("type", "item_type", "key_type", "value_type")
        rest.extend(part for name in names if (part := getattr(info, name, None)) is not None)
        rest.extend(getattr(info, "types", ()))
        rest.extend(getattr(info, "item_types", ()))


def _reachable(types: Iterable[Any]) -> set[type]:
    return {forms.origin(cls) or cls for cls in _structs(types)}  # type: ignore[misc]  # each is a struct


def _named(types: Iterable[Any], components: Mapping[str, Json]) -> dict[str, type]:
    """Find the struct behind each name that msgspec gave."""
    found: dict[str, type] = {}
    for cls in _structs(types):
        base: Any = forms.origin(cls) or cls
        arguments = ", ".join(part.__name__ for part in get_args(cls))
        title = f"{base.__name__}[{arguments}]" if arguments else base.__name__
        for name in (title, f"{base.__module__}.{base.__qualname__}"):
            plain = _NOT_PLAIN.sub("_", name)
            if plain in components:
                found[plain] = base
    return found


def _short_names(components: Iterable[str]) -> dict[str, str]:
    """Name schemas for those who read them: `SiteShape` is `Site`, a list of them `SiteList`."""
    wanted: dict[str, str] = {}
    for name in components:
        if listed := re.fullmatch(r"List_(\w+)_", name):
            wanted[name] = listed[1].removesuffix("Shape") + "List"
        else:
            wanted[name] = name.removesuffix("Shape")
    taken = list(wanted.values()) + list(wanted)
    return {
        name: short if taken.count(short) <= 1 + (short == name) else name
        for name, short in wanted.items()
    }
