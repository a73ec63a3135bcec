"""The cost of metered energy at a place (contract 3, Costs)."""

from collections.abc import Iterator, Sequence

import numpy as np

from wattyard.costs.domain.answer import Costs, LineRule
from wattyard.costs.domain.charges import charge_rows
from wattyard.costs.domain.confidence import confidences
from wattyard.costs.domain.contracts import supplies
from wattyard.costs.domain.energy import Charged, Rated, charged, rated
from wattyard.costs.domain.frame import Frame, Row, framed, group_edges
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import Marks, Pieces, Readings
from wattyard.costs.domain.rows import tables, vat_on_top, vat_rows
from wattyard.kernel import instants
from wattyard.kernel.clock_changes import instant, joined_edges, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.market import Markets
from wattyard.tariffs.domain.refusals import NoPriceData
from wattyard.tariffs.domain.tariff import Element


def costs(
    elements: Sequence[Element],
    place: Place,
    question: CostQuestion,
    readings: Readings,
    *,
    markets: Markets,
    asked: Marks | None = None,
) -> Costs:
    """Tell what the energy of a span costs, by groups and in all.

    `elements` are the connected tariffs of the place, in any order. `readings` are those of the
    question's direction, of its device or of the place's own series, in the span and in
    `contracts.history_needed`; those outside of the span only move the tier counters. So do
    those that are not `asked` (n) for, which need no price; None asks for all.

    Raises:
        NoTariffConnected: when there is no COMMODITY of the direction at all; LOCAL is 0 then.
        NoPriceData: with the first instant that has energy that is asked for and no price.
    """
    span_us = microseconds(question.span.start), microseconds(question.span.end)
    contracts = _rated(elements, place, question, readings, markets)
    edges = [own.edges_us for own in contracts]
    edges.append(group_edges(question.aggregation, place, span_us))
    pieces = Pieces.whole(readings).cut(joined_edges(edges))
    where = pieces.between(*span_us)
    answered = pieces.only(where)
    bills = [charged(own, pieces, where.start) for own in contracts]
    if asked is not None:
        kept = asked[answered.reading]
        answered, bills = answered.only(kept), [bill.only(kept) for bill in bills]
    _check_priced(bills, answered, question)
    frame = framed(question, place, answered)
    rows = [row for bill in bills for row in _energy_rows(bill, frame)]
    for element in _charging(elements, question):
        rows += charge_rows(element, place, question.aggregation, frame, answered)
    rows += vat_rows(elements, rows)
    sure = confidences(frame, answered, bills, readings.confidence[answered.reading])
    return tables(frame, frame.sums(answered.energy_kwh), sure, rows)


def _rated(
    elements: Sequence[Element],
    place: Place,
    question: CostQuestion,
    readings: Readings,
    markets: Markets,
) -> list[Rated]:
    """Look up the prices of every contract for the part of the span that has readings."""
    contracts = supplies(elements, question)
    if not readings.starts_us.size:
        return []
    metered = Span(instant(readings.starts_us[0]), instant(readings.ends_us[-1]))
    found = []
    for supply in contracts:
        start = max(supply.span.start, metered.start)
        end = min(supply.span.end, metered.end)
        if start < end:
            span = Span(start, end)
            found.append(rated(supply, place, span, markets=markets, metered=metered))
    return found


def _charging(elements: Sequence[Element], question: CostQuestion) -> list[Element]:
    """List the contracts whose charges enter the answer: those of the place, in order of time."""
    if not question.charged:
        return []
    own = [
        element
        for element in elements
        if element.tariff.direction == question.direction and not element.tariff.devices
    ]
    return sorted(own, key=lambda element: (element.tariff.type, element.tariff.term.start))


def _check_priced(bills: Sequence[Charged], answered: Pieces, question: CostQuestion) -> None:
    """Refuse energy before any COMMODITY has started, and energy that a contract cannot price."""
    starts = answered.starts_us
    missing = [starts[own.where][np.isnan(own.amount).any(axis=0)] for own in bills]
    if question.direction != "LOCAL":
        first = [own.where.start for own in bills if own.rated.supply.is_commodity]
        before = slice(0, min(first, default=starts.size))
        missing.append(starts[before][answered.energy_kwh[before] != 0])
    firsts = [int(at[0]) for at in missing if at.size]
    if firsts:
        raise NoPriceData(
            f"there is energy and no price at {instants.text(instant(min(firsts)))}",
            param="start_time",
        )


def _energy_rows(bill: Charged, frame: Frame) -> Iterator[Row]:
    """Write a line for each tier of a contract, before VAT where its prices are."""
    element = bill.rated.supply.element
    tiers = bill.energy_kwh.shape[0]
    for tier in range(tiers):
        quantity = frame.sums(bill.energy_kwh[tier], bill.where)
        amount = frame.sums(bill.amount[tier], bill.where) / (1.0 + vat_on_top(element.tariff))
        rule = LineRule("ENERGY", element.id, "KWH", tier=tier if tiers > 1 else None)
        yield Row(rule, quantity, amount)
