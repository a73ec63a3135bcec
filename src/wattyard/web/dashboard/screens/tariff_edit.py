"""The pages where tariffs are written: new ones, and changes, with the check beside them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import civil
from wattyard.kernel.refusals import PreconditionFailed, Refusal
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.inside import Request
from wattyard.sites.service import SiteSearches
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.screens import tariff_charges, tariff_fields, tariff_past
from wattyard.web.dashboard.screens.site_choice import choice, title_of
from wattyard.web.dashboard.screens.tariff_fields import MORE_ROWS
from wattyard.web.dashboard.screens.tariff_form import TariffForm, form_body
from wattyard.web.dashboard.screens.tariff_past import Change
from wattyard.web.dashboard.screens.tariff_words import kind_of
from wattyard.web.dashboard.versions import seen_of
from wattyard.web.dashboard.visit import Visit

Document = Mapping[str, Any]

PATH: Final = "/tariffs"


@page("GET", f"{PATH}/new", role=Role.DEVELOPER)
async def new_tariff(visit: Visit, searches: SiteSearches) -> Screen:
    """Show the form of a new tariff; the site first, where none is named."""
    location_id = visit.query.get("location")
    if not location_id:
        path = f"{PATH}/new"
        found = await choice(visit, searches, path, lambda id_: visit.link(path, location=id_))
        return _screen(visit, "New tariff", [h.p["Choose the site that it is for."], found])
    location = await visit.api("GET", f"/locations/{location_id}", shown=False)
    shown = TariffForm(
        visit.link(f"{PATH}/new"),
        tariff_fields.new_values(location["id"]),
        tariff_fields.rows_for(None),
    )
    return await _new(visit, shown, location)


@page("POST", f"{PATH}/new", role=Role.DEVELOPER)
async def make_tariff(visit: Visit) -> Screen | Answer:
    """Check a new tariff, or connect it."""
    location = await visit.api("GET", f"/locations/{visit.form['location']}", shown=False)
    shown = _typed(visit, visit.link(f"{PATH}/new"))
    if visit.form["do"] == "rows":
        return await _new(visit, replace(shown, spare=MORE_ROWS), location)
    try:
        body = tariff_fields.for_making(tariff_fields.body_of(visit.form, shown.rows))
        if visit.form["do"] != "save":
            check = await visit.api("POST", "/tariffs/check", body=body)
            return await _new(visit, replace(shown, check=check), location)
        made = await visit.change("POST", "/tariffs", body=body)
    except Refusal as refusal:
        return await _new(visit, replace(shown, refusal=refusal), location, status=422)
    return visit.go(visit.link(f"{PATH}/{made['id']}"), told=_told("is connected", made))


@page("GET", f"{PATH}/{{tariff}}/edit", role=Role.DEVELOPER)
async def edit_tariff(visit: Visit, tariff: str) -> Screen:
    """Show the form of a tariff."""
    reply = await visit.ask(Request(method="GET", path=f"/tariffs/{tariff}"))
    own = reply.document
    shown = TariffForm(
        visit.link(f"{PATH}/{own['id']}/edit"),
        tariff_fields.values_of(own),
        tariff_fields.rows_for(own),
        tariff_charges.divided(own["charges"])[0],
        hidden=_hidden(own, reply.etag or ""),
        past=_past(visit, own),
    )
    return await _edit(visit, shown, own)


@page("POST", f"{PATH}/{{tariff}}/edit", role=Role.DEVELOPER)
async def change_tariff(visit: Visit, tariff: str) -> Screen | Answer:
    """Check a change of a tariff, or save it, unless it is no longer as the person saw it."""
    reply = await visit.ask(Request(method="GET", path=f"/tariffs/{tariff}"))
    own, version = reply.document, visit.form["version"]
    shown = replace(
        _typed(visit, visit.link(f"{PATH}/{own['id']}/edit")),
        hidden=_kept(visit, version),
        past=_past(visit, own),
    )
    if visit.form["do"] == "rows":
        return await _edit(visit, replace(shown, spare=MORE_ROWS), own)
    try:
        body = tariff_fields.body_of(visit.form, shown.rows)
        if visit.form["do"] != "save":
            asked = tariff_fields.for_making(body)
            query = {"tariff_id": own["id"]}
            check = await visit.api("POST", "/tariffs/check", query=query, body=asked)
            past = _past(visit, own, body)
            return await _edit(visit, replace(shown, check=check, past=past), own)
        change = tariff_fields.whole_change(body)
        made = await visit.change("PATCH", f"/tariffs/{tariff}", body=change, if_match=version)
    except PreconditionFailed:
        stale = replace(shown, hidden=_hidden(own, reply.etag or ""))
        return await _edit(visit, stale, own, note=_meanwhile(visit, own), status=409)
    except Refusal as refusal:
        return await _edit(visit, replace(shown, refusal=refusal), own, status=422)
    return visit.go(visit.link(f"{PATH}/{made['id']}"), told=_told("was changed", made))


def _past(visit: Visit, own: Document, body: Document | None = None) -> Node:
    """Say what a change does to past costs; of a `body` that was checked in particular."""
    today = civil.date_at(visit.call.now, civil.zone(own["timezone"]))
    change = None if body is None else Change(tariff_fields.body_as_shown(own), body)
    return tariff_past.card(visit, own, today, change)


def _typed(visit: Visit, address: str) -> TariffForm:
    form = visit.form
    charges = tariff_charges.rows_typed(form)
    return TariffForm(address, form, tariff_fields.rows_typed(form), charges)


def _told(done: str, made: Document) -> str:
    """Say what was done, and what a person should look at again."""
    warnings = [one["message"] for one in made.get("warnings") or ()]
    return " ".join([f"The tariff {done}.", *(f"{text}." for text in warnings)])


def _hidden(own: Document, version: str) -> Node:
    seen = json.dumps(tariff_fields.seen_of(own), ensure_ascii=False)
    return [
        h.input(type="hidden", name="version", value=version),
        h.input(type="hidden", name="seen", value=seen),
    ]


def _kept(visit: Visit, version: str) -> Node:
    return [
        h.input(type="hidden", name="version", value=version),
        h.input(type="hidden", name="seen", value=visit.form["seen"]),
    ]


def _meanwhile(visit: Visit, own: Document) -> Node:
    """Show what somebody else changed; what was typed stays in the form."""
    return h.div(".told", role="alert")[
        h.p[
            "Somebody else changed this tariff after you opened it. Nothing you entered has been "
            "saved yet: the form is as you typed it, and saving it now replaces their change."
        ],
        parts.change_table(seen_of(visit.form), tariff_fields.seen_of(own)),
    ]


async def _new(visit: Visit, shown: TariffForm, location: Document, *, status: int = 200) -> Screen:
    body = await form_body(visit, shown, location)
    return _screen(visit, f"New tariff of {title_of(location)}", body, status=status)


async def _edit(
    visit: Visit, shown: TariffForm, own: Document, *, note: Node = None, status: int = 200
) -> Screen:
    location_id = visit.form["location"] or own["location_id"]
    location = await visit.api("GET", f"/locations/{location_id}", shown=False)
    name = own["display_name"] or kind_of(own).capitalize()
    return _screen(
        visit,
        "Change a tariff",
        [note, await form_body(visit, shown, location)],
        above=((name, visit.link(f"{PATH}/{own['id']}")),),
        status=status,
    )


def _screen(
    visit: Visit,
    title: str,
    body: Node,
    *,
    above: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Screen:
    return Screen(
        title=title,
        path=PATH,
        above=(("Tariffs", visit.link(PATH)), *above),
        body=body,
        status=status,
    )


NEW_PAGES: Final[Sequence[DashboardPage]] = (new_tariff, make_tariff)
"""Those whose paths are tried before that of one tariff."""
PAGES: Final[Sequence[DashboardPage]] = (edit_tariff, change_tariff)
