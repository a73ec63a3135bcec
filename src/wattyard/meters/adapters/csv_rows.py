"""The times of CSV rows: which instant labels a row, and when its period ends."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel import civil
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.column_map import ColumnMap
from wattyard.meters.adapters.csv_layout import Layout, LayoutColumn
from wattyard.meters.adapters.meter_file import RefusedReading
from wattyard.meters.adapters.wall_order import TimedRow, end_after, is_skipped
from wattyard.meters.adapters.written_times import WrittenTime, periods_of, read_time

_PERIOD_NUMBER: Final = re.compile(r"\d{1,3}", re.ASCII)
_TIME_OF_DAY: Final = re.compile(r"\d\d?:\d\d.*", re.ASCII)
_DAY: Final = timedelta(days=1)

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class RowTimes:
    """The columns of times of a file, and the clock that they are read on."""

    columns: ColumnMap
    layout: Layout
    zone: ZoneInfo

    def labelled(
        self, line: int, cells: Sequence[str], lane: str
    ) -> Iterator[TimedRow | RefusedReading]:
        """Label a row with its time; where a row is a day, once for each of its values."""
        try:
            if self.columns.wide:
                yield from self._of_day(line, cells, lane)
            else:
                yield TimedRow(line, cells, self._row_label(cells), lane)
        except ValueError as wrong:
            at = self.layout.label
            code = "end_time" if at is not None and at == self.layout.end else "start_time"
            kind = "missing" if at is not None and not cells[at] else "invalid"
            yield RefusedReading(f"line {line}", f"{code}_{kind}", str(wrong))

    def period(self, row: TimedRow, value: LayoutColumn) -> Period:
        """Find the period of a labelled row.

        Raises:
            ValueError: saying what is wrong with its end.
        """
        if value.minutes is not None:
            return row.label, row.label + timedelta(minutes=value.minutes[1] - value.minutes[0])
        length = self.columns.length
        if length == "DAY":
            following = date.fromordinal(civil.date_at(row.label, self.zone).toordinal() + 1)
            return row.label, civil.start_of_day(following, self.zone)
        if isinstance(length, timedelta):
            start = row.label if self.layout.start is not None else row.label - length
            return start, start + length
        return row.label, self._end(row)

    def _row_label(self, cells: Sequence[str]) -> datetime:
        if self.columns.numbered:
            return self._numbered(cells)
        if self.columns.period is not None:
            return self._label(self._read(cells, self._parts(cells)[0]))
        return self._label(self._written(cells, self.layout.label))

    def _of_day(self, line: int, cells: Sequence[str], lane: str) -> Iterator[TimedRow]:
        day = self._written(cells, self.layout.date)
        if day.wall.time() != time():
            raise ValueError(f"{day.wall} is not a day")
        cells = [*cells, *[""] * (self.layout.width - len(cells))]
        starts = set[int]()
        for value in self.layout.values:
            if value.minutes is None:
                continue
            start = value.minutes[0]
            label = self._label(
                replace(day, wall=day.wall + timedelta(minutes=start), is_date=False)
            )
            skipped = label.tzinfo is None and is_skipped(label, self.zone)
            # A second column of one time is for the day on which the clock shows it twice.
            if cells[value.position] or not (skipped or start in starts):
                yield TimedRow(line, cells, label, lane, value)
            starts.add(start)

    def _numbered(self, cells: Sequence[str]) -> datetime:
        """Find the start of a period by its number: periods elapse from the start of the day."""
        date_ = self._written(cells, self.layout.date).wall.date()
        if self.columns.utc_offset is None:
            day = civil.day(date_, self.zone)
        else:
            midnight = datetime.combine(date_, time(), UTC) - self.columns.utc_offset
            day = Span(midnight, midnight + _DAY)
        text = cells[self.layout.start or 0]
        length = self.columns.length
        assert isinstance(length, timedelta)  # noqa: S101 (a column map of numbers has one)
        count = (day.end - day.start) // length
        if not _PERIOD_NUMBER.fullmatch(text) or not 1 <= int(text) <= count:
            raise ValueError(f"{text!r:.40} is not a period of the day, which has 1 to {count}")
        return day.start + (int(text) - 1) * length

    def _written(self, cells: Sequence[str], position: int | None) -> WrittenTime:
        text = "" if position is None else cells[position]
        return self._read(cells, text, dated=self.layout.date not in (None, position))

    def _read(self, cells: Sequence[str], text: str, *, dated: bool | None = None) -> WrittenTime:
        if not text:
            raise ValueError("the time is missing")
        date_at = self.layout.date
        if date_at is not None and dated is not False:
            text = f"{cells[date_at]} {text}"
        try:
            return read_time(text, day_first=self.columns.day_first)
        except ValueError as wrong:
            raise ValueError(f"{wrong}{_meant(text, dated=date_at is not None)}") from None

    def _parts(self, cells: Sequence[str]) -> tuple[str, str]:
        text = cells[self.layout.period or 0]
        if not text:
            raise ValueError("the time is missing")
        parts = periods_of(text)
        if parts is None:
            raise ValueError(f"{text!r:.60} is not a period such as 2025-03-30 00:00 to 01:00")
        return parts

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

    def _end(self, row: TimedRow) -> datetime:
        if self.columns.period is not None:
            first, last = self._parts(row.cells)
            of_start = bool(_TIME_OF_DAY.fullmatch(last))
            if of_start and self.layout.date is None:
                last = f"{first.replace('T', ' ').split(' ')[0]} {last}"
            written = self._read(row.cells, last)
        else:
            of_start = self.layout.date is not None
            written = self._written(row.cells, self.layout.end)
        wall = written.wall
        if of_start and wall.time() == time() and not self._is_later(row, written):
            # The date is that of the start, so 00:00 ends that day, as 24:00 does.
            following = datetime.combine(date.fromordinal(wall.toordinal() + 1), time())
            written = replace(written, wall=following)
        label = self._label(written)
        if label.tzinfo is not None:
            return label
        end = end_after(row.label, label, self.zone)
        if end is None:
            raise ValueError(f"the clock in {self.zone.key} is put forward past {label}")
        return end

    def _is_later(self, row: TimedRow, written: WrittenTime) -> bool:
        """Whether a midnight is that of a later day than the row's start."""
        if self.columns.period is None:
            day = self._written(row.cells, self.layout.date).wall.date()
        else:
            day = self._read(row.cells, self._parts(row.cells)[0]).wall.date()
        return written.wall.date() > day


def _meant(text: str, *, dated: bool) -> str:
    """Name the option that is meant where a time is written as something else."""
    last = text.rpartition(" ")[2] if dated else text
    if _PERIOD_NUMBER.fullmatch(last):
        return "; if it numbers the periods of the day, use --date, --start and --numbered"
    if periods_of(text) is not None:
        return "; if it is a whole period, use --period"
    return ""
