"""Which readings fit beside those that are stored."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from wattyard.kernel.context import Context
from wattyard.meters.domain.readings import Indices, Marks, Readings, Stream
from wattyard.meters.store import readings as reading_store
from wattyard.platform.db import ReadConnection


class Fit(NamedTuple):
    """How n readings fit beside those that are stored.

    `clear` (n): whether a reading overlaps no stored one of another period. `stored_in` (n): the
    series in which its very period is stored, which for a device can be that of another site;
    -1 where it is not.
    """

    clear: Marks
    stored_in: Indices


async def fitting(
    db: ReadConnection,
    context: Context,
    readings: Readings,
    series: Mapping[int, Stream],
) -> Fit:
    """Find which readings (at least one) fit beside those stored in `series`."""
    keys: dict[object, int] = {}
    of_stream = [keys.setdefault(stream.key, len(keys)) for stream in readings.streams]
    key = np.array(of_stream, dtype=np.int64)[readings.stream]
    key_of_series = {number: keys[s.key] for number, s in series.items() if s.key in keys}
    searched = np.array(list(key_of_series), dtype=np.int64)
    lows, highs = _extents(readings, key, len(keys))
    place = np.array(list(key_of_series.values()), dtype=np.int64)
    stored = await reading_store.periods(
        db, context.account, context.live_mode, searched, (lows[place], highs[place])
    )
    if not stored.series.size:
        return Fit(np.ones(len(readings), np.bool_), np.full(len(readings), -1))
    stored_key = np.array([key_of_series[n] for n in stored.series.tolist()], dtype=np.int64)
    order = np.lexsort((stored.starts_us, stored_key))
    same, clash = _met(
        (key, readings.starts_us, readings.ends_us),
        (stored_key[order], stored.starts_us[order], stored.ends_us[order]),
    )
    return Fit(~clash, np.where(same < 0, -1, stored.series[order][same]))


def _extents(readings: Readings, key: Indices, count: int) -> tuple[Indices, Indices]:
    """Find the span that the readings of each key cover."""
    lows = np.full(count, np.iinfo(np.int64).max)
    highs = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(lows, key, readings.starts_us)
    np.maximum.at(highs, key, readings.ends_us)
    empty = lows > highs
    lows[empty], highs[empty] = 0, 1
    return lows, highs


def _met(
    new: tuple[Indices, Indices, Indices], stored: tuple[Indices, Indices, Indices]
) -> tuple[Indices, Marks]:
    """For each new (key, start, end): the position of the same stored one (-1: none),
    and whether it overlaps a stored one that is not.

    Stored ones of a key never overlap, so only the last that starts before the end matters.
    """
    both = np.concatenate([new[2], stored[1]]), np.concatenate([new[0], stored[0]])
    rank = np.lexsort((np.r_[np.zeros(new[0].size), np.ones(stored[0].size)], *both))
    position = np.empty(rank.size, np.int64)
    position[rank] = np.cumsum(rank >= new[0].size)
    last = position[: new[0].size] - 1
    here = (last >= 0) & (stored[0][last] == new[0])
    same = here & (stored[1][last] == new[1]) & (stored[2][last] == new[2])
    clash = here & ~same & (stored[2][last] > new[1])
    return np.where(same, last, -1), clash
