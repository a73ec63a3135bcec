"""The connections of a process: opened when needed, the one given back last is lent next.

Measured against asyncpg's own pool, which guards every loan with a shielded task and two
timers, this is a third of a list page's time (docs/decisions/0001). What keeps it small: no
statement of ours leaves session state behind, and a connection that might be in the middle of
something is closed instead of mended. Turns are kept by asyncio's semaphores: a place in the
pool is counted, whoever gives up waiting for it and whenever, and a connection is looked for
only by whoever has a place.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final

import structlog

from wattyard.kernel.refusals import Refusal, TooMany, Unavailable
from wattyard.platform.db.connection import Connection

_WAIT_SECONDS: Final = 10.0
_LONG_SECONDS: Final = 5.0
"""Whoever waits so long for a connection is logged, once a minute."""
_LOGGED_EVERY_SECONDS: Final = 60.0

on_behalf_of: ContextVar[int | None] = ContextVar("on_behalf_of", default=None)
"""The account that the present task works for, None for the server itself."""


class _Share:
    """How many more connections an account may have or wait for, and how many ask for one."""

    __slots__ = ("callers", "free")

    def __init__(self, size: int) -> None:
        self.free = asyncio.Semaphore(size)
        self.callers = 0


class ConnectionPool:
    """At most `limit` connections, lent to one caller at a time.

    At most half of them are lent to, or waited for by, one account: its other calls wait behind
    its own. Work of the server itself is in no account's share.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        limit: int,
        *,
        wait_seconds: float = _WAIT_SECONDS,
        long_seconds: float = _LONG_SECONDS,
    ) -> None:
        self._connect = connect
        self._limit = limit
        self._wait_seconds = wait_seconds
        self._long_seconds = long_seconds
        self._free = asyncio.Semaphore(limit)
        self._idle: list[Connection] = []
        self._shares: dict[int, _Share] = {}
        self._log = structlog.get_logger("database")
        self._logged_until = 0.0
        self._closed = False
        self.lent = 0
        """How many places are taken, by connections that are lent or being opened."""
        self.waiting = 0
        """How many callers wait for a connection."""

    @property
    def idle(self) -> int:
        """How many connections are open and not lent."""
        return len(self._idle)

    async def lend(self, account: int | None) -> Connection:
        """Lend a connection, waiting at most 10 s for the account's turn and 10 s for one.

        Raises:
            TooMany: when the account's other calls keep its share for so long.
            Unavailable: when none comes free in time, or a new one cannot be opened.
        """
        share = self._share(account)
        try:
            await self._take_slot(share)
        except BaseException:
            self._leave(account, share)
            raise
        try:
            return await self._connection()
        except BaseException:
            self._give_up_slot(account)
            raise

    def take_back(
        self, connection: Connection, account: int | None, *, broken: bool = False
    ) -> None:
        """Take a connection back from whom it was lent to; one in the middle of something is
        closed."""
        if broken or self._closed or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)
        self._give_up_slot(account)

    async def close(self) -> None:
        """Close the idle connections; those lent close when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close(timeout=2)

    async def _connection(self) -> Connection:
        """A connection for whoever has a place."""
        if self._closed:
            raise Unavailable("the server is stopping; try again in a moment")
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self._connect()

    def _share(self, account: int | None) -> _Share | None:
        if account is None:
            return None
        share = self._shares.get(account)
        if share is None:
            share = self._shares[account] = _Share(max(1, self._limit // 2))
        share.callers += 1
        return share

    async def _take_slot(self, share: _Share | None) -> None:
        if share is not None:
            await self._turn(share.free, _share_taken)
        try:
            await self._turn(self._free, _too_busy)
        except BaseException:
            if share is not None:
                share.free.release()
            raise
        self.lent += 1

    async def _turn(self, free: asyncio.Semaphore, refusal: Callable[[], Refusal]) -> None:
        if not free.locked():
            await free.acquire()
            return
        timer = asyncio.get_running_loop().call_later(self._long_seconds, self._note_long_wait)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await free.acquire()
        except TimeoutError:
            raise refusal() from None
        finally:
            self.waiting -= 1
            timer.cancel()

    def _give_up_slot(self, account: int | None) -> None:
        self.lent -= 1
        self._free.release()
        if account is not None:
            share = self._shares[account]
            share.free.release()
            self._leave(account, share)

    def _leave(self, account: int | None, share: _Share | None) -> None:
        if account is not None and share is not None:
            share.callers -= 1
            if not share.callers:
                del self._shares[account]

    def _note_long_wait(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._logged_until:
            return
        self._logged_until = now + _LOGGED_EVERY_SECONDS
        callers = {number: share.callers for number, share in self._shares.items()}
        self._log.warning(
            "long wait for a connection",
            seconds=self._long_seconds,
            lent=self.lent,
            limit=self._limit,
            waiting=self.waiting,
            busiest_accounts=heapq.nlargest(5, callers, key=callers.__getitem__),
        )


def _share_taken() -> Refusal:
    return TooMany(
        "this account's other calls hold all the connections to the database that one account "
        "may have; send fewer at once",
        retry_after_seconds=1,
    )


def _too_busy() -> Refusal:
    return Unavailable("the server is too busy: no database connection came free; try again")
