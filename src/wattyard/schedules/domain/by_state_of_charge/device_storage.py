"""A device as storage to plan with, from its properties and its state (contract 1)."""

from typing import Final

from wattyard.kernel import ids
from wattyard.schedules.domain.by_state_of_charge.question import Storage
from wattyard.schedules.domain.by_state_of_charge.request import Goals, StateRequest
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.refusals import DeviceRatingMissing, NoDeviceState
from wattyard.sites.domain.devices import Battery, Device

USUAL_EFFICIENCY: Final = 0.9
"""Of a round trip, where neither the request nor the device says."""
_LEAST_EFFICIENCY: Final = 1e-6
"""Storage that gives back less is planned as if it gave back this: the solver takes no less."""
_FULL_PERCENT: Final = 100.0


def storage_of(
    device: Device, state: StateRequest, goals: Goals, *, ready_us: int | None, feeds: bool
) -> Storage:
    """Describe a device to plan with; `feeds`: whether it may feed the grid.

    A battery is to hold at the end at least what it holds now, a car its target, or all that
    it can hold where none is given. A car only gives energy back where it may feed the grid.

    A capacity that is not given follows from the energy that a state says is left.

    Raises:
        NoDeviceState: when its state of charge is unknown.
        DeviceRatingMissing: when the capacity or the charging power is unknown.
    """
    percent = state.state_of_charge_percent
    if percent is None:
        raise NoDeviceState(
            f"device {ids.wire('dev', device.id)} has not reported a state; send "
            "state_of_charge_percent",
            param="state_of_charge_percent",
        )
    capacity_kwh = _first(device.properties.storage_kwh, _from_state(state))
    charge_kw = device.rated_kw("IMPORT")
    if not capacity_kwh or charge_kw is None:
        missing = "power_rating_import_kwh" if capacity_kwh else "capacity_kwh"
        raise DeviceRatingMissing(
            f"device {ids.wire('dev', device.id)} has no {missing} in its properties; PATCH them",
            param="device_id",
        )
    target = state.target_percent
    if target is None and not device.is_battery:
        target = _first(goals.end_percent, _FULL_PERCENT)
    end = _first(goals.end_percent, percent if device.is_battery else target)
    discharges = device.may_discharge and (device.is_battery or feeds)
    least_kw = device.properties.least_power_kw
    discharge_kw = device.rated_kw("EXPORT") or 0.0 if discharges else 0.0
    share = WH_PER_KWH * capacity_kwh / _FULL_PERCENT
    rated = (device.properties.battery or Battery()).round_trip_efficiency
    return Storage(
        capacity_wh=WH_PER_KWH * capacity_kwh,
        energy_wh=share * percent,
        charge_w=WATTS_PER_KW * charge_kw if charge_kw >= least_kw else 0.0,
        discharge_w=WATTS_PER_KW * discharge_kw if discharge_kw >= least_kw else 0.0,
        least_w=WATTS_PER_KW * least_kw,
        car=not device.is_battery,
        efficiency=round_trip(goals.efficiency, rated),
        reserve_wh=share * (state.reserve_percent or 0.0),
        target_wh=None if target is None else share * target,
        ready_us=ready_us,
        end_wh=None if end is None else share * end,
    )


def _from_state(state: StateRequest) -> float | None:
    """Work the capacity out from the energy that a state says is left."""
    if state.energy_kwh is None or not state.state_of_charge_percent:
        return None
    return state.energy_kwh / state.state_of_charge_percent * _FULL_PERCENT


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def round_trip(asked: float | None, rated: float | None) -> float:
    """Find the efficiency of a round trip: as asked for, as the device says, or the usual one."""
    return max(_first(asked, rated) or USUAL_EFFICIENCY, _LEAST_EFFICIENCY)
