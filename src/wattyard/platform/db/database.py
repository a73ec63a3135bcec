"""Connections and transactions on PostgreSQL, through asyncpg."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import asyncpg

from wattyard.kernel.refusals import Unavailable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""What asyncpg raises while the database is away, starting, stopping or not the primary."""

_FULL = (asyncpg.DiskFullError, asyncpg.OutOfMemoryError)

_joined: ContextVar["Connection | None"] = ContextVar("joined_transaction", default=None)


class Database:
    """A pool of connections to one PostgreSQL database.

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
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Make the pool; the first connection shows whether the address is right."""
        with _refusing_when_away():
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=self._connections,
                max_inactive_connection_lifetime=300,
                reset=_keep_as_it_is,
                timeout=5,
                server_settings={
                    "application_name": "wattyard",
                    "statement_timeout": str(self._timeout_ms),
                    "idle_in_transaction_session_timeout": str(self._timeout_ms),
                    "timezone": "UTC",
                },
            )

    async def close(self) -> None:
        """Give the connections back, waiting a moment for those in use."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        try:
            await asyncpg.compat.wait_for(pool.close(), timeout=3)
        except TimeoutError:
            pool.terminate()

    @property
    def usage(self) -> tuple[int, int]:
        """Tell how many connections are open, and how many of them are idle."""
        if self._pool is None:
            return 0, 0
        return self._pool.get_size(), self._pool.get_idle_size()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lend a connection for single statements, each its own transaction."""
        joined = _joined.get()
        if joined is not None:
            yield joined
            return
        with _refusing_when_away():
            async with self._open_pool.acquire(timeout=10) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction: kept when the block ends, undone when it raises."""
        joined = _joined.get()
        if joined is not None:
            async with joined.transaction():
                yield joined
            return
        with _refusing_when_away():
            async with self._open_pool.acquire(timeout=10) as connection, connection.transaction():
                token = _joined.set(connection)
                try:
                    yield connection
                finally:
                    _joined.reset(token)

    @property
    def _open_pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            raise Unavailable("the server is starting or stopping; try again in a moment")
        return self._pool


class _refusing_when_away:  # noqa: N801 (reads as a phrase at its uses)
    """Turn what asyncpg raises while the database is away into the refusal `unavailable`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: object) -> None:  # noqa: ANN401
        if isinstance(error, _FULL):
            raise Unavailable(
                "the database has no room left; nothing was changed; its operator must make room"
            ) from error
        if isinstance(error, _AWAY):
            raise Unavailable(
                "the database cannot be reached at the moment; nothing was acknowledged, try again"
            ) from error


async def _keep_as_it_is(connection: Connection) -> None:
    """Replace asyncpg's reset query: no statement of ours leaves session state behind.

    It would be a second round trip for every request (docs/decisions/0001).
    """
