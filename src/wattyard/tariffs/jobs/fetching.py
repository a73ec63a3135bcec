"""Fetching the prices of the operator's market sources, each when it publishes."""

import asyncio
import random
from typing import TYPE_CHECKING, Final

from wattyard.kernel.context import Contexts
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Refusal
from wattyard.platform import logs
from wattyard.platform.work import Periodic
from wattyard.tariffs.domain.fetching import Fetched, Subscription
from wattyard.tariffs.domain.sources import MarketPrice
from wattyard.tariffs.feeds.failures import FeedFailed, FeedUnreadable
from wattyard.tariffs.feeds.published import PublishedPrices
from wattyard.tariffs.service.markets import OperatorMarkets

if TYPE_CHECKING:
    from wattyard.platform.outbound.fetcher import Patience

LOOK_SECONDS: Final = 15.0
"""How often the worker looks for sources that are due."""


async def fetch(
    markets: OperatorMarkets,
    contexts: Contexts,
    subscription: Subscription,
    span: Span | None = None,
    *,
    patience: "Patience | None" = None,
) -> Fetched:
    """Fetch a source and keep what it answers; what goes wrong is noted, not raised."""
    chance = random.random()  # noqa: S311 (spreads load; no secret)
    span = span or markets.span_to_fetch(contexts.operator(), subscription)
    try:
        published = await _ask(contexts, subscription, span, patience)
        prices = [MarketPrice(i.valid_from, i.valid_to, i.value) for i in published.intervals]
        upload, settled = await markets.record(
            contexts.operator(), subscription, prices, chance=chance
        )
    except FeedFailed as failed:
        reason = failed.reason
    except Refusal as refused:
        reason = str(refused)
    else:
        return Fetched(settled, upload, published.gaps, published.repeated)
    failed_at = contexts.operator()
    ended = await markets.fail(failed_at, subscription, reason, chance=chance)
    return Fetched(ended, failure=reason)


async def _ask(
    contexts: Contexts, subscription: Subscription, span: Span, patience: "Patience | None"
) -> PublishedPrices:
    from wattyard.tariffs.feeds.registry import build  # noqa: PLC0415 (16 MiB, first use)
    from wattyard.tariffs.feeds.session import Session  # noqa: PLC0415 (16 MiB, first use)

    feed = build(subscription.feed, subscription.options)
    async with Session(
        clock=contexts.clock, sleep=asyncio.sleep, chance=random.random, patience=patience
    ) as http:
        published = await feed.fetch(http, span)
    source = subscription.source
    told = (published.currency_code, published.unit)
    if published.intervals and told != (source.currency_code, source.unit):
        raise FeedUnreadable(
            f"the source publishes {told[0]} per {told[1]}, but {source.code} is in "
            f"{source.currency_code} per {source.unit}"
        )
    return published


async def _broken(
    markets: OperatorMarkets, contexts: Contexts, subscription: Subscription, fault: Exception
) -> Fetched:
    reason = f"the feed failed ({type(fault).__name__}); see the log of the worker"
    chance = random.random()  # noqa: S311 (spreads load; no secret)
    ended = await markets.fail(contexts.operator(), subscription, reason, chance=chance)
    return Fetched(ended, failure=reason)


def fetching(markets: OperatorMarkets, contexts: Contexts) -> Periodic:
    """Make the job that fetches every source when it is due; several sources side by side."""

    async def one(subscription: Subscription) -> None:
        try:
            done = await fetch(markets, contexts, subscription)
        except Exception as fault:  # noqa: BLE001 (one feed's defect must not stop the others)
            logs.error("market feed broke", fault=fault, code=subscription.source.code)
            done = await _broken(markets, contexts, subscription, fault)
        code, again = subscription.source.code, done.subscription.next_fetch
        if done.upload is None:
            logs.warning("market not fetched", code=code, reason=done.failure, again=str(again))
            return
        logs.info(
            "market fetched",
            code=code,
            prices=done.upload.accepted,
            changed=done.upload.changed,
            gaps=len(done.gaps),
            again=str(again),
        )

    async def work() -> None:
        await asyncio.gather(
            *(one(subscription) for subscription in await markets.due(contexts.operator()))
        )

    return Periodic("market-fetching", LOOK_SECONDS, work)
