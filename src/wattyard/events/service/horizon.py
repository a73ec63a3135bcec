"""The number up to which the order of events is final."""

import asyncio
from collections import deque
from typing import Final

from wattyard.events.store import order
from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database, ReadConnection, of_account

_MARKS: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Mark:
    """A number, and the transactions that may still write one up to it."""

    number: int
    writers: frozenset[str]


class Horizon:
    """Finds the number up to which all events are settled, without clocks or roles.

    A number is drawn by a transaction that holds its lock on the table already, and the lock is
    given up only when what it wrote can be seen. So when the last number is read first, and then
    who holds the lock, all numbers up to it belong to those holders or can be seen: they are
    settled when every one of those holders has ended. Transactions that only read, such as a
    backup, and the maintenance of the table hold nobody up.

    Ids of transactions would not do: those that run and have the newest ids are in no snapshot's
    bounds (`pg_snapshot_xmax` is one above the newest that has ended).
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
                with of_account(None):  # all streams of the process wait for this look
                    async with self._db.reading() as db:
                        self._drawn = await self._look(db)
                self._answered = asked
            return self._drawn

    async def _look(self, db: ReadConnection) -> int:
        drawn = await order.drawn(db)
        writers = await order.writers(db)
        if drawn.server != self.server:
            self.server, self.settled = drawn.server, None
            self._marks.clear()
        if len(self._marks) < _MARKS:
            self._marks.append(_Mark(drawn.number, writers))
        while self._marks and not self._marks[0].writers & writers:
            self.settled = max(self.settled or 0, self._marks.popleft().number)
        return drawn.number
