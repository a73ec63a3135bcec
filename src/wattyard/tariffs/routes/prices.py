"""Endpoints of prices (contract 2, Prices).

An answer can have ten thousand intervals: it is written off the event loop.
"""

from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Effect, endpoint
from wattyard.platform.http.binding import path_id
from wattyard.platform.work import beside
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.tariffs.service import QUOTE_REFUSALS, Prices
from wattyard.tariffs.wire import examples
from wattyard.tariffs.wire.prices import (
    PriceAuditShape,
    PricesBody,
    PricesShape,
    SitePricesBody,
    audit_json,
    location_of,
    price_question,
    prices_json,
)


@endpoint(
    "POST",
    "/prices",
    "price_list",
    scope=Scope.PRICES_READ,
    effect=Effect.COMPUTES,
    body=PricesBody,
    answers=PricesShape,
    refuses=QUOTE_REFUSALS,
    example=examples.PRICES,
    example_body=examples.PRICES_BODY,
)
async def prices_at(context: Context, body: PricesBody, prices: Prices) -> bytes:
    """Price a kWh at a location in each interval of a span of up to 90 days.

    The price of an instant is the sum of the location's tariffs for the direction, taxes
    included. Intervals have natural edges: those of the market, of time-of-use windows, of special
    days and of contracts. Below confidence 1 a price is a forecast: the market has not
    published it, or the contract has ended.
    """
    made = context.now
    quote = await prices.quote(context, location_of(body), price_question(body, made))
    return await beside(prices_json, context.caller, context.new_id(), made, quote, body.end_time)


@endpoint(
    "POST",
    "/prices/audit",
    "price_audit",
    scope=Scope.PRICES_READ,
    effect=Effect.COMPUTES,
    body=PricesBody,
    answers=PriceAuditShape,
    refuses=QUOTE_REFUSALS,
    example=examples.AUDIT,
    example_body=examples.PRICES_BODY,
)
async def audit(context: Context, body: PricesBody, prices: Prices) -> bytes:
    """Break each price down: every tariff's part, its VAT, market price and surcharge.

    The parts add up to `total` exactly, at 6 decimals.
    """
    made = context.now
    quote = await prices.quote(context, location_of(body), price_question(body, made))
    return await beside(audit_json, context.caller, context.new_id(), made, quote, body.end_time)


@endpoint(
    "POST",
    "/prices/{location_id}",
    "price_list_by_location",
    scope=Scope.PRICES_READ,
    effect=Effect.COMPUTES,
    body=SitePricesBody,
    answers=PricesShape,
    refuses=QUOTE_REFUSALS,
    example=examples.PRICES,
    example_body=examples.SITE_PRICES_BODY,
)
async def prices_of_site(
    context: Context, location_id: str, body: SitePricesBody, prices: Prices
) -> bytes:
    """Price a kWh at a location: the older form of `POST /prices`."""
    made = context.now
    question = price_question(body, made)
    site_id = path_id(location_id, "loc", "ste", missing=LocationNotFound)
    quote = await prices.quote(context, site_id, question)
    return await beside(prices_json, context.caller, context.new_id(), made, quote, body.end_time)


ENDPOINTS = (prices_at, audit, prices_of_site)
