"""The import of the screen Sites: a file of many sites, its progress, and its faulty lines."""

import io
from collections.abc import AsyncIterator, Sequence
from typing import Final

import htpy as h
from htpy import Node

from wattyard.kernel.context import Contexts
from wattyard.kernel.refusals import Refusal
from wattyard.people.domain import Role
from wattyard.platform.db import Database
from wattyard.platform.http.call import StreamedAnswer
from wattyard.sites.domain.arrivals import Arrival, FileInvalid, ImportTally
from wattyard.sites.service import Fleet, FleetFiles
from wattyard.web.dashboard import parts, progress
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.forms import (
    NO_FAULTS,
    Fields,
    FormFaults,
    FormInvalid,
    UploadedFile,
    sentence,
)
from wattyard.web.dashboard.visit import Visit

_SHOWN_REFUSALS: Final = 1000
_EXAMPLE: Final = """\
reference_id,city,country_code,max_power_import_kw,devices.1.type,devices.1.reference_id
home-1,Leeds,GB,17.3,BATTERY_SYSTEM,B-0001
home-2,Lyon,FR,9,EV_CHARGER,C-0002
"""


@page("GET", "/sites/import", role=Role.DEVELOPER)
async def import_form(visit: Visit) -> Screen:
    """Show the form for a file."""
    return _form(visit, NO_FAULTS)


@page("POST", "/sites/import", role=Role.DEVELOPER)
async def import_file(
    visit: Visit, files: FleetFiles, fleet: Fleet, contexts: Contexts, db: Database
) -> Screen | StreamedAnswer:
    """Import a file batch by batch, and say how far it is meanwhile."""
    upload = visit.form.files.get("file")
    if upload is None or not upload.content:
        return _form(visit, _fault("choose a file: NDJSON or CSV, with at least one line"), 422)
    work = _Import(visit, upload, fleet, contexts, db)
    batches = files.batches(io.BytesIO(upload.content), work.tally, is_csv=work.is_csv)
    try:
        first: list[Arrival] = await anext(batches, [])
    except FileInvalid as fault:
        return _form(visit, _fault(str(fault)), 422)
    screen = _screen(
        visit,
        h.p[
            f"{upload.name}: ",
            "the lines are checked, nothing is kept."
            if work.only_check
            else "the lines are imported. Stay on this page until it says how many.",
        ],
    )
    return progress.growing(visit, screen, work.pieces(first, batches))


class _Import:
    """One file on its way into an account."""

    def __init__(
        self, visit: Visit, upload: UploadedFile, fleet: Fleet, contexts: Contexts, db: Database
    ) -> None:
        self.tally = ImportTally()
        self.only_check = visit.form["only_check"] == "on"
        self.is_csv = upload.name.lower().endswith((".csv", ".txt"))
        self._visit = visit
        self._name = upload.name
        self._lines = max(upload.content.count(b"\n"), 1)
        self._fleet = fleet
        self._contexts = contexts
        self._db = db

    async def pieces(
        self, first: list[Arrival], others: AsyncIterator[list[Arrival]]
    ) -> AsyncIterator[Node]:
        """Import, and give a bar after each batch; in the end what became of all lines."""
        formats = self._visit.formats()
        batch = first
        while batch:
            try:
                await self._take(batch)
            except Refusal as refusal:
                yield h.p(".fault", role="alert")[
                    f"The import stopped before line {batch[0].line}: {sentence(str(refusal))} "
                    "Send the file again: what is kept stays as it is."
                ]
                break
            done = self.tally.taken + len(self.tally.refused)
            says = f"{formats.number(done)} of about {formats.number(self._lines)} lines"
            yield progress.bar(done, self._lines, says)
            batch = await anext(others, [])
        yield h.div(".progress")
        yield _outcome(self._visit, self.tally, only_check=self.only_check)

    async def _take(self, batch: Sequence[Arrival]) -> None:
        """Import a batch, with a line in the audit log of who did it."""
        # Each batch is a call of its own, whose events have its time.
        context = self._contexts.of(self._visit.caller, self._visit.call.request_id)
        if self.only_check:
            self.tally.add(await self._fleet.bring_in(context, batch, dry_run=True))
            return
        async with self._db.transaction():
            kept = await self._fleet.bring_in(context, batch)
            await self._visit.note(
                "import sites",
                after={
                    "file": self._name,
                    "lines": [batch[0].line, batch[-1].line],
                    "created": kept.created,
                    "updated": kept.updated,
                    "unchanged": kept.unchanged,
                    "refused": len(kept.refused),
                },
            )
        self.tally.add(kept)


def _outcome(visit: Visit, tally: ImportTally, *, only_check: bool) -> Node:
    formats = visit.formats()
    would = "would be " if only_check else ""
    refused = sorted(tally.refused, key=lambda one: one.line)
    return [
        h.div(".figures")[
            (
                parts.figure(formats.number(count), f"{would}{says}", kind=kind if count else "")
                for count, says, kind in (
                    (tally.created, "new", ""),
                    (tally.updated, "changed", ""),
                    (tally.unchanged, "as they were", ""),
                    (len(refused), "refused", "bad"),
                )
            )
        ],
        bool(refused)
        and parts.card(
            "Refused lines",
            h.p["Correct them and send the file again: the other lines are then as they were."],
            parts.table(
                ("Line", "Why"),
                [(formats.number(one.line), one.reason) for one in refused[:_SHOWN_REFUSALS]],
                label="Refused lines",
            ),
            len(refused) > _SHOWN_REFUSALS
            and h.p(".faint")[f"and {formats.number(len(refused) - _SHOWN_REFUSALS)} more"],
        ),
        h.p(".actions")[
            parts.button("Another file", visit.link("/sites/import")),
            parts.button("To the sites", visit.link("/sites"), main=True),
        ],
    ]


def _form(visit: Visit, faults: FormFaults, status: int = 200) -> Screen:
    fields = Fields(visit.form, faults)
    contents = [
        fields.text(
            "File", "file", type="file", accept=".csv,.txt,.json,.ndjson,.jsonl", required=True,
            hint="NDJSON or CSV, up to 8 MiB; wattyard site import takes files of any size",
        ),
        fields.box("Only check it", "only_check", hint="every line is judged, nothing is kept"),
    ]  # fmt: skip
    return _screen(
        visit,
        parts.form(
            visit.link("/sites/import"),
            faults.rest(),
            contents,
            h.p(".actions")[parts.submit("Import")],
            upload=True,
        ),
        parts.card(
            "What a file looks like",
            h.p[
                "A CSV file has a site a row. A column is named by its path in the body of ",
                h.code["POST /sites"],
                "; address and position have short names. An NDJSON file has such a body a line.",
            ],
            h.p["A known reference_id updates that site: the same file can be sent again."],
            h.pre(".code", tabindex="0")[h.code[_EXAMPLE]],
        ),
        status=status,
    )


def _screen(visit: Visit, *body: Node, status: int = 200) -> Screen:
    return Screen(
        title="Import sites",
        path="/sites",
        above=(("Sites", visit.link("/sites")),),
        body=body,
        status=status,
    )


def _fault(says: str) -> FormFaults:
    return FormFaults(FormInvalid(says, param="file"))


PAGES: Final[Sequence[DashboardPage]] = (import_form, import_file)
