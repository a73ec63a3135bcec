"""The page of a customer: what is known of it, and the rights of people over their data."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.refusals import Malformed
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.platform.http.call import StreamedAnswer
from wattyard.sites.service import PersonalData
from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.forms import NO_FAULTS, Fields, FormFaults
from wattyard.web.dashboard.screens import objects
from wattyard.web.dashboard.visit import Visit

_PATH: Final = "/customers/{customer}"
_API: Final = "/customers"


class ReferenceUnlike(Malformed):
    """What was typed to confirm is not the customer's reference."""

    code = "reference_unlike"


@page("GET", _PATH)
async def customer(visit: Visit, customer: str) -> Screen:
    """Show a customer."""
    return _screen(visit, await visit.api("GET", f"{_API}/{customer}"), NO_FAULTS)


@page("POST", f"{_PATH}/export", role=Role.OWNER)
async def export_customer(visit: Visit, customer: str, kept: PersonalData) -> StreamedAnswer:
    """Give out all that is kept of a customer, as a file."""
    found = await visit.api("GET", f"{_API}/{customer}", shown=False)
    pieces = kept.document(visit.context, ids.read(found["id"], "cus", param="customer"))
    first = await anext(pieces)
    async with visit.tools.db.transaction():
        await visit.note("customer.export", object_id=found["id"])
    disposition = f'attachment; filename="{found["id"]}.json"'.encode()
    return StreamedAnswer(
        _encoded(first, pieces),
        b"application/json",
        headers=[(b"content-disposition", disposition)],
    )


@page("POST", f"{_PATH}/erase", role=Role.OWNER)
async def erase_customer(visit: Visit, customer: str, kept: PersonalData) -> Screen | Answer:
    """Erase a customer, once its reference was typed to confirm it.

    That it was asked for is in the audit log before anything goes: what is gone cannot say so.
    """
    found = await visit.api("GET", f"{_API}/{customer}", shown=False)
    if _in_one_line(visit.form["reference"]) != _in_one_line(_to_type(found)):
        refusal = ReferenceUnlike(
            "the reference is another one, so nothing was erased", param="reference"
        )
        return _screen(visit, found, FormFaults(refusal), status=422)
    async with visit.tools.db.transaction():
        await visit.note("customer.erase", object_id=found["id"])
    visit.if_broken = (
        "The customer may have been erased only in part. As long as it is found, erase it again: "
        "that continues where this stopped."
    )
    rows = await kept.erase(visit.context, ids.read(found["id"], "cus", param="customer"))
    async with visit.tools.db.transaction():
        await visit.note("customer.erased", object_id=found["id"], after={"rows": rows})
    count = visit.formats().number(sum(rows.values()), digits=0)
    told = f"The customer is erased, with {count} rows in all. Earlier backups still have it."
    return visit.go(visit.link("/sites"), told=told)


async def whose(visit: Visit, customer_id: str) -> Node:
    """Say whose sites a list shows."""
    found = await visit.api("GET", f"{_API}/{customer_id}", shown=False)
    address = visit.link(f"/customers/{found['id']}")
    return h.p["Sites of ", h.a(href=address)[words.short(_name(found))]]


def _name(found: Mapping[str, Any]) -> str:
    return str(found["metadata"].get("name") or found["reference_id"] or found["id"])


def _to_type(found: Mapping[str, Any]) -> str:
    """What somebody types to confirm that this customer is meant."""
    return str(found["reference_id"] or found["id"])


def _in_one_line(text: str) -> str:
    """Write white space as pages show it, and as a field takes what is copied from them."""
    return " ".join(text.split())


def _screen(
    visit: Visit, found: Mapping[str, Any], faults: FormFaults, *, status: int = 200
) -> Screen:
    return Screen(
        title=_name(found),
        path="/sites",
        above=(("Sites", visit.link("/sites")),),
        actions=parts.button("Its sites", visit.link("/sites", customer=found["id"]), main=True),
        status=status,
        body=[
            parts.facts(
                ("Reference", found["reference_id"] and words.short(found["reference_id"])),
                ("Made", visit.formats().when(found["time_created"])),
                *(
                    (words.short(name), words.short(str(value)))
                    for name, value in found["metadata"].items()
                ),
                ("Id", objects.with_json(visit, found["id"])),
            ),
            _rights(visit, found, faults),
        ],
    )


def _rights(visit: Visit, found: Mapping[str, Any], faults: FormFaults) -> Node:
    """What a person may ask for of what is kept of them; an owner of the account does it."""
    title = "Personal data"
    if not visit.may(Role.OWNER):
        return parts.card(
            title,
            h.p["An owner of the account can export and erase everything that is kept about it."],
        )
    address = visit.link(f"/customers/{found['id']}")
    fields = Fields({}, faults)
    return [
        parts.card(
            title,
            h.p[
                "Everything that is kept about the customer as one file: sites and devices with "
                "their states, readings, tariffs and plans, and what the logs say of them."
            ],
            parts.form(f"{address}/export", parts.submit("Export", main=False)),
        ),
        parts.card(
            "Erase the customer",
            h.p[
                "Its sites, devices and readings go, and every mention in the logs. This cannot be "
                "undone, and takes some seconds. Devices that stand at other sites, too, stay."
            ],
            parts.form(
                f"{address}/erase",
                fields.text(
                    "Reference", "reference", autocomplete="off", required=True,
                    hint=f"To confirm, type {_to_type(found)}",
                ),
                h.p[parts.submit("Erase the customer", danger=True)],
            ),
        ),
    ]  # fmt: skip


async def _encoded(first: str, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[bytes, None]:
    yield first.encode()
    async for piece in pieces:
        yield piece.encode()


PAGES: Final[tuple[DashboardPage, ...]] = (customer, export_customer, erase_customer)
