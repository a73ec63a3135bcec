"""Device states as JSON (contract 1, Device state)."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import (
    LocationId,
    Percent,
    Reference,
    Remaining,
    SignedPower,
    Time,
)
from wattyard.sites.domain.states import DeviceState, FlowDirection, StateReport

When = Annotated[datetime, msgspec.Meta(tz=True, description="when it was measured")]


class StateBody(Shape):
    """What a device reports.

    Attributes:
        state_of_charge_percent: charge in per cent of the capacity
        energy_remaining_kwh: energy left in the battery, kWh
        target_state_of_charge_percent: charge that the user wants, per cent
        energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
        backup_reserve_percent: charge that is kept for a power cut, per cent
    """

    time: When
    state_of_charge_percent: Percent
    location_id: LocationId | None = None
    target_state_of_charge_percent: Percent | None = None
    battery_power_kw: SignedPower | None = None
    energy_flow_direction: FlowDirection | None = None
    energy_remaining_kwh: Remaining | None = None
    backup_reserve_percent: Percent | None = None
    record_reference_id: Reference | None = None


class StateKept(msgspec.Struct, kw_only=True):
    """The answer to a report."""

    id: str
    object: Literal["device_state"] = "device_state"
    device_id: str
    account_id: str
    live_mode: bool
    time_created: Time


class StateShape(StateKept, kw_only=True):
    """A state that a device reported.

    Attributes:
        time: when it was measured
        state_of_charge_percent: charge in per cent of the capacity
        target_state_of_charge_percent: charge that the user wants, per cent
        battery_power_kw: kW, positive while charging
        energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
        energy_remaining_kwh: energy left in the battery, kWh
        backup_reserve_percent: charge that is kept for a power cut, per cent
    """

    time: Time
    state_of_charge_percent: float
    location_id: str | None
    target_state_of_charge_percent: float | None
    battery_power_kw: float | None
    energy_flow_direction: FlowDirection | None
    energy_remaining_kwh: float | None
    backup_reserve_percent: float | None
    record_reference_id: str | None


def state_report(body: StateBody) -> StateReport:
    """Read a report."""
    return StateReport(
        time=body.time,
        state_of_charge_percent=body.state_of_charge_percent,
        location_id=ids.read(body.location_id, "loc", "ste", param="location_id")
        if body.location_id
        else None,
        target_state_of_charge_percent=body.target_state_of_charge_percent,
        battery_power_kw=body.battery_power_kw,
        energy_flow_direction=body.energy_flow_direction,
        energy_remaining_kwh=body.energy_remaining_kwh,
        backup_reserve_percent=body.backup_reserve_percent,
        record_reference_id=body.record_reference_id,
    )


def state_kept(caller: Caller, state: DeviceState) -> StateKept:
    """Shape the answer to a report."""
    return StateKept(
        id=ids.wire("dsr", state.id),
        device_id=ids.wire("dev", state.device_id),
        account_id=ids.wire("acc", caller.account_id),
        live_mode=caller.live_mode,
        time_created=instants.text(state.time_created),
    )


def state_json(context: Context, state: DeviceState) -> bytes:
    """Write a state; of the place where it was reported only what the caller's key is for."""
    report, kept = state.report, state_kept(context.caller, state)
    at = report.location_id
    return msgspec.json.encode(
        StateShape(
            **msgspec.structs.asdict(kept),
            time=instants.text(report.time),
            state_of_charge_percent=report.state_of_charge_percent,
            location_id=ids.wire("loc", at) if at and context.may_see(at) else None,
            target_state_of_charge_percent=report.target_state_of_charge_percent,
            battery_power_kw=report.battery_power_kw,
            energy_flow_direction=report.energy_flow_direction,
            energy_remaining_kwh=report.energy_remaining_kwh,
            backup_reserve_percent=report.backup_reserve_percent,
            record_reference_id=report.record_reference_id,
        )
    )
