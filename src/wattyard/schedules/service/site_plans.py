"""The use-case of plans for whole sites."""

from dataclasses import replace

from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Fault
from wattyard.kernel.values import dataclass
from wattyard.platform.work import beside
from wattyard.schedules.domain.forecasts.pv_arrays import Irradiance, has_panels
from wattyard.schedules.domain.prices import PriceSeries
from wattyard.schedules.domain.site import remarks
from wattyard.schedules.domain.site.assembly import (
    Charging,
    KnownSite,
    SiteAnswer,
    SiteCase,
    assembled,
    end_of,
)
from wattyard.schedules.domain.site.baseline import compared
from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.planning import plan_site
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.request import SiteRequest
from wattyard.schedules.service.pricing import series_of
from wattyard.schedules.service.site_facts import SiteFacts, SiteFactsReader
from wattyard.schedules.service.solving import Solvers
from wattyard.schedules.service.surroundings import Weather
from wattyard.tariffs.domain.prices import Quote, known_prices
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected


@dataclass
class SitePlans:
    """Plans for everything behind one meter together."""

    facts: SiteFactsReader
    weather: Weather
    solvers: Solvers

    async def plan(self, context: Context, request: SiteRequest) -> SiteAnswer:
        """Plan a site: load once, then compute.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
            Malformed: when a wish is not for the type of its device.
            SiteInactive, DeviceNotAtLocation, NoDeviceState, DeviceRatingMissing,
            PlansInProgress, and what prices are refused with.
        """
        async with self.solvers.planning(context.account) as solver:
            facts = await self.facts.of_request(context, request)
            priced = await beside(_priced, facts)
            end_us = end_of(request, series_of(priced.bought.prices), priced.sold_series)
            weather = await self._weather(facts, request, end_us)
            case = await beside(_case, request, facts, priced, weather, end_us)
            plan = await solver.run_bounded(_planned, case.question)
        updates = [q.next_update for q in (priced.bought, priced.sold) if q and q.next_update]
        return SiteAnswer(request, facts.site, case, plan, min(updates, default=None))

    async def _weather(
        self, facts: SiteFacts, request: SiteRequest, end_us: int
    ) -> Irradiance | None:
        where = facts.site.geo_location
        if where is None or not any(has_panels(one) for one in facts.devices):
            return None
        return await self.weather.irradiance(where, Span(request.start, instant(end_us)))


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    """The prices of both directions, as far as they are known, and the remarks on them."""

    bought: Quote
    sold: Quote | None
    warnings: tuple[Fault, ...] = ()

    @property
    def sold_series(self) -> PriceSeries | None:
        return None if self.sold is None else series_of(self.sold.prices)


def _priced(facts: SiteFacts) -> _Priced:
    """Compute the prices; what can be sold and has no price is not sold.

    Raises:
        NoTariffConnected, NoPriceData, TooManyPrices: of what is bought.
    """
    bought = facts.bought.quote(known_prices)
    if facts.sold is None:
        return _Priced(bought, None)
    try:
        return _Priced(bought, facts.sold.quote(known_prices))
    except (NoTariffConnected, NoPriceData):
        start_us = microseconds(facts.sold.question.span.start)
        return _Priced(bought, None, (remarks.export_unpriced(start_us),))


def _case(
    request: SiteRequest,
    facts: SiteFacts,
    priced: _Priced,
    weather: Irradiance | None,
    end_us: int,
) -> SiteCase:
    charged = facts.charged
    known = KnownSite(
        site=facts.site,
        devices=facts.devices,
        states=facts.states,
        bought=priced.bought,
        sold=priced.sold,
        metered=facts.metered,
        weather=weather,
        charging=None if charged is None else Charging(charged.elements, charged.load()),
    )
    case = assembled(request, known, end_us)
    return replace(case, warnings=(*priced.warnings, *case.warnings))


def _planned(question: SiteQuestion, seconds: float) -> SitePlan:
    question = replace(question, seconds=seconds)
    return compared(question, plan_site(question))
