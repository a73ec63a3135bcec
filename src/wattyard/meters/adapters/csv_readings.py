"""CSV files of meter readings: one period per row, with a column map.

Nothing is guessed that could be silently wrong: numbers with thousand separators, dates that may be
two, and local times that the clock shows twice or never are refused with a hint, unless the map or
the order of the file decides. A row that says that it is not energy, or that it flows the other
way, is not taken for energy drawn from the grid.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO
from zoneinfo import ZoneInfo

from wattyard.kernel import civil
from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.column_map import ColumnMap
from wattyard.meters.adapters.csv_layout import Layout, Line, cells_of, layout_of
from wattyard.meters.adapters.csv_rows import RowTimes
from wattyard.meters.adapters.csv_series import auto_lengths, register_reads
from wattyard.meters.adapters.csv_values import RowValues
from wattyard.meters.adapters.meter_file import (
    Noted,
    Options,
    Part,
    RefusedReading,
    judged,
    text_lines,
)
from wattyard.meters.adapters.wall_order import TimedRow, in_order


def readings(stream: BinaryIO, options: Options) -> Iterator[Part]:
    """Read a CSV file: one reading for each row and column of values.

    Rows stay in order, except around a local hour that the clock shows twice. Where the neighbours
    of a row decide what it means (`--length auto`, register reads), the rows are held, and come
    register by register in the order of time.

    Raises:
        ValueError: when the options have no column map.
    """
    columns = options.columns
    if columns is None:
        raise ValueError("a CSV file needs a column map")
    lines = text_lines(stream)
    found = yield from layout_of(lines, columns)
    if found is None:
        return
    layout, pending = found
    table = _Table.of(columns, layout, options)
    rows = in_order(table.rows(pending, lines), table.zone, ends=layout.label == layout.end)
    if columns.register_reads:
        yield from register_reads(rows, table.values)
    elif columns.length == "AUTO":
        yield from auto_lengths(rows, table.values, table.zone, ends=columns.start is None)
    else:
        for row in rows:
            yield from table.judged(row) if isinstance(row, TimedRow) else (row,)


@dataclass(frozen=True, slots=True)
class _Table:
    """A CSV file whose columns are known."""

    columns: ColumnMap
    layout: Layout
    zone: ZoneInfo
    times: RowTimes
    values: RowValues

    @classmethod
    def of(cls, columns: ColumnMap, layout: Layout, options: Options) -> "_Table":
        zone = civil.zone(options.zone)
        times = RowTimes(columns, layout, zone)
        return cls(
            columns, layout, zone, times, RowValues(columns, layout, options.default_direction)
        )

    def rows(
        self, pending: list[Line], lines: Iterator[Line | RefusedReading]
    ) -> Iterator[TimedRow | RefusedReading | Noted]:
        for line in pending:
            yield from self._row(*line)
        for read in lines:
            if isinstance(read, RefusedReading):
                yield read
            else:
                yield from self._row(*read)

    def judged(self, row: TimedRow) -> Iterator[Part]:
        listed = self.layout.values if row.value is None else (row.value,)
        said = self.values.certainty(row)
        if not isinstance(said, float):
            yield said
            return
        for value in listed:
            try:
                period = self.times.period(row, value)
            except ValueError as wrong:
                yield RefusedReading(f"line {row.line}", "end_time_invalid", str(wrong))
                return
            found = self.values.energy(row, value, period)
            if isinstance(found, RefusedReading):
                yield found
            else:
                yield judged(found.where, period, found.energy_kwh, found.register, said)

    def _row(self, line: int, text: str) -> Iterator[TimedRow | RefusedReading | Noted]:
        if not text.strip():
            return
        cells = cells_of(text, self.layout.delimiter)
        fault = self._fault(line, cells)
        if fault is not None:
            yield fault
        elif cells and any(cells):
            passed_over = self.values.passed_over(line, cells)
            if passed_over is not None:
                yield passed_over
            else:
                yield from self.times.labelled(line, cells, self.values.lane(cells))

    def _fault(self, line: int, cells: Sequence[str] | None) -> RefusedReading | None:
        if cells is None:
            hint = "the row is not CSV: a quote is not closed, or is inside a cell"
            return RefusedReading(f"line {line}", "row_invalid", hint)
        width = self.layout.width
        if len(cells) < self.layout.least or any(cells[width:]):
            hint = f"the row has {len(cells)} cells where {width} are expected"
            return RefusedReading(f"line {line}", "row_invalid", hint)
        return None
