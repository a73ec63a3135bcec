"""The forms of the screen Sites: a new site, and changes of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel.refusals import PreconditionFailed, Refusal
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.inside import Request
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.web.dashboard import device_words, parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.forms import Fields, Form, FormFaults
from wattyard.web.dashboard.versions import (
    ChangedMeanwhile,
    change_as_seen,
    changed_meanwhile,
    seen_fields,
    seen_of,
)
from wattyard.web.dashboard.visit import Visit

_ADDRESS: Final = ("address_line1", "address_line2", "post_code", "city", "state", "country_code")
_TEXTS: Final = ("reference_id", "customer_id", "timezone", "currency_code")
_NUMBERS: Final = ("max_power_import_kw", "max_power_export_kw")
_DEVICE: Final = "devices[0]"
_SEEN: Final = (*_TEXTS, "postal_address", "geo_location", *_NUMBERS)
"""What of a location the form shows."""
_SEEN_OF_SITE: Final = ("status", "reference_id", "postal_address")
"""What of a site the button that changes its status was pressed for."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A site as the API gave it: its location's document, and the version of that."""

    site: str
    document: Mapping[str, Any]
    version: str


@page("GET", "/sites/new", role=Role.DEVELOPER)
async def new_site(visit: Visit) -> Screen:
    """Show the form of a new site."""
    return _new(visit, Fields(visit.query))


@page("POST", "/sites/new", role=Role.DEVELOPER)
async def make_site(visit: Visit) -> Screen | Answer:
    """Put a site in service."""
    try:
        made = await visit.change("POST", "/sites", body=_new_body(visit.form))
    except Refusal as refusal:
        return _new(visit, Fields(visit.form, FormFaults(refusal)), status=422)
    return visit.go(visit.link(f"/sites/{made['id']}"), told="The site is in service.")


@page("GET", "/sites/{site}/edit", role=Role.DEVELOPER)
async def edit_site(visit: Visit, site: str) -> Screen:
    """Show the form of a site."""
    reply = await visit.ask(Request(method="GET", path=f"/locations/{site}"))
    kept = _Kept(site, reply.document, reply.etag or "")
    return _edit(visit, kept, Fields(_values(kept.document)))


@page("POST", "/sites/{site}/edit", role=Role.DEVELOPER)
async def change_site(visit: Visit, site: str) -> Screen | Answer:
    """Change a site, unless it is no longer as the person saw it."""
    seen = seen_of(visit.form)
    changes = _changes(_body(visit.form), seen)
    path = f"/locations/{site}"
    try:
        await visit.change("PATCH", path, body=changes, if_match=visit.form["version"])
    except PreconditionFailed:
        return await _changed_meanwhile(visit, site, seen)
    except LocationNotFound:
        raise
    except Refusal as refusal:
        fields = Fields(visit.form, FormFaults(refusal))
        return _edit(visit, _Kept(site, seen, visit.form["version"]), fields, status=422)
    return visit.go(visit.link(f"/sites/{site}"), told="The site was changed.")


@page("POST", "/sites/{site}/status", role=Role.DEVELOPER)
async def change_status(visit: Visit, site: str) -> Screen | Answer:
    """Put a site in service, or take it out, unless somebody else has changed it meanwhile."""
    status = "ACTIVE" if visit.form["status"] == "ACTIVE" else "INACTIVE"
    back = visit.link(f"/sites/{site}")
    try:
        await change_as_seen(visit, "PATCH", f"/sites/{site}", body={"status": status})
    except ChangedMeanwhile as stale:
        again = status_form(visit, stale.present, stale.version, status)
        return changed_meanwhile(stale, "A site", "/sites", back=back, again=again)
    told = "The site is in service." if status == "ACTIVE" else "The site is out of service."
    return visit.go(back, told=told)


def status_form(visit: Visit, site: Mapping[str, Any], version: str, status: str) -> Node:
    """The button that puts a site in service, or takes it out, as it was seen."""
    says = "Put in service" if status == "ACTIVE" else "Take out of service"
    return parts.form(
        visit.link(f"/sites/{site['id']}/status"),
        seen_fields(site, _SEEN_OF_SITE, version),
        parts.submit(says, main=False, name="status", value=status),
    )


async def _changed_meanwhile(visit: Visit, site: str, seen: Mapping[str, Any]) -> Screen:
    """Show what somebody else changed, in a form with what was typed, else with what is there."""
    reply = await visit.ask(Request(method="GET", path=f"/locations/{site}"))
    present = reply.document
    difference = parts.change_table(
        {name: seen.get(name) for name in _SEEN}, {name: present.get(name) for name in _SEEN}
    )
    note = h.div(".told", role="alert")[
        h.p[
            "Somebody else changed this site after you opened it. Nothing you entered has been "
            "saved yet. The fields that you changed are as you typed them, the others as they are "
            "now."
        ],
        difference,
    ]
    before = _values(seen)
    typed = {
        name: visit.form[name]
        for name in visit.form
        if visit.form[name] != ("" if before.get(name) is None else str(before[name]))
    }
    fields = Fields({**_values(present), **typed})
    return _edit(visit, _Kept(site, present, reply.etag or ""), fields, note=note, status=409)


