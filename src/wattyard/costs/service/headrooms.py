"""Use-case of headroom: what a site's demand charges leave free."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from wattyard.costs.domain.demand import demand_span
from wattyard.costs.domain.headroom import Headroom, headrooms
from wattyard.costs.domain.history import charging_elements
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.service.metering import inbound_first, series_readings
from wattyard.costs.service.netting import (
    NettedFlows,
    contracts_span,
    netted_flows,
    netted_time_of,
)
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.records import StreamReadings
from wattyard.meters.service import Records
from wattyard.platform.db import Database, ReadConnection
from wattyard.platform.work import beside
from wattyard.sites.domain.sites import Site
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.prices import Supply
from wattyard.tariffs.domain.refusals import NoTariffConnected
from wattyard.tariffs.domain.tariff import Direction, Element
from wattyard.tariffs.service import Prices


@dataclass(frozen=True, slots=True, eq=False)
class SiteHeadroom:
    """The headroom under each demand charge of a site, and billing period, in order of tariffs."""

    site: Site
    charges: list[Headroom]


@dataclass
class Headrooms:
    """What the demand charges of every account's sites leave free."""

    db: Database
    sites: Sites
    records: Records
    prices: Prices

    async def of_site(
        self, context: Context, site_id: UUID, direction: Direction, *, hours: int
    ) -> SiteHeadroom:
        """Find how much may be drawn in the windows that start in the coming hours.

        Readings until now count.

        Raises:
            LocationNotFound: when the caller has no such site.
            NoTariffConnected: when the site has no tariff of the direction.
        """
        span = Span(context.now, context.now + timedelta(hours=hours))
        async with self.db.snapshot() as db:
            site = await self.sites.supply(context, site_id, param="id")
            spans = [contracts_span(site, span)]
            supply = await self.prices.supply(db, context, site, direction, spans)
            if not supply.elements:
                raise NoTariffConnected(f"the location has no tariff for {direction}")
            charged = await self.charged(db, context, supply, CostQuestion(direction, span))
        if charged is None:
            return SiteHeadroom(site, [])
        return SiteHeadroom(site, await beside(headrooms, charged.elements, charged.load(), span))

    async def of_plan(
        self, db: ReadConnection, context: Context, buying: Supply, span: Span
    ) -> "DemandReadings | None":
        """Gather what a plan over a span may add to: demand charges, and readings until it starts.

        `buying` are the IMPORT tariffs of the span. None where no demand charge runs.
        """
        site = buying.site
        if site.netting is not None:
            spans = [contracts_span(site, span)]
            buying = await self.prices.supply(db, context, site, "IMPORT", spans)
        return await self.charged(db, context, buying, CostQuestion("IMPORT", span))

    async def charged(
        self, db: ReadConnection, context: Context, supply: Supply, question: CostQuestion
    ) -> "DemandReadings | None":
        """Gather the demand charges that run in a question's span, and what they look at."""
        span = question.span
        elements = charging_elements(supply.elements, question)
        looked_at = demand_span(elements, supply.region, span)
        if looked_at is None:
            return None
        time = await netted_time_of(self.prices, db, context, supply, question, looked_at)
        found = await self.records.of_object(
            context,
            looked_at if time is None else time.with_all(looked_at),
            site_id=supply.site.id,
            device_id=None,
            direction=question.direction,
        )
        flows = None
        if time is not None:
            flows = await netted_flows(self.records, context, time, question.direction, found)
        return DemandReadings(supply, question, elements, looked_at, found, flows)


@dataclass(frozen=True, slots=True, eq=False)
class DemandReadings:
    """The contracts with demand charges that run in a question's span, and what was metered."""

    supply: Supply
    question: CostQuestion
    elements: list[Element]
    looked_at: Span
    found: Sequence[StreamReadings]
    flows: NettedFlows | None

    def load(self) -> Load:
        """What the charges see of the site until the span starts."""
        readings = series_readings(inbound_first(self.found)[0].metered if self.found else None)
        until = readings.until(self.question.span.start)
        load = Load.of(self.supply.region, self.looked_at, until)
        return load if self.flows is None else load.netted_by(self.flows.netted(self.question))
