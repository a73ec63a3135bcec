"""Bills that are raised to the least that a tariff asks for (contract 2b, `minimum_charge`)."""

from collections.abc import Iterable, Sequence

from wattyard.costs.domain.answer import CostRow, Frame, LineRule
from wattyard.costs.domain.charges import standing_rows
from wattyard.costs.domain.demand import DemandBill, LocalDays
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import unit_edges
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.billing import billing_periods
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import MinimumCharge
from wattyard.tariffs.domain.tariff import Element, Tariff


@dataclass(frozen=True, slots=True, eq=False)
class LeastBills:
    """The periods of a contract's minimum charge that a span touches, cut to the contract's term.

    `edges_us` (p + 1); `least` (p) the amount of each, in proportion to the local days of a whole
    period; `days` counts local days.
    """

    element: Element
    edges_us: Microseconds
    least: Numbers
    days: LocalDays


def least_bills(element: Element, region: CalendarRegion, span: Span) -> LeastBills | None:
    """Lay out what the bills of a contract are at least; None where it asks for no minimum."""
    tariff = element.tariff
    if tariff.minimum is None:
        return None
    term_us = microseconds(tariff.term.start), microseconds(tariff.term.end)
    low, high = max(microseconds(span.start), term_us[0]), min(microseconds(span.end), term_us[1])
    if low >= high:
        return None
    whole = _periods(tariff, tariff.minimum, region, (low, high))
    edges = np.clip(whole, *term_us)
    days = LocalDays.of(region, (int(whole[0]), int(whole[-1])))
    share = np.diff(days.at(edges)) / np.diff(days.at(whole))
    return LeastBills(element, edges, tariff.minimum.amount * share, days)


def _periods(
    tariff: Tariff, minimum: MinimumCharge, region: CalendarRegion, span_us: tuple[int, int]
) -> Microseconds:
    if minimum.per == "DAY":
        return unit_edges("DAY", region.zone, span_us)
    return billing_periods(tariff.billing, region.zone, span_us).edges_us


def billed_span(elements: Iterable[Element], region: CalendarRegion, span: Span) -> Span:
    """Find the time whose energy must be priced: the span, and the whole periods of minimums."""
    found = [least_bills(element, region, span) for element in elements]
    edges = [instant(at) for own in found if own for at in (own.edges_us[0], own.edges_us[-1])]
    return Span(min([span.start, *edges]), max([span.end, *edges]))


def minimum_row(
    own: LeastBills,
    region: CalendarRegion,
    frame: Frame,
    energy: Numbers,
    demand: Sequence[DemandBill],
) -> CostRow:
    """Write by how much the bills of a contract are raised, shared by local days, before VAT.

    `energy` (p) is what the energy of each period costs, before VAT.
    """
    starts, ends = own.edges_us[:-1], own.edges_us[1:]
    bill = energy.copy()
    for row in standing_rows(own.element, region, starts, ends):
        bill += row.amount
    for charge in demand:
        bill += charge.amounts(starts, ends)
    raised = np.maximum(own.least - bill, 0.0)
    days = own.days.inside(frame.starts_us, frame.ends_us, own.edges_us)
    quantity: Numbers = days @ (raised > 0).astype(np.float64)
    amount: Numbers = days @ (raised / np.diff(own.days.at(own.edges_us)))
    return CostRow(LineRule("MINIMUM", own.element.id, "DAY"), quantity, amount)
