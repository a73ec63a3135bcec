"""Lines besides energy: standing and demand charges, and VAT (contract 3, Costs).

Charges run inside the term of their contract only, not in the time it goes on after its end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from wattyard.costs.domain.answer import CostRow, Frame, LineRule, LineUnit
from wattyard.costs.domain.demand import ChargedPeriods, DemandBill, LocalDays, demand_bill
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.question import Aggregation
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import Unit, unit_edges
from wattyard.tariffs.domain.billing import CALENDAR_MONTHS, billing_periods
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import StandingCharge
from wattyard.tariffs.domain.demand import DemandCharge, PricePerKw
from wattyard.tariffs.domain.tariff import Element, Tariff

_UNITS: Final[dict[str, tuple[Unit, LineUnit]]] = {
    "DAILY": ("DAY", "DAY"),
    "MONTHLY": ("MONTH", "MONTH"),
    "YEARLY": ("YEAR", "YEAR"),
}


def standing_rows(
    element: Element, region: CalendarRegion, starts_us: Microseconds, ends_us: Microseconds
) -> Iterator[CostRow]:
    """Write the lines of a contract's standing charges over spans (n), before VAT."""
    for charge in element.tariff.charges:
        if isinstance(charge, StandingCharge):
            units = standing_units(charge, element.tariff, region, starts_us, ends_us)
            unit, price = _UNITS[charge.kind][1], charge.amount
            rule = LineRule("STANDING", element.id, unit, charge.name, unit_price=price)
            yield CostRow(rule, units, units * price)


def demand_bills(
    element: Element, region: CalendarRegion, span: Span, load: Load
) -> list[DemandBill]:
    """Bill the periods of a contract's demand charges that a span touches."""
    periods = ChargedPeriods.of(element.tariff, region, span)
    if periods is None:
        return []
    charges = [one for one in element.tariff.charges if isinstance(one, DemandCharge)]
    return [demand_bill(charge, periods, load) for charge in charges]


def demand_rows(
    element: Element, bills: Sequence[DemandBill], aggregation: Aggregation, frame: Frame
) -> Iterator[CostRow]:
    """Write the lines of a contract's demand charges, before VAT.

    They are in items of a month or longer and in the whole, not in shorter items.
    """
    items = slice(None) if aggregation in ("MONTH", "YEAR") else slice(-1, None)
    starts, ends = frame.starts_us[items], frame.ends_us[items]
    for bill in bills:
        price = _price_per_unit(bill.charge)
        name, unit = bill.charge.name, _demand_unit(bill)
        rule = LineRule("DEMAND", element.id, unit, name, unit_price=price, demand=bill)
        row = CostRow(rule, np.zeros(frame.groups + 1), np.zeros(frame.groups + 1))
        row.quantity[items], row.amount[items] = bill.lines(starts, ends)
        yield row


def _price_per_unit(charge: DemandCharge) -> float | None:
    """Find the one price of each kW; None where there are more, or a cap."""
    if isinstance(charge.price, PricePerKw) and charge.cap_per_kwh is None:
        return charge.price.amount_per_kw
    return None


def _demand_unit(bill: DemandBill) -> LineUnit:
    if bill.has_steps:
        return bill.charge.per
    return "KW_DAY" if bill.charge.per == "DAY" else "KW"


def vat_on_top(tariff: Tariff) -> float:
    """Find the fraction to be added to a tariff's prices; 0 where they contain it."""
    return 0.0 if tariff.tax.included else tariff.tax.vat


def vat_rows(elements: Sequence[Element], rows: Sequence[CostRow]) -> Iterator[CostRow]:
    """Write the VAT of every contract whose prices do not contain it, on all of its lines."""
    net: defaultdict[UUID, Numbers | float] = defaultdict(float)
    for row in rows:
        net[row.rule.tariff_id] = net[row.rule.tariff_id] + row.amount
    for element in elements:
        vat = vat_on_top(element.tariff)
        if vat and element.id in net:
            rule = LineRule("VAT", element.id, "NET", unit_price=vat)
            amount = np.asarray(net[element.id])
            yield CostRow(rule, amount, amount * vat)


def standing_units(
    charge: StandingCharge,
    tariff: Tariff,
    region: CalendarRegion,
    starts_us: Microseconds,
    ends_us: Microseconds,
) -> Numbers:
    """Count how many local days, months or years of the term each span (n) covers.

    A charge accrues evenly: a day of 25 hours has the charge of one of 24, and each of its hours
    less. A unit keeps its whole length although the term starts or ends in its middle. Billing
    months that are no calendar months are shared by local days (contract 2b, Periods).
    """
    low = max(int(starts_us.min()), microseconds(tariff.term.start))
    high = min(int(ends_us.max()), microseconds(tariff.term.end))
    if low >= high:
        return np.zeros(starts_us.size)
    starts, ends = np.clip(starts_us, low, high), np.clip(ends_us, low, high)
    if charge.kind == "MONTHLY" and tariff.billing != CALENDAR_MONTHS:
        edges = billing_periods(tariff.billing, region.zone, (low, high)).edges_us
        days = LocalDays.of(region, (int(edges[0]), int(edges[-1])))
        shared: Numbers = days.inside(starts, ends, edges) @ (1.0 / np.diff(days.at(edges)))
        return shared
    edges = unit_edges(_UNITS[charge.kind][0], region.zone, (low, high))
    passed = np.arange(edges.size, dtype=np.float64)
    return np.interp(ends, edges, passed) - np.interp(starts, edges, passed)
