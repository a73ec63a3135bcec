"""Schedules by state of charge as JSON (contract 4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import microseconds, texts
from wattyard.kernel.instants import requested_span
from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import (
    DeviceId,
    Instant,
    LocationId,
    Percent,
    Reference,
    Remaining,
    SignedPower,
    Time,
)
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeBaseline,
    ChargeSlot,
    Objective,
)
from wattyard.schedules.domain.by_state_of_charge.request import (
    LONGEST,
    ChargeAnswer,
    ChargeRequest,
    Goals,
    StateRequest,
)
from wattyard.schedules.domain.forecasts.surroundings import Expected, Source
from wattyard.schedules.domain.power import WH_PER_KWH, Direction, Reason, Status
from wattyard.schedules.wire.amounts import Explain, HeldSlotBody, KeepUnless
from wattyard.schedules.wire.heads import HeadShape, Named, head, prices_end
from wattyard.schedules.wire.quantities import (
    PlanCostShape,
    PlanSavingsShape,
    WattHoursShape,
    WattsShape,
    cost,
    energy,
    power,
)
from wattyard.sites.domain.states import FlowDirection

_PERCENT_DECIMALS: Final = 4
_FULL: Final = 100.0
_NO_MONEY: Final = 1e-9

Horizon = Annotated[
    float, msgspec.Meta(gt=0, le=72, description="hours; default: as far as prices are confirmed")
]


class HeldChargeBody(HeldSlotBody, kw_only=True):
    """A slot of a plan that the client holds, as it was answered.

    Attributes:
        direction: IMPORT: charging; EXPORT: giving energy back
        state_of_charge_percent: ignored
        vpp_event: ignored
    """

    direction: Direction
    state_of_charge_percent: Percent | None = None
    vpp_event: bool = False


class DeviceChargeBody(Shape, kw_only=True):
    """What is known of a device's state, and what the plan is to reach.

    Without `state_of_charge_percent` the newest reported state counts.

    Attributes:
        state_of_charge_percent: charge now, per cent of the capacity; default: the newest state
            that was reported
        energy_remaining_kwh: energy left in the battery, kWh
        target_state_of_charge_percent: charge to reach, per cent
        energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
        backup_reserve_percent: charge that the plan never goes below, per cent
        end_state_of_charge_percent: least charge at the end of the horizon, per cent
        objective: what the plan makes least: money, carbon, or energy that crosses the meter
        previous: the slots of a plan that the client holds; they stay unless a new plan saves more
    """

    location_id: LocationId | None = None
    schedule_horizon: Horizon | None = None
    start_time: Annotated[Instant | None, msgspec.Meta(description="default: now")] = None
    time: Annotated[Instant | None, msgspec.Meta(description="when the state was measured")] = None
    state_of_charge_percent: Percent | None = None
    target_state_of_charge_percent: Percent | None = None
    battery_power_kw: SignedPower | None = None
    energy_flow_direction: FlowDirection | None = None
    energy_remaining_kwh: Remaining | None = None
    backup_reserve_percent: Percent | None = None
    record_reference_id: Reference | None = None
    ready_by: Annotated[Instant | None, msgspec.Meta(description="when the target is due")] = None
    end_state_of_charge_percent: Percent | None = None
    objective: Objective = "COST"
    export_allowed: Annotated[
        bool | None, msgspec.Meta(description="default: where an EXPORT tariff is connected")
    ] = None
    efficiency: Annotated[float, msgspec.Meta(gt=0, le=1, description="of a round trip")] | None = (
        None
    )
    previous: Annotated[list[HeldChargeBody], msgspec.Meta(max_length=2000)] | None = None
    keep_unless_saves: KeepUnless = 0.0
    explain: Explain = False


class ChargeBody(DeviceChargeBody, kw_only=True):
    """Which device is to be planned, its state, and what the plan is to reach."""

    device_id: DeviceId


class ChargeSlotShape(msgspec.Struct, omit_defaults=True):
    """A stretch of time, half-open, at one power, and the state of charge at its end.

    Attributes:
        direction: IMPORT: charging; EXPORT: giving energy back
        state_of_charge_percent: at the end of the slot
        vpp_event: whether a flexibility event decides here; false today
        why: what decided the slot; with `explain=true`
    """

    start_time: Time
    end_time: Time
    direction: Direction
    power: WattsShape
    state_of_charge_percent: float
    vpp_event: bool
    why: str | None = None


class ChargePlanShape(msgspec.Struct):
    """The whole horizon: energy is what the device takes less what it gives, at the meter.

    Attributes:
        schedule: slots that touch and fill the horizon
    """

    start_time: Time
    end_time: Time
    energy: WattHoursShape
    cost: PlanCostShape
    schedule: list[ChargeSlotShape]


class ChargeUnmetShape(msgspec.Struct):
    """What would be missed with nobody planning.

    Attributes:
        units: WH
        value: energy that is missing
        reason: the limit that would keep it from being reached
    """

    units: Literal["WH"]
    value: float
    reason: Reason


class ChargeBaselineShape(msgspec.Struct):
    """What the device would add to the bill with nobody planning, under the same limits.

    Attributes:
        total: money, taxes included; negative where it is saved or earned
        description: what would be done
        unmet: what would be missed of the goals
        stored_more_kwh: what the device would hold at the end beyond what it holds at the end of
            the plan, kWh; negative: less. The saving does not pay for it
    """

    total: float
    description: str
    unmet: list[ChargeUnmetShape]
    stored_more_kwh: float


class RequestShape(msgspec.Struct):
    """What the plan covers, in hours.

    Attributes:
        schedule_horizon: hours from the start of the plan to its end
    """

    schedule_horizon: float


class ExpectedShape(msgspec.Struct):
    """Where a forecast comes from, and the lowest confidence in it.

    Attributes:
        source: where it comes from; NONE: there is none
    """

    source: Source
    confidence: float


class AssumptionsShape(msgspec.Struct):
    """What the plan rests on besides prices.

    A base load that is ASSUMED is whatever the battery discharges while there is no sun; one
    that is UNKNOWN is left out. `carbon` CONSTANT: the same at any time.

    Attributes:
        efficiency: of a whole round trip, 0 to 1
        carbon: how carbon per kWh is known; null where it plays no part
    """

    efficiency: float
    pv: ExpectedShape
    base_load: ExpectedShape
    carbon: Literal["CONSTANT"] | None


class ChargingShape(HeadShape, kw_only=True):
    """The plan of one device; `gap` 0..1 is how far it may be from the best.

    Attributes:
        data: the plan, as one item
        status: PARTIAL: the target is not reached
        reason: the limit that keeps it from its target
        gap: 0 to 1: how far the cost may be from the best; 0 is proven best
        kept: whether it is the `previous` plan
        baseline: what it would cost with nobody planning
        savings: against the baseline; null where that would reach less than the plan
    """

    object: Literal["schedule_soc"] = "schedule_soc"
    data: list[ChargePlanShape]
    request: RequestShape
    status: Status
    shortfall: WattHoursShape
    reason: Reason | None
    gap: float
    kept: bool
    baseline: ChargeBaselineShape
    savings: PlanSavingsShape | None
    assumptions: AssumptionsShape


def charge_request(body: DeviceChargeBody, device_id: str, now: datetime) -> ChargeRequest:
    """Read what is asked.

    Raises:
        Malformed: `ready_by_invalid`, `start_time_invalid`, `device_id_invalid`.
    """
    start = body.start_time or now.replace(microsecond=0)
    horizon = None
    if body.schedule_horizon is not None:
        horizon = timedelta(seconds=max(1, round(body.schedule_horizon * 3600)))
    site_id = None
    if body.location_id is not None:
        site_id = ids.read(body.location_id, "loc", "ste", param="location_id")
    return ChargeRequest(
        device_id=ids.read(device_id, "dev", param="device_id"),
        start=requested_span(start, start + LONGEST, LONGEST).start,
        site_id=site_id,
        horizon=horizon,
        state=StateRequest(
            body.state_of_charge_percent,
            body.target_state_of_charge_percent,
            body.backup_reserve_percent,
            body.energy_remaining_kwh,
        ),
        goals=Goals(
            body.ready_by,
            body.end_state_of_charge_percent,
            body.objective,
            body.export_allowed,
            body.efficiency,
        ),
        held=None if body.previous is None else _held(body.previous),
        keep_unless_saves=body.keep_unless_saves,
        explain=body.explain,
    )


def charge_json(caller: Caller, named: Named, answer: ChargeAnswer, form: datetime | None) -> bytes:
    """Write a plan, with times in the offset of `form`, or in UTC."""
    form = form or answer.start
    plan = answer.plan
    (own,) = plan.storages
    edges = texts(np.array([microseconds(answer.start), microseconds(answer.end)]), form)
    around = answer.surroundings
    return msgspec.json.encode(
        ChargingShape(
            **head(
                caller,
                named,
                answer.site,
                device=answer.device_id,
                direction="IMPORT",
                next_update=answer.next_update,
            ),
            prices_until=prices_end(answer.prices_until),
            data=[
                ChargePlanShape(
                    edges[0],
                    edges[1],
                    energy(_net_wh(own.slots)),
                    cost(own.cost, own.confidence),
                    _slots(own.slots, answer.storage.capacity_wh, form),
                )
            ],
            request=RequestShape(rounded((answer.end - answer.start) / timedelta(hours=1), 6)),
            status=own.status,
            shortfall=energy(own.shortfall_wh),
            reason=own.reason,
            gap=rounded(plan.gap, COST_DECIMALS),
            kept=plan.kept,
            baseline=_baseline(plan.baseline, float(own.held_wh[-1])),
            savings=_savings(answer),
            assumptions=AssumptionsShape(
                answer.storage.efficiency,
                _expected(around.pv),
                _expected(around.base_load),
                "CONSTANT" if answer.objective == "CARBON" else None,
            ),
        )
    )


def _baseline(own: ChargeBaseline, planned_wh: float) -> ChargeBaselineShape:
    """Write the cost with nobody planning, besides what the plan holds at its end (Wh)."""
    unmet = [ChargeUnmetShape("WH", energy(own.unmet_wh).value, own.reason)] if own.reason else []
    more_kwh = rounded((own.held_wh - planned_wh) / WH_PER_KWH, COST_DECIMALS)
    return ChargeBaselineShape(rounded(own.cost, COST_DECIMALS), own.description, unmet, more_kwh)


def _savings(answer: ChargeAnswer) -> PlanSavingsShape | None:
    if answer.savings is None:
        return None
    base = abs(answer.plan.baseline.cost)
    share = 100.0 * answer.savings / base if base > _NO_MONEY else 0.0
    return PlanSavingsShape(rounded(answer.savings, COST_DECIMALS), rounded(share, 2))


def form_of(body: DeviceChargeBody) -> datetime | None:
    """Choose the offset in which the plan is answered."""
    return body.start_time or body.ready_by


def _held(slots: Sequence[HeldChargeBody]) -> tuple[ChargeSlot, ...]:
    for number, slot in enumerate(slots):
        if slot.end_time <= slot.start_time:
            raise Malformed(
                "end_time must be after start_time",
                param=f"previous[{number}].end_time",
                code="end_time_invalid",
            )
    return tuple(
        ChargeSlot(
            microseconds(slot.start_time),
            microseconds(slot.end_time),
            "CHARGE" if slot.direction == "IMPORT" else "DISCHARGE",
            slot.power.watts,
        )
        for slot in slots
    )


def _net_wh(slots: Sequence[ChargeSlot]) -> float:
    hours = [(slot.end_us - slot.start_us) / 3.6e9 for slot in slots]
    signed_w = [slot.power_w if slot.flow == "CHARGE" else -slot.power_w for slot in slots]
    return sum(power_w * length for power_w, length in zip(signed_w, hours, strict=True))


def _slots(
    slots: Sequence[ChargeSlot], capacity_wh: float, form: datetime
) -> list[ChargeSlotShape]:
    at = texts(np.array([[s.start_us, s.end_us] for s in slots], np.int64).reshape(-1), form)
    return [
        ChargeSlotShape(
            at[2 * n],
            at[2 * n + 1],
            "IMPORT" if slot.flow == "CHARGE" else "EXPORT",
            power(slot.power_w),
            rounded(min(_FULL, max(0.0, _FULL * slot.held_wh / capacity_wh)), _PERCENT_DECIMALS),
            vpp_event=False,
            why=slot.why,
        )
        for n, slot in enumerate(slots)
    ]


def _expected(part: Expected) -> ExpectedShape:
    return ExpectedShape(part.source, part.least_confidence)
