"""Use-cases of events: tell, and read what was told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from wattyard.events import store
from wattyard.events.domain import Event, EventNotFound, News
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock
from wattyard.kernel.pages import Page, Window
from wattyard.platform.db import Database

Told = Callable[[Sequence[str]], None]
"""The port that counts the types of what is told; filled by the app."""


class Events:
    """The log of changes of every account."""

    def __init__(
        self, db: Database, now: Clock, new_id: IdMaker, told: Told = lambda _: None
    ) -> None:
        self._db = db
        self._told = told
        self._now = now
        self._new_id = new_id

    async def tell(self, caller: Caller, news: Sequence[News]) -> None:
        """Write news down as part of the transaction that the caller is in."""
        if not news:
            return
        now = self._now()
        events = [Event(self._new_id(), n.type, n.object_id, n.data, now) for n in news]
        async with self._db.reading() as db:
            await store.append(db, caller.account, caller.live_mode, events)
        self._told([event.type for event in events])

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
        }
        async with self._db.reading() as db:
            return await store.page(db, caller.account, caller.live_mode, window, filters)

    async def event(self, caller: Caller, event_id: UUID) -> Event:
        """Read one event.

        Raises:
            EventNotFound: when the caller has none of that id.
        """
        async with self._db.reading() as db:
            event = await store.by_id(db, caller.account, caller.live_mode, event_id)
        if event is None:
            raise EventNotFound(f"there is no event {ids.wire('evt', event_id)}")
        return event
