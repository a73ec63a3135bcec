"""Connections and transactions on PostgreSQL, through asyncpg."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from contextvars import Context, ContextVar
from typing import Any, Final, NamedTuple

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.connection import (
    Connection,
    Lending,
    Loans,
    ReadConnection,
    WriteConnection,
)
from wattyard.platform.db.faults import Causes
from wattyard.platform.db.pool import ConnectionPool
from wattyard.platform.db.positions import LogPosition, LogPositions
from wattyard.platform.db.readiness import Readiness
from wattyard.platform.db.replica import Replica
from wattyard.platform.db.replicas import ReplicaLending, Replicas
from wattyard.platform.db.transactions import begin_to_read, begin_to_write, ended, savepoint
from wattyard.platform.db.watching import ServerWatch

_ALONE_SECONDS: Final = 5.0
"""For how long a replica that lags or fails is not read."""


_to_begin: ContextVar["_ToBegin | None"] = ContextVar("transaction_to_begin", default=None)


class _ToBegin:
    """A transaction that begins with the first one of its task, and outlasts it."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.held = AsyncExitStack()


class PoolUsage(NamedTuple):
    """How busy the connections of a process are."""

    lent: int
    idle: int
    waiting: int
    lent_seconds: float = 0.0
    """For how long connections were lent, in all."""


