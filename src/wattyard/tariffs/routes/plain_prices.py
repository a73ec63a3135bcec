"""Prices by plain GET, for programs that send only a URL (contract 9)."""

from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import civil, ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, LocationId
from wattyard.platform.http import Answer, endpoint
from wattyard.platform.http.spans import SPAN_REFUSALS, SpanQuery
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import LocationIdMissing
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.domain.prices import Question
from wattyard.tariffs.service import QUOTE_REFUSALS, PresentPrices, Prices
from wattyard.tariffs.wire import examples
from wattyard.tariffs.wire.price_forms import (
    PriceNowShape,
    evcc_json,
    price_now_shape,
    prices_csv,
)
from wattyard.tariffs.wire.prices import LONGEST, DirectionField, PricesShape, prices_json

_HOURS: Final = 48
_CSV: Final = b"text/csv; charset=utf-8"

OneOfSeveral = Annotated[
    LocationId | None,
    msgspec.Meta(description="may be left out with a `device_id` that is at one location only"),
]


class PricesQuery(SpanQuery):
    """Where, for which time, for what, and in which form prices are wanted."""

    location_id: OneOfSeveral = None
    device_id: DeviceId | None = None
    tariff_direction: DirectionField = "IMPORT"
    format: Annotated[
        Literal["evcc", "csv"] | None,
        msgspec.Meta(
            description="evcc: `[{start, end, value}]` in UTC, as its custom tariff reads it; csv: "
            "`start_time,end_time,value,confidence,currency_code`; without it, as POST /prices"
        ),
    ] = None


class PriceNowQuery(Shape):
    """Where, and for what, the present price is wanted."""

    location_id: OneOfSeveral = None
    device_id: DeviceId | None = None
    tariff_direction: DirectionField = "IMPORT"


@endpoint(
    "GET",
    "/prices",
    "price_series",
    scope=Scope.PRICES_READ,
    query=PricesQuery,
    answers=PricesShape,
    refuses=(*QUOTE_REFUSALS, *SPAN_REFUSALS, LocationIdMissing),
    example=examples.PRICES,
    example_query=examples.PRICES_QUERY,
)
async def get_prices(
    context: Context, query: PricesQuery, prices: Prices, sites: Sites, devices: Devices
) -> bytes | Answer:
    """Price a kWh at a location in each interval of a span: the answer of `POST /prices`.

    From now for 48 hours, unless the query says otherwise. Dates without a time are those of the
    location's own clock.
    """
    asked, made = query.asked(), context.now
    settled = partial(asked.at, now=made, hours=_HOURS, longest=LONGEST)
    time = None if asked.is_local else settled(civil.zone("UTC"))
    site_id, device_id = await _meant(context, query.location_id, query.device_id, devices)
    if time is None:
        site = await sites.supply(context, site_id, param="location_id")
        time = settled(civil.zone(site.timezone))
    question = Question(query.tariff_direction, time.span, device_id)
    quote = await prices.quote(context, site_id, question)
    if query.format == "evcc":
        return await beside(evcc_json, quote)
    if query.format == "csv":
        return Answer(await beside(prices_csv, quote, time.form), media_type=_CSV)
    return await beside(prices_json, context.caller, context.new_id(), made, quote, time.form)


@endpoint(
    "GET",
    "/prices/now",
    "price_now",
    scope=Scope.PRICES_READ,
    query=PriceNowQuery,
    answers=PriceNowShape,
    refuses=(*QUOTE_REFUSALS, LocationIdMissing),
    example=examples.PRICE_NOW,
    example_query=examples.PRICE_NOW_QUERY,
)
async def get_price_now(
    context: Context, query: PriceNowQuery, prices: PresentPrices, devices: Devices
) -> PriceNowShape:
    """Price a kWh at a location now, and say what it will cost next.

    The same price as `POST /prices` gives for this instant. A tariff that does not change has one
    from 24 hours ago to 48 hours ahead, and no next one.
    """
    site_id, device_id = await _meant(context, query.location_id, query.device_id, devices)
    found = await prices.at_site(context, site_id, query.tariff_direction, device_id)
    return price_now_shape(found)


async def _meant(
    context: Context, location_id: str | None, device_id: str | None, devices: Devices
) -> tuple[UUID, UUID | None]:
    """Find which site a query means, and read its device."""
    device = None if device_id is None else ids.read(device_id, "dev", param="device_id")
    if location_id is not None:
        return ids.read(location_id, "loc", "ste", param="location_id"), device
    if device is None:
        raise LocationIdMissing("location_id is needed: an id loc_… or ste_…", param="location_id")
    return await devices.site_id_of(context, device, None), device


ENDPOINTS = (get_prices, get_price_now)
