"""Which costs of which site the screen Costs shows."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.kernel import civil
from wattyard.kernel.instants import FIRST_YEAR, LAST_YEAR, Span
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.domain.tariff import Direction
from wattyard.web.dashboard.visit import Visit

_MONTHS: Final = 12
DIRECTIONS: Final[tuple[tuple[Direction, str], ...]] = (("IMPORT", "Bought"), ("EXPORT", "Sold"))


@dataclass(frozen=True, slots=True)
class ShownCosts:
    """What of a location's costs is shown: whole local months, or the days of one.

    `end` is exclusive: the day after today at the latest.
    """

    location: Mapping[str, Any]
    direction: Direction
    start: date
    end: date
    by_day: bool

    @property
    def zone(self) -> ZoneInfo:
        return civil.zone(self.location["timezone"])

    @property
    def currency(self) -> str:
        return str(self.location["currency_code"])

    @property
    def month(self) -> str | None:
        """The month whose days are shown, such as `2026-03`."""
        return f"{self.start:%Y-%m}" if self.by_day else None

    @property
    def address(self) -> str:
        """The API's path of these costs."""
        return f"/costs/interval/{self.location['id']}"

    @property
    def aggregation(self) -> Aggregation:
        return "DAY" if self.by_day else "MONTH"

    @property
    def query(self) -> dict[str, object]:
        """The API's parameters of these costs."""
        return {
            "start_time": self.start.isoformat(),
            "end_time": self.end.isoformat(),
            "aggregation": self.aggregation,
            "tariff_direction": self.direction,
        }

    def periods(self, first: date) -> list[tuple[date, date]]:
        """The days or months that are shown, from the one of `first` on: starts and ends."""
        found = []
        start = self.start if self.by_day else first
        while start < self.end:
            following = start + timedelta(days=1) if self.by_day else _months_later(start, 1)
            found.append((start, min(following, self.end)))
            start = following
        return found

    @property
    def question(self) -> CostQuestion:
        """The same for the use-case."""
        edges = [civil.start_of_day(day, self.zone) for day in (self.start, self.end)]
        return CostQuestion(self.direction, Span(*edges), self.aggregation)


async def asked_for(visit: Visit) -> ShownCosts:
    """Read which costs the address of a page asks for.

    Raises:
        LocationNotFound: when the account has none of that id.
        Malformed: when the month is none.
    """
    location = await visit.api("GET", f"/locations/{visit.query.get('location', '')}", shown=False)
    zone = civil.zone(location["timezone"])
    today = civil.date_at(visit.call.now, zone)
    tomorrow = today + timedelta(days=1)
    direction: Direction = "EXPORT" if visit.query.get("direction") == "EXPORT" else "IMPORT"
    month = _month(visit.query.get("month", ""))
    if month is None:
        start = _months_later(today, 1 - _MONTHS)
        return ShownCosts(location, direction, start, tomorrow, by_day=False)
    end = max(min(_months_later(month, 1), tomorrow), month + timedelta(days=1))
    return ShownCosts(location, direction, month, end, by_day=True)


def last_months(today: date) -> list[date]:
    """The first days of this month and of those before it that are shown, the newest first."""
    return [_months_later(today, -number) for number in range(_MONTHS)]


def _month(text: str) -> date | None:
    """Read a month such as `2026-03`; None where all are to be shown."""
    if not text:
        return None
    with suppress(ValueError):
        month = date.fromisoformat(f"{text}-01")
        if FIRST_YEAR <= month.year < LAST_YEAR:
            return month
    raise Malformed(
        f"month must be YYYY-MM; got {text[:20]!r}", param="month", code="month_invalid"
    )


def _months_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
