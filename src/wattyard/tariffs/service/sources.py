"""Use-cases of market sources: add, read, change, and their published prices."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.platform.work import beside
from wattyard.tariffs.domain.prices import ANSWERED_AT_ONCE
from wattyard.tariffs.domain.refusals import TooManyPrices
from wattyard.tariffs.domain.sources import (
    MarketPrice,
    MarketSource,
    MarketSourceCodeTaken,
    MarketSourceDraft,
    MarketSourceInUse,
    MarketSourceNotFound,
    MarketSourceReadOnly,
    PriceVersion,
    Upload,
    check_apart,
    check_rates,
    clash_with_kept,
)
from wattyard.tariffs.service.ports import TariffUseCases
from wattyard.tariffs.store import contracts as contract_store
from wattyard.tariffs.store import sources as source_store
from wattyard.tariffs.store.sources import PublishedIntervals

Guard = Callable[[MarketSource], None]
"""Raises when the present object is not the one the caller expects (`If-Match`)."""


class MarketSources(TariffUseCases):
    """The market sources of every account; the operator's are read-only."""

    async def page(self, context: Context, window: PageWindow) -> Page[MarketSource]:
        """Read one page of the account's sources and the operator's, newest first.

        A key for some places sees none.
        """
        if context.site_ids is not None:
            return Page([], has_more=False)
        async with self.db.reading() as db:
            found = await source_store.page(db, context.account, context.live_mode, window)
        return Page.cut(found, window)

    async def published_since(self, at: datetime) -> dict[UUID, datetime]:
        """Find which sources of any account published since an instant, and when they did."""
        async with self.db.reading() as db:
            return await source_store.published_since(db, at)

    async def source(self, context: Context, source_id: UUID) -> MarketSource:
        """Read one source.

        Raises:
            MarketSourceNotFound: when neither the caller nor the operator has it.
        """
        async with self.db.reading() as db:
            return await self._found(db, context, source_id)

    async def by_code(self, context: Context, code: str) -> MarketSource | None:
        """Find the account's own source of a code."""
        async with self.db.reading() as db:
            return await source_store.by_code(db, context.account, context.live_mode, code)

    async def add(self, context: Context, draft: MarketSourceDraft) -> MarketSource:
        """Add a source of the account's own.

        Raises:
            MarketSourceCodeTaken: when the account has one of that code.
            MarketSourceInUse: when formulas mean the operator's source by that code.
        """
        source = MarketSource(
            **_draft_fields(draft), id=context.new_id(), shared=False, time_created=context.now
        )
        async with self.db.transaction() as db:
            if not await source_store.insert(db, context.account, context.live_mode, source):
                raise _taken(draft)
            await self._check_unnamed(db, context, draft.code)
        return source

    async def change(
        self,
        context: Context,
        source_id: UUID,
        *,
        change: Callable[[MarketSource], MarketSourceDraft],
        guard: Guard | None = None,
    ) -> MarketSource:
        """Change the description of a source.

        Raises:
            MarketSourceNotFound, MarketSourceReadOnly, MarketSourceCodeTaken.
            MarketSourceInUse: when currency or unit would change under prices, or what a code
                means under formulas.
        """
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            before = await self._own(db, context, source_id)
            if guard is not None:
                guard(before)
            draft = change(before)
            await self._check_use(db, context, before, draft)
            if not await source_store.update(db, account, live, source_id, draft):
                raise _taken(draft)
            if draft.code != before.code:
                await self._check_unnamed(db, context, draft.code)
            after = await self._found(db, context, source_id)
            if after != before:
                await self._record(context, after)
        return after

    async def publish(
        self, context: Context, source_id: UUID, prices: Sequence[MarketPrice]
    ) -> Upload:
        """Keep published prices; a changed one keeps its earlier version.

        Raises:
            MarketSourceNotFound, MarketSourceReadOnly.
            Malformed: for a rate of exchange that is not above 0.
            MarketPriceOverlap: when intervals would overlap; nothing is kept then.
        """
        await beside(check_apart, prices)
        async with self.db.transaction() as db:
            source = await self._own(db, context, source_id)
            if source.unit == "RATE":
                check_rates(prices)
            return await self.record(db, context, source, prices)

    async def record(
        self,
        db: WriteConnection,
        context: Context,
        source: MarketSource,
        prices: Sequence[MarketPrice],
    ) -> Upload:
        """Write prices of a locked source, which the caller owns, in the caller's transaction."""
        if not prices:
            return Upload(0, 0, 0)
        key = (context.account, context.live_mode, source.id)
        now = context.now
        written = await source_store.keep_prices(
            db, context.account, context.live_mode, source, prices, now=now
        )
        start = min(price.valid_from for price in prices)
        end = max(price.valid_to for price in prices)
        clash = await source_store.first_overlap(db, *key, start, end)
        if clash is not None:
            raise clash_with_kept(prices, clash)
        if written.added or written.changed:
            after = await source_store.published(db, *key, now)
            if not source.shared:
                await self._record(context, after)
        return Upload(len(prices), len(prices), written.changed)

    async def prices(self, context: Context, source_id: UUID, span: Span) -> PublishedIntervals:
        """Read what a source has published for a span.

        Raises:
            MarketSourceNotFound: when neither the caller nor the operator has it.
            TooManyPrices: for more than 200,000.
        """
        async with self.db.reading() as db:
            source = await self._found(db, context, source_id)
            owner = source_store.OPERATOR if source.shared else (context.account, context.live_mode)
            found = await source_store.prices_between(
                db, *owner, source_id, span, most=ANSWERED_AT_ONCE + 1
            )
        if found.starts_us.size > ANSWERED_AT_ONCE:
            raise TooManyPrices(ANSWERED_AT_ONCE)
        return found

    async def versions(
        self, context: Context, source_id: UUID, span: Span, *, most: int
    ) -> list[PriceVersion]:
        """List the prices of a span that were replaced since, the latest intervals first.

        Raises:
            MarketSourceNotFound: when neither the caller nor the operator has it.
        """
        async with self.db.reading() as db:
            source = await self._found(db, context, source_id)
            owner = source_store.OPERATOR if source.shared else (context.account, context.live_mode)
            return await source_store.versions_between(db, *owner, source_id, span, most=most)

    async def _check_use(
        self, db: ReadConnection, context: Context, before: MarketSource, draft: MarketSourceDraft
    ) -> None:
        account, live = context.account, context.live_mode
        for field in ("currency_code", "unit"):
            if getattr(draft, field) != getattr(before, field) and await source_store.has_prices(
                db, account, live, before.id
            ):
                raise MarketSourceInUse(
                    f"{field} cannot change: {before.code} has prices; make another source",
                    param=field,
                )
        if draft.code != before.code and await contract_store.any_with_code(
            db, account, live, before.code
        ):
            raise MarketSourceInUse(
                f"code cannot change: formulas of tariffs name {before.code}", param="code"
            )

    async def _check_unnamed(self, db: ReadConnection, context: Context, code: str) -> None:
        """Refuse a code new to the account that its formulas name: it is the operator's so far."""
        if await contract_store.any_with_code(db, context.account, context.live_mode, code):
            raise MarketSourceInUse(
                f"formulas of tariffs follow the operator's market source {code}; "
                "choose another code",
                param="code",
            )

    async def _own(self, db: WriteConnection, context: Context, source_id: UUID) -> MarketSource:
        source = _present(
            await source_store.locked(db, context.account, context.live_mode, source_id), source_id
        )
        if source.shared:
            raise MarketSourceReadOnly(
                f"market source {source.code} is the operator's; it can be read, not changed"
            )
        return source

    async def _found(self, db: ReadConnection, context: Context, source_id: UUID) -> MarketSource:
        found = await source_store.by_id(db, context.account, context.live_mode, source_id)
        return _present(found if context.site_ids is None else None, source_id)

    async def _record(self, context: Context, source: MarketSource) -> None:
        shown = self.wire.market_source(context.caller, source)
        await self.events.record(
            context, [NewEvent("market_source.update", ids.wire("mrs", source.id), shown)]
        )


def _present(found: MarketSource | None, source_id: UUID) -> MarketSource:
    if found is None:
        raise MarketSourceNotFound(f"there is no market source {ids.wire('mrs', source_id)}")
    return found


def _taken(draft: MarketSourceDraft) -> MarketSourceCodeTaken:
    return MarketSourceCodeTaken(
        f"there is already a market source with the code {draft.code}", param="code"
    )


def _draft_fields(draft: MarketSourceDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in MarketSourceDraft.__slots__}
