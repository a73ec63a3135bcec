"""The use-case of retention: reports of old batches are deleted, their readings stay."""

from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import AccountMoving
from wattyard.meters.store import batches as store
from wattyard.platform.db import Database

_AT_ONCE: Final = 2_000


class BatchRetention:
    """Deletes old batches of every account."""

    def __init__(self, db: Database, kept_for: timedelta) -> None:
        self._db = db
        self._kept_for = kept_for

    async def forget(self, context: Context) -> int:
        """Delete batches past their retention, in small pieces; gives how many.

        An account that moves is left as it is.
        """
        first_kept = ids.first_id_at(context.now - self._kept_for)
        async with self._db.reading() as db:
            accounts = await store.accounts_with_batches(db)
        deleted = 0
        for account, live in accounts:
            with suppress(AccountMoving):
                deleted += await self._forget_of(account, live, first_kept)
        return deleted

    async def _forget_of(self, account: int, live: bool, first_kept: UUID) -> int:  # noqa: FBT001 (as the store)
        deleted, piece = 0, _AT_ONCE
        while piece == _AT_ONCE:
            async with self._db.transaction() as db:
                piece = await store.delete_before(db, account, live, first_kept, limit=_AT_ONCE)
            deleted += piece
        return deleted
