"""CSV rows whose neighbours say what they mean: lengths from label to label, and register reads.

The rows of a file are held, and given register by register in the order of time.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.csv_lengths import Lengths, lengths
from wattyard.meters.adapters.csv_values import RowNumber, RowValues
from wattyard.meters.adapters.meter_file import Noted, Part, RefusedReading, Register, judged
from wattyard.meters.adapters.wall_order import TimedRow
from wattyard.meters.domain.registers import RegisterRead, differences

_FOREVER_US: Final = 2**62
"""Reads in the future are judged with all other readings, not here."""


def auto_lengths(
    rows: Iterable[TimedRow | RefusedReading | Noted],
    values: RowValues,
    zone: ZoneInfo,
    *,
    ends: bool,
) -> Iterator[Part]:
    """Give each row the time to its neighbour (contract 2b, `--length auto`)."""
    lanes: dict[str, list[TimedRow]] = {}
    for row in rows:
        if isinstance(row, TimedRow):
            lanes.setdefault(row.lane, []).append(row)
        else:
            yield row
    for held in lanes.values():
        held.sort(key=lambda row: row.label)
        labels = sorted({row.label for row in held})
        found = lengths(labels, zone, ends=ends)
        if found is None:
            for row in held:
                hint = "one row alone does not say how long it lasts; give --length in minutes"
                yield RefusedReading(f"line {row.line}", "end_time_missing", hint)
        else:
            yield from _told(found, labels, held, ends=ends)
            yield from _with_periods(held, dict(zip(labels, found.periods, strict=True)), values)


def _told(
    found: Lengths, labels: Sequence[datetime], held: Sequence[TimedRow], *, ends: bool
) -> Iterator[Noted]:
    lines = {row.label: row.line for row in held}
    for n in found.gaps:
        start, end = found.periods[n]
        side = "before" if ends else "after"
        hint = f"rows are missing {side} this one, which lasts from {start} to {end}"
        yield Noted(f"line {lines[labels[n]]}", "gap", hint)
    for n in found.changed:
        start, end = found.periods[n]
        hint = f"from here on rows last {end - start}"
        yield Noted(f"line {lines[labels[n]]}", "length_changed", hint)


def _with_periods(
    held: Sequence[TimedRow],
    periods: dict[datetime, tuple[datetime, datetime]],
    values: RowValues,
) -> Iterator[Part]:
    sure: list[tuple[TimedRow, float]] = []
    for row in held:
        said = values.certainty(row)
        if isinstance(said, float):
            sure.append((row, said))
        else:
            yield said
    for column in values.layout.values:
        for row, confidence in sure:
            period = periods[row.label]
            found = values.energy(row, column, period)
            if isinstance(found, RefusedReading):
                yield found
            else:
                yield judged(found.where, period, found.energy_kwh, found.register, confidence)


@dataclass(frozen=True, slots=True)
class _Read:
    """A read of a register, and where it is in the file."""

    time_us: int
    total_kwh: float
    confidence: float
    where: str


def register_reads(
    rows: Iterable[TimedRow | RefusedReading | Noted], values: RowValues
) -> Iterator[Part]:
    """Take values as reads of registers: energy is what lies between two of one register."""
    registers: dict[Register, list[_Read]] = {}
    for row in rows:
        said = values.certainty(row) if isinstance(row, TimedRow) else row
        if not isinstance(row, TimedRow) or not isinstance(said, float):
            yield said  # type: ignore[misc]
            continue
        for column in values.layout.values:
            found = values.value(row, column)
            if isinstance(found, RowNumber):
                total_kwh = found.number / 1000 if column.unit == "WH" else found.number
                read = _Read(microseconds(row.label), total_kwh, said, found.where)
                registers.setdefault(found.register, []).append(read)
            else:
                yield found
    for register, reads in registers.items():
        reads.sort(key=lambda read: read.time_us)
        yield from _between(register, reads)


def _between(register: Register, reads: list[_Read]) -> Iterator[Part]:
    once = reads[:1]
    for before, read in pairwise(reads):
        if read.time_us != before.time_us:
            once.append(read)
        elif read.total_kwh == once[-1].total_kwh:
            yield Noted(read.where, "repeated", "the register's read is in the file before")
        else:
            hint = (
                f"the register shows {once[-1].total_kwh:g} kWh and {read.total_kwh:g} kWh at "
                f"{instant(read.time_us)}; the first was taken"
            )
            yield RefusedReading(read.where, "record_duplicate", hint)
    found = differences(
        None,
        [RegisterRead(n, read.time_us, read.total_kwh) for n, read in enumerate(once)],
        _FOREVER_US,
    )
    for failed in found.failed:
        yield RefusedReading(once[failed.record_num].where, failed.code, failed.error)
    sure = {read.time_us: read.confidence for read in once}
    before_us: dict[int, int] = {}  # of a long time between two reads, there are several parts
    for one in found.consumptions:
        period = instant(one.start_us), instant(one.end_us)
        read = once[one.number]
        confidence = min(sure[before_us.setdefault(one.number, one.start_us)], read.confidence)
        yield judged(read.where, period, one.energy_kwh, register, confidence)
