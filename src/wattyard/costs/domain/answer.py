"""The answer: costs of groups and of the whole, with lines that add up (contract 3, Costs)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import repeat
from math import isnan
from typing import Final, Literal, NamedTuple
from uuid import UUID

from wattyard.costs.domain.demand import DemandBill, DemandShare
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.readings import ReadingPieces
from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds, step_of
from wattyard.kernel.local_periods import period_edges
from wattyard.kernel.quantities import COST_DECIMALS, all_rounded
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion

LineKind = Literal["ENERGY", "STANDING", "DEMAND", "MINIMUM", "VAT"]
LineUnit = Literal["KWH", "DAY", "MONTH", "YEAR", "KW", "KW_DAY", "NET"]

_ORDER_OF_LINES: Final[tuple[LineKind, ...]] = ("ENERGY", "STANDING", "DEMAND", "MINIMUM", "VAT")
_NO_GROSS: Final = (float("nan"), float("nan"))
_CONFIDENCE_DECIMALS: Final = 2
_ALMOST_CERTAIN: Final = 0.99
_MEAN_DECIMALS: Final = 12
"""Removes binary rounding errors, so that a tie is rounded as one."""


@dataclass(frozen=True, slots=True)
class LineRule:
    """What a line charges for, the same in all groups.

    `tier` is from 0, None where the tariff has no tiers. `unit_price` is money per `unit`, None
    where the line has many prices (ENERGY, steps). VAT has the unit NET: money before VAT.
    `demand` explains a DEMAND line.
    """

    kind: LineKind
    tariff_id: UUID
    unit: LineUnit
    name: str | None = None
    tier: int | None = None
    unit_price: float | None = None
    demand: DemandBill | None = None

    @property
    def rank(self) -> int:
        """Its place among the lines of an item."""
        return _ORDER_OF_LINES.index(self.kind)


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of an item; `unit_price` is the mean one where there are many, None without one.

    `amount` has 6 decimals, and the amounts of an item's lines add up to its cost exactly;
    `quantity` and `unit_price` are not rounded. `gross_import_kwh` and `gross_export_kwh` are what
    flowed in the time of the line before it was netted, None where nothing is. `demand` has a
    share for each billing period of a DEMAND line.
    """

    kind: LineKind
    name: str | None
    tariff_id: UUID
    tier: int | None
    quantity: float
    unit: LineUnit
    unit_price: float | None
    amount: float
    gross_import_kwh: float | None = None
    gross_export_kwh: float | None = None
    demand: tuple[DemandShare, ...] = ()


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
    `quantity` and `exact_amount` (k, g) of each line, before rounding. `gross_kwh` (2, k, g): the
    import and export that the line is the net of, NaN where it is of none; None without netting.
    """

    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    confidence: Numbers
    rules: tuple[LineRule, ...]
    quantity: Numbers
    exact_amount: Numbers
    reading: Integers | None = None
    gross_kwh: Numbers | None = None

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

    def only(self, kept: Marks | Integers | slice) -> "CostTable":
        """Keep some of the items: those marked, or those at the positions given, in their order."""
        return CostTable(
            self.starts_us[kept],
            self.ends_us[kept],
            self.energy_kwh[kept],
            self.confidence[kept],
            self.rules,
            self.quantity[:, kept],
            self.exact_amount[:, kept],
            None if self.reading is None else self.reading[kept],
            None if self.gross_kwh is None else self.gross_kwh[:, :, kept],
        )

    def __iter__(self) -> Iterator[CostItem]:
        means: Numbers = np.zeros(self.quantity.shape)
        np.divide(self.exact_amount, self.quantity, out=means, where=self.quantity != 0)
        readings = [None] * len(self) if self.reading is None else self.reading.tolist()
        gross = repeat(repeat(_NO_GROSS)) if self.gross_kwh is None else self.gross_kwh.T.tolist()
        columns = zip(
            self.starts_us.tolist(),
            self.ends_us.tolist(),
            self.energy_kwh.tolist(),
            self.cost.tolist(),
            self.confidence.tolist(),
            self.quantity.T.tolist(),
            self.amount.T.tolist(),
            means.T.tolist(),
            gross,
            readings,
            strict=False,
        )
        for start, end, energy_kwh, cost, confidence, *parts, reading in columns:
            lines = tuple(
                _line(rule, quantity, amount, mean_price, flowed, (start, end))
                for rule, quantity, amount, mean_price, flowed in zip(
                    self.rules, *parts, strict=False
                )
                if quantity or amount or max(flowed) > 0
            )
            yield CostItem(
                instant(start), instant(end), energy_kwh, cost, confidence, lines, reading
            )


def _line(
    rule: LineRule,
    quantity: float,
    amount: float,
    mean_price: float,
    gross_kwh: Sequence[float],
    span_us: tuple[int, int],
) -> CostLine:
    price = mean_price if rule.unit_price is None and quantity else rule.unit_price
    named = (None, None) if isnan(gross_kwh[0]) else gross_kwh
    return CostLine(
        rule.kind,
        rule.name,
        rule.tariff_id,
        rule.tier,
        quantity,
        rule.unit,
        price,
        amount,
        gross_import_kwh=named[0],
        gross_export_kwh=named[1],
        demand=rule.demand.shares(*span_us) if rule.demand else (),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """The groups that have a reading or a charge, and the whole span as a table of one item."""

    data: CostTable
    total: CostTable


class CostRow(NamedTuple):
    """One line over all items: its quantity and amount, each (g + 1), the last of the whole.

    `gross_kwh` (2, g + 1): the import and export that the quantity is the net of, where it is.
    """

    rule: LineRule
    quantity: Numbers
    amount: Numbers
    gross_kwh: Numbers | None = None

    @property
    def says_something(self) -> bool:
        """Whether any item has an amount of anything in it."""
        flowed = self.gross_kwh is not None and self.gross_kwh.any()
        return bool(self.quantity.any() or self.amount.any() or flowed)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """g items, and the whole span as one more at the end.

    `starts_us`, `ends_us` (g + 1); `item` (n) is where each piece of energy belongs; `reading` (g)
    the reading of each item, None where the items are groups.
    """

    starts_us: Microseconds
    ends_us: Microseconds
    item: Integers
    reading: Integers | None

    @property
    def groups(self) -> int:
        return self.starts_us.size - 1

    def sums(self, numbers: Numbers | Marks, where: slice = slice(None)) -> Numbers:
        """Add up numbers of the pieces at `where` by item (g + 1), and all of them at the end."""
        by_item = np.bincount(self.item[where], weights=numbers, minlength=self.groups)
        return np.append(by_item, by_item.sum())


def framed(question: CostQuestion, region: CalendarRegion, pieces: ReadingPieces) -> Frame:
    """Lay out the items for pieces of energy that are cut at the edges of groups."""
    span_us = microseconds(question.span.start), microseconds(question.span.end)
    if question.aggregation != "NONE":
        edges = group_edges(question.aggregation, region, span_us)
        item = step_of(edges[:-1], pieces.starts_us)
        return Frame(np.append(edges[:-1], edges[0]), np.append(edges[1:], edges[-1]), item, None)
    first = np.diff(pieces.reading, prepend=-1) != 0
    last = np.diff(pieces.reading, append=-1) != 0
    return Frame(
        np.append(pieces.starts_us[first], span_us[0]),
        np.append(pieces.ends_us[last], span_us[1]),
        np.cumsum(first) - 1,
        pieces.reading[first],
    )


def group_edges(
    aggregation: Aggregation, region: CalendarRegion, span_us: tuple[int, int]
) -> Microseconds:
    """List the edges (g + 1) of the groups that a span is divided into; NONE divides nothing."""
    if aggregation == "NONE":
        return np.array(span_us, dtype=np.int64)
    return period_edges(aggregation, region.zone, span_us)


def tables(
    frame: Frame, energy_kwh: Numbers, confidence: Numbers, rows: Sequence[CostRow]
) -> Costs:
    """Put the lines (each g + 1) together: the items that have any, and the whole span."""
    kept = [row for row in rows if row.says_something]
    kept.sort(key=lambda row: row.rule.rank)
    shape = (len(kept), frame.starts_us.size)
    everything = CostTable(
        starts_us=frame.starts_us,
        ends_us=frame.ends_us,
        energy_kwh=energy_kwh,
        confidence=confidence,
        rules=tuple(row.rule for row in kept),
        quantity=np.array([row.quantity for row in kept]).reshape(shape),
        exact_amount=np.array([row.amount for row in kept]).reshape(shape),
        gross_kwh=_gross(kept, frame.starts_us.size),
    )
    metered = np.bincount(frame.item, minlength=frame.groups) > 0
    present = metered | (everything.exact_amount[:, :-1] != 0).any(axis=0)
    data = replace(everything.only(slice(-1)).only(present), reading=frame.reading)
    return Costs(data, everything.only(slice(-1, None)))


def _gross(rows: Sequence[CostRow], items: int) -> Numbers | None:
    """Put the gross amounts of lines together (2, k, items); None where nothing is netted."""
    if all(row.gross_kwh is None for row in rows):
        return None
    none = np.full((2, items), np.nan)
    return np.stack([none if row.gross_kwh is None else row.gross_kwh for row in rows], axis=1)


def stacked(tables: Sequence[CostTable]) -> CostTable:
    """Put the items of tables one after another; equal rules become one line."""
    distinct = dict.fromkeys(rule for table in tables for rule in table.rules)
    rules = sorted(distinct, key=lambda rule: rule.rank)
    ends = np.cumsum([len(table) for table in tables])
    lines = np.zeros((2, len(rules), ends[-1]))
    gross = np.full((2, len(rules), ends[-1]), np.nan)
    for table, end in zip(tables, ends.tolist(), strict=True):
        own = slice(end - len(table), end)
        for rule, *line in zip(table.rules, table.quantity, table.exact_amount, strict=True):
            lines[:, rules.index(rule), own] += line
        if table.gross_kwh is not None:
            gross[:, [rules.index(rule) for rule in table.rules], own] = table.gross_kwh
    netted = any(table.gross_kwh is not None for table in tables)
    return CostTable(
        np.concatenate([table.starts_us for table in tables]),
        np.concatenate([table.ends_us for table in tables]),
        np.concatenate([table.energy_kwh for table in tables]),
        np.concatenate([table.confidence for table in tables]),
        tuple(rules),
        lines[0],
        lines[1],
        gross_kwh=gross if netted else None,
    )


def summed(table: CostTable, items: Sequence[int]) -> CostTable:
    """Add up items (n) before rounding; each goes to the item that `items` names.

    `items` (n) count from 0 and leave none out. Confidence is that of `mean_confidence`.
    """
    at = np.array(items, dtype=np.int64)
    count = int(at.max(initial=-1)) + 1
    starts = np.full(count, np.iinfo(np.int64).max)
    ends = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(starts, at, table.starts_us)
    np.maximum.at(ends, at, table.ends_us)

    def sums(numbers: Numbers | Marks) -> Numbers:
        return np.bincount(at, weights=numbers, minlength=count).astype(np.float64)

    lengths = table.ends_us - table.starts_us
    shape = (len(table.rules), count)
    return CostTable(
        starts,
        ends,
        sums(table.energy_kwh),
        mean_confidence(sums, table.confidence, table.energy_kwh, lengths),
        table.rules,
        np.array([sums(line) for line in table.quantity]).reshape(shape),
        np.array([sums(line) for line in table.exact_amount]).reshape(shape),
        gross_kwh=None if table.gross_kwh is None else _summed_gross(table.gross_kwh, at, count),
    )


def _summed_gross(gross_kwh: Numbers, items: Integers, count: int) -> Numbers:
    """Take the gross amounts (2, k, n) of items: streams of one site have the same ones."""
    found = np.full((*gross_kwh.shape[:2], count), np.nan)
    for n, item in enumerate(items.tolist()):
        found[:, :, item] = np.fmax(found[:, :, item], gross_kwh[:, :, n])
    return found


def mean_confidence(
    sums: Callable[[Numbers | Marks], Numbers],
    confidence: Numbers,
    energy_kwh: Numbers,
    lengths_us: Microseconds,
) -> Numbers:
    """Average confidence (n) to that of each item (g), with 2 decimals (contract 3, Costs).

    `sums` adds numbers (n) up by item (g). The mean is weighted by the size of the energy (n),
    or by time (n) where an item has no energy. It is 1 only where everything in the item is
    certain, otherwise at most 0.99; an item of nothing has 1.
    """
    uncertain = sums(confidence != 1.0)
    mean = np.ones(uncertain.size)
    if not uncertain.any():
        return mean
    for weights in (lengths_us.astype(np.float64), np.abs(energy_kwh)):
        weight = sums(weights)
        np.divide(sums(confidence * weights), weight, out=mean, where=weight != 0)
    rounded = all_rounded(np.round(mean, _MEAN_DECIMALS), _CONFIDENCE_DECIMALS)
    return np.where(uncertain == 0, 1.0, np.minimum(rounded, _ALMOST_CERTAIN))
