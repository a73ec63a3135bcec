"""Which readings fit alongside those that are stored."""

from collections.abc import Mapping
from typing import NamedTuple

from wattyard.kernel.arrays import Integers, Marks, np
from wattyard.kernel.context import Context
from wattyard.meters.domain.distinct_readings import numbered
from wattyard.meters.domain.readings import Readings, Stream
from wattyard.meters.store import readings as reading_store
from wattyard.meters.store.readings import Periods
from wattyard.platform.db import ReadConnection


class Fit(NamedTuple):
    """How n readings fit beside those that are stored.

    `clear` (n): whether a reading overlaps no stored one of another period of its register, and,
    with a register or without, none of its meter that is the other. `stored_in` (n): the
    series in which its very period is stored, which for a device can be that of another site;
    -1 where it is not.
    """

    clear: Marks
    stored_in: Integers


async def compared_with_stored(
    db: ReadConnection,
    context: Context,
    readings: Readings,
    series: Mapping[int, Stream],
) -> Fit:
    """Find which readings (at least one) fit beside those stored in `series`.

    `series` are all registers of the meters of the readings.
    """
    of_stream = numbered([stream.meter_key for stream in readings.streams])
    places = dict(
        zip((stream.meter_key for stream in readings.streams), of_stream.tolist(), strict=True)
    )
    searched = {n: places[s.meter_key] for n, s in series.items() if s.meter_key in places}
    lows, highs = _extents(readings, of_stream[readings.stream], len(places))
    place = np.array(list(searched.values()), dtype=np.int64)
    stored = await reading_store.periods(
        db,
        context.account,
        context.live_mode,
        np.array(list(searched), dtype=np.int64),
        (lows[place], highs[place]),
    )
    if not stored.series.size:
        return Fit(np.ones(len(readings), np.bool_), np.full(len(readings), -1))
    fit = _of_registers(readings, stored, series)
    if all(series[n].register is None for n in searched):
        return fit
    return Fit(fit.clear & ~_beside(readings, stored, series), fit.stored_in)


def _of_registers(readings: Readings, stored: Periods, series: Mapping[int, Stream]) -> Fit:
    """Find how readings fit beside those stored of their own registers."""
    keys: dict[object, int] = {}
    of_stream = [keys.setdefault(stream.key, len(keys)) for stream in readings.streams]
    key = np.array(of_stream, dtype=np.int64)[readings.stream]
    of_series = {n: keys.get(series[n].key, -1) for n in np.unique(stored.series).tolist()}
    stored_key = np.array([of_series[n] for n in stored.series.tolist()], dtype=np.int64)
    order = np.lexsort((stored.starts_us, stored_key))
    same, clash = _met(
        (key, readings.starts_us, readings.ends_us),
        (stored_key[order], stored.starts_us[order], stored.ends_us[order]),
    )
    return Fit(~clash, np.where(same < 0, -1, stored.series[order][same]))


def _beside(readings: Readings, stored: Periods, series: Mapping[int, Stream]) -> Marks:
    """Mark (n) readings that overlap stored ones of their meter which are not of a register, as
    theirs are; or are of one, as theirs are not."""
    sides: dict[tuple[object, bool], list[int]] = {}
    for number in np.unique(stored.series).tolist():
        own = series[number]
        sides.setdefault((own.meter_key, own.register is None), []).append(number)
    # Registers of a meter may be thousands: each of its sides is looked at once.
    streams_of: dict[tuple[object, bool], list[int]] = {}
    for place, stream in enumerate(readings.streams):
        other = stream.meter_key, stream.register is not None
        if other in sides:
            streams_of.setdefault(other, []).append(place)
    clash = np.zeros(len(readings), np.bool_)
    for side, places in streams_of.items():
        here = np.flatnonzero(np.isin(readings.stream, places))
        there = np.isin(stored.series, sides[side])
        begun = np.searchsorted(np.sort(stored.starts_us[there]), readings.ends_us[here])
        over = np.searchsorted(np.sort(stored.ends_us[there]), readings.starts_us[here], "right")
        clash[here] = begun > over
    return clash


def _extents(readings: Readings, key: Integers, count: int) -> tuple[Integers, Integers]:
    """Find the span that the readings of each key cover."""
    lows = np.full(count, np.iinfo(np.int64).max)
    highs = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(lows, key, readings.starts_us)
    np.maximum.at(highs, key, readings.ends_us)
    empty = lows > highs
    lows[empty], highs[empty] = 0, 1
    return lows, highs


def _met(
    new: tuple[Integers, Integers, Integers], stored: tuple[Integers, Integers, Integers]
) -> tuple[Integers, Marks]:
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
