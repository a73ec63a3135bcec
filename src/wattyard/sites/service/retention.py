"""The use-case of retention: old device states are deleted, the current one of a device stays."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure, overdue_measures
from wattyard.kernel.refusals import AccountMoving
from wattyard.platform.db import Database
from wattyard.sites.store import old_states as store

_AT_ONCE: Final = 2_000
_DEVICES_AT_ONCE: Final = 500


class StateRetention:
    """Deletes old device states of every account; none where they are kept for good."""

    def __init__(self, db: Database, kept_for: timedelta | None) -> None:
        self._db = db
        self._kept_for = kept_for

    async def measures(self, context: Context) -> list[Measure]:
        """How many devices have states past their retention, and for how long the oldest is."""
        if self._kept_for is None:
            return []
        end = context.now - self._kept_for
        async with self._db.reading() as db:
            count, oldest = await store.overdue(db, end)
        seconds = (end - oldest).total_seconds() if oldest else 0.0
        return overdue_measures("device_states", count, seconds)

    async def forget(self, context: Context) -> int:
        """Delete states that were received before their retention, in small pieces; gives how many.

        An account that begins to move meanwhile is left as it is.
        """
        if self._kept_for is None:
            return 0
        first_kept = ids.first_id_at(context.now - self._kept_for)
        async with self._db.reading() as db:
            accounts = await store.accounts_that_stay(db)
        deleted = 0
        for account in accounts:
            try:
                for live in (False, True):
                    deleted += await self._forget_of(account, live, first_kept)
            except AccountMoving:
                continue
        return deleted

    async def _forget_of(self, account: int, live: bool, first_kept: UUID) -> int:  # noqa: FBT001 (as the store)
        """Delete old states of an account and mode, some devices after another."""
        deleted = 0
        last: UUID | None = None
        while True:
            async with self._db.reading() as db:
                devices = await store.devices_after(db, account, live, last, limit=_DEVICES_AT_ONCE)
            if not devices:
                return deleted
            piece = _AT_ONCE
            while piece == _AT_ONCE:
                async with self._db.transaction() as writing:
                    piece = await store.delete_before(
                        writing, account, live, devices, first_kept, limit=_AT_ONCE
                    )
                deleted += piece
            last = devices[-1]
