"""Endpoints of events (contract 5)."""

from datetime import datetime
from typing import Annotated

import msgspec

from wattyard.events.domain import EventNotFound
from wattyard.events.domain.types import EventTypeInvalid
from wattyard.events.service import Events
from wattyard.events.wire.log import EXAMPLE, LIST_EXAMPLE, EventShape, event_json
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import LIST_REFUSALS, List, ListQuery, endpoint, list_answer
from wattyard.platform.http.binding import path_id


class EventsQuery(ListQuery):
    """Which events, and which page of them.

    Attributes:
        event_type: only events of this type, such as site.update, or family, such as site.*
        object_id: only events of the object with this id
        created_after: only events after this time
    """

    event_type: str | None = None
    object_id: str | None = None
    created_after: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@endpoint(
    "GET",
    "/events",
    "event_list",
    scope=Scope.EVENTS_READ,
    query=EventsQuery,
    answers=List[EventShape],
    refuses=(*LIST_REFUSALS, EventTypeInvalid),
    example=LIST_EXAMPLE,
)
async def list_events(context: Context, query: EventsQuery, events: Events) -> bytes:
    """List what changed in the account, newest first."""
    page = await events.page(
        context,
        query.window("evt"),
        event_type=query.event_type,
        object_id=query.object_id,
        created_after=query.created_after,
    )
    shown = (event_json(context.caller, event) for event in page.items)
    return list_answer("/events", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "GET",
    "/events/{event_id}",
    "event_retrieve",
    scope=Scope.EVENTS_READ,
    answers=EventShape,
    refuses=(EventNotFound,),
    example=EXAMPLE,
    tagged=True,
)
async def get_event(context: Context, event_id: str, events: Events) -> bytes:
    """Retrieve an event."""
    event = await events.event(context, path_id(event_id, "evt", missing=EventNotFound))
    return event_json(context.caller, event)


ENDPOINTS = (list_events, get_event)