def _new(visit: Visit, fields: Fields, *, status: int = 200) -> Screen:
    device = h.fieldset[
        h.legend["Its first device, if there is one"],
        h.div(".fields")[
            fields.choice(
                "Type", f"{_DEVICE}.type", (("", "None"), *device_words.DEVICE_TYPES.items())
            ),
            fields.text(
                "Reference", f"{_DEVICE}.reference_id", hint="such as its serial number"
            ),
            fields.text(
                "Capacity", f"{_DEVICE}.properties.capacity_kwh", unit="kWh", inputmode="decimal"
            ),
            fields.text(
                "Power", f"{_DEVICE}.properties.power_rating_import_kwh",
                unit="kW", inputmode="decimal",
            ),
        ],
    ]  # fmt: skip
    return Screen(
        title="New site",
        path="/sites",
        above=(("Sites", visit.link("/sites")),),
        status=status,
        body=_form(visit, visit.link("/sites/new"), fields, device, "Put in service"),
    )


def _edit(
    visit: Visit, kept: _Kept, fields: Fields, *, note: Node = None, status: int = 200
) -> Screen:
    site, seen = kept.site, kept.document
    hidden = seen_fields(seen, _SEEN, kept.version)
    name = str(seen.get("reference_id") or site)
    return Screen(
        title="Change a site",
        path="/sites",
        above=(("Sites", visit.link("/sites")), (name, visit.link(f"/sites/{site}"))),
        status=status,
        body=[
            note,
            _form(visit, visit.link(f"/sites/{site}/edit"), fields, hidden, "Save"),
        ],
    )


def _form(visit: Visit, address: str, fields: Fields, more: Node, words_: str) -> Node:
    contents = [
        h.fieldset[
            h.legend["What it is called"],
            h.div(".fields")[
                fields.text("Reference", "reference_id", hint="how your own system calls it"),
                fields.text("Customer", "customer_id", hint="cus_…, if it is one's"),
            ],
        ],
        h.fieldset[
            h.legend["Where it is"],
            h.div(".fields")[
                fields.text("Street and house", "postal_address.address_line1"),
                fields.text("Flat, floor or building", "postal_address.address_line2"),
                fields.text("Post code", "postal_address.post_code"),
                fields.text("City", "postal_address.city"),
                fields.text("State", "postal_address.state", hint="needed in the US"),
                fields.text(
                    "Country", "postal_address.country_code", hint="two letters: GB, DE, US"
                ),
                fields.text("Latitude", "geo_location.lat", unit="° north", inputmode="decimal"),
                fields.text("Longitude", "geo_location.lng", unit="° east", inputmode="decimal"),
            ],
            h.div(".fields")[
                fields.text(
                    "Time zone", "timezone", hint="from the address, if it is left empty"
                ),
                fields.text(
                    "Currency", "currency_code", hint="from the address, if it is left empty"
                ),
            ],
        ],
        h.fieldset[
            h.legend["Its grid connection"],
            h.div(".fields")[
                fields.text(
                    "Import limit", "max_power_import_kw",
                    unit="kW", inputmode="decimal",
                ),
                fields.text(
                    "Export limit", "max_power_export_kw",
                    unit="kW", inputmode="decimal",
                ),
            ],
        ],
        more,
    ]  # fmt: skip
    return parts.form(
        address, fields.faults.rest(), contents, h.p(".actions")[parts.submit(words_)]
    )


def _body(form: Form) -> dict[str, Any]:
    """Write what a form says of a site; None where a field is empty."""
    address = {name: form[f"postal_address.{name}"] or None for name in _ADDRESS}
    point = {name: form.number(f"geo_location.{name}") for name in ("lat", "lng")}
    body: dict[str, Any] = {name: form[name] or None for name in _TEXTS}
    body["postal_address"] = address if any(address.values()) else None
    body["geo_location"] = _without_none(point) or None
    return body | {name: form.number(name) for name in _NUMBERS}


def _new_body(form: Form) -> dict[str, Any]:
    body, device = _body(form), _device(form)
    if body["postal_address"]:
        body["postal_address"] = _without_none(body["postal_address"])
    return _without_none(body) | ({"devices": [device]} if device else {})


def _changes(body: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """Give what differs from what the person saw; None clears a field."""
    before = {name: seen.get(name) for name in body}
    if isinstance(before["postal_address"], dict):
        kept = {name: before["postal_address"].get(name) for name in _ADDRESS}
        before["postal_address"] = kept if any(kept.values()) else None
    return {name: value for name, value in body.items() if value != before[name]}


def _device(form: Form) -> dict[str, Any]:
    properties = {
        name: form.number(f"{_DEVICE}.properties.{name}")
        for name in ("capacity_kwh", "power_rating_import_kwh")
    }
    given = {
        "type": form[f"{_DEVICE}.type"] or None,
        "reference_id": form[f"{_DEVICE}.reference_id"] or None,
        "properties": _without_none(properties) or None,
    }
    return _without_none(given)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _values(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the form as a location has them."""
    found = {name: document.get(name) for name in (*_TEXTS, *_NUMBERS)}
    for part in ("postal_address", "geo_location"):
        own = document.get(part)
        if isinstance(own, dict):
            found |= {f"{part}.{name}": value for name, value in own.items()}
    return found


PAGES: Final[Sequence[DashboardPage]] = (new_site, make_site, edit_site, change_site, change_status)
