"""Which cell of a CSV row is what: the header, the delimiter, the mapped columns."""

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from wattyard.meters.adapters.meter_file import Column, ColumnMap, RefusedReading, Register, Unit
from wattyard.meters.adapters.written_times import read_time
from wattyard.meters.domain.readings import FlowDirection

_DELIMITERS: Final = (";", "\t", "|", ",")
_HEADER_WITHIN: Final = 30
"""Rows at the start of a file among which its header is looked for."""

Line = tuple[int, str]
"""A line's number, from 1, and its text."""


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """A column of values: its position in a row, from 0, and what it measures."""

    position: int
    register: Register
    unit: Unit


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions (from 0) of the mapped columns in a row of `width` cells."""

    delimiter: str
    width: int
    date: int | None
    start: int | None
    end: int | None
    values: tuple[LayoutColumn, ...]

    @property
    def least(self) -> int:
        """How many cells a row must have, so that none that is read is missing."""
        positions = (self.date, self.start, self.end, *(value.position for value in self.values))
        return 1 + max(position for position in positions if position is not None)


Found = tuple[Layout, list[Line]]
"""A layout, and lines read to find it that hold readings."""


def cells_of(text: str, delimiter: str) -> list[str] | None:
    """Split a row into stripped cells; None when its quotes are wrong."""
    if '"' not in text:
        return [cell.strip() for cell in text.split(delimiter)]
    try:
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True)
    except csv.Error:
        return None
    return [cell.strip() for cell in cells]


def layout_of(
    lines: Iterator[Line | RefusedReading], columns: ColumnMap, direction: FlowDirection
) -> Generator[RefusedReading, None, Found | None]:
    """Find the layout in the first rows; where there is none, report why and give None.

    With named columns, the first row that has them all is the header. With numbered columns,
    rows before the first that holds a time or a number are skipped.
    """
    first: Line | None = None
    told = False
    for _, line in zip(range(_HEADER_WITHIN), lines, strict=False):
        if isinstance(line, RefusedReading):
            told = True
            yield line
            continue
        if not line[1].strip():
            continue
        first = first or line
        found = _in_row(line, columns, direction)
        if isinstance(found, RefusedReading):
            yield found
            return None
        if found is not None:
            return found
    if first is not None:
        yield _no_header(first, columns)
    elif not told:
        yield RefusedReading("line 1", "file_empty", "the file has no rows")
    return None


def _in_row(
    line: Line, columns: ColumnMap, direction: FlowDirection
) -> Found | RefusedReading | None:
    for delimiter in (columns.delimiter,) if columns.delimiter else _delimiters(line[1]):
        cells = cells_of(line[1], delimiter)
        if cells is None:
            continue
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        is_header = any(isinstance(column, str) for column in columns.columns)
        positions = _positions(cells, columns.columns)
        if isinstance(positions, str):
            return RefusedReading(f"line {line[0]}", "column_invalid", positions)
        if positions is None or not (is_header or _has_reading(cells, positions, columns)):
            continue
        layout = _layout(cells, positions, columns, direction, delimiter, is_header=is_header)
        return layout, [] if is_header else [line]
    return None


def _delimiters(text: str) -> tuple[str, ...]:
    return tuple(sign for sign in _DELIMITERS if sign in text) or (",",)


def _positions(cells: list[str], columns: tuple[Column, ...]) -> dict[Column, int] | str | None:
    """Find each column; None when one is missing, a message when one is there twice."""
    names = [cell.casefold() for cell in cells]
    positions: dict[Column, int] = {}
    for column in columns:
        if isinstance(column, int):
            if column > len(cells):
                return None
            positions[column] = column - 1
        elif (name := column.strip().casefold()) not in names:
            return None
        else:
            positions[column] = names.index(name)
    twice = [c for c in columns if isinstance(c, str) and names.count(c.strip().casefold()) > 1]
    if twice:
        return f"the header has {twice[0]!r:.40} more than once; give the column's number instead"
    return positions


def _has_reading(cells: list[str], positions: dict[Column, int], columns: ColumnMap) -> bool:
    """Whether a row holds a time or a number where expected, and so is no header."""
    if any(cells[positions[value.column]][:1].isdigit() for value in columns.values):
        return True
    times = [c for c in (columns.date, columns.start, columns.end) if c is not None]
    for column in times:
        try:
            read_time(cells[positions[column]], day_first=True)
        except ValueError:
            continue
        return True
    return False


def _layout(
    cells: list[str],
    positions: dict[Column, int],
    columns: ColumnMap,
    direction: FlowDirection,
    delimiter: str,
    *,
    is_header: bool,
) -> Layout:
    def position(column: Column | None) -> int | None:
        return None if column is None else positions[column]

    def name(at: int) -> str | None:
        if is_header:
            return cells[at] or None
        return f"column {at + 1}" if len(columns.values) > 1 else None

    values = tuple(
        LayoutColumn(
            positions[value.column],
            Register(name(positions[value.column]), value.direction or direction),
            value.unit or columns.unit,
        )
        for value in columns.values
    )
    return Layout(
        delimiter,
        len(cells),
        position(columns.date),
        position(columns.start),
        position(columns.end),
        values,
    )


def _no_header(first: Line, columns: ColumnMap) -> RefusedReading:
    wanted = ", ".join(str(column) for column in columns.columns)
    return RefusedReading(
        f"line {first[0]}",
        "column_missing",
        f"none of the first {_HEADER_WITHIN} rows has the columns {wanted:.200}; "
        f"the first is {first[1]:.200}",
    )
