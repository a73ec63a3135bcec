"""A small stack of connections: the one given back last is lent next.

Measured against asyncpg's own pool, which guards every loan with a shielded task and two
timers, this is a third of a list page's time (docs/decisions/0001). What keeps it small: no
statement of ours leaves session state behind, and a connection that might be in the middle of
something is closed instead of mended.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connection import Connection

_WAIT_SECONDS: Final = 10.0


class ConnectionStack:
    """At most `limit` connections, opened when needed and lent one caller at a time."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], limit: int) -> None:
        self._connect = connect
        self._limit = limit
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self.open = 0

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def lend(self) -> Connection:
        """Lend a connection, waiting at most 10 s for one to come back.

        Raises:
            Unavailable: when none comes back in time.
            OSError, asyncpg.PostgresError: when a new one cannot be opened.
        """
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self.open -= 1
            if self.open < self._limit:
                return await self._opened()
            given = await self._come_back()
            if given is not None:
                return given

    def take_back(self, connection: Connection, *, broken: bool = False) -> None:
        """Take a connection back; one in the middle of something is closed."""
        if broken or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
            self.open -= 1
            self._wake(None)
        elif not self._wake(connection):
            self._idle.append(connection)

    async def close(self) -> None:
        """Close the idle connections; those lent close when they come back."""
        self._limit = 0
        while self._idle:
            await self._idle.pop().close(timeout=2)
            self.open -= 1

    async def _opened(self) -> Connection:
        self.open += 1
        try:
            return await self._connect()
        except BaseException:
            self.open -= 1
            self._wake(None)
            raise

    async def _come_back(self) -> Connection | None:
        future: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                return await future
        except TimeoutError:
            raise Unavailable(
                "the server is too busy: no database connection came free; try again"
            ) from None
        finally:
            if future.done() and not future.cancelled():
                self._hand_on(future)
            elif future in self._waiting:
                self._waiting.remove(future)

    def _hand_on(self, future: "asyncio.Future[Connection | None]") -> None:
        """Where the waiter was cancelled just as it was given a connection, pass it on."""
        task = asyncio.current_task()
        if task is not None and task.cancelling() and (connection := future.result()) is not None:
            self.take_back(connection)

    def _wake(self, connection: Connection | None) -> bool:
        """Give a connection, or permission to open one, to the longest waiting."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return True
        return False
