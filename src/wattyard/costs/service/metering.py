"""What a report prices: metered energy, and the contracts that apply to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from wattyard.costs.domain.answer import Costs
from wattyard.costs.domain.contracts import Terms, terms
from wattyard.costs.domain.costs import costs_under
from wattyard.costs.domain.history import priced_span
from wattyard.costs.domain.netting import Netted
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.costs.domain.reports import Report, together
from wattyard.costs.service.netting import NettedFlows
from wattyard.kernel.arrays import Marks, np
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Metered
from wattyard.meters.domain.readings import Readings as Sent
from wattyard.meters.domain.records import StreamReadings
from wattyard.tariffs.domain.prices import Supply
from wattyard.tariffs.domain.sources import Markets


@dataclass(frozen=True, eq=False)
class Metering:
    """A stream's readings under the contracts of its site; None where there are no readings.

    `session`: the one whose readings are asked for, where not all are. `flows`: what the
    readings are netted with, where they are.
    """

    supply: Supply
    question: CostQuestion
    metered: Metered | None
    session: str | None = None
    flows: NettedFlows | None = None

    @cached_property
    def netted(self) -> Netted | None:
        """How the readings are netted."""
        return None if self.flows is None else self.flows.netted(self.question)

    @property
    def span_priced(self) -> Span:
        """The time whose energy must have prices."""
        return priced_span(self.supply.elements, self.supply.region, self.question)

    @property
    def priced(self) -> list[Span]:
        """The times for which prices are looked up."""
        metered = series_readings(self.metered).span
        settled = [] if self.netted is None else self.netted.settled_us()
        paid = [Span(instant(start), instant(end)) for start, end in settled]
        return paid if metered is None else [metered, *paid]


def meterings(
    supply: Supply,
    question: CostQuestion,
    found: Sequence[StreamReadings],
    flows: NettedFlows | None = None,
) -> list[Metering]:
    """List an object's streams, inbound ones first: charges, which come once, go with the first."""
    metered: list[Metered | None] = [one.metered for one in inbound_first(found)]
    uncharged = replace(question, with_charges=False)
    return [
        Metering(supply, uncharged if place else question, own, flows=flows)
        for place, own in enumerate(metered or [None])
    ]


def inbound_first(found: Sequence[StreamReadings]) -> list[StreamReadings]:
    """Order an object's streams; the charges of a site are for the first."""
    return sorted(found, key=lambda one: one.stream.flow != "INBOUND")


def report(listed: Sequence[Metering], markets: Markets) -> Report:
    """Price what was metered, and put it together.

    Raises:
        NoTariffConnected, NoPriceData, CurrenciesMixed.
    """
    alike: defaultdict[object, list[int]] = defaultdict(list)
    for place, one in enumerate(listed):
        alike[_kind(one)].append(place)
    reports: dict[int, Report] = {}
    for places in alike.values():
        own = _terms([listed[place] for place in places], markets)
        reports |= {place: _reported(listed[place], own) for place in places}
    return together([reports[place] for place in range(len(listed))])


def _kind(own: Metering) -> object:
    """Key what can share one look-up of prices: the same contracts, in about the same time."""
    question, start = own.question, own.question.span.start
    with_own = any(question.device in one.tariff.devices for one in own.supply.elements)
    device = question.device if with_own else None
    return own.supply.site.id, question.direction, device, (start.year, start.month)


def _terms(alike: Sequence[Metering], markets: Markets) -> Terms:
    """Look up prices once for streams of one kind."""
    first = alike[0]
    supply = first.supply
    question = replace(first.question, span=hull([one.span_priced for one in alike]))
    metered = [span for one in alike for span in one.priced]
    around = hull(metered) if metered else None
    own = markets.at(supply.site.currency_code)
    return terms(supply.elements, supply.region, question, around, markets=own)


def hull(spans: Sequence[Span]) -> Span:
    """Find the time from the first start to the last end."""
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _reported(own: Metering, under: Terms) -> Report:
    supply, question, metered = own.supply, own.question, own.metered
    readings = series_readings(metered)
    priced = costs_under(under, question, readings, asked=_asked(own), netted=own.netted)
    return Report(
        supply.site,
        question.device,
        question.direction,
        priced.data,
        priced.total,
        _references(question, priced, metered),
    )


def series_readings(metered: Metered | None) -> SeriesReadings:
    """Read what costs look at; no readings where there is no stream."""
    if metered is None:
        nothing = np.zeros(0, np.int64)
        return SeriesReadings(nothing, nothing, np.zeros(0), np.zeros(0))
    return SeriesReadings(
        metered.starts_us, metered.ends_us, metered.energy_kwh, metered.confidence
    )


def _asked(own: Metering) -> Marks | None:
    if own.session is None or own.metered is None:
        return None
    return np.array([one == own.session for one in own.metered.sessions], dtype=np.bool_)


def _references(
    question: CostQuestion, priced: Costs, metered: Metered | None
) -> tuple[tuple[str | None, str | None], ...] | None:
    if question.aggregation != "NONE":
        return None
    if priced.data.reading is None:
        return ()
    places = priced.data.reading.tolist()
    sent = [] if metered is None else list(zip(metered.sessions, metered.references, strict=True))
    return tuple(sent[n] if n < len(sent) else (None, None) for n in places)


def within(found: Sequence[StreamReadings], span: Span) -> list[StreamReadings]:
    """Keep the readings that meet a span, and the streams that have any."""
    kept = []
    for one in found:
        first = np.searchsorted(one.metered.ends_us, microseconds(span.start), side="right")
        last = np.searchsorted(one.metered.starts_us, microseconds(span.end), side="left")
        if first < last:
            kept.append(StreamReadings(one.stream, one.metered.part(slice(first, last))))
    return kept


def with_sent(found: Sequence[StreamReadings], sent: Sent) -> list[StreamReadings]:
    """Put a reading among those found, in the place of those stored for its time.

    Its own stream comes first.
    """
    (stream,) = sent.streams
    start, end = int(sent.starts_us[0]), int(sent.ends_us[0])
    others = [one for one in found if one.stream.flow != stream.flow]
    own = next((one.metered for one in found if one.stream.flow == stream.flow), None)
    reading = Metered(
        np.zeros(1, np.int64),
        sent.starts_us,
        sent.ends_us,
        sent.energy_kwh,
        sent.confidence,
        sent.sessions,
        sent.references,
    )
    if own is None:
        return [StreamReadings(stream, reading), *others]
    before, after = own.ends_us <= start, own.starts_us >= end
    return [StreamReadings(stream, _joined(own, reading, before, after)), *others]


def _joined(own: Metered, reading: Metered, before: Marks, after: Marks) -> Metered:
    """Put one reading between the marked ones (n) before and after it."""
    columns = [
        np.concatenate([stored[before], mine, stored[after]])
        for stored, mine in zip(own[:5], reading[:5], strict=True)
    ]
    texts = [
        [
            *(stored[n] for n in np.flatnonzero(before).tolist()),
            *mine,
            *(stored[n] for n in np.flatnonzero(after).tolist()),
        ]
        for stored, mine in ((own.sessions, reading.sessions), (own.references, reading.references))
    ]
    return Metered(columns[0], columns[1], columns[2], columns[3], columns[4], texts[0], texts[1])
