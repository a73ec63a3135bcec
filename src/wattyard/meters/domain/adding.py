"""Registers of one meter add up: what they read at the same time is one reading (contract 2b)."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel.arrays import Integers, np
from wattyard.kernel.clock_changes import joined_edges
from wattyard.meters.domain.readings import Metered
from wattyard.meters.domain.records import StreamReadings

_TABLE_SHARE: Final = 8


def by_meter(found: Sequence[StreamReadings]) -> list[StreamReadings]:
    """Add up the registers of each meter at each site; `series` is then that of the first."""
    if all(one.stream.register is None for one in found):
        return list(found)
    parts: dict[object, list[StreamReadings]] = {}
    for one in found:
        parts.setdefault(one.stream.of_all_registers, []).append(one)
    return [
        StreamReadings(
            registers[0].stream.of_all_registers,
            added_up([one.metered for one in registers])
            if len(registers) > 1
            else registers[0].metered,
        )
        for registers in parts.values()
    ]


def added_up(parts: Sequence[Metered]) -> Metered:
    """Add readings (at least one) that may overlap up to readings that do not.

    Where periods differ they are cut at each other's ends, each reading shared in proportion to
    time; no energy is lost. The confidence of a sum is the energy-weighted mean, or the mean where
    there is no energy. Readings of several sessions at one time follow each other, each for an
    equal part of it, so that a session keeps its own energy. A sum has the reference that all its
    readings have, or none. The series is that of the first part.
    """
    starts_us, ends_us, energy_kwh, confidence = (
        np.concatenate([part[column] for part in parts]) for column in (1, 2, 3, 4)
    )
    sessions = [session for part in parts for session in part.sessions]
    references = [reference for part in parts for reference in part.references]
    edges_us = joined_edges([starts_us, ends_us])
    first = np.searchsorted(edges_us, starts_us)
    counts = np.searchsorted(edges_us, ends_us) - first
    reading = np.repeat(np.arange(starts_us.size), counts)
    step = first[reading] + np.arange(reading.size) - np.repeat(np.cumsum(counts) - counts, counts)
    energy = energy_kwh[reading] * (
        (edges_us[step + 1] - edges_us[step]) / (ends_us - starts_us)[reading]
    )
    session, named = _numbered(sessions)
    groups, group = _distinct(step * len(named) + session[reading], edges_us.size * len(named))
    total_kwh = np.bincount(group, energy).astype(np.float64)
    sure_kwh = np.bincount(group, energy * confidence[reading])
    plain = np.bincount(group, confidence[reading]) / np.bincount(group)
    some = total_kwh > 0
    lows_us, highs_us = _periods(edges_us, groups // len(named))
    return Metered(
        np.full(groups.size, parts[0].series[0]),
        lows_us,
        highs_us,
        total_kwh,
        np.where(some, sure_kwh / np.where(some, total_kwh, 1.0), plain).clip(0.0, 1.0),
        [named[n] for n in (groups % len(named)).tolist()],
        _common(references, reading, group, groups.size),
    )


def _distinct(numbers: Integers, below: int) -> tuple[Integers, Integers]:
    """List the distinct numbers in order, and the place of each of the n among them.

    Numbers below not many times their count are marked in a table, which spares sorting them.
    """
    if below > _TABLE_SHARE * numbers.size:
        return np.unique(numbers, return_inverse=True)
    present = np.zeros(below, np.bool_)
    present[numbers] = True
    place = np.cumsum(present) - 1
    return np.flatnonzero(present), place[numbers]


def _numbered(texts: Sequence[str | None]) -> tuple[Integers, list[str | None]]:
    if not any(texts):
        return np.zeros(len(texts), np.int64), [None]
    known: dict[str | None, int] = {}
    numbers = np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)
    return numbers, list(known)


def _periods(edges_us: Integers, step: Integers) -> tuple[Integers, Integers]:
    """Give each group of a step (ascending) a part of it, one after the other."""
    firsts = np.searchsorted(step, step, side="left")
    rank = np.arange(step.size) - firsts
    among = np.searchsorted(step, step, side="right") - firsts
    start, length = edges_us[step], edges_us[step + 1] - edges_us[step]
    return start + length * rank // among, start + length * (rank + 1) // among


def _common(
    references: Sequence[str | None], reading: Integers, group: Integers, count: int
) -> list[str | None]:
    """Find the reference that all readings of each group have."""
    found: list[str | None] = [None] * count
    if any(references):
        seen: list[set[str | None]] = [set() for _ in range(count)]
        for n, place in zip(reading.tolist(), group.tolist(), strict=True):
            seen[place].add(references[n])
        found = [one.pop() if len(one) == 1 else None for one in seen]
    return found
