"""Which window of a schedule holds at a wall-clock minute (contract 2, "Schedule grammar").

"The wall clock" is the one that the tariff is read on (contract 2b, `clock`); which days are
holidays is for the caller's `days` to say.

Readings
--------
* An entry matches a day when its `months`, its `dates` (if any) and at least one of its `days` do.
  `days` missing or empty is every day, and so are `months`.
* "Within the same matched day": a wrapping window is decided by the day whose wall clock is read,
  never by the evening before.
* Of several kinds of `dates` that match a day, only entries with the highest kind hold; an entry
  has the rank of its best date that matches.
* Windows finer than a minute are refused (ValueError): this reference cannot see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any, Protocol

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Owner = tuple[int, int, int]
Json = dict[str, Any]


class Days(Protocol):
    """What a schedule asks of a day."""

    def is_weekend(self, day: date) -> bool: ...

    def is_holiday(self, day: date) -> bool: ...


def windows_of(schedule: list[Json], day: date, days: Days) -> list[tuple[Owner, Json, bool]]:
    """The `hours` entries that hold on a local day, each with its position in the schedule.

    "Among entries that match it, those with `dates` come before those without (a special day
    replaces the ordinary one as a whole)."
    """
    ranks = {i: rank(entry, day, days) for i, entry in enumerate(schedule)}
    highest = max((r for r in ranks.values() if r is not None), default=None)
    return [
        ((i, j, k), window, highest != ORDINARY)
        for i, entry in enumerate(schedule)
        if ranks[i] is not None and ranks[i] == highest
        for j, group in enumerate(entry["days_and_hours"])
        if days_match(group.get("days"), day, days)
        for k, window in enumerate(group["hours"])
    ]


ORDINARY, DAY_OF_MONTH, HOLIDAY, DAY_OF_YEAR, DATE = range(5)


def rank(entry: Json, day: date, days: Days) -> int | None:
    """How strongly an entry matches a day; None where it does not.

    "Among dated entries `YYYY-MM-DD` comes before `MM-DD`, before `Holidays`, before days of the
    month" (contract 2b).
    """
    if not entry_matches(entry, day, days):
        return None
    dates = [one for one in entry.get("dates") or [] if date_matches(one, day, days)]
    return max([ORDINARY, *map(rank_of_date, dates)])


def rank_of_date(written: object) -> int:
    if isinstance(written, int):
        return DAY_OF_MONTH
    if written == "Holidays":
        return HOLIDAY
    return DAY_OF_YEAR if len(str(written)) == len("MM-DD") else DATE


def entry_matches(entry: Json, day: date, days: Days) -> bool:
    """Whether a schedule entry matches a local day by months, dates and days."""
    months = entry.get("months") or ["All"]
    if "All" not in months and MONTHS[day.month - 1] not in months:
        return False
    dates = entry.get("dates") or []
    if dates and not any(date_matches(written, day, days) for written in dates):
        return False
    return any(days_match(group.get("days"), day, days) for group in entry["days_and_hours"])


def date_matches(written: object, day: date, days: Days) -> bool:
    """ "day-of-month integers 1..31, `MM-DD`, `YYYY-MM-DD`, or `Holidays`"."""
    if isinstance(written, int):
        return day.day == written
    if written == "Holidays":
        return days.is_holiday(day)
    return written in (day.isoformat(), day.isoformat()[5:])


def days_match(named: Sequence[str] | None, day: date, days: Days) -> bool:
    """ "`Mon`...`Sun`, `Weekdays`, `Weekends`, `All` (also the singular)"."""
    kind = "Weekend" if days.is_weekend(day) else "Weekday"
    return not named or any(d in ("All", DAYS[day.weekday()], kind, kind + "s") for d in named)


def covers(window: Json, clock: time) -> bool:
    """ "half-open. `00:00:00`-`00:00:00` is the whole day; `valid_to` <= `valid_from` wraps
    midnight within the same matched day"."""
    since, until = time.fromisoformat(window["valid_from"]), time.fromisoformat(window["valid_to"])
    if since.second or until.second:
        raise ValueError("windows finer than a minute")
    if until <= since:
        return clock >= since or clock < until
    return since <= clock < until
