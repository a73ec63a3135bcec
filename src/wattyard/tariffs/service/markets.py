"""Use-cases of the operator's market sources: add, fetch, watch."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.measures import Measure
from wattyard.kernel.refusals import StateForbids
from wattyard.platform.db import Database, WriteConnection
from wattyard.platform.encryption import Keyring
from wattyard.tariffs.domain import fetching
from wattyard.tariffs.domain.fetching import Fetched, Subscription
from wattyard.tariffs.domain.sources import (
    MarketPrice,
    MarketSource,
    MarketSourceCodeTaken,
    MarketSourceDraft,
    MarketSourceNotFound,
    Upload,
)
from wattyard.tariffs.service.sources import MarketSources
from wattyard.tariffs.store import sources as source_store
from wattyard.tariffs.store import subscriptions as subscription_store
from wattyard.tariffs.store.sources import OPERATOR

_LEASE: Final = timedelta(minutes=10)
"""For how long a claimed source is left to its worker: longer than any fetch can take."""

_LATE: Final = timedelta(days=1)


ENCRYPTED: Final = (subscription_store.FEED_OPTIONS,)
"""The columns of secrets."""


FetchNow = Callable[[Subscription, Span | None], Awaitable[Fetched]]
"""The port that asks a source's feed and keeps the answer; filled by the capability."""


class MarketWithoutFeed(StateForbids):
    """Nothing fetches the market source: its prices are uploaded."""

    code = "market_without_feed"


@dataclass
class OperatorMarkets:
    """The market sources that the operator adds, visible to every account."""

    db: Database
    sources: MarketSources
    keyring: Keyring

    async def add(
        self, context: Context, draft: MarketSourceDraft, *, feed: str, options: Mapping[str, str]
    ) -> Subscription:
        """Add a source of the operator's; the worker fetches it at once.

        Raises:
            MarketSourceCodeTaken: when the operator has one of that code.
        """
        now = context.now
        source = MarketSource(**asdict(draft), id=context.new_id(), shared=True, time_created=now)
        subscription = Subscription(source, feed, options, next_fetch=now)
        async with self.db.transaction() as db:
            if not await source_store.insert(db, *OPERATOR, source):
                raise MarketSourceCodeTaken(
                    f"there is already a market source with the code {draft.code}", param="code"
                )
            await subscription_store.subscribe(
                db, *OPERATOR, source.id, subscription, keyring=self.keyring
            )
        return subscription

    async def subscriptions(self) -> list[Subscription]:
        """List the operator's sources by code."""
        async with self.db.reading() as db:
            return await subscription_store.everything(db, *OPERATOR, keyring=self.keyring)

    async def subscription(self, code: str) -> Subscription:
        """Find a source of the operator's by its code.

        Raises:
            MarketSourceNotFound: when there is none.
        """
        for one in await self.subscriptions():
            if one.source.code == code:
                return one
        raise MarketSourceNotFound(
            f"the operator has no market source {code}; wattyard market add makes one"
        )

    async def staleness(self, context: Context) -> list[tuple[str, float]]:
        """Find by how many seconds each source that is fetched is behind."""
        now = context.now
        return [
            (one.source.code, fetching.staleness(one.source, now).total_seconds())
            for one in await self.subscriptions()
            if one.feed
        ]

    async def measures(self, context: Context) -> list[Measure]:
        """For how long each fetched source has owed prices."""
        return [
            Measure(
                "market_staleness_seconds",
                "For how long a market source of the operator has owed prices; 0 while complete.",
                seconds,
                {"code": code},
            )
            for code, seconds in await self.staleness(context)
        ]

    async def complaints(self, context: Context) -> list[str]:
        """Name the sources that are more than a day behind; empty where all is well."""
        stale = {
            code
            for code, seconds in await self.staleness(context)
            if seconds > _LATE.total_seconds()
        }
        return [
            f"market source {one.source.code} is more than a day behind"
            f" ({one.last_failure or 'it has not been fetched'}): see wattyard market status"
            for one in await self.subscriptions()
            if one.source.code in stale
        ]

    async def due(self, context: Context) -> list[Subscription]:
        """Claim the sources whose prices are to be fetched now."""
        async with self.db.transaction() as db:
            return await subscription_store.claim_due(
                db, *OPERATOR, context.now, _LEASE, keyring=self.keyring
            )

    def span_to_fetch(self, context: Context, subscription: Subscription) -> Span:
        """Choose the time that a source is to be asked for."""
        return fetching.span_to_fetch(subscription.source, context.now)

    async def record(
        self,
        context: Context,
        subscription: Subscription,
        prices: Sequence[MarketPrice],
        *,
        chance: float,
    ) -> tuple[Upload, Subscription]:
        """Keep what a feed answered, and settle when it is fetched next.

        Raises:
            MarketPriceOverlap: when it contradicts what is kept; nothing is kept then.
        """
        async with self.db.transaction() as db:
            source = await source_store.locked(db, *OPERATOR, subscription.source.id)
            if source is None:
                raise MarketSourceNotFound(f"market source {subscription.source.code} is gone")
            upload = await self.sources.record(db, context, source, prices)
            source = await source_store.by_id(db, *OPERATOR, source.id) or source
            now = context.now
            whole = fetching.complete(source, now)
            ended = replace(
                subscription,
                source=source,
                failures=0 if whole else subscription.failures + 1,
                last_failure=None if whole else _owing(source, now),
            )
            ended = await self._settle(db, ended, now, chance)
        return upload, ended

    async def fail(
        self, context: Context, subscription: Subscription, reason: str, *, chance: float
    ) -> Subscription:
        """Note why a fetch brought nothing, and settle when it is tried again."""
        failed = replace(subscription, failures=subscription.failures + 1, last_failure=reason)
        async with self.db.transaction() as db:
            return await self._settle(db, failed, context.now, chance)

    async def _settle(
        self, db: WriteConnection, ended: Subscription, now: datetime, chance: float
    ) -> Subscription:
        settled = replace(
            ended,
            time_fetched=now,
            next_fetch=fetching.next_fetch(ended.source, ended.failures, now, chance),
        )
        await subscription_store.fetched(db, *OPERATOR, settled.source.id, settled)
        return settled


class MarketFetches:
    """Fetches of the operator's market sources that do not wait until they are due."""

    def __init__(self, markets: OperatorMarkets, fetch: FetchNow) -> None:
        self._markets = markets
        self._fetch = fetch

    async def now(self, code: str, span: Span | None = None) -> Fetched:
        """Fetch a source: a span, or what is missing. What goes wrong is noted, not raised.

        Raises:
            MarketSourceNotFound: when the operator has none of that code.
            MarketWithoutFeed: when its prices are uploaded.
        """
        subscription = await self._markets.subscription(code)
        if not subscription.feed:
            raise MarketWithoutFeed(f"{code} has no feed; its prices are uploaded")
        return await self._fetch(subscription, span)


def _owing(source: MarketSource, now: datetime) -> str:
    until = source.published_until
    known = f"published until {until.isoformat()}" if until else "nothing is published yet"
    return f"{known}; {fetching.expected_until(source, now).isoformat()} is expected"
