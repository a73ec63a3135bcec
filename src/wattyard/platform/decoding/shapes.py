"""Decoding what a caller sent: JSON bodies, merge patches and queries, with all their faults.

The usual, faultless body is decoded in one pass by msgspec. Only when that fails is the body
walked field by field, so that one answer reports every fault with its path.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final, Generic, TypeVar, get_args
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect

from wattyard.kernel import instants
from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.decoding import type_forms
from wattyard.platform.decoding.json_texts import (
    ESCAPED,
    STRAY_YEAR,
    array_items,
    json_value,
    may_be_immense,
)

T = TypeVar("T")
Json = Any

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_QUERY_PARTS = 100
_QUERIES_REMEMBERED: Final = 64
_REMEMBERED_BYTES: Final = 64
_FAULTS_SHOWN = 1000
"""An answer does not grow with the body beyond these; a batch can have three faults a line."""
_UNFIT: Final = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
    ValueError,
    OverflowError,
)
"""What msgspec raises for a value that is none of its type: the year 0, too, and 10^400."""
_WHOLE_BYTES: Final = 1024 * 1024
ITEM_LIMIT_BYTES: Final = 64 * 1024
"""An item of a large array, such as a record of a batch, has at most these."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Shape(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a caller sends: unknown fields are faults."""


class ParameterUnknown(Malformed):
    """A parameter or field that this endpoint does not have."""

    code = "parameter_unknown"


class Patch(Generic[T]):
    """A JSON merge patch (RFC 7396) for bodies of type `T`, its own shape already checked."""

    def __init__(self, changes: dict[str, Json], shape: type[T]) -> None:
        self.changes = changes
        self._shape = shape

    def __contains__(self, field: str) -> bool:
        return field in self.changes

    def onto(self, current: T) -> T:
        """Apply the patch to the present body.

        Raises:
            Malformed: with every fault of the merged body.
        """
        merged = _merged(msgspec.to_builtins(current), self.changes)
        shape: Any = self._shape
        for field in type_forms.fields(shape):
            if field.required and _nullable(field.form):
                merged.setdefault(field.name, None)
        return convert(merged, self._shape)


def body_decoder(type_: Any) -> Callable[[bytes], Any]:  # noqa: ANN401 (any type msgspec decodes)
    """Make the function that reads bodies of one type.

    The function raises Malformed: `json_invalid`, or every fault of the body.
    """
    if type_forms.origin(type_) is Patch:
        shape = get_args(type_)[0]
        return lambda raw: Patch(_checked(json_value(raw), shape, partial=True), shape)
    decoder = msgspec.json.Decoder(type_)
    kinds = type_forms.kinds(type_)
    has_instants, has_anything = inspect.DateTimeType in kinds, inspect.AnyType in kinds

    def read(raw: bytes) -> Any:  # noqa: ANN401
        if not (
            ESCAPED in raw
            or (has_instants and STRAY_YEAR.search(raw))
            or (has_anything and may_be_immense(raw))
        ):
            try:
                return decoder.decode(raw)
            except _UNFIT:
                pass
        if type_forms.is_array(type_) and len(raw) > _WHOLE_BYTES:
            return _long_array(raw, type_)
        return convert(json_value(raw), type_)

    return read


def _long_array(raw: bytes, type_: Any) -> Any:  # noqa: ANN401 (the declared type)
    """Find the faults of a large array item by item, so that little of it is held at once."""
    at_most = type_forms.longest(type_)
    items = array_items(raw, at_most=at_most)
    if items is None:
        raise Malformed(
            f"the body must be {type_forms.words(type_)}; got more than {at_most:,}",
            code="body_invalid",
        )
    (form,) = type_forms.arguments(type_)
    faults: list[Fault] = []
    made = []
    for number, item in enumerate(items):
        try:
            made.append(convert(_small(item), form))
        except Malformed as refusal:
            faults.extend(refusal.under(f"[{number}]").faults)
        if len(faults) >= _FAULTS_SHOWN:
            break
    if faults:
        raise Malformed.of(faults[:_FAULTS_SHOWN])
    return made


def _small(item: bytes) -> Json:
    if len(item) > ITEM_LIMIT_BYTES:
        raise Malformed(f"an item has at most {ITEM_LIMIT_BYTES:,} bytes", code="body_invalid")
    return json_value(item)


