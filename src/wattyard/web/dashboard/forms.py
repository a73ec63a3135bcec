"""Forms: what was sent, its faults, and fields that show both again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

import htpy as h
from htpy import Node
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from wattyard.kernel.refusals import Fault, Malformed, Refusal
from wattyard.platform.http import Call
from wattyard.platform.http.call import Message
from wattyard.web.dashboard.refusal_words import in_words, placed

Attribute = str | int | bool | None
"""The value of an HTML attribute: True where it only stands there, False or None where not."""

_GROUPED: Final = re.compile(r",(?=\d{3}(\D|$))")
"""A comma before three digits, as in `1,500` and `1,234,567.5`."""

FORM_LIMIT_BYTES: Final = 8 * 1024 * 1024
"""A form may have this much, its files included; larger files go through the API."""
STRANGERS_LIMIT_BYTES: Final = 256 * 1024
"""The same for whoever is not signed in."""


class FormInvalid(Malformed):
    """The body is not a form that a browser sends."""

    code = "form_invalid"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was sent with a form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form(Mapping[str, str]):
    """The fields of a form by name, without white space around them; `""` where one is missing.

    Attributes:
        fields: every value of each field.
        files: those that were chosen.
        decimal_comma: whether the reader writes `1,5` for one and a half.
    """

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, UploadedFile] = field(default_factory=dict)
    decimal_comma: bool = False

    def __getitem__(self, name: str) -> str:
        values = self.fields.get(name)
        return values[-1].strip() if values else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field, such as those of several boxes that were ticked."""
        return [value.strip() for value in self.fields.get(name, ()) if value.strip()]

    def number(self, name: str) -> Any:  # noqa: ANN401 (a number, or the text that is none)
        """A field's number for a JSON body; the text itself where it is none, None where empty."""
        return self.read_number(self[name])

    def read_number(self, text: str) -> Any:  # noqa: ANN401 (a number, or the text that is none)
        """Read a number as the reader writes it; the text itself where it is none, None for "".

        A comma is the decimal one where the reader's language has it, else it groups thousands, as
        in `1,500`. A point is always decimal. The API judges what is no number.
        """
        if not text:
            return None
        plain = text.replace(",", ".") if self.decimal_comma else _GROUPED.sub("", text)
        try:
            number = float(plain)
        except ValueError:
            return text
        if not isfinite(number):
            return text
        return int(number) if number.is_integer() and "." not in plain else number


async def form_of(call: Call, limit_bytes: int = FORM_LIMIT_BYTES) -> Form:
    """Read the form that a call sends.

    Raises:
        TooLarge: when it has more than `limit_bytes`.
        FormInvalid: when it is none.
    """
    body = await call.body(limit_bytes)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    fields: dict[str, list[str]] = {}
    files: dict[str, UploadedFile] = {}
    try:
        async with Request(call.scope, receive).form(max_part_size=FORM_LIMIT_BYTES) as sent:
            for name, value in sent.multi_items():
                if isinstance(value, str):
                    fields.setdefault(name, []).append(value)
                elif value.filename:
                    files[name] = UploadedFile(value.filename, await value.read())
    except MultiPartException as fault:
        raise FormInvalid(
            f"the body is not a form that a browser sends: {fault.message}"
        ) from fault
    return Form(fields, files)


class FormFaults:
    """What is wrong with a form, for the fields that it belongs to."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self._left: list[Fault] = list(refusal.faults) if refusal else []
        self.any = bool(self._left)

    def of(self, *params: str, label: str = "") -> list[str]:
        """Take the messages of some of the API's `param` paths, those below them included.

        They call the field what the form calls it, `label`.
        """
        taken = [one for one in self._left if _is_under(one.param, params)]
        self._left = [one for one in self._left if one not in taken]
        return [
            sentence(in_words(one.message, one.param, label if one.param in params else ""))
            for one in taken
        ]

    def rest(self) -> Node:
        """What belongs to no field that was shown; stands above the form, rendered last."""
        if not self.any:
            return None
        if not self._left:
            return h.p(".fault", role="alert")["Please look at the fields that are marked."]
        return h.div(".fault", role="alert")[(h.p[sentence(placed(one))] for one in self._left)]


def worded(message: str) -> str:
    """Write one of the API's messages as a sentence of its own, in the words of pages."""
    return sentence(in_words(message))


