"""Laying what days look like on the wall clock onto instants (contract 2, Clock changes).

A stretch of a day owns the instants whose wall-clock reading falls in it: the hour that a clock
change skips has no instant, the hour that it repeats is owned twice. Between two clock changes
the wall clock is UTC plus a constant, so each such era is laid by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel.clock_changes import DAY_US, SECOND_US, ClockChanges, Microseconds


@dataclass(frozen=True, slots=True, eq=False)
class DayTemplates:
    """Ways that a day can go.

    Template t has the pieces `first[t]` to `first[t + 1]`, exclusive. `starts_us` (pieces): where
    each starts on the wall clock, after midnight, ascending within a template, the first at 0;
    a piece ends where the next starts, the last at midnight. `item` (pieces): whatever the
    caller means by it.
    """

    first: NDArray[np.int64]
    starts_us: Microseconds
    item: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """n pieces in order of time that touch: `starts_us` (n) instants, `item` (n), `day` (n)."""

    starts_us: Microseconds
    item: NDArray[np.int64]
    day: NDArray[np.int64]


def templates(ways: Sequence[Sequence[tuple[int, int]]]) -> DayTemplates:
    """Build templates from lists of (start in seconds after midnight, item)."""
    pieces = [piece for way in ways for piece in way]
    lengths = [len(way) for way in ways]
    return DayTemplates(
        first=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
        starts_us=np.array([start for start, _ in pieces], dtype=np.int64) * SECOND_US,
        item=np.array([item for _, item in pieces], dtype=np.int64),
    )


def lay(
    ways: DayTemplates,
    way_of_day: NDArray[np.intp],
    first_day: int,
    clock: ClockChanges,
    span_us: tuple[int, int],
) -> Laid:
    """Lay templates onto the instants of [`span_us[0]`, `span_us[1]`).

    `way_of_day` (days) names the template of each local day from `first_day` on. The first
    piece starts with the span. A piece that a clock change cuts comes as two.
    """
    start_us, end_us = span_us
    inside = (clock.instants_us > start_us) & (clock.instants_us < end_us)
    edges = [start_us, *clock.instants_us[inside].tolist(), end_us]
    eras = [
        _lay_era(ways, way_of_day, first_day, clock.wall_at(start) - start, start, end)
        for start, end in pairwise(edges)
    ]
    if len(eras) == 1:
        return eras[0]
    return Laid(
        np.concatenate([era.starts_us for era in eras]),
        np.concatenate([era.item for era in eras]),
        np.concatenate([era.day for era in eras]),
    )


def _lay_era(
    ways: DayTemplates,
    way_of_day: NDArray[np.intp],
    first_day: int,
    offset_us: int,
    start_us: int,
    end_us: int,
) -> Laid:
    low, high = (start_us + offset_us) // DAY_US, (end_us - 1 + offset_us) // DAY_US
    way = way_of_day[low - first_day : high - first_day + 1]
    lengths = ways.first[way + 1] - ways.first[way]
    row_end = np.cumsum(lengths)
    day = np.repeat(np.arange(low, high + 1, dtype=np.int64), lengths)
    piece = np.arange(day.size) + np.repeat(ways.first[way] - row_end + lengths, lengths)
    starts = day * DAY_US + ways.starts_us[piece] - offset_us
    first = int(np.searchsorted(starts, start_us, side="right")) - 1
    last = int(np.searchsorted(starts, end_us, side="left"))
    kept = slice(first, last)
    clipped = starts[kept].copy()
    clipped[0] = start_us
    return Laid(clipped, ways.item[piece[kept]], day[kept])
