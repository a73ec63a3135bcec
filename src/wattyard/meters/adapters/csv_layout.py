"""Which cell of a CSV row is what: the header, the delimiter, the mapped columns."""

import csv
import re
from collections.abc import Generator, Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Final

from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.column_map import Column, ColumnMap, Unit
from wattyard.meters.adapters.meter_file import RefusedReading
from wattyard.meters.adapters.written_times import periods_of, read_time
from wattyard.meters.domain.readings import FlowDirection

_DELIMITERS: Final = (";", "\t", "|", ",")
_HEADER_WITHIN: Final = 30
"""Rows at the start of a file among which its header is looked for."""
_TIME_OF_DAY: Final = re.compile(
    r"\[?([01]?\d:[0-5]\d|2[0-4]:[0-5]\d|\d\d\.\d\d(?=\s*[-–]))(?::00)?"
    r"(?:\s*[-–]\s*([01]?\d[:.][0-5]\d|2[0-4][:.][0-5]\d)(?::00)?)?\]?",
    re.ASCII,
)
_MINUTES_A_DAY: Final = 1440
_MINUTE: Final = timedelta(minutes=1)

Line = tuple[int, str]
"""A line's number, from 1, and its text."""


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """A column of values: its position in a row, from 0, its name, and what it measures.

    `minutes`: start and end of its period in minutes of the day, where a row is a day.
    """

    position: int
    name: str | None
    direction: FlowDirection | None
    unit: Unit
    minutes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions (from 0) of the mapped columns in a row of `width` cells.

    `header` (width) names all columns, "" where the file does not; `words` are the columns of the
    map's words, `unnamed` those that the map does not name.
    """

    delimiter: str
    width: int
    header: tuple[str, ...]
    date: int | None
    start: int | None
    end: int | None
    period: int | None
    values: tuple[LayoutColumn, ...]
    words: Mapping[Column, int]
    unnamed: tuple[int, ...]

    @property
    def label(self) -> int | None:
        """Where the time is that orders the rows."""
        return next((at for at in (self.start, self.period, self.end) if at is not None), self.date)

    @property
    def least(self) -> int:
        """How many cells a row must have, so that none that is read is missing."""
        times = (self.date, self.start, self.end, self.period)
        values = (value.position for value in self.values if value.minutes is None)
        positions = (*times, *self.words.values(), *values)
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
    lines: Iterator[Line | RefusedReading], columns: ColumnMap
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
        found = _in_row(line, columns)
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


def _in_row(line: Line, columns: ColumnMap) -> Found | RefusedReading | None:
    for delimiter in (columns.delimiter,) if columns.delimiter else _delimiters(line[1]):
        cells = cells_of(line[1], delimiter)
        if cells is None:
            continue
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        is_header = columns.wide or any(isinstance(one, str) for one in columns.columns)
        positions = _positions(cells, columns.columns)
        if isinstance(positions, str):
            return RefusedReading(f"line {line[0]}", "column_invalid", positions)
        if positions is None or not (is_header or _has_reading(cells, positions, columns)):
            continue
        if columns.wide and not any(map(_TIME_OF_DAY.fullmatch, cells)):
            continue
        layout = _layout(cells, positions, columns, delimiter, is_header=is_header)
        if isinstance(layout, str):
            return RefusedReading(f"line {line[0]}", "column_invalid", layout)
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
    for column in columns.times:
        cell = cells[positions[column]]
        try:
            read_time((periods_of(cell) or (cell,))[0], day_first=True)
        except ValueError:
            continue
        return True
    return False


def _layout(
    cells: list[str],
    positions: dict[Column, int],
    columns: ColumnMap,
    delimiter: str,
    *,
    is_header: bool,
) -> Layout | str:
    """Lay the columns out, or say why they cannot be meant."""

    def position(column: Column | None) -> int | None:
        return None if column is None else positions[column]

    header = tuple(cells) if is_header else ("",) * len(cells)
    values = _values_of_day(cells, columns) if columns.wide else _values(header, positions, columns)
    if isinstance(values, str):
        return values
    named = {*positions.values(), *(value.position for value in values)}
    return Layout(
        delimiter,
        len(cells),
        header,
        position(columns.date),
        position(columns.start),
        position(columns.end),
        position(columns.period),
        values,
        {column: positions[column] for column in columns.words.columns},
        tuple(at for at in range(len(cells)) if at not in named),
    )


def _values(
    header: tuple[str, ...], positions: dict[Column, int], columns: ColumnMap
) -> tuple[LayoutColumn, ...] | str:
    found = []
    for value in columns.values:
        at = positions[value.column]
        if _TIME_OF_DAY.fullmatch(header[at]):
            return (
                f"the column {header[at]!r:.40} is named by a time of day: where a row is a day "
                "and has a column for each period, use --date and --wide"
            )
        name = header[at] or (f"column {at + 1}" if len(columns.values) > 1 else None)
        found.append(LayoutColumn(at, name, value.direction, value.unit or columns.unit))
    return tuple(found)


def _values_of_day(cells: list[str], columns: ColumnMap) -> tuple[LayoutColumn, ...] | str:
    """Lay out the columns that are named by their start, or by start and end."""
    named = [
        (at, match) for at, cell in enumerate(cells) if (match := _TIME_OF_DAY.fullmatch(cell))
    ]
    starts = [_minutes(match[1]) for _, match in named]
    falls = [n for n, (one, other) in enumerate(pairwise(starts), 1) if other < one]
    if max(starts) >= _MINUTES_A_DAY or (falls and starts[-1] == 0):
        return "the columns are named by the ends of their periods; --wide reads starts, or A-B"
    given = columns.length // _MINUTE if isinstance(columns.length, timedelta) else None
    steps = {other - one for one, other in pairwise(starts) if other > one}
    found = []
    for (at, match), start in zip(named, starts, strict=True):
        length = given
        if match[2] is not None:
            length = (_minutes(match[2]) - start) % _MINUTES_A_DAY or _MINUTES_A_DAY
        elif length is None and len(steps) == 1:
            (length,) = steps
        if length is None or given not in (None, length):
            return f"the column {cells[at]!r:.40} is not a period of one --length in minutes"
        found.append(LayoutColumn(at, None, None, columns.unit, (start, start + length)))
    return tuple(found)


def _minutes(text: str) -> int:
    hour, minute = text.replace(".", ":").split(":")
    return int(hour) * 60 + int(minute)


def _no_header(first: Line, columns: ColumnMap) -> RefusedReading:
    wanted = ", ".join(str(column) for column in columns.columns)
    periods = ", and columns named by times of day" if columns.wide else ""
    return RefusedReading(
        f"line {first[0]}",
        "column_missing",
        f"none of the first {_HEADER_WITHIN} rows has the columns {wanted:.200}{periods}; "
        f"the first is {first[1]:.200}",
    )
