"""What a market price will probably be, from the same clock time on like days (contract 2)."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel.clock_changes import (
    DAY_US,
    ClockChanges,
    Microseconds,
    joined_edges,
    local_days,
)
from wattyard.tariffs.domain.calendar import Days, Marks, Place, facts
from wattyard.tariffs.domain.layout import DayTemplates, lay
from wattyard.tariffs.domain.refusals import TooManyPrices

DAYS_BACK: Final = 14
LIKE_DAYS: Final = 4
CONFIDENCE: Final = 0.5
LOW_CONFIDENCE: Final = 0.3
LAID_AT_ONCE: Final = 2_000_000
"""Prices by the second for three weeks, by the minute for years: about 300 MB of arrays."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """Intervals (n) in order of time that do not overlap, and their prices."""

    starts_us: Microseconds
    ends_us: Microseconds
    prices: Numbers

    def within(self, start_us: int, end_us: int) -> "Published":
        """Keep the intervals that touch a span."""
        first = int(np.searchsorted(self.ends_us, start_us, side="right"))
        kept = slice(first, int(np.searchsorted(self.starts_us, end_us, side="left")))
        return Published(self.starts_us[kept], self.ends_us[kept], self.prices[kept])


class Guess(NamedTuple):
    """n steps that touch: instants, prices (NaN where there is no ground for one), confidence."""

    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


class _Pieces(NamedTuple):
    """A day's pieces on the wall clock, and what each is expected to cost."""

    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


_NOTHING: Final = _Pieces(np.zeros(1, np.int64), np.full(1, np.nan), np.full(1, LOW_CONFIDENCE))


def forecast(
    published: Published, place: Place, holes_us: tuple[Microseconds, Microseconds], now_us: int
) -> Guess:
    """Forecast the local days that have holes; other days in between come as one empty step.

    `holes_us` are the starts and the ends (m) of the holes, in order of time. The forecast of
    a day depends on the day, on what is published and on now, never on the holes asked for.

    Raises:
        TooManyPrices: for more than two million steps.
    """
    span = int(holes_us[0][0]), int(holes_us[1][-1])
    clock = place.clock(*span)
    low, high = local_days(clock, *span)
    past = min(span[0], now_us) - (DAYS_BACK + 2) * DAY_US
    like = _LikeDays(published.within(past, span[1]), place, now_us)
    rest = facts(place, low, high).at_rest.tolist()
    wanted = _touched(clock, holes_us, low, high).tolist()
    days = [
        like.pieces(low + n, rest=rest[n]) if wanted[n] else _NOTHING for n in range(high - low + 1)
    ]
    distinct = {id(pieces): pieces for pieces in days}
    number = {key: n for n, key in enumerate(distinct)}
    ways, way_of_day = list(distinct.values()), np.array([number[id(pieces)] for pieces in days])
    count = sum(pieces.starts_us.size for pieces in days)
    if count > LAID_AT_ONCE:
        raise TooManyPrices(LAID_AT_ONCE)
    lengths = np.cumsum([0, *(pieces.starts_us.size for pieces in ways)], dtype=np.int64)
    starts = np.concatenate([pieces.starts_us for pieces in ways])
    shape = DayTemplates(lengths, starts, np.arange(starts.size, dtype=np.int64))
    laid = lay(shape, way_of_day, low, clock, span)
    prices = np.concatenate([pieces.prices for pieces in ways])
    confidence = np.concatenate([pieces.confidence for pieces in ways])
    return Guess(laid.starts_us, prices[laid.item], confidence[laid.item])


def _touched(
    clock: ClockChanges, intervals_us: tuple[Microseconds, Microseconds], low: int, high: int
) -> Marks:
    """Mark the local days from `low` to `high` that any interval (m starts, m ends) touches."""
    first = np.clip(clock.wall_us(intervals_us[0]) // DAY_US, low, high + 1) - low
    last = np.clip(clock.wall_us(intervals_us[1] - 1) // DAY_US, low - 1, high) - low
    count = np.zeros(high - low + 2, np.int64)
    np.add.at(count, first, 1)
    np.add.at(count, np.maximum(first, last + 1), -1)
    return np.cumsum(count[:-1]) > 0


class _LikeDays:
    """Finds, for a day, the published days before it that are like it."""

    def __init__(self, published: Published, place: Place, now_us: int) -> None:
        self._published = published
        self._today = place.clock(now_us, now_us).wall_at(now_us) // DAY_US
        self._days = np.zeros(0, np.int64)
        self._known: dict[tuple[int, int, bool], _Pieces] = {}
        if not published.starts_us.size:
            return
        span = int(published.starts_us[0]), int(published.ends_us[-1])
        self._clock = place.clock(*span)
        self._first_day, last_day = local_days(self._clock, *span)
        intervals = published.starts_us, published.ends_us
        touched = _touched(self._clock, intervals, self._first_day, last_day)
        self._days = np.flatnonzero(touched) + self._first_day
        self._rest = facts(place, self._first_day, last_day).at_rest
        self._edges_us = joined_edges(intervals)

    def pieces(self, day: int, *, rest: bool) -> _Pieces:
        earliest = min(day, self._today) - DAYS_BACK
        before = self._days[(self._days >= earliest) & (self._days < day)]
        if not before.size:
            return _NOTHING
        key = (int(before[0]), int(before[-1]), rest)
        if key not in self._known:
            self._known[key] = self._mean(before[::-1], rest=rest)
        return self._known[key]

    def _mean(self, before: Days, *, rest: bool) -> _Pieces:
        """Average the like days among `before`, the latest first, piece by piece."""
        starts = self._times_of_day(int(before[-1]), int(before[0]) + 1)
        prices, has = self._at(before[:, None] * DAY_US + starts[None, :])
        alike = has & (self._rest[before - self._first_day] == rest)[:, None]
        found = alike.sum(axis=0)
        chosen = np.where(found > 0, alike, has)
        chosen &= np.cumsum(chosen, axis=0) <= LIKE_DAYS
        count = chosen.sum(axis=0)
        total = np.where(chosen, prices, 0.0).sum(axis=0)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return _Pieces(starts, mean, np.where(found >= 2, CONFIDENCE, LOW_CONFIDENCE))

    def _times_of_day(self, first_day: int, last_day: int) -> Microseconds:
        """List the times (since midnight) at which anything starts or ends on some days.

        A clock change does too, on both of the readings that it lies between: it may fall inside
        of an interval.
        """
        near = np.searchsorted(
            self._edges_us, ((first_day - 1) * DAY_US, (last_day + 2) * DAY_US), side="left"
        )
        changes = self._clock.instants_us
        before, after = changes + self._clock.offsets_us[:-1], changes + self._clock.offsets_us[1:]
        edges = self._clock.wall_us(self._edges_us[near[0] : near[1]])
        walls = np.concatenate([edges, before, after])
        days = walls // DAY_US
        inside = walls[(days >= first_day) & (days <= last_day)] % DAY_US
        return joined_edges([np.zeros(1, np.int64), inside])

    def _at(self, walls_us: Microseconds) -> tuple[Numbers, Marks]:
        """Look up the price when the wall clock first shows each reading, and whether it is."""
        when = self._clock.first_shown(walls_us)
        place = np.searchsorted(self._published.starts_us, when.instants_us, side="right") - 1
        has = when.shown & (place >= 0) & (when.instants_us < self._published.ends_us[place])
        return self._published.prices[place], has
