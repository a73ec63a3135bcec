"""For which days of a time there are readings: costs of the others are not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import htpy as h
from htpy import Node

from wattyard.kernel import civil, ids
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.local_periods import period_edges
from wattyard.meters.service import Records
from wattyard.tariffs.domain.tariff import Direction
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

_WHOLE: Final = 0.999
"""A day of which so much is read counts as read."""
_NAMED: Final = 3
"""So many stretches of days without readings are named."""


@dataclass(frozen=True, slots=True)
class DaysRead:
    """Local days (n, in order) and the share, 0 to 1, of each that readings cover.

    The day that is under way is one of them once there is a reading of it, and counts as read.
    """

    days: Sequence[date]
    shares: Sequence[float]

    def between(self, first: date, end: date) -> "DaysRead":
        """Those from the first day up to but without the end."""
        own = [n for n, day in enumerate(self.days) if first <= day < end]
        return DaysRead([self.days[n] for n in own], [self.shares[n] for n in own])

    @property
    def read(self) -> int:
        """How many days have readings, be they of a part of the day."""
        return sum(share > 0.0 for share in self.shares)

    @property
    def partly(self) -> int:
        """How many days have readings of a part of the day only."""
        return sum(0.0 < share < _WHOLE for share in self.shares)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing; so it is where no day is over yet."""
        return all(share >= _WHOLE for share in self.shares)

    @property
    def unread_share(self) -> float:
        """The share of the time without readings."""
        return 1.0 - sum(self.shares) / len(self.shares) if self.shares else 0.0

    @property
    def gaps(self) -> list[tuple[date, date]]:
        """The first and last day of each stretch of days without any reading."""
        found: list[tuple[date, date]] = []
        for n, (day, share) in enumerate(zip(self.days, self.shares, strict=True)):
            if share > 0.0:
                continue
            if n and self.shares[n - 1] == 0.0:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found


async def days_read(
    visit: Visit,
    records: Records,
    location_id: str,
    direction: Direction,
    span: tuple[date, date, ZoneInfo],
) -> DaysRead:
    """Find for which of the local days of a span (`end` exclusive) there are readings.

    Days that have not begun are left out.
    """
    first, end, zone = span
    now_us = microseconds(visit.call.now)
    start_us, end_us = (microseconds(civil.start_of_day(day, zone)) for day in (first, end))
    if start_us >= min(now_us, end_us):
        return DaysRead([], [])
    edges = period_edges("DAY", zone, (start_us, end_us))
    edges = edges[: int(np.searchsorted(edges, now_us)) + 1]  # today is the last that has begun
    site_id = ids.read(location_id, "loc", param="location")
    covered = await records.covered(visit.context, site_id, direction, edges)
    shares = (covered / np.diff(edges)).tolist()
    days = [civil.date_at(instant(edge), zone) for edge in edges[:-1].tolist()]
    if edges[-1] > now_us:  # under way
        shares[-1:] = [1.0] if shares[-1] > 0.0 else []
    return DaysRead(days[: len(shares)], shares)


def summary(read: DaysRead, form: Formats) -> str:
    """Say for how many days there are readings, and which are missing; nothing of no days."""
    count = len(read.days)
    if not count:
        return ""
    if not read.read:
        return f"no readings for {_days(count)}"
    if read.complete:
        return f"readings for all {_days(count)}" if count > 1 else "readings for the day"
    text = f"readings for {form.number(read.read)} of {_days(count)}"
    if read.partly:
        text += f", of {read.partly} in part"
    return text + (f"; missing {missing(read, form)}" if read.gaps else "")


def missing(read: DaysRead, form: Formats) -> str:
    """Name the stretches of days without readings."""
    gaps = read.gaps
    named = [form.days(*gap) for gap in gaps[:_NAMED]]
    left = sum((last - first).days + 1 for first, last in gaps[_NAMED:])
    if left:
        named.append(f"{_days(left)} more")
    return " and ".join(", ".join(named).rsplit(", ", 1)) if len(named) > 1 else "".join(named)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def warning(read: DaysRead, form: Formats, bill: str) -> Node:
    """Say that `bill`, such as "This total", is not of all the time; nothing where it is."""
    if read.complete:
        return None
    says = summary(read, form)
    return h.p(".told.warn", role="status")[
        h.strong[f"{bill} is not complete: "],
        f"{says}. Energy for the time without readings is not included; standing charges are.",
    ]


def figure(read: DaysRead, form: Formats) -> Node:
    """Show how many days there are readings for, beside a total."""
    if not read.days:
        return None
    number = f"{form.number(read.read)} of {form.number(len(read.days))}"
    return parts.figure(number, "days with readings", kind="" if read.complete else "warn")


def of_month(read: DaysRead, form: Formats) -> Node:
    """Say in a row of a table for how many days there are readings, and which are missing."""
    if not read.days:
        return "–"
    if not read.read:
        return parts.badge("no readings", "warn")
    if read.complete:
        return "all days"
    text = f"{form.number(read.read)} of {_days(len(read.days))}"
    if read.partly:
        text += f", {read.partly} in part"
    says = f"(missing {missing(read, form)})" if read.gaps else ""
    return [parts.badge(text, "warn"), says and [" ", h.small[says]]]


def of_day(read: DaysRead, form: Formats) -> Node:
    """Say in a row of a table how much of its day there are readings for."""
    if not read.days:
        return "–"
    share = read.shares[0]
    if share >= _WHOLE:
        return "all day"
    if not share:
        return parts.badge("no readings", "warn")
    return parts.badge(f"{form.percent(min(100 * share, 99.9))} of the day", "warn")
