"""Lines of an import as JSON: each is a body of `POST /sites` with a `reference_id`."""

from functools import partial
from typing import Any

from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Patch, convert, type_forms
from wattyard.sites.domain.arrivals import Arrival, DeviceArrival
from wattyard.sites.domain.devices import Device, DeviceDraft
from wattyard.sites.wire.devices import DeviceBody, changed_device, device_drafts
from wattyard.sites.wire.site_bodies import SiteBody, SiteChange
from wattyard.sites.wire.sites import changed_site, site_draft

Json = dict[str, Any]


def arrival(line: int, body: Json) -> Arrival:
    """Read a line.

    Raises:
        Malformed: with every fault of the line.
    """
    shaped = convert(body, SiteBody)
    if shaped.reference_id is None:
        raise Malformed(
            "reference_id is required: it identifies a site that is already known",
            param="reference_id",
            code="reference_id_missing",
        )
    said = {name: value for name, value in body.items() if name != "devices"}
    devices = [
        DeviceArrival(draft, partial(_onto, changes=raw))
        for draft, raw in zip(
            device_drafts(shaped.devices or ()), body.get("devices") or (), strict=True
        )
    ]
    references = [device.draft.reference_id for device in devices]
    if len(set(references)) < len(references):
        raise Malformed(
            "devices must have different reference_ids", param="devices", code="devices_invalid"
        )
    return Arrival(
        line,
        shaped.reference_id,
        site_draft(shaped),
        lambda place: changed_site(place, Patch(said, SiteChange), SiteChange),
        devices,
    )


def is_field(path: tuple[str, ...]) -> bool:
    """Whether a path such as `("devices", "1", "type")` names a field of a line."""
    return _form_at(path) is not None


def typed(cells: dict[tuple[str, ...], str]) -> Json:
    """Nest the cells of a table's row, reading numbers and booleans as such.

    A cell that should be a number but is not stays text, so that it is reported by name.
    """
    body: Json = {}
    for path, text in cells.items():
        place = body
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = _read(text, _form_at(path))
    if "devices" in body:
        numbered = body["devices"]
        body["devices"] = [numbered[number] for number in sorted(numbered, key=int)]
    return body


def _onto(device: Device, changes: Json) -> DeviceDraft:
    draft, _ = changed_device(device, Patch(changes, DeviceBody))
    return draft


def _form_at(path: tuple[str, ...]) -> type_forms.TypeForm | None:
    form: type_forms.TypeForm = SiteBody
    for name in path:
        form = type_forms.apart(form).form
        if type_forms.is_struct(form):
            form = {field.name: field.form for field in type_forms.fields(form)}.get(name)
        elif type_forms.origin(form) is list and name.isdigit():
            form = type_forms.arguments(form)[0]
        elif type_forms.origin(form) is dict:
            form = type_forms.arguments(form)[1]
        else:
            return None
        if form is None:
            return None
    inner = type_forms.apart(form).form
    is_whole_thing = type_forms.is_struct(inner) or type_forms.origin(inner) in (list, dict)
    return None if is_whole_thing else form


def _read(text: str, form: type_forms.TypeForm) -> Any:  # noqa: ANN401 (a JSON value)
    inner = type_forms.apart(form).form
    if inner is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if inner in (int, float):
        try:
            return inner(text)
        except ValueError:
            return text
    return text
