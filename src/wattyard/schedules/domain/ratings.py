"""What a device can store and how fast, read from its properties and its state (contract 1)."""

from dataclasses import dataclass
from math import inf
from typing import Final, TypeVar

from wattyard.kernel import ids
from wattyard.schedules.domain.charge import Store
from wattyard.schedules.domain.charge_wanted import Goals, StateSaid
from wattyard.schedules.domain.power import PER_KILO
from wattyard.schedules.domain.refusals import DeviceRatingMissing, NoDeviceState
from wattyard.sites.domain.devices import Battery, Device, EvCharger, Inverter

Value = TypeVar("Value")

USUAL_EFFICIENCY: Final = 0.9
"""Of a round trip, where neither the request nor the device says."""
_FULL_PERCENT: Final = 100.0
_CARS: Final = ("EV_CHARGER", "ELECTRIC_VEHICLE")


@dataclass(frozen=True, slots=True)
class Ratings:
    """Capacity (Wh), powers (W, meter side) and round-trip efficiency of a device."""

    capacity_wh: float
    charge_w: float
    discharge_w: float
    efficiency: float


def is_battery(device: Device) -> bool:
    """Tell whether a device stores energy for the place, not for driving."""
    if device.type in _CARS:
        return False
    return device.type == "BATTERY_SYSTEM" or device.properties.battery is not None


def may_discharge(device: Device) -> bool:
    """Tell whether a device can give energy back at all: batteries, and chargers for V2G."""
    charger = device.properties.ev_charger or EvCharger()
    return is_battery(device) or charger.v2g_capable is True


def ratings_of(device: Device, state: StateSaid) -> Ratings:
    """Read what a device can do; where a value is told twice, the subsystem's wins.

    A capacity that is not told follows from the energy that a state says is left.

    Raises:
        DeviceRatingMissing: when the capacity or the charging power is unknown.
    """
    properties = device.properties
    capacity_kwh = _first(properties.storage_kwh, _from_state(state))
    charge_kw = _first(properties.import_power_kw)
    for name, value in (("capacity_kwh", capacity_kwh), ("power_rating_import_kwh", charge_kw)):
        if not value and not (name.startswith("power") and value == 0.0):
            raise DeviceRatingMissing(
                f"device {ids.wire('dev', device.id)} has no {name} in its properties; PATCH them",
                param="device_id",
            )
    told = (properties.battery or Battery()).round_trip_efficiency
    return Ratings(
        capacity_wh=PER_KILO * (capacity_kwh or 0.0),
        charge_w=PER_KILO * (charge_kw or 0.0),
        discharge_w=_discharge_w(device) if may_discharge(device) else 0.0,
        efficiency=_first(told, USUAL_EFFICIENCY) or USUAL_EFFICIENCY,
    )


def store_of(
    device: Device, state: StateSaid, goals: Goals, *, ready_us: int | None, feeds: bool
) -> Store:
    """Describe a device to plan with; `feeds` tells whether it may feed the grid.

    A battery is to hold at the end at least what it holds now, a car its target, or all that
    it can hold where none is told. A car only gives energy back where it may feed the grid.

    Raises:
        NoDeviceState: when its state of charge is unknown.
        DeviceRatingMissing: as `ratings_of` says.
    """
    percent = state.state_of_charge_percent
    if percent is None:
        raise NoDeviceState(
            f"device {ids.wire('dev', device.id)} has not reported a state; send "
            "state_of_charge_percent",
            param="state_of_charge_percent",
        )
    ratings, battery = ratings_of(device, state), is_battery(device)
    target = state.target_percent
    if target is None and not battery:
        target = _first(goals.end_percent, _FULL_PERCENT)
    end = _first(goals.end_percent, percent if battery else target)
    share = ratings.capacity_wh / _FULL_PERCENT
    return Store(
        capacity_wh=ratings.capacity_wh,
        energy_wh=share * percent,
        charge_w=ratings.charge_w,
        discharge_w=ratings.discharge_w if battery or feeds else 0.0,
        efficiency=_first(goals.efficiency, ratings.efficiency) or USUAL_EFFICIENCY,
        reserve_wh=share * (state.reserve_percent or 0.0),
        target_wh=None if target is None else share * target,
        ready_us=ready_us,
        end_wh=None if end is None else share * end,
    )


def _discharge_w(device: Device) -> float:
    properties = device.properties
    battery = properties.battery or Battery()
    told_kw = _first(
        battery.discharge_power_kw,
        battery.power_kw,
        properties.power_rating_export_kw,
        (properties.ev_charger or EvCharger()).max_power_kw,
        properties.import_power_kw,
    )
    limit_kw = (properties.inverter or Inverter()).ac_export_limit_kw
    return PER_KILO * min(told_kw or 0.0, inf if limit_kw is None else limit_kw)


def _from_state(state: StateSaid) -> float | None:
    if state.energy_kwh is None or not state.state_of_charge_percent:
        return None
    return state.energy_kwh / state.state_of_charge_percent * _FULL_PERCENT


def _first(*values: Value | None) -> Value | None:
    return next((value for value in values if value is not None), None)
