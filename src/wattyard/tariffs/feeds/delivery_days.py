"""Delivery days of the European day-ahead market: midnight to midnight in Central Europe."""

from datetime import date, datetime, timedelta
from typing import Final

from wattyard.kernel import civil
from wattyard.kernel.instants import Span

_ZONE: Final = civil.zone("Europe/Brussels")
_ONE_DAY: Final = timedelta(days=1)
_LEAST: Final = timedelta(microseconds=1)


def delivery_day(instant: datetime) -> date:
    """Find the delivery day that an instant belongs to."""
    return civil.date_at(instant, _ZONE)


def delivery_days(span: Span) -> list[date]:
    """List the delivery days that a span touches."""
    first, last = delivery_day(span.start), delivery_day(span.end - _LEAST)
    return [first + n * _ONE_DAY for n in range((last - first).days + 1)]


def whole_days(span: Span) -> Span:
    """Widen a span to whole delivery days of 23, 24 or 25 hours."""
    days = delivery_days(span)
    return Span(civil.day(days[0], _ZONE).start, civil.day(days[-1], _ZONE).end)
