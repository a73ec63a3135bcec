"""The number up to which the order of events is final."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from wattyard.events.store import order
from wattyard.platform.db import Database, ReadConnection

_MARKS: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Mark:
    """A number, and the transactions that may still write one up to it.

    They have ids below `next_transaction`, and are among `writers`.
    """

    number: int
    next_transaction: int
    writers: frozenset[str]


class Horizon:
    """Finds the number up to which all events are settled, without clocks or roles.

    A number is drawn by a transaction that has its id and its lock on the table already. So when
    the last number is read first, and then the next id that will be given, all numbers up to it
    belong to transactions with lower ids: when none of those runs any more, they are settled.
    Where one does, it may be one that never writes an event (of another database, even): the
    numbers are settled too when all have ended who held the table's lock when they were read.
    Transactions that only read, such as a backup, hold nobody up.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._looking = asyncio.Lock()
        self._asked = self._answered = 0
        self._drawn = 0
        self._marks: deque[_Mark] = deque()
        self.server = ""
        self.settled: int | None = None

    async def advance(self) -> int:
        """Read the horizon, once for all who ask together."""
        self._asked += 1
        mine = self._asked
        async with self._looking:
            if self._answered < mine:
                asked = self._asked
                async with self._db.reading() as db:
                    self._drawn = await self._look(db)
                self._answered = asked
            return self._drawn

    async def _look(self, db: ReadConnection) -> int:
        drawn = await order.drawn(db)
        running = await order.transactions(db)
        quiet = running.next <= running.oldest
        writers = frozenset() if quiet else await order.writers(db)
        if drawn.server != self.server:
            self.server, self.settled = drawn.server, None
            self._marks.clear()
        if len(self._marks) < _MARKS:
            self._marks.append(_Mark(drawn.number, running.next, writers))
        while self._marks:
            first = self._marks[0]
            if running.oldest < first.next_transaction and first.writers & writers:
                break
            self.settled = max(self.settled or 0, self._marks.popleft().number)
        return drawn.number
