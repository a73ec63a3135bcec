"""What a declared type wants, taken apart for the walk and put into words for a person."""

import sys
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from wattyard.kernel import instants

TypeForm = Any
"""Whatever may stand in an annotation."""


class Field(NamedTuple):
    """One field of a struct, by its name on the wire."""

    name: str
    form: TypeForm
    required: bool


class BareType(NamedTuple):
    """A type taken apart: what stands beside None, and whether None is allowed."""

    form: TypeForm
    nullable: bool


def apart(form: TypeForm) -> BareType:
    """Separate None (and UNSET) from the rest of a type; metadata goes."""
    form = _bare(form)
    if origin(form) not in (Union, types.UnionType):
        return BareType(form, nullable=form is type(None))
    rest = [part for part in get_args(form) if part not in (type(None), msgspec.UnsetType)]
    nullable = type(None) in get_args(form)
    if len(rest) == 1:
        return BareType(apart(rest[0]).form, nullable=nullable)
    return BareType(form, nullable=nullable)


def origin(form: TypeForm) -> object:
    """What a generic type is made from: `list` for `list[int]`."""
    return get_origin(form)


def arguments(form: TypeForm) -> tuple[TypeForm, ...]:
    """What a generic type is made of: `(int,)` for `list[int]`."""
    return get_args(_bare(form))


def _bare(form: TypeForm) -> TypeForm:
    while origin(form) is Annotated:
        form = get_args(form)[0]
    return form


def is_struct(form: TypeForm) -> bool:
    return isinstance(form, type) and issubclass(form, msgspec.Struct)


@lru_cache(maxsize=512)
def fields(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    """List the fields of a struct."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(
        Field(field.encode_name, hints[field.name], field.required)
        for field in msgspec.structs.fields(struct)
    )


def is_whole(form: TypeForm) -> bool:
    """Whether a type takes whole numbers only."""
    return apart(form).form is int


def is_array(form: TypeForm) -> bool:
    """Whether a type is a list."""
    return origin(_bare(form)) is list


@lru_cache(maxsize=512)
def longest(form: TypeForm) -> int:
    """Return how many items a list may have."""
    rest: list[Any] = [inspect.type_info(form)]
    while rest:
        info = rest.pop()
        if isinstance(info, inspect.ListType):
            return sys.maxsize if info.max_length is None else info.max_length
        if isinstance(info, inspect.Metadata):
            rest.append(info.type)
        if isinstance(info, inspect.UnionType):
            rest.extend(info.types)
    return sys.maxsize


@lru_cache(maxsize=512)
def kinds(form: TypeForm) -> frozenset[type]:
    """List the kinds of types that a type is made of, at any depth."""
    found: set[type] = set()
    known: set[type] = set()
    rest: list[Any] = [inspect.type_info(form)]
    while rest:
        info = rest.pop()
        found.add(type(info))
        if isinstance(info, inspect.StructType):
            if info.cls in known:
                continue
            known.add(info.cls)
            rest.extend(field.type for field in info.fields)
        rest.extend(
            part
            for name in ("type", "item_type", "key_type", "value_type")
            if (part := getattr(info, name, None)) is not None
        )
        rest.extend(getattr(info, "types", ()))
        rest.extend(getattr(info, "item_types", ()))
    return frozenset(found)


@lru_cache(maxsize=512)
def words(form: TypeForm) -> str:
    """Put a type into words: `a whole number between 1 and 100`."""
    info = inspect.type_info(form)
    said = ""
    while isinstance(info, inspect.Metadata):
        said = (info.extra or {}).get("expected", said)
        info = info.type
    if said:
        return said
    if isinstance(info, inspect.UnionType):
        return _union_words(form, info)
    writer = _WRITERS.get(type(info))
    return writer(info) if writer else "a value of the documented type"


def _union_words(form: TypeForm, info: inspect.UnionType) -> str:
    parts = [
        words(part) for part in get_args(_bare(form)) if part not in (msgspec.UnsetType, type(None))
    ]
    return " or ".join(parts)


def _number(info: Any) -> str:  # noqa: ANN401 (IntType or FloatType)
    noun = "a whole number" if isinstance(info, inspect.IntType) else "a number"
    if info.ge is not None and info.le is not None:
        return f"{noun} between {_figure(info.ge)} and {_figure(info.le)}"
    bounds = (
        ("above", info.gt),
        ("of at least", info.ge),
        ("below", info.lt),
        ("of at most", info.le),
    )
    limits = " and ".join(f"{word} {_figure(bound)}" for word, bound in bounds if bound is not None)
    return f"{noun} {limits}".strip()


def _figure(number: float) -> str:
    return f"{number:,.15g}"


def _text(info: Any) -> str:  # noqa: ANN401 (StrType)
    if info.max_length is None:
        return "text" if not info.min_length else f"text of at least {info.min_length} characters"
    return f"text of {info.min_length or 0} to {info.max_length} characters"


def _array(info: Any) -> str:  # noqa: ANN401 (ListType)
    low, high = info.min_length or 0, info.max_length
    if high is None:
        return "an array" if not low else f"an array of at least {low}"
    return f"an array of {low} to {high}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    inspect.IntType: _number,
    inspect.FloatType: _number,
    inspect.StrType: _text,
    inspect.ListType: _array,
    inspect.BoolType: lambda _: "true or false",
    inspect.NoneType: lambda _: "null",
    inspect.StructType: lambda _: "an object",
    inspect.DictType: lambda _: "an object",
    inspect.DateTimeType: lambda _: (
        "an RFC 3339 time with an offset or Z, such as 2026-03-01T10:00:00Z, of the years "
        f"{instants.FIRST_YEAR} to {instants.LAST_YEAR}"
    ),
    inspect.DateType: lambda _: "a date such as 2026-03-01",
    inspect.LiteralType: lambda info: "one of " + ", ".join(map(str, info.values)),
}
