"""Which windows a day has: each local calendar day is decided on its own (contract 2).

A line (a block of an entry) matches a day when the month, the dates and the day of the week
do. Lines of entries with `dates` come before those without: where one matches, the ordinary
lines are out. Days with the same lines share a pattern, so that a year is a handful of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattyard.tariffs.domain.calendar import DayFacts, Marks, day_number
from wattyard.tariffs.domain.schedule import (
    DAY_SECONDS,
    Dates,
    Entry,
    Line,
    Schedule,
    Weekdays,
)


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """How n days are priced.

    `of_day` (n): which of `lines` (the numbers of the matching lines, ascending; none for a day
    that nothing matches) each day has. `first_day` (one a pattern): its first day, as a
    position 0..n-1. `special` (n): whether entries with `dates` decided the day.
    """

    of_day: NDArray[np.intp]
    lines: tuple[tuple[int, ...], ...]
    first_day: NDArray[np.intp]
    special: Marks


def patterns(schedule: Schedule, days: DayFacts) -> Patterns:
    """Match a schedule against days."""
    ordinary, special = _lines_by_day(schedule, days)
    is_special = np.logical_or.reduce(special, axis=0)
    matched = np.where(is_special, special, ordinary)
    packed = np.packbits(matched, axis=0)
    keys = np.ascontiguousarray(packed.T)
    distinct = keys.view(np.dtype((np.void, keys.shape[1]))).ravel() if keys.size else None
    if distinct is None:
        nothing = np.zeros(days.days.size, np.intp)
        return Patterns(nothing, ((),), np.zeros(1, np.intp), is_special)
    _, first, of_day = np.unique(distinct, return_index=True, return_inverse=True)
    lines = tuple(tuple(int(line) for line in np.flatnonzero(matched[:, day])) for day in first)
    return Patterns(of_day, lines, first, is_special)


def _lines_by_day(schedule: Schedule, days: DayFacts) -> tuple[Marks, Marks]:
    """Mark (lines, days) which lines match which days: ordinary ones, and those with dates."""
    shape = (len(schedule.lines), days.days.size)
    ordinary, special = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    known: dict[int, Marks] = {}
    for number, line in enumerate(schedule.lines):
        entry = known.get(id(line.entry))
        if entry is None:
            entry = known[id(line.entry)] = _entry_matches(line.entry, days)
        target = special if line.entry.dates else ordinary
        target[number] = entry & _weekdays_match(line.block.weekdays, days)
    return ordinary, special


def _entry_matches(entry: Entry, days: DayFacts) -> Marks:
    months = np.zeros(13, np.bool_)
    months[list(entry.months)] = True
    matching = months[days.month]
    return matching & _dates_match(entry.dates, days) if entry.dates else matching


def _dates_match(dates: Dates, days: DayFacts) -> Marks:
    of_month = np.zeros(32, np.bool_)
    of_month[list(dates.days_of_month)] = True
    matching = of_month[days.day_of_month]
    if dates.holidays:
        matching = matching | days.holiday
    if dates.yearly:
        yearly = [month * 32 + day for month, day in dates.yearly]
        matching = matching | np.isin(days.month * 32 + days.day_of_month, yearly)
    if dates.once:
        once = np.array([day_number(day) for day in dates.once])
        place = np.minimum(np.searchsorted(days.days, once), days.days.size - 1)
        matching = matching.copy()
        matching[place[days.days[place] == once]] = True
    return matching


def _weekdays_match(weekdays: Weekdays, days: DayFacts) -> Marks:
    named = np.zeros(7, np.bool_)
    named[list(weekdays.named)] = True
    matching = named[days.weekday]
    if weekdays.working:
        matching = matching | ~days.weekend
    return matching | days.weekend if weekdays.weekend else matching


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a day, in seconds after midnight, and the number of the window that owns it."""

    from_second: int
    to_second: int
    window: int


def stretches(schedule: Schedule, lines: tuple[int, ...]) -> list[Stretch]:
    """List the stretches of the windows of some lines, in order of time, then of the document."""
    found = [
        Stretch(start, end, line.first_window + number)
        for line in (schedule.lines[n] for n in lines)
        for number, window in enumerate(line.block.windows)
        for start, end in window.stretches
    ]
    return sorted(found, key=lambda stretch: (stretch.from_second, stretch.window))


class CoverJudge:
    """Tells whether lines together cover a day exactly once, without listing stretches.

    A term can have thousands of patterns of hundreds of windows; nearly all are good.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._starts, self._ends = [], []
        for line in schedule.lines:
            pieces = [piece for window in line.block.windows for piece in window.stretches]
            self._starts.append(np.array([start for start, _ in pieces], dtype=np.int64))
            self._ends.append(np.array([end for _, end in pieces], dtype=np.int64))

    def is_exact(self, lines: tuple[int, ...]) -> bool:
        """Tell whether every second of the day is in one stretch of the lines (at least one)."""
        starts = np.sort(np.concatenate([self._starts[line] for line in lines]))
        ends = np.sort(np.concatenate([self._ends[line] for line in lines]))
        whole = bool(starts.size) and starts[0] == 0 and ends[-1] == DAY_SECONDS
        return whole and bool((starts[1:] == ends[:-1]).all())


def window_path(line: Line, window: int) -> str:
    """Say where the window with a number in `Schedule.windows` stands in the document."""
    return f"{line.path}.hours[{window - line.first_window}]"
