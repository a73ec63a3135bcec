"""What the market costs at an instant: published, or forecast from the days before (contract 2).

Readings
--------
* "Not published yet" is every instant that no published interval covers, a gap in the middle of
  the series included.
* "The same local clock time on" a day: the instant at which that day's wall clock reads the same;
  a day on which the reading does not exist has no data then, and of a repeated reading the first
  occurrence counts, with data or without (decision 0004).
* Only days before the instant's own local day are looked at, newest first, and none older than
  14 local days before the instant's day or before today's (`now`), whichever is earlier ("no data
  in the last 14 days"). Days after `now` that are already published count.
* The four days and the "fewer than two such days" are counted among the days of the same kind
  that have data at that clock time. None at all is fewer than two: the last four days of any kind
  that have data at that clock time stand in, at 0.3 (decision 0004). Only where there are none of
  these either is there "no data in the last 14 days".
* A forecast changes where any of the market intervals that it is the mean of changes, or where its
  confidence does (the same intervals may be like days before midnight and not after it): those are
  its natural boundaries.
* A rate of exchange holds from its `valid_from` until the next one, at most 7 days of 24 hours
  (contract 2b, "Currencies"); its changes are natural boundaries.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from .region_reference import Region

LOOK_BACK_DAYS = 14
DAYS_WANTED = 4
RATE_HOLDS = timedelta(days=7)
Row = tuple[datetime, datetime, Decimal]


@dataclass(frozen=True)
class Quote:
    """A market price in the source's own unit, the intervals it comes from, its confidence."""

    rows: tuple[Row, ...]
    value: Decimal
    confidence: Decimal


@dataclass(frozen=True)
class Market:
    """One source's published intervals as seen from a place."""

    rows: list[Row]
    unit: str
    region: Region
    now: datetime
    rates: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    _starts: list[datetime] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.unit not in ("KWH", "MWH"):
            raise ValueError(self.unit)
        object.__setattr__(self, "rows", sorted(self.rows))
        object.__setattr__(self, "_starts", [row[0] for row in self.rows])

    def per_kwh(self, value: Decimal) -> Decimal:
        """Converts from the source's unit to currency per kWh."""
        return value / 1000 if self.unit == "MWH" else value

    def converted(self, quote: Quote | None, conversion: object, instant: datetime) -> Quote | None:
        """The quote in the place's money: "a number, or the `code` of a market source with `unit`
        RATE (place's money per unit of the source's) ...; or `FORMULA`: the formula converts"."""
        if quote is None or conversion in (None, "FORMULA"):
            return quote
        if not isinstance(conversion, str):
            factor = Decimal(str(conversion))
            return Quote(quote.rows, quote.value * factor, quote.confidence)
        held = [row for row in self.rates[conversion] if row[0] <= instant]
        latest = max(held, default=None)
        if latest is None or instant >= latest[0] + RATE_HOLDS:
            return None
        return Quote((*quote.rows, latest), quote.value * latest[2], quote.confidence)

    def published(self, instant: datetime) -> Row | None:
        """The published interval that covers the instant."""
        index = bisect_right(self._starts, instant) - 1
        if index < 0 or instant >= self.rows[index][1]:
            return None
        return self.rows[index]

    def quote(self, instant: datetime) -> Quote | None:
        """The market price of an instant; None where there is neither price nor forecast."""
        row = self.published(instant)
        if row is not None:
            return Quote((row,), row[2], Decimal(1))
        return self.forecast(instant)

    def forecast(self, instant: datetime) -> Quote | None:
        """ "the mean of the same local clock time on the last four days of the same kind
        (weekday, weekend/holiday) with data, confidence 0.5, and 0.3 when fewer than two such
        days exist"."""
        alike = self._last_days(instant, of_the_same_kind=True)
        rows = alike or self._last_days(instant, of_the_same_kind=False)
        if not rows:
            return None
        mean = sum((row[2] for row in rows), Decimal(0)) / len(rows)
        return Quote(tuple(rows), mean, Decimal("0.5") if len(alike) >= 2 else Decimal("0.3"))

    def _last_days(self, instant: datetime, *, of_the_same_kind: bool) -> list[Row]:
        local = self.region.wall(instant)
        oldest = min(local.date(), self.region.wall(self.now).date()) - timedelta(LOOK_BACK_DAYS)
        day = local.date() - timedelta(days=1)
        found: list[Row] = []
        while day >= oldest and len(found) < DAYS_WANTED:
            if not of_the_same_kind or self._free(day) == self._free(local.date()):
                found += self._first_published(self.region.instants_at(day, local.time()))
            day -= timedelta(days=1)
        return found

    def _free(self, day: date) -> bool:
        return self.region.is_weekend(day) or self.region.is_holiday(day)

    def _first_published(self, instants: list[datetime]) -> list[Row]:
        return [row for row in map(self.published, instants[:1]) if row is not None]
