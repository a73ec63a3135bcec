"""Events as JSON (contract 5)."""

from typing import Any, Literal

import msgspec

from wattyard.events.domain import Event
from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.decoding.texts import Time


class EventShape(msgspec.Struct, kw_only=True):
    """A record of one change; `data` is the whole object after it, or before a delete.

    Attributes:
        type: what happened to what, such as site.update; new types may come
        data: the whole object after the change; as it was before, where it was deleted
    """

    id: str
    object: Literal["event"] = "event"
    live_mode: bool
    account_id: str
    time_created: Time
    type: str
    data: dict[str, Any]


class _ReadyEvent(msgspec.Struct, kw_only=True):
    id: str
    object: str = "event"
    live_mode: bool
    account_id: str
    time_created: str
    type: str
    data: msgspec.Raw


def event_json(caller: Caller, event: Event) -> bytes:
    """Write an event around its ready data."""
    return msgspec.json.encode(
        _ReadyEvent(
            id=ids.wire("evt", event.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(event.time_created),
            type=event.type,
            data=msgspec.Raw(event.data),
        )
    )


EXAMPLE = {
    "id": "evt_01939f3a6b7c7d11a1b2c3d4e5f60719",
    "object": "event",
    "live_mode": True,
    "account_id": "acc_01939f2f00007abc8def0123456789ab",
    "time_created": "2026-02-12T10:00:00Z",
    "type": "device.delete",
    "data": {"id": "dev_01939f3a6b8d7a40b5c6d7e8f9012345", "object": "device"},
}
LIST_EXAMPLE = {"object": "list", "url": "/events", "has_more": False, "data": [EXAMPLE]}
