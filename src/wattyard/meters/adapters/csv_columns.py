"""CSV files of meter readings: one period per row, with a column map.

Nothing is guessed that could be silently wrong: numbers with thousand separators, dates that
may be two, and local times that the clock shows twice or never are refused with a hint, unless
the map or the order of the file decides.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from wattyard.kernel import civil
from wattyard.meters.adapters.csv_layout import Layout, LayoutColumn, Line, cells_of, layout_of
from wattyard.meters.adapters.meter_file import (
    ColumnMap,
    MeterReading,
    Options,
    RefusedReading,
    judged,
    text_lines,
)
from wattyard.meters.adapters.wall_order import TimedRow, end_after, in_order
from wattyard.meters.adapters.written_times import WrittenTime, read_time

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}([ '’\u00a0\u202f.,]\d{3})+([.,]\d+)?", re.ASCII)
_SECONDS: Final = timedelta(seconds=1)


def readings(stream: BinaryIO, options: Options) -> Iterator[MeterReading | RefusedReading]:
    """Read a CSV file: one reading for each row and column of values.

    Rows stay in order, except around a local hour that the clock shows twice.

    Raises:
        ValueError: when the options have no column map.
    """
    columns = options.columns
    if columns is None:
        raise ValueError("a CSV file needs a column map")
    lines = text_lines(stream)
    found = yield from layout_of(lines, columns, options.default_direction)
    if found is None:
        return
    layout, pending = found
    table = _Table(columns, layout, civil.zone(options.zone))
    rows = table.rows(pending, lines)
    for row in in_order(rows, table.zone, ends=columns.start is None):
        if isinstance(row, RefusedReading):
            yield row
        else:
            yield from table.judged(row)


@dataclass(frozen=True, slots=True)
class _Table:
    """A CSV file whose columns are known."""

    columns: ColumnMap
    layout: Layout
    zone: ZoneInfo

    def rows(
        self, pending: list[Line], lines: Iterator[Line | RefusedReading]
    ) -> Iterator[TimedRow | RefusedReading]:
        for line in pending:
            yield from self._row(*line)
        for read in lines:
            if isinstance(read, RefusedReading):
                yield read
            else:
                yield from self._row(*read)

    def _row(self, line: int, text: str) -> Iterator[TimedRow | RefusedReading]:
        if not text.strip():
            return
        cells = cells_of(text, self.layout.delimiter)
        width = self.layout.width
        if cells is None:
            hint = "the row is not CSV: a quote is not closed, or is inside a cell"
            yield RefusedReading(f"line {line}", "row_invalid", hint)
            return
        if len(cells) < self.layout.least or any(cells[width:]):
            hint = f"the row has {len(cells)} cells where {width} are expected"
            yield RefusedReading(f"line {line}", "row_invalid", hint)
            return
        if not any(cells):
            return
        at = self.layout.end if self.layout.start is None else self.layout.start
        code = "end_time" if self.layout.start is None else "start_time"
        try:
            yield TimedRow(line, cells, self._label(self._written(cells, at)))
        except ValueError as wrong:
            missing = at is not None and not cells[at]
            yield RefusedReading(
                f"line {line}", f"{code}_{'missing' if missing else 'invalid'}", str(wrong)
            )

    def judged(self, row: TimedRow) -> Iterator[MeterReading | RefusedReading]:
        try:
            period = self._period(row)
        except ValueError as wrong:
            yield RefusedReading(f"line {row.line}", "end_time_invalid", str(wrong))
            return
        several = len(self.layout.values) > 1
        for value in self.layout.values:
            where = f"line {row.line}, {value.register.name}" if several else f"line {row.line}"
            number = _number(
                row.cells[value.position], where, decimal_comma=self.columns.decimal_comma
            )
            if isinstance(number, RefusedReading):
                yield number
                continue
            energy_kwh = _energy_kwh(number, value, period[1] - period[0])
            yield judged(where, period, energy_kwh, value.register, 1.0)

    def _written(self, cells: Sequence[str], position: int | None) -> WrittenTime:
        text = "" if position is None else cells[position]
        if self.layout.date not in (None, position) and text:
            text = f"{cells[self.layout.date]} {text}"
        if not text:
            raise ValueError("the time is missing")
        return read_time(text, day_first=self.columns.day_first)

    def _label(self, written: WrittenTime) -> datetime:
        """Find the instant where an offset is given, else the wall-clock time."""
        if self.columns.length == "DAY":
            return self._day(written)
        if written.utc_offset is None and self.columns.utc_offset is not None:
            return (written.wall - self.columns.utc_offset).replace(tzinfo=UTC)
        if written.utc_offset is None and written.is_date:
            return civil.start_of_day(written.wall.date(), self.zone)
        return written.label

    def _day(self, written: WrittenTime) -> datetime:
        if written.utc_offset is None:
            day = written.wall.date()
            if written.wall.time() != time():
                raise ValueError(f"{written.wall} is not the start of a day")
            return civil.start_of_day(day, self.zone)
        day = civil.date_at(written.label, self.zone)
        if civil.start_of_day(day, self.zone) != written.label:
            raise ValueError(f"{written.wall} is not the start of a day in {self.zone.key}")
        return written.label

    def _period(self, row: TimedRow) -> tuple[datetime, datetime]:
        length = self.columns.length
        if length == "DAY":
            day = civil.date_at(row.label, self.zone)
            following = date.fromordinal(day.toordinal() + 1)
            return row.label, civil.start_of_day(following, self.zone)
        if length is not None:
            start = row.label if self.layout.start is not None else row.label - length
            return start, start + length
        return row.label, self._end(row)

    def _end(self, row: TimedRow) -> datetime:
        written = self._written(row.cells, self.layout.end)
        wall = written.wall
        if self.layout.date is not None and wall.time() == time():
            # The date is that of the start, so 00:00 ends that day, as 24:00 does.
            day = self._written(row.cells, self.layout.date).wall.toordinal()
            following = datetime.combine(date.fromordinal(day + 1), time())
            written = replace(written, wall=following)
        label = self._label(written)
        if label.tzinfo is not None:
            return label
        end = end_after(row.label, label, self.zone)
        if end is None:
            raise ValueError(f"the clock in {self.zone.key} is put forward past {label}")
        return end


def _number(text: str, where: str, *, decimal_comma: bool) -> float | RefusedReading:
    if not text:
        return RefusedReading(where, "value_missing", "the row has no value here")
    mark, other = (",", ".") if decimal_comma else (".", ",")
    plain = text.replace(mark, ".")
    if other not in text and _NUMBER.fullmatch(plain):
        return float(plain)
    hint = "is not a finite number"
    if _GROUPED.fullmatch(text):
        hint = "has thousands separators, or a decimal mark other than the column map's"
    elif other in text:
        hint = f"has {other!r} where the decimal mark is {mark!r}"
    return RefusedReading(where, "value_invalid", f"{text!r:.30} {hint}; write 1234{mark}5")


def _energy_kwh(number: float, value: LayoutColumn, duration: timedelta) -> float:
    seconds = duration / _SECONDS
    match value.unit:
        case "WH":
            return number / 1000
        case "W":
            return number * seconds / 3_600_000
        case "KW":
            return number * seconds / 3600
    return number
