"""What a market price will probably be, from the same clock time on like days (contract 2).

A price not published yet is the mean of the prices at the same local clock time on the last
four days of the same kind (working day, or weekend and holiday) that have one, of the days
before it and not earlier than 14 days before it or before now. Confidence 0.5, and 0.3 when
fewer than two such days exist; where the last 14 days hold no day of the same kind, the last
four days of any kind serve, at 0.3.

A day's forecast has a basis: the days before it, back to the earliest that counts, of which
some are of its kind. Many days share a basis.
"""

from typing import Final, NamedTuple

from wattyard.kernel.arrays import Indices, Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import (
    DAY_US,
    ClockChanges,
    Microseconds,
    joined_edges,
    local_days,
)
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion, Days, DayTemplates, facts, lay
from wattyard.tariffs.domain.refusals import LAID_AT_ONCE, TooManyPrices

DAYS_BACK: Final = 14
LIKE_DAYS: Final = 4
CONFIDENCE: Final = 0.5
LOW_CONFIDENCE: Final = 0.3
_CELLS: Final = 2**17
"""Days times times of day that are looked at together, unless one basis alone has more."""
_ANY: Final = 2
"""Beside working days (0) and non-working days (1): days of any kind."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownPrices:
    """Intervals (n) in order of time that do not overlap, and their prices."""

    starts_us: Microseconds
    ends_us: Microseconds
    prices: Numbers

    def within(self, start_us: int, end_us: int) -> "KnownPrices":
        """Keep the intervals that touch a span."""
        first = int(np.searchsorted(self.ends_us, start_us, side="right"))
        kept = slice(first, int(np.searchsorted(self.starts_us, end_us, side="left")))
        return KnownPrices(self.starts_us[kept], self.ends_us[kept], self.prices[kept])


class Bases(NamedTuple):
    """What forecasts of g kinds of days are based on: the days `first` (g) to `last` (g).

    `non_working` (g): whether the non-working ones of those days count (1), or the others (0).
    """

    first: Days
    last: Days
    non_working: Integers

    def halves(self) -> tuple["Bases", "Bases"]:
        half = self.non_working.size // 2
        first, last = ([column[part] for column in self] for part in (np.s_[:half], np.s_[half:]))
        return Bases(*first), Bases(*last)


class DayPrices(NamedTuple):
    """Days as pieces (p) on the wall clock, and what each is expected to cost.

    `sizes` (g): how many pieces each basis has, in order. `starts_us` (p): where they start
    after midnight, ascending within a basis, the first at 0. `prices` (p): NaN where there is
    no basis for one. `confidence` (p).
    """

    sizes: Integers
    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


class LikeDays:
    """Averages prices over the last like days of a basis, time of day by time of day."""

    def __init__(
        self, published: KnownPrices, clock: ClockChanges, non_working: Marks, first_day: int
    ) -> None:
        """`non_working` (days) marks the weekend days and holidays from `first_day` on."""
        self._published = published
        self._clock = clock
        self._non_working = non_working
        self._first_day = first_day
        edges = joined_edges((published.starts_us, published.ends_us))
        changes = clock.instants_us
        before, after = changes + clock.offsets_us[:-1], changes + clock.offsets_us[1:]
        walls = np.sort(np.concatenate([clock.wall_us(edges), before, after]), kind="stable")
        self._days, self._times_us = walls // DAY_US, walls % DAY_US

    def pieces(self, bases: Bases) -> DayPrices:
        """Cut a day wherever anything starts or ends from the first day of its basis to the day
        after the last, and price it.

        A clock change cuts too, at both of the readings that it lies between: it may fall inside
        of an interval. Bases are in order of their days, at least one.

        Raises:
            TooManyPrices: for more than two million days times times of day of one basis.
        """
        low, high = int(bases.first.min()), int(bases.last.max())
        near = slice(*np.searchsorted(self._days, (low, high + 2)))
        times = joined_edges([np.zeros(1, np.int64), self._times_us[near]])
        if times.size * (high + 1 - low) > _CELLS and bases.non_working.size > 1:
            both = [self.pieces(half) for half in bases.halves()]
            return DayPrices(*(np.concatenate(columns) for columns in zip(*both, strict=True)))
        if times.size * (high + 1 - low) > LAID_AT_ONCE:
            raise TooManyPrices(LAID_AT_ONCE)
        since, until = bases.first - low, bases.last + 1 - low
        cuts = np.zeros((high + 3 - low, times.size), np.int64)
        cuts[self._days[near] - low + 1, np.searchsorted(times, self._times_us[near])] = 1
        cuts.cumsum(axis=0, out=cuts)
        cut_here = cuts[until + 1] > cuts[since]
        cut_here[:, 0] = True
        basis, column = np.nonzero(cut_here)
        ranked = self._ranked(np.arange(low, high + 1), times)
        prices, confidence = ranked.means(
            bases.non_working[basis], since[basis], until[basis], column
        )
        sizes = cut_here.sum(axis=1)
        return DayPrices(sizes, times[column], prices, confidence)

    def _ranked(self, days: Days, times_us: Microseconds) -> "_Ranked":
        prices, has = self._at(days[:, None] * DAY_US + times_us)
        off = self._non_working[days - self._first_day, None]
        kinds = np.array([has & ~off, has & off, has])
        counted = np.zeros((3, days.size + 1, times_us.size), np.int64)
        kinds.cumsum(axis=1, out=counted[:, 1:])
        ranked = np.zeros(kinds.shape)
        kind, day, time = np.nonzero(kinds)
        ranked[kind, counted[kind, day, time], time] = prices[day, time]
        return _Ranked(counted, ranked)

    def _at(self, walls_us: Microseconds) -> tuple[Numbers, Marks]:
        """Look up the price when the wall clock first shows each reading, and whether it is."""
        when = self._clock.first_shown(walls_us)
        position = np.searchsorted(self._published.starts_us, when.instants_us, side="right") - 1
        has = when.shown & (position >= 0) & (when.instants_us < self._published.ends_us[position])
        return self._published.prices[position], has


class _Ranked(NamedTuple):
    """Prices of k kinds of days, d days and t times of day, put together without the gaps.

    `counted` (k, d + 1, t): on how many days before there is a price. `ranked` (k, d, t): the
    prices in order of the days that have one.
    """

    counted: Integers
    ranked: Numbers

    def means(
        self, non_working: Integers, since: Integers, until: Integers, time: Integers
    ) -> tuple[Numbers, Numbers]:
        """Average the last four like days in [`since`, `until`) at a time of day (all p).

        Where no day is alike, any kind serves. Returns (p) prices, NaN where there is none, and
        (p) confidence.
        """
        alike = self.counted[non_working, until, time] - self.counted[non_working, since, time]
        kind = np.where(alike > 0, non_working, _ANY)
        top = self.counted[kind, until, time]
        count = np.minimum(top - self.counted[kind, since, time], LIKE_DAYS)
        total = np.zeros(time.size)
        for back in range(1, LIKE_DAYS + 1):
            price = self.ranked[kind, np.maximum(top - back, 0), time]
            total += np.where(back <= count, price, 0.0)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return mean, np.where(alike >= 2, CONFIDENCE, LOW_CONFIDENCE)


class Guess(NamedTuple):
    """n steps that touch: instants, prices (NaN where there is no basis for one), confidence."""

    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


def _unknown() -> DayPrices:
    """A day that has no basis for a price."""
    nothing, low = np.full(1, np.nan), np.full(1, LOW_CONFIDENCE)
    return DayPrices(np.ones(1, np.int64), np.zeros(1, np.int64), nothing, low)


def forecast(
    published: KnownPrices,
    region: CalendarRegion,
    holes_us: tuple[Microseconds, Microseconds],
    now_us: int,
) -> Guess:
    """Forecast the local days that have holes; other days in between come as one empty step.

    `holes_us` are the starts and the ends (m) of the holes, in order of time. The forecast of
    a day depends on the day, on what is published and on now, never on the holes asked for.

    Raises:
        TooManyPrices: for more than two million steps.
    """
    span = int(holes_us[0][0]), int(holes_us[1][-1])
    clock = region.clock(*span)
    low, high = local_days(clock, *span)
    days = np.flatnonzero(_touched(clock, holes_us, low, high)) + low
    past = min(span[0], now_us) - (DAYS_BACK + 2) * DAY_US
    known = published.within(past, span[1])
    today = region.clock(now_us, now_us).wall_at(now_us) // DAY_US
    way_of_day = np.zeros(high + 1 - low, np.intp)
    ways, way_of_day[days - low] = _expected(known, region, days, today)
    if int(ways.sizes[way_of_day].sum()) > LAID_AT_ONCE:
        raise TooManyPrices(LAID_AT_ONCE)
    first = np.concatenate([[0], np.cumsum(ways.sizes)])
    shape = DayTemplates(first, ways.starts_us, np.arange(ways.starts_us.size, dtype=np.int64))
    laid = lay(shape, way_of_day, low, clock, span)
    return Guess(laid.starts_us, ways.prices[laid.item], ways.confidence[laid.item])


def _expected(
    published: KnownPrices, region: CalendarRegion, days: Days, today: int
) -> tuple[DayPrices, Indices]:
    """Forecast n days: the ways that they go, the first of them empty, and each day's way (n)."""
    way_of_day = np.zeros(days.size, np.intp)
    if not published.starts_us.size:
        return _unknown(), way_of_day
    span = int(published.starts_us[0]), int(published.ends_us[-1])
    clock = region.clock(*span)
    first_day, last_day = local_days(clock, *span)
    intervals = published.starts_us, published.ends_us
    with_prices = np.flatnonzero(_touched(clock, intervals, first_day, last_day)) + first_day
    since = np.searchsorted(with_prices, np.minimum(days, today) - DAYS_BACK)
    until = np.searchsorted(with_prices, days)
    has_basis = since < until
    if not has_basis.any():
        return _unknown(), way_of_day
    non_working = facts(region, int(days[0]), int(days[-1])).non_working[days - days[0]]
    keys = np.stack([since, until, non_working])[:, has_basis]
    distinct, way = np.unique(keys, axis=1, return_inverse=True)
    way_of_day[has_basis] = way.ravel() + 1
    bases = Bases(with_prices[distinct[0]], with_prices[distinct[1] - 1], distinct[2])
    non_working = facts(region, first_day, last_day).non_working
    pieces = LikeDays(published, clock, non_working, first_day).pieces(bases)
    ways = DayPrices(*(np.concatenate(own) for own in zip(_unknown(), pieces, strict=True)))
    return ways, way_of_day


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
