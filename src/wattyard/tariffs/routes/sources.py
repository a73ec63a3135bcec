"""Endpoints of market sources (contract 2, Market sources)."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from wattyard.kernel.context import Context
from wattyard.kernel.instants import requested_span
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.http import (
    LIST_REFUSALS,
    Call,
    Effect,
    List,
    ListQuery,
    endpoint,
    list_answer,
)
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.declare import MEBIBYTE
from wattyard.platform.http.preconditions import guarding
from wattyard.platform.work import beside
from wattyard.sites.domain.zone_and_currency import CurrencyCodeInvalid
from wattyard.tariffs.domain.refusals import TooManyPrices
from wattyard.tariffs.domain.sources import (
    PRICES_AT_ONCE,
    MarketPriceOverlap,
    MarketSourceCodeTaken,
    MarketSourceInUse,
    MarketSourceNotFound,
    MarketSourceReadOnly,
)
from wattyard.tariffs.service import MarketSources
from wattyard.tariffs.wire import examples
from wattyard.tariffs.wire.sources import (
    MarketPriceBatch,
    MarketPriceBody,
    MarketPricesShape,
    MarketSourceBody,
    MarketSourceShape,
    batch_shape,
    changed_source,
    market_prices,
    market_source_json,
    published_json,
    source_draft,
)

_LONGEST: Final = timedelta(days=366)
_BATCH_LIMIT: Final = 16 * MEBIBYTE

PricesBatch = Annotated[list[MarketPriceBody], msgspec.Meta(max_length=PRICES_AT_ONCE)]


class PublishedQuery(Shape):
    """For which time published prices are wanted, up to 366 days."""

    start_time: Annotated[datetime, msgspec.Meta(tz=True)]
    end_time: Annotated[datetime, msgspec.Meta(tz=True)]


@endpoint(
    "GET",
    "/market-sources",
    "market_source_list",
    scope=Scope.ALL_READ,
    query=ListQuery,
    answers=List[MarketSourceShape],
    refuses=LIST_REFUSALS,
    example=examples.SOURCE_LIST,
)
async def list_sources(context: Context, query: ListQuery, sources: MarketSources) -> bytes:
    """List the market sources of the account and those of the operator, newest first."""
    page = await sources.page(context, query.window("mrs"))
    shown = (market_source_json(context.caller, source) for source in page.items)
    return list_answer("/market-sources", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "POST",
    "/market-sources",
    "market_source_create",
    effect=Effect.WRITES,
    body=MarketSourceBody,
    answers=MarketSourceShape,
    status=201,
    refuses=(CurrencyCodeInvalid, MarketSourceCodeTaken, MarketSourceInUse),
    example=examples.SOURCE,
    example_body=examples.SOURCE_BODY,
    tagged=True,
)
async def create_source(context: Context, body: MarketSourceBody, sources: MarketSources) -> bytes:
    """Create a market source whose prices this account uploads."""
    return market_source_json(context.caller, await sources.add(context, source_draft(body)))


@endpoint(
    "GET",
    "/market-sources/{market_source_id}",
    "market_source_retrieve",
    scope=Scope.ALL_READ,
    answers=MarketSourceShape,
    refuses=(MarketSourceNotFound,),
    example=examples.SOURCE,
    tagged=True,
)
async def get_source(context: Context, market_source_id: str, sources: MarketSources) -> bytes:
    """Retrieve a market source."""
    id_ = path_id(market_source_id, "mrs", missing=MarketSourceNotFound)
    return market_source_json(context.caller, await sources.source(context, id_))


@endpoint(
    "PATCH",
    "/market-sources/{market_source_id}",
    "market_source_update",
    body=Patch[MarketSourceBody],
    answers=MarketSourceShape,
    refuses=(
        MarketSourceNotFound,
        MarketSourceReadOnly,
        MarketSourceInUse,
        MarketSourceCodeTaken,
        CurrencyCodeInvalid,
    ),
    example=examples.SOURCE,
    example_body={"publishes_at": "12:45"},
    tagged=True,
    events=("market_source.update",),
)
async def change_source(
    call: Call,
    context: Context,
    market_source_id: str,
    body: Patch[MarketSourceBody],
    sources: MarketSources,
) -> bytes:
    """Change a market source: currency and unit only before its first price."""
    source = await sources.change(
        context,
        path_id(market_source_id, "mrs", missing=MarketSourceNotFound),
        change=lambda source: changed_source(source, body),
        guard=guarding(call, lambda source: market_source_json(context.caller, source)),
    )
    return market_source_json(context.caller, source)


@endpoint(
    "PUT",
    "/market-sources/{market_source_id}/prices",
    "market_source_prices_put",
    body=PricesBatch,
    answers=MarketPriceBatch,
    refuses=(MarketSourceNotFound, MarketSourceReadOnly, MarketPriceOverlap),
    example=examples.BATCH,
    example_body=examples.BATCH_BODY,
    body_limit_bytes=_BATCH_LIMIT,
    takes_gzip=True,
    events=("market_source.update",),
)
async def put_prices(
    context: Context, market_source_id: str, body: PricesBatch, sources: MarketSources
) -> MarketPriceBatch:
    """Publish up to 100,000 prices: all are kept or none.

    A price for a `valid_from` that has one replaces it, and the earlier value is kept as a
    version. Intervals may have any length, but never overlap. The body may be gzip.
    """
    id_ = path_id(market_source_id, "mrs", missing=MarketSourceNotFound)
    prices = await beside(market_prices, body)
    upload = await sources.publish(context, id_, prices)
    return batch_shape(market_source_id, upload)


@endpoint(
    "GET",
    "/market-sources/{market_source_id}/prices",
    "market_source_prices_list",
    scope=Scope.ALL_READ,
    query=PublishedQuery,
    answers=MarketPricesShape,
    refuses=(MarketSourceNotFound, TooManyPrices),
    example=examples.PUBLISHED,
    example_query=examples.PUBLISHED_QUERY,
)
async def list_prices(
    context: Context, market_source_id: str, query: PublishedQuery, sources: MarketSources
) -> bytes:
    """Read what a market source has published for a span of up to 366 days."""
    id_ = path_id(market_source_id, "mrs", missing=MarketSourceNotFound)
    span = requested_span(query.start_time, query.end_time, _LONGEST)
    source = await sources.source(context, id_)
    block = await sources.prices(context, id_, span)
    values = block.prices.tolist()
    return await beside(
        published_json, source, block.starts_us, block.ends_us, values, query.end_time
    )


ENDPOINTS = (list_sources, create_source, get_source, change_source, put_prices, list_prices)
