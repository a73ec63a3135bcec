"""Use-cases of tariffs, market sources and prices."""

from wattyard.tariffs.service.contracts import Tariffs
from wattyard.tariffs.service.endings import Endings
from wattyard.tariffs.service.importing import TariffImports
from wattyard.tariffs.service.listings import Listings
from wattyard.tariffs.service.present import PresentPrices
from wattyard.tariffs.service.prices import EVER, QUOTE_REFUSALS, Ingredients, Prices
from wattyard.tariffs.service.sources import MarketSources
from wattyard.tariffs.service.tier_counts import TierCounts

__all__ = [
    "EVER",
    "QUOTE_REFUSALS",
    "Endings",
    "Ingredients",
    "Listings",
    "MarketSources",
    "PresentPrices",
    "Prices",
    "TariffImports",
    "Tariffs",
    "TierCounts",
]
