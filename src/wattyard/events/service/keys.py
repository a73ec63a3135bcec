"""Use-cases of the server's signing keys: have one, publish, rotate."""

from time import monotonic
from typing import Final

from wattyard.events.domain.keys import PUBLISHED_FOR, StoredKey
from wattyard.events.service.log import Events
from wattyard.events.service.ports import MakeKey
from wattyard.events.store import keys as store
from wattyard.kernel.context import Context
from wattyard.platform.db import WriteConnection
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
                async with self._events.db.transaction() as db:
                    self._known = await self._first(db, context)
            except BaseException:
                self._fresh_until = before
                raise
        return self._known

    async def published(self, context: Context) -> list[StoredKey]:
        """List the key that signs now and those retired in the last 7 days."""
        async with self._events.db.transaction() as db:
            await self._first(db, context)
            return await store.published(db, self._keyring, since=context.now - PUBLISHED_FOR)

    async def rotate(self, context: Context) -> StoredKey:
        """Sign with a new key from now on; the old one is deleted 7 days later."""
        now = context.now
        async with self._events.db.transaction() as db:
            await store.retire(db, now, forget_before=now - PUBLISHED_FOR)
            await store.add(db, self._keyring, self._new(context))
            return await self._first(db, context)

    async def _first(self, db: WriteConnection, context: Context) -> StoredKey:
        key = await store.present(db, self._keyring)
        while key is None:
            await store.add(db, self._keyring, self._new(context))
            key = await store.present(db, self._keyring)
        return key

    def _new(self, context: Context) -> StoredKey:
        return StoredKey(f"whk_{context.new_id().hex}", self._make_key(), context.now)
