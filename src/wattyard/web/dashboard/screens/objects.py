"""One object as the API answers it, whole, to read and to copy; and links by an object's id."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.platform.http.errors import PathUnknown
from wattyard.platform.http.inside import Request
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.visit import Shown, Visit


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an object is called, where the API has it, and on which page it is shown."""

    noun: str
    path: str
    page: str | None
    under: str


_KINDS: Final[Mapping[str, _Kind]] = {
    "ste": _Kind("site", "/sites", "/sites", "/sites"),
    "loc": _Kind("location", "/locations", "/sites", "/sites"),
    "dev": _Kind("device", "/devices", None, "/sites"),
    "cus": _Kind("customer", "/customers", "/customers", "/sites"),
    "trf": _Kind("tariff", "/tariffs", "/tariffs", "/tariffs"),
    "mrs": _Kind("market source", "/market-sources", "/markets", "/markets"),
    "evt": _Kind("event", "/events", "/developers/events", "/developers"),
    "whe": _Kind("webhook endpoint", "/webhook-endpoints", "/developers/webhooks", "/developers"),
}
"""By the prefixes of ids."""


@page("GET", "/json/{object_id}")
async def one_object(visit: Visit, object_id: str) -> Screen:
    """Show what the API answers for an object."""
    kind = _KINDS.get(object_id.partition("_")[0])
    if kind is None:
        raise PathUnknown(f"there is no page at {ids.shown(visit.call.path)}")
    request = Request(method="GET", path=f"{kind.path}/{object_id}")
    reply = await visit.ask(request)
    text = json.dumps(reply.document, indent=2, ensure_ascii=False)
    shown_on = kind.page and parts.button(
        f"Show the {kind.noun}", visit.link(f"{kind.page}/{object_id}")
    )
    return Screen(
        title=f"{kind.noun.capitalize()} as JSON",
        path=kind.under,
        actions=shown_on,
        body=[
            h.p[
                "What the API answers for ", h.code[object_id], " now. Nothing can be changed here."
            ],
            parts.card(
                "The call",
                h.pre(".code", tabindex="0")[h.code[parts.curl(Shown(request, reply.body))]],
            ),
            parts.card("The answer", h.pre(".code", tabindex="0")[h.code[text]]),
        ],
    )


def json_button(visit: Visit, object_id: str) -> Node:
    """Lead to an object as JSON."""
    return parts.button("JSON", visit.link(f"/json/{object_id}"))


def with_json(visit: Visit, object_id: str) -> Node:
    """An object's id, which leads to the object as JSON."""
    return h.a(href=visit.link(f"/json/{object_id}"), title="As JSON")[h.code[object_id]]


def linked(visit: Visit, object_id: str, *, live_mode: bool | None = None) -> Node:
    """An object's id, which leads to its page, or to it as JSON; the id alone where is neither."""
    kind = _KINDS.get(object_id.partition("_")[0])
    if kind is None:
        return h.code[object_id]
    address = visit.link(f"{kind.page or '/json'}/{object_id}", live_mode=live_mode)
    return h.a(href=address)[h.code[object_id]]


PAGES: Final[Sequence[DashboardPage]] = (one_object,)
