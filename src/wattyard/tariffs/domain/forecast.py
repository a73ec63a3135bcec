"""What a market price will probably be, from the same clock time on like days (contract 2)."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel.clock_changes import DAY_US, ClockChanges, Microseconds, local_days
from wattyard.tariffs.domain.calendar import Days, Marks, Place, facts
from wattyard.tariffs.domain.layout import DayTemplates, lay
from wattyard.tariffs.domain.like_days import (
    LOW_CONFIDENCE,
    Grounds,
    LikeDays,
    Pieces,
    Published,
)
from wattyard.tariffs.domain.refusals import LAID_AT_ONCE, TooManyPrices

DAYS_BACK: Final = 14

Numbers = NDArray[np.float64]


class Guess(NamedTuple):
    """n steps that touch: instants, prices (NaN where there is no ground for one), confidence."""

    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


_NOTHING: Final = Pieces(
    np.ones(1, np.int64), np.zeros(1, np.int64), np.full(1, np.nan), np.full(1, LOW_CONFIDENCE)
)


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
    days = np.flatnonzero(_touched(clock, holes_us, low, high)) + low
    past = min(span[0], now_us) - (DAYS_BACK + 2) * DAY_US
    known = published.within(past, span[1])
    today = place.clock(now_us, now_us).wall_at(now_us) // DAY_US
    way_of_day = np.zeros(high + 1 - low, np.intp)
    ways, way_of_day[days - low] = _expected(known, place, days, today)
    if int(ways.sizes[way_of_day].sum()) > LAID_AT_ONCE:
        raise TooManyPrices(LAID_AT_ONCE)
    first = np.concatenate([[0], np.cumsum(ways.sizes)])
    shape = DayTemplates(first, ways.starts_us, np.arange(ways.starts_us.size, dtype=np.int64))
    laid = lay(shape, way_of_day, low, clock, span)
    return Guess(laid.starts_us, ways.prices[laid.item], ways.confidence[laid.item])


def _expected(
    published: Published, place: Place, days: Days, today: int
) -> tuple[Pieces, NDArray[np.intp]]:
    """Forecast n days: the ways that they go, the first of them empty, and each day's way (n)."""
    way_of_day = np.zeros(days.size, np.intp)
    if not published.starts_us.size:
        return _NOTHING, way_of_day
    span = int(published.starts_us[0]), int(published.ends_us[-1])
    clock = place.clock(*span)
    first_day, last_day = local_days(clock, *span)
    intervals = published.starts_us, published.ends_us
    with_prices = np.flatnonzero(_touched(clock, intervals, first_day, last_day)) + first_day
    since = np.searchsorted(with_prices, np.minimum(days, today) - DAYS_BACK)
    until = np.searchsorted(with_prices, days)
    grounded = since < until
    if not grounded.any():
        return _NOTHING, way_of_day
    rest = facts(place, int(days[0]), int(days[-1])).at_rest[days - days[0]]
    keys = np.stack([since, until, rest])[:, grounded]
    distinct, way = np.unique(keys, axis=1, return_inverse=True)
    way_of_day[grounded] = way.ravel() + 1
    grounds = Grounds(with_prices[distinct[0]], with_prices[distinct[1] - 1], distinct[2])
    at_rest = facts(place, first_day, last_day).at_rest
    pieces = LikeDays(published, clock, at_rest, first_day).pieces(grounds)
    ways = Pieces(*(np.concatenate(own) for own in zip(_NOTHING, pieces, strict=True)))
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
