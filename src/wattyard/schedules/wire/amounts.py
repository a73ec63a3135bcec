"""Schedules by amount as JSON (contract 4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import microseconds, texts
from wattyard.kernel.instants import requested_span
from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, Instant, LocationId, Time
from wattyard.schedules.domain.by_amount.question import DevicePlan, PlanValue, Shaving
from wattyard.schedules.domain.by_amount.request import (
    DEVICES_AT_MOST,
    LONGEST_US,
    AmountAnswer,
    AmountRequest,
    DeviceAmountRequest,
    combined,
)
from wattyard.schedules.domain.power import Direction, PowerSlot, Reason, Status
from wattyard.schedules.wire.heads import HeadShape, Named, head, prices_end
from wattyard.schedules.wire.listings import Absolute, Relative
from wattyard.schedules.wire.quantities import (
    EnergyBody,
    PlanCostShape,
    PlanSavingsShape,
    PowerBody,
    PowerSlotShape,
    WattHoursShape,
    cost,
    energy,
    power,
)

_LONGEST: Final = timedelta(microseconds=LONGEST_US)
KeepUnless = Annotated[
    float,
    msgspec.Meta(ge=0, le=1e6, description="money; `previous` stays unless more is saved"),
]
Explain = Annotated[bool, msgspec.Meta(description="add `why` each slot is where it is")]


class ShavingBody(Shape, kw_only=True):
    """Buy only at or below, sell only at or above a price; absolute wins."""

    relative: Relative | None = None
    absolute: Absolute | None = None


class HeldSlotBody(Shape, kw_only=True):
    """A slot of a plan that the client holds.

    Attributes:
        why: ignored
    """

    start_time: Instant
    end_time: Instant
    power: PowerBody
    why: str | None = None


class AmountItemBody(Shape, kw_only=True):
    """What one device has to move, in which time.

    Attributes:
        direction: IMPORT: take energy; EXPORT: give it
        previous: the slots of a plan that the client holds; they stay unless a new plan saves more
    """

    device_id: DeviceId
    end_time: Instant
    energy: EnergyBody
    start_time: Annotated[Instant | None, msgspec.Meta(description="default: now")] = None
    direction: Direction | None = None
    tariff_direction: Annotated[
        Direction | None, msgspec.Meta(description="the same as direction; default IMPORT")
    ] = None
    max_power: Annotated[
        PowerBody | None, msgspec.Meta(description="default: the device's rating")
    ] = None
    min_power: Annotated[
        PowerBody | None,
        msgspec.Meta(description="below it the device does not run; default: the device's own"),
    ] = None
    previous: Annotated[list[HeldSlotBody], msgspec.Meta(max_length=2000)] | None = None


class SiteAmountBody(Shape, kw_only=True):
    """What the devices of a site have to move, under which limits.

    Attributes:
        data: what each device has to move
    """

    data: Annotated[list[AmountItemBody], msgspec.Meta(min_length=1, max_length=DEVICES_AT_MOST)]
    max_power: Annotated[
        PowerBody | None, msgspec.Meta(description="of the site; default: its grid limits")
    ] = None
    shaving_threshold: ShavingBody | None = None
    keep_unless_saves: KeepUnless = 0.0
    explain: Explain = False


class AmountBody(SiteAmountBody, kw_only=True):
    """Where devices have something to move, what, and under which limits."""

    location_id: LocationId


class DeviceAmountShape(msgspec.Struct, kw_only=True):
    """When one device runs, and what that costs.

    Attributes:
        tariff_direction: IMPORT: it takes energy; EXPORT: it gives energy
        status: PARTIAL: the energy is not reached
        reason: the limit that keeps it from its energy
        schedule: when it runs, at which power
    """

    device_id: str
    tariff_direction: Direction
    start_time: Time
    end_time: Time
    energy: WattHoursShape
    cost: PlanCostShape
    savings: PlanSavingsShape
    status: Status
    shortfall: WattHoursShape
    reason: Reason | None
    schedule: list[PowerSlotShape]


class AmountShape(HeadShape, kw_only=True):
    """The plan of a site: totals, and each device in the order of the request.

    Where devices of both directions are planned, the powers of the total are import less export.
    `gap` 0..1 is how far the cost may be from the least; `kept`: whether `previous` stays.

    Attributes:
        schedule: the power of all devices together
        status: PARTIAL: not every device reaches its energy
        gap: 0 to 1: how far the cost may be from the best; 0 is proven best
        kept: whether it is the `previous` plan
        data: each device, in the order of the request
    """

    object: Literal["schedule_amount"] = "schedule_amount"
    energy: WattHoursShape
    cost: PlanCostShape
    savings: PlanSavingsShape
    schedule: list[PowerSlotShape]
    status: Status
    gap: float
    kept: bool
    data: list[DeviceAmountShape]


def amount_request(body: SiteAmountBody, location_id: str, now: datetime) -> AmountRequest:
    """Read what is asked.

    Raises:
        Malformed: `end_time_invalid`, `start_time_invalid`, `min_power_invalid`,
            `device_id_invalid`, `parameters_exclusive`.
    """
    shaving = body.shaving_threshold or ShavingBody()
    start = now.replace(microsecond=0)
    return AmountRequest(
        ids.read(location_id, "loc", "ste", param="location_id"),
        tuple(_device_request(item, number, start) for number, item in enumerate(body.data)),
        max_power_w=body.max_power.watts if body.max_power else None,
        shaving=Shaving(shaving.relative, shaving.absolute),
        keep_unless_saves=body.keep_unless_saves,
        explain=body.explain,
    )


def amount_json(
    caller: Caller, named: Named, answer: AmountAnswer, forms: Sequence[datetime]
) -> bytes:
    """Write a plan, the times of each device in the offset of its form, totals in the first's."""
    plan, devices = answer.plan, answer.request.devices
    ways = {device.direction for device in devices}
    sign = {"IMPORT": 1.0, "EXPORT": -1.0 if len(ways) > 1 else 1.0}
    total = combined(
        [(sign[d.direction], own.slots) for d, own in zip(devices, plan.devices, strict=True)]
    )
    complete = all(one.status == "COMPLETE" for one in plan.devices)
    fields = head(
        caller,
        named,
        answer.site,
        device=None,
        direction=min(ways) if len(ways) == 1 else None,
        next_update=answer.next_update,
    )
    return msgspec.json.encode(
        AmountShape(
            **fields,
            prices_until=prices_end(answer.prices_until),
            **_value(plan.energy_wh, plan.value),
            schedule=_slots(total, forms[0]),
            status="COMPLETE" if complete else "PARTIAL",
            gap=rounded(plan.gap, COST_DECIMALS),
            kept=plan.kept,
            data=[_device(*row) for row in zip(devices, plan.devices, forms, strict=True)],
        )
    )


