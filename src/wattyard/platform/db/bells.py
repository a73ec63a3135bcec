"""Bells: whoever waits for news, in any process, is woken by LISTEN and NOTIFY.

A bell is rung after the commit and not in the transaction: PostgreSQL commits transactions that
notify one after the other, and that would be every change of every account. What is lost by it
(a process that dies between commit and bell) costs those who wait their time-out, no more.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connection import Connection
from wattyard.platform.db.database import Database

_QUIET_SECONDS: Final = 0.02
"""Rings within this time are one."""
_RECONNECT_SECONDS: Final = 1.0
_ASK_SECONDS: Final = 15.0
"""How often the database is asked whether it is still there; a machine that vanished is silent."""
_ANSWER_SECONDS: Final = 5.0


class Bell:
    """One bell of a database, by the name of its channel."""

    def __init__(self, db: Database, channel: str) -> None:
        self._db = db
        self._channel = channel
        self._ringing = False
        self._again = False

    def ring_after_commit(self) -> None:
        """Wake everyone who listens, once the present transaction is kept."""
        self._db.after_commit(self.ring)

    def ring(self) -> None:
        """Wake everyone who listens, without waiting for it."""
        self._again = True
        if not self._ringing:
            self._ringing = True
            self._db.beside(self._ring())

    async def _ring(self) -> None:
        try:
            while self._again:
                self._again = False
                with suppress(Unavailable, asyncpg.PostgresError):
                    async with self._db.transaction() as db:
                        await db.execute("SELECT pg_notify($1, '')", self._channel)
                await asyncio.sleep(_QUIET_SECONDS)
        finally:
            self._ringing = False


class Listener:
    """Hears one bell for all who wait in this process, on a connection of its own.

    Without `listen`, and while the database is away, waiting takes its whole time: whoever
    waits looks for news afterwards in any case.
    """

    def __init__(self, db: Database, channel: str, *, ask_seconds: float = _ASK_SECONDS) -> None:
        self._db = db
        self._channel = channel
        self._ask_seconds = ask_seconds
        self._rung = asyncio.Event()
        self._told: set[Callable[[], None]] = set()

    @contextmanager
    def told(self, call: Callable[[], None]) -> Iterator[None]:
        """Call at every ring, inside of the block."""
        self._told.add(call)
        try:
            yield
        finally:
            self._told.discard(call)

    async def wait(self, seconds: float) -> None:
        """Wait until the bell rings, at most so long."""
        rung = self._rung
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await rung.wait()

    def wake(self) -> None:
        """Wake those who wait in this process."""
        self._rung.set()
        self._rung = asyncio.Event()
        for call in tuple(self._told):
            call()

    async def listen(self) -> None:
        """Listen until cancelled, through restarts of the database."""
        while True:
            with suppress(
                Unavailable, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError
            ):
                await self._hear()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _hear(self) -> None:
        connection = await self._db.own_connection()
        try:
            ended = asyncio.Event()
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(self._channel, self._on_ring)
            self.wake()  # something may have happened before
            while not ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._ask_seconds):
                        await ended.wait()
                await connection.execute("SELECT 1", timeout=_ANSWER_SECONDS)
        finally:
            connection.terminate()

    def _on_ring(self, _connection: Connection | Any, _pid: int, _channel: str, _: object) -> None:  # noqa: ANN401 (asyncpg's proxies)
        self.wake()
