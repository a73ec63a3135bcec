"""Hours, days, weeks, months and years of a zone's clock, as edges among instants (contract 3)."""

from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from wattyard.kernel import clock_changes
from wattyard.kernel.clock_changes import DAY_US, SECOND_US, Microseconds

PeriodUnit = Literal["HALF_HOUR", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"]

_STEPS_US: Final = {"HALF_HOUR": 1800 * SECOND_US, "HOUR": 3600 * SECOND_US}
_CALENDAR: Final = {"MONTH": "datetime64[M]", "YEAR": "datetime64[Y]"}
_MONDAY: Final = 3  # 1970-01-01 was a Thursday


def period_edges(unit: PeriodUnit, zone: ZoneInfo, start_us: int, end_us: int) -> Microseconds:
    """List the edges of local periods in a span, its own ends included: n + 1 for n periods.

    Days start where the clock first shows them, so they have 23, 24 or 25 hours; weeks start on
    Monday. Hours and half hours end at a clock change too: a repeated hour is two.
    """
    inner = (
        _short(unit, zone, start_us, end_us)
        if unit in _STEPS_US
        else _calendar(unit, zone, start_us, end_us)
    )
    kept = inner[(inner > start_us) & (inner < end_us)]
    return np.concatenate([[start_us], kept, [end_us]]).astype(np.int64)


def _short(unit: str, zone: ZoneInfo, start_us: int, end_us: int) -> Microseconds:
    step = _STEPS_US[unit]
    clock = clock_changes.between(zone, start_us, end_us)
    changes = clock.instants_us[(clock.instants_us > start_us) & (clock.instants_us < end_us)]
    runs = []
    for low, high in pairwise([start_us, *changes.tolist(), end_us]):
        offset = clock.wall_at(low) - low
        first = -(-(low + offset) // step) * step - offset
        runs += [np.arange(first, high, step, dtype=np.int64), np.array([high], dtype=np.int64)]
    return np.unique(np.concatenate(runs))


def _calendar(unit: str, zone: ZoneInfo, start_us: int, end_us: int) -> Microseconds:
    clock = clock_changes.between(zone, start_us, end_us)
    low = min(clock.wall_at(start_us), start_us) // DAY_US - 1
    high = max(clock.wall_at(end_us), end_us) // DAY_US + 1
    days = np.arange(low, high + 1, dtype=np.int64)
    if unit == "WEEK":
        days = days[(days + _MONDAY) % 7 == 0]
    elif unit in _CALENDAR:
        firsts = days.astype("datetime64[D]").astype(_CALENDAR[unit]).astype("datetime64[D]")
        days = days[firsts.astype(np.int64) == days]
    return clock.first_shown(days * DAY_US).instants_us