def forms_of(body: SiteAmountBody) -> list[datetime]:
    """Choose the offset in which each device is answered."""
    return [item.end_time for item in body.data]


def held_slots(slots: Sequence[HeldSlotBody], path: str) -> tuple[PowerSlot, ...]:
    """Read a plan that the client holds.

    Raises:
        Malformed: `end_time_invalid`, when a slot is empty.
    """
    for number, slot in enumerate(slots):
        if slot.end_time <= slot.start_time:
            raise Malformed(
                "end_time must be after start_time",
                param=f"{path}[{number}].end_time",
                code="end_time_invalid",
            )
    return tuple(
        PowerSlot(microseconds(s.start_time), microseconds(s.end_time), s.power.watts)
        for s in slots
    )


def _device_request(item: AmountItemBody, number: int, start: datetime) -> DeviceAmountRequest:
    path = f"data[{number}]"
    if None not in (item.direction, item.tariff_direction) and (
        item.direction != item.tariff_direction
    ):
        raise Malformed(
            "direction and tariff_direction are two names of one field; give one of them",
            param=f"{path}.direction",
            code="parameters_exclusive",
        )
    try:
        span = requested_span(item.start_time or start, item.end_time, _LONGEST)
    except Malformed as refusal:
        raise refusal.under(path) from None
    return DeviceAmountRequest(
        ids.read(item.device_id, "dev", param=f"{path}.device_id"),
        item.direction or item.tariff_direction or "IMPORT",
        microseconds(span.start),
        microseconds(span.end),
        item.energy.watt_hours,
        item.max_power.watts if item.max_power else None,
        item.min_power.watts if item.min_power else None,
        None if item.previous is None else held_slots(item.previous, f"{path}.previous"),
    )


def _device(request: DeviceAmountRequest, plan: DevicePlan, form: datetime) -> DeviceAmountShape:
    start, end = texts(np.array([request.start_us, request.end_us]), form)
    return DeviceAmountShape(
        device_id=ids.wire("dev", request.device_id),
        tariff_direction=request.direction,
        start_time=start,
        end_time=end,
        **_value(plan.energy_wh, plan.value),
        status=plan.status,
        shortfall=energy(plan.shortfall_wh),
        reason=plan.reason,
        schedule=_slots(plan.slots, form),
    )


def _value(energy_wh: float, value: PlanValue) -> dict[str, Any]:
    return {
        "energy": energy(energy_wh),
        "cost": cost(value.cost, value.confidence),
        "savings": PlanSavingsShape(
            rounded(value.savings, COST_DECIMALS), rounded(value.savings_percent, 2)
        ),
    }


def _slots(slots: Sequence[PowerSlot], form: datetime) -> list[PowerSlotShape]:
    at = texts(np.array([[s.start_us, s.end_us] for s in slots], np.int64).reshape(-1), form)
    return [
        PowerSlotShape(at[2 * n], at[2 * n + 1], power(slot.power_w), slot.why)
        for n, slot in enumerate(slots)
    ]
