"""The page where published tariffs are imported: URDB rates, Octopus lists, CDR energy plans."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel.refusals import Malformed, Refusal
from wattyard.people.domain import Role
from wattyard.platform.decoding import json_value
from wattyard.platform.http import Answer
from wattyard.sites.service import SiteSearches
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens.site_choice import choice, title_of
from wattyard.web.dashboard.visit import Visit

PATH: Final = "/tariffs/import"
_FORMATS: Final = (
    ("urdb", "OpenEI URDB: one rate"),
    ("octopus", "Octopus: the unit rates of a product"),
    ("cdr", "Australian CDR: an energy plan"),
)
_DATES: Final = ("contract_start_date", "contract_end_date")


@page("GET", PATH, role=Role.DEVELOPER)
async def import_form(visit: Visit, searches: SiteSearches) -> Screen:
    """Show the form of an import; the site first, where none is named."""
    if not visit.query.get("location"):
        found = await choice(visit, searches, PATH, lambda id_: visit.link(PATH, location=id_))
        return _screen(visit, "Import a tariff", [h.p["Choose the site that it is for."], found])
    location = await _location(visit, visit.query["location"])
    return _form(visit, location, Fields({"format": "urdb"}))


@page("POST", PATH, role=Role.DEVELOPER)
async def import_tariffs(visit: Visit) -> Screen | Answer:
    """Connect the tariffs of a document: all of them, or none."""
    location = await _location(visit, visit.form["location"])
    try:
        document = _document(visit)
        query = {
            "format": visit.form["format"],
            "location_id": location["id"],
            **{name: visit.form[name] for name in _DATES if visit.form[name]},
            "allow_partial": "true" if visit.form["allow_partial"] else "false",
            "allow_implausible": "true" if visit.form["allow_implausible"] else "false",
        }
        made = await visit.change("POST", "/tariffs/import", query=query, body=document)
    except Refusal as refusal:
        return _form(visit, location, Fields(visit.form, FormFaults(refusal)), status=422)
    if not made["warnings"]:
        count = len(made["data"])
        told = "The tariff is connected." if count == 1 else f"{count} tariffs are connected."
        return visit.go(visit.link("/tariffs", location=location["id"]), told=told)
    return _screen(visit, "Imported, with parts to look at", _imported(visit, location, made))


async def _location(visit: Visit, location_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = await visit.api("GET", f"/locations/{location_id}", shown=False)
    return found


def _document(visit: Visit) -> Any:  # noqa: ANN401 (a JSON document)
    """Read the document that was chosen as a file, or pasted.

    Raises:
        Malformed: when there is none, or it is not JSON.
    """
    file = visit.form.files.get("file")
    raw = file.content if file is not None else visit.form["document"].encode()
    if not raw.strip():
        raise Malformed(
            "choose a file, or paste the document", param="document", code="json_invalid"
        )
    try:
        return json_value(raw)
    except Refusal as fault:
        message = fault.first.message.replace("the body", "the document")
        raise Malformed(message, param="document", code=fault.first.code) from None


def _form(
    visit: Visit, location: Mapping[str, Any], fields: Fields, *, status: int = 200
) -> Screen:
    contents = [
        fields.choice("What the document is", "format", _FORMATS),
        fields.text("File", "file", type="file", accept=".json,application/json"),
        fields.area(
            "Or the document itself, pasted", "document", rows=10, hint="JSON, as it is published"
        ),
        h.div(".fields")[
            fields.text(
                "From", "contract_start_date", hint="the first day; empty: as the document says"
            ),
            fields.text(
                "Until",
                "contract_end_date",
                hint="the day after the last; empty: as the document says",
            ),
        ],
        fields.box(
            "Leave out what no tariff can express", "allow_partial", hint="it is listed afterwards"
        ),
        fields.box("Accept prices that look implausible", "allow_implausible"),
    ]
    body = parts.form(
        visit.link(PATH),
        h.input(type="hidden", name="location", value=location["id"]),
        contents,
        fields.faults.rest(),
        h.p(".actions")[parts.submit("Import")],
        upload=True,
    )
    none = h.p(".faint")[
        "There is no library of tariffs on this server yet: a document that the supplier or a "
        "public database publishes is the quickest start."
    ]
    title = f"Import a tariff for {title_of(location)}"
    return _screen(visit, title, [none, parts.card("The document", body)], status=status)


def _imported(visit: Visit, location: Mapping[str, Any], made: Mapping[str, Any]) -> Node:
    """Name what was left out or is doubtful, and lead to what was connected."""
    rows = [(h.code[one["param"] or ""], one["message"]) for one in made["warnings"]]
    tariffs = [
        h.li[h.a(href=visit.link(f"/tariffs/{one['id']}"))[one["display_name"] or one["id"]]]
        for one in made["data"]
    ]
    return [
        h.p(".told", role="status")[f"{len(made['data'])} tariffs are connected."],
        h.ul[tariffs],
        parts.card(
            "Left out, or doubtful",
            parts.table(("In the document", "What"), rows, label="Left out, or doubtful"),
        ),
        h.p[parts.button("To the tariffs", visit.link("/tariffs", location=location["id"]))],
    ]


def _screen(visit: Visit, title: str, body: Node, *, status: int = 200) -> Screen:
    return Screen(
        title=title,
        path="/tariffs",
        above=(("Tariffs", visit.link("/tariffs")),),
        body=body,
        status=status,
    )


PAGES: Final[Sequence[DashboardPage]] = (import_form, import_tariffs)
