"""Use-cases of prices: what a kWh costs at a site, and why."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from cachetools import LRUCache

from wattyard.kernel.clock_changes import instant
from wattyard.kernel.context import Context
from wattyard.kernel.instants import FIRST_YEAR, LAST_YEAR, Span
from wattyard.meters.domain.readings import FlowDirection, Stream, TariffDirection
from wattyard.platform.db import ReadConnection
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import DeviceNotAtLocation, DeviceNotFound
from wattyard.sites.domain.sites import LocationNotFound, Site
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.contracts import Contract, PricingContract
from wattyard.tariffs.domain.conversion import check_conversion
from wattyard.tariffs.domain.counting import counted
from wattyard.tariffs.domain.prices import (
    Question,
    Quote,
    SitePrices,
    Supply,
    calendar_region,
    known_prices,
    pricing,
    site_prices,
)
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected, TooManyPrices
from wattyard.tariffs.domain.resets import counted_since
from wattyard.tariffs.domain.samples import Sample, sample
from wattyard.tariffs.domain.sources import (
    MarketCurrencyMismatch,
    Markets,
    MarketSource,
    MarketUnitMismatch,
    all_priced_in,
)
from wattyard.tariffs.domain.tariff import Direction, Element, Tariff, market_keys
from wattyard.tariffs.domain.tiers import Consumed
from wattyard.tariffs.service.judged_tariffs import Judged
from wattyard.tariffs.service.netting import net_metered
from wattyard.tariffs.service.ports import TariffUseCases
from wattyard.tariffs.service.series import Needs, SeriesCache, sources_of
from wattyard.tariffs.store import contracts as contract_store

_KEPT_RULES_BYTES: Final = 8 * 1024 * 1024
"""Of JSON; the tariffs read from it take about ten times as much memory."""
_SAMPLED: Final = timedelta(days=401)
_MOMENT: Final = timedelta(microseconds=1)
EVER: Final = Span(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 12, 31, tzinfo=UTC))
"""A span in which every contract prices something."""
COUNTED_FLOWS: Final[dict[TariffDirection, FlowDirection]] = {
    "IMPORT": "INBOUND",
    "EXPORT": "OUTBOUND",
    "LOCAL": "INBOUND",
}
"""Which way the energy flows that a tariff's counter counts."""

QUOTE_REFUSALS = (
    LocationNotFound,
    DeviceNotFound,
    DeviceNotAtLocation,
    NoTariffConnected,
    NoPriceData,
    MarketCurrencyMismatch,
    MarketUnitMismatch,
    TooManyPrices,
)
"""What `Prices.quote` can refuse with."""