class Database:
    """Connections to one PostgreSQL database.

    `reading` gives a connection for single questions, `snapshot` one whose questions see the
    same moment, `transaction` one in which all is kept or nothing, and `joined` that of
    the transaction which the caller must already be in. Only the last two write: sessions are
    read-only outside a transaction.

    A transaction that is opened inside another one of the same task becomes a savepoint of it, so
    that a caller can add to the work of a use-case (the kept answer of an idempotency key) and
    both are durable together. Other tasks, also those started in the block, are not in it.

    Raises, from all of them:
        Unavailable: when the database cannot be reached or cannot write.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = 8,
        statement_seconds: float = 30,
        direct: str = "",
        replicas: Sequence[str] = (),
        alone_seconds: float = _ALONE_SECONDS,
    ) -> None:
        self._causes = Causes()
        self._connector = Connector(
            url, statement_seconds=statement_seconds, causes=self._causes, direct=direct
        )
        self._readiness = Readiness(self._connector, self._causes)
        self._replicas = Replicas(
            [
                Replica(
                    one,
                    statement_seconds=statement_seconds,
                    limit=connections,
                    alone_seconds=alone_seconds,
                )
                for one in replicas
            ],
            LogPositions(self._connector, self._causes),
        )
        self.connections = connections
        self._loans: Loans | None = None
        self._besides: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def open(self, *, reads_replicas: bool = True) -> None:
        """Open the first connection, which shows whether the address is right.

        Replicas are read as soon as they are known to be fit, unless nothing is to be read there.

        Raises:
            Unavailable: saying what the database said, when it lets nobody in there.
        """
        pool = ConnectionPool(self._connector.open_to_read, self.connections)
        self._loans = Loans(pool, self._causes)
        if self._watching is not None:
            self._watching.cancel()
        watch = ServerWatch(self._connector, self._loans)
        self._watching = asyncio.get_running_loop().create_task(watch.keep(), context=Context())
        try:
            pool.take_back(await pool.lend(None), None)
        except (Unavailable, ValueError) as fault:
            if isinstance(fault, Unavailable) and fault.__cause__ is None:
                raise  # it says itself what to do
            said = fault.__cause__ or fault
            raise Unavailable(f"the database cannot be used: {said}; check its address") from fault
        for replica in self._replicas.all if reads_replicas else ():
            self.beside(replica.watch(self._replicas.positions))

    async def close(self) -> None:
        """Give the connections back; what runs besides is broken off."""
        tasks = [*self._besides, *([self._watching] if self._watching else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._replicas.positions.close()
        self._readiness.close()
        if self._loans is not None:
            await self._loans.pool.close()

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something on this database that nobody waits for."""
        # In nobody's share: what is done beside a call is done for all accounts.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._besides.add(task)
        task.add_done_callback(self._besides.discard)

    async def check_ready(self) -> None:
        """Pass when the database can be reached, written to, and has room.

        Raises:
            Unavailable: saying what is wrong.
        """
        await self._readiness.check()

    @property
    def usage(self) -> PoolUsage:
        """How many connections are lent and idle, and how many callers wait for one."""
        if self._loans is None:
            return PoolUsage(0, 0, 0)
        pool = self._loans.pool
        return PoolUsage(pool.lent, pool.idle, pool.waiting, self._loans.seconds)

    @property
    def replicas(self) -> Sequence[Replica]:
        """The replicas that may be read."""
        return self._replicas.all

    async def position(self) -> LogPosition | None:
        """How far the primary's log of changes has come; None where it does not say."""
        return await self._replicas.positions.now()

    def unavailable(self, kind: str, reason: str) -> Unavailable:
        """The refusal of what this database is not set up for; a kind is logged once a minute."""
        self._causes.note(reason, kind=kind)
        return Unavailable(reason)

    def reading(self) -> AbstractAsyncContextManager[ReadConnection]:
        """Lend a connection for single questions, each on its own.

        Where `replicas_allowed` it may be a replica's, which has all that was committed before.

        A task that has one already gets the same: tasks that each hold one and wait for another
        would wait for each other as soon as there are as many as connections.
        """
        return self._lending_to_read()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ReadConnection]:
        """Lend a connection whose questions all see the same moment.

        Inside a transaction or a snapshot of the same task it gives that one's connection: in
        a transaction what the task has written is seen, and what others commit meanwhile too.
        """
        async with (lending := self._lending_to_read()) as connection:
            loan = lending.loan
            if loan.in_snapshot or loan.after_commit is not None:
                yield connection
                return
            await begin_to_read(connection)
            async with ended(connection):
                loan.in_snapshot = True
                try:
                    yield connection
                finally:
                    loan.in_snapshot = False

    @asynccontextmanager
    async def transaction_with_first_write(self) -> AsyncIterator[None]:
        """Keep what the block writes together, as `transaction` does, once it begins to write.

        Until its first `transaction` the block has no connection, save while it reads: for what
        computes first, and then writes. No reading may be open when that begins.
        """
        to_begin = _ToBegin()
        async with to_begin.held:
            token = _to_begin.set(to_begin)
            try:
                yield
            finally:
                _to_begin.reset(token)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteConnection]:
        """Lend a connection in a transaction: kept when the block ends, undone when it raises."""
        to_begin = _to_begin.get()
        if to_begin is not None and to_begin.task is asyncio.current_task():
            if self._loans is not None and self._loans.present() is not None:
                raise RuntimeError("a transaction that outlasts this one cannot begin in a reading")
            _to_begin.set(None)
            await to_begin.held.enter_async_context(self.transaction())
        after_commit: list[Callable[[], None]] = []
        async with (lending := self._lending()) as connection:
            loan = lending.loan
            if loan.in_snapshot:
                raise RuntimeError("a transaction cannot begin inside a snapshot")
            if loan.after_commit is not None:
                async with savepoint(connection):
                    yield connection
                return
            await begin_to_write(connection, self._causes)
            async with ended(connection):
                loan.after_commit = after_commit
                try:
                    yield connection
                finally:
                    loan.after_commit = None
        for call in dict.fromkeys(after_commit):
            call()

    def joined(self) -> WriteConnection:
        """The connection of the transaction that this task is in.

        Raises:
            RuntimeError: outside a transaction; what would be locked there is locked for
                nobody, and what is written could not be undone with the caller's work.
        """
        loan = self._loans.present() if self._loans else None
        if loan is None or loan.after_commit is None:
            raise RuntimeError("this must be called inside a transaction of the same task")
        connection: WriteConnection = loan.connection
        return connection

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the present transaction is kept; at once where there is none.

        It is not called when the transaction is undone, but may be when only a savepoint of it
        was: it can wake somebody, and not tell what happened.
        """
        loan = self._loans.present() if self._loans else None
        if loan is None or loan.after_commit is None:
            call()
        else:
            loan.after_commit.append(call)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Give True to one process at a time, on all machines, inside a block of that name.

        The others get False at once. A process that dies has left the block.
        """
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        number = int.from_bytes(digest, signed=True)
        async with self.own_connection() as connection:
            mine: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", number)
            yield mine

    @asynccontextmanager
    async def own_connection(self) -> AsyncIterator[Connection]:
        """Open a connection besides those that are lent, and close it after the block."""
        connection = await self._connector.open_direct()
        try:
            yield connection
        except Exception as error:
            self._causes.refuse_if_lost(error, closed=connection.is_closed())
            raise
        finally:
            connection.terminate()

    def _lending_to_read(self) -> Lending | ReplicaLending:
        loans = self._loans
        if not self._replicas.all or loans is None or loans.present() is not None:
            return self._lending()
        if (present := self._replicas.present()) is not None:
            return Lending(present)
        if self._replicas.may_be_read():
            return ReplicaLending(self._replicas, loans)
        return self._lending()

    def _lending(self) -> Lending:
        if self._loans is None:
            raise Unavailable("the server is starting; try again in a moment")
        return Lending(self._loans)
