"""The use-case of retention: old events are deleted, with their deliveries."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from wattyard.events.service.log import Events
from wattyard.events.store import log as store
from wattyard.events.store import order as order_store
from wattyard.events.store import queue as queue_store
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure, overdue_measures
from wattyard.kernel.refusals import AccountMoving

_AT_ONCE = 2_000


class Retention:
    """Deletes old events of every account."""

    def __init__(self, events: Events, kept_for: timedelta) -> None:
        self._events = events
        self._kept_for = kept_for

    async def keep_order(self) -> int:
        """Make new events come after all existing ones, including those restored from elsewhere.

        Returns how far the sequence was advanced: 0 where all is well.
        """
        async with self._events.db.transaction() as db:
            return await order_store.raise_above(db)

    async def measures(self, context: Context) -> list[Measure]:
        """How many events are past their retention, and for how long the oldest is."""
        end = context.now - self._kept_for
        async with self._events.db.reading() as db:
            count, oldest = await store.overdue(db, ids.first_id_at(end))
        return overdue_measures("events", count, (end - oldest).total_seconds() if oldest else 0.0)

    async def forget(self, context: Context) -> int:
        """Delete events past their retention, in small pieces; gives how many.

        Deliveries left behind by deleted endpoints go too. An account that moves is left as it is.
        """
        await self.keep_order()
        first_kept = ids.first_id_at(context.now - self._kept_for)
        deleted = 0
        with suppress(AccountMoving):  # one that begins to leave: the next time, then
            async with self._events.db.transaction() as db:
                await queue_store.forget_stray(db)
        async with self._events.db.reading() as db:
            accounts = await queue_store.accounts_with_events(db)
        for account, live in accounts:
            with suppress(AccountMoving):
                deleted += await self._forget_of(account, live, first_kept)
        return deleted

    async def _forget_of(self, account: int, live: bool, first_kept: UUID) -> int:  # noqa: FBT001 (as the store)
        deleted, piece = 0, _AT_ONCE
        while piece == _AT_ONCE:
            async with self._events.db.transaction() as db:
                piece = await store.delete_before(db, account, live, first_kept, limit=_AT_ONCE)
            deleted += piece
        return deleted
