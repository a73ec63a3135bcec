"""Bodies without secrets: a field that is declared as a secret is never kept.

A body whose type declares a secret is taken apart: values of secret fields are masked, and so are
those of fields that the type does not have, since a secret may stand there under a misspelt name.
One that cannot be taken apart is not kept. All other bodies are kept as they came.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from wattyard.kernel.values import dataclass
from wattyard.platform.decoding import type_forms
from wattyard.platform.decoding.texts import is_secret

MASK: Final = "***"
_READ_BYTES: Final = 64 * 1024
"""A body with secrets is smaller; a larger one is not taken apart."""
_LEAST: Final = 4
"""Shorter texts are no secrets, and may be part of any word of a message."""
_REPEATED: Final = 60
"""What a message repeats of a value."""
_OURS: Final = re.compile(rb"(?:[rs]k_(?:test|live)_|whsec_)[A-Za-z0-9_+/=-]+")
"""The keys and signing secrets of this server, which somebody may send in a wrong place."""


class _Secret:
    """Stands for a type of which nothing is shown but the names in it."""


Fields = Mapping[str, "Fields | type[_Secret] | None"]
"""The fields of a type by name: what of each is secret; None where nothing is."""
Secrets = Fields | type[_Secret] | None
"""What of a type is secret: some of its fields, all of it, or nothing."""


def fields_of(form: Any) -> Secrets:  # noqa: ANN401 (any annotation)
    """What of a body's type is declared as a secret; None where nothing is."""
    return _fields(form, ())


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A body without its secrets, and what those were.

    Attributes:
        body: None where it could not be taken apart.
        secrets: the texts that were masked, as a message would repeat them.
        may_repeat: whether an answer may hold a secret that is not known.
    """

    body: bytes | None
    secrets: frozenset[str] = frozenset()
    may_repeat: bool = False

    def answer(self, raw: bytes) -> bytes | None:
        """Write the error that was answered to the body, without what it repeats of a secret."""
        if self.may_repeat:
            return None
        for secret in sorted(self.secrets, key=len, reverse=True):
            for text in (secret, secret[:_REPEATED]):
                raw = raw.replace(msgspec.json.encode(text)[1:-1], MASK.encode())
        return masked(raw)


def cleaned(raw: bytes, fields: Fields | type[_Secret]) -> Cleaned:
    """Take a body apart, and write it without its secrets."""
    if len(raw) > _READ_BYTES:
        return Cleaned(None, may_repeat=True)
    secrets: set[str] = set()
    try:
        body = msgspec.json.decode(raw)
        shown = masked(msgspec.json.encode(_without(body, fields, secrets)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Cleaned(None)
    except RecursionError:
        return Cleaned(None, may_repeat=True)
    return Cleaned(shown, frozenset(one for one in secrets if len(one) >= _LEAST))


def masked(text: bytes) -> bytes:
    """Mask what has the form of a key or a signing secret of this server."""
    return _OURS.sub(MASK.encode(), text)


def _fields(form: Any, within: tuple[type, ...]) -> Secrets:  # noqa: ANN401
    if is_secret(form):
        return _Secret
    if get_origin(form) is Annotated:
        return _fields(get_args(form)[0], within)
    if type_forms.is_struct(form):
        if form in within:
            return None
        found = {
            field.name: _fields(field.form, (*within, form)) for field in type_forms.fields(form)
        }
        return found if any(one is not None for one in found.values()) else None
    parts = [_fields(part, within) for part in get_args(form)]
    return next((part for part in parts if part is not None), None)


def _without(value: Any, fields: Fields | type[_Secret] | None, secrets: set[str]) -> Any:  # noqa: ANN401 (JSON)
    if fields is None or value is None:
        return value
    if isinstance(value, list):
        return [_without(item, fields, secrets) for item in value]
    if not isinstance(value, dict):
        secrets.add(value if isinstance(value, str) else msgspec.json.encode(value).decode())
        return MASK
    if isinstance(fields, type):
        return {name: _without(one, _Secret, secrets) for name, one in value.items()}
    return {name: _without(one, fields.get(name, _Secret), secrets) for name, one in value.items()}
