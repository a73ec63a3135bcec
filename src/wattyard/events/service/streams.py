"""The use-case of following: events as they are written, gapless and in order."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import Final
from uuid import UUID

from wattyard.events.domain import Event
from wattyard.events.service.log import CHANNEL, Events
from wattyard.events.store import log as store
from wattyard.events.store import queue as queue_store
from wattyard.events.store.log import Written
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import TooMany
from wattyard.platform.db import Listener

_AT_ONCE: Final = 100
_LOOK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.05
"""What is written within this time is read together."""
_STREAMS_OF_ONE: Final = 50


class Streams:
    """Those who follow the events of their account."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.listener = Listener(events.db, CHANNEL)
        self._open: Counter[tuple[int, bool]] = Counter()

    def admit(self, context: Context) -> None:
        """Refuse one stream too many.

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
        """Give the events after `last`, or from now on, and nothing about once a second.

        An event is given when every one that was written before it is there, so that none is
        passed over; `written` is the database's time of the insert.
        """
        key = (context.account, context.live_mode)
        self._open[key] += 1
        try:
            position = await self._start(context, last)
            while True:
                found = await self._after(context, position)
                if found:
                    position = found[-1][0]
                yield [event for _, event in found]
                if len(found) < _AT_ONCE:
                    await self.listener.wait(_LOOK_SECONDS)
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    async def _start(self, context: Context, last: UUID | None) -> Written:
        async with self._events.db.reading() as db:
            if last is not None:
                position = await store.position_of(db, context.account, context.live_mode, last)
                if position is not None:
                    return position
            return Written(await queue_store.settled_until(db), UUID(int=0))

    async def _after(self, context: Context, position: Written) -> list[tuple[Written, Event]]:
        async with self._events.db.reading() as db:
            until = await queue_store.settled_until(db)
            return await store.after(
                db, context.account, context.live_mode, position, until=until, limit=_AT_ONCE
            )
