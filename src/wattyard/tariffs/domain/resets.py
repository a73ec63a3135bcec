"""When a tier counter starts again (contract 2, `tier_reset`): by the local day, month or year."""

from datetime import datetime
from typing import Final

import numpy as np

from wattyard.kernel import civil
from wattyard.kernel.clock_changes import DAY_US, Microseconds, local_days
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.tariff import TierReset
from wattyard.tariffs.domain.tiers import Indices

_UNITS: Final = {"DAY": "datetime64[D]", "MONTH": "datetime64[M]", "YEAR": "datetime64[Y]"}


def counted_since(reset: TierReset, term: Span, place: Place, at: datetime) -> datetime:
    """Find since when the counter of a contract runs at an instant (UTC).

    Energy before the contract is not the contract's: the counter never runs before its start.
    """
    if reset == "CONTRACT":
        return term.start
    day = civil.date_at(at, place.zone)
    if reset != "DAY":
        day = day.replace(day=1)
    if reset == "YEAR":
        day = day.replace(month=1)
    return max(term.start, civil.start_of_day(day, place.zone))


def reset_edges(reset: TierReset, place: Place, span_us: tuple[int, int]) -> Microseconds:
    """List the instants inside a span, ends excluded, at which the counter starts again."""
    if reset == "CONTRACT":
        return np.zeros(0, np.int64)
    clock = place.clock(*span_us)
    low, high = local_days(clock, *span_us)
    days = np.arange(low, high + 1, dtype=np.int64)
    firsts = days[np.diff(_numbers(reset, np.append(low - 1, days))) != 0]
    edges = clock.first_shown(firsts * DAY_US).instants_us
    return edges[(edges > span_us[0]) & (edges < span_us[1])]


def reset_periods(reset: TierReset, place: Place, instants_us: Microseconds) -> Indices:
    """Number the reset period of each instant (n, in order of time), ascending."""
    if reset == "CONTRACT" or not instants_us.size:
        return np.zeros(instants_us.size, np.int64)
    clock = place.clock(int(instants_us[0]), int(instants_us[-1]))
    return _numbers(reset, clock.wall_us(instants_us) // DAY_US)


def _numbers(reset: TierReset, days: Indices) -> Indices:
    return days.astype("datetime64[D]").astype(_UNITS[reset]).astype(np.int64)
