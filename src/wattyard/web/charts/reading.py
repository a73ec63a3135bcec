"""How a chart writes numbers and times: in the language of its reader, on the clock of the site."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, get_day_names

from wattyard.kernel.clock_changes import instant

_MINUS: Final = "\u2212"
_SHORT_SPACE: Final = "\u202f"
_COMPACT_FROM: Final = 10_000


@dataclass(frozen=True, slots=True)
class ChartReader:
    """Who reads: the zone whose clock times are on, and the locale of numbers and dates."""

    zone: ZoneInfo
    locale: str = "en_GB"

    def number(self, value: float, decimals: int) -> str:
        """Write a number with so many decimals."""
        text = f"{value:,.{decimals}f}"
        if value < 0 and not any(digit in "123456789" for digit in text):
            text = text.removeprefix("-")
        decimal, group = _symbols(self.locale)
        written = text.translate({ord("."): decimal, ord(","): group})
        return written.replace("-", _MINUS)

    def cell(self, value: float, decimals: int) -> str:
        """Write a number of a table; a dash where nothing is known."""
        return "–" if math.isnan(value) else self.number(value, decimals)

    def exact(self, value: float, most: int) -> str:
        """Write a number with no more decimals than it needs, and at least two if any."""
        text = f"{value:.{most}f}".rstrip("0")
        decimals = len(text.partition(".")[2])
        return self.number(value, max(decimals, min(most, 2)))

    def short(self, value: float, decimals: int) -> str:
        """Write a tick: thousands as k and millions as M, where they are many."""
        for divisor, unit in ((1e6, "M"), (1e3, "k")):
            if abs(value) >= max(divisor, _COMPACT_FROM):
                return f"{self.number(value / divisor, 0 if value % divisor == 0 else 1)}{unit}"
        return self.number(value, decimals)

    def local(self, at_us: int) -> datetime:
        """Give the wall clock of the site at an instant."""
        return instant(at_us).astimezone(self.zone)

    def clock(self, at_us: int) -> str:
        """Write the time of day."""
        return f"{self.local(at_us):%H:%M}"

    def day(self, at_us: int) -> str:
        """Write the local day with its weekday."""
        return self.date(self.local(at_us).date(), "MMMEd")

    def date(self, day: date, skeleton: str) -> str:
        """Write a date by a skeleton of the Unicode locale data, such as yMMMd."""
        return _date(day, skeleton, self.locale)

    def stamp(self, at_us: int) -> str:
        """Write a local time with its day."""
        return f"{self.day(at_us)}, {self.clock(at_us)}"

    def weekday(self, number: int) -> str:
        """Write the short name of a weekday, 0 being Monday."""
        return _weekdays(self.locale)[number]


@lru_cache(maxsize=64)
def _symbols(locale: str) -> tuple[str, str]:
    """Find the decimal point and the sign between thousands of a locale."""
    signs = Locale.parse(locale).number_symbols["latn"]
    group = signs["group"].replace("\xa0", _SHORT_SPACE)
    return signs["decimal"], group


@lru_cache(maxsize=4096)
def _date(day: date, skeleton: str, locale: str) -> str:
    return format_skeleton(skeleton, day, locale=locale, fuzzy=True)


@lru_cache(maxsize=64)
def _weekdays(locale: str) -> dict[int, str]:
    return dict(get_day_names("abbreviated", locale=locale))
