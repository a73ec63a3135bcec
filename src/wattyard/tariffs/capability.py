"""Tariffs: what does a kWh cost, and when?"""

from typing import Final

from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.work import Job
from wattyard.sites.domain.sites import Site
from wattyard.sites.service.ports import Dependent
from wattyard.tariffs.domain import calendar
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.jobs.endings import endings
from wattyard.tariffs.routes import ENDPOINTS
from wattyard.tariffs.service import Endings, Listings, MarketSources, Prices, Tariffs
from wattyard.tariffs.service.markets import ENCRYPTED, OperatorMarkets
from wattyard.tariffs.service.ports import Wire
from wattyard.tariffs.wire.sources import market_source_json
from wattyard.tariffs.wire.tariffs import judged_rules, rules_at, tariff_json


class TariffWire:
    """The wire's mappings as the port that the use-cases need."""

    def rules(self, rules: bytes, region: calendar.CalendarRegion) -> Tariff:
        return rules_at(rules, region)

    def judged(self, rules: bytes, region: calendar.CalendarRegion) -> Tariff:
        return judged_rules(rules, region)

    def tariff(self, caller: Caller, contract: Contract, site: Site) -> bytes:
        return tariff_json(caller, contract, site)

    def market_source(self, caller: Caller, source: MarketSource) -> bytes:
        return market_source_json(caller, source)


def wire() -> Wire:
    return TariffWire()


def fetching(markets: OperatorMarkets, contexts: Contexts) -> Job:
    """Fetch market prices."""
    # The HTTP client is loaded only where it is used: it takes 15 MiB.
    from wattyard.tariffs.jobs import fetching  # noqa: PLC0415

    return fetching.fetching(markets, contexts)


TARIFFS: Final = Capability(
    name="tariffs",
    id_prefixes=("trf", "prv", "mrs", "prs", "tra"),
    provides=(wire, Tariffs, Listings, Endings, MarketSources, Prices, OperatorMarkets),
    contributes=((Dependent, Endings),),
    endpoints=ENDPOINTS,
    jobs=(fetching, endings),
    encrypted=ENCRYPTED,
    inspected=(OperatorMarkets,),
)
