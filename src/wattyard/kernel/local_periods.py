"""Local hours, days, weeks, months and years of a zone as instants (contract 3).

Edges follow the zone's clock: a day starts at the first instant that shows its date, and a clock
change always ends a local hour or a demand window.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

from wattyard.kernel import clock_changes
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import (
    DAY_US,
    SECOND_US,
    Microseconds,
    joined_edges,
    local_days,
)

Unit = Literal["DAY", "WEEK", "MONTH", "YEAR"]

THIRTEEN_MONTHS: Final = timedelta(days=397, hours=1)
"""The longest 13 months there are; a clock change in autumn can add an hour."""

PeriodUnit = Literal["HALF_HOUR", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"]

_CALENDAR: Final = {"MONTH": "datetime64[M]", "YEAR": "datetime64[Y]"}
_MONDAY: Final = 4  # 1970-01-05, in days since 1970-01-01
_WEEK_DAYS: Final = 7


def unit_edges(unit: Unit, zone: ZoneInfo, span_us: tuple[int, int]) -> Microseconds:
    """List the edges of the whole local days, weeks, months or years that a span touches.

    The first edge is not after the span's start, the last not before its end. A day that the
    zone skipped entirely has no edge of its own.
    """
    days = _first_days(unit, *local_days(clock_changes.between(zone, *span_us), *span_us)) * DAY_US
    clock = clock_changes.between(zone, int(days[0]) - DAY_US, int(days[-1]) + DAY_US)
    return joined_edges([clock.first_shown(days).instants_us])


def _first_days(unit: Unit, low: int, high: int) -> Microseconds:
    """List the first local day of each unit from that of `low` to the one after that of `high`."""
    if unit == "DAY":
        return np.arange(low, high + 2, dtype=np.int64)
    if unit == "WEEK":
        first, last = ((day - _MONDAY) // _WEEK_DAYS for day in (low, high))
        return np.arange(first, last + 2, dtype=np.int64) * _WEEK_DAYS + _MONDAY
    first, last = np.array([low, high], "datetime64[D]").astype(_CALENDAR[unit]).astype(np.int64)
    firsts = np.arange(first, last + 2).astype(_CALENDAR[unit])
    return firsts.astype("datetime64[D]").astype(np.int64)


def clock_grid(minutes: int, zone: ZoneInfo, span_us: tuple[int, int]) -> Microseconds:
    """List the edges of the windows of the local clock that cover a span.

    Windows start where the minute of the local hour is a multiple of `minutes`, and at every
    clock change, so a repeated hour has windows of its own. The first and last windows are whole.
    """
    step = minutes * 60 * SECOND_US
    start, end = span_us[0] - step, span_us[1] + step
    clock = clock_changes.between(zone, start, end)
    changes = clock.instants_us[(clock.instants_us > start) & (clock.instants_us < end)]
    runs = [changes]
    for since, until in pairwise([start, *changes.tolist(), end + 1]):
        offset = clock.wall_at(since) - since
        first = -(-(since + offset) // step) * step - offset
        runs.append(np.arange(first, until, step, dtype=np.int64))
    return joined_edges(runs)


def period_edges(unit: PeriodUnit, zone: ZoneInfo, span_us: tuple[int, int]) -> Microseconds:
    """List the edges (n + 1) of the local periods that a span is divided into, clipped to it."""
    ends = np.array(span_us, dtype=np.int64)
    match unit:
        case "HALF_HOUR":
            edges = clock_grid(30, zone, span_us)
        case "HOUR":
            edges = clock_grid(60, zone, span_us)
        case _:
            edges = unit_edges(unit, zone, span_us)
    return joined_edges([ends[:1], edges[(edges > ends[0]) & (edges < ends[1])], ends[1:]])
