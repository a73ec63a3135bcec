"""Market prices in the money of the place (contract 2b, Currencies)."""

from collections.abc import Mapping
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import joined_edges, step_of
from wattyard.tariffs.domain.sources import (
    MarketCurrencyMismatch,
    Markets,
    MarketSource,
    MarketSteps,
    MarketUnitMismatch,
    held,
)
from wattyard.tariffs.domain.tariff import Conversion, Tariff


def conversion_rates(
    conversion: Conversion | None, markets: Markets, span_us: tuple[int, int]
) -> MarketSteps | None:
    """Find by how much prices in another currency are to be multiplied over a span.

    None where the formula converts; NaN where there is no rate.
    """
    if conversion is not None and conversion.by_formula:
        return None
    series = markets.series.get(conversion.code or "") if conversion is not None else None
    if series is not None:
        return held(series, span_us)
    rate = conversion.rate if conversion is not None else None
    known = np.array([np.nan if rate is None else rate])
    return MarketSteps(np.array([span_us[0]], dtype=np.int64), known, np.ones(1))


def converted(prices: MarketSteps, rates: MarketSteps | None) -> MarketSteps:
    """Multiply prices by rates, both over the same span."""
    if rates is None:
        return prices
    edges = joined_edges([prices.starts_us, rates.starts_us])
    price, rate = step_of(prices.starts_us, edges), step_of(rates.starts_us, edges)
    return MarketSteps(edges, prices.prices[price] * rates.prices[rate], prices.confidence[price])


def check_conversion(
    tariff: Tariff, sources: Mapping[str, MarketSource], currency_code: str
) -> None:
    """Refuse a tariff whose prices would mix currencies, or rates with prices, at a place.

    `sources` are those of the tariff's keys that exist, by key.

    Raises:
        MarketCurrencyMismatch: where a source is in another currency than the place and nothing
            converts it, or the rate is of other currencies.
        MarketUnitMismatch: where a rate is used as a price, or a price as a rate.
    """
    own = sources.get(tariff.market or "")
    if own is not None and own.unit == "RATE":
        raise MarketUnitMismatch(
            f"market source {own.code} publishes rates of exchange, not prices of energy",
            param="market_source_id",
        )
    wanted = [tariff.market or "", *sorted(tariff.formula_codes)]
    foreign = {
        key: sources[key]
        for key in wanted
        if key in sources
        and sources[key].unit != "RATE"
        and sources[key].currency_code != currency_code
    }
    for key, source in foreign.items():
        if not _converts(tariff, key):
            raise MarketCurrencyMismatch(
                f"market source {source.code} publishes in {source.currency_code}, but the "
                f"location pays in {currency_code}; {_ADVICE}",
                param="market_source_id" if key == tariff.market else "schedule",
            )
    conversion = tariff.conversion
    if conversion is not None and not conversion.by_formula:
        _check_rate(conversion, sources, {s.currency_code for s in foreign.values()}, currency_code)


_ADVICE: Final = (
    "currency_conversion says how its prices are converted: a number, the code of a market source "
    "with unit RATE, or FORMULA where the formula does"
)


def _converts(tariff: Tariff, key: str) -> bool:
    """Whether the tariff says what becomes of prices of a source in another currency."""
    conversion = tariff.conversion
    if conversion is None:
        return False
    return not (conversion.by_formula and key == tariff.market and tariff.rates.follows_market)


def _check_rate(
    conversion: Conversion,
    sources: Mapping[str, MarketSource],
    foreign: set[str],
    currency_code: str,
) -> None:
    """Refuse one rate for several currencies, and a source that does not publish that rate."""
    if len(foreign) > 1:
        raise MarketCurrencyMismatch(
            f"currency_conversion converts one currency, and the market sources publish in "
            f"{' and '.join(sorted(foreign))}; convert them in the formula, with FORMULA",
            param="currency_conversion",
        )
    rate = sources.get(conversion.code or "")
    if rate is None:
        return
    if rate.unit != "RATE":
        raise MarketUnitMismatch(
            f"currency_conversion needs a market source with unit RATE; {rate.code} publishes "
            f"prices per {rate.unit}",
            param="currency_conversion",
        )
    if foreign and rate.currency_code not in {currency_code, *foreign}:
        raise MarketCurrencyMismatch(
            f"market source {rate.code} publishes rates in {rate.currency_code}; "
            f"currency_conversion needs {currency_code} per {' or '.join(foreign)}",
            param="currency_conversion",
        )
