"""The calendar of a region: weekends and public holidays of its country, its local clock.

Weekend days and, unless a tariff says otherwise, holidays are those of the `holidays` library for
the country and, where the library knows it, the state (`domain.holidays`). A region without a
country, or of one that the library does not know, has Saturday and Sunday and no holidays
(contract 2).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel import civil, clock_changes
from wattyard.kernel.arrays import Indices, Integers, Marks, np
from wattyard.kernel.clock_changes import DAY_US, SECOND_US, ClockChanges, Microseconds
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.holidays import (
    AS_DECREED,
    HolidayRules,
    holidays_of,
    library_calendar,
)

Days = Integers
"""Local days, in days since 1970-01-01."""

SUNDAY: Final = 6
_FIRST_DAY: Final = date(1970, 1, 1)
_THURSDAY: Final = 3  # 1970-01-01


def day_number(day: date) -> int:
    """Count the days from 1970-01-01 to `day`."""
    return (day - _FIRST_DAY).days


def date_of(day: int) -> date:
    """Find the date that is `day` days after 1970-01-01."""
    return _FIRST_DAY + timedelta(days=int(day))


@dataclass(frozen=True, slots=True)
class CalendarRegion:
    """Where wall-clock rules are evaluated: a zone, and a country and state for the calendar.

    `country_code` is ISO 3166-1 alpha-2 or None; `state` the second part of ISO 3166-2, alone
    (`BY`) or with the country (`DE-BY`), or None. A tariff may count `holidays` by rules of its
    own, and read its schedule on a clock that is always `offset_minutes` ahead of UTC; with None
    it is the zone's.

    Raises:
        ValueError: when the tz database has no such zone.
    """

    zone_name: str
    country_code: str | None = None
    state: str | None = None
    holidays: HolidayRules = AS_DECREED
    offset_minutes: int | None = None

    def __post_init__(self) -> None:
        civil.zone(self.zone_name)

    @property
    def zone(self) -> ZoneInfo:
        return civil.zone(self.zone_name)

    def clock(self, start_us: int, end_us: int) -> ClockChanges:
        """List the clock changes that matter between two instants."""
        if self.offset_minutes is not None:
            return clock_changes.always(self.offset_minutes)
        return clock_changes.between(self.zone, start_us, end_us)


@dataclass(frozen=True, slots=True, eq=False)
class DayFacts:
    """What a calendar says of n local days, ascending, consecutive unless some were left out.

    `days` (n) since 1970-01-01; `month` (n) 1..12; `day_of_month` (n) 1..31; `weekday` (n) 0 is
    Monday; `weekend` (n) and `holiday` (n) by the region's country.
    """

    days: Days
    month: Integers
    day_of_month: Integers
    weekday: Integers
    weekend: Marks
    holiday: Marks

    @property
    def non_working(self) -> Marks:
        """Mark (n) weekend days and holidays."""
        return self.weekend | self.holiday

    def only(self, days: Days) -> "DayFacts":
        """Keep some of the days (ascending, all among the n)."""
        kept = days - self.days[0]
        return DayFacts(
            self.days[kept],
            self.month[kept],
            self.day_of_month[kept],
            self.weekday[kept],
            self.weekend[kept],
            self.holiday[kept],
        )


def facts(region: CalendarRegion, first_day: int, last_day: int) -> DayFacts:
    """Ask the calendar of a region about each local day from `first_day` to `last_day`, inclusive.

    A bounded cache keeps whole years of a country's holidays. The first day of the year 10000,
    which zones ahead of UTC show at the end of 9999, is taken for a working day.
    """
    days = np.arange(first_day, last_day + 1, dtype=np.int64)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = range(_year_of(first_day), _year_of(last_day) + 1)
    known = [_year(region.country_code, region.state, region.holidays, year) for year in years]
    skipped = first_day - day_number(date(years[0], 1, 1))
    window = slice(skipped, skipped + days.size)
    return DayFacts(
        days=days,
        month=months.astype(np.int64) % 12 + 1,
        day_of_month=(dates - months).astype(np.int64) + 1,
        weekday=(days + _THURSDAY) % 7,
        weekend=np.concatenate([weekend for weekend, _ in known])[window],
        holiday=np.concatenate([holiday for _, holiday in known])[window],
    )


@lru_cache(maxsize=16)
def day_kinds(region: CalendarRegion, first_day: int, last_day: int, by_date: bool) -> DayFacts:  # noqa: FBT001 (a cache's key)
    """Keep the first day of each kind among those from `first_day` to `last_day`, inclusive.

    Two days are of a kind when month, day of the week, weekend and holiday are the same, and,
    `by_date`, the day of the month. Of 41 years some 250 or 5,000 days are left.
    """
    found = facts(region, first_day, last_day)
    kind = (found.month * 7 + found.weekday) * 4 + found.weekend * 2 + found.holiday
    if by_date:
        kind = kind * 32 + found.day_of_month
    _, first = np.unique(kind, return_index=True)
    return found.only(found.days[np.sort(first)])


def _year_of(day: int) -> int:
    return date_of(min(day, day_number(date.max))).year


@lru_cache(maxsize=2048)
def _year(
    country_code: str | None, state: str | None, rules: HolidayRules, year: int
) -> tuple[Marks, Marks]:
    """Mark the weekend days and the holidays of one year; of 9999 one day more."""
    days = [date.fromordinal(n) for n in range(_ordinal(year), _ordinal(year + 1))]
    known = library_calendar(country_code, state, year, observed=False)
    if known is None:
        weekend = [day.weekday() >= SUNDAY - 1 for day in days]
    else:
        weekend = [known.is_weekend(day) for day in days]
    listed = holidays_of(country_code, state, rules, year)
    holiday = [day in listed for day in days]
    beyond = [False] * (year == date.max.year)
    return np.array(weekend + beyond), np.array(holiday + beyond)


def _ordinal(year: int) -> int:
    return date(year, 1, 1).toordinal() if year <= date.max.year else date.max.toordinal() + 1


@dataclass(frozen=True, slots=True, eq=False)
class DayTemplates:
    """How days are divided on the wall clock.

    Template t has the pieces `first[t]` to `first[t + 1]`, exclusive. `starts_us` (pieces): where
    each starts on the wall clock, after midnight, ascending within a template, the first at 0;
    a piece ends where the next starts, the last at midnight. `item` (pieces): whatever the
    caller means by it.
    """

    first: Integers
    starts_us: Microseconds
    item: Integers


@dataclass(frozen=True, slots=True, eq=False)
class DayPieces:
    """n pieces in order of time that touch: `starts_us` (n) instants, `item` (n), `day` (n)."""

    starts_us: Microseconds
    item: Integers
    day: Integers


def templates(ways: Sequence[Sequence[tuple[int, int]]]) -> DayTemplates:
    """Build templates from lists of (start in seconds after midnight, item)."""
    pieces = [piece for way in ways for piece in way]
    lengths = [len(way) for way in ways]
    return DayTemplates(
        first=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
        starts_us=np.array([start for start, _ in pieces], dtype=np.int64) * SECOND_US,
        item=np.array([item for _, item in pieces], dtype=np.int64),
    )


def lay(
    ways: DayTemplates,
    way_of_day: Indices,
    first_day: int,
    clock: ClockChanges,
    span_us: tuple[int, int],
) -> DayPieces:
    """Lay templates onto the instants of [`span_us[0]`, `span_us[1]`) (contract 2, Clock changes).

    A stretch of a day owns the instants whose wall-clock reading falls in it: the hour that a
    clock change skips has no instant, the hour that it repeats is owned twice. Between two clock
    changes the wall clock is UTC plus a constant, so each such era is laid by itself.

    `way_of_day` (days) names the template of each local day from `first_day` on. The first
    piece starts with the span. A piece that a clock change cuts comes as two.
    """
    start_us, end_us = span_us
    inside = (clock.instants_us > start_us) & (clock.instants_us < end_us)
    edges = [start_us, *clock.instants_us[inside].tolist(), end_us]
    eras = [
        _lay_era(ways, way_of_day, first_day, clock.wall_at(start) - start, start, end)
        for start, end in pairwise(edges)
    ]
    if len(eras) == 1:
        return eras[0]
    return DayPieces(
        np.concatenate([era.starts_us for era in eras]),
        np.concatenate([era.item for era in eras]),
        np.concatenate([era.day for era in eras]),
    )


def _lay_era(
    ways: DayTemplates,
    way_of_day: Indices,
    first_day: int,
    offset_us: int,
    start_us: int,
    end_us: int,
) -> DayPieces:
    low, high = (start_us + offset_us) // DAY_US, (end_us - 1 + offset_us) // DAY_US
    way = way_of_day[low - first_day : high - first_day + 1]
    lengths = ways.first[way + 1] - ways.first[way]
    row_end = np.cumsum(lengths)
    day = np.repeat(np.arange(low, high + 1, dtype=np.int64), lengths)
    piece = np.arange(day.size) + np.repeat(ways.first[way] - row_end + lengths, lengths)
    starts = day * DAY_US + ways.starts_us[piece] - offset_us
    first = int(np.searchsorted(starts, start_us, side="right")) - 1
    last = int(np.searchsorted(starts, end_us, side="left"))
    kept = slice(first, last)
    clipped = starts[kept].copy()
    clipped[0] = start_us
    return DayPieces(clipped, ways.item[piece[kept]], day[kept])
