"""Requests that are kept, as they are planned anew from now (contract 9, `keep=true`)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from wattyard.kernel import ids
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.instants import text
from wattyard.platform.decoding.texts import Instant, Time
from wattyard.schedules.domain.by_amount.kept_plans import KeptPlan, RequestToKeep
from wattyard.schedules.domain.by_amount.request import AmountAnswer
from wattyard.schedules.domain.by_state_of_charge.request import ChargeAnswer
from wattyard.schedules.domain.power import Status
from wattyard.schedules.domain.site.assembly import SiteAnswer
from wattyard.schedules.wire.amounts import AmountBody, SiteAmountBody
from wattyard.schedules.wire.heads import HeadShape
from wattyard.schedules.wire.quantities import EnergyBody
from wattyard.schedules.wire.site_wishes import DeviceWishBody, SitePlanBody
from wattyard.schedules.wire.state_of_charge import ChargeBody, DeviceChargeBody

_HOUR: Final = timedelta(hours=1)
_WATT_HOURS_PER_KWH: Final = 1000.0
_WH: Final = 1e-3
_FULL_PERCENT: Final = 100.0

KeepBody = AmountBody | ChargeBody | SitePlanBody


class KeepQuery(msgspec.Struct):
    """Whether the request is kept.

    Attributes:
        keep: true: it is kept, and planned anew whenever prices are published
    """

    keep: Literal["true", "false"] = "false"


class KeptPlanShape(HeadShape, kw_only=True):
    """The newest plan of a device, with all fields of the answer to its request, and these two.

    Attributes:
        object: what was asked: a plan by amount, by state of charge, or of the whole site
        status: PARTIAL: not every goal is reached
        gap: 0 is proven best
        kept: whether it is the `previous` plan
        time_made: when it was made
        stale: whether prices were published since, or its last deadline has passed
    """

    object: Literal["schedule_amount", "schedule_soc", "schedule_site"]
    status: Status
    gap: float
    kept: bool
    time_made: Time
    stale: bool


def kept_json(plan: KeptPlan, *, stale: bool) -> bytes:
    """Write a kept plan: its answer, when that was made, and whether it is stale."""
    more = msgspec.json.encode({"time_made": text(plan.time_made), "stale": stale})
    return b"%b,%b" % (plan.answer[:-1], more[1:])


def amount_to_keep(body: SiteAmountBody, location_id: str, answer: AmountAnswer) -> RequestToKeep:
    """Keep a request for a plan by amount, until its last window ends."""
    fields = {name: getattr(body, name) for name in SiteAmountBody.__struct_fields__}
    whole = AmountBody(**{**fields, "location_id": location_id})
    return RequestToKeep(
        kind="amount",
        site_id=answer.site.id,
        device_ids={one.device_id for one in answer.request.devices},
        body=msgspec.json.encode(whole),
        until=instant(max(one.end_us for one in answer.request.devices)),
    )


def charge_to_keep(body: DeviceChargeBody, device_id: str, answer: ChargeAnswer) -> RequestToKeep:
    """Keep a request for a plan by state of charge, until its target is due, or it ends."""
    fields = {name: getattr(body, name) for name in DeviceChargeBody.__struct_fields__}
    whole = ChargeBody(**{**fields, "device_id": device_id, "start_time": answer.start})
    return RequestToKeep(
        kind="soc",
        site_id=answer.site.id,
        device_ids={answer.device_id},
        body=msgspec.json.encode(whole),
        until=body.ready_by or answer.end,
    )


def site_to_keep(body: SitePlanBody, answer: SiteAnswer) -> RequestToKeep:
    """Keep a request for a plan of a site, until its last deadline, or it ends."""
    planned = {one.device for one in answer.plan.devices}
    end_us = max(answer.request.deadlines_us, default=answer.case.time_steps.end_us)
    return RequestToKeep(
        kind="site",
        site_id=answer.site.id,
        device_ids={id_ for id_ in answer.case.answered if ids.wire("dev", id_) in planned},
        body=msgspec.json.encode(replace(body, start_time=answer.request.start)),
        until=instant(end_us),
    )


def amount_again(plan: KeptPlan, now: datetime) -> AmountBody | None:
    """Ask for what a plan by amount has not moved by now, as if it was followed."""
    body = msgspec.json.decode(plan.request, type=AmountBody)
    moved = _moved_wh(plan, now, "data", "schedule")
    items = []
    for item, (_, moved_wh) in zip(body.data, moved, strict=True):
        left_wh = item.energy.watt_hours - moved_wh
        if item.end_time > now and left_wh > _WH:
            start = max(item.start_time or plan.time_asked, now)
            items.append(replace(item, start_time=start, energy=EnergyBody("WH", left_wh)))
    return replace(body, data=items) if items else None


def charge_again(plan: KeptPlan, now: datetime, reported: Collection[UUID]) -> ChargeBody | None:
    """Ask for the rest of a plan by state of charge; what was `reported` since is taken from it."""
    body = msgspec.json.decode(plan.request, type=ChargeBody)
    if body.ready_by is not None and body.ready_by <= now:
        return None
    start, hours = _rest(body.start_time or plan.time_asked, body.schedule_horizon, now)
    if hours is not None and hours <= 0.0:
        return None
    body = replace(body, start_time=start, schedule_horizon=hours, previous=None)
    if ids.read(body.device_id, "dev", param="device_id") in reported:
        return replace(body, state_of_charge_percent=None, energy_remaining_kwh=None, time=None)
    before, left_kwh = body.state_of_charge_percent, body.energy_remaining_kwh
    if before is None:
        return body
    answer: Any = msgspec.json.decode(plan.answer)
    percent = _percent_at(start, before, [own for run in answer["data"] for own in run["schedule"]])
    left_kwh = left_kwh * percent / before if left_kwh and before else None
    return replace(body, state_of_charge_percent=percent, energy_remaining_kwh=left_kwh)


def site_again(plan: KeptPlan, now: datetime, reported: Collection[UUID]) -> SitePlanBody | None:
    """Ask for the rest of a plan of a site; states `reported` since are taken from there."""
    body = msgspec.json.decode(plan.request, type=SitePlanBody)
    start, hours = _rest(body.start_time or plan.time_asked, body.schedule_horizon, now)
    if hours is not None and hours <= 0.0:
        return None
    moved = dict(_moved_wh(plan, now, "devices", "slots"))
    answer: Any = msgspec.json.decode(plan.answer)
    slots = {one["device_id"]: one["slots"] for one in answer["devices"]}
    wishes = [
        _wish_again(_charged(one, start, reported, slots), start, moved) for one in body.devices
    ]
    return replace(body, start_time=start, schedule_horizon=hours, devices=wishes, previous=None)


def _rest(start: datetime, hours: float | None, now: datetime) -> tuple[datetime, float | None]:
    """Find what is left of a horizon: from now on, or from its start where that is later."""
    now = now.replace(microsecond=0)
    if start >= now:
        return start, hours
    return now, None if hours is None else hours - (now - start) / _HOUR


def _charged(
    wish: DeviceWishBody,
    start: datetime,
    reported: Collection[UUID],
    slots: Mapping[str, Sequence[Any]],
) -> DeviceWishBody:
    """Say what a store holds at a start, as if the plan was followed; nothing where it reported."""
    before = wish.state_of_charge_percent
    if before is None:
        return wish
    if ids.read(wish.device_id, "dev", param="device_id") in reported:
        return replace(wish, state_of_charge_percent=None)
    now_percent = _percent_at(start, before, slots.get(wish.device_id, ()))
    return replace(wish, state_of_charge_percent=now_percent)


def _percent_at(at: datetime, before: float, slots: Sequence[Any]) -> float:
    """Find the charge at an instant: that before the slots (JSON), or what they have made of it."""
    percent = before
    for slot in slots:
        start, end = (msgspec.convert(slot[name], Instant) for name in ("start_time", "end_time"))
        if at > start:
            share = min((at - start) / (end - start), 1.0)
            percent += share * (slot.get("state_of_charge_percent", percent) - percent)
    return min(max(percent, 0.0), _FULL_PERCENT)


def _wish_again(
    wish: DeviceWishBody, start: datetime, moved: Mapping[str, float]
) -> DeviceWishBody:
    """Leave out what of a wish is over: targets that were due, energy that was used."""
    if wish.energy_kwh is not None:
        used_kwh = moved.get(wish.device_id, 0.0) / _WATT_HOURS_PER_KWH
        wish = replace(wish, energy_kwh=max(wish.energy_kwh - used_kwh, 0.0))
    targets = [
        one
        for one in wish.targets
        if one.time == "end" or msgspec.convert(one.time, Instant) > start
    ]
    return replace(wish, targets=targets)


def _moved_wh(plan: KeptPlan, now: datetime, devices: str, slots: str) -> list[tuple[str, float]]:
    """List the devices of the newest answer, each with the Wh that it has moved by now."""
    answer: Any = msgspec.json.decode(plan.answer)
    return [
        (one["device_id"], sum(_moved_by(slot, now) for slot in one[slots]))
        for one in answer[devices]
    ]


def _moved_by(slot: Any, now: datetime) -> float:  # noqa: ANN401 (JSON)
    start, end = (msgspec.convert(slot[name], Instant) for name in ("start_time", "end_time"))
    hours = max((min(end, now) - start) / _HOUR, 0.0)
    watts: float = slot["power"]["value"]
    return watts * hours