def convert(value: Json, type_: type[T]) -> T:
    """Convert a decoded JSON value.

    Raises:
        Malformed: with every fault found.
    """
    said = "a text or number that cannot be kept"
    if _storable(value):
        try:
            made = msgspec.convert(value, type_)
        except _UNFIT as fault:
            said = str(fault)
        else:
            if not _has_stray_instants(made, type_):
                return made
    _checked(value, type_, partial=False)
    raise Malformed(f"the body is not as expected: {said}", code="body_invalid")


def query_decoder(type_: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    """Make the function that reads queries of one type; it raises Malformed with all faults.

    What it read lately from a short query, as most are, is given again: nobody may change it.
    """
    fields = {field.name: field for field in type_forms.fields(type_)}
    whole = {name for name, field in fields.items() if type_forms.is_whole(field.form)}

    def read(raw: bytes) -> Any:  # noqa: ANN401
        given, faults = _query_pairs(raw, fields)
        if not faults and all(
            _WHOLE.fullmatch(text) if name in whole else not _UNSTORABLE.search(text)
            for name, text in given.items()
        ):
            numbered = {n: int(text) if n in whole else text for n, text in given.items()}
            try:
                made = msgspec.convert(numbered, type_)
            except _UNFIT:
                pass  # walked below, so that every fault is reported
            else:
                if not _has_stray_instants(made, type_):
                    return made
        for name, text in given.items():
            if not _readable(text, fields[name].form):
                words = type_forms.words(fields[name].form)
                message = f"{name} must be {words}; got {_printable(text)}"
                faults.append(Fault(f"{name}_invalid", message, name))
        missing = [n for n, field in fields.items() if field.required and n not in given]
        faults.extend(Fault(f"{n}_missing", f"{n} is needed in the query", n) for n in missing)
        raise Malformed.of(faults)

    remembered = lru_cache(_QUERIES_REMEMBERED)(read)
    return lambda raw: remembered(raw) if len(raw) <= _REMEMBERED_BYTES else read(raw)


def _query_pairs(
    raw: bytes, fields: Mapping[str, type_forms.Field]
) -> tuple[dict[str, str], list[Fault]]:
    given: dict[str, str] = {}
    faults: list[Fault] = []
    for name, text in _decoded(raw):
        if name not in fields:
            faults.append(unknown(name, fields, _printable(name)[1:-1]))
        elif name in given:
            faults.append(Fault(f"{name}_invalid", f"{name} is given more than once", name))
        else:
            given[name] = text
    return given, faults


def _decoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        query = raw.decode("ascii")
        if "%" not in query and "+" not in query and query.count("&") < _QUERY_PARTS:
            parts = (part.partition("=") for part in query.split("&") if part)
            return [(name, text) for name, _, text in parts]
        return parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=_QUERY_PARTS
        )
    except ValueError:
        raise Malformed(
            f"the query is not readable: it must be percent-encoded UTF-8 with at most "
            f"{_QUERY_PARTS} parts",
            code="query_invalid",
        ) from None


def _readable(text: str, form: type_forms.TypeForm) -> bool:
    whole = type_forms.is_whole(form)
    if _UNSTORABLE.search(text) or (whole and not _WHOLE.fullmatch(text)):
        return False
    return _fits(int(text) if whole else text, form)


def _fits(value: Json, form: type_forms.TypeForm) -> bool:
    """Whether a value is one of a type, its times of the years that are taken."""
    try:
        made = msgspec.convert(value, form)
    except _UNFIT:
        return False
    return not _has_stray_instants(made, form)


def _has_stray_instants(value: Any, form: type_forms.TypeForm) -> bool:  # noqa: ANN401
    """Whether any time in a converted value is of a year that is not taken."""
    if inspect.DateTimeType not in type_forms.kinds(form):
        return False
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, datetime):
            if not instants.is_taken(one):
                return True
        elif isinstance(one, msgspec.Struct):
            rest.extend(getattr(one, name) for name in one.__struct_fields__)
        elif isinstance(one, list | tuple):
            rest.extend(one)
        elif isinstance(one, dict):
            rest.extend(one.values())
    return False


