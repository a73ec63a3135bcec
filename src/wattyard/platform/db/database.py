"""Connections and transactions on PostgreSQL, through asyncpg."""

from collections.abc import AsyncIterator
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

_FULL = (asyncpg.DiskFullError, asyncpg.OutOfMemoryError)

_joined: ContextVar["Connection | None"] = ContextVar("joined_transaction", default=None)


class Database:
    """Connections to one PostgreSQL database.

    `reading` gives a connection for single statements, `transaction` one in which everything
    is kept or nothing. A transaction that is opened inside another one of the same task
    becomes a savepoint of it, so that a caller can add to the work of a use-case (the kept
    answer of an idempotency key) and both are durable together.

    Raises, from both:
        Unavailable: when the database cannot be reached or cannot write.
    """

    def __init__(self, url: str, *, connections: int = 8, statement_seconds: float = 30) -> None:
        self._url = url
        self._connections = connections
        self._timeout_ms = int(statement_seconds * 1000)
        self._stack: ConnectionStack | None = None

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
        """Give the connections back."""
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await stack.close()

    @property
    def usage(self) -> tuple[int, int]:
        """Tell how many connections are open, and how many of them are idle."""
        return (self._stack.open, self._stack.idle) if self._stack else (0, 0)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lend a connection for single statements, each its own transaction."""
        joined = _joined.get()
        if joined is not None:
            yield joined
            return
        stack = self._open_stack
        with _refusing_when_away():
            connection = await stack.lend()
            broken = True
            try:
                yield connection
                broken = False
            except Exception as error:
                broken = isinstance(error, _AWAY)  # its protocol may be in the middle of something
                raise
            finally:
                stack.take_back(connection, broken=broken)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction: kept when the block ends, undone when it raises."""
        joined = _joined.get()
        if joined is not None:
            async with joined.transaction():
                yield joined
            return
        async with self.reading() as connection, connection.transaction():
            token = _joined.set(connection)
            try:
                yield connection
            finally:
                _joined.reset(token)

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._url,
            timeout=5,
            server_settings={
                "application_name": "wattyard",
                "statement_timeout": str(self._timeout_ms),
                "idle_in_transaction_session_timeout": str(self._timeout_ms),
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
