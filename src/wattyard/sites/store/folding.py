"""Texts as the search of sites compares them: case, width and accents make no difference.

Each function writes an expression of SQL that PostgreSQL calls immutable, with no function of ours
and no extension in it: so it can be indexed, copied by replication and restored from a dump. An
index serves a search only if its expression is the very same, see migration 0028.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

_LONGEST: Final = 100
"""So many characters are compared: an entry of an index holds them, whatever they unfold to."""

_MARKS: Final = "[\\u0300-\\u036f]"
"""The combining marks of Unicode, which NFKD takes off their letters."""


def _unmarked(text: str) -> str:
    """Write a text without case, width and accents: `Ｍünchen` as `munchen`, `ẞ` as `ss`."""
    plain = f"lower(regexp_replace(normalize({text}, NFKD), '{_MARKS}', '', 'g'))"
    for letter, letters in (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th")):
        plain = f"replace({plain}, '{letter}', '{letters}')"
    return f"translate({plain}, 'øłđðħıς', 'olddhiσ')"


def folded_code(text: str) -> str:
    """Write how a reference is compared: with all of its letters, whatever their case or accent."""
    return f'(left({_unmarked(text)}, {_LONGEST}) COLLATE "C")'


def folded_name(text: str) -> str:
    """Write how a name is compared: also `Muenchen`, `München` and `Munchen` are the same.

    `ae`, `oe`, `ue` and `aa`, which stand for ä, ö, ü and å where a keyboard lacks them, become one
    letter. What a text begins with, it begins with afterwards.
    """
    spelt = f"regexp_replace({_unmarked(text)}, '([ou])e|(a)[ae]', '\\1\\2', 'g')"
    return f'(left({spelt}, {_LONGEST}) COLLATE "C")'


class SearchedText(NamedTuple):
    """A text that may begin with the one that is looked for, and how both are folded for it."""

    column: str
    fold: Callable[[str], str]

    @property
    def key(self) -> str:
        """What the index of the text is ordered by."""
        return self.fold(self.column)

    def begins(self, text: str) -> str:
        """Write the condition that it begins with a text: a range of an index in byte order."""
        begin = self.fold(f"{text}::text")
        return f'({self.key} >= {begin} AND {self.key} < ({begin} || chr(1114111)) COLLATE "C")'
