"""Lengths of time as people write them in options: `90s`, `30m`, `12h`, `1d`."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORM: Final = re.compile(r"([1-9][0-9]{0,6})([smhd])")


def length(text: str) -> timedelta:
    """Read a length of time: a whole number of seconds, minutes, hours or days of 24 hours.

    Raises:
        ValueError: when it is none.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"a length of time such as 30m, 12h or 1d is needed; got {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def text(length: timedelta) -> str:
    """Write a length of whole seconds in its largest unit: `90s`, `30m`, `12h`, `1d`."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
