"""NEM12, the interval files of the Australian electricity market.

Source of the rules: AEMO, "Meter Data File Format Specification NEM12 & NEM13" (records 100, 200,
300, 400, 500, 900; quality flags A, S, F, E, N, V). Days and intervals are those of the market's
clock, which is always 10 hours ahead of UTC, wherever the meter stands.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import BinaryIO, Final

from wattyard.kernel.values import dataclass, field
from wattyard.meters.adapters.meter_file import (
    MeterReading,
    Noted,
    Options,
    Part,
    RefusedReading,
    Register,
    judged,
    text_lines,
)
from wattyard.meters.domain.readings import FlowDirection

MARKET_CLOCK: Final = timezone(timedelta(hours=10))
FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2199, 12, 31)

_KWH: Final = {"WH": (1.0, 1e3), "KWH": (1.0, 1.0), "MWH": (1e3, 1.0)}
"""Exact factor and divisor that turn a value into kWh."""
_INTERVALS: Final = (5, 15, 30)
_CONFIDENCE: Final = {"A": 1.0, "F": 0.9, "S": 0.7, "E": 0.5}
_QUALITY = re.compile(r"[ASFENV]\d{0,2}", re.IGNORECASE)
_MINUTES = re.compile(r"\d{1,3}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_OTHER_DAY = "an interval event belongs to the 300 record before it, and there is none"


@dataclass(frozen=True, slots=True)
class _Block:
    """A 200 record: what the 300 records below it measure. `minutes` is 5, 15 or 30."""

    register: Register
    scale: tuple[float, float]
    minutes: int

    @property
    def intervals(self) -> int:
        return 1440 // self.minutes


@dataclass(slots=True)
class _Day:
    """A 300 record that waits for its 400 records: one quality flag for each value."""

    block: _Block
    line: int
    date: date
    values: list[str]
    qualities: list[str]


@dataclass(slots=True)
class _Reader:
    """How far the file has been read."""

    options: Options
    block: _Block | None = None
    day: _Day | None = None
    passed_over: bool = False
    """Whether the current 200 record was refused, so that its days are left out."""
    day_refused: bool = False
    """Whether the last 300 record was refused, so that its 400 records are left out."""
    open: bool = False
    """Whether a 100 record waits for its 900 record."""
    days_seen: dict[str, dict[int, int]] = field(default_factory=dict)
    """A hash of the values of each day (its ordinal) seen, by register."""


def readings(stream: BinaryIO, options: Options) -> Iterator[Part]:
    """Read a NEM12 file: one reading for each interval, in the order of the file.

    Registers that do not count active energy are refused at their record, as are days that come
    twice with other values; an empty value at its interval.
    """
    reader = _Reader(options)
    for line in text_lines(stream):
        if isinstance(line, RefusedReading):
            yield line
            continue
        number, text = line
        cells = [cell.strip().strip('"') for cell in text.split(",")]
        if not any(cells):
            continue
        if cells[0] != "400":
            yield from _settled(reader)
        if cells[:2] == ["100", "NEM13"]:
            hint = "NEM13 holds register readings, not intervals; ask for NEM12"
            yield RefusedReading(f"line {number}", "format_invalid", hint)
            return
        refused = _taken(reader, number, cells)
        if refused is not None:
            yield refused
    yield from _settled(reader)
    if reader.open:
        hint = "the 900 record is missing; the file may be cut off"
        yield RefusedReading("end of file", "end_record_missing", hint)


def _taken(reader: _Reader, line: int, cells: list[str]) -> RefusedReading | Noted | None:
    match cells[0]:
        case "100":
            reader.open, reader.block, reader.passed_over = True, None, False
        case "200":
            return _block_taken(reader, line, cells)
        case "300":
            return _day_taken(reader, line, cells)
        case "400":
            return _event_taken(reader, line, cells)
        case "900":
            reader.open, reader.block = False, None
        case "500":
            pass
        case other:
            hint = f"NEM12 has no record {other!r:.20}"
            return RefusedReading(f"line {line}", "record_unknown", hint)
    return None


def _block_taken(reader: _Reader, line: int, cells: list[str]) -> RefusedReading | None:
    read = _block(line, cells, reader.options)
    reader.passed_over = isinstance(read, RefusedReading)
    reader.day_refused = False
    reader.block = None if isinstance(read, RefusedReading) else read
    return read if isinstance(read, RefusedReading) else None


def _block(line: int, cells: list[str], options: Options) -> _Block | RefusedReading:
    def refused(code: str, what: str) -> RefusedReading:
        return RefusedReading(f"line {line}", code, f"{what}; its days are left out")

    if len(cells) < 9 or not cells[1]:
        return refused("record_invalid", "a 200 record has an NMI and at least 9 fields")
    name, unit, minutes = f"{cells[1]} {cells[4].upper()}", cells[7], cells[8]
    scale = _KWH.get(unit.upper())
    if scale is None:
        return refused("units_invalid", f"unit {unit!r:.20} of {name:.40} is not Wh, kWh or MWh")
    direction = _direction(cells[4].upper(), options)
    if direction is None:
        what = f"register {name!r:.40} is neither import (E) nor export (B)"
        return refused("register_invalid", what)
    if not _MINUTES.fullmatch(minutes) or int(minutes) not in _INTERVALS:
        what = f"the interval length {minutes!r:.20} is not 5, 15 or 30 minutes"
        return refused("interval_length_invalid", what)
    return _Block(Register(name, direction), scale, int(minutes))


def _direction(suffix: str, options: Options) -> FlowDirection | None:
    """Check meters, net and reactive registers have other letters and must not be counted."""
    match suffix[:1]:
        case "E":
            return "INBOUND"
        case "B":
            return "OUTBOUND"
        case first if first.isdecimal():
            return options.default_direction
    return None


def _day_taken(reader: _Reader, line: int, cells: list[str]) -> RefusedReading | Noted | None:
    if reader.passed_over:
        return None
    read = _day(reader, line, cells)
    fault = _repeated(reader, read) if isinstance(read, _Day) else read
    reader.day_refused = fault is not None
    if isinstance(read, _Day) and fault is None:
        reader.day = read
    return fault


def _repeated(reader: _Reader, day: _Day) -> RefusedReading | Noted | None:
    """Whether the register's day came before, with the same values or with others."""
    name, where = day.block.register.name or "", f"line {day.line}"
    values = hash((day.block.scale, *map(_as_number, day.values)))
    seen, ordinal = reader.days_seen.setdefault(name, {}), day.date.toordinal()
    if ordinal not in seen:
        seen[ordinal] = values
        return None
    if seen[ordinal] == values:
        return Noted(where, "repeated", f"{name} has {day.date} twice, with the same values")
    hint = f"{name} has {day.date} twice, with other values; the first was taken"
    return RefusedReading(where, "record_duplicate", hint)


