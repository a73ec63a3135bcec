"""The items that an answer has room for, and how pieces of energy fall into them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wattyard.costs.domain.answer import LineRule
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.readings import Indices, Numbers, Pieces, interval_of
from wattyard.kernel.clock_changes import Microseconds, microseconds
from wattyard.kernel.local_periods import period_edges
from wattyard.tariffs.domain.calendar import Place


class Row(NamedTuple):
    """One line over all items: its quantity and amount, each (g + 1), the last of the whole."""

    rule: LineRule
    quantity: Numbers
    amount: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """g items, and the whole span as one more at the end.

    `starts_us`, `ends_us` (g + 1); `item` (n) is where each answered piece belongs; `reading` (g)
    the reading of each item, None where the items are groups.
    """

    starts_us: Microseconds
    ends_us: Microseconds
    item: Indices
    reading: Indices | None

    @property
    def groups(self) -> int:
        return self.starts_us.size - 1

    def sums(self, numbers: Numbers, where: slice = slice(None)) -> Numbers:
        """Add up numbers of the pieces at `where` by item (g + 1), and all of them at the end."""
        by_item = np.bincount(self.item[where], weights=numbers, minlength=self.groups)
        return np.append(by_item, by_item.sum())

    @property
    def metered(self) -> Indices:
        """How many pieces each item has (g + 1)."""
        return np.append(np.bincount(self.item, minlength=self.groups), self.item.size)


def framed(question: CostQuestion, place: Place, answered: Pieces) -> Frame:
    """Lay out the items for pieces of energy that are cut at the edges of groups."""
    span_us = microseconds(question.span.start), microseconds(question.span.end)
    if question.aggregation == "NONE":
        return _readings(answered, span_us)
    edges = group_edges(question.aggregation, place, span_us)
    return Frame(
        np.append(edges[:-1], edges[0]),
        np.append(edges[1:], edges[-1]),
        interval_of(edges[:-1], answered.starts_us),
        None,
    )


def group_edges(aggregation: Aggregation, place: Place, span_us: tuple[int, int]) -> Microseconds:
    """List the edges (g + 1) of the groups that a span is divided into; NONE divides nothing."""
    if aggregation == "NONE":
        return np.array(span_us, dtype=np.int64)
    return period_edges(aggregation, place.zone, span_us)


def _readings(answered: Pieces, span_us: tuple[int, int]) -> Frame:
    """Give each reading, clipped to the span, an item of its own."""
    first = np.diff(answered.reading, prepend=-1) != 0
    last = np.diff(answered.reading, append=-1) != 0
    return Frame(
        np.append(answered.starts_us[first], span_us[0]),
        np.append(answered.ends_us[last], span_us[1]),
        np.cumsum(first) - 1,
        answered.reading[first],
    )
