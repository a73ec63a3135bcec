"""What a field means, in words: from its struct's docstring, or what every shape means by it.

A struct of a `wire` room describes its fields in the section `Attributes:` of its docstring. What
stands there needs no repetition where a type that several fields share says it (`Annotated` with a
description), nor where the name means the same everywhere (`COMMON`).
"""

import inspect
import re
from collections.abc import Mapping
from typing import Final

_SECTION: Final = re.compile(r"^Attributes:$", re.MULTILINE)
_ENTRY: Final = re.compile(r"^ {4}(\w+): ")

COMMON: Final[Mapping[str, str]] = {
    "account_id": "the account that it belongs to",
    "confidence": "0 to 1; 1 is certain",
    "currency_code": "ISO 4217 code of every amount of money here",
    "device_id": "id of the device; null where the whole location is meant",
    "display_name": "what people call it",
    "end_time": "when it ends, exclusive",
    "energy_units": "unit of every `energy` here",
    "has_more": "whether there are more objects beyond this page",
    "id": "its id, for good",
    "live_mode": "true for live data, false for test data",
    "location_id": "id of the location",
    "location_timezone": "time zone of the location, a name in the tz database",
    "metadata": "the client's own texts by key",
    "object": "what kind of object this is",
    "record_reference_id": "the client's own reference of the reading",
    "reference_id": "the client's own reference",
    "session_reference_id": "the client's own reference of the session, such as one charge",
    "start_time": "when it begins",
    "tariff_direction": "IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation",
    "tariff_id": "id of the tariff",
    "time_created": "when it was created",
    "timezone": "name in the tz database, such as Europe/London",
    "valid_from": "when it begins",
    "valid_to": "when it ends, exclusive",
}
"""The meaning of names that every capability uses alike (contract 0)."""


def summary(struct: type) -> str:
    """What a struct is: its docstring without the fields."""
    return _SECTION.split(_docstring(struct), maxsplit=1)[0].strip()


def attributes(struct: type) -> dict[str, str]:
    """The descriptions of a struct's fields, those of its bases among them, by field name."""
    found: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        found |= _section(_docstring(cls))
    return found


def _docstring(struct: type) -> str:
    return inspect.cleandoc(struct.__dict__.get("__doc__") or "")


def _section(docstring: str) -> dict[str, str]:
    _, found, lines = docstring.partition("\nAttributes:\n")
    entries: dict[str, str] = {}
    name = ""
    for line in lines.splitlines() if found else ():
        if entry := _ENTRY.match(line):
            name = entry[1]
            entries[name] = line[entry.end() :]
        elif name and line.startswith(" " * 8):
            entries[name] += " " + line.strip()
        else:
            name = ""
    return entries
