"""Costs put beside each other and added up, before anything is rounded."""

from collections.abc import Sequence

import numpy as np

from wattyard.costs.domain.answer import ORDER_OF_LINES, CostTable
from wattyard.costs.domain.confidence import settled
from wattyard.costs.domain.readings import Indices, Numbers


def picked(table: CostTable, places: Sequence[int]) -> CostTable:
    """Take the items at some places, in their order."""
    at = np.array(places, dtype=np.int64)
    return CostTable(
        table.starts_us[at],
        table.ends_us[at],
        table.energy_kwh[at],
        table.confidence[at],
        table.rules,
        table.quantity[:, at],
        table.exact_amount[:, at],
    )


def stacked(tables: Sequence[CostTable]) -> CostTable:
    """Put the items of tables behind each other; equal rules are one line."""
    rules = sorted(
        dict.fromkeys(rule for table in tables for rule in table.rules),
        key=lambda rule: ORDER_OF_LINES.index(rule.kind),
    )
    row = {rule: n for n, rule in enumerate(rules)}
    count = sum(len(table) for table in tables)
    quantity, amount = np.zeros((len(rules), count)), np.zeros((len(rules), count))
    at = 0
    for table in tables:
        own = slice(at, at + len(table))
        for n, rule in enumerate(table.rules):
            quantity[row[rule], own] += table.quantity[n]
            amount[row[rule], own] += table.exact_amount[n]
        at += len(table)
    return CostTable(
        np.concatenate([table.starts_us for table in tables]),
        np.concatenate([table.ends_us for table in tables]),
        np.concatenate([table.energy_kwh for table in tables]),
        np.concatenate([table.confidence for table in tables]),
        tuple(rules),
        quantity,
        amount,
    )


def summed(table: CostTable, places: Sequence[int]) -> CostTable:
    """Add up items (n, at least one) by their places from 0 on, none of which is left empty.

    Confidence is the mean weighed by energy, or by time where there is none; 1 only if all are 1.
    """
    at = np.array(places, dtype=np.int64)
    count = int(at.max()) + 1
    starts = np.full(count, np.iinfo(np.int64).max)
    ends = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(starts, at, table.starts_us)
    np.maximum.at(ends, at, table.ends_us)
    by_place = np.zeros((table.quantity.shape[0] * 2, count))
    np.add.at(by_place.T, at, np.concatenate([table.quantity, table.exact_amount]).T)
    quantity, amount = np.split(by_place, 2)
    return CostTable(
        starts,
        ends,
        _by_place(table.energy_kwh, at, count),
        _confidence(table, at, count),
        table.rules,
        quantity,
        amount,
    )


def _confidence(table: CostTable, at: Indices, count: int) -> Numbers:
    lengths = (table.ends_us - table.starts_us).astype(np.float64)
    mean = _mean(table.confidence, np.abs(table.energy_kwh), at, count)
    mean = np.where(np.isnan(mean), _mean(table.confidence, lengths, at, count), mean)
    return settled(mean, _by_place((table.confidence != 1).astype(np.float64), at, count))


def _mean(numbers: Numbers, weights: Numbers, at: Indices, count: int) -> Numbers:
    """Take the weighted mean (count) by place; NaN where the weights are all 0."""
    weight = _by_place(weights, at, count)
    mean = np.full(count, np.nan)
    np.divide(_by_place(numbers * weights, at, count), weight, out=mean, where=weight != 0)
    return mean


def _by_place(numbers: Numbers, at: Indices, count: int) -> Numbers:
    found: Numbers = np.bincount(at, weights=numbers, minlength=count).astype(np.float64)
    return found
