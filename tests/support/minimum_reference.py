"""The least that a tariff's bill comes to (contract 2b, `minimum_charge`).

"the bill of a period (energy, standing, demand, before VAT) is raised to it; a line MINIMUM says
by how much; shared by days over cost groups, never in the price per kWh."

Readings
--------
* `per: MONTH` is the billing period, `per: DAY` the local day: each day's bill is raised.
* A period of which the term covers a part has its part of the minimum, by days.
* Periods in which nothing was drawn are raised too.
* What is raised is shared over the days of the period inside request and term, "part days by
  elapsed time", as a demand charge is.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .charge_reference import units
from .period_reference import Span, clipped, days_within
from .tariff_reference import Tariff, number


def minimum(tariff: Tariff, span: Span, billed: Callable[[Span], Fraction]) -> Fraction:
    """What a span pays on top of its bills; `billed` says what a part of the term comes to."""
    rule = tariff.body.get("minimum_charge")
    if rule is None:
        return Fraction(0)
    term = (tariff.starts, tariff.ends)
    total = Fraction(0)
    kind = "DAILY" if rule.get("per") == "DAY" else "MONTHLY"
    for period in units(kind, tariff, clipped(span, term)):
        in_term = clipped(period, term)
        days = days_within(tariff.region, in_term)
        least = Fraction(number(rule["amount"])) * days / days_within(tariff.region, period)
        raised = max(least - billed(in_term), Fraction(0))
        inside = clipped(in_term, span)
        total += raised * days_within(tariff.region, inside) / days
    return total
