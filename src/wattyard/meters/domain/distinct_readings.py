"""Which readings that were sent together can be kept together (contract 3, Readings)."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Readings

_SAME_ENERGY: Final = 1e-9
"""Relative: a value that was sent in another unit is the same value."""

_Taken = dict[str | None, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """Readings by their m distinct periods.

    `period` (n) is the period of each reading; `differing` (n) whether another energy was sent
    for that period before; `last` (m) the reading of each period that was sent last, of those
    that do not differ, and counts; `first_sent` (m) the number under which a period was sent
    first.
    """

    period: Integers
    differing: Marks
    last: Integers
    first_sent: Integers


def distinct(readings: Readings) -> Distinct:
    """Group readings (at least one) by stream and period."""
    keys = numbered([stream.key for stream in readings.streams])[readings.stream]
    order = np.lexsort((readings.number, readings.ends_us, readings.starts_us, keys))
    columns = [column[order] for column in (keys, readings.starts_us, readings.ends_us)]
    new = np.ones(order.size, np.bool_)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    place = np.cumsum(new) - 1
    firsts = np.flatnonzero(new)
    energy_kwh = readings.energy_kwh[order]
    changed = ~same_energy(energy_kwh, energy_kwh[firsts][place])
    lasts = np.maximum.reduceat(np.where(changed, -1, np.arange(order.size)), firsts)
    period, differing = np.empty(order.size, np.int64), np.empty(order.size, np.bool_)
    period[order], differing[order] = place, changed
    return Distinct(period, differing, order[lasts], readings.number[order[firsts]])


def same_energy(one_kwh: Numbers, other_kwh: Numbers) -> Marks:
    """Mark (n) where two energies are the same value, whatever the units they were sent in."""
    apart_kwh = np.abs(one_kwh - other_kwh)
    return np.asarray(apart_kwh <= _SAME_ENERGY * np.maximum(np.abs(one_kwh), np.abs(other_kwh)))


def apart(readings: Readings, sent: Integers) -> Marks:
    """Mark (m) readings of distinct periods that may stand beside those sent before them.

    They overlap none of their own stream; and, since registers add up, one of a named register
    overlaps none of the same meter without a name, nor the other way round. `sent` (m) are the
    numbers that tell which came first.
    """
    streams = readings.streams
    keys = numbered([stream.key for stream in streams])[readings.stream]
    meters = numbered([stream.meter_key for stream in streams])[readings.stream]
    order = np.lexsort((readings.starts_us, keys))
    clash = (keys[order][1:] == keys[order][:-1]) & (
        readings.starts_us[order][1:] < readings.ends_us[order][:-1]
    )
    kept = np.ones(len(readings), np.bool_)
    unsettled = set(meters[order[1:][clash]].tolist())
    if any(stream.register for stream in streams):
        named = np.array([stream.register is not None for stream in streams])[readings.stream]
        unsettled |= set(meters[named].tolist()) & set(meters[~named].tolist())
    for meter in unsettled:
        positions = np.flatnonzero(meters == meter)
        _settle(readings, positions[np.argsort(sent[positions])], kept)
    return kept


def numbered(keys: Sequence[object]) -> Integers:
    """Number equal keys alike, from 0; without any, the one number that indexes nothing."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys] or [0], dtype=np.int64)


def _settle(readings: Readings, positions: Integers, kept: Marks) -> None:
    """Take readings of one meter in the order of `positions`, where they may stand together."""
    taken: _Taken = {}
    of_registers: list[tuple[int, int]] = []  # all that is taken with a name, in one
    for position in positions.tolist():
        period = int(readings.starts_us[position]), int(readings.ends_us[position])
        register = readings.streams[readings.stream[position]].register
        own = taken.setdefault(register, [])
        others = of_registers if register is None else taken.get(None, ())
        if _meets(own, *period) or _meets(others, *period):
            kept[position] = False
            continue
        own.insert(bisect_left(own, period), period)
        if register is not None:
            _join(of_registers, *period)


def _join(periods: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a period to a list in order, of which none meet, and make one of all that it meets."""
    first = last = bisect_left(periods, (start, end))
    while first > 0 and periods[first - 1][1] >= start:
        first -= 1
    while last < len(periods) and periods[last][0] <= end:
        last += 1
    for low, high in periods[first:last]:
        start, end = min(start, low), max(end, high)
    periods[first:last] = [(start, end)]


def _meets(periods: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a period overlaps one of a list in order, of which none overlap."""
    at = bisect_left(periods, (start, end))
    before = at > 0 and periods[at - 1][1] > start
    return before or (at < len(periods) and periods[at][0] < end)
