"""A session that ended while somebody filled in a form: they log in, and send it again."""

import json
from collections.abc import Sequence
from typing import Final

import htpy as h
from htpy import Node

from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import Screen
from wattyard.web.dashboard.forms import NO_FAULTS, Fields, FormFaults
from wattyard.web.dashboard.visit import Visit

_KEPT: Final = "kept"
_KEPT_CHARACTERS: Final = 200_000
_LEADS_AWAY: Final = ("\\", "\n", "\r", "//", "/..", "/./", "%2e")
"""What browsers read as another path, or as another host (URL Standard, path state)."""
_PASSWORDS: Final = {"password": "Password", "present_password": "Present password"}
"""Fields that are typed again, and their labels: no page shows what was typed into them."""


def log_in_first(visit: Visit) -> Screen:
    """The page for logging in that keeps the form which the visit sent."""
    fields = {
        name: [""] if name in _PASSWORDS else values for name, values in visit.form.fields.items()
    }
    kept = json.dumps({"to": visit.here(), "fields": fields}, ensure_ascii=False)
    files = "" if not visit.form.files else " Choose the file again afterwards."
    return Screen(
        title="Your session has ended",
        status=401,
        body=[
            h.p[f"Log in to go on. What you typed is kept.{files}"],
            log_in_form(visit, kept=kept if len(kept) <= _KEPT_CHARACTERS else ""),
        ],
    )


def log_in_form(
    visit: Visit, *, next_: str = "", kept: str = "", faults: FormFaults = NO_FAULTS
) -> Node:
    """E-mail address and password; where the person goes next, or what they send again."""
    fields = Fields({"email": visit.form["email"]}, faults)
    return parts.form(
        visit.root("/dashboard/login"),
        fields.text("E-mail", "email", type="email", autocomplete="username", required=True),
        fields.text(
            "Password", "password",
            type="password", autocomplete="current-password", required=True,
        ),
        faults.rest(),
        next_ and h.input(type="hidden", name="next", value=next_),
        kept and h.input(type="hidden", name=_KEPT, value=kept),
        h.p[parts.submit("Log in")],
    )  # fmt: skip


def of_one_cell(cell: int | None) -> Node:
    """Say that people of other cells log in elsewhere; nothing where there are no cells."""
    if cell is None:
        return None
    return h.p(".note")[
        f"This log-in page is for cell c{cell} alone. Is your account in another cell, or was it "
        "moved there? Log in at the address of that cell: whoever runs this service knows it."
    ]


def own_path(visit: Visit, address: str) -> str:
    """Give an address if it is a page of this dashboard, else that of its first page."""
    start = visit.root("/dashboard")
    is_own = address == start or address.startswith((f"{start}/", f"{start}?"))
    plain = not any(one in address.lower() for one in _LEADS_AWAY)
    return address if is_own and plain and address.isprintable() else start


def send_again(visit: Visit, kept: str) -> Screen | None:
    """The page that shows a kept form and sends it again; None where nothing was kept."""
    try:
        found = json.loads(kept)
        to, fields = own_path(visit, str(found["to"])), dict(found["fields"])
        lines = [
            (name, str(value))
            for name, values in fields.items()
            for value in _all(values)
            if name not in _PASSWORDS
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Screen(
        title="Send it again",
        body=[
            h.p["You are logged in. This is what you had typed:"],
            parts.facts(*((name, value) for name, value in lines)),
            parts.form(
                to,
                (h.input(type="hidden", name=name, value=value) for name, value in lines),
                (
                    Fields({}).text(label, name, type="password", autocomplete="off")
                    for name, label in _PASSWORDS.items()
                    if name in fields
                ),
                h.p(".actions")[parts.submit("Send"), parts.button("Leave it", start(visit))],
            ),
        ],
    )


def start(visit: Visit) -> str:
    """The address of the dashboard's first page."""
    return visit.root("/dashboard")


def _all(values: Sequence[str] | str) -> Sequence[str]:
    return [values] if isinstance(values, str) else values