def unknown(name: str, known: Mapping[str, object], path: str) -> Fault:
    """Report a name that is not there, with the names that are."""
    names = ", ".join(sorted(known)) or "none"
    return Fault(
        "parameter_unknown", f"unknown parameter {_printable(name)}; known here: {names}", path
    )


def _checked(value: Json, form: type_forms.TypeForm, *, partial: bool) -> Json:
    faults: list[Fault] = []
    _walk(value, form, "", faults, partial=partial)
    if faults:
        raise Malformed.of(faults[:_FAULTS_SHOWN])
    return value


def _walk(
    value: Json, form: type_forms.TypeForm, path: str, faults: list[Fault], *, partial: bool
) -> None:
    """Collect the faults of `value`; in a `partial` one (a merge patch) nothing is missing."""
    inner, nullable = type_forms.apart(form)
    if value is None and nullable:
        return
    if type_forms.is_struct(inner):
        _walk_struct(value, inner, path, faults, partial=partial)
        return
    before = len(faults)
    is_list = type_forms.origin(inner) is list and isinstance(value, list)
    if is_list and len(value) > type_forms.longest(form):
        faults.append(_fault(value, form, path))
        return
    if is_list:
        for number, item in enumerate(value):
            if len(faults) >= _FAULTS_SHOWN:
                return
            _walk(item, get_args(inner)[0], f"{path}[{number}]", faults, partial=False)
    if len(faults) == before:
        _check_leaf(value, form, path, faults, partial=partial)


def _walk_struct(
    value: Json, struct: type[msgspec.Struct], path: str, faults: list[Fault], *, partial: bool
) -> None:
    if not isinstance(value, dict):
        faults.append(_fault(value, struct, path))
        return
    fields = {field.name: field for field in type_forms.fields(struct)}
    if struct.__struct_config__.forbid_unknown_fields:
        strange = islice((name for name in value if name not in fields), _FAULTS_SHOWN)
        faults.extend(unknown(name, fields, _below(path, name)) for name in strange)
    for name, field in fields.items():
        place = _below(path, name)
        if value.get(name) is None and partial:
            if name in value and field.required and not _nullable(field.form):
                faults.append(Fault(f"{name}_invalid", f"{place} cannot be cleared", place))
        elif name in value:
            _walk(value[name], field.form, place, faults, partial=partial)
        elif field.required:
            message = f"{place} is needed: {type_forms.words(field.form)}"
            faults.append(Fault(f"{name}_missing", message, place))


def _nullable(form: type_forms.TypeForm) -> bool:
    return type_forms.apart(form)[1]


def _check_leaf(
    value: Json, form: type_forms.TypeForm, path: str, faults: list[Fault], *, partial: bool
) -> None:
    if not (_storable(value) and _fits(_without_nulls(value) if partial else value, form)):
        faults.append(_fault(value, form, path))


def _without_nulls(value: Json) -> Json:
    """Leave out the members that a merge patch of a free-form object removes."""
    if isinstance(value, dict):
        return {name: member for name, member in value.items() if member is not None}
    return value


def _storable(value: Json) -> bool:
    """Whether no text has NUL or lone surrogates and no number is infinite."""
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_storable(key) and _storable(member) for key, member in value.items())
    if isinstance(value, list):
        return all(_storable(member) for member in value)
    return True


def _fault(value: Json, form: type_forms.TypeForm, path: str) -> Fault:
    name = re.sub(r"\[\d+\]", "", path.rpartition(".")[2]) or "body"
    place = path or "the body"
    message = f"{place} must be {type_forms.words(form)}; got {_printable(value)}"
    return Fault(f"{name}_invalid", message, path or None)


def _printable(value: Json) -> str:
    """Show a caller's value so that it can be sent back: no NUL, no lone surrogates."""
    if isinstance(value, str):
        return shown(value.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\u0000"))
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return shown(json.dumps(value))[1:-1]


def _below(path: str, name: str) -> str:
    readable = _printable(name)[1:-1]
    return f"{path}.{readable}" if path else readable


def _merged(current: Json, changes: Json) -> Json:
    """Merge as RFC 7396 says."""
    if not isinstance(changes, dict):
        return changes
    merged = dict(current) if isinstance(current, dict) else {}
    for name, change in changes.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), change)
    return merged
