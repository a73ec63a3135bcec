"""Text of others, made safe for a terminal."""

import re
from typing import Final

_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters of C0 and C1 but tab and line feed, and those that turn the writing around."""


def printable(text: str) -> str:
    """Write control characters as escapes, so that a name or a message cannot steer a terminal."""
    return _CONTROLS.sub(lambda found: _escaped(found[0]), text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
