"""What a key for some sites sees of the events of its account (contract 9)."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from wattyard.events.domain import Event
from wattyard.kernel import ids
from wattyard.kernel.context import Context


def seen(context: Context, events: Iterable[Event]) -> list[Event]:
    """Give the events that the caller's key sees, as it sees them."""
    if context.site_ids is None:
        return list(events)
    shown = (seen_at(context.site_ids, event) for event in events)
    return [event for event in shown if event is not None]


def seen_at(site_ids: Collection[UUID], event: Event) -> Event | None:
    """Give an event as it is seen at some sites; None where it happened at none of them.

    It happened at the places that its object says: the site itself, `location_id`, or the
    `locations` of a device, of which only those are shown. `store.log.AT_SITES` has the same rule.
    """
    kind, _, hexadecimal = event.object_id.partition("_")
    if kind in ("ste", "loc"):
        return event if hexadecimal in {site_id.hex for site_id in site_ids} else None
    shown = {ids.wire("loc", site_id) for site_id in site_ids}
    data: dict[str, Any] = msgspec.json.decode(event.data)
    if kind != "dev":
        return event if data.get("location_id") in shown else None
    at = [place for place in data["locations"] if place in shown]
    return replace(event, data=msgspec.json.encode({**data, "locations": at})) if at else None
