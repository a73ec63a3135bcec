"""The screens of tariffs: their list, and one with its weeks, special days, tiers and charges."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.refusals import Refusal
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.inside import Request
from wattyard.sites.service import Sites
from wattyard.tariffs.service import Tariffs, TierCounts
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Fields, sentence
from wattyard.web.dashboard.refusal_words import placed
from wattyard.web.dashboard.screens import objects, tariff_edit, tariff_import
from wattyard.web.dashboard.screens.site_choice import address_of, title_of
from wattyard.web.dashboard.screens.tariff_audit import audit_card
from wattyard.web.dashboard.screens.tariff_rule import name_of, windows_of
from wattyard.web.dashboard.screens.tariff_week import week_cards
from wattyard.web.dashboard.screens.tariff_words import (
    CONNECTIONS,
    DIRECTIONS,
    RESETS,
    SCOPES,
    TYPES,
    kind_of,
    limit_text,
    months_text,
    rate_text,
)
from wattyard.web.dashboard.versions import (
    ChangedMeanwhile,
    change_as_seen,
    changed_meanwhile,
    seen_fields,
)
from wattyard.web.dashboard.visit import Shown, Visit

Document = Mapping[str, Any]

PATH: Final = "/tariffs"
_FILTERS: Final = ("type", "direction", "status")
_CURSORS: Final = ("starting_after", "ending_before")
CHECKED: Final = (
    "location_id", "direction", "type", "contract_start_date", "contract_end_date", "schedule",
    "market_rates", "market_source_id", "devices", "vat", "vat_included", "tier_reset",
    "tier_scope", "cap_per_kwh", "floor_per_kwh", "charges", "minimum_charge", "billing_day",
    "billing_periods", "demand_window_minutes", "clock", "holidays", "currency_conversion",
    "display_name",
)  # fmt: skip
"""What of a tariff the check is asked with."""
_SEEN: Final = tuple(name for name in CHECKED if name != "location_id")
"""What of a tariff somebody who deletes it has seen."""
_MOST_TIERS: Final = 200


@page("GET", PATH)
async def tariffs(visit: Visit, sites: Sites) -> Screen:
    """List the tariffs of the account, or of one site."""
    location_id = visit.query.get("location")
    names = (*_FILTERS, *_CURSORS, "limit")
    query = {name: visit.query[name] for name in names if name in visit.query}
    if location_id:
        query["location_id"] = location_id
    found = await visit.api("GET", "/tariffs", query=query)
    references = await _references(visit, sites, found["data"])
    rows = (_listed(visit, one, references) for one in found["data"])
    filtered = location_id or any(visit.query.get(name) for name in _FILTERS)
    return Screen(
        title="Tariffs",
        path=PATH,
        actions=_new(visit, location_id),
        body=[
            _filters(visit, location_id),
            parts.table(
                ("Tariff", "Site", "For", "Holds", ""),
                rows,
                empty=_none(visit, location_id, filtered=bool(filtered)),
                label="Tariffs",
            ),
            parts.pager(visit, found),
        ],
    )


@page("GET", f"{PATH}/{{tariff}}")
async def tariff(visit: Visit, tariff: str, contracts: Tariffs, counts: TierCounts) -> Screen:
    """Show one tariff: its weeks by season, special days, tiers, charges, and a price in parts."""
    request = Request(method="GET", path=f"/tariffs/{tariff}")
    reply = await visit.ask(request)
    visit.shown.append(Shown(request, reply.body))
    own = reply.document
    location = await visit.api("GET", f"/locations/{own['location_id']}", shown=False)
    form = visit.formats(own["timezone"])
    return Screen(
        title=name_of(own),
        path=PATH,
        above=(("Tariffs", visit.link(PATH)),),
        actions=_actions(visit, own, reply.etag or ""),
        body=[
            _facts(visit, own, location, form),
            await _week(visit, own, form),
            _tiers(own, form),
            await audit_card(visit, contracts, counts, own),
        ],
    )


@page("POST", f"{PATH}/{{tariff}}/delete", role=Role.DEVELOPER)
async def delete_tariff(visit: Visit, tariff: str) -> Screen | Answer:
    """Disconnect a tariff, unless it is no longer as the person saw it."""
    own = await visit.api("GET", f"/tariffs/{tariff}", shown=False)
    try:
        await change_as_seen(visit, "DELETE", f"/tariffs/{tariff}")
    except ChangedMeanwhile as stale:
        again = _delete_form(visit, stale.present, stale.version)
        back = visit.link(f"{PATH}/{own['id']}")
        return changed_meanwhile(stale, name_of(own), PATH, back=back, again=again)
    told = f"{name_of(own)} is deleted: the site's prices are without it from now on."
    return visit.go(visit.link(PATH, location=own["location_id"]), told=told)


async def _references(visit: Visit, sites: Sites, found: list[Document]) -> dict[str, str]:
    """Read the references of the sites of a page of tariffs, in one statement."""
    wanted = {ids.read(one["location_id"], "loc", param="location_id") for one in found}
    known = await sites.supplies(visit.context, list(wanted))
    return {
        ids.wire("loc", id_): site.reference_id for id_, site in known.items() if site.reference_id
    }


def _new(visit: Visit, location_id: str | None) -> Node:
    if not visit.may(Role.DEVELOPER):
        return None
    return [
        parts.button("New tariff", visit.link(f"{PATH}/new", location=location_id), main=True),
        parts.button("Import", visit.link(f"{PATH}/import", location=location_id)),
    ]


def _filters(visit: Visit, location_id: str | None) -> Node:
    fields = Fields(visit.query)
    kept = location_id and h.input(type="hidden", name="location", value=location_id)
    return [
        location_id
        and h.p["Those of one site. ", h.a(href=visit.link(PATH))["Show those of all sites"], "."],
        parts.search_form(
            visit.link(PATH),
            kept,
            fields.choice("For", "type", [("", "Everything"), *TYPES.items()]),
            fields.choice("Energy that is", "direction", [("", "Any"), *DIRECTIONS.items()]),
            parts.submit("Show", main=False),
        ),
    ]


def _none(visit: Visit, location_id: str | None, *, filtered: bool) -> Node:
    says = (
        "No tariff is like that."
        if filtered and not location_id
        else "No tariff is connected yet: connect one, and prices, costs and plans follow from it."
    )
    return parts.empty(says, _new(visit, location_id))


def _listed(visit: Visit, one: Document, references: Mapping[str, str]) -> tuple[Node, ...]:
    form = visit.formats(one["timezone"])
    location_id = one["location_id"]
    site = visit.link(f"/sites/{location_id.replace('loc_', 'ste_')}")
    return (
        h.a(href=visit.link(f"{PATH}/{one['id']}"))[name_of(one)],
        h.a(href=site)[references.get(location_id, location_id)],
        kind_of(one),
        _term(one, form),
        _badges(one),
    )


def _term(own: Document, form: Formats) -> str:
    end = own["contract_end_date"]
    start = form.day(own["contract_start_date"][:10])
    return f"from {start}" if end is None else f"{start} to {form.day(end[:10])} (exclusive)"


def _badges(own: Document) -> Node:
    if own["status"] == "ERROR":
        return parts.badge("cannot be read from the supplier", "bad")
    return parts.badge("follows a market") if own["market_rates"] else None


def _actions(visit: Visit, own: Document, version: str) -> Node:
    whole = objects.json_button(visit, own["id"])
    if not visit.may(Role.DEVELOPER) or own["is_linked"]:
        return whole
    path = f"{PATH}/{own['id']}"
    return [
        whole,
        parts.button("Change", visit.link(f"{path}/edit"), main=True),
        h.details(".sure")[
            h.summary["Delete"],
            _delete_form(visit, own, version),
        ],
    ]


def _delete_form(visit: Visit, own: Document, version: str) -> Node:
    """The form that deletes a tariff as it was seen."""
    return parts.form(
        visit.link(f"{PATH}/{own['id']}/delete"),
        seen_fields(own, _SEEN, version),
        h.p["Prices, costs and plans of the site are without it from now on."],
        parts.submit("Delete it", main=False, danger=True),
    )


def _facts(visit: Visit, own: Document, location: Document, form: Formats) -> Node:
    site = visit.link(f"/sites/{own['location_id'].replace('loc_', 'ste_')}")
    market = own["market_source_id"]
    vat = own["vat"]
    where = address_of(location)
    return parts.facts(
        ("Site", [h.a(href=site)[title_of(location)], f", {where}" if where else None]),
        ("For", kind_of(own)),
        ("Holds", _term(own, form)),
        ("VAT", None if vat is None else [form.percent(100 * vat), _vat(own)]),
        ("Tiers begin anew", RESETS[own["tier_reset"]] if _tiered(own) else None),
        ("Tiers count", SCOPES[own["tier_scope"]] if _tiered(own) else None),
        ("Market", market and h.a(href=visit.link(f"/markets/{market}"))[market]),
        ("Devices", ", ".join(own["devices"])),
        ("Origin", CONNECTIONS[own["connection_type"]]),
        ("Zone", own["timezone"]),
        ("Status", _badges(own)),
        ("Id", objects.with_json(visit, own["id"])),
    )


def _vat(own: Document) -> str:
    return ", contained in its rates" if own["vat_included"] else ", added to its rates"


def _tiered(own: Document) -> bool:
    return any(len(hours["rate"]) > 1 for *_, hours in windows_of(own["schedule"]))


async def _week(visit: Visit, own: Document, form: Formats) -> Node:
    """Show what the check says of the tariff as it is; or why it says nothing."""
    body = {name: own[name] for name in CHECKED if own.get(name) is not None}
    body["contract_end_date"] = own["contract_end_date"]
    query = {"tariff_id": own["id"], "allow_implausible": "true"}
    try:
        check = await visit.api("POST", "/tariffs/check", query=query, body=body)
    except Refusal as refusal:
        return parts.card("The week", [h.p[sentence(placed(one))] for one in refusal.faults])
    return week_cards(check, form, name="week")


def _tiers(own: Document, form: Formats) -> Node:
    """List the tiers of every window that has several."""
    currency = own["currency_code"]
    rows = [
        (
            _when(entry, block),
            _hours(hours),
            limit_text(rate, form),
            rate_text(rate, form, currency),
        )
        for entry, block, hours in windows_of(own["schedule"])
        if len(hours["rate"]) > 1
        for rate in hours["rate"]
    ]
    if not rows:
        return None
    return parts.card(
        "Tiers",
        h.p["The weeks above show the lowest tier."],
        parts.table(("Days", "Hours", "Energy", "Price"), rows[:_MOST_TIERS], label="Tiers"),
    )


def _hours(hours: Document) -> str:
    start, end = hours["valid_from"][:5], hours["valid_to"][:5]
    whole = start == "00:00" and end in ("00:00", "24:00")
    return "all day" if whole else f"{start} – {end}"


def _when(entry: Document, block: Document) -> str:
    days = ", ".join(block["days"])
    dates = ", ".join(str(one) for one in entry.get("dates") or ())
    found = [months_text(entry["months"]), dates, "" if days == "All" else days]
    return ", ".join(part for part in found if part)


PAGES: Final[Sequence[DashboardPage]] = (
    tariffs,
    *tariff_edit.NEW_PAGES,
    *tariff_import.PAGES,
    tariff,
    *tariff_edit.PAGES,
    delete_tariff,
)
