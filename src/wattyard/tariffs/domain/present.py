"""The present price at a site, and the one after it (contract 9)."""

from datetime import datetime

from wattyard.kernel.clock_changes import instant
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.prices import Quote


@dataclass(frozen=True, slots=True)
class HeldPrice:
    """A price per kWh, taxes included, its confidence (0..1), and the time for which it holds."""

    per_kwh: float
    confidence: float
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PresentPrice:
    """The price of now at a site, and the next one within 48 hours, if there is one."""

    site: Site
    present: HeldPrice
    next: HeldPrice | None


def held_price(quote: Quote, n: int) -> HeldPrice:
    """Give the n-th interval of a quote; -1 is the last."""
    prices = quote.prices
    start, end = list(zip(prices.edges_us[:-1], prices.edges_us[1:], strict=True))[n]
    return HeldPrice(
        float(prices.per_kwh[n]), float(prices.confidence[n]), instant(start), instant(end)
    )
