"""The connections of a process: opened when needed, the one given back last is lent next.

Measured against asyncpg's own pool, which guards every loan with a shielded task and two
timers, this is a third of a list page's time (docs/decisions/0001). What keeps it small: no
statement of ours leaves session state behind, and a connection that might be in the middle of
something is closed instead of repaired. Callers wait for a slot in the pool and not for a certain
connection, which is looked for only by whoever has a slot: so there is one number to keep right.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from wattyard.kernel.callers import NOBODY, on_behalf_of
from wattyard.kernel.refusals import Refusal, TooMany, Unavailable
from wattyard.platform import logs
from wattyard.platform.db.connection import Connection

_WAIT_SECONDS: Final = 10.0
_LONG_SECONDS: Final = 5.0
"""Whoever waits so long for a connection is logged, once a minute."""
_LOGGED_EVERY_SECONDS: Final = 60.0


@contextmanager
def of_account(account: int | None) -> Iterator[None]:
    """Work inside the block in the share of an account; None: for all of them, in no share."""
    token = on_behalf_of.set(account)
    try:
        yield
    finally:
        on_behalf_of.reset(token)


Turn = asyncio.Future[bool]
"""Of a caller who waits: True once it has come, False where it did not come in time."""


class Waits:
    """Who waits for a turn, and for how long: with one timer for all of them, not one each.

    A wait ends after `seconds`; once one lasts for `long_seconds`, that is noted.
    """

    def __init__(self, seconds: float, long_seconds: float, note: Callable[[], None]) -> None:
        self.seconds = seconds
        self.long_seconds = long_seconds
        self._note = note
        self._since: dict[Turn, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Turn:
        """Begin to wait."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._since[turn] = loop.time()
        if self._timer is None:
            due = min(self.seconds, self.long_seconds)
            self._timer = loop.call_later(due, self._look)
        return turn

    def end(self, turn: Turn) -> None:
        """Wait no longer."""
        del self._since[turn]

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now - next(iter(self._since.values()), now) >= self.long_seconds:
            self._note()
        self._timer = None
        for turn, since in self._since.items():  # whoever waits longest comes first
            waited = now - since
            if waited < self.seconds:
                due = self.long_seconds if waited < self.long_seconds else self.seconds
                self._timer = loop.call_later(min(due, self.seconds) - waited, self._look)
                return
            if not turn.done():
                turn.set_result(False)


class Slots:
    """A number of slots that are taken in turn."""

    __slots__ = ("_waiting", "_waits", "free", "size")

    def __init__(self, size: int, waits: Waits) -> None:
        self.size = self.free = size
        self._waits = waits
        self._waiting: deque[Turn] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return len(self._waiting)

    def take(self) -> bool:
        """Take a slot if one is free; then nobody waits for one."""
        if not self.free:
            return False
        self.free -= 1
        return True

    async def wait(self) -> bool:
        """Take a slot as soon as it is this caller's turn; False where that was not in time."""
        turn = self._waits.begin()
        self._waiting.append(turn)
        try:
            if await turn:
                return True
            self._waiting.remove(turn)
        except BaseException:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self.give_up()  # its slot came just as it was called off
            raise
        finally:
            self._waits.end(turn)
        return False

    def give_up(self) -> None:
        """Give a slot up: to whoever waits longest, or for anybody."""
        for turn in self._waiting:
            if not turn.done():
                self._waiting.remove(turn)
                turn.set_result(True)
                return
        self.free += 1


class ConnectionPool:
    """At most `limit` connections, lent to one caller at a time.

    At most half of them are lent to, or waited for by, one account: its other calls wait behind
    its own. At most a quarter are for callers who are not yet identified. Work of the
    server itself is in no share.
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
        self.waits = Waits(wait_seconds, long_seconds, self._note_long_wait)
        """For how long a caller waits for its turn, and for a connection."""
        self._slots = Slots(limit, self.waits)
        self._slots_of: dict[int, Slots] = {}
        self._idle: list[Connection] = []
        self._logged_until = 0.0
        self._closed = False

    @property
    def lent(self) -> int:
        """How many slots are taken, by connections that are lent or being opened."""
        return self._limit - self._slots.free

    @property
    def waiting(self) -> int:
        """How many callers wait for a connection."""
        return self._slots.waiting + sum(own.waiting for own in self._slots_of.values())

    @property
    def idle(self) -> int:
        """How many connections are open and not lent."""
        return len(self._idle)

    def lend_now(self, account: int | None) -> Connection | None:
        """Lend a connection that is open and free, where the account may have it; else None."""
        if not self._idle or not self._slots.free:
            return None
        if account is not None and not self._slots_for(account).take():
            return None
        self._slots.take()
        connection = self._idle.pop()
        if connection.is_closed():
            self._give_up(account)
            return None
        return connection

    async def lend(self, account: int | None) -> Connection:
        """Lend a connection, waiting at most 10 s for the account's turn and 10 s for one.

        Raises:
            TooMany: when the account's other calls keep its share for so long.
            Unavailable: when none comes free in time, or a new one cannot be opened.
        """
        await self._take_slot(account)
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await self._opened()
        except BaseException:
            self._give_up(account)
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
        self._give_up(account)

    async def close(self) -> None:
        """Close the idle connections; those lent close when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close(timeout=2)

    def break_off(self) -> None:
        """Close the idle connections abruptly, and lend no more."""
        self._closed = True
        while self._idle:
            self._idle.pop().terminate()

    async def _take_slot(self, account: int | None) -> None:
        if account is not None:
            own = self._slots_for(account)
            if not own.take() and not await own.wait():
                raise _too_busy() if account == NOBODY.account else _share_taken()
        if not self._slots.take():
            try:
                if not await self._slots.wait():
                    raise _too_busy()
            except BaseException:
                self._give_up_own(account)
                raise

    def _slots_for(self, account: int) -> Slots:
        own = self._slots_of.get(account)
        if own is None:
            share = max(1, self._limit // (4 if account == NOBODY.account else 2))
            own = self._slots_of[account] = Slots(share, self.waits)
        return own

    async def _opened(self) -> Connection:
        if self._closed:
            raise Unavailable("the server is stopping; try again in a moment")
        return await self._connect()

    def _give_up(self, account: int | None) -> None:
        self._slots.give_up()
        self._give_up_own(account)

    def _give_up_own(self, account: int | None) -> None:
        if account is not None:
            own = self._slots_of[account]
            own.give_up()
            if own.free == own.size:
                del self._slots_of[account]

    def _note_long_wait(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._logged_until:
            return
        self._logged_until = now + _LOGGED_EVERY_SECONDS
        callers = {
            account: own.size - own.free + own.waiting for account, own in self._slots_of.items()
        }
        logs.warning(
            "long wait for a connection",
            seconds=self.waits.long_seconds,
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
