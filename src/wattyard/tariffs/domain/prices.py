"""The price at a site: the sum of its elements for a direction, with its parts (contract 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, reduce
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID

from wattyard.kernel import instants
from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, joined_edges, microseconds, step_of
from wattyard.kernel.instants import Span
from wattyard.kernel.quantities import PRICE_DECIMALS, all_rounded
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.contracts import PricingContract
from wattyard.tariffs.domain.expand import ElementSeries, check_available, expand
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected, TooManyPrices
from wattyard.tariffs.domain.resets import reset_periods
from wattyard.tariffs.domain.sources import Markets, MarketSource
from wattyard.tariffs.domain.tariff import (
    OPEN_END,
    Direction,
    Element,
    Tariff,
    TariffType,
    market_keys,
)
from wattyard.tariffs.domain.tiers import Consumed

ABSENT: Final = -1
ANSWERED_AT_ONCE: Final = 200_000
"""90 days of prices by the minute are 129,600."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a direction, a span, and the device whose own tariffs count, if any."""

    direction: Direction
    span: Span
    device: UUID | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one type of element adds, for n intervals.

    `element` (n) is a position in `PlacePrices.elements`, -1 where there is none; the price is 0
    there. `per_kwh` gross price and `vat_per_kwh` the VAT in it (n); `confidence` (n) 0..1;
    `tier` (n) from 0; `market_per_kwh` and `surcharge_per_kwh` (n), NaN where the price does not
    follow a market source.
    """

    element: Integers
    per_kwh: Numbers
    vat_per_kwh: Numbers
    confidence: Numbers
    tier: Integers
    market_per_kwh: Numbers
    surcharge_per_kwh: Numbers


@dataclass(frozen=True, eq=False)
class SitePrices:
    """The price of n intervals that touch and fill the span asked for.

    `edges_us` (n + 1); `per_kwh` (n) gross, rounded to 6 decimals; `exact_per_kwh` (n) the same
    before rounding; `confidence` (n) the lowest of the parts. `exact_parts` by name:
    `commodity_import`, `non_commodity_import`, `commodity_export`, `commodity_local`.
    """

    edges_us: Microseconds
    per_kwh: Numbers
    exact_per_kwh: Numbers
    confidence: Numbers
    exact_parts: Mapping[str, Part]
    elements: tuple[Element, ...]

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """The parts rounded, so that their prices add up to `per_kwh` exactly, in millionths."""
        return _adding_up(self.exact_parts, self.per_kwh) if self.exact_parts else {}


def site_prices(
    elements: Sequence[Element],
    region: CalendarRegion,
    question: Question,
    *,
    markets: Markets,
    consumed: Mapping[UUID, Consumed],
) -> SitePrices:
    """Price a span at a site, each tariff in the tier that its counter has reached.

    `elements` are the connected tariffs of the site, in any order; `consumed` their counters
    by tariff id, 0 where one is left out. After its end a tariff goes on until the next of its
    kind starts. A device's own tariffs, once started, stand in for those of the site.

    Raises:
        NoTariffConnected: when at some instant no COMMODITY tariff has started; LOCAL is 0 then.
        NoPriceData: with the first instant that has no price.
        TooManyPrices: for more than 200,000 intervals of one tariff.
    """
    kinds: list[tuple[str, _Kind]] = []
    for type_ in types_of(question.direction):
        stretches = tariffs_in_force(elements, type_, question)
        _check_connected(stretches, type_, question)
        if any(stretch.element != ABSENT for stretch in stretches):
            series = [
                _priced(stretch, elements, region, markets, consumed) for stretch in stretches
            ]
            kinds.append((f"{type_}_{question.direction}".lower(), _joined(series)))
    if not kinds:
        return _free(question.span)
    return _summed(kinds, tuple(elements))


def known_prices(
    elements: Sequence[Element],
    region: CalendarRegion,
    question: Question,
    *,
    markets: Markets,
    consumed: Mapping[UUID, Consumed],
) -> SitePrices:
    """Price a span as `site_prices` does, up to the first instant that has no price.

    Raises:
        NoTariffConnected, TooManyPrices: as `site_prices` does.
        NoPriceData: when there is no price at the start of the span.
    """
    while True:
        try:
            return site_prices(elements, region, question, markets=markets, consumed=consumed)
        except NoPriceData as missing:
            if missing.since is None or missing.since <= question.span.start:
                raise
            question = replace(question, span=Span(question.span.start, missing.since))


class PricedSpan(NamedTuple):
    """A part of the span, and the position of the tariff that prices it."""

    span: Span
    element: int


class _Kind(NamedTuple):
    """A part before rounding, with its own edges (n + 1)."""

    edges_us: Microseconds
    part: Part


def types_of(direction: Direction) -> tuple[TariffType, ...]:
    return ("COMMODITY", "NON_COMMODITY") if direction == "IMPORT" else ("COMMODITY",)


def tariffs_in_force(
    elements: Sequence[Element], type_: TariffType, question: Question
) -> list[PricedSpan]:
    """Divide the span by whose tariff prices it: the device's last started, else the site's."""
    starts = [
        (element.tariff.term.start, bool(element.tariff.devices), position)
        for position, element in enumerate(elements)
        if (element.tariff.type, element.tariff.direction) == (type_, question.direction)
        and (not element.tariff.devices or question.device in element.tariff.devices)
    ]
    span = question.span
    edges = sorted({span.start, *(at for at, _, _ in starts if at in span)})
    stretches: list[PricedSpan] = []
    for start, end in pairwise([*edges, span.end]):
        started = [(own, at, position) for at, own, position in starts if at <= start]
        owner = max(started)[2] if started else ABSENT
        same = bool(stretches) and stretches[-1].element == owner
        since = stretches.pop().span.start if same else start
        stretches.append(PricedSpan(Span(since, end), owner))
    return stretches


def pricing(elements: Sequence[Element], question: Question) -> tuple[Element, ...]:
    """List the tariffs that price some of the span: of ten years of contracts, one or two."""
    used = {
        stretch.element
        for type_ in types_of(question.direction)
        for stretch in tariffs_in_force(elements, type_, question)
    }
    return tuple(elements[position] for position in sorted(used - {ABSENT}))


def _check_connected(stretches: list[PricedSpan], type_: TariffType, question: Question) -> None:
    first = stretches[0]
    if first.element == ABSENT and type_ == "COMMODITY" and question.direction != "LOCAL":
        raise NoTariffConnected(
            f"the location has no COMMODITY tariff for {question.direction} at "
            f"{instants.text(first.span.start)}",
            param="start_time",
        )


def _priced(
    stretch: PricedSpan,
    elements: Sequence[Element],
    region: CalendarRegion,
    markets: Markets,
    consumed: Mapping[UUID, Consumed],
) -> _Kind:
    if stretch.element == ABSENT:
        return _nothing(stretch.span)
    element = elements[stretch.element]
    tariff = element.tariff
    reached = _present_tiers(tariff, region, markets.now, consumed.get(element.id, Consumed()))
    series = expand(tariff, region, stretch.span, markets=markets, tiers=reached)
    if series.window.size > ANSWERED_AT_ONCE:
        raise TooManyPrices(ANSWERED_AT_ONCE)
    check_available(series)
    return _Kind(series.edges_us, _part(series, stretch.element))


def _present_tiers(
    tariff: Tariff, region: CalendarRegion, now: datetime, counted: Consumed
) -> Integers:
    """Find the tier of the next kWh in each window (1, w), by the limits of the present period."""
    if not tariff.rates.has_tiers:
        return np.zeros((1, tariff.rates.tiers.size), np.int64)
    days = 1.0
    if not tariff.rates.fixed_limits:
        now_us = microseconds(now)
        days = float(reset_periods(tariff, region, (now_us, now_us + 1)).days[0])
    return tariff.rates.present_tiers(tariff.tiering.scope, counted, days=days)


def _part(series: ElementSeries, element: int) -> Part:
    return Part(
        element=np.full(series.window.size, element, np.int64),
        per_kwh=series.per_kwh[0],
        vat_per_kwh=series.vat_per_kwh[0],
        confidence=series.confidence[0],
        tier=series.tier[0],
        market_per_kwh=series.market_per_kwh[0],
        surcharge_per_kwh=series.surcharge_per_kwh[0],
    )


def _nothing(span: Span) -> _Kind:
    zero, none = np.zeros(1), np.full(1, np.nan)
    part = Part(np.array([ABSENT]), zero, zero, np.ones(1), np.zeros(1, np.int64), none, none)
    return _Kind(np.array([microseconds(span.start), microseconds(span.end)]), part)


def _free(span: Span) -> SitePrices:
    edges, part = _nothing(span)
    return SitePrices(edges, part.per_kwh, part.per_kwh, part.confidence, {}, ())


def _joined(kinds: list[_Kind]) -> _Kind:
    if len(kinds) == 1:
        return kinds[0]
    edges = np.concatenate([*(kind.edges_us[:-1] for kind in kinds), kinds[-1].edges_us[-1:]])
    parts = [kind.part for kind in kinds]
    fields = Part.__match_args__
    return _Kind(
        edges, Part(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))
    )


def _summed(kinds: list[tuple[str, _Kind]], elements: tuple[Element, ...]) -> SitePrices:
    edges = kinds[0][1].edges_us
    if len(kinds) > 1:
        edges = joined_edges([kind.edges_us for _, kind in kinds])
    parts = {name: _taken(kind, edges) for name, kind in kinds}
    exact = reduce(np.add, [part.per_kwh for part in parts.values()])
    total = all_rounded(exact, PRICE_DECIMALS)
    confidence = reduce(np.minimum, [part.confidence for part in parts.values()])
    return SitePrices(edges, total, exact, confidence, parts, elements)


def _taken(kind: _Kind, edges_us: Microseconds) -> Part:
    """Look a part up at finer edges."""
    if edges_us is kind.edges_us:
        return kind.part
    position = step_of(kind.edges_us[:-1], edges_us[:-1])
    fields = Part.__match_args__
    return Part(*(getattr(kind.part, name)[position] for name in fields))


def _adding_up(parts: Mapping[str, Part], total: Numbers) -> dict[str, Part]:
    """Round the parts; what rounding leaves over in millionths goes to the largest part."""
    scale = 10**PRICE_DECIMALS
    millionths = np.array(
        [np.rint(all_rounded(part.per_kwh, PRICE_DECIMALS) * scale) for part in parts.values()]
    )
    left = np.rint(total * scale) - millionths.sum(axis=0)
    largest = np.abs(millionths).argmax(axis=0)
    millionths[largest, np.arange(total.size)] += left
    return {
        name: Part(
            element=part.element,
            per_kwh=rounded_part / scale + 0.0,
            vat_per_kwh=all_rounded(part.vat_per_kwh, PRICE_DECIMALS),
            confidence=part.confidence,
            tier=part.tier,
            market_per_kwh=all_rounded(part.market_per_kwh, PRICE_DECIMALS),
            surcharge_per_kwh=all_rounded(part.surcharge_per_kwh, PRICE_DECIMALS),
        )
        for (name, part), rounded_part in zip(parts.items(), millionths, strict=True)
    }


@dataclass(frozen=True, slots=True)
class Supply:
    """What prices at a site depend on: its contracts, their rules read, and market sources."""

    site: Site
    region: CalendarRegion
    contracts: Mapping[UUID, PricingContract]
    elements: tuple[Element, ...]
    sources: Mapping[str, MarketSource]

    def answering(self, question: Question) -> "Supply":
        """Leave out tariffs of other devices, and market sources that no price asked for follows.

        What is left out neither changes the answer nor decides when it is to be asked anew.
        """
        elements = tuple(
            element
            for element in self.elements
            if not element.tariff.devices or question.device in element.tariff.devices
        )
        keys = market_keys(pricing(elements, question))
        return replace(
            self,
            contracts={element.id: self.contracts[element.id] for element in elements},
            elements=elements,
            sources={key: source for key, source in self.sources.items() if key in keys},
        )

    @property
    def last_updated(self) -> datetime | None:
        """When what the prices depend on changed last; None without any tariff."""
        changed = [contract.kind_changed for contract in self.contracts.values()]
        published = [source.time_published for source in self.sources.values()]
        return max([*changed, *(at for at in published if at)], default=None)

    def next_update(self, now: datetime) -> datetime | None:
        """Find the first instant after `now` when a market publishes or a contract starts or ends.

        None when nothing is known to happen.
        """
        terms = [element.tariff.term for element in self.elements]
        edges = [
            edge
            for term in terms
            for edge in (term.start, term.end)
            if edge > now and edge != OPEN_END
        ]
        published = [source.published_after(now) for source in self.sources.values()]
        return min([*edges, *(at for at in published if at)], default=None)

    def source_of(self, element: int) -> MarketSource | None:
        """Find the one market source that an element's prices follow, None where not just one."""
        keys = self.elements[element].tariff.followed_keys
        return self.sources.get(next(iter(keys))) if len(keys) == 1 else None


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices at a site, and when they were and will be known anew (UTC, or None)."""

    supply: Supply
    question: Question
    prices: SitePrices
    last_updated: datetime | None
    next_update: datetime | None


def calendar_region(site: Site) -> CalendarRegion:
    """The calendar region in which a site's wall-clock rules are evaluated."""
    address = site.postal_address
    if address is None:
        return CalendarRegion(site.timezone)
    return CalendarRegion(site.timezone, address.country_code, address.state)