def _day(reader: _Reader, line: int, cells: list[str]) -> _Day | RefusedReading:
    block, where = reader.block, f"line {line}"
    if block is None:
        return RefusedReading(where, "record_invalid", "a 300 record needs a 200 record before it")
    found = _quality_column(cells)
    if found is None:
        return RefusedReading(
            where, "quality_missing", "the quality flag after the values is missing"
        )
    if found - 2 != block.intervals:
        expected = f"{block.intervals} of {block.minutes} minutes make a day"
        return RefusedReading(
            where, "values_invalid", f"the day has {found - 2} values; {expected}"
        )
    day = _date(cells[1])
    if day is None:
        return RefusedReading(
            where, "date_invalid", f"{cells[1]!r:.20} is not a date written YYYYMMDD"
        )
    quality = cells[found].upper()[0]
    return _Day(block, line, day, cells[2:found], [quality] * block.intervals)


def _quality_column(cells: list[str]) -> int | None:
    return next((n for n, cell in enumerate(cells) if n > 1 and _QUALITY.fullmatch(cell)), None)


def _date(text: str) -> date | None:
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        return None
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return day if FIRST_DATE <= day <= LAST_DATE else None


def _event_taken(reader: _Reader, line: int, cells: list[str]) -> RefusedReading | None:
    day, where = reader.day, f"line {line}"
    if reader.passed_over or reader.day_refused:
        return None
    if day is None:
        return RefusedReading(where, "record_invalid", _OTHER_DAY)
    if len(cells) < 4 or not all(cell.isascii() and cell.isdecimal() for cell in cells[1:3]):
        return RefusedReading(
            where, "record_invalid", "a 400 record needs its first and last interval"
        )
    first, last = (int(cell[:6]) for cell in cells[1:3])
    if not 1 <= first <= last <= len(day.values):
        hint = f"intervals {first} to {last} are not within 1 to {len(day.values)}"
        return RefusedReading(where, "record_invalid", hint)
    if not _QUALITY.fullmatch(cells[3]) or cells[3].upper().startswith("V"):
        return RefusedReading(where, "quality_invalid", f"{cells[3]!r:.20} is not A, S, F, E or N")
    day.qualities[first - 1 : last] = [cells[3].upper()[0]] * (last - first + 1)
    return None


def _as_number(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text


def _settled(reader: _Reader) -> Iterator[MeterReading | RefusedReading]:
    """Give the readings of the day that was held back."""
    day, reader.day = reader.day, None
    if day is None:
        return
    step = timedelta(minutes=day.block.minutes)
    start = datetime.combine(day.date, time(), MARKET_CLOCK).astimezone(UTC)
    for number, (text, quality) in enumerate(zip(day.values, day.qualities, strict=True), 1):
        end = start + step
        yield _interval(day, f"line {day.line}, interval {number}", (start, end), (text, quality))
        start = end


def _interval(
    day: _Day, where: str, period: tuple[datetime, datetime], value: tuple[str, str]
) -> MeterReading | RefusedReading:
    text, quality = value
    if quality == "N" or not text:
        return RefusedReading(where, "value_missing", "the meter has no value for this interval")
    if quality == "V":
        hint = "the day's quality varies (V) and no 400 record gives that of this interval"
        return RefusedReading(where, "quality_missing", hint)
    if not _NUMBER.fullmatch(text):
        return RefusedReading(where, "value_invalid", f"{text!r:.30} is not a number")
    multiplier, divisor = day.block.scale
    energy_kwh = float(text) * multiplier / divisor
    return judged(where, period, energy_kwh, day.block.register, _CONFIDENCE[quality])
