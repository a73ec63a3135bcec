"""Standing and minimum charges of contracts 2 and 2b as contract 3 lays them on a span.

Everything is an exact Fraction and net; VAT is added by `cost_reference`.

Readings
--------
* A standing charge runs inside `[contract_start, contract_end)` only, not in the extrapolated time
  after it; a day (month, year) keeps its whole length although the contract starts in its middle.
* A MONTHLY charge of billing periods that are no calendar months is shared by local days.
* A minimum charge is asked of the part of a period that is inside the contract, in proportion to
  its local days; what it adds is shared by local days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction

from .demand_reference import (
    ONE_DAY,
    Span,
    clipped,
    days_in,
    instants_of,
    local_days,
    periods_of,
    seconds,
)
from .region_reference import Region
from .tariff_reference import Tariff, number


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
    """How many local days, months or years of the contract term a span covers."""
    covered = clipped(span, (tariff.starts, tariff.ends))
    share = Fraction(0)
    by_hand = tariff.body.get("billing_day", 1) != 1 or tariff.body.get("billing_periods")
    if kind == "MONTHLY" and by_hand:
        for period in periods_of(tariff, covered):
            share += days_in(period, covered, tariff.region) / len(local_days(period))
        return share
    for unit in units(kind, tariff.region, covered):
        share += seconds(clipped(unit, covered)) / seconds(unit)
    return share


def units(kind: str, region: Region, span: Span) -> Iterator[Span]:
    """The local days, months or years that a span touches, whole."""
    if span[0] >= span[1]:
        return
    first = first_day(kind, region.wall(span[0]).date())
    while region.midnight(first) < span[1]:
        following = first_day(kind, first + timedelta(days=LONGEST[kind]))
        yield region.midnight(first), region.midnight(following)
        first = following


LONGEST = {"DAILY": 1, "MONTHLY": 31, "YEARLY": 366}


def first_day(kind: str, day: date) -> date:
    """The first day of the day's unit."""
    if kind == "DAILY":
        return day
    return day.replace(day=1) if kind == "MONTHLY" else day.replace(month=1, day=1)


def raised(tariff: Tariff, span: Span, bill_of: Callable[[Span], Fraction]) -> Fraction:
    """By how much a span pays more: "the bill of a period is raised to it", "shared by days"."""
    least = tariff.body.get("minimum_charge")
    term = (tariff.starts, tariff.ends)
    covered = clipped(span, term)
    total = Fraction(0)
    if least is None or covered[0] >= covered[1]:
        return total
    for period in periods_of(tariff, covered):
        days = [(day, day + ONE_DAY) for day in local_days(period)]
        for own in days if least["per"] == "DAY" else [period]:
            inside = clipped(instants_of(own, tariff.region), term)
            length = days_in(own, inside, tariff.region)
            if length:
                asked = Fraction(number(least["amount"])) * length / len(local_days(own))
                missing = max(asked - bill_of(inside), Fraction(0))
                total += missing * days_in(own, covered, tariff.region) / length
    return total
