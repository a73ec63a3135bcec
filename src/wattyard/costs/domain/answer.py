"""The answer: costs of groups and of the whole, with lines that add up (contract 3, Costs)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from wattyard.costs.domain.readings import Indices, Numbers
from wattyard.kernel.clock_changes import Microseconds, instant
from wattyard.kernel.quantities import COST_DECIMALS, all_rounded

LineKind = Literal["ENERGY", "STANDING", "DEMAND", "VAT"]
LineUnit = Literal["KWH", "DAY", "MONTH", "YEAR", "KW", "NET"]

ORDER_OF_LINES: Final[tuple[LineKind, ...]] = ("ENERGY", "STANDING", "DEMAND", "VAT")


@dataclass(frozen=True, slots=True)
class LineRule:
    """What a line charges for, the same in all groups.

    `tier` is from 0, None where the tariff has no tiers. `unit_price` is money per `unit`, None
    where the line has many prices (ENERGY). VAT has the unit NET: money before VAT.
    """

    kind: LineKind
    tariff_id: UUID
    unit: LineUnit
    name: str | None = None
    tier: int | None = None
    unit_price: float | None = None


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of an item; `unit_price` is the mean one where there are many, None without one.

    `amount` has 6 decimals, and the amounts of an item's lines add up to its cost exactly;
    `quantity` and `unit_price` are not rounded.
    """

    kind: LineKind
    name: str | None
    tariff_id: UUID
    tier: int | None
    quantity: float
    unit: LineUnit
    unit_price: float | None
    amount: float


@dataclass(frozen=True, slots=True)
class CostItem:
    """The cost of a group, or of all; `cost` has 6 decimals, `confidence` 2."""

    start: datetime
    end: datetime
    energy_kwh: float
    cost: float
    confidence: float
    lines: tuple[CostLine, ...]
    reading: int | None = None


@dataclass(frozen=True, eq=False)
class CostTable:
    """g items in order of time, with k kinds of lines.

    `starts_us`, `ends_us`, `energy_kwh` (g); `confidence` (g) with 2 decimals; `reading` (g) the
    position of the reading that the item is of, None where items are groups. `rules` (k);
    `quantity` and `exact_amount` (k, g) of each line, before rounding.
    """

    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    confidence: Numbers
    rules: tuple[LineRule, ...]
    quantity: Numbers
    exact_amount: Numbers
    reading: Indices | None = None

    def __len__(self) -> int:
        return self.starts_us.size

    @cached_property
    def cost(self) -> Numbers:
        """The cost of each item (g), with 6 decimals."""
        return all_rounded(self.exact_amount.sum(axis=0), COST_DECIMALS)

    @cached_property
    def amount(self) -> Numbers:
        """The rounded lines (k, g), which add up to `cost`; the largest takes what is left over."""
        scale = 10**COST_DECIMALS
        millionths = np.rint(all_rounded(self.exact_amount, COST_DECIMALS) * scale)
        if millionths.size:
            left = np.rint(self.cost * scale) - millionths.sum(axis=0)
            largest = np.abs(self.exact_amount).argmax(axis=0)
            millionths[largest, np.arange(len(self))] += left
        return millionths / scale + 0.0

    @property
    def _unit_prices(self) -> Numbers:
        """The mean price (k, g) of each line, of amounts that are not rounded; 0 without any."""
        shown = np.zeros(self.quantity.shape)
        return np.divide(self.exact_amount, self.quantity, out=shown, where=self.quantity != 0)

    def only(self, kept: NDArray[np.bool_] | slice) -> "CostTable":
        """Keep some of the items."""
        return CostTable(
            self.starts_us[kept],
            self.ends_us[kept],
            self.energy_kwh[kept],
            self.confidence[kept],
            self.rules,
            self.quantity[:, kept],
            self.exact_amount[:, kept],
            None if self.reading is None else self.reading[kept],
        )

    def of_readings(self, reading: Indices | None) -> "CostTable":
        """Say which readings (g) the items are of."""
        return replace(self, reading=reading)

    def item(self, n: int) -> CostItem:
        """Write one item out."""
        return next(iter(self.only(slice(n, n + 1))))

    def __iter__(self) -> Iterator[CostItem]:
        readings = [None] * len(self) if self.reading is None else self.reading.tolist()
        columns = zip(
            self.starts_us.tolist(),
            self.ends_us.tolist(),
            self.energy_kwh.tolist(),
            self.cost.tolist(),
            self.confidence.tolist(),
            self.quantity.T.tolist(),
            self.amount.T.tolist(),
            self._unit_prices.T.tolist(),
            readings,
            strict=True,
        )
        for start, end, energy_kwh, cost, confidence, *parts, reading in columns:
            lines = tuple(
                _line(rule, quantity, amount, price)
                for rule, quantity, amount, price in zip(self.rules, *parts, strict=True)
                if quantity or amount
            )
            yield CostItem(
                instant(start), instant(end), energy_kwh, cost, confidence, lines, reading
            )


def _line(rule: LineRule, quantity: float, amount: float, mean_price: float) -> CostLine:
    price = rule.unit_price
    if price is None and quantity:
        price = mean_price
    return CostLine(
        rule.kind, rule.name, rule.tariff_id, rule.tier, quantity, rule.unit, price, amount
    )


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """The groups that have a reading or a charge, and the whole span as a table of one item."""

    data: CostTable
    total: CostTable
