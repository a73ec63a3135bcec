"""Use-cases of the server's signing keys: have one, publish, rotate."""

import asyncio
from time import monotonic
from typing import Final

from wattyard.events.domain.keys import PUBLISHED_FOR, SigningKeyDates, StoredKey
from wattyard.events.service.log import Events
from wattyard.events.service.ports import MakeKey
from wattyard.events.store import keys as store
from wattyard.kernel.context import Context
from wattyard.platform.encryption import Keyring

_FRESH_SECONDS: Final = 5.0
"""How long a process may go on using a key that another one has retired."""


class SigningKeys:
    """The keys that sign webhooks; the first is made when it is first needed."""

    def __init__(self, events: Events, make_key: MakeKey, keyring: Keyring) -> None:
        self._keyring = keyring
        self._events = events
        self._make_key = make_key
        self._known: StoredKey | None = None
        self._fresh_until = 0.0

    async def present(self, context: Context) -> StoredKey:
        """Read the key that signs now; one caller refreshes it, the others use the known one."""
        if self._known is None or self._fresh_until < monotonic():
            self._fresh_until, before = monotonic() + _FRESH_SECONDS, self._fresh_until
            try:
                self._known = await self._stored(context)
            except BaseException:
                self._fresh_until = before
                raise
        return self._known

    async def published(self, context: Context) -> list[StoredKey]:
        """List the key that signs now and those retired in the last 7 days."""
        await self._stored(context)
        async with self._events.db.reading() as db:
            return await store.published(db, self._keyring, since=context.now - PUBLISHED_FOR)

    async def dates(self, context: Context) -> list[SigningKeyDates]:
        """List the same without their secrets, newest first; none where none was needed yet."""
        async with self._events.db.reading() as db:
            return await store.dates(db, since=context.now - PUBLISHED_FOR)

    async def rotate(self, context: Context) -> StoredKey:
        """Sign with a new key from now on; the old one is deleted 7 days later."""
        now, new = context.now, await self._new(context)
        async with self._events.db.transaction() as db:
            await store.retire(db, now, forget_before=now - PUBLISHED_FOR)
            await store.add(db, self._keyring, new)
        return await self._stored(context)

    async def _stored(self, context: Context) -> StoredKey:
        """Read the key that signs now; where there is none, make it."""
        while True:
            async with self._events.db.reading() as db:
                key = await store.present(db, self._keyring)
            if key is not None:
                return key
            new = await self._new(context)
            async with self._events.db.transaction() as db:
                await store.add(db, self._keyring, new)

    async def _new(self, context: Context) -> StoredKey:
        """Make a key, which takes a tenth of a second and up to one, off the event loop."""
        made = await asyncio.to_thread(self._make_key)
        return StoredKey(f"whk_{context.new_id().hex}", made, context.now)
