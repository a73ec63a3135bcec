"""Devices of the screen Site, what they reported last, and when they run next."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.refusals import Refusal
from wattyard.sites.domain.search import silent_before
from wattyard.sites.domain.states import StateReport
from wattyard.sites.service import States
from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.screens.plan_documents import PLANNED_TYPES
from wattyard.web.dashboard.screens.shown_site import ShownSite

NOW: Final = "devices-now"
"""The id of what `now` gives."""
_MOST: Final = 30
_PLANNED: Final = ("BATTERY_SYSTEM", "EV_CHARGER", "ELECTRIC_VEHICLE", "HEAT_PUMP")
_ASKED: Final = 4
"""Of so many devices the kept plan is looked for."""
_RUNS: Final = 4


async def card(place: ShownSite, states: States) -> Node:
    """The devices of the site; the page keeps them up to date."""
    return parts.card("Devices", h.div(f"#{NOW}")[await now(place, states)], id_="devices")


async def now(place: ShownSite, states: States) -> Node:
    """Each device with its state and when it was heard from last."""
    devices = place.site["devices"]
    shown = devices[:_MOST]
    newest = await states.newest(
        place.visit.context, [ids.read(one["id"], "dev", param="id") for one in shown]
    )
    rows = [_row(place, one, newest.get(ids.read(one["id"], "dev", param="id"))) for one in shown]
    return [
        parts.table(
            ("Device", "State", "Last heard from"),
            rows,
            label="Devices",
            empty=parts.empty(
                "No device stands here yet: programs add them with POST /devices, and a file of "
                "sites can bring them."
            ),
        ),
        len(devices) > _MOST and h.p(".faint")[f"and {len(devices) - _MOST:,} more"],
    ]


def _row(place: ShownSite, device: Mapping[str, Any], report: StateReport | None) -> Sequence[Node]:
    model = " ".join(filter(None, (device["manufacturer"], device["model_name"])))
    about = ", ".join(filter(None, (words.device_type(device["type"]), model)))
    return (
        [
            words.short(device["reference_id"]),
            h.br,
            h.small(".faint")[words.short(about)],
            _links(place, device),
        ],
        _state(place, report),
        _heard(place, device["last_seen"]),
    )


def _links(place: ShownSite, device: Mapping[str, Any]) -> Node:
    """Lead to when a device charges and what that saves, where it can be planned alone."""
    of = device["reference_id"] or device["id"]
    whole = place.visit.link(f"/json/{device['id']}")
    links: list[Node] = [h.a(href=whole, aria_label=f"JSON of {of}")["JSON"]]
    if device["type"] in PLANNED_TYPES:
        plan = place.visit.link("/plans", location=place.location_id, device=device["id"])
        named = h.a(href=plan, aria_label=f"Charging plan of {of}")["Charging plan"]
        links = [named, " · ", *links]
    return [h.br, links]


def _state(place: ShownSite, report: StateReport | None) -> Node:
    if report is None:
        return h.span(".faint")["none reported"]
    formats = place.formats
    charge = report.state_of_charge_percent
    said = [formats.percent(charge)]
    power = report.battery_power_kw
    if power:
        way = "charging" if power > 0 else "discharging"
        said.append(f"{way} {formats.number(abs(power), 'kW')}")
    if report.target_state_of_charge_percent is not None:
        said.append(f"target {formats.percent(report.target_state_of_charge_percent)}")
    return [
        h.svg(".bar", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")[
            h.rect(width="100", height="10", rx="2"),
            h.rect(width=f"{charge:.0f}", height="10", rx="2"),
        ],
        " ",
        ", ".join(said),
    ]


def _heard(place: ShownSite, last_seen: str | None) -> Node:
    if last_seen is None:
        return parts.badge("never", "warn")
    now = place.visit.call.now
    silent = datetime.fromisoformat(last_seen) < silent_before(now)
    return [place.formats.since(last_seen, now), silent and [" ", parts.badge("silent", "bad")]]


async def plans(place: ShownSite) -> Node:
    """When devices run next, by the plans that are kept for them."""
    able = [one for one in place.site["devices"] if one["type"] in _PLANNED][:_ASKED]
    found: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for device in able:
        with suppress(Refusal):
            plan = await place.visit.api("GET", f"/devices/{device['id']}/plan")
            found.setdefault(plan["id"], (device, plan))
    ask = parts.button("Ask for a plan", place.visit.link("/plans", location=place.location_id))
    if not found:
        says = (
            "No plan is kept for the devices here. Ask for one: it says when to charge, and what "
            "that saves."
            if able
            else "Plans are for batteries, vehicles, chargers and heat pumps: none stands here."
        )
        body: Node = parts.empty(says, *([ask] if able else []))
    else:
        body = [_plan(place, device, plan) for device, plan in found.values()]
    return parts.card("Charging plan", body, id_="plan")


def _plan(place: ShownSite, device: Mapping[str, Any], plan: Mapping[str, Any]) -> Node:
    formats, now = place.formats, place.visit.call.now
    saved = (plan.get("savings") or {}).get("value")
    runs = [run for run in _runs(plan) if datetime.fromisoformat(run["end_time"]) > now]
    return [
        h.p[
            words.short(device["reference_id"]),
            ": made ",
            formats.since(plan["time_made"], now),
            plan["stale"] and [" ", parts.badge("prices changed since", "warn")],
            saved is not None
            and [", saves ", h.strong[formats.money(saved, str(plan["currency_code"]))]],
            ". ",
            h.a(href=place.visit.link("/plans", location=place.location_id))[
                "Show the charging plan"
            ],
        ],
        parts.table(
            ("When", "What"),
            [(_when(place, run), _what(place, run)) for run in runs[:_RUNS]],
            label="What runs next",
            empty=h.p(".faint")["Nothing more runs in this plan."],
        ),
    ]


def _runs(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The times at which something runs, those that touch and go the same way as one."""
    entries = [entry for part in plan["data"] for entry in part.get("schedule", ())]
    entries.sort(key=lambda one: str(one["start_time"]))
    runs: list[dict[str, Any]] = []
    for one in entries:
        watts = float((one.get("power") or {}).get("value") or 0)
        if not watts:
            continue
        kwh = watts / 1000 * _hours(one)
        last = runs[-1] if runs else None
        if last and last["end_time"] == one["start_time"] and last["way"] == one.get("direction"):
            last["end_time"] = one["end_time"]
            last["kwh"] += kwh
        else:
            runs.append(
                {
                    "start_time": one["start_time"],
                    "end_time": one["end_time"],
                    "way": one.get("direction"),
                    "kwh": kwh,
                }
            )
    return runs


def _hours(entry: Mapping[str, Any]) -> float:
    start, end = (datetime.fromisoformat(entry[name]) for name in ("start_time", "end_time"))
    return (end - start).total_seconds() / 3600


def _when(place: ShownSite, run: Mapping[str, Any]) -> Node:
    start, end = (datetime.fromisoformat(run[name]) for name in ("start_time", "end_time"))
    day = place.formats.day(start.astimezone(place.zone).date())
    return f"{day}, {place.formats.time(start)} to {place.formats.time(end)}"


def _what(place: ShownSite, run: Mapping[str, Any]) -> Node:
    way = {"EXPORT": "gives", "IMPORT": "takes"}.get(str(run["way"]), "takes")
    return f"{way} {place.formats.number(run['kwh'], 'kWh', digits=1)}"
