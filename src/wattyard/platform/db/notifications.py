"""Notifications between processes, by LISTEN and NOTIFY.

NOTIFY is sent after the commit, not in the transaction: PostgreSQL commits transactions that notify
one after the other, and that would serialise every change of every account. A notification that is
lost (the process dies between commit and NOTIFY) costs listeners their time-out, no more.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from wattyard.kernel.refusals import TooMany, Unavailable
from wattyard.platform import logs
from wattyard.platform.db.database import Database

_QUIET_SECONDS: Final = 0.02
"""Notifications within this time are sent as one."""
_RECONNECT_SECONDS: Final = 1.0
_ASK_SECONDS: Final = 15.0
"""How often the database is asked whether it is still there; a machine that vanished is silent."""
_ANSWER_SECONDS: Final = 5.0


class Notifier:
    """Notifies one channel of a database."""

    def __init__(self, db: Database, channel: str) -> None:
        self._db = db
        self._channel = channel
        self._notifying = False
        self._again = False

    def notify_after_commit(self) -> None:
        """Wake everyone who listens, once the present transaction is kept."""
        self._db.after_commit(self.notify)

    def notify(self) -> None:
        """Wake everyone who listens, without waiting for it."""
        self._again = True
        if not self._notifying:
            self._notifying = True
            self._db.beside(self._notify())

    async def _notify(self) -> None:
        try:
            while self._again:
                self._again = False
                with suppress(Unavailable, TooMany):
                    async with self._db.transaction() as db:
                        await db.execute("SELECT pg_notify($1, '')", self._channel)
                await asyncio.sleep(_QUIET_SECONDS)
        finally:
            self._notifying = False


class Listener:
    """Listens to one channel for all who wait in this process, on a connection of its own.

    Without `listen`, and while the database is away, waiting takes its whole time: callers
    look for changes after each wait anyway.
    """

    def __init__(
        self,
        db: Database,
        channel: str,
        *,
        ask_seconds: float = _ASK_SECONDS,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._db = db
        self._channel = channel
        self._ask_seconds = ask_seconds
        self._answer_seconds = answer_seconds
        self._notified = asyncio.Event()
        self._callbacks: set[Callable[[], None]] = set()

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call back at every notification, inside the block."""
        self._callbacks.add(callback)
        try:
            yield
        finally:
            self._callbacks.discard(callback)

    async def wait(self, seconds: float) -> None:
        """Wait for a notification, at most so long."""
        notified = self._notified
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await notified.wait()

    def wake(self) -> None:
        """Wake those who wait in this process."""
        self._notified.set()
        self._notified = asyncio.Event()
        for callback in tuple(self._callbacks):
            callback()

    async def listen(self) -> None:
        """Listen until cancelled, through restarts of the database."""
        while True:
            try:
                with suppress(Unavailable):  # its cause is logged
                    await self._hear()
            except Exception as fault:  # noqa: BLE001 (listening goes on for as long as the process)
                logs.error("listening failed", fault=fault, channel=self._channel)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _hear(self) -> None:
        async with self._db.own_connection() as connection:
            ended = asyncio.Event()
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(self._channel, self._on_notify)
            self.wake()  # something may have happened before
            while not ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._ask_seconds):
                        await ended.wait()
                await connection.execute("SELECT 1", timeout=self._answer_seconds)

    def _on_notify(self, _connection: object, _pid: int, _channel: str, _: object) -> None:
        self.wake()
