"""The rules of events and webhooks (contract 5)."""

from wattyard.events.domain.log import Event, EventNotFound, NewEvent

__all__ = ["Event", "EventNotFound", "NewEvent"]
