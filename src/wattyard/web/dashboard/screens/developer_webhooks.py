"""The screen Developers: webhook endpoints, and the deliveries to each."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.events.service import Endpoints
from wattyard.kernel.pages import LIMIT
from wattyard.kernel.refusals import PreconditionFailed, Refusal
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.errors import status_of
from wattyard.platform.http.inside import Request
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import NO_FAULTS, FormFaults
from wattyard.web.dashboard.screens import objects
from wattyard.web.dashboard.screens import webhook_forms as forms
from wattyard.web.dashboard.screens.delivery_words import words_of
from wattyard.web.dashboard.screens.developer_parts import PATH, above, once, tabs
from wattyard.web.dashboard.versions import (
    ChangedMeanwhile,
    change_as_seen,
    changed_meanwhile,
)
from wattyard.web.dashboard.visit import Visit

_PATH: Final = f"{PATH}/webhooks"
_API: Final = "/webhook-endpoints"
_STATUSES: Final = (
    ("", "all"),
    ("PENDING", "not delivered yet"),
    ("FAILED", "given up"),
    ("SUCCEEDED", "delivered"),
)


@page("GET", _PATH)
async def webhooks(visit: Visit) -> Screen:
    """Show the webhook endpoints of the account."""
    return await _list(visit)


@page("POST", _PATH, role=Role.DEVELOPER)
async def make_endpoint(visit: Visit, endpoints: Endpoints) -> Screen:
    """Create a webhook endpoint, and show its secret this once."""
    body = forms.body_of(visit.form)
    try:
        async with endpoints.looked_up(visit.context, body["url"]):
            made = await visit.change("POST", _API, body=body)
    except Refusal as refusal:
        return await _list(visit, refusal)
    return _secret(visit, made, "The endpoint is there and gets every event from now on.", 201)


@page("GET", f"{_PATH}/{{endpoint}}")
async def endpoint(visit: Visit, endpoint: str) -> Screen:
    """Show a webhook endpoint and its deliveries."""
    return await _one(visit, endpoint)


@page("POST", f"{_PATH}/{{endpoint}}", role=Role.DEVELOPER)
async def change_endpoint(visit: Visit, endpoint: str, endpoints: Endpoints) -> Screen | Answer:
    """Change a webhook endpoint, unless somebody else has changed it since it was shown."""
    path, body = f"{_API}/{endpoint}", forms.patch_of(visit.form)
    present = await visit.api("GET", path, shown=False)
    looked_up = endpoints.looked_up(visit.context, body["url"])
    try:
        async with looked_up if body["url"] != present["url"] else nullcontext():
            await visit.change("PATCH", path, body=body, if_match=visit.form["version"])
    except Refusal as refusal:
        return await _one(visit, endpoint, refusal)
    return visit.go(visit.link(f"{_PATH}/{endpoint}"), told="Saved.")


@page("POST", f"{_PATH}/{{endpoint}}/status", role=Role.DEVELOPER)
async def change_status(visit: Visit, endpoint: str) -> Screen | Answer:
    """Enable or disable a webhook endpoint, unless somebody else has changed it meanwhile."""
    status = visit.form["status"]
    try:
        await change_as_seen(visit, "PATCH", f"{_API}/{endpoint}", body={"status": status})
    except ChangedMeanwhile as stale:
        again = forms.status_form(
            visit.link(f"{_PATH}/{endpoint}/status"), stale.present, stale.version, status
        )
        return _stale(visit, endpoint, stale, again)
    told = (
        "It gets events again." if status == "ENABLED" else "It gets nothing until it is enabled."
    )
    return visit.go(visit.link(f"{_PATH}/{endpoint}"), told=told)


@page("POST", f"{_PATH}/{{endpoint}}/test", role=Role.DEVELOPER)
async def test_endpoint(visit: Visit, endpoint: str) -> Answer:
    """Send a test event to a webhook endpoint, and show how that goes."""
    sent = await visit.change("POST", f"{_API}/{endpoint}/test")
    return visit.go(
        visit.link(f"{PATH}/events/{sent['id']}"),
        told="A test event is on its way: load this page again to see how it went.",
    )


@page("POST", f"{_PATH}/{{endpoint}}/rotate", role=Role.DEVELOPER)
async def rotate_secret(visit: Visit, endpoint: str) -> Screen:
    """Give a webhook endpoint a new secret, and show it this once."""
    try:
        body = {"overlap_seconds": visit.form.number("overlap_seconds")}
        path = f"{_API}/{endpoint}"
        made = await change_as_seen(visit, "POST", f"{path}/rotate-secret", body=body, of=path)
    except ChangedMeanwhile as stale:
        at = visit.link(f"{_PATH}/{endpoint}/rotate")
        again = forms.rotate_form(visit, at, stale.present, stale.version, NO_FAULTS)
        return _stale(visit, endpoint, stale, again)
    except Refusal as refusal:
        return await _one(visit, endpoint, refusal)
    return _secret(visit, made, "This is the endpoint's new secret.", 200)


@page("POST", f"{_PATH}/{{endpoint}}/replay", role=Role.DEVELOPER)
async def replay(visit: Visit, endpoint: str) -> Screen | Answer:
    """Deliver events again, from a time or an event on."""
    try:
        body = {"from": forms.start_of(visit.form["from"])}
        path = f"{_API}/{endpoint}"
        made = await change_as_seen(visit, "POST", f"{path}/replay", body=body, of=path)
    except ChangedMeanwhile as stale:
        at = visit.link(f"{_PATH}/{endpoint}/replay")
        again = forms.replay_form(visit, at, stale.present, stale.version, NO_FAULTS)
        return _stale(visit, endpoint, stale, again)
    except Refusal as refusal:
        return await _one(visit, endpoint, refusal)
    more = f" More follow: replay again from {made['last_event_id']}." if made["has_more"] else ""
    told = f"{made['deliveries']} events are delivered again.{more}"
    return visit.go(visit.link(f"{_PATH}/{endpoint}"), told=told)


@page("POST", f"{_PATH}/{{endpoint}}/delete", role=Role.DEVELOPER)
async def delete_endpoint(visit: Visit, endpoint: str) -> Screen | Answer:
    """Delete a webhook endpoint with its deliveries, unless somebody else has changed it."""
    try:
        await change_as_seen(visit, "DELETE", f"{_API}/{endpoint}")
    except ChangedMeanwhile as stale:
        again = forms.delete_form(
            visit.link(f"{_PATH}/{endpoint}/delete"), stale.present, stale.version
        )
        return _stale(visit, endpoint, stale, again)
    return visit.go(visit.link(_PATH), told="The endpoint is deleted.")


async def _list(visit: Visit, refusal: Refusal | None = None) -> Screen:
    query = {name: visit.query.get(name) for name in ("starting_after", "ending_before")}
    found = await visit.api("GET", _API, query={**query, "limit": LIMIT})
    faults = FormFaults(refusal) if refusal else NO_FAULTS
    form = visit.formats()
    rows = (
        (
            h.a(href=visit.link(f"{_PATH}/{one['id']}"))[one["description"] or one["url"]],
            ", ".join(one["event_types"]),
            _state(visit, one),
            form.when(one["time_created"]),
        )
        for one in found["data"]
    )
    nothing = parts.empty(
        "No program is notified of events. A webhook endpoint is an address to which each event is "
        "sent, signed, until it is taken."
    )
    make = visit.may(Role.DEVELOPER) and parts.card(
        "New endpoint", forms.new_form(visit, visit.link(_PATH), faults), faults.rest()
    )
    return Screen(
        title="Webhooks",
        path=PATH,
        above=above(visit),
        status=status_of(type(refusal)) if refusal else 200,
        body=[
            tabs(visit, _PATH),
            parts.table(
                ("Endpoint", "Events", "State", "Made"), rows, empty=nothing, label="Endpoints"
            ),
            parts.pager(visit, found),
            make,
        ],
    )


async def _one(visit: Visit, endpoint: str, refusal: Refusal | None = None) -> Screen:
    reply = await visit.ask(Request(method="GET", path=f"{_API}/{endpoint}"))
    asked = {name: visit.query.get(name) for name in ("starting_after", "ending_before", "status")}
    query = {**asked, "endpoint_id": endpoint, "limit": LIMIT}
    found, deliveries = await visit.together(
        Request(method="GET", path=f"{_API}/{endpoint}"),
        Request(method="GET", path="/webhook-deliveries", query=query),
    )
    faults = FormFaults(refusal) if refusal and not _is_stale(refusal) else NO_FAULTS
    seen = visit.form["version"] if faults.any else ""
    version = seen or reply.etag or ""
    acts = visit.may(Role.DEVELOPER) and _acts(visit, found, reply.etag or "", version, faults)
    return Screen(
        title=found["description"] or "Webhook endpoint",
        path=PATH,
        above=above(visit, ("Webhooks", visit.link(_PATH))),
        status=status_of(type(refusal)) if refusal else 200,
        actions=visit.may(Role.DEVELOPER) and _test(visit, found),
        body=[
            forms.stale(visit.form, found) if refusal and _is_stale(refusal) else None,
            faults.rest() if refusal and not acts else None,
            _facts(visit, found),
            parts.card(
                "Deliveries",
                parts.tabs(visit, "status", _STATUSES, visit.query.get("status", "")),
                _deliveries(visit, deliveries),
                parts.pager(visit, deliveries),
            ),
            acts,
        ],
    )


def _stale(visit: Visit, endpoint: str, stale: ChangedMeanwhile, again: Node) -> Screen:
    back = visit.link(f"{_PATH}/{endpoint}")
    return changed_meanwhile(stale, "A webhook endpoint", PATH, back=back, again=again)


def _is_stale(refusal: Refusal) -> bool:
    return isinstance(refusal, PreconditionFailed)


def _facts(visit: Visit, one: Mapping[str, Any]) -> Node:
    form = visit.formats()
    return parts.facts(
        ("Address", h.code[one["url"]]),
        ("Events", ", ".join(one["event_types"])),
        ("State", _state(visit, one)),
        ("Made", form.when(one["time_created"])),
        ("Own headers", ", ".join(one["header_names"])),
        ("Its secret before signs, too, until", _overlap(visit, one)),
        ("Endpoint id", objects.with_json(visit, one["id"])),
    )


def _overlap(visit: Visit, one: Mapping[str, Any]) -> Node:
    """When the secret before the present one stops signing; None where it signs no more."""
    until = one["previous_secret_until"]
    over = until is None or datetime.fromisoformat(until) <= visit.call.now
    return None if over else visit.formats().when(until)


def _state(visit: Visit, one: Mapping[str, Any]) -> Node:
    if one["status"] == "DISABLED":
        return parts.badge("disabled", "warn")
    if one["failing_since"]:
        since = visit.formats().when(one["failing_since"])
        return [parts.badge("failing", "bad"), " since ", since]
    return parts.badge("enabled", "good")


def _deliveries(visit: Visit, found: Mapping[str, Any]) -> Node:
    form = visit.formats()
    rows: list[Sequence[Node]] = []
    for one in found["data"]:
        says = words_of(one, form)
        event = visit.link(f"{PATH}/events/{one['event_id']}")
        rows.append(
            (
                [h.a(href=event)[one["event_type"]], h.br, form.when(one["time_created"])],
                [
                    parts.badge(says.state, says.kind),
                    " ",
                    says.sentence,
                    h.p[h.small[says.remedy]] if says.remedy else None,
                    _attempts(one["recent_attempts"], form),
                    _again(visit, one),
                ],
            )
        )
    nothing = parts.empty("Nothing was sent to it, or nothing that fits.")
    return parts.table(("Event", "How it went"), rows, empty=nothing, label="Deliveries")


def _attempts(made: Sequence[Mapping[str, Any]], form: Formats) -> Node:
    """Show what happened at each of several attempts."""
    if len(made) < 2:
        return None
    rows = [
        h.li[
            form.when(one["time"]),
            f": {one['error'] or 'it was taken'}, after {one['duration_ms'] / 1000:.1f} s",
        ]
        for one in made
    ]
    return h.details[h.summary["The attempts"], h.ul[rows]]


def _again(visit: Visit, one: Mapping[str, Any]) -> Node:
    if one["status"] == "SUCCEEDED" or not visit.may(Role.DEVELOPER):
        return None
    address = visit.link(f"{PATH}/deliveries/{one['id']}/retry")
    return parts.form(address, parts.submit("Send again now", main=False))


def _test(visit: Visit, one: Mapping[str, Any]) -> Node:
    return parts.form(
        visit.link(f"{_PATH}/{one['id']}/test"), parts.submit("Send a test event", main=False)
    )


def _acts(
    visit: Visit, one: Mapping[str, Any], present: str, version: str, faults: FormFaults
) -> Node:
    at = visit.link(f"{_PATH}/{one['id']}")
    disabled = one["status"] == "DISABLED"
    cards = [
        parts.card("Change", forms.change_form(visit, at, one, version, faults)),
        parts.card("Deliver again", forms.replay_form(visit, f"{at}/replay", one, present, faults)),
        parts.card("Secret", forms.rotate_form(visit, f"{at}/rotate", one, present, faults)),
        parts.card(
            "Enable again" if disabled else "Disable or delete",
            h.p[
                "Pending deliveries resume; events in between are not sent: deliver them again."
                if disabled
                else "A disabled endpoint gets nothing, and can be enabled again."
            ],
            forms.status_form(f"{at}/status", one, present, "ENABLED" if disabled else "DISABLED"),
            h.details[
                h.summary["Delete …"],
                h.p["All its deliveries go with it, including those still waiting."],
                forms.delete_form(f"{at}/delete", one, present),
            ],
        ),
    ]
    return [faults.rest(), h.div(".cards-2")[cards]]


def _secret(visit: Visit, made: Mapping[str, Any], says: str, status: int) -> Screen:
    return Screen(
        title="The endpoint's secret",
        path=PATH,
        above=above(visit, ("Webhooks", visit.link(_PATH))),
        status=status,
        body=[
            once(
                f"{says} Copy the secret now: the receiver uses it to verify the header "
                "webhook-signature, and it cannot be shown again.",
                made["secret"],
                parts.button("I have it", visit.link(f"{_PATH}/{made['id']}"), main=True),
            ),
            h.p[
                h.a(href=visit.root("/docs/guides/webhooks"))["How a receiver verifies a signature"]
            ],
        ],
    )


PAGES: Final[tuple[DashboardPage, ...]] = (
    webhooks,
    make_endpoint,
    endpoint,
    change_endpoint,
    change_status,
    test_endpoint,
    rotate_secret,
    replay,
    delete_endpoint,
)
