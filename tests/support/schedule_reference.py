"""Which window of a schedule holds at a wall-clock minute (contract 2, "Schedule grammar").

Readings
--------
* An entry matches a day when its `months`, its `dates` (if any) and at least one of its `days` do.
  `days` missing or empty is every day, and so are `months`.
* "Within the same matched day": a wrapping window is decided by the day whose wall clock is read,
  never by the evening before.
* Windows finer than a minute are refused (ValueError): this reference cannot see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from .region_reference import Region

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Owner = tuple[int, int, int]
Json = dict[str, Any]


def windows_of(schedule: list[Json], day: date, region: Region) -> list[tuple[Owner, Json, bool]]:
    """The `hours` entries that hold on a local day, each with its position in the schedule.

    "Among entries that match it, those with `dates` come before those without (a special day
    replaces the ordinary one as a whole)."
    """
    matching = [i for i, entry in enumerate(schedule) if entry_matches(entry, day, region)]
    special = [i for i in matching if schedule[i].get("dates")]
    return [
        ((i, j, k), window, bool(special))
        for i in special or matching
        for j, group in enumerate(schedule[i]["days_and_hours"])
        if days_match(group.get("days"), day, region)
        for k, window in enumerate(group["hours"])
    ]


def entry_matches(entry: Json, day: date, region: Region) -> bool:
    """Whether a schedule entry matches a local day by months, dates and days."""
    months = entry.get("months") or ["All"]
    if "All" not in months and MONTHS[day.month - 1] not in months:
        return False
    dates = entry.get("dates") or []
    if dates and not any(date_matches(written, day, region) for written in dates):
        return False
    return any(days_match(group.get("days"), day, region) for group in entry["days_and_hours"])


def date_matches(written: object, day: date, region: Region) -> bool:
    """ "day-of-month integers 1..31, `MM-DD`, `YYYY-MM-DD`, or `Holidays`"."""
    if isinstance(written, int):
        return day.day == written
    if written == "Holidays":
        return region.is_holiday(day)
    return written in (day.isoformat(), day.isoformat()[5:])


def days_match(days: Sequence[str] | None, day: date, region: Region) -> bool:
    """ "`Mon`...`Sun`, `Weekdays`, `Weekends`, `All` (also the singular)"."""
    kind = "Weekend" if region.is_weekend(day) else "Weekday"
    return not days or any(d in ("All", DAYS[day.weekday()], kind, kind + "s") for d in days)


def covers(window: Json, clock: time) -> bool:
    """ "half-open. `00:00:00`-`00:00:00` is the whole day; `valid_to` <= `valid_from` wraps
    midnight within the same matched day"."""
    since, until = time.fromisoformat(window["valid_from"]), time.fromisoformat(window["valid_to"])
    if since.second or until.second:
        raise ValueError("windows finer than a minute")
    if until <= since:
        return clock >= since or clock < until
    return since <= clock < until
