"""Civil time: what the wall clock shows (contract 0, wall-clock rules).

`clock_changes` has the same for arrays, and `local_periods` goes by both. A civil day starts at the
first instant whose wall clock shows its date: usually 00:00, but 01:00 where a clock change skips
midnight (America/Santiago, Africa/Cairo), and it has 23, 24 or 25 hours, or 23.5 and 24.5
(Australia/Lord_Howe).
"""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from wattyard.kernel.instants import Span

# The pinned tzdata package is the one source of clock changes: a machine's own copy may be years
# old, and two nodes must agree on the hours of a day.
zoneinfo.reset_tzpath(to=())

_ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def is_zone(name: str) -> bool:
    """Whether `name` is a zone of the tz database, spelled exactly."""
    return name in _zone_names()


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Look up a zone of the tz database.

    Raises:
        ValueError: when there is no such zone.
    """
    if not is_zone(name):
        raise ValueError(f"no time zone {name!r} in the tz database")
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as missing:
        raise ValueError(f"no time zone {name!r} in the tz database") from missing


def start_of_day(day: date, where: ZoneInfo) -> datetime:
    """Find the first instant (UTC) whose wall clock in `where` shows `day`.

    A day that the zone skipped entirely (Pacific/Apia, 2011-12-30) starts where the next does.
    """
    midnight = datetime.combine(day, time(), tzinfo=where)
    earliest = midnight.replace(fold=0).astimezone(UTC)
    if earliest.astimezone(where).date() == day and _shows(earliest, midnight, where):
        return earliest
    return _after_the_gap(midnight, where)


def _shows(instant: datetime, wall: datetime, where: ZoneInfo) -> bool:
    return instant.astimezone(where).replace(tzinfo=None) == wall.replace(tzinfo=None)


def _after_the_gap(midnight: datetime, where: ZoneInfo) -> datetime:
    """Find the clock change that skips `midnight`; the two folds of that wall time enclose it."""
    low, high = sorted(midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    offset_before = low.astimezone(where).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle in (low, high):
            break
        if middle.astimezone(where).utcoffset() == offset_before:
            low = middle
        else:
            high = middle
    return high


def day(date_: date, where: ZoneInfo) -> Span:
    """Give the span of a civil day.

    Raises:
        ValueError: when the zone skipped that day entirely.
    """
    return Span(start_of_day(date_, where), start_of_day(date_ + _ONE_DAY, where))


def date_at(instant: datetime, where: ZoneInfo) -> date:
    """Give the date that the wall clock in `where` shows at `instant`."""
    return instant.astimezone(where).date()


def first_at(wall: datetime, where: ZoneInfo) -> datetime:
    """Find the first instant (UTC) at which the clock in `where` shows `wall` (without offset).

    A wall time that a clock change skips stands for the instant of that change.
    """
    local = wall.replace(tzinfo=where)
    earliest = local.replace(fold=0).astimezone(UTC)
    return earliest if _shows(earliest, local, where) else _after_the_gap(local, where)
