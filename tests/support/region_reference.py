"""Where and when: wall clock, days, weekends and holidays of one place (contracts 0 and 2).

Readings
--------
* ``state`` is a subdivision code of the ``holidays`` library, with or without the country in
  front (``NSW``, ``AU-NSW``); a state or country the library does not know has no own holidays.
* The public holidays are the library's default category with observed (moved) days.
* A local midnight that does not exist is the first instant that belongs to the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import holidays

MINUTE = timedelta(minutes=1)
SATURDAY, SUNDAY = 5, 6
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Region:
    """A location: tz-database zone, ISO country and state."""

    zone: str
    country: str | None = None
    state: str | None = None

    def wall(self, instant: datetime) -> datetime:
        """The wall-clock reading ("evaluated in the location's tz-database zone", contract 0)."""
        return instant.astimezone(ZoneInfo(self.zone))

    def is_weekend(self, day: date) -> bool:
        """ "weekend days follow the country; a place without `country_code` has Saturday and
        Sunday" (contract 2)."""
        calendar = _calendar(self.country, self.state)
        if calendar is None:
            return day.weekday() in (SATURDAY, SUNDAY)
        return calendar.is_weekend(day)

    def is_holiday(self, day: date) -> bool:
        """ "public holidays of the location's country and state"; none without a country."""
        calendar = _calendar(self.country, self.state)
        return calendar is not None and day in calendar

    def midnight(self, day: date) -> datetime:
        """The first whole minute (UTC) whose wall clock shows `day` or a later one."""
        return _midnight(self.zone, day)

    def instants_at(self, day: date, clock: time) -> list[datetime]:
        """Every instant (0, 1 or 2, UTC) at which the wall clock reads `day` and `clock`."""
        found: list[datetime] = []
        for fold in (0, 1):
            local = datetime.combine(day, clock, ZoneInfo(self.zone)).replace(fold=fold)
            instant = local.astimezone(UTC)
            shown = self.wall(instant)
            if (shown.date(), shown.time()) == (day, clock) and instant not in found:
                found.append(instant)
        return found


@cache
def _calendar(country: str | None, state: str | None) -> holidays.HolidayBase | None:
    if country is None:
        return None
    subdivision = state.rpartition("-")[2] if state else None
    for choice in (subdivision, None):
        try:
            return holidays.country_holidays(country, subdiv=choice)
        except NotImplementedError:
            continue
    return None


@cache
def _midnight(zone: str, day: date) -> datetime:
    instant = datetime.combine(day, time(0), UTC) - timedelta(hours=16)
    while instant.astimezone(ZoneInfo(zone)).date() < day:
        instant += MINUTE
    return instant


def instant_of(text: str | datetime) -> datetime:
    """An RFC 3339 text (or aware datetime) in UTC ("Inputs need an offset or `Z`", contract 0)."""
    moment = datetime.fromisoformat(text) if isinstance(text, str) else text
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment.astimezone(UTC)


def contract_edge(text: str, region: Region) -> datetime:
    """ "dates or instants; a date is the local midnight" (contract 2)."""
    if len(text) == len("YYYY-MM-DD"):
        return region.midnight(date.fromisoformat(text))
    return instant_of(text)


def later_days(instant: datetime, days: int, region: Region) -> datetime:
    """The same wall clock `days` local calendar days later; the later edge of a skipped time."""
    local = region.wall(instant)
    target = local.date() + timedelta(days=days)
    if instant == region.midnight(local.date()):
        return region.midnight(target)
    wanted = datetime.combine(target, local.time(), ZoneInfo(region.zone)).replace(fold=local.fold)
    found = wanted.astimezone(UTC)
    if region.wall(found).time() != wanted.time():
        found = found.replace(second=0, microsecond=0)
        while region.wall(found - MINUTE).replace(tzinfo=None) > wanted.replace(tzinfo=None):
            found -= MINUTE
    return found


def on_clock(clock: str, instant: datetime, region: Region) -> datetime:
    """The wall-clock reading on "`LOCAL` (default), `UTC`, or a fixed offset such as `+10:00`"."""
    if clock == "LOCAL":
        return region.wall(instant)
    if clock == "UTC":
        return instant.astimezone(UTC)
    sign = -1 if clock[0] == "-" else 1
    offset = timedelta(hours=int(clock[1:3]), minutes=int(clock[4:6]))
    return instant.astimezone(timezone(sign * offset))


def grid(start: datetime, end: datetime, step_minutes: int = 1) -> list[tuple[datetime, datetime]]:
    """`[start, end)` cut at every whole minute (or every `step_minutes` since the epoch)."""
    spans: list[tuple[datetime, datetime]] = []
    step = step_minutes * 60
    cursor = start
    while cursor < end:
        following = datetime.fromtimestamp((int(cursor.timestamp()) // step + 1) * step, UTC)
        spans.append((cursor, min(following, end)))
        cursor = spans[-1][1]
    return spans
