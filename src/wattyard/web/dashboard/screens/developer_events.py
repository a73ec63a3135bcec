"""The screen Developers: events as they come, and one event with its ways to the webhooks."""

import json
from collections.abc import Mapping
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.events.domain.types import EVENT_TYPES
from wattyard.kernel.pages import LIMIT
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.call import StreamedAnswer
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.forms import Fields
from wattyard.web.dashboard.live import Live
from wattyard.web.dashboard.screens import objects
from wattyard.web.dashboard.screens.delivery_words import DeliveryWords, words_of
from wattyard.web.dashboard.screens.developer_parts import PATH, above, tabs
from wattyard.web.dashboard.visit import Visit

_PATH: Final = f"{PATH}/events"
_PAGED: Final = ("starting_after", "ending_before")
_LIST: Final = "event-list"


@page("GET", _PATH)
async def events(visit: Visit) -> Screen:
    """Show the newest events; new ones appear while the page is open."""
    found = await _found(visit)
    is_first = not any(name in visit.query for name in _PAGED)
    return Screen(
        title="Events",
        path=PATH,
        above=above(visit),
        live=_live(visit) if is_first else None,
        body=[
            tabs(visit, _PATH),
            _search(visit),
            h.div(id=_LIST)[_table(visit, found)],
            parts.pager(visit, found),
        ],
    )


@page("GET", f"{_PATH}/live")
async def live_events(visit: Visit, live: Live) -> StreamedAnswer:
    """Send the list of the newest events whenever it has changed."""

    async def render() -> Mapping[str, Node]:
        return {_LIST: _table(visit, await _found(visit))}

    return live.stream(visit, render)


@page("GET", f"{_PATH}/{{event}}")
async def event(visit: Visit, event: str) -> Screen:
    """Show an event: its payload, and whether each webhook endpoint got it."""
    found = await visit.api("GET", f"/events/{event}")
    asked = {"event_id": event, "limit": LIMIT}
    deliveries = await visit.api("GET", "/webhook-deliveries", query=asked)
    return Screen(
        title=found["type"],
        path=PATH,
        above=above(visit, ("Events", visit.link(_PATH))),
        body=[
            parts.facts(
                ("Time", visit.formats().when(found["time_created"])),
                ("Object", _object(visit, found)),
                ("Event id", h.code[found["id"]]),
            ),
            parts.card("Deliveries", _deliveries(visit, deliveries)),
            parts.card("Payload", h.pre(".code", tabindex="0")[h.code[_indented(found)]]),
        ],
    )


@page("POST", f"{PATH}/deliveries/{{delivery}}/retry", role=Role.DEVELOPER)
async def retry(visit: Visit, delivery: str) -> Answer:
    """Attempt a delivery now."""
    made = await visit.change("POST", f"/webhook-deliveries/{delivery}/retry")
    told = "It is sent now; this page shows how that ends."
    return visit.go(visit.link(f"{_PATH}/{made['event_id']}"), told=told)


async def _found(visit: Visit) -> Any:  # noqa: ANN401 (the JSON document)
    query = {name: visit.query.get(name) for name in (*_PAGED, "object_id")}
    asked = {**query, "event_type": visit.query.get("type"), "limit": LIMIT}
    return await visit.api("GET", "/events", query=asked)


def _live(visit: Visit) -> str:
    asked = visit.query
    return visit.link(f"{_PATH}/live", type=asked.get("type"), object_id=asked.get("object_id"))


def _search(visit: Visit) -> Node:
    fields = Fields(visit.query)
    types = [("", "any type"), *((one, one) for one in sorted(EVENT_TYPES))]
    return parts.search_form(
        visit.link(_PATH),
        fields.choice("Type", "type", types),
        fields.text("Object, by its id", "object_id", type="search"),
        parts.submit("Look", main=False),
    )


def _table(visit: Visit, found: Mapping[str, Any]) -> Node:
    form = visit.formats()
    rows = (
        (
            form.when(one["time_created"]),
            h.a(href=visit.link(f"{_PATH}/{one['id']}"))[one["type"]],
            _object(visit, one),
        )
        for one in found["data"]
    )
    nothing = parts.empty(
        "No event fits."
        if visit.query.get("type") or visit.query.get("object_id")
        else "Nothing has changed yet. Every change of a site, device or tariff appears here."
    )
    return parts.table(("Time", "Event", "Object"), rows, empty=nothing, label="Events")


def _object(visit: Visit, event: Mapping[str, Any]) -> Node:
    """The id of what an event is of, which leads there unless it is gone."""
    found = event["data"].get("id")
    gone = event["type"].endswith(".delete")
    return found and (h.code[found] if gone else objects.linked(visit, found))


def _deliveries(visit: Visit, found: Mapping[str, Any]) -> Node:
    if not found["data"]:
        return parts.empty(
            "No webhook endpoint wanted it when it happened.",
            parts.button("Webhook endpoints", visit.link(f"{PATH}/webhooks")),
        )
    return [_delivery(visit, one) for one in found["data"]]


def _delivery(visit: Visit, one: Mapping[str, Any]) -> Node:
    says: DeliveryWords = words_of(one, visit.formats())
    address = visit.link(f"{PATH}/webhooks/{one['endpoint_id']}")
    return h.section(id=one["id"])[
        h.p[
            parts.badge(says.state, says.kind),
            " to ",
            h.a(href=address)[one["endpoint_id"]],
            f" · attempt {one['attempts']}" if one["attempts"] else None,
        ],
        h.p[says.sentence],
        says.remedy and h.p[says.remedy],
        visit.may(Role.DEVELOPER)
        and parts.form(
            visit.link(f"{PATH}/deliveries/{one['id']}/retry"),
            parts.submit("Send again now", main=one["status"] == "FAILED"),
        ),
    ]


def _indented(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


PAGES: Final[tuple[DashboardPage, ...]] = (events, live_events, event, retry)
