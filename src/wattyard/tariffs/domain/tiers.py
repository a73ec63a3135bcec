"""Counters of consumption, when they start again, and energy split over tiers (contract 2).

Three conventions, by `tier_scope`: TARIFF counts all windows together and splits readings in
order of time at the tier edges; PERIOD does the same for each window by itself; SHARED lets
each window pay its share of the whole period's energy in every tier (NREL SAM, as described in
its `Utilityrate5` model: "a period pays for its share of the month's energy in every tier").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel import civil
from wattyard.kernel.clock_changes import DAY_US, Microseconds, local_days
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion

TierReset = Literal["DAY", "MONTH", "YEAR", "CONTRACT"]
TierScope = Literal["TARIFF", "PERIOD", "SHARED"]
Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

_OUT_OF_REACH_KWH: Final = 1e300
_ALL: Final = slice(None)
_UNITS: Final = {"DAY": "datetime64[D]", "MONTH": "datetime64[M]", "YEAR": "datetime64[Y]"}


def counted_since(reset: TierReset, term: Span, region: CalendarRegion, at: datetime) -> datetime:
    """Find since when the counter of a contract runs at an instant (UTC).

    Energy before the contract is not the contract's: the counter never runs before its start.
    """
    if reset == "CONTRACT":
        return term.start
    day = civil.date_at(at, region.zone)
    if reset != "DAY":
        day = day.replace(day=1)
    if reset == "YEAR":
        day = day.replace(month=1)
    return max(term.start, civil.start_of_day(day, region.zone))


def reset_edges(reset: TierReset, region: CalendarRegion, span_us: tuple[int, int]) -> Microseconds:
    """List the instants inside a span, ends excluded, at which the counter starts again."""
    if reset == "CONTRACT":
        return np.zeros(0, np.int64)
    clock = region.clock(*span_us)
    low, high = local_days(clock, *span_us)
    days = np.arange(low, high + 1, dtype=np.int64)
    periods = np.append(low - 1, days).astype("datetime64[D]").astype(_UNITS[reset])
    firsts = days[np.diff(periods.astype(np.int64)) != 0]
    edges = clock.first_shown(firsts * DAY_US).instants_us
    return edges[(edges > span_us[0]) & (edges < span_us[1])]


@dataclass(frozen=True, slots=True)
class Consumed:
    """kWh counted since the tariff's last reset: of all windows, and of single ones by number."""

    total_kwh: float = 0.0
    by_window_kwh: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class CountedEnergy:
    """n pieces of energy in order of time, each within one window and one reset period.

    `energy_kwh` (n); `window` (n) is the number of the window; `period` (n) numbers the reset
    periods (the local days, months, years or the contract), ascending.
    """

    energy_kwh: Numbers
    window: Indices
    period: Indices


def split(
    to_kwh: Numbers,
    scope: TierScope,
    metered: CountedEnergy,
    carried: Consumed,
    answered: slice = _ALL,
) -> Numbers:
    """Split energy over tiers, which end at `to_kwh` (w, t) in each window.

    `carried` is what had been counted in the first reset period before the first piece. Of the n
    pieces, which are all counted, the m at `answered` are split: memory is that of m times t.

    Returns (m, t) kWh of each piece in each tier of its window; rows add up to the energy of
    their piece. Negative energy runs the counter backwards.
    """
    if to_kwh.shape[1] == 1 or not metered.energy_kwh.size:
        return metered.energy_kwh[answered, None].copy()
    if scope == "SHARED":
        return _shared(to_kwh, metered, carried, answered)
    if scope == "TARIFF":
        return _in_order(to_kwh, metered, carried.total_kwh, answered)
    return _by_window(to_kwh, metered, carried, answered)


def _by_window(
    to_kwh: Numbers, metered: CountedEnergy, carried: Consumed, answered: slice
) -> Numbers:
    first, last, _ = answered.indices(metered.energy_kwh.size)
    parts = np.zeros((max(last - first, 0), to_kwh.shape[1]))
    for window in np.unique(metered.window[answered]):
        own = np.flatnonzero(metered.window == window)
        mine = CountedEnergy(metered.energy_kwh[own], metered.window[own], metered.period[own])
        first_period = mine.period[0] == metered.period[0]
        before = carried.by_window_kwh.get(int(window), 0.0) if first_period else 0.0
        low, high = np.searchsorted(own, (first, last)).tolist()
        parts[own[low:high] - first] = _in_order(to_kwh, mine, before, slice(low, high))
    return parts


def _in_order(
    to_kwh: Numbers, metered: CountedEnergy, carried_kwh: float, answered: slice
) -> Numbers:
    """Consume the pieces one after the other, starting again at each reset."""
    counted = np.cumsum(metered.energy_kwh)
    starts = np.flatnonzero(np.append(True, np.diff(metered.period) != 0))
    at_reset = np.append(-carried_kwh, counted[starts[1:] - 1])
    base = np.repeat(at_reset, np.diff(np.append(starts, counted.size)))
    after = (counted - base)[answered]
    energy_kwh = metered.energy_kwh[answered]
    before = after - energy_kwh
    low, high = _edges(to_kwh, metered.window[answered])
    low[:, 0] = -np.inf
    parts = np.clip(after[:, None], low, high) - np.clip(before[:, None], low, high)
    return _exact(parts, energy_kwh)


def _shared(to_kwh: Numbers, metered: CountedEnergy, carried: Consumed, answered: slice) -> Numbers:
    """Give each piece the whole period's proportions, by the tiers of its own window."""
    _, period = np.unique(metered.period, return_inverse=True)
    totals = np.bincount(period, weights=metered.energy_kwh)
    totals[0] += carried.total_kwh
    total = totals[period[answered]]
    low, high = _edges(to_kwh, metered.window[answered])
    in_tier = np.clip(total[:, None], low, high) - low
    positive = total > 0
    shares = np.zeros_like(in_tier)
    shares[:, 0] = 1.0
    np.divide(in_tier, total[:, None], out=shares, where=positive[:, None])
    energy_kwh = metered.energy_kwh[answered]
    return _exact(shares * energy_kwh[:, None], energy_kwh)


def _edges(to_kwh: Numbers, window: Indices) -> tuple[Numbers, Numbers]:
    """Find where (n, t) each tier starts and ends; tiers that a window lacks start out of reach."""
    high = to_kwh[window]
    low = np.concatenate([np.zeros((high.shape[0], 1)), high[:, :-1]], axis=1)
    return np.minimum(low, _OUT_OF_REACH_KWH), high


def _exact(parts: Numbers, energy_kwh: Numbers) -> Numbers:
    """Give the rounding error to the largest part, so that no energy is lost or made."""
    rows = np.arange(energy_kwh.size)
    largest = np.abs(parts).argmax(axis=1)
    parts[rows, largest] = 0.0
    parts[rows, largest] = energy_kwh - parts.sum(axis=1)
    return parts
