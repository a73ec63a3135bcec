"""What every plan asks of prices, and the plans that need nothing else."""

from datetime import datetime
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_price.duration import DurationQuestion, by_duration
from wattyard.schedules.domain.by_price.limit import LimitQuestion, by_limit
from wattyard.schedules.domain.by_price.listing import DurationRequest, LimitRequest, Listing
from wattyard.schedules.domain.prices import MINUTE_US
from wattyard.schedules.domain.prices import PriceSeries as Series
from wattyard.schedules.service.solving import Solvers
from wattyard.sites.domain.sites import Site, SiteInactive
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.prices import Question, Quote, SitePrices
from wattyard.tariffs.service import Prices


@dataclass
class PricedTimes:
    """Plans that pick time by its price alone."""

    sites: Sites
    prices: Prices
    solvers: Solvers

    async def by_duration(self, context: Context, request: DurationRequest) -> Listing:
        """Pick the cheapest, or dearest, time of a total length.

        Only with a least length of slots can this take longer than to ask for prices. Where fewer
        prices are known than the duration asks for, all of their time is picked.

        Raises:
            SiteInactive, PlansInProgress, and what `Prices.quote` raises.
        """
        quote = await self._quote(context, request.site_id, request.question)
        prices, least_minutes = series_of(quote.prices), request.min_slot_minutes
        duration_minutes = min(request.duration_minutes, prices.window_us // MINUTE_US)
        question = DurationQuestion(
            prices,
            request.segment,
            duration_minutes,
            request.contiguous,
            None if least_minutes is None else min(least_minutes, duration_minutes),
        )
        until = known_until(quote, request.question.span.end)
        if least_minutes is None:
            return Listing(quote, by_duration(question), until)
        async with self.solvers.planning(context.account) as solver:
            return Listing(quote, await solver.run(by_duration, question, hard=True), until)

    async def by_limit(self, context: Context, request: LimitRequest) -> Listing:
        """Pick all time on the right side of a price limit.

        Raises:
            SiteInactive, and what `Prices.quote` raises.
        """
        quote = await self._quote(context, request.site_id, request.question)
        question = LimitQuestion(
            series_of(quote.prices), request.segment, request.relative, request.absolute
        )
        until = known_until(quote, request.question.span.end)
        return Listing(quote, by_limit(question).slots, until)

    async def _quote(self, context: Context, site_id: UUID, question: Question) -> Quote:
        check_in_service(await self.sites.supply(context, site_id, param="location_id"))
        return await self.prices.quote_known(context, site_id, question)


def known_until(quote: Quote, wanted: datetime) -> datetime | None:
    """Find where the prices of a quote end, if that is before the end that was wanted."""
    end = quote.question.span.end
    return end if end < wanted else None


def series_of(prices: SitePrices) -> Series:
    """Take the prices of a site as what plans are made with."""
    return Series(prices.edges_us, prices.per_kwh, prices.confidence)


def check_in_service(site: Site) -> None:
    """Check that plans may be made for a site.

    Raises:
        SiteInactive: when it is out of service.
    """
    if site.status == "INACTIVE":
        raise SiteInactive(
            f"site {ids.wire('ste', site.id)} is INACTIVE; nothing is planned for it",
            param="location_id",
        )
