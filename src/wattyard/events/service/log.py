"""Use-cases of the log of events: tell, and read what was told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.events.domain import Event, EventNotFound, News
from wattyard.events.store import log as store
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock
from wattyard.kernel.pages import Page, Window
from wattyard.platform.db import Bell, Database

CHANNEL: Final = "wattyard_events"
"""The bell that is rung when events were written."""

Told = Callable[[Sequence[str]], None]
"""The port that counts the types of what is told; filled by the app."""


class Events:
    """The log of changes of every account."""

    def __init__(
        self, db: Database, now: Clock, new_id: IdMaker, told: Told = lambda _: None
    ) -> None:
        self.db = db
        self._told = told
        self.now = now
        self.new_id = new_id
        self._bell = Bell(db, CHANNEL)

    async def tell(self, caller: Caller, news: Sequence[News]) -> None:
        """Write news down as part of the transaction that the caller is in."""
        if not news:
            return
        now = self.now()
        events = [Event(self.new_id(), n.type, n.object_id, n.data, now) for n in news]
        db = self.db.joined()
        await store.append(db, caller.account, caller.live_mode, events)
        self._bell.ring_after_commit()
        self._told([event.type for event in events])

    async def tell_one(self, caller: Caller, news: News, *, endpoint_id: UUID) -> Event:
        """Write news down that are delivered to one endpoint only."""
        event = Event(self.new_id(), news.type, news.object_id, news.data, self.now())
        await store.append_for_one(
            self.db.joined(), caller.account, caller.live_mode, event, endpoint_id=endpoint_id
        )
        self._bell.ring_after_commit()
        self._told([event.type])
        return event

    def ring(self) -> None:
        """Wake those who deliver, once the present transaction is kept."""
        self._bell.ring_after_commit()

    async def page(
        self,
        caller: Caller,
        window: Window,
        *,
        event_type: str | None = None,
        object_id: str | None = None,
        created_after: datetime | None = None,
    ) -> Page[Event]:
        """Read one page of the caller's events, newest first."""
        filters = {
            "type = {}": event_type,
            "object_id = {}": object_id,
            "time_created > {}": created_after,
            "id >= {}": None if created_after is None else ids.first_at(created_after),
        }
        async with self.db.reading() as db:
            return await store.page(db, caller.account, caller.live_mode, window, filters)

    async def event(self, caller: Caller, event_id: UUID) -> Event:
        """Read one event.

        Raises:
            EventNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            event = await store.by_id(db, caller.account, caller.live_mode, event_id)
        if event is None:
            raise EventNotFound(f"there is no event {ids.wire('evt', event_id)}")
        return event
