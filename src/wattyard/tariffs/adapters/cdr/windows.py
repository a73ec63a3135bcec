"""Seasons, days and hours of an energy plan of the Consumer Data Right, as schedule entries.

Source of the rules: the Consumer Data Standards' energy plan: `startDate` and `endDate` of a
tariff period are MM-DD, both inclusive; hours are ISO 8601 times; an end is the last minute
(20:59) in some plans and the minute after it (21:00) in others.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.adapters.cdr.shapes import ALL_DAYS, HOLIDAYS, CdrPeriod, CdrTime
from wattyard.tariffs.adapters.imports import Body, clock, runs
from wattyard.tariffs.domain.schedule import MONTHS

_DAY_MINUTES: Final = 1440
_NAMES: Final = {code: code.title() for code in ALL_DAYS}
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_CLOCK = re.compile(r"T?(\d\d):(\d\d)(?::\d\d)?(.*)", re.ASCII)
_LEAP_YEAR: Final = 2000


class CdrInvalid(Malformed):
    """The document is no electricity plan of the Consumer Data Right."""

    code = "document_invalid"


class CdrWindow(NamedTuple):
    """The rate of minutes `start` up to without `end` of some days; both equal: all day."""

    days: tuple[str, ...]
    start: int
    end: int
    rate: list[Body]


def window(time: CdrTime, rate: list[Body]) -> CdrWindow:
    """Read hours; without days they are those of every day."""
    return CdrWindow(
        tuple(time.days) or ALL_DAYS, _minutes(time.startTime), _until(time.endTime), rate
    )


def is_whole_day(time: CdrTime) -> bool:
    """Check whether hours are around the clock, whatever the clock shows."""
    return _minutes(time.startTime) == _until(time.endTime)


def offset_of(text: str) -> str:
    """Read the offset from UTC that a time has, empty without one."""
    match = _CLOCK.fullmatch(text)
    return match[3] if match else ""


def _minutes(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[1]) * 60 + int(match[2]) > _DAY_MINUTES or int(match[2]) > 59:
        raise CdrInvalid(f"{text[:20]!r} is no time of the day", param="timeOfUse")
    return (int(match[1]) * 60 + int(match[2])) % _DAY_MINUTES


def _until(text: str) -> int:
    minutes = _minutes(text)
    return (minutes + 1) % _DAY_MINUTES if minutes % 30 == 29 else minutes


def entries(season: Body, windows: Sequence[CdrWindow]) -> list[Body]:
    """Write the ordinary entry of a season, and one for public holidays that have their own."""
    found = [{**season, "days_and_hours": _blocks(windows)}]
    if needs_holidays(windows):
        hours = [_priced(own) for own in windows if HOLIDAYS in own.days]
        block = {"days": ["All"], "hours": hours}
        found.append({**season, "dates": ["Holidays"], "days_and_hours": [block]})
    return found


def needs_holidays(windows: Iterable[CdrWindow]) -> bool:
    """Check whether public holidays are named, and not by every window beside every other day."""
    named = [HOLIDAYS in own.days for own in windows]
    return any(named) and not all(len(set(own.days)) == len(ALL_DAYS) + 1 for own in windows)


def _blocks(windows: Sequence[CdrWindow]) -> list[Body]:
    """Write one block for all days of the week that have the same hours."""
    blocks: list[Body] = []
    for code, day in _NAMES.items():
        hours = [_priced(own) for own in windows if code in own.days]
        same = next((block for block in blocks if block["hours"] == hours), None)
        if same is not None:
            same["days"].append(day)
        elif hours:
            blocks.append({"days": [day], "hours": hours})
    return blocks


def _priced(own: CdrWindow) -> Body:
    return {**hours_between(own.start, own.end), "rate": own.rate}


def hours_between(start: int, end: int) -> Body:
    """Write minutes after midnight as the edges of a window."""
    return {"valid_from": clock(start), "valid_to": clock(end)}


def named_days(codes: Collection[str]) -> list[str]:
    """Write days of the week; public holidays are none."""
    return [day for code, day in _NAMES.items() if code in codes]


def uncovered(windows: Sequence[CdrWindow], rate: list[Body]) -> list[CdrWindow]:
    """Find the time that no window names, day by day, and give it a rate."""
    holidays = (HOLIDAYS,) if needs_holidays(windows) else ()
    found = []
    for code in (*ALL_DAYS, *holidays):
        covered = [False] * _DAY_MINUTES
        for start, end in {(own.start, own.end) for own in windows if code in own.days}:
            _mark(covered, start, end)
        found += [
            CdrWindow((code,), a, b % _DAY_MINUTES, rate) for a, b, c in runs(covered) if not c
        ]
    return found


def _mark(covered: list[bool], start: int, end: int) -> None:
    if end <= start:
        covered[:end] = [True] * end
        end = _DAY_MINUTES
    covered[start:end] = [True] * (end - start)


def season(period: CdrPeriod, path: str) -> Body:
    """Write a season as months where it is made of whole ones, else as its dates."""
    first, last = _yearly(period.startDate, path), _yearly(period.endDate, path)
    if (last.month, last.day) == (2, 28):
        last = last.replace(day=29)
    days = [first]
    while days[-1] != last:
        after = days[-1] + timedelta(days=1)
        days.append(after.replace(year=_LEAP_YEAR))
    if first.day == 1 and (days[-1] + timedelta(days=1)).day == 1:
        months = [MONTHS[m - 1] for m in dict.fromkeys(day.month for day in days)]
        return {"months": ["All"] if len(months) == len(MONTHS) else months}
    return {"dates": [f"{day:%m-%d}" for day in days]}


def _yearly(text: str, path: str) -> date:
    match = _YEARLY.fullmatch(text)
    try:
        if match:
            return date(_LEAP_YEAR, int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise CdrInvalid(f"{path}: a season's dates are MM-DD; got {text[:20]!r}", param=path)
