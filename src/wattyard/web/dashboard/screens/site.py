"""The screen Site: prices, readings, devices, costs, plan and events of one place."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.meters.service import Records
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.call import StreamedAnswer
from wattyard.platform.http.inside import Request
from wattyard.sites.service import States
from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.live import Live
from wattyard.web.dashboard.screens import (
    objects,
    site_devices,
    site_forms,
    site_money,
    site_readings,
)
from wattyard.web.dashboard.screens.shown_site import ShownSite
from wattyard.web.dashboard.screens.site_choice import address_of
from wattyard.web.dashboard.screens.tariff_words import kind_of
from wattyard.web.dashboard.visit import Shown, Visit

_EVENTS: Final = 8


@page("GET", "/sites/{site}")
async def one_site(visit: Visit, site: str, states: States, records: Records) -> Screen | Answer:
    """Show what is known of a site."""
    if site.startswith("loc_"):
        return visit.go(visit.link(f"/sites/ste_{site[4:]}"))
    request = Request(method="GET", path=f"/sites/{site}")
    reply = await visit.ask(request)
    visit.shown.append(Shown(request, reply.body))
    found = reply.document
    location = await visit.api("GET", f"/locations/{site}")
    place = ShownSite(visit, found, location, await _customer(visit, location["customer_id"]))
    prices, readings, devices, costs, plan, events = await asyncio.gather(
        site_money.prices(place),
        site_readings.card(place),
        site_devices.card(place, states),
        site_money.costs(place, records),
        site_devices.plans(place),
        _events(place),
    )
    return Screen(
        title=str(found["reference_id"] or address_of(location) or "A site without a reference"),
        path="/sites",
        above=(("Sites", visit.link("/sites")),),
        actions=_actions(place, reply.etag or ""),
        live=visit.link(f"{place.path}/live"),
        body=[
            _facts(place),
            prices,
            h.div(".cards-2")[devices, plan],
            readings,
            h.div(".cards-2")[costs, _tariffs(place)],
            events,
        ],
    )


@page("GET", "/sites/{site}/live")
async def site_live(visit: Visit, site: str, states: States, live: Live) -> StreamedAnswer:
    """Keep the states of devices up to date while somebody looks."""

    async def render() -> Mapping[str, Node]:
        found = await visit.api("GET", f"/sites/{site}", shown=False)
        location = await visit.api("GET", f"/locations/{site}", shown=False)
        place = ShownSite(visit, found, location)
        return {site_devices.NOW: await site_devices.now(place, states)}

    await visit.api("GET", f"/sites/{site}", shown=False)
    return live.stream(visit, render, seconds=5)


async def _customer(visit: Visit, customer_id: str | None) -> Node:
    """The customer's name or reference, which leads to its page."""
    if customer_id is None:
        return None
    found = await visit.api("GET", f"/customers/{customer_id}", shown=False)
    name = found["metadata"].get("name") or found["reference_id"] or customer_id
    return h.a(href=visit.link(f"/customers/{customer_id}"))[words.short(name)]


def _facts(place: ShownSite) -> Node:
    location, formats = place.location, place.formats
    address = location["postal_address"] or {}
    lines = [
        address.get("address_line1"),
        address.get("address_line2"),
        " ".join(filter(None, (address.get("post_code"), address.get("city")))),
        " ".join(filter(None, (address.get("state"), address.get("country_code")))),
    ]
    point = location["geo_location"] or {}
    where = [formats.number(point[name], "°", digits=5) for name in point]
    in_service = place.site["status"] == "ACTIVE"
    state = parts.badge("in service", "good") if in_service else parts.badge("out of service")
    return parts.facts(
        ("Status", state),
        ("Address", h.bdi[", ".join(filter(None, lines))] if any(lines) else None),
        ("Customer", place.customer),
        ("Coordinates", ", ".join(where)),
        ("Time zone", location["timezone"]),
        ("Currency", location["currency_code"]),
        ("Import limit", _limit(place, "max_power_import_kw")),
        ("Export limit", _limit(place, "max_power_export_kw")),
        ("Id", objects.with_json(place.visit, place.site["id"])),
    )


def _limit(place: ShownSite, name: str) -> str | None:
    value = place.location[name]
    return None if value is None else place.formats.number(value, "kW", digits=3)


def _actions(place: ShownSite, version: str) -> Sequence[Node]:
    visit, path = place.visit, place.path
    plan = visit.link("/plans", location=place.location_id)
    leading = (
        parts.button("Charging plan", plan, main=True),
        parts.button("Costs", visit.link("/costs", location=place.location_id)),
        objects.json_button(visit, place.site["id"]),
    )
    if not visit.may(Role.DEVELOPER):
        return leading
    status = "INACTIVE" if place.site["status"] == "ACTIVE" else "ACTIVE"
    return (
        *leading,
        parts.button("Link a tariff", visit.link("/tariffs/new", location=place.location_id)),
        parts.button("Upload readings", visit.link(f"{path}/upload")),
        parts.button("Change", visit.link(f"{path}/edit")),
        site_forms.status_form(visit, place.site, version, status),
    )


def _tariffs(place: ShownSite) -> Node:
    rows = [
        (
            h.a(href=place.visit.link(f"/tariffs/{one['tariff_id']}"))[
                words.short(one["display_name"] or kind_of(one).capitalize())
            ],
            {"IMPORT": "bought", "EXPORT": "sold", "LOCAL": "own generation"}.get(
                one["direction"], one["direction"]
            ),
            "energy" if one["type"] == "COMMODITY" else "network and levies",
            None if one["status"] == "CONNECTED" else parts.badge("error", "bad"),
        )
        for one in place.location["tariffs"]
    ]
    return parts.card(
        "Tariffs",
        parts.table(
            ("Tariff", "Energy that is", "For", ""), rows, label="Tariffs", empty=place.no_tariff()
        ),
        id_="tariffs",
    )


async def _events(place: ShownSite) -> Node:
    visit = place.visit
    of_site, of_location = await visit.together(
        *(
            Request(method="GET", path="/events", query={"object_id": id_, "limit": _EVENTS})
            for id_ in (place.site["id"], place.location_id)
        )
    )
    events: list[Mapping[str, Any]] = [*of_site["data"], *of_location["data"]]
    events.sort(key=lambda one: str(one["time_created"]), reverse=True)
    shown = [
        h.li[
            h.span[words.event(one["type"])],
            h.span,
            visit.formats(place.zone_name).when(one["time_created"]),
        ]
        for one in events[:_EVENTS]
    ]
    body = h.ul(".events")[shown] if shown else parts.empty("Nothing has happened here yet.")
    return parts.card("Events", body, id_="events")


PAGES: Final[Sequence[DashboardPage]] = (one_site, site_live)
