"""Which plan the screen Plan shows: of a site or one device, kept or by the wishes of its form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from wattyard.kernel import civil, ids, instants
from wattyard.kernel.refusals import Missing, Refusal
from wattyard.schedules.service import KeptPlans
from wattyard.sites.domain.states import StateReport
from wattyard.sites.service import States
from wattyard.web.dashboard.forms import Form
from wattyard.web.dashboard.screens.plan_documents import PLANNED_TYPES
from wattyard.web.dashboard.visit import Visit

WISHES: Final = (
    "state_of_charge_percent",
    "target_state_of_charge_percent",
    "backup_reserve_percent",
    "schedule_horizon",
)
_MOST_DEVICES: Final = 100
_LOOKED_AT: Final = 4
"""Of so many devices of a site a kept plan is looked for."""


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A location, its devices, the one that is planned alone, and what was typed.

    `submitted` says whether the form was sent: then its wishes count, and no kept plan is shown.
    """

    location: Mapping[str, Any]
    devices: Sequence[Mapping[str, Any]]
    device: Mapping[str, Any] | None
    form: Form
    submitted: bool

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site."""
        return civil.zone(self.location["timezone"])

    @property
    def names(self) -> dict[str, str]:
        """References of devices by their ids."""
        return {one["id"]: one["reference_id"] or one["id"] for one in self.devices}

    @property
    def planned(self) -> list[Mapping[str, Any]]:
        """Devices that can be planned alone, by their state of charge."""
        return [one for one in self.devices if one["type"] in PLANNED_TYPES]

    @property
    def path(self) -> str:
        """The API's path of the plan."""
        return "/schedules/site" if self.device is None else "/schedules/soc"

    @property
    def body(self) -> dict[str, Any]:
        """The API's body of the plan."""
        found = {name: self.form.number(name) for name in self._wishes}
        if self.device is not None:
            found["ready_by"] = _instant(self.form["ready_by"], self.zone)
        wishes = {name: value for name, value in found.items() if value is not None}
        device = {} if self.device is None else {"device_id": self.device["id"]}
        return {**device, "location_id": self.location["id"], **wishes, "explain": True}

    @property
    def _wishes(self) -> Sequence[str]:
        return WISHES if self.device is not None else ("schedule_horizon",)

    @property
    def types(self) -> dict[str, str]:
        """Types of devices by their ids."""
        return {one["id"]: one["type"] for one in self.devices}

    async def reports(self, visit: Visit, states: States) -> dict[str, StateReport]:
        """Read what each device reported last."""
        planned = [ids.read(one["id"], "dev", param="device") for one in self.planned]
        newest = await states.newest(visit.context, planned)
        return {ids.wire("dev", id_): report for id_, report in newest.items()}


async def question_of(visit: Visit, given: Mapping[str, str]) -> PlanQuestion:
    """Read which plan is asked for by the address, or by a form that keeps it.

    Raises:
        DeviceNotFound, LocationNotFound: when the account has none of that id.
        Missing: when the device is at no location.
    """
    form = Form({name: [value] for name, value in given.items()})
    device, location_id = None, form["location"]
    if form["device"]:
        device = await visit.api("GET", f"/devices/{form['device']}", shown=False)
        if not location_id and not device["locations"]:
            raise Missing(f"device {device['id']} is at no location", code="location_not_found")
        location_id = location_id or device["locations"][0]
    location = await visit.api("GET", f"/locations/{location_id}", shown=False)
    query = {"location_id": location["id"], "limit": _MOST_DEVICES}
    devices = (await visit.api("GET", "/devices", query=query, shown=False))["data"]
    if device is not None and device["id"] not in [one["id"] for one in devices]:
        devices = [device, *devices]
    return PlanQuestion(location, devices, device, form, "plan" in given)


async def kept_plan(
    visit: Visit, question: PlanQuestion, plans: KeptPlans
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Read the plan that is kept of the device, or of the first one of the site that has one.

    The API's answer, and the body of the request that it answers.
    """
    devices = [question.device] if question.device is not None else question.planned[:_LOOKED_AT]
    for device in devices:
        try:
            kept: Mapping[str, Any] = await visit.api("GET", f"/devices/{device['id']}/plan")
        except Missing:
            continue
        if kept["location_id"] == question.location["id"]:
            id_ = ids.read(device["id"], "dev", param="device")
            plan, _ = await plans.of_device(visit.context, id_)
            return kept, json.loads(plan.request)
    return None


async def new_plan(
    visit: Visit, question: PlanQuestion
) -> tuple[Mapping[str, Any] | None, Refusal | None]:
    """Make a plan by the wishes of the form; or say why there is none."""
    try:
        return await visit.api("POST", question.path, body=question.body), None
    except Refusal as refusal:
        return None, with_names(refusal, question)


def with_names(refusal: Refusal, question: PlanQuestion) -> Refusal:
    """Call devices by their names, in quotes, in the messages of a refusal."""
    quoted = {id_: f"“{name}”" for id_, name in question.names.items()}
    refusal.faults = tuple(
        fault._replace(message=named(fault.message, quoted)) for fault in refusal.faults
    )
    return refusal


def named(message: str, names: Mapping[str, str]) -> str:
    """Call devices by their names in a message of the API."""
    for id_, name in names.items():
        message = message.replace(f"device {id_}", name).replace(id_, name)
    return message


def _instant(text: str, zone: ZoneInfo) -> str | None:
    """Read a local time of the site; what is none is left to the API to judge."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
        return text if local.tzinfo else instants.text(civil.first_at(local, zone))
    except (ValueError, OverflowError):
        return text
