"""Seasons, days and hours of an energy plan of the Consumer Data Right, as schedule entries.

Source of the rules: the Consumer Data Standards' energy plan: `startDate` and `endDate` of a
tariff period are MM-DD, both inclusive; hours are ISO 8601 times; an end is the last minute
(20:59) in some plans and the minute after it (21:00) in others. Older answers write hours without
a colon (`"0900"`, `700`), and days as words or as an object of yes and no.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.adapters.cdr.shapes import (
    ALL_DAYS,
    HOLIDAYS,
    CdrDays,
    CdrPeriod,
    CdrTime,
    Zone,
)
from wattyard.tariffs.adapters.imports import Body, clock
from wattyard.tariffs.domain.schedule import MONTHS

STANDARD_CLOCK: Final = "+10:00"
"""Eastern standard time all the year (AEST)."""
_DAY_MINUTES: Final = 1440
_NAMES: Final = {code: code.title() for code in ALL_DAYS}
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_CLOCK = re.compile(r"T?(\d\d):(\d\d)(?::\d\d)?([+-]\d\d:?\d\d|Z)?", re.ASCII)
_DIGITS = re.compile(r"\d{1,4}", re.ASCII)
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "BUSINESS_DAYS": ALL_DAYS[:5],
    **dict(
        zip(
            ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"),
            ((day,) for day in ALL_DAYS),
            strict=True,
        )
    ),
}
_LEAP_YEAR: Final = 2000
_LEAP_DAYS: Final = 366


class CdrInvalid(Malformed):
    """The document is not an electricity plan of the Consumer Data Right."""

    code = "document_invalid"


class CdrWindow(NamedTuple):
    """The rate of minutes `start` up to without `end` of some days; both equal: all day."""

    days: tuple[str, ...]
    start: int
    end: int
    rate: list[Body]


def window(time: CdrTime, rate: list[Body]) -> CdrWindow:
    """Read hours; without days they are those of every day."""
    days = days_of(time) or ALL_DAYS
    return CdrWindow(days, _minutes(time.startTime), _until(time.endTime), rate)


def days_of(time: CdrTime) -> tuple[str, ...]:
    """List the days that hours name, in the words of the standard; none without any."""
    if isinstance(time.days, CdrDays):
        told = (time.days.weekdays,) * 5 + (time.days.saturday, time.days.sunday)
        return tuple(day for day, named in zip(ALL_DAYS, told, strict=True) if named)
    named = dict.fromkeys(day for word in time.days for day in _WORDS.get(word, (word,)))
    return tuple(named)


def is_always(time: CdrTime) -> bool:
    """Check whether hours are around the clock on all days, whatever the clock shows."""
    every_day = not set(ALL_DAYS) - set(days_of(time) or ALL_DAYS)
    return every_day and _minutes(time.startTime) == _until(time.endTime)


def clock_of(text: str | int, zone: Zone) -> str:
    """Name the clock that a time is read on: that of its own offset, or of its zone."""
    match = _CLOCK.fullmatch(str(text))
    offset = match[3] if match else None
    if offset is None:
        return STANDARD_CLOCK if zone == "AEST" else "LOCAL"
    return "UTC" if offset == "Z" else f"{offset[:3]}:{offset[-2:]}"


def _minutes(text: str | int) -> int:
    digits = str(text)
    if _DIGITS.fullmatch(digits):
        digits = f"{digits:0>4}"
        digits = f"{digits[:2]}:{digits[2:]}"
    match = _CLOCK.fullmatch(digits)
    if match is None or int(match[1]) * 60 + int(match[2]) > _DAY_MINUTES or int(match[2]) > 59:
        raise CdrInvalid(f"{str(text)[:20]!r} is not a time of day", param="timeOfUse")
    return (int(match[1]) * 60 + int(match[2])) % _DAY_MINUTES


def _until(text: str | int) -> int:
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
        named = sorted({(own.start, own.end) for own in windows if code in own.days})
        found += [CdrWindow((code,), start, end, rate) for start, end in _between(named)]
    return found


def overlapping(windows: Sequence[CdrWindow]) -> bool:
    """Check whether two windows name the same minute of a day."""
    for code in (*ALL_DAYS, HOLIDAYS):
        named = [(own.start, own.end) for own in windows if code in own.days]
        parts = sorted(part for start, end in named for part in _within_day(start, end))
        if any(one[1] > other[0] for one, other in pairwise(parts)):
            return True
    return False


def _between(hours: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Find the minutes of a day that no hours cover; what goes on over midnight is one."""
    parts = [part for start, end in hours for part in _within_day(start, end)]
    gaps, at = [], 0
    for start, end in [*sorted(parts), (_DAY_MINUTES, _DAY_MINUTES)]:
        if start > at:
            gaps.append((at, start))
        at = max(at, end)
    if len(gaps) > 1 and gaps[0][0] == 0 and gaps[-1][1] == _DAY_MINUTES:
        gaps = [(gaps[-1][0], gaps[0][1]), *gaps[1:-1]]
    return [(start, end % _DAY_MINUTES) for start, end in gaps]


def _within_day(start: int, end: int) -> list[tuple[int, int]]:
    if end > start:
        return [(start, end)]
    return [(0, end), (start, _DAY_MINUTES)] if end else [(start, _DAY_MINUTES)]


def season(period: CdrPeriod, path: str) -> Body:
    """Write a season as months where it is made of whole ones, else as its dates."""
    first, last = _yearly(period.startDate, path), _yearly(period.endDate, path)
    if (last.month, last.day) == (2, 28):
        last = last.replace(day=29)
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        count = (last.month - first.month) % len(MONTHS) + 1
        if count == len(MONTHS):
            return {"months": ["All"]}
        return {"months": [MONTHS[(first.month - 1 + n) % len(MONTHS)] for n in range(count)]}
    year = date(_LEAP_YEAR, 1, 1)
    since = (first - year).days
    days = range((last - first).days % _LEAP_DAYS + 1)
    named = (year + timedelta(days=(since + n) % _LEAP_DAYS) for n in days)
    return {"dates": [f"{day:%m-%d}" for day in named]}


def _yearly(text: str, path: str) -> date:
    match = _YEARLY.fullmatch(text)
    try:
        if match:
            return date(_LEAP_YEAR, int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise CdrInvalid(f"{path}: a season's dates are MM-DD; got {text[:20]!r}", param=path)
