"""The use-case of recording: requests and counts are gathered in memory and written in batches."""

import asyncio
from collections.abc import Callable
from typing import Final

from wattyard.kernel.refusals import Unavailable
from wattyard.platform import logs
from wattyard.platform.db import Database
from wattyard.platform.work.worker import wait_for
from wattyard.requests.domain import NewRequest
from wattyard.requests.service.counting import Counting, with_logged
from wattyard.requests.service.waiting import BYTES, Waiting
from wattyard.requests.store import counts as counts_store
from wattyard.requests.store import log as store

BATCH_SECONDS: Final = 0.5
"""What a process that is killed may lose; twice that where the database is slow to write."""
_BATCH_BYTES: Final = BYTES // 2


class Recorder:
    """Takes the requests of this process, and writes them a moment later.

    `dropped` is told how many requests were lost, because the database was away or slow for too
    long.
    """

    def __init__(
        self, db: Database, dropped: Callable[[int], None], waiting: Waiting | None = None
    ) -> None:
        self._db = db
        self._dropped = dropped
        self._waiting = waiting or Waiting()
        self._counting = Counting()
        self.count = self._counting.add
        self._full = asyncio.Event()

    def add(self, new: NewRequest) -> None:
        """Take a request for the log."""
        gone = self._waiting.add(new)
        if gone:
            self._dropped(gone)
        if self._waiting.size_bytes > _BATCH_BYTES:
            self._full.set()

    def not_taken(self, fault: Exception) -> None:
        """Note that a request could not be taken, by a fault of ours."""
        self._dropped(1)
        logs.error("request not logged", fault=fault)

    async def keep(self, stop: asyncio.Event) -> None:
        """Write what was taken every half second, and a last time once `stop` is set."""
        while not stop.is_set():
            self._full.clear()
            await _first_of(stop, self._full, BATCH_SECONDS)
            await self.flush()
        await self.flush()

    async def flush(self) -> None:
        """Write what was taken. Where the database is away it waits for the next time."""
        requests, counted = self._waiting.take(), self._counting.take()
        if not requests and not counted:
            return
        try:
            async with self._db.transaction() as db:
                if requests:
                    await store.add(db, requests)
                await counts_store.add(db, with_logged(counted, requests))
        except (Unavailable, asyncio.CancelledError) as fault:
            self._counting.take_back(counted)
            if gone := self._waiting.take_back(requests):
                self._dropped(gone)
            if isinstance(fault, asyncio.CancelledError):
                raise
        except Exception as fault:  # noqa: BLE001 (whatever it was: no request may fail of its log)
            self._dropped(len(requests))
            logs.error("requests not logged", requests=len(requests), fault=fault)


async def _first_of(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    """Wait until either event is set, at most so long."""
    waiting = [asyncio.create_task(wait_for(event, seconds)) for event in (one, other)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