@dataclass
class Prices(TariffUseCases):
    """The prices at every account's sites."""

    _series: SeriesCache = field(default_factory=SeriesCache)
    _tariffs: LRUCache[tuple[bytes, CalendarRegion], "_Read"] = field(
        default_factory=lambda: LRUCache(_KEPT_RULES_BYTES, getsizeof=lambda read: read.size)
    )

    async def quote(self, context: Context, site_id: UUID, question: Question) -> Quote:
        """Price a span at a site.

        Raises:
            LocationNotFound, DeviceNotFound, DeviceNotAtLocation.
            NoTariffConnected, NoPriceData, MarketCurrencyMismatch.
        """
        return await self._quoted(context, site_id, question, site_prices)

    async def quote_known(self, context: Context, site_id: UUID, question: Question) -> Quote:
        """Price a span at a site as far as prices are known; the quote's question ends there.

        Raises:
            NoPriceData: when there is no price at the start of the span; and as `quote` does.
        """
        return await self._quoted(context, site_id, question, known_prices)

    async def ingredients(
        self, db: ReadConnection, context: Context, site: Site, question: Question
    ) -> "Ingredients":
        """Gather all that prices of a span at a site depend on.

        Raises:
            MarketCurrencyMismatch: when the site pays in another currency than its source.
        """
        at_present = Span(context.now, context.now + _MOMENT)  # for what changes next
        supply = await self.supply(
            db, context, site, question.direction, [question.span, at_present]
        )
        answering = supply.answering(question)
        markets = await self.markets(db, context, [answering], question.span)
        counted = await self._consumed(context, supply, question)
        return Ingredients(context.now, question, supply, answering, markets, counted)

    async def _quoted(
        self, context: Context, site_id: UUID, question: Question, price: "Pricing"
    ) -> Quote:
        async with self.db.reading() as db:
            site = await self.sites.supply(context, site_id, param="location_id")
            if question.device is not None:
                await self._check_device(context, question.device, site)
            gathered = await self.ingredients(db, context, site, question)
        return await beside(gathered.quote, price)

    async def sample(self, context: Context, judged: Judged) -> Sample:
        """Show what the prices of a judged tariff look like: a week, special days, a year.

        Raises:
            MarketCurrencyMismatch: when a source publishes in another currency.
        """
        region, now = calendar_region(judged.site), context.now
        currency_code = judged.site.currency_code
        start = max(now, judged.tariff.term.start)
        span = Span(start, start + _SAMPLED)
        async with self.db.reading() as db:
            series = {
                key: await self._series.series(db, context, source, span)
                for key, source in judged.sources.items()
            }
        markets = Markets(series, now, currency_code)
        return await beside(sample, judged.tariff, region, markets=markets)

    async def followed(self, context: Context, site_id: UUID, span: Span) -> set[UUID]:
        """List the market sources that prices of either direction follow at a site in a span."""
        async with self.db.reading() as db:
            site = await self.sites.supply(context, site_id, param="location_id")
            supplies = [
                await self.supply(db, context, site, direction, [span])
                for direction in ("IMPORT", "EXPORT")
            ]
        return {source.id for supply in supplies for source in supply.sources.values()}

    async def supply(
        self,
        db: ReadConnection,
        context: Context,
        site: Site,
        direction: Direction,
        spans: Sequence[Span],
    ) -> Supply:
        """Gather what prices of a direction depend on at a site in some spans."""
        found = await self.supplies(db, context, [site], direction, spans)
        return found[site.id]

    async def supplies(
        self,
        db: ReadConnection,
        context: Context,
        sites: Collection[Site],
        direction: Direction,
        spans: Sequence[Span],
    ) -> dict[UUID, Supply]:
        """Gather, by site, what `supply` does of one, in as many statements for any number.

        Of the connected tariffs only those are read that price some of the spans, and the ones
        that take over from them.
        """
        ids_ = [site.id for site in sites]
        kept = await contract_store.pricing(
            db, context.account, context.live_mode, ids_, direction, spans
        )
        contracts: defaultdict[UUID, list[PricingContract]] = defaultdict(list)
        for contract in kept:
            contracts[contract.site_id].append(contract)
        drafts = [(site, calendar_region(site), contracts[site.id]) for site in sites]
        elements = {
            site.id: tuple([Element(c.id, await self._tariff(c.rules, region)) for c in own])
            for site, region, own in drafts
        }
        keys = {id_: market_keys(own) for id_, own in elements.items()}
        sources = await sources_of(db, context, Needs.of(frozenset[str]().union(*keys.values())))
        return {
            site.id: Supply(
                site,
                region,
                {contract.id: contract for contract in own},
                elements[site.id],
                {key: source for key, source in sources.items() if key in keys[site.id]},
            )
            for site, region, own in drafts
        }

    async def supply_under(
        self, db: ReadConnection, context: Context, supply: Supply, contract: Contract
    ) -> Supply:
        """Give a supply as it was if a contract had always been the only one of its type there.

        Contracts of the other type stay, such as network fees besides the energy.
        """
        tariff = await self._tariff(contract.rules, supply.region)
        alone = replace(tariff, term=EVER, devices=frozenset[UUID]())
        others = (one for one in supply.elements if one.tariff.type != contract.type)
        elements = (Element(contract.id, alone), *others)
        sources = await sources_of(db, context, Needs.of(market_keys(elements)))
        return Supply(supply.site, supply.region, {}, elements, sources)

    async def markets(
        self,
        db: ReadConnection,
        context: Context,
        supplies: Collection[Supply],
        span: Span,
    ) -> Markets:
        """Read the market series that the prices of supplies of an account follow.

        Raises:
            MarketCurrencyMismatch: when a site pays in another currency than its source.
        """
        sources: dict[str, MarketSource] = {}
        for supply in supplies:
            for element in supply.elements:
                _check_conversion(element.tariff, supply)
            sources |= supply.sources
        series = {
            key: await self._series.series(db, context, source, span)
            for key, source in sources.items()
        }
        return Markets(series, context.now)

    async def _tariff(self, rules: bytes, region: CalendarRegion) -> Tariff:
        key = (rules, region)
        read = self._tariffs.get(key)
        if read is None:
            tariff = await beside(self.wire.rules, rules, region)
            read = _Read(tariff, len(rules))
            self._tariffs[key] = read
        return read.tariff

    async def _consumed(
        self, context: Context, supply: Supply, question: Question
    ) -> dict[UUID, Consumed]:
        """Count, for each tariff with tiers, what its direction read since its last reset."""
        counted: dict[UUID, Consumed] = {}
        for element in pricing(supply.elements, question):
            tariff, now = element.tariff, context.now
            if tariff.schedule.tiers < 2:
                continue
            since = counted_since(tariff, supply.region, now)
            if since < now and supply.site.netting is not None and not tariff.devices:
                counted[element.id] = await self._count_net(
                    context, supply, tariff, Span(since, now)
                )
            elif since < now:
                device_id = question.device if tariff.devices else None
                flow = COUNTED_FLOWS[tariff.direction]
                stream = Stream(supply.site.id, device_id, flow, tariff.direction)
                counted[element.id] = await self._count(
                    context, stream, tariff, supply.region, Span(since, now)
                )
        return counted

    async def _count_net(
        self, context: Context, supply: Supply, tariff: Tariff, span: Span
    ) -> Consumed:
        """Count what remains of the energy of a site that nets its import and export."""
        async with self.db.reading() as db:
            buying = (await self.supply(db, context, supply.site, "IMPORT", [EVER])).elements
        own = await net_metered(self.records, context, supply.site, buying, tariff.direction, span)
        if own is None or supply.site.netting is None:
            stream = Stream(supply.site.id, None, COUNTED_FLOWS[tariff.direction], tariff.direction)
            return await self._count(context, stream, tariff, supply.region, span)
        in_demand = supply.site.netting.enters_demand(tariff.tiering.window_minutes)
        measured = own.net if in_demand else own.gross
        return counted(tariff, supply.region, span, own.net, measured) if own.net else Consumed()

    async def _count(
        self,
        context: Context,
        stream: Stream,
        tariff: Tariff,
        region: CalendarRegion,
        span: Span,
    ) -> Consumed:
        if tariff.tiering.scope != "PERIOD" and not tariff.rates.any_by_peak:
            return Consumed(await self.records.total_kwh(context, span, stream))
        found = await self.records.of_object(
            context,
            span,
            site_id=stream.site_id,
            device_id=stream.device_id,
            direction=stream.direction,
        )
        own = [one.metered for one in found if one.stream.flow == stream.flow]
        return counted(tariff, region, span, own, own) if own else Consumed()

    async def _check_device(self, context: Context, device_id: UUID, site: Site) -> None:
        try:
            device = await self.devices.device(context, device_id)
        except DeviceNotFound as missing:
            raise DeviceNotFound(str(missing), param="device_id") from None
        if site.id not in device.locations:
            raise DeviceNotAtLocation(
                f"device dev_{device_id.hex} is not at location loc_{site.id.hex}",
                param="device_id",
            )