def sentence(message: str) -> str:
    """Write a message as a sentence of its own."""
    end = "" if message.endswith((".", "!", "?")) else "."
    return f"{message[:1].upper()}{message[1:]}{end}"


def _is_under(param: str | None, params: Sequence[str]) -> bool:
    return param is not None and any(
        param == one or param.startswith((f"{one}.", f"{one}[")) for one in params
    )


NO_FAULTS: Final = FormFaults()


@dataclass(frozen=True, slots=True)
class Fields:
    """Makes the fields of one form from what was typed, or from what is there already.

    Attributes:
        values: by the fields' names.
        faults: taken by each field with its `params`, by default its name.
    """

    values: Mapping[str, Any]
    faults: FormFaults = field(default_factory=FormFaults)

    def text(
        self,
        label: str,
        name: str,
        *,
        unit: str = "",
        hint: str = "",
        params: Sequence[str] = (),
        **attributes: Attribute,
    ) -> Node:
        """A line of text; `attributes` are those of the input (`type`, `min`, `required` …)."""
        attributes = {"type": "text", **attributes}
        if attributes["type"] not in ("password", "file"):
            attributes["value"] = _shown(self.values.get(name))
        return self._field(
            label, name, lambda extra: h.input(id=name, name=name, **attributes, **extra),
            unit=unit, hint=hint, params=params,
        )  # fmt: skip

    def area(
        self,
        label: str,
        name: str,
        *,
        rows: int = 6,
        hint: str = "",
        params: Sequence[str] = (),
        **attributes: Attribute,
    ) -> Node:
        """Several lines of text."""
        return self._field(
            label, name,
            lambda extra: h.textarea(
                id=name, name=name, rows=rows, spellcheck="false", **attributes, **extra
            )[_shown(self.values.get(name))],
            hint=hint, params=params,
        )  # fmt: skip

    def choice(
        self,
        label: str,
        name: str,
        options: Sequence[tuple[str, str]],
        *,
        hint: str = "",
        params: Sequence[str] = (),
    ) -> Node:
        """One of several values, each with its words."""
        present = _shown(self.values.get(name))
        return self._field(
            label, name,
            lambda extra: h.select(id=name, name=name, **extra)[
                (h.option(value=value, selected=value == present)[words]
                 for value, words in options)
            ],
            hint=hint, params=params,
        )  # fmt: skip

    def box(self, label: str, name: str, value: str = "on", *, hint: str = "") -> Node:
        """A box to tick; several may have one name and different values."""
        ticked = self.values.get(name)
        chosen = value in ticked if isinstance(ticked, list | tuple) else _shown(ticked) == value
        return h.label(".box")[
            h.input(type="checkbox", name=name, value=value, checked=chosen),
            label,
            hint and h.small[hint],
        ]

    def _field(
        self,
        label: str,
        name: str,
        control: Any,  # noqa: ANN401 (makes the element, given the attributes of its descriptions)
        *,
        unit: str = "",
        hint: str = "",
        params: Sequence[str] = (),
    ) -> Node:
        messages = self.faults.of(*(params or (name,)), label=label)
        described = [f"{name}-hint"] if hint else []
        described += [f"{name}-fault"] if messages else []
        extra: dict[str, Any] = {}
        if described:
            extra["aria_describedby"] = " ".join(described)
        if messages:
            extra["aria_invalid"] = "true"
        return h.div(".field")[
            h.label(for_=name)[label, unit and h.span(".unit")[f" ({unit})"]],
            control(extra),
            hint and h.small(id=f"{name}-hint")[hint],
            messages and h.p(".fault", id=f"{name}-fault")[" ".join(messages)],
        ]


def _shown(value: object) -> str:
    return "" if value is None else str(value)
