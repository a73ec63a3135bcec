"""Which readings fit beside those that are stored."""

from collections.abc import Mapping

import numpy as np

from wattyard.kernel.callers import Caller
from wattyard.meters.domain.readings import Indices, Marks, Readings, Stream
from wattyard.meters.store import readings as reading_store
from wattyard.platform.db import Connection


async def fitting(
    db: Connection,
    caller: Caller,
    readings: Readings,
    numbers: Indices,
    series: Mapping[int, Stream],
) -> tuple[Marks, tuple[Indices, Indices] | None]:
    """Mark readings (n) that overlap no stored one of another period.

    `numbers` (n) are their own series; `series` all whose readings they must not overlap. Gives
    too the (series, starts) of readings of the same device and period at another site, which
    the new ones replace.
    """
    keys: dict[object, int] = {}
    of_stream = [keys.setdefault(stream.key, len(keys)) for stream in readings.streams]
    key = np.array(of_stream, dtype=np.int64)[readings.stream]
    key_of_series = {number: keys[s.key] for number, s in series.items() if s.key in keys}
    searched = np.array(list(key_of_series), dtype=np.int64)
    lows, highs = _extents(readings, key, len(keys))
    place = np.array(list(key_of_series.values()), dtype=np.int64)
    stored = await reading_store.periods(
        db, caller.account, caller.live_mode, searched, (lows[place], highs[place])
    )
    fits = np.ones(len(readings), np.bool_)
    if not stored.series.size:
        return fits, None
    stored_key = np.array([key_of_series[n] for n in stored.series.tolist()], dtype=np.int64)
    order = np.lexsort((stored.starts_us, stored_key))
    stored_key, starts, ends = stored_key[order], stored.starts_us[order], stored.ends_us[order]
    same, clash = _met((key, readings.starts_us, readings.ends_us), (stored_key, starts, ends))
    moved = np.unique(same[same >= 0])
    away = moved[stored.series[order][moved] != _series_at(numbers, same, moved)]
    gone = (stored.series[order][away], starts[away]) if away.size else None
    return ~clash, gone


def _extents(readings: Readings, key: Indices, count: int) -> tuple[Indices, Indices]:
    """Find from when to when the readings of each key reach."""
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
    """For each new (key, start, end): the place of the stored one that is the same (-1 for none),
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


def _series_at(numbers: Indices, same: Indices, moved: Indices) -> Indices:
    """The series of the new reading that is the same as each stored one in `moved`."""
    order = np.argsort(same, kind="stable")
    return numbers[order[np.searchsorted(same[order], moved)]]
