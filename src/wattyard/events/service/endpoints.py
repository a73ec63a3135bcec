"""Use-cases of webhook endpoints: add, read, change, remove, test, replay."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.events.domain import Event, NewEvent
from wattyard.events.domain.deliveries import Replay
from wattyard.events.domain.endpoints import (
    TEST_TYPE,
    EndpointDisabled,
    EndpointDraft,
    EndpointNotFound,
    WebhookEndpoint,
)
from wattyard.events.service.log import Events
from wattyard.events.service.ports import Reach, SerializeEndpoint
from wattyard.events.service.secrets import EndpointSecrets
from wattyard.events.store import deliveries as delivery_store
from wattyard.events.store import endpoints as store
from wattyard.kernel import ids
from wattyard.kernel.caps import Caps, within
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.kernel.refusals import TooMany
from wattyard.platform.db import Database, ReadConnection, WriteConnection

SECRET_BYTES: Final = 32
REPLAYED_AT_ONCE: Final = 10_000
_LOOKED_UP_AT_ONCE: Final = 4

_LOOKED_UP: Final[ContextVar[str]] = ContextVar("looked_up", default="")
"""The address that was judged just before, see `Endpoints.looked_up`."""

Change = Callable[[WebhookEndpoint, Mapping[str, str]], EndpointDraft]
"""Gives the changed endpoint and its headers."""

Guard = Callable[[WebhookEndpoint], None]
"""Raises when the stored object is not the one that the caller expects (`If-Match`)."""


class Endpoints:
    """The webhook endpoints of every account."""

    def __init__(
        self,
        events: Events,
        serialize: SerializeEndpoint,
        reach: Reach,
        random_bytes: Callable[[int], bytes],
        secrets: EndpointSecrets,
        caps: Caps,
    ) -> None:
        self._caps = caps
        self._secrets = secrets
        self._events = events
        self._serialize = serialize
        self._reach = reach
        self._random_bytes = random_bytes
        self._looking_up: Counter[int] = Counter()

    async def page(self, context: Context, window: PageWindow) -> Page[WebhookEndpoint]:
        """Read one page, newest first; a key for some places sees none."""
        if context.site_ids is not None:
            return Page([], has_more=False)
        async with self._db.reading() as db:
            return await store.page(db, context.account, context.live_mode, window, {})

    async def endpoint(self, context: Context, endpoint_id: UUID) -> WebhookEndpoint:
        """Read one endpoint.

        Raises:
            EndpointNotFound: when the caller has none of that id.
        """
        async with self._db.reading() as db:
            return await self._found(db, context, endpoint_id)

    async def add(self, context: Context, draft: EndpointDraft) -> tuple[WebhookEndpoint, bytes]:
        """Add an endpoint whose address was looked up: it and its secret, which is not shown again.

        Raises:
            LimitReached: when the account has as many endpoints as it may.
        """
        endpoint = draft.made(context.new_id(), context.now)
        secret = self._random_bytes(SECRET_BYTES)
        async with self._db.transaction() as db:
            present = await store.count(db, context.account, context.live_mode)
            within(
                self._caps.webhook_endpoints,
                present + 1,
                "webhook_endpoints (of an account and mode)",
            )
            await store.insert(
                db,
                context.account,
                context.live_mode,
                endpoint,
                account_id=context.account_id,
                kept=self._secrets.kept(endpoint.id, secret, draft.headers),
            )
        return endpoint, secret

    async def change(
        self,
        context: Context,
        endpoint_id: UUID,
        *,
        change: Change,
        guard: Guard | None = None,
    ) -> WebhookEndpoint:
        """Change an endpoint; one that is enabled again counts as healthy.

        Raises:
            EndpointNotFound, UrlInvalid, TooMany, and what `change` and `guard` raise.
        """
        async with self._db.reading() as db:
            present = await self._found(db, context, endpoint_id)
            wanted = change(present, await self._headers(db, context, endpoint_id))
        if (url := wanted.url) != present.url:
            await self.look_up(context, url)
        async with self._db.transaction() as db:
            before = await self._locked(db, context, endpoint_id)
            if guard is not None:
                guard(before)
            draft = change(before, await self._headers(db, context, endpoint_id))
            after = replace(
                before,
                url=draft.url,
                event_types=draft.event_types,
                description=draft.description,
                enabled=draft.enabled,
                failing_since=before.failing_since if before.enabled else None,
                header_names=tuple(draft.headers),
            )
            headers = self._secrets.encrypted_headers(endpoint_id, draft.headers)
            await store.update(db, context.account, context.live_mode, after, headers=headers)
            self._events.notify()
        return after

    async def rotate_secret(
        self, context: Context, endpoint_id: UUID, overlap: timedelta
    ) -> tuple[WebhookEndpoint, bytes]:
        """Give an endpoint a new secret, which is not shown again; the old one signs beside it.

        A secret replaced earlier stops signing.

        Raises:
            EndpointNotFound: when the caller has none of that id.
        """
        secret, until = self._random_bytes(SECRET_BYTES), context.now + overlap
        async with self._db.transaction() as db:
            endpoint = await self._locked(db, context, endpoint_id)
            kept = await store.kept_secrets(db, context.account, context.live_mode, endpoint_id)
            await store.replace_secret(
                db,
                context.account,
                context.live_mode,
                endpoint_id,
                secret=self._secrets.encrypted(endpoint_id, secret),
                previous=self._secrets.as_previous(endpoint_id, kept),
                until=until,
            )
        return replace(endpoint, previous_secret_until=until), secret

    async def _headers(
        self, db: ReadConnection, context: Context, endpoint_id: UUID
    ) -> dict[str, str]:
        kept = await store.kept_secrets(db, context.account, context.live_mode, endpoint_id)
        return self._secrets.headers(endpoint_id, kept)

    async def remove(
        self, context: Context, endpoint_id: UUID, *, guard: Guard | None = None
    ) -> None:
        """Delete an endpoint and its deliveries.

        Raises:
            EndpointNotFound: when the caller has none of that id, and what `guard` raises.
        """
        async with self._db.transaction() as db:
            present = await self._locked(db, context, endpoint_id)
            if guard is not None:
                guard(present)
            await store.delete(db, context.account, context.live_mode, endpoint_id)

    async def test(self, context: Context, endpoint_id: UUID) -> Event:
        """Send an event of type `webhook.test` to an endpoint, whatever types it subscribes to.

        Raises:
            EndpointNotFound, EndpointDisabled.
        """
        async with self._db.transaction() as db:
            endpoint = await self._found(db, context, endpoint_id)
            _check_enabled(endpoint)
            new_events = NewEvent(
                TEST_TYPE, ids.wire("whe", endpoint.id), self._serialize(context.caller, endpoint)
            )
            return await self._events.record_one(context, new_events, endpoint_id=endpoint.id)

    async def replay(self, context: Context, endpoint_id: UUID, first: UUID | datetime) -> Replay:
        """Deliver again the events an endpoint wants, from an event or time on; 10,000 at a time.

        Raises:
            EndpointNotFound, EndpointDisabled.
        """
        if isinstance(first, datetime):
            first = ids.first_id_at(first)
        async with self._db.transaction() as db:
            _check_enabled(await self._locked(db, context, endpoint_id))  # one replay at a time
            told = await delivery_store.replay(
                db,
                context.account,
                context.live_mode,
                endpoint_id,
                first=first,
                now=context.now,
                limit=REPLAYED_AT_ONCE,
            )
            self._events.notify()
        return Replay(len(told), max(told, default=None), len(told) == REPLAYED_AT_ONCE)

    async def look_up(self, context: Context, url: str) -> None:
        """Judge an address. It takes time, so nothing is held meanwhile.

        Raises:
            UrlInvalid: when it is in a forbidden network.
            TooMany: while 4 addresses of the account are already being looked up.
        """
        if _LOOKED_UP.get() == url:
            return
        if self._looking_up[context.account] >= _LOOKED_UP_AT_ONCE:
            raise TooMany(
                f"{_LOOKED_UP_AT_ONCE} addresses of this account are being looked up; send the "
                "next one when they are done",
                retry_after_seconds=2,
            )
        self._looking_up[context.account] += 1
        try:
            await self._reach(url)
        finally:
            self._looking_up[context.account] -= 1
            if not self._looking_up[context.account]:
                del self._looking_up[context.account]

    @asynccontextmanager
    async def looked_up(self, context: Context, url: str) -> AsyncIterator[None]:
        """Judge an address, and spare what is called within the block to judge it again.

        For whoever adds or changes an endpoint within a transaction of their own, which is begun
        inside the block: so it is not held while a name is looked up.

        Raises:
            UrlInvalid, TooMany: as `look_up` does.
        """
        await self.look_up(context, url)
        before = _LOOKED_UP.set(url)
        try:
            yield
        finally:
            _LOOKED_UP.reset(before)

    async def _found(
        self, db: ReadConnection, context: Context, endpoint_id: UUID
    ) -> WebhookEndpoint:
        found = await store.by_id(db, context.account, context.live_mode, endpoint_id)
        return _present(found if context.site_ids is None else None, endpoint_id)

    async def _locked(
        self, db: WriteConnection, context: Context, endpoint_id: UUID
    ) -> WebhookEndpoint:
        found = await store.locked(db, context.account, context.live_mode, endpoint_id)
        return _present(found, endpoint_id)

    @property
    def _db(self) -> Database:
        return self._events.db


def _present(found: WebhookEndpoint | None, endpoint_id: UUID) -> WebhookEndpoint:
    if found is None:
        raise EndpointNotFound(f"there is no webhook endpoint {ids.wire('whe', endpoint_id)}")
    return found


def _check_enabled(endpoint: WebhookEndpoint) -> None:
    if not endpoint.enabled:
        raise EndpointDisabled(
            f"the webhook endpoint {ids.wire('whe', endpoint.id)} is disabled; "
            "PATCH its status to ENABLED first"
        )
