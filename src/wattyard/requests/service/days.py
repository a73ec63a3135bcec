"""Use-cases of the log's size: days made ahead, old ones dropped, no account beyond its share.

Only the owner of the tables makes and drops partitions. A server whose role only reads and writes
rows goes on without: requests of a day without a partition lie together, and old rows are deleted.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure
from wattyard.platform.db import Database
from wattyard.requests.domain import COUNTED_FOR, MOST_ROWS, log_begin
from wattyard.requests.store import counts as counts_store
from wattyard.requests.store import days as store
from wattyard.requests.store import log as log_store

_WORKER_AHEAD: Final = 3
MIGRATE_AHEAD: Final = 35
"""How many days ahead `wattyard migrate` makes."""
_AT_ONCE: Final = 5_000
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


class Days:
    """The daily partitions of the request log, of all accounts. Days are those of UTC."""

    def __init__(self, db: Database, most_rows: int = MOST_ROWS) -> None:
        self._db = db
        self._most_rows = most_rows

    async def make_ahead(self, now: datetime, *, ahead: int = _WORKER_AHEAD) -> int:
        """Have the partitions from today to some days ahead; gives how many were made.

        Each is made in a transaction of its own, so that no lock is held for long; none is made
        where this role may not.
        """
        wanted = {now.date() + n * _DAY for n in range(ahead + 1)}
        async with self._db.reading() as db:
            missing = wanted - await store.present(db, wanted)
            if not missing or not await store.may_make(db):
                return 0
        made = 0
        for day in sorted(missing):
            async with self._db.transaction() as writing:
                made += await store.make(writing, day)
        return made

    async def forget(self, context: Context) -> None:
        """Drop the days that have passed, and delete what else is older than the log.

        Counts go when they are eight days old.
        """
        begin = log_begin(context.now)
        async with self._db.reading() as db:
            old = [day for day in await store.listed(db) if day < begin.date()]
            owned = await store.may_make(db)
        for day in old if owned else []:
            async with self._db.transaction() as writing:
                await store.drop(writing, day)
        first_kept = ids.first_id_at(begin)
        async with self._db.reading() as db:
            accounts = await log_store.accounts_with_requests(db, first_kept)
        for account, live in accounts:
            await self._delete_before(account, first_kept, live_mode=live)
        piece = _AT_ONCE
        while piece == _AT_ONCE:
            async with self._db.transaction() as writing:
                piece = await counts_store.forget(
                    writing, context.now - COUNTED_FOR, limit=_AT_ONCE
                )

    async def trim(self, context: Context) -> int:
        """Delete the oldest requests of accounts with more than 1,000,000: gives how many."""
        async with self._db.reading() as db:
            crowded = await counts_store.crowded(db, self._most_rows)
        deleted = 0
        for account, minute in crowded:
            newest = ids.first_id_at(minute + _MINUTE)
            for live in (False, True):
                deleted += await self._delete_before(account, newest, live_mode=live)
                async with self._db.transaction() as writing:
                    await counts_store.note_deleted(writing, account, live, minute)
        return deleted

    async def complaints(self, context: Context) -> list[str]:
        """Report a day that will have no partition, and that this role may not make."""
        tomorrow = context.now.date() + _DAY
        async with self._db.reading() as db:
            if await store.present(db, [tomorrow]) or await store.may_make(db):
                return []
        complaint = (
            f"the request log has no partition for {tomorrow}: its rows go to requests_other, "
            "where it takes longer to delete them: run `wattyard migrate` as the owner of the "
            "tables, at least once a month"
        )
        return [complaint]

    async def measures(self, context: Context) -> list[Measure]:
        """For how many days ahead there are partitions."""
        async with self._db.reading() as db:
            days = await store.listed(db)
        return [
            Measure(
                "request_log_days_ahead",
                "For how many days from now on there are partitions of the request log.",
                _ahead(days, context.now.date()),
            )
        ]

    async def _delete_before(self, account: int, first_kept: UUID, *, live_mode: bool) -> int:
        deleted, piece = 0, _AT_ONCE
        while piece == _AT_ONCE:
            async with self._db.transaction() as writing:
                piece = await log_store.delete_before(
                    writing, account, live_mode, first_kept, limit=_AT_ONCE
                )
            deleted += piece
        return deleted


def _ahead(days: list[date], today: date) -> int:
    return max(0, (days[-1] - today).days) if days else 0
