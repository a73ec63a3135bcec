"""Rates by tier of consumption, their counters, and energy split over tiers (contract 2).

Three conventions, by `tier_scope`: TARIFF counts all windows together and splits readings in
order of time at the tier edges; PERIOD does the same for each window by itself; SHARED lets
each window pay its share of the whole period's energy in every tier (NREL SAM, as described in
its `Utilityrate5` model: "a period pays for its share of the month's energy in every tier").
"""

import math
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
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.schedule import FixedPrice, FormulaPrice, MarketPrice, Schedule

TierReset = Literal["DAY", "MONTH", "YEAR", "CONTRACT"]
TierScope = Literal["TARIFF", "PERIOD", "SHARED"]
Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

NO_TIER: Final = -1
_OUT_OF_REACH_KWH: Final = 1e300
_UNITS: Final = {"DAY": "datetime64[D]", "MONTH": "datetime64[M]", "YEAR": "datetime64[Y]"}


@dataclass(frozen=True, slots=True, eq=False)
class RateTable:
    """For each of w windows and t tiers (the most that a window has):

    `per_kwh`: the fixed price, or the surcharge that a market price adds; `percentage`: what a
    market price is raised by, a fraction; `market`: whether it follows the market; `formula`:
    the number of its formula in `formulas`, -1 for none; `to_kwh`: where the tier ends, infinite
    for the last tier of a window and beyond. `tiers` (w): how many tiers a window has.
    """

    per_kwh: NDArray[np.float64]
    percentage: NDArray[np.float64]
    market: NDArray[np.bool_]
    formula: NDArray[np.int64]
    to_kwh: NDArray[np.float64]
    tiers: NDArray[np.int64]
    formulas: tuple[Formula, ...]

    @property
    def follows_market(self) -> bool:
        """Whether any window follows the tariff's own market source."""
        return bool(self.market.any())

    @property
    def plain(self) -> bool:
        """Whether no price depends on anything but the window."""
        return not (self.formulas or self.follows_market)


def rate_table(schedule: Schedule) -> RateTable:
    """Write the rates of a schedule into arrays."""
    shape = (len(schedule.windows), max(1, schedule.tiers))
    table = RateTable(
        per_kwh=np.zeros(shape),
        percentage=np.zeros(shape),
        market=np.zeros(shape, np.bool_),
        formula=np.full(shape, -1, np.int64),
        to_kwh=np.full(shape, math.inf),
        tiers=np.array([len(window.rate.tiers) for window in schedule.windows], dtype=np.int64),
        formulas=(),
    )
    formulas: list[Formula] = []
    numbers: dict[int, int] = {}  # by identity: windows of one body share what they write alike
    for w, window in enumerate(schedule.windows):
        for t, tier in enumerate(window.rate.tiers):
            table.to_kwh[w, t] = tier.to_kwh
            match tier.pricing:
                case FixedPrice(per_kwh):
                    table.per_kwh[w, t] = per_kwh
                case MarketPrice(surcharge_per_kwh, surcharge_percentage):
                    table.market[w, t] = True
                    table.per_kwh[w, t] = surcharge_per_kwh
                    table.percentage[w, t] = surcharge_percentage
                case FormulaPrice(Formula(constant=float(number))):
                    table.per_kwh[w, t] = number
                case FormulaPrice(formula):
                    table.formula[w, t] = numbers.setdefault(id(formula), len(formulas))
                    if len(numbers) > len(formulas):
                        formulas.append(formula)
    return RateTable(
        table.per_kwh,
        table.percentage,
        table.market,
        table.formula,
        table.to_kwh,
        table.tiers,
        tuple(formulas),
    )


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
class Metered:
    """n pieces of energy in order of time, each within one window and one reset period.

    `energy_kwh` (n); `window` (n) is the number of the window; `period` (n) numbers the reset
    periods (the local days, months, years or the contract), ascending.
    """

    energy_kwh: Numbers
    window: Indices
    period: Indices


