"""The rates of a schedule as arrays: prices and limits by window and tier (contract 2, rate)."""

import math
from dataclasses import replace
from functools import cached_property
from typing import Final

from wattyard.kernel.arrays import Integers, Marks, Numbers, SmallIntegers, np
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.schedule import (
    LIMIT_FIELDS,
    FixedPrice,
    FormulaPrice,
    MarketLinkedPrice,
    Schedule,
)
from wattyard.tariffs.domain.tiers import Consumed, TierScope

NO_TIER: Final = -1
UNITS: Final = tuple(LIMIT_FIELDS)


@dataclass(frozen=True, eq=False)
class RateTable:
    """For each of w windows and t tiers (the most that a window has):

    `per_kwh`: the fixed price, or the surcharge that a market price adds; `percentage`: what a
    market price is raised by, a fraction; `market`: whether it follows the market; `formula`:
    the number of its formula in `formulas`, -1 for none; `to_kwh`: where the tier ends, infinite
    for the last tier of a window and beyond, by `unit`: 0 in kWh, 1 in kWh for each local day of
    the reset period, 2 in kWh for each kW of its highest window. `tiers` (w): how many tiers a
    window has; `counter` (w): which counter it has, as `Schedule.counters`.
    """

    per_kwh: Numbers
    percentage: Numbers
    market: Marks
    formula: Integers
    to_kwh: Numbers
    unit: SmallIntegers
    tiers: Integers
    counter: Integers
    formulas: tuple[Formula, ...]

    @cached_property
    def follows_market(self) -> bool:
        """Whether any window follows the tariff's own market source."""
        return bool(self.market.any())

    @cached_property
    def has_tiers(self) -> bool:
        """Whether any window has more than one tier."""
        return bool(self.to_kwh.shape[1] > 1)

    @cached_property
    def plain(self) -> bool:
        """Whether no price depends on anything but the window."""
        return not (self.formulas or self.follows_market)

    @cached_property
    def fixed_limits(self) -> bool:
        """Whether all limits are in kWh, the same in every reset period."""
        return not self.unit.any()

    @cached_property
    def by_peak(self) -> Marks:
        """Mark the windows (w) whose tiers depend on the highest window of the reset period."""
        marks: Marks = (self.unit == UNITS.index("KWH_PER_KW")).any(axis=1)
        return marks

    @cached_property
    def any_by_peak(self) -> bool:
        """Whether the tiers of any window depend on the highest window of the reset period."""
        return bool(self.by_peak.any())

    def limits_kwh(self, days: Numbers, peaks_kw: Numbers) -> Numbers:
        """Find where (p, w, t) tiers end in reset periods of so many local days and peaks (p).

        A tier whose limit is below that of the one before ends with it.
        """
        factors = np.stack([np.ones(days.size), days, peaks_kw])
        limits = np.full((days.size, *self.to_kwh.shape), np.inf)
        finite = np.isfinite(self.to_kwh)
        limits[:, finite] = factors[self.unit[finite]].T * self.to_kwh[finite]
        highest: Numbers = np.maximum.accumulate(limits, axis=2)
        return highest

    @property
    def all_tiers(self) -> Integers:
        """Every tier (t, w) of every window; -1 where a window has fewer."""
        tier = np.arange(self.to_kwh.shape[1], dtype=np.int64)[:, None]
        return np.where(tier < self.tiers, tier, NO_TIER)

    def present_tiers(self, scope: TierScope, consumed: Consumed, *, days: float = 1.0) -> Integers:
        """Find the tier (1, w) of the next kWh in each window; a full tier is left.

        `days` is how many local days the reset period has. A counter that stands exactly on a
        limit has reached the next tier. Before any reading all counters stand in the lowest.
        """
        reached = np.full(self.tiers.size, consumed.total_kwh)
        if scope == "PERIOD":
            reached[:] = 0.0
            for window, energy_kwh in consumed.by_window_kwh.items():
                reached[window] = energy_kwh
        limits = self.to_kwh
        if not self.fixed_limits and consumed.total_kwh:
            limits = self.limits_kwh(np.array([days]), np.array([consumed.peak_kw]))[0]
        tier: Integers = np.sum(limits <= reached[:, None], axis=1, dtype=np.int64)
        return tier[None, :]


def rate_table(schedule: Schedule) -> RateTable:
    """Write the rates of a schedule into arrays."""
    shape = (len(schedule.windows), max(1, schedule.tiers))
    table = RateTable(
        per_kwh=np.zeros(shape),
        percentage=np.zeros(shape),
        market=np.zeros(shape, np.bool_),
        formula=np.full(shape, -1, np.int64),
        to_kwh=np.full(shape, math.inf),
        unit=np.zeros(shape, np.int8),
        counter=schedule.counters,
        tiers=np.array([len(window.rate.tiers) for window in schedule.windows], dtype=np.int64),
        formulas=(),
    )
    formulas: list[Formula] = []
    numbers: dict[int, int] = {}  # by identity: windows of one body share what they write alike
    for w, window in enumerate(schedule.windows):
        for t, tier in enumerate(window.rate.tiers):
            table.to_kwh[w, t] = tier.to_kwh
            table.unit[w, t] = UNITS.index(tier.unit)
            match tier.pricing:
                case FixedPrice(per_kwh):
                    table.per_kwh[w, t] = per_kwh
                case MarketLinkedPrice(surcharge_per_kwh, surcharge_percentage):
                    table.market[w, t] = True
                    table.per_kwh[w, t] = surcharge_per_kwh
                    table.percentage[w, t] = surcharge_percentage
                case FormulaPrice(Formula(constant=float(number))):
                    table.per_kwh[w, t] = number
                case FormulaPrice(formula):
                    table.formula[w, t] = numbers.setdefault(id(formula), len(formulas))
                    if len(numbers) > len(formulas):
                        formulas.append(formula)
    return replace(table, formulas=tuple(formulas))
