"""Which time besides its own the answer to a question depends on (contract 3, Costs).

Tier counters look back to their last reset, demand charges at whole billing periods and those
before, minimum charges at whole periods.
"""

from collections.abc import Sequence
from dataclasses import replace

from wattyard.costs.domain.contracts import history_needed
from wattyard.costs.domain.demand import demand_span
from wattyard.costs.domain.minimums import billed_span
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.tariff import Element


def charging_elements(elements: Sequence[Element], question: CostQuestion) -> list[Element]:
    """List the contracts whose charges enter the answer: those of the site, in order of time."""
    if not question.charged:
        return []
    own = [
        element
        for element in elements
        if element.tariff.direction == question.direction and not element.tariff.devices
    ]
    return sorted(own, key=lambda element: (element.tariff.type, element.tariff.term.start))


def priced_span(
    elements: Sequence[Element], region: CalendarRegion, question: CostQuestion
) -> Span:
    """Find the time whose energy must have prices: the question's, and that of minimums."""
    return billed_span(charging_elements(elements, question), region, question.span)


def readings_needed(
    elements: Sequence[Element], region: CalendarRegion, question: CostQuestion
) -> Span:
    """Find the time, the question's span in it, whose readings the answer depends on.

    Raises:
        NoTariffConnected: as `costs` does.
    """
    wider = replace(question, span=priced_span(elements, region, question))
    demand = demand_span(charging_elements(elements, question), region, question.span)
    spans = [
        wider.span,
        history_needed(elements, region, wider) or wider.span,
        demand or wider.span,
    ]
    return Span(min(span.start for span in spans), max(span.end for span in spans))
