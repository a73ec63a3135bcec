"""The forms of webhook endpoints: what they show, and the bodies that they make."""

import json
from collections.abc import Mapping
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard import parts
from wattyard.web.dashboard.forms import Fields, Form, FormFaults
from wattyard.web.dashboard.screens.developer_parts import lines_of
from wattyard.web.dashboard.versions import seen_fields, seen_of
from wattyard.web.dashboard.visit import Visit

_OVERLAPS: Final = (
    ("86400", "for a day"),
    ("3600", "for an hour"),
    ("604800", "for a week"),
    ("0", "no longer: only the new one signs"),
)
_EDITED: Final = ("url", "event_types", "description")
_SEEN: Final = (*_EDITED, "status", "previous_secret_until")


def body_of(form: Form) -> dict[str, Any]:
    """The body of a new endpoint."""
    body: dict[str, Any] = {
        "url": form["url"],
        "event_types": lines_of(form["event_types"]) or ["*"],
        "description": form["description"] or None,
    }
    return {name: value for name, value in body.items() if value is not None} | _secrets_of(form)


def patch_of(form: Form) -> dict[str, Any]:
    """The changes of an endpoint; headers and credentials stay where their fields are empty."""
    changes: dict[str, Any] = {
        "url": form["url"],
        "event_types": lines_of(form["event_types"]) or ["*"],
        "description": form["description"] or None,
    }
    if form["remove_headers"]:
        changes |= {"headers": None, "basic_auth": None}
    return changes | _secrets_of(form)


def start_of(text: str) -> str:
    """The start of a replay: an event's id, or a time, which is one of UTC without an offset."""
    is_local = "T" in text and not text.endswith("Z") and "+" not in text
    return f"{text}:00Z" if is_local and text.count(":") == 1 else f"{text}Z" if is_local else text


def new_form(visit: Visit, address: str, faults: FormFaults) -> Node:
    """The form of a new endpoint."""
    fields = Fields({"event_types": "*", **visit.form}, faults)
    return parts.form(address, _main_fields(fields), _secret_fields(fields), _send("Create it"))


def change_form(
    visit: Visit, address: str, one: Mapping[str, Any], version: str, faults: FormFaults
) -> Node:
    """The form that changes an endpoint; it tells which version its reader saw."""
    seen = {name: one[name] for name in _EDITED}
    text = visit.form["seen"] if visit.form["version"] == version else json.dumps(seen)
    values = {**seen, "event_types": "\n".join(one["event_types"])}
    fields = Fields({**values, **visit.form}, faults)
    return parts.form(
        address,
        h.input(type="hidden", name="version", value=version),
        h.input(type="hidden", name="seen", value=text),
        _main_fields(fields),
        _secret_fields(fields, kept=bool(one["header_names"])),
        _send("Save"),
    )


def replay_form(
    visit: Visit, address: str, one: Mapping[str, Any], version: str, faults: FormFaults
) -> Node:
    """The form that delivers events again to an endpoint as it was seen."""
    return parts.form(
        address,
        seen_fields(one, _SEEN, version),
        Fields(visit.form, faults).text(
            "From",
            "from",
            unit="UTC",
            hint="A time such as 2026-03-01T10:00, or the id of an event (evt_…). At most 10,000 "
            "events at a time; those that wait are not sent twice.",
        ),
        _send("Deliver again"),
    )


def rotate_form(
    visit: Visit, address: str, one: Mapping[str, Any], version: str, faults: FormFaults
) -> Node:
    """The form that makes a new secret of an endpoint as it was seen."""
    return parts.form(
        address,
        seen_fields(one, _SEEN, version),
        Fields(visit.form, faults).choice(
            "The old secret goes on signing", "overlap_seconds", _OVERLAPS
        ),
        h.p["During that time a delivery has the signatures of both, the new one's first."],
        _send("Make a new secret"),
    )


def status_form(address: str, one: Mapping[str, Any], version: str, status: str) -> Node:
    """The button that enables an endpoint, or disables it, as it was seen."""
    enables = status == "ENABLED"
    return parts.form(
        address,
        seen_fields(one, _SEEN, version),
        parts.submit("Enable" if enables else "Disable", main=enables, name="status", value=status),
    )


def delete_form(address: str, one: Mapping[str, Any], version: str) -> Node:
    """The button that deletes an endpoint as it was seen."""
    return parts.form(
        address,
        seen_fields(one, _SEEN, version),
        parts.submit("Delete the endpoint", danger=True),
    )


def stale(form: Form, present: Mapping[str, Any]) -> Node:
    """What somebody else has changed since the form was shown."""
    now = {name: present[name] for name in _EDITED}
    return h.div(".fault", role="alert")[
        h.p[
            "Somebody else has changed this endpoint since you opened it, so nothing was saved. "
            "What you typed is below: save again to put it in the place of theirs."
        ],
        parts.change_table(seen_of(form), now),
    ]


def _main_fields(fields: Fields) -> Node:
    return [
        fields.text(
            "Address", "url", type="url", required=True, hint="https://… on the public internet."
        ),
        fields.area(
            "Events",
            "event_types",
            rows=3,
            hint="One a line: site.update, families such as tariff.*, or * for all.",
        ),
        fields.text("Description", "description", hint="For people."),
    ]


def _secret_fields(fields: Fields, *, kept: bool = False) -> Node:
    hint = "One a line, as Name: value. Values are encrypted and not shown again."
    return h.details[
        h.summary["Headers and credentials of its own"],
        fields.area("Headers", "headers", rows=2, hint=hint, params=("headers",)),
        fields.text("User name", "username", params=("basic_auth.username",), autocomplete="off"),
        fields.text(
            "Password",
            "password",
            type="password",
            params=("basic_auth",),
            autocomplete="new-password",
            hint="Sent as HTTP Basic with each delivery.",
        ),
        kept and fields.box("Remove those that it has", "remove_headers"),
    ]


def _secrets_of(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if lines := lines_of(form["headers"]):
        pairs = (line.partition(":") for line in lines)
        found["headers"] = {name.strip(): value.strip() for name, _, value in pairs}
    if form["username"] or form["password"]:
        found["basic_auth"] = {"username": form["username"], "password": form["password"]}
    return found


def _send(words: str) -> Node:
    return h.p[parts.submit(words)]
