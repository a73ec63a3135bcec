"""Whether a schedule prices every instant of its contract exactly once (contract 2, Grammar)."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.calendar import (
    CalendarRegion,
    DayFacts,
    date_of,
    day_kinds,
    day_number,
    facts,
)
from wattyard.tariffs.domain.refusals import (
    GapInTimePeriod,
    IncompleteTimePeriod,
    ScheduleRefused,
    TimePeriodOverlap,
)
from wattyard.tariffs.domain.schedule import (
    DAY_SECONDS,
    CoverJudge,
    Schedule,
    WindowPart,
    patterns,
    stretches,
    window_path,
)

FAULT_LIMIT: Final = 100
_DAYS_JUDGED: Final = 41 * 366
"""In 41 years every date falls on every day of the week, 29 February and 2100 included."""
_SINGLE_DAYS_JUDGED: Final = 100 * 366


def check(schedule: Schedule, region: CalendarRegion, first: date, last: date) -> None:
    """Judge a schedule on every local day from `first` to `last`, inclusive.

    Of a longer term the first 41 years are judged, and the single dates named of the first 100.

    Raises:
        ScheduleRefused: with every fault found, at most 100: `incomplete_time_period` (the
            first date that no entry matches), `gap_in_time_period` and `time_period_overlap`
            (each once, with the first day that has it).
    """
    found: dict[Fault, None] = {}
    for fault in _faults(schedule, region, first, last):
        found[fault] = None
        if len(found) == FAULT_LIMIT:
            break
    if found:
        raise ScheduleRefused.of(list(found))


def _faults(schedule: Schedule, region: CalendarRegion, first: date, last: date) -> Iterator[Fault]:
    start, end = day_number(first), day_number(last)
    judge = CoverJudge(schedule)
    missing: list[int] = []
    for days in _judged(schedule, region, start, end):
        found = patterns(schedule, days)
        for position, lines in sorted(zip(found.first_day.tolist(), found.lines, strict=True)):
            day = int(days.days[position])
            if not lines:
                missing.append(day)
            elif not judge.is_exact(lines):
                yield from _day_faults(schedule, lines, day)
    if missing:
        yield _incomplete(min(missing))


def _judged(schedule: Schedule, region: CalendarRegion, start: int, end: int) -> Iterator[DayFacts]:
    """The days of the first years, one of each kind, then the single dates named after them."""
    until = min(end, start + _DAYS_JUDGED - 1)
    dates = [entry.dates for entry in schedule.entries]
    if any(own.once for own in dates):
        yield facts(region, start, until)
    else:
        by_date = any(own.days_of_month or own.yearly for own in dates)
        yield day_kinds(region, start, until, by_date)
    last = min(end, start + _SINGLE_DAYS_JUDGED)
    single = {day_number(day) for entry in schedule.entries for day in entry.dates.once}
    later = sorted(day for day in single if until < day <= last)
    if later:
        days = facts(region, later[0], later[-1])
        yield days.only(np.array(later, dtype=np.int64))


def _incomplete(day: int) -> Fault:
    return Fault(
        IncompleteTimePeriod.code,
        f"no entry of the schedule matches {_named(day)}; every day of the contract needs one",
        "schedule",
    )


def _day_faults(schedule: Schedule, lines: tuple[int, ...], day: int) -> Iterator[Fault]:
    covered = 0
    owner: WindowPart | None = None
    for stretch in stretches(schedule, lines):
        if stretch.from_second > covered:
            yield _gap(schedule, lines, day, covered, stretch.from_second)
        elif stretch.from_second < covered and owner is not None:
            yield _overlap(schedule, lines, day, owner, stretch)
        if stretch.to_second > covered:
            covered, owner = stretch.to_second, stretch
    if covered < DAY_SECONDS:
        yield _gap(schedule, lines, day, covered, DAY_SECONDS)


def _gap(schedule: Schedule, lines: tuple[int, ...], day: int, start: int, end: int) -> Fault:
    only = schedule.lines[lines[0]].path + ".hours" if len(lines) == 1 else ""
    return Fault(
        GapInTimePeriod.code,
        f"{_named(day)} has no price from {clock_text(start)} to {clock_text(end)}; the hours of a "
        f"day must cover it exactly once",
        f"schedule{only}",
    )


def _overlap(
    schedule: Schedule, lines: tuple[int, ...], day: int, owner: WindowPart, stretch: WindowPart
) -> Fault:
    end = min(owner.to_second, stretch.to_second)
    first, second = sorted((owner.window, stretch.window))
    return Fault(
        TimePeriodOverlap.code,
        f"{_named(day)} is priced twice from {clock_text(stretch.from_second)} to "
        f"{clock_text(end)}: by schedule{_path(schedule, lines, first)} and "
        f"schedule{_path(schedule, lines, second)}",
        f"schedule{_path(schedule, lines, second)}",
    )


def _path(schedule: Schedule, lines: tuple[int, ...], window: int) -> str:
    owners = (schedule.lines[n] for n in reversed(lines))
    line = next(line for line in owners if line.first_window <= window)
    return window_path(line, window)


def _named(day: int) -> str:
    return f"{date_of(day):%Y-%m-%d (%A)}"


def clock_text(second: int) -> str:
    """Write seconds after midnight as HH:mm, with seconds where there are any."""
    hours, rest = divmod(second, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
