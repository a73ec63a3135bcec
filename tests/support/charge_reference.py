"""Standing charges of contract 2 (`charges[]`) as contract 3 lays them on a span.

Everything is an exact Fraction and net; VAT is added by `cost_reference`. Demand charges are in
`demand_reference`.

Readings
--------
* A standing charge runs inside `[contract_start, contract_end)` only, not in the extrapolated time
  after it; a day (month, year) keeps its whole length although the contract starts in its middle.
* A MONTHLY charge accrues evenly over its calendar month, by elapsed time; over a billing period
  of another kind it is shared by days ("a charge that crosses them is shared by days").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from .period_reference import Span, clipped, day_range, periods_touched, seconds, share_of_days
from .tariff_reference import Tariff, number


@dataclass(frozen=True)
class Load:
    """Constant power over `[start, end)`."""

    start: datetime
    end: datetime
    energy_kwh: Fraction

    def energy_in(self, span: Span) -> Fraction:
        """ "split in proportion to time (uniform power inside the reading)"."""
        return (
            self.energy_kwh
            * seconds(clipped((self.start, self.end), span))
            / seconds((self.start, self.end))
        )


def standing(tariff: Tariff, span: Span) -> Fraction:
    """ "Standing charges accrue evenly over their local day, month or year: a group gets the share
    it covers, inside the contract term, with or without readings in it"."""
    return sum(
        (
            Fraction(number(charge["amount"])) * units_in(charge["kind"], tariff, span)
            for charge in tariff.body.get("charges") or []
            if charge["kind"] != "DEMAND"
        ),
        Fraction(0),
    )


def units_in(kind: str, tariff: Tariff, span: Span) -> Fraction:
    """How many local days, billing periods or years of the contract term a span covers."""
    covered = clipped(span, (tariff.starts, tariff.ends))
    share, region = Fraction(0), tariff.region
    by_days = (tariff.body.get("billing_day") or 1) != 1 or tariff.body.get("billing_periods")
    if kind == "MONTHLY" and by_days:
        for period in periods_touched(tariff.body, region, covered):
            share += share_of_days(region, period, covered)
        return share
    for unit in units(kind, tariff, covered):
        share += seconds(clipped(unit, covered)) / seconds(unit)
    return share


def units(kind: str, tariff: Tariff, span: Span) -> Iterator[Span]:
    """The local days, billing periods or years that a span touches, whole."""
    if kind == "MONTHLY":
        for days in periods_touched(tariff.body, tariff.region, span):
            yield day_range(tariff.region, days)
        return
    if span[0] >= span[1]:
        return
    first = first_day(kind, tariff.region.wall(span[0]).date())
    while tariff.region.midnight(first) < span[1]:
        following = first_day(kind, first + timedelta(days=1 if kind == "DAILY" else 366))
        yield day_range(tariff.region, (first, following))
        first = following


def first_day(kind: str, day: date) -> date:
    """The first day of the day's unit."""
    return day if kind == "DAILY" else day.replace(month=1, day=1)