class Pricing(Protocol):
    """Prices a span from all that it depends on: `site_prices`, or `known_prices`."""

    def __call__(
        self,
        elements: Sequence[Element],
        region: CalendarRegion,
        question: Question,
        *,
        markets: Markets,
        consumed: Mapping[UUID, Consumed],
    ) -> SitePrices: ...


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What prices of a question depend on, gathered at `now`; they can be computed without more.

    `answering` is what of the supply decides the answer.
    """

    now: datetime
    question: Question
    supply: Supply
    answering: Supply
    markets: Markets
    consumed: Mapping[UUID, Consumed]

    def quote(self, price: Pricing) -> Quote:
        """Compute the prices.

        Raises:
            NoTariffConnected, NoPriceData, TooManyPrices: as `price` does.
        """
        supply, question = self.supply, self.question
        prices = price(
            supply.elements,
            supply.region,
            question,
            markets=self.markets.at(supply.site.currency_code),
            consumed=self.consumed,
        )
        end = min(question.span.end, instant(int(prices.edges_us[-1])))
        return Quote(
            supply,
            replace(question, span=Span(question.span.start, end)),
            prices,
            last_updated=self.answering.last_updated,
            next_update=self.answering.next_update(self.now),
        )


class _Read(NamedTuple):
    """A tariff as it was read, and the size of its rules in bytes."""

    tariff: Tariff
    size: int


def _check_conversion(tariff: Tariff, supply: Supply) -> None:
    currency_code, sources = supply.site.currency_code, supply.sources
    if tariff.conversion is None and all_priced_in(currency_code, sources.values()):
        return
    try:
        check_conversion(tariff, sources, currency_code)
    except (MarketCurrencyMismatch, MarketUnitMismatch) as refusal:
        raise type(refusal)(str(refusal)) from None  # the caller of prices sent none of the fields
