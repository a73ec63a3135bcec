"""Tariffs: what does a kWh cost, and when?"""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.work import Job
from wattyard.sites.service.ports import Dependent
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
)
from wattyard.tariffs.service.markets import ENCRYPTED, OperatorMarkets
from wattyard.tariffs.service.ports import Wire
from wattyard.tariffs.wire.rules import judged_rules, rules_at
from wattyard.tariffs.wire.sources import market_source_json
from wattyard.tariffs.wire.tariffs import tariff_json


def wire() -> Wire:
    """Fill the port that the use-cases read and write JSON through."""
    return Wire(rules_at, judged_rules, tariff_json, market_source_json)


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
        OperatorMarkets,
    ),
    contributes=((Dependent, Endings),),
    endpoints=ENDPOINTS,
    jobs=(fetching, endings),
    encrypted=ENCRYPTED,
    inspected=(OperatorMarkets,),
    measured=(OperatorMarkets,),
)
