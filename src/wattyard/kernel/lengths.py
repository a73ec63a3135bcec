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
