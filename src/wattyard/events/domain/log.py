"""Events: records of a change (contract 5, Events)."""

from datetime import datetime
from uuid import UUID

from wattyard.kernel.refusals import Missing
from wattyard.kernel.values import dataclass


class EventNotFound(Missing):
    """There is no such event in this account and mode."""

    code = "event_not_found"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record: `data` is the whole object as JSON, after the change or before a delete.

    `object_id` is the id on the wire, such as `ste_019…`.
    """

    type: str
    object_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded event."""

    id: UUID
    type: str
    object_id: str
    data: bytes
    time_created: datetime
