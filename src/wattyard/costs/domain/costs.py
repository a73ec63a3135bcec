"""The cost of metered energy at a site (contract 3, Costs)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wattyard.costs.domain.answer import (
    CostRow,
    Costs,
    Frame,
    LineRule,
    framed,
    group_edges,
    mean_confidence,
    tables,
)
from wattyard.costs.domain.charges import (
    demand_bills,
    demand_rows,
    standing_rows,
    vat_on_top,
    vat_rows,
)
from wattyard.costs.domain.contracts import Charged, Rated, Terms, charged, terms
from wattyard.costs.domain.demand import demand_span
from wattyard.costs.domain.history import charging_elements, priced_span
from wattyard.costs.domain.minimums import LeastBills, least_bills, minimum_row
from wattyard.costs.domain.netting import Netted
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import ReadingPieces, SeriesReadings
from wattyard.kernel import instants
from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.clock_changes import (
    Microseconds,
    instant,
    joined_edges,
    microseconds,
    step_of,
)
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.refusals import NoPriceData
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element


def costs(
    elements: Sequence[Element],
    region: CalendarRegion,
    question: CostQuestion,
    readings: SeriesReadings,
    *,
    markets: Markets,
    asked: Marks | None = None,
) -> Costs:
    """Price the energy of a span under the tariffs of a site.

    Raises:
        NoTariffConnected, NoPriceData: as `terms` and `costs_under` do.
    """
    wider = replace(question, span=priced_span(elements, region, question))
    own = terms(elements, region, wider, readings.span, markets=markets)
    return costs_under(own, question, readings, asked=asked)


def costs_under(
    own: Terms,
    question: CostQuestion,
    readings: SeriesReadings,
    *,
    asked: Marks | None = None,
    netted: Netted | None = None,
) -> Costs:
    """Price the energy of a span, by groups and in all.

    `own` are the terms of a time that `history.priced_span` and the readings are in. `readings`
    are those of the question's direction, of its device or of the site's own series, in the span
    and in `history.readings_needed`; those outside the span only move the tier counters,
    peaks and minimums. So do those that are not `asked` (n) for, which need no price; None asks
    for all. `netted`: what counts of their energy, where import and export cancel out.

    Raises:
        NoPriceData: with the first instant that has energy that is asked for and no price.
    """
    span_us = microseconds(question.span.start), microseconds(question.span.end)
    groups = group_edges(question.aggregation, own.region, span_us)
    charging = charging_elements(own.elements, question)
    least = [least_bills(element, own.region, question.span) for element in charging]
    edges = [own.edges_us] if netted is None else [own.edges_us, netted.edges_us]
    edges += [minimum.edges_us for minimum in least if minimum is not None]
    cuts = joined_edges([groups, *(_met(one, readings) for one in edges)])
    metered = ReadingPieces.whole(readings).cut(cuts)
    sure, net, pieces = readings.confidence, metered, metered
    if netted is not None:
        net = netted.net(metered)
        pieces = netted.with_settled(net, sure.size)
        sure = netted.confidence(sure)
    where = pieces.between(*span_us)
    answered = pieces.only(where)
    looked_at = demand_span(charging, own.region, question.span) or question.span
    load = Load(own.region, looked_at, metered, net, netted)
    bills = [_charged(rate, pieces, where, load) for rate in own.rates]
    if asked is not None:
        kept = asked[answered.reading]
        answered, bills = answered.only(kept), [bill.only(kept) for bill in bills]
    _check_priced(bills, answered, question)
    frame = framed(question, own.region, answered)
    rows = [row for bill in bills for row in _energy_rows(bill, frame, netted)]
    for element, minimum in zip(charging, least, strict=True):
        rows += standing_rows(element, own.region, frame.starts_us, frame.ends_us)
        demand = demand_bills(element, own.region, question.span, load)
        rows += demand_rows(element, demand, question.aggregation, frame)
        if minimum is not None:
            energy = _energy_costs(own, minimum, pieces, load)
            rows.append(minimum_row(minimum, own.region, frame, energy, demand))
    rows += vat_rows(own.elements, rows)
    # A piece has the lowest confidence of its contracts, times that of its reading.
    price_confidence = np.ones(answered.size)
    for bill in bills:
        np.minimum(price_confidence[bill.where], bill.confidence, out=price_confidence[bill.where])
    confidence = mean_confidence(
        frame.sums,
        price_confidence * sure[answered.reading],
        answered.energy_kwh,
        answered.ends_us - answered.starts_us,
    )
    return tables(frame, frame.sums(answered.energy_kwh), confidence, rows)


def _met(edges_us: Microseconds, readings: SeriesReadings) -> Microseconds:
    """Take the edges that can divide any of the readings."""
    if readings.span is None:
        return edges_us[:0]
    ends = readings.starts_us[0], readings.ends_us[-1]
    return edges_us[slice(*np.searchsorted(edges_us, ends).tolist())]


def _check_priced(
    bills: Sequence[Charged], answered: ReadingPieces, question: CostQuestion
) -> None:
    """Refuse energy before any COMMODITY has started, and energy that a contract cannot price."""
    starts = answered.starts_us
    missing = [starts[own.where][np.isnan(own.amount).any(axis=0)] for own in bills]
    if question.direction != "LOCAL":
        first = [own.where.start for own in bills if own.supply.is_commodity]
        before = slice(0, min(first, default=starts.size))
        missing.append(starts[before][answered.energy_kwh[before] != 0])
    firsts = [int(at[0]) for at in missing if at.size]
    if firsts:
        raise NoPriceData(
            f"energy was metered, but no price is known, at {instants.text(instant(min(firsts)))}",
            param="start_time",
        )


def _energy_rows(bill: Charged, frame: Frame, netted: Netted | None) -> Iterator[CostRow]:
    """Write a line for each tier of a contract, before VAT where its prices are.

    The lowest tier's names what flowed either way before it was netted.
    """
    element = bill.supply.element
    gross = None if netted is None else _gross(bill, frame, netted)
    tiers = bill.energy_kwh.shape[0]
    for tier in range(tiers):
        quantity = frame.sums(bill.energy_kwh[tier], bill.where)
        amount = frame.sums(bill.amount[tier], bill.where) / (1.0 + vat_on_top(element.tariff))
        rule = LineRule("ENERGY", element.id, "KWH", tier=tier if tiers > 1 else None)
        yield CostRow(rule, quantity, amount, None if tier else gross)


def _gross(bill: Charged, frame: Frame, netted: Netted) -> Numbers:
    """Find what flowed either way (2, g + 1) while a contract held, before it was netted."""
    own = microseconds(bill.supply.span.start), microseconds(bill.supply.span.end)
    return netted.gross_kwh(np.maximum(frame.starts_us, own[0]), np.minimum(frame.ends_us, own[1]))


def _charged(rate: Rated, pieces: ReadingPieces, where: slice, load: Load) -> Charged:
    minutes = rate.supply.element.tariff.tiering.window_minutes
    return charged(rate, pieces, where, load.measured(minutes))


def _energy_costs(own: Terms, least: LeastBills, pieces: ReadingPieces, load: Load) -> Numbers:
    """Price the energy of the periods (p) of a minimum under its contract, before VAT.

    Raises:
        NoPriceData: with the first instant of these periods that has energy and no price.
    """
    found = np.zeros(least.least.size)
    where = pieces.between(int(least.edges_us[0]), int(least.edges_us[-1]))
    for rate in (one for one in own.rates if one.supply.element.id == least.element.id):
        bill = _charged(rate, pieces, where, load)
        starts, amount = pieces.starts_us[where][bill.where], bill.amount.sum(axis=0)
        if np.isnan(amount).any():
            first = instant(int(starts[int(np.isnan(amount).argmax())]))
            raise NoPriceData(
                f"energy was metered, but no price is known, at {instants.text(first)}, in a "
                "period that the minimum charge of the tariff counts as a whole",
                param="start_time",
            )
        period = step_of(least.edges_us[:-1], starts)
        found += np.bincount(period, weights=amount, minlength=found.size)
    return found / (1.0 + vat_on_top(least.element.tariff))
