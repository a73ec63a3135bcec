"""The upload of readings on the screen Site: a meter's file, its progress and what was refused."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Final, get_args
from uuid import UUID

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.refusals import Malformed, Refusal
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import FlowDirection
from wattyard.meters.domain.uploads import MeterUpload, UploadChunk, UploadTally, UploadUnreadable
from wattyard.meters.service import Meters, MeterUploads
from wattyard.people.domain import Role
from wattyard.platform.db import Database
from wattyard.platform.http.call import StreamedAnswer
from wattyard.platform.http.inside import Request
from wattyard.web.dashboard import parts, progress, words
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.forms import Fields, FormFaults, FormInvalid, sentence
from wattyard.web.dashboard.screens.shown_site import ShownSite
from wattyard.web.dashboard.visit import Visit

_SHOWN_REFUSALS: Final = 500
_UNITS: Final = (("KWH", "kWh"), ("WH", "Wh"), ("KW", "mean kW"), ("W", "mean W"))
_DIRECTIONS: Final = (("INBOUND", "From the grid"), ("OUTBOUND", "Into the grid"))
_DATES: Final = (("", "Dates such as 2026-03-27"), ("day", "27/03/2026"), ("month", "03/27/2026"))
_USUAL: Final = {"start": "start_time", "end": "end_time", "value": "energy_kwh"}


@page("GET", "/sites/{site}/upload", role=Role.DEVELOPER)
async def upload_form(visit: Visit, site: str) -> Screen:
    """Show the form for a file of readings."""
    return _form(await _shown_site(visit, site), Fields({**_USUAL, **visit.query}))


@page("POST", "/sites/{site}/upload", role=Role.DEVELOPER)
async def upload_readings(
    visit: Visit, site: str, uploads: MeterUploads, meters: Meters, db: Database
) -> Screen | StreamedAnswer:
    """Keep the readings of a file, and say how far it is meanwhile."""
    place = await _shown_site(visit, site)
    try:
        upload = _upload(place)
        chunks = uploads.chunks(upload)
        first = await anext(chunks)
    except UploadUnreadable as fault:
        refusal = FormInvalid(str(fault), param=fault.about)
        return _form(place, Fields(visit.form, FormFaults(refusal)), 422)
    except Malformed as refusal:
        return _form(place, Fields(visit.form, FormFaults(refusal)), 422)
    async with db.transaction():
        batch = await meters.begin(visit.context)
        said = {"file": upload.name, "location_id": place.location_id}
        await visit.note("upload readings", object_id=ids.wire("bat", batch.id), after=said)
    screen = _screen(place, h.p[f"{upload.name}: the readings are kept as they are read."])
    return progress.growing(visit, screen, _pieces(place, uploads, batch, first, chunks))


async def _pieces(
    place: ShownSite,
    uploads: MeterUploads,
    batch: MeterBatch,
    first: UploadChunk,
    others: AsyncIterator[UploadChunk],
) -> AsyncIterator[Node]:
    """Keep chunk after chunk, and give how many; in the end what became of all."""
    formats, tally, chunk = place.formats, UploadTally(), first
    try:
        while True:
            batch = await uploads.keep(place.visit.context, batch, chunk, tally)
            if chunk.is_last:
                break
            yield h.p(".progress")[f"{formats.number(tally.kept)} readings kept so far …"]
            chunk = await anext(others)
    except Refusal as refusal:
        yield h.p(".fault", role="alert")[
            f"The upload stopped: {sentence(str(refusal))} Send the file again: a reading of a "
            "known period replaces it."
        ]
    yield h.p(".progress")
    yield _outcome(place, tally)


async def _shown_site(visit: Visit, site: str) -> ShownSite:
    found, location = await visit.together(
        Request(method="GET", path=f"/sites/{site}"),
        Request(method="GET", path=f"/locations/{site}"),
    )
    return ShownSite(visit, found, location)


def _upload(place: ShownSite) -> MeterUpload:
    """Read the form.

    Raises:
        UploadUnreadable: when there is no file.
        Malformed: when a field of the form makes no sense.
    """
    form = place.visit.form
    file = form.files.get("file")
    if file is None or not file.content:
        raise UploadUnreadable("choose a file with readings: CSV, NEM12 or Green Button")
    minutes = form.number("minutes")
    if minutes is not None and not (isinstance(minutes, int) and 0 < minutes <= 1440):
        raise FormInvalid("minutes must be a whole number from 1 to 1,440", param="minutes")
    return MeterUpload(
        name=file.name,
        content=file.content,
        zone=place.zone_name,
        site_id=ids.read(place.location_id, "loc", param="site"),
        device_id=_device(place, form["device"]),
        start=form["start"],
        end="" if minutes else form["end"],
        minutes=minutes,
        value=form["value"] or "energy_kwh",
        unit=_one_of(form["unit"], ("KWH", "WH", "KW", "W")),
        direction=_one_of(form["direction"], get_args(FlowDirection)),
        day_first={"day": True, "month": False}.get(form["dates"]),
    )


def _device(place: ShownSite, text: str) -> UUID | None:
    """The device whose readings they are, if it stands at the site."""
    if text in {one["id"] for one in place.site["devices"]}:
        with suppress(Malformed):
            return ids.read(text, "dev", param="device")
    return None


def _one_of(text: str, known: Sequence[str]) -> Any:  # noqa: ANN401 (one of the words)
    return text if text in known else known[0]


def _outcome(place: ShownSite, tally: UploadTally) -> Node:
    formats, visit = place.formats, place.visit
    refused = len(tally.refused) + tally.unlisted
    shown = tally.refused[:_SHOWN_REFUSALS]
    more = refused - len(shown)
    return [
        h.div(".figures")[
            parts.figure(formats.number(tally.kept), "readings kept"),
            parts.figure(formats.number(refused), "refused", kind="bad" if refused else ""),
        ],
        bool(shown)
        and parts.card(
            "Refused readings",
            parts.table(
                ("Where", "Why"),
                [(one.where, sentence(one.message)) for one in shown],
                label="Refused readings",
            ),
            more > 0 and h.p(".faint")[f"and {formats.number(more)} more"],
        ),
        h.p(".actions")[
            parts.button("Another file", visit.link(f"{place.path}/upload")),
            parts.button("To the site", visit.link(place.path), main=True),
        ],
    ]


def _form(place: ShownSite, fields: Fields, status: int = 200) -> Screen:
    devices = [(one["id"], words.device_name(one)) for one in place.site["devices"]]
    contents = [
        fields.text(
            "File", "file", type="file", required=True,
            hint="CSV, NEM12 or Green Button, up to 8 MiB; wattyard meter import takes any size",
        ),
        fields.choice("Of", "device", (("", "The site's meter"), *devices)),
        h.fieldset[
            h.legend["Where a CSV file has its times and values"],
            h.div(".fields")[
                fields.text("Column of start times", "start"),
                fields.text("Column of end times", "end"),
                fields.text(
                    "Or the length of a period", "minutes", unit="minutes", inputmode="numeric"
                ),
                fields.choice("Dates", "dates", _DATES),
                fields.text("Column of values", "value"),
                fields.choice("Unit", "unit", _UNITS),
                fields.choice("Direction", "direction", _DIRECTIONS),
            ],
            h.p(".faint")[f"Times without an offset are those of {place.zone_name}."],
        ],
    ]  # fmt: skip
    address = place.visit.link(f"{place.path}/upload")
    actions = h.p(".actions")[parts.submit("Upload")]
    return _screen(
        place,
        parts.form(address, fields.faults.rest(), contents, actions, upload=True),
        status=status,
    )


def _screen(place: ShownSite, *body: Node, status: int = 200) -> Screen:
    visit = place.visit
    name = str(place.site["reference_id"] or place.site["id"])
    return Screen(
        title="Upload readings",
        path="/sites",
        above=(("Sites", visit.link("/sites")), (name, visit.link(place.path))),
        body=body,
        status=status,
    )


PAGES: Final[Sequence[DashboardPage]] = (upload_form, upload_readings)
