"""The use-case of moving an account: every step can be repeated, and until the last one all can be
undone (docs/cells.md has the order, and why nothing is lost or done twice)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final
from uuid import UUID

from wattyard.app.cells import checks, comparing, fence, opening, replication
from wattyard.app.cells.clusters import (
    MovingAccount,
    account_of,
    for_libpq,
)
from wattyard.app.cells.replication import Progress
from wattyard.app.cells.tables import MOVED
from wattyard.kernel import ids
from wattyard.kernel.moves import MoveRefused, MoveStage
from wattyard.kernel.refusals import Unavailable
from wattyard.kernel.values import dataclass
from wattyard.platform.db.sessions import OpenSession, session

_ONE_AT_A_TIME: Final = 0x6D6F7632
"""The advisory locks of runs of this use-case, one for each account."""
DRAIN_SECONDS: Final = 2.5
"""Longer than any node remembers a caller (2 s): then each asks at every call of the account."""
_LEASES_END_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2

Opened = Callable[[], Awaitable[None]]
"""Called once the target serves the account: sends its calls there."""


@dataclass(frozen=True, slots=True)
class Route:
    """From where to where an account moves.

    Attributes:
        source: address of the database that the account is in, as this process reaches it.
        target: of the one that it moves to.
        source_of_target: of the source, as the target's server reaches it.
        pause_seconds: how long rows are compared while calls are refused.
        drain_seconds: how long nodes are given to hear that the account moves.
    """

    source: str
    target: str
    source_of_target: str = ""
    pause_seconds: float = 0.5
    drain_seconds: float = DRAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Moved:
    """How a move went; `refused_seconds` is None where an earlier run had switched already."""

    rows: int
    refused_seconds: float | None
    compared_before_only: tuple[str, ...] = ()


class AccountMove:
    """Moves one account."""

    def __init__(self, route: Route, account_id: UUID, progress: Progress) -> None:
        self._route = route
        self._id = account_id
        self._say = progress

    async def complaints(self) -> list[str]:
        """List what keeps the account from moving; empty where nothing does. Changes nothing."""
        async with self._sides() as (source, target):
            account = await self._account(source)
            return await _complaints(source, target, account)

    async def rows(self) -> dict[str, int]:
        """Count the rows that would move, by table."""
        async with session(self._route.source, "source") as source:
            account = await self._account(source)
            return {
                table.name: await source.fetchval(
                    f"SELECT count(*) FROM {table.name} WHERE account = $1",  # noqa: S608
                    account.number,
                )
                for table in MOVED
            }

    async def move(self, opened: Opened) -> Moved:
        """Move the account, or continue an interrupted move.

        Raises:
            MoveRefused: saying what is in the way; the source serves the account then, unless it
                says otherwise.
        """
        async with self._sides() as (source, target), _alone(source, self._id):
            account = await self._account(source)
            await replication.check_goal(source, target, account)
            if not await opening.is_open(target, account):
                if account.stage == MoveStage.MOVED:
                    raise MoveRefused("the account has moved to another cell than this target")
                return await self._moved(source, target, account, opened)
            self._say("the target serves the account already: the rest of the move is done")
            await opened()
            await _finish(source, target, account)
            return Moved(0, None)

    async def abort(self) -> None:
        """Undo an interrupted move: the source serves the account, the target has nothing.

        Raises:
            MoveRefused: when the target serves it already.
        """
        async with self._sides() as (source, target), _alone(source, self._id):
            account = await self._account(source)
            await replication.check_goal(source, target, account)
            if account.stage == MoveStage.MOVED or await opening.is_there(target, account):
                raise MoveRefused(
                    "the target serves the account already: to have it back, purge it at the "
                    "source, and move it from there"
                )
            await replication.unsubscribe(target, account)
            await opening.bar(target, account)
            await fence.set_stage(source, account, None)
            await fence.take_down(source, account)
            await replication.unpublish(source, account)
            await source.execute("DELETE FROM account_moves WHERE account = $1", account.number)
            self._say("the source serves the account; what was copied is deleted at the target")
            await opening.clear(target, account)

    async def abandon(self) -> None:
        """Undo a move whose target is lost for good: the source serves the account.

        Only where the target can have served nothing: the source says so until the switch begins.

        Raises:
            MoveRefused: when the target can be reached, or may have served the account.
        """
        with suppress(Unavailable):
            async with session(self._route.target, "target"):
                raise MoveRefused(
                    "the target can be reached: run the command with --abort alone, which also "
                    "deletes what was copied there"
                )
        async with session(self._route.source, "source") as source, _alone(source, self._id):
            account = await self._account(source)
            if account.stage in (MoveStage.LEAVING, MoveStage.MOVED):
                raise MoveRefused(
                    "the target may have served the account, since the switch had begun: what was "
                    "acknowledged there exists only there. Bring the target back, from its standby "
                    "or a backup, and run the command again, or with --abort"
                )
            await fence.set_stage(source, account, None)
            await fence.take_down(source, account)
            await replication.unpublish(source, account, ends_reader=True)
            await source.execute("DELETE FROM account_moves WHERE account = $1", account.number)
            self._say("the source serves the account; should the target come back, run --abort")

    async def take_fence_down(self) -> bool:
        """Take away what kept the account unchanged at the source, once it is purged there.

        False where it is not: then nothing is changed.
        """
        async with self._sides() as (source, target):
            account = await account_of(target, self._id)
            if account is None or await account_of(source, self._id) is not None:
                return False
            await fence.take_down(source, account)
            return True

    async def _moved(
        self,
        source: OpenSession,
        target: OpenSession,
        account: MovingAccount,
        opened: Opened,
    ) -> Moved:
        if found := await _complaints(source, target, account):
            raise MoveRefused("; ".join(found))
        if account.stage == MoveStage.LEAVING:  # a run died there: calls are taken again meanwhile
            await fence.set_stage(source, account, MoveStage.DRAINING)
        url = self._route.source_of_target or for_libpq(self._route.source)
        await _have_partitions(source, target)
        await replication.publish(source, target, account)
        if not await replication.is_following(target, account):
            await replication.unsubscribe(target, account)
            await opening.clear(target, account)
        self._say("the target copies the rows; the source serves the account")
        await replication.subscribe(target, account, url)
        await replication.copied(target, account, self._say)
        await replication.caught_up(source, target, account)
        await opening.raise_sequences(source, target)
        self._say("rows of both sides are compared; the source serves the account")
        compared = await comparing.compare_all(source, target, account)
        await fence.prepare(source, account)
        await self._drained(source, account)
        self._say("the account is switched; its calls are refused")
        begun = monotonic()
        await self._switched(source, target, account, compared)
        await opened()
        refused = monotonic() - begun
        self._say(f"the target serves the account; its calls were refused for {refused:.2f} s")
        await _finish(source, target, account)
        again = compared.within(self._route.pause_seconds)
        left = tuple(sorted(compared.rows.keys() - again))
        return Moved(sum(compared.rows.values()), refused, left)

    async def _switched(
        self,
        source: OpenSession,
        target: OpenSession,
        account: MovingAccount,
        compared: comparing.Compared,
    ) -> None:
        """Refuse, let the last rows arrive, compare, open; what fails here is undone."""
        try:
            await fence.raise_for(source, account)
            if await _held(source, account):
                raise MoveRefused(
                    "a worker took deliveries of the account in a transaction that lasted longer "
                    "than the wait for it: nothing was switched, and the source serves it; run "
                    "the command again"
                )
            await replication.caught_up(source, target, account)
            again = compared.within(self._route.pause_seconds)
            await comparing.compare_once(source, target, account, compared, again)
            await opening.raise_sequences(source, target)
            await opening.open_account(source, target, account)
        except BaseException:
            await self._served_again(account)
            raise

    async def _served_again(self, account: MovingAccount) -> None:
        """Have the source serve the account again, unless the target does."""
        try:
            async with self._sides() as (source, target):
                if not await opening.was_opened(target, account):
                    await fence.set_stage(source, account, None)
        except Exception as fault:
            raise MoveRefused(
                "the account is refused at the source, and nobody knows whether the target opened "
                f"it ({fault}): run the command again, or with --abort, as soon as both can be "
                "reached"
            ) from fault

    async def _drained(self, source: OpenSession, account: MovingAccount) -> None:
        """Have workers leave the account alone, and wait for what they hold of it."""
        self._say("workers let go of the account; the source serves it")
        await fence.set_stage(source, account, MoveStage.DRAINING)
        begun = monotonic()
        await asyncio.sleep(self._route.drain_seconds)
        while await _held(source, account):
            if monotonic() - begun > _LEASES_END_SECONDS:
                await fence.set_stage(source, account, None)
                raise MoveRefused(
                    "workers have held deliveries of the account for too long: run the command "
                    "again"
                )
            await asyncio.sleep(_LOOK_SECONDS)
        await source.execute(
            "UPDATE webhook_deliveries SET holder = NULL, leased_until = NULL"
            " WHERE account = $1 AND status = 'PENDING' AND holder IS NOT NULL",
            account.number,
        )

    async def _account(self, source: OpenSession) -> MovingAccount:
        account = await account_of(source, self._id)
        if account is None:
            raise MoveRefused(f"the source has no account {ids.wire('acc', self._id)}")
        return account

    @asynccontextmanager
    async def _sides(self) -> AsyncIterator[tuple[OpenSession, OpenSession]]:
        async with (
            session(self._route.source, "source") as source,
            session(self._route.target, "target") as target,
        ):
            yield source, target


async def _held(source: OpenSession, account: MovingAccount) -> int:
    """Count the deliveries of the account that a worker may be sending."""
    held: int = await source.fetchval(
        """
        SELECT count(*) FROM webhook_deliveries
        WHERE account = $1 AND status = 'PENDING' AND leased_until > clock_timestamp()
        """,
        account.number,
    )
    return held


async def _complaints(
    source: OpenSession, target: OpenSession, account: MovingAccount
) -> list[str]:
    return await checks.complaints_of_pair(source, target) + await checks.complaints_of_move(
        source, target, account
    )


async def _finish(source: OpenSession, target: OpenSession, account: MovingAccount) -> None:
    """Say at the source that the account has moved, and end the replication."""
    await fence.set_stage(source, account, MoveStage.MOVED)
    await replication.unsubscribe(target, account)
    await replication.unpublish(source, account)
    for side in (target, source):
        await side.execute("DELETE FROM account_moves WHERE account = $1", account.number)


async def _have_partitions(source: OpenSession, target: OpenSession) -> None:
    """Make the partitions at the target that the source has, before any row arrives."""
    for parent in ("meter_readings", "requests"):
        question = """
            SELECT c.relname::text, pg_get_expr(c.relpartbound, c.oid) AS bounds
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = $1::regclass ORDER BY 1
        """
        there = {row["relname"] for row in await target.fetch(question, parent)}
        for row in await source.fetch(question, parent):
            if row["relname"] not in there and row["bounds"] != "DEFAULT":
                await _have_partition(target, parent, row["relname"], row["bounds"])


async def _have_partition(target: OpenSession, parent: str, name: str, bounds: str) -> None:
    async with target.transaction():
        await target.execute(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {parent} INCLUDING ALL)")
        await target.execute(f"ALTER TABLE {parent} ATTACH PARTITION {name} {bounds}")


@asynccontextmanager
async def _alone(source: OpenSession, account_id: UUID) -> AsyncIterator[None]:
    """Let one run move an account at a time; one that dies lets go of it.

    Raises:
        MoveRefused: while another one does.
    """
    mine = await source.fetchval(
        "SELECT pg_try_advisory_lock($1, hashtext($2))", _ONE_AT_A_TIME, account_id.hex
    )
    if not mine:
        raise MoveRefused("another run of this command is moving the account at this moment")
    yield
