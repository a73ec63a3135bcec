"""Tariffs: what does a kWh cost, and when?"""

from typing import Final

from wattyard.accounts.service.doctor import Recomputed
from wattyard.kernel.context import Contexts
from wattyard.kernel.instants import Span
from wattyard.platform.composition import Capability
from wattyard.platform.db.personal_rows import OwnTable
from wattyard.platform.work import Job
from wattyard.sites.service.ports import Dependent
from wattyard.tariffs.domain.fetching import Fetched, Subscription
from wattyard.tariffs.jobs.endings import endings
from wattyard.tariffs.routes import ENDPOINTS
from wattyard.tariffs.service import (
    Endings,
    Listings,
    MarketSources,
    PresentPrices,
    Prices,
    TariffImports,
    Tariffs,
    TierCounts,
)
from wattyard.tariffs.service.markets import ENCRYPTED, MarketFetches, OperatorMarkets
from wattyard.tariffs.service.ports import Wire
from wattyard.tariffs.wire.rules import judged_rules, rules_at
from wattyard.tariffs.wire.sources import market_source_json
from wattyard.tariffs.wire.tariffs import tariff_json


def wire() -> Wire:
    """Fill the port that the use-cases read and write JSON through."""
    return Wire(rules_at, judged_rules, tariff_json, market_source_json)


def market_fetches(markets: OperatorMarkets, contexts: Contexts) -> MarketFetches:
    """Provide fetches at once; the HTTP client is loaded with the first."""

    async def fetch(subscription: Subscription, span: Span | None) -> Fetched:
        from wattyard.tariffs.jobs import fetching  # noqa: PLC0415 (as below)

        return await fetching.fetch(markets, contexts, subscription, span)

    return MarketFetches(markets, fetch)


def fetching(markets: OperatorMarkets, contexts: Contexts) -> Job:
    """Fetch market prices."""
    # The HTTP client is loaded only where it is used: it takes 15 MiB.
    from wattyard.tariffs.jobs import fetching  # noqa: PLC0415

    return fetching.fetching(markets, contexts)


TARIFFS: Final = Capability(
    name="tariffs",
    id_prefixes=("trf", "prv", "mrs", "prs", "tra"),
    provides=(
        wire,
        Tariffs,
        TariffImports,
        Listings,
        Endings,
        MarketSources,
        Prices,
        PresentPrices,
        TierCounts,
        OperatorMarkets,
        market_fetches,
    ),
    contributes=((Dependent, Endings), (Recomputed, Listings)),
    endpoints=ENDPOINTS,
    jobs=(fetching, endings),
    encrypted=ENCRYPTED,
    inspected=(OperatorMarkets,),
    measured=(OperatorMarkets,),
    personal=(OwnTable("tariffs", "site", "t.site_id = ANY({})", prefix="trf"),),
)
