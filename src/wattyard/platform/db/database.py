"""Connections and transactions on PostgreSQL, through asyncpg."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connection import Connection
from wattyard.platform.db.stack import ConnectionStack

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""What asyncpg raises while the database is away, starting, stopping or not the primary."""

_IN_THE_WAY = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
)
"""Two changes that waited for each other, and work that took too long."""

_ANSWER_SECONDS = 2.0
"""How much later than it should have given up itself, the database counts as gone: a machine that
vanished closes no connection."""

_FULL = (asyncpg.DiskFullError, asyncpg.OutOfMemoryError)

_joined: ContextVar["Connection | None"] = ContextVar("joined_transaction", default=None)
_afterwards: ContextVar["list[Callable[[], None]] | None"] = ContextVar("afterwards", default=None)


class Database:
    """Connections to one PostgreSQL database.

    `reading` gives a connection for single statements, `snapshot` one whose statements see the
    same moment, `transaction` one in which everything is kept or nothing. A transaction that is
    opened inside another one of the same task becomes a savepoint of it, so that a caller can
    add to the work of a use-case (the kept answer of an idempotency key) and both are durable
    together.

    Raises, from all of them:
        Unavailable: when the database cannot be reached or cannot write.
    """

    def __init__(self, url: str, *, connections: int = 8, statement_seconds: float = 30) -> None:
        self._url = url
        self._connections = connections
        self._statement_seconds = statement_seconds
        self._stack: ConnectionStack | None = None
        self._besides: set[asyncio.Task[None]] = set()
        self._lent: dict[asyncio.Task[Any] | None, Connection] = {}

    async def open(self) -> None:
        """Open the first connection, which shows whether the address is right.

        Raises:
            Unavailable: saying what the database said, when it lets nobody in there.
        """
        self._stack = ConnectionStack(self._connect, self._connections)
        try:
            self._stack.take_back(await self._stack.lend())
        except (*_AWAY, asyncpg.PostgresError, ValueError) as fault:
            raise Unavailable(f"the database cannot be used: {fault}; check its address") from fault

    async def close(self) -> None:
        """Give the connections back; what runs besides is broken off."""
        for task in self._besides:
            task.cancel()
        await asyncio.gather(*self._besides, return_exceptions=True)
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await stack.close()

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something on this database that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._besides.add(task)
        task.add_done_callback(self._besides.discard)

    @property
    def usage(self) -> tuple[int, int]:
        """Tell how many connections are open, and how many of them are idle."""
        return (self._stack.open, self._stack.idle) if self._stack else (0, 0)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lend a connection for single statements, each its own transaction.

        A task that has one already gets the same: tasks that each hold one and wait for another
        would wait for each other as soon as there are as many as connections.
        """
        task = asyncio.current_task()
        joined = _joined.get() or self._lent.get(task)
        if joined is not None:
            yield joined
            return
        stack = self._open_stack
        with _refusing_when_away():
            connection = await stack.lend()
            broken = True
            try:
                self._lent[task] = connection
                yield connection
                broken = False
            except Exception as error:
                broken = isinstance(error, _AWAY)  # its protocol may be in the middle of something
                raise
            finally:
                del self._lent[task]
                stack.take_back(connection, broken=broken)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """Lend a connection whose statements all see the same moment; nothing can be written.

        Inside of a transaction or a snapshot of the same task it gives that one's connection: in
        a transaction what the task has written is seen, and what others commit meanwhile too.
        """
        async with self.reading() as connection:
            if connection.is_in_transaction():
                yield connection
                return
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction: kept when the block ends, undone when it raises."""
        joined = _joined.get()
        if joined is not None:
            async with joined.transaction():
                yield joined
            return
        afterwards: list[Callable[[], None]] = []
        async with self.reading() as connection, connection.transaction():
            token, list_token = _joined.set(connection), _afterwards.set(afterwards)
            try:
                yield connection
            finally:
                _joined.reset(token)
                _afterwards.reset(list_token)
        for call in dict.fromkeys(afterwards):
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the present transaction is kept; at once where there is none.

        It is not called when the transaction is undone, but may be when only a savepoint of it
        was: it can wake somebody, and not tell what happened.
        """
        afterwards = _afterwards.get()
        if afterwards is None:
            call()
        else:
            afterwards.append(call)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Tell whether this process is the only one in a block of that name, on all machines.

        The others get False at once. A process that dies has left the block.
        """
        connection = await self.own_connection()
        try:
            digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
            number = int.from_bytes(digest, signed=True)
            mine: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", number)
            yield mine
        finally:
            connection.terminate()

    async def own_connection(self) -> Connection:
        """Open a connection besides those that are lent; the caller closes it.

        Raises:
            Unavailable: when the database cannot be reached.
        """
        with _refusing_when_away():
            return await self._connect()

    async def _connect(self) -> Connection:
        timeout_ms = str(int(self._statement_seconds * 1000))
        connection: Connection = await asyncpg.connect(
            self._url,
            timeout=5,
            command_timeout=self._statement_seconds + _ANSWER_SECONDS,
            server_settings={
                "application_name": "wattyard",
                "statement_timeout": timeout_ms,
                "idle_in_transaction_session_timeout": timeout_ms,
                "timezone": "UTC",
            },
        )
        return connection

    @property
    def _open_stack(self) -> ConnectionStack:
        if self._stack is None:
            raise Unavailable("the server is starting or stopping; try again in a moment")
        return self._stack


class _refusing_when_away:  # noqa: N801 (reads as a phrase at its uses)
    """Turn what asyncpg raises while the database is away into the refusal `unavailable`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: object) -> None:  # noqa: ANN401
        if isinstance(error, _FULL):
            raise Unavailable(
                "the database has no room left; nothing was changed; its operator must make room"
            ) from error
        if isinstance(error, _IN_THE_WAY):
            raise Unavailable(
                "another change was in the way for too long; nothing was changed, try again"
            ) from error
        if isinstance(error, _AWAY):
            raise Unavailable(
                "the database cannot be reached at the moment; nothing was acknowledged, try again"
            ) from error
