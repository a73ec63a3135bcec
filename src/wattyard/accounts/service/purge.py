"""The use-case of deleting an account, with everything that it has."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar
from uuid import UUID

from wattyard.accounts import store
from wattyard.accounts.domain import Account, AccountEnabled
from wattyard.accounts.service.accounts import kept_account, no_account
from wattyard.accounts.service.ports import Departures
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.moves import MOVING_SENTENCE, MoveStage
from wattyard.kernel.refusals import AccountMoving, Unavailable
from wattyard.kernel.values import dataclass
from wattyard.platform.composition import Contributions
from wattyard.platform.db import Database, account_rows
from wattyard.platform.db.account_rows import AccountTable

ROWS_AT_ONCE: Final = 2_000
"""Rows of one transaction: their locks are gone within a moment."""
_COUNTED_AT_ONCE: Final = 50_000
_SETTLED: Final = timedelta(seconds=4)
"""This long after an account was disabled, none of its calls is under way any more: servers notice
within two seconds, and write what they counted half a second after an answer."""
_TRIES: Final = 10
_RETRY_SECONDS: Final = 0.5

Result = TypeVar("Result")
Key = tuple[Any, ...]
Told = Callable[[int], None]
"""Is told how many rows are deleted so far."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an account has: its rows by table, without tables that hold none, and its people.

    Attributes:
        people: how many people have no other account.
    """

    account: Account
    rows: Mapping[str, int]
    people: int


class Purge:
    """Deletes accounts for good, while servers and workers run.

    Rows go in batches, each a transaction of its own, with a pause as long as the batch took, so
    that other accounts do not feel it. A deletion that was interrupted continues when it is asked
    for again. The account itself is deleted only a while after it was disabled (`settled`).
    """

    def __init__(
        self, db: Database, departures: Contributions[Departures], settled: timedelta = _SETTLED
    ) -> None:
        self._db = db
        self._departures = departures
        self._settled = settled

    async def holdings(self, context: Context, account_id: UUID) -> Holdings:
        """Count what would be deleted with an account, and change nothing.

        Raises:
            AccountNotFound: when there is none.
        """
        async with self._db.reading() as db:
            account = await store.account_by_id(db, account_id)
        if account is None:
            raise no_account(account_id)
        people = sum([await one.only_here(_owner(context, account)) for one in self._departures])
        rows: Counter[str] = Counter()
        async with self._db.reading() as db:
            for table in await account_rows.tables(db):
                after: Key = ()
                while found := await account_rows.piece(
                    db, table, account.number, after, _COUNTED_AT_ONCE
                ):
                    rows[table.name] += found.rows
                    after = found.last
        return Holdings(account, _listed(rows), people)

    async def purge(
        self,
        context: Context,
        account_id: UUID,
        *,
        force: bool = False,
        told: Told = lambda _: None,
    ) -> Holdings:
        """Delete an account with all that it has, and the people who have no other: what was.

        It is disabled first and for good, so nothing of it can be used meanwhile.

        Raises:
            AccountNotFound: when there is none.
            AccountEnabled: when it is not disabled, and `force` does not say to do it here.
            AccountMoving: while it moves to another cell; one that has moved is deleted here.
        """
        account, quiet = await self._begin(context, account_id, force=force)
        owner = _owner(context, account)
        people = sum([await one.leave(owner) for one in self._departures])
        rows: Counter[str] = Counter()
        await self._empty(account.number, rows, told)
        await asyncio.sleep(quiet.total_seconds())
        while not await _patiently(partial(self._end, owner)):
            await self._empty(account.number, rows, told)
        return Holdings(account, _listed(rows), people)

    async def _begin(
        self, context: Context, account_id: UUID, *, force: bool
    ) -> tuple[Account, timedelta]:
        """Disable an account for good, and say how long its last calls may still take."""
        async with self._db.transaction() as db:
            before = await kept_account(db, account_id)
            if before is None:
                raise no_account(account_id)
            if before.move_stage != MoveStage.MOVED and (
                before.move_stage is not None or account_id in await store.moves_begun(db)
            ):
                raise AccountMoving(MOVING_SENTENCE)
            if not before.disabled and not force:
                raise AccountEnabled(
                    f"{ids.wire('acc', account_id)} is enabled, and may be in use: disable it first"
                )
            account, since = await store.begin_deletion(db, account_id, context.now)
        return account, max(timedelta(), since + self._settled - context.now)

    async def _empty(self, account: int, rows: Counter[str], told: Told) -> None:
        """Delete the rows of an account in every table, and count them."""
        async with self._db.reading() as db:
            tables = await account_rows.tables(db)
        for table in tables:
            after: Key | None = ()
            while after is not None:
                began = monotonic()
                gone, after = await _patiently(partial(self._batch, table, account, after))
                if gone:
                    rows[table.name] += gone
                    told(rows.total())
                    await asyncio.sleep(monotonic() - began)

    async def _batch(self, table: AccountTable, account: int, after: Key) -> tuple[int, Key | None]:
        """Delete the next rows: how many, and the key of the last; None where there are none."""
        async with self._db.transaction() as db:
            found = await account_rows.piece(db, table, account, after, ROWS_AT_ONCE)
            if found is None:
                return 0, None
            await db.execute("SET LOCAL synchronous_commit = off")
            return await account_rows.delete(db, table, account, after, found.last), found.last

    async def _end(self, owner: Context) -> bool:
        """Delete an account that has nothing; False where something was added meanwhile."""
        async with self._db.transaction() as db:
            await store.hold(db, owner.account)
            for table in await account_rows.tables(db):
                if await account_rows.piece(db, table, owner.account, (), 1):
                    return False
            for one in self._departures:
                await one.gone(owner)
            await store.remove_account(db, owner.account)
            return True


async def _patiently(work: Callable[[], Awaitable[Result]]) -> Result:
    """Do something again where the database was away, or somebody held the same rows."""
    for _ in range(_TRIES - 1):
        with suppress(Unavailable):
            return await work()
        await asyncio.sleep(_RETRY_SECONDS)
    return await work()


def _owner(context: Context, account: Account) -> Context:
    return context.on_behalf_of(Caller(account.number, account.id, live_mode=True))


def _listed(rows: Mapping[str, int]) -> dict[str, int]:
    return {table: rows[table] for table in sorted(rows)}
