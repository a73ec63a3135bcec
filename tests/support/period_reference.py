"""Billing periods, reset periods and local days (contract 2b, "Periods, counters, clocks").

Readings
--------
* Periods begin on the `billing_day`s before the first listed day, on every listed day, and on the
  `billing_day`s after the last listed one: that one lasts until the next `billing_day`.
* "Part days by elapsed time": half of a day of 25 hours is 12.5 hours.
* "The local days of the uncut reset period" of a CONTRACT are those from its first local day to
  its last one, both whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from .region_reference import Region
from .schedule_reference import Json

Span = tuple[datetime, datetime]
DayRange = tuple[date, date]
DAY = timedelta(days=1)


def clipped(span: Span, limits: Span) -> Span:
    """The part of a span inside the limits; empty (end = start) when there is none."""
    start = max(span[0], limits[0])
    return start, max(start, min(span[1], limits[1]))


def seconds(span: Span) -> Fraction:
    """The exact length of a span."""
    return Fraction((span[1] - span[0]) // timedelta(microseconds=1), 10**6)


def begins_period(body: Json, day: date) -> bool:
    """ "`billing_day` 1..28 (default 1) ...; `billing_periods[]` (ascending first days): as read by
    hand, where they are no rule; after the last listed one the `billing_day` rule goes on"."""
    listed = [date.fromisoformat(one) for one in body.get("billing_periods") or []]
    if listed and listed[0] <= day <= listed[-1]:
        return day in listed
    return day.day == (body.get("billing_day") or 1)


def billing_period(body: Json, day: date) -> DayRange:
    """The first day of the period that holds a day, and the first day of the next one."""
    first, following = day, day + DAY
    while not begins_period(body, first):
        first -= DAY
    while not begins_period(body, following):
        following += DAY
    return first, following


def periods_touched(body: Json, region: Region, span: Span) -> Iterator[DayRange]:
    """The billing periods that have time in a span."""
    if span[0] >= span[1]:
        return
    period = billing_period(body, region.wall(span[0]).date())
    while region.midnight(period[0]) < span[1]:
        yield period
        period = billing_period(body, period[1])


def day_range(region: Region, days: DayRange) -> Span:
    """The instants of whole local days."""
    return region.midnight(days[0]), region.midnight(days[1])


def days_within(region: Region, span: Span) -> Fraction:
    """How many local days a span covers, "part days by elapsed time"."""
    total = Fraction(0)
    if span[0] >= span[1]:
        return total
    day = region.wall(span[0]).date()
    while region.midnight(day) < span[1]:
        whole = day_range(region, (day, day + DAY))
        total += seconds(clipped(whole, span)) / seconds(whole)
        day += DAY
    return total


def share_of_days(region: Region, days: DayRange, covered: Span) -> Fraction:
    """ "local days inside request and term / days of the period"."""
    inside = clipped(day_range(region, days), covered)
    return days_within(region, inside) / (days[1] - days[0]).days
