"""Use-cases of the log of events: record, read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.events.domain import Event, EventNotFound, NewEvent
from wattyard.events.domain.types import types_of
from wattyard.events.service.visible_events import seen
from wattyard.events.store import log as store
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import Database, Notifier

CHANNEL: Final = "wattyard_events"
"""The channel that is notified when events were written."""

Recorded = Callable[[Sequence[str]], None]
"""The port that counts recorded events by type; filled by the app."""


class Events:
    """The log of changes of every account."""

    def __init__(self, db: Database, recorded: Recorded = lambda _: None) -> None:
        self.db = db
        self._recorded = recorded
        self._notifier = Notifier(db, CHANNEL)

    async def record(self, context: Context, new_events: Sequence[NewEvent]) -> None:
        """Record events in the transaction that the caller is in."""
        if not new_events:
            return
        events = [
            Event(context.new_id(), n.type, n.object_id, n.data, context.now) for n in new_events
        ]
        db = self.db.joined()
        await store.append(db, context.account, context.live_mode, events)
        self._notifier.notify_after_commit()
        self._recorded([event.type for event in events])

    async def record_one(
        self, context: Context, new_events: NewEvent, *, endpoint_id: UUID
    ) -> Event:
        """Record an event that is delivered to one endpoint only."""
        event = Event(
            context.new_id(), new_events.type, new_events.object_id, new_events.data, context.now
        )
        await store.append_for_one(
            self.db.joined(), context.account, context.live_mode, event, endpoint_id=endpoint_id
        )
        self._notifier.notify_after_commit()
        self._recorded([event.type])
        return event

    def notify(self) -> None:
        """Wake the delivery workers once the transaction is committed."""
        self._notifier.notify_after_commit()

    async def page(
        self,
        context: Context,
        window: PageWindow,
        *,
        event_type: str | None = None,
        object_id: str | None = None,
        created_after: datetime | None = None,
    ) -> Page[Event]:
        """Read one page of the caller's events, newest first.

        `event_type` is a type or a family of them, such as `customer.*`.

        Raises:
            EventTypeInvalid: when there is no such type.
        """
        filters = {
            "type = ANY({})": None if event_type is None else types_of(event_type),
            "object_id = {}": object_id,
            "time_created > {}": created_after,
            "id >= {}": None if created_after is None else ids.first_id_at(created_after),
            store.AT_SITES: None
            if context.site_ids is None
            else [ids.wire("loc", place) for place in context.site_ids],
        }
        async with self.db.reading() as db:
            page = await store.page(db, context.account, context.live_mode, window, filters)
        return Page(seen(context, page.items), page.has_more)

    async def event(self, context: Context, event_id: UUID) -> Event:
        """Read one event.

        Raises:
            EventNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            event = await store.by_id(db, context.account, context.live_mode, event_id)
        shown = seen(context, [event] if event else [])
        if not shown:
            raise EventNotFound(f"there is no event {ids.wire('evt', event_id)}")
        return shown[0]