def present_tiers(rates: RateTable, scope: TierScope, consumed: Consumed) -> Indices:
    """Find the tier (1, w) of the next kWh in each window; a full tier is left.

    A counter that stands exactly on `to_kwh` has reached the next tier.
    """
    reached = np.full(rates.tiers.size, consumed.total_kwh)
    if scope == "PERIOD":
        reached[:] = 0.0
        for window, energy_kwh in consumed.by_window_kwh.items():
            reached[window] = energy_kwh
    tier: Indices = np.sum(rates.to_kwh <= reached[:, None], axis=1, dtype=np.int64)
    return tier[None, :]


def all_tiers(rates: RateTable) -> Indices:
    """List (t, w) every tier of every window; -1 where a window has fewer."""
    tier = np.arange(rates.to_kwh.shape[1], dtype=np.int64)[:, None]
    return np.where(tier < rates.tiers, tier, NO_TIER)


def split(rates: RateTable, scope: TierScope, metered: Metered, carried: Consumed) -> Numbers:
    """Split energy over tiers.

    `carried` is what had been counted in the first reset period before the first piece.

    Returns (n, t) kWh of each piece in each tier of its window; rows add up to the energy of
    their piece. Negative energy runs the counter backwards.
    """
    if rates.to_kwh.shape[1] == 1 or not metered.energy_kwh.size:
        return metered.energy_kwh[:, None].copy()
    if scope == "SHARED":
        return _shared(rates, metered, carried)
    if scope == "TARIFF":
        return _in_order(rates, metered, carried.total_kwh)
    return _by_window(rates, metered, carried)


def _by_window(rates: RateTable, metered: Metered, carried: Consumed) -> Numbers:
    parts = np.zeros((metered.energy_kwh.size, rates.to_kwh.shape[1]))
    for window in np.unique(metered.window):
        own = metered.window == window
        mine = Metered(metered.energy_kwh[own], metered.window[own], metered.period[own])
        first_period = mine.period[0] == metered.period[0]
        before = carried.by_window_kwh.get(int(window), 0.0) if first_period else 0.0
        parts[own] = _in_order(rates, mine, before)
    return parts


def _in_order(rates: RateTable, metered: Metered, carried_kwh: float) -> Numbers:
    """Consume the pieces one after the other, starting again at each reset."""
    counted = np.cumsum(metered.energy_kwh)
    starts = np.flatnonzero(np.append(True, np.diff(metered.period) != 0))
    at_reset = np.append(-carried_kwh, counted[starts[1:] - 1])
    base = np.repeat(at_reset, np.diff(np.append(starts, counted.size)))
    after = counted - base
    before = after - metered.energy_kwh
    low, high = _edges(rates, metered.window)
    low[:, 0] = -np.inf
    parts = np.clip(after[:, None], low, high) - np.clip(before[:, None], low, high)
    return _exact(parts, metered.energy_kwh)


def _shared(rates: RateTable, metered: Metered, carried: Consumed) -> Numbers:
    """Give each piece the whole period's proportions, by the tiers of its own window."""
    _, period = np.unique(metered.period, return_inverse=True)
    totals = np.bincount(period, weights=metered.energy_kwh)
    totals[0] += carried.total_kwh
    total = totals[period]
    low, high = _edges(rates, metered.window)
    in_tier = np.clip(total[:, None], low, high) - low
    positive = total > 0
    shares = np.zeros_like(in_tier)
    shares[:, 0] = 1.0
    np.divide(in_tier, total[:, None], out=shares, where=positive[:, None])
    return _exact(shares * metered.energy_kwh[:, None], metered.energy_kwh)


def _edges(rates: RateTable, window: Indices) -> tuple[Numbers, Numbers]:
    """Find where (n, t) each tier starts and ends; tiers that a window lacks start out of reach."""
    high = rates.to_kwh[window]
    low = np.concatenate([np.zeros((high.shape[0], 1)), high[:, :-1]], axis=1)
    return np.minimum(low, _OUT_OF_REACH_KWH), high


def _exact(parts: Numbers, energy_kwh: Numbers) -> Numbers:
    """Give the rounding error to the largest part, so that no energy is lost or made."""
    rows = np.arange(energy_kwh.size)
    largest = np.abs(parts).argmax(axis=1)
    parts[rows, largest] = 0.0
    parts[rows, largest] = energy_kwh - parts.sum(axis=1)
    return parts
