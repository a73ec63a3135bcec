"""What a meter file says: readings, and what was refused and why; which format a file has.

A format is read by its own module (`nem12`, `green_button`, `csv_readings`), each with a function
`readings(stream, options)` that streams: its memory does not grow with the number of readings.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Final, Literal

from wattyard.kernel import civil
from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.column_map import ColumnMap
from wattyard.meters.domain.readings import LARGEST_KWH, LONGEST_ELAPSED, TOO_LONG, FlowDirection

LINE_LIMIT_BYTES: Final = 64 * 1024
UTF8_MARK: Final = b"\xef\xbb\xbf"
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Energy of one period: `energy_kwh` in 0..1,000,000, both times UTC, end after start.

    `confidence` is 1 for a measured value and below 1 (never below 0.1) for one that was
    substituted or estimated. `channel` names the register in the file, where it has a name;
    `where` is the position in the file.
    """

    start_time: datetime
    end_time: datetime
    energy_kwh: float
    energy_flow_direction: FlowDirection
    confidence: float
    channel: str | None
    where: str


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """A part of the file that gives no reading: where it is, a code, and what to do."""

    where: str
    code: str
    message: str


Remark = Literal["gap", "length_changed", "row_not_chosen", "repeated", "other_quantity"]
"""What of a file is not refused, and not energy either: see docs/import.md."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something in the file that its reader should know: counted in the report."""

    where: str
    what: Remark
    message: str


Part = MeterReading | RefusedReading | Noted


@dataclass(frozen=True, slots=True)
class Register:
    """What counts: its name in the file, and which way energy flows through it."""

    name: str | None
    direction: FlowDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a file does not say itself.

    `zone` is the location's, `default_direction` that of registers that give none,
    `columns` is for CSV files alone.

    Raises:
        ValueError: when the tz database has no such zone.
    """

    zone: str
    default_direction: FlowDirection = "INBOUND"
    columns: ColumnMap | None = None

    def __post_init__(self) -> None:
        civil.zone(self.zone)


class MeterFormat(StrEnum):
    """The formats that can be read."""

    NEM12 = "NEM12"
    GREEN_BUTTON = "GREEN_BUTTON"
    CSV = "CSV"


class FormatUnknown(Exception):
    """The file is in none of the formats; the message says what it seems to be."""


_PACKED: Final = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet; unpack it, or save the sheet as CSV",
    b"\x1f\x8b": "packed with gzip; unpack it first",
    b"%PDF": "a PDF document; ask for the interval data as NEM12, Green Button or CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; save the sheet as CSV",
    b"{": "JSON; PUT /meters/interval takes readings as JSON",
    b"[": "JSON; PUT /meters/interval takes readings as JSON",
}


def recognise(head: bytes, name: str) -> MeterFormat:
    """Recognise a file's format by its first bytes (4 KiB are plenty) and its name.

    Raises:
        FormatUnknown: when it is none that can be read.
    """
    start = head.removeprefix(UTF8_MARK).lstrip()
    for sign, what in _PACKED.items():
        if start.startswith(sign):
            raise FormatUnknown(f"{name} is {what}")
    fields = start.split(b"\n", 1)[0].replace(b'"', b"").replace(b" ", b"").split(b",")
    if _is_nem12(fields, name):
        return MeterFormat.NEM12
    wide = head[:2] in UTF16_MARKS
    if (head[2:].replace(b"\0", b"") if wide else start).lstrip().startswith(b"<"):
        return MeterFormat.GREEN_BUTTON
    if not start:
        raise FormatUnknown(f"{name} is empty")
    if b"\0" in start and not wide:
        raise FormatUnknown(f"{name} is not text; NEM12, Green Button and CSV files can be read")
    return MeterFormat.CSV


def _is_nem12(fields: list[bytes], name: str) -> bool:
    if fields[0] == b"100" and len(fields) > 1:
        return fields[1].upper() in (b"NEM12", b"NEM13")
    # Customers' downloads of some networks have neither a header nor an end record.
    return fields[0] == b"200" and (len(fields) in (9, 10) or "nem12" in name.lower())


def judged(
    where: str,
    period: tuple[datetime, datetime],
    energy_kwh: float,
    register: Register,
    confidence: float,
) -> MeterReading | RefusedReading:
    """Make a reading, or refuse it for its period or its energy (contract 3, Key)."""
    start, end = period
    if end <= start:
        return RefusedReading(where, "end_time_invalid", "the period must end after it starts")
    if end - start > LONGEST_ELAPSED:
        return RefusedReading(where, *TOO_LONG)
    if not math.isfinite(energy_kwh):
        return RefusedReading(where, "value_invalid", "the value must be a finite number")
    if energy_kwh < 0:
        return RefusedReading(
            where,
            "value_negative",
            f"{energy_kwh:g} kWh is negative; energy the other way needs its own register",
        )
    if energy_kwh > LARGEST_KWH:
        return RefusedReading(
            where, "value_too_large", f"{energy_kwh:g} kWh is more than 1,000,000 kWh"
        )
    return MeterReading(
        start, end, energy_kwh + 0.0, register.direction, confidence, register.name, where
    )


def text_lines(stream: BinaryIO) -> Iterator[tuple[int, str] | RefusedReading]:
    """Number the lines of a UTF-8 file, from 1, without their ends; a mark at the start is cut.

    A line of more than 64 KiB or with bytes that are not UTF-8 is refused; a UTF-16 file as a
    whole.
    """
    number = 0
    while line := stream.readline(LINE_LIMIT_BYTES + 1):
        number += 1
        if number == 1 and (line[:2] in UTF16_MARKS or b"\0" in line[:4]):
            hint = "the file is UTF-16 (a spreadsheet's Unicode text); save it as CSV UTF-8"
            yield RefusedReading("line 1", "encoding_invalid", hint)
            return
        if len(line) > LINE_LIMIT_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(LINE_LIMIT_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield RefusedReading(
                f"line {number}", "line_too_long", "the line is longer than 64 KiB"
            )
            continue
        try:
            text = (line.removeprefix(UTF8_MARK) if number == 1 else line).decode()
        except UnicodeDecodeError:
            hint = "the line is not UTF-8; save the file as UTF-8"
            yield RefusedReading(f"line {number}", "encoding_invalid", hint)
            continue
        yield number, text.rstrip("\r\n")
