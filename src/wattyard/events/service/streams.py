"""The use-case of streaming: events as they are recorded, without gaps and in order."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import Final
from uuid import UUID

from wattyard.events.domain import Event
from wattyard.events.service.horizon import Horizon
from wattyard.events.service.log import CHANNEL, Events
from wattyard.events.service.visible_events import seen
from wattyard.events.store import order as store
from wattyard.events.store.order import Position
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import TooMany, Unavailable
from wattyard.platform.db import Listener

_AT_ONCE: Final = 100
_LOOK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.05
"""Events recorded within this time are read together."""
_SETTLE_SECONDS: Final = 2.0
_STREAMS_OF_ONE: Final = 50


class Streams:
    """The open streams of this process."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._horizon = Horizon(events.db)
        self.listener = Listener(events.db, CHANNEL)
        self._open: Counter[tuple[int, bool]] = Counter()

    def admit(self, context: Context) -> None:
        """Refuse a stream beyond the limit.

        Raises:
            TooMany: when the caller has 50 in this process.
        """
        if self._open[context.account, context.live_mode] >= _STREAMS_OF_ONE:
            raise TooMany(
                f"this account has {_STREAMS_OF_ONE} streams open; close some of them",
                retry_after_seconds=5,
            )

    async def follow(
        self, context: Context, last: UUID | None
    ) -> AsyncGenerator[Sequence[Event], None]:
        """Give the events after `last`, or from now on; an empty list about once a second.

        An event is given when every one with a smaller number is there, so that none is passed
        over.
        """
        key = (context.account, context.live_mode)
        self._open[key] += 1
        try:
            position = await self._position_of(context, last) or await self._now()
            server = self._horizon.server
            while True:
                drawn = await self._horizon.advance()
                if server not in ("", self._horizon.server):
                    raise Unavailable(
                        "the database was restarted or replaced; resume with Last-Event-ID"
                    )
                server = self._horizon.server
                found = await self._after(context, position)
                if found:
                    position = found[-1][0]
                yield seen(context, (event for _, event in found))
                if len(found) < _AT_ONCE:
                    await self._wait(settled=self._horizon.settled == drawn)
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    async def _wait(self, *, settled: bool) -> None:
        """Wait for new events; those not settled yet are looked for again soon."""
        if settled:
            await self.listener.wait(_LOOK_SECONDS)
        await asyncio.sleep(_PAUSE_SECONDS)

    async def _position_of(self, context: Context, last: UUID | None) -> Position | None:
        if last is None:
            return None
        async with self._events.db.reading() as db:
            return await store.position_of(db, context.account, context.live_mode, last)

    async def _now(self) -> Position:
        """The position after everything so far.

        While a long transaction is running that may add to it, events from shortly before are
        given too; where nothing is known to be settled, its end is waited for.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _SETTLE_SECONDS
        drawn = await self._horizon.advance()
        if drawn == 0:
            return Position(0)  # whatever comes has a number
        while (settled := self._horizon.settled) is None or (
            settled < drawn and loop.time() < deadline
        ):
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._horizon.advance()
        return Position(settled)

    async def _after(self, context: Context, position: Position) -> list[tuple[Position, Event]]:
        if self._horizon.settled is None:
            return []
        async with self._events.db.reading() as db:
            return await store.after(
                db,
                context.account,
                context.live_mode,
                position,
                until=self._horizon.settled,
                limit=_AT_ONCE,
            )
