"""The rates of all windows of a schedule as arrays, so that prices are looked up and not walked."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.rates import FixedPrice, FormulaPrice, MarketPrice
from wattyard.tariffs.domain.schedule import Schedule

NO_TIER: Final = -1


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
