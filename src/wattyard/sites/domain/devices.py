"""Devices and their properties (contract 1, Devices)."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel.refusals import Fault, Malformed, Missing, StateForbids
from wattyard.kernel.values import dataclass, field
from wattyard.sites.domain.sites import NO_METADATA

DeviceType = Literal[
    "EV_CHARGER", "ELECTRIC_VEHICLE", "BATTERY_SYSTEM", "PV_SYSTEM", "HEAT_PUMP", "OTHER"
]


_LEAST_PER_PHASE_KW: Final = 6 * 230 / 1000


class DeviceNotFound(Missing):
    """There is no such device in this account and mode."""

    code = "device_not_found"


class DeviceNotAtLocation(StateForbids):
    """The device is not at the location; PATCH its `locations` first."""

    code = "device_not_at_location"


class LocationIdMissing(Malformed):
    """`location_id` is needed: the device is at several locations, or no device is named."""

    code = "location_id_missing"


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery's ratings; efficiency is of a whole round trip, above 0 to 1."""

    capacity_kwh: float | None = None
    power_kw: float | None = None
    charge_power_kw: float | None = None
    discharge_power_kw: float | None = None
    round_trip_efficiency: float | None = None


@dataclass(frozen=True, slots=True)
class Pv:
    """A PV array: azimuth -180..180 degrees from true north, anticlockwise positive."""

    peak_power_kw: float | None = None
    azimuth: float | None = None
    tilt: float | None = None
    terrain_shading: bool | None = None
    forecasts_enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Inverter:
    """An inverter's limit on the grid side."""

    ac_export_limit_kw: float | None = None


@dataclass(frozen=True, slots=True)
class EvCharger:
    """A charger's ratings."""

    max_power_kw: float | None = None
    min_power_kw: float | None = None
    phases: int | None = None
    phase_switching: bool | None = None
    v2g_capable: bool | None = None


@dataclass(frozen=True, slots=True)
class HeatPump:
    """A heat pump's ratings."""

    max_power_kw: float | None = None
    min_power_kw: float | None = None
    thermal_storage_litres: float | None = None


@dataclass(frozen=True, slots=True)
class Properties:
    """What a device can do, in the flat form and by subsystem.

    `power_rating_import_kw` and `power_rating_export_kw` are powers; on the wire their names
    end in `_kwh`, as the public contract has them.
    """

    power_rating_import_kw: float | None = None
    power_rating_export_kw: float | None = None
    capacity_kwh: float | None = None
    power_rating_kw: float | None = None
    pv_azimuth: float | None = None
    pv_tilt: float | None = None
    pv_terrain_shading: bool | None = None
    pv_forecasts_enabled: bool | None = None
    install_date: date | None = None
    battery: Battery | None = None
    pv: Pv | None = None
    inverter: Inverter | None = None
    ev_charger: EvCharger | None = None
    heat_pump: HeatPump | None = None

    @property
    def import_power_kw(self) -> float | None:
        """The rated power from the grid; a subsystem's value wins over the flat one."""
        battery = self.battery or Battery()
        return _first(
            battery.charge_power_kw,
            battery.power_kw,
            (self.ev_charger or EvCharger()).max_power_kw,
            (self.heat_pump or HeatPump()).max_power_kw,
            self.power_rating_import_kw,
            self.power_rating_kw,
        )

    @property
    def export_power_kw(self) -> float | None:
        """The rated power to the grid; a subsystem's value wins over the flat one.

        Never more than what the inverter lets through.
        """
        battery = self.battery or Battery()
        rated_kw = _first(
            battery.discharge_power_kw,
            battery.power_kw,
            (self.pv or Pv()).peak_power_kw,
            self.power_rating_export_kw,
        )
        return _least(rated_kw, self.ac_export_limit_kw)

    @property
    def discharge_power_kw(self) -> float | None:
        """The power that storage delivers to the grid's side; by default as much as it draws.

        Never more than what the inverter lets through.
        """
        battery = self.battery or Battery()
        rated_kw = _first(
            battery.discharge_power_kw,
            battery.power_kw,
            self.power_rating_export_kw,
            self.import_power_kw,
        )
        return _least(rated_kw, self.ac_export_limit_kw)

    @property
    def ac_export_limit_kw(self) -> float | None:
        """The most that the inverter lets through to the grid's side."""
        return (self.inverter or Inverter()).ac_export_limit_kw

    @property
    def least_power_kw(self) -> float:
        """The power below which a charger or a heat pump does not run, in kW; 0 for any.

        Where only its phases are known a charger needs 6 A on each (IEC 61851-1) at 230 V, or on
        one where it can switch to that; never more than its rating.
        """
        charger, pump = self.ev_charger or EvCharger(), self.heat_pump or HeatPump()
        least_kw = _first(charger.min_power_kw, pump.min_power_kw)
        if least_kw is not None:
            return least_kw
        phases = 1 if charger.phases and charger.phase_switching else charger.phases or 0
        return _least(phases * _LEAST_PER_PHASE_KW, self.import_power_kw) or 0.0

    @property
    def storage_kwh(self) -> float | None:
        """The energy that the device can store; a battery's own value wins over the flat one."""
        return _first((self.battery or Battery()).capacity_kwh, self.capacity_kwh)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)


def check_powers(after: Properties, before: Properties | None = None) -> None:
    """Refuse a least power that a client puts above the greatest, in kW.

    `before` are the properties that a client changes: a pair that it leaves alone is not judged,
    since devices of earlier releases can have it.

    Raises:
        Malformed: `min_power_kw_invalid`, for each subsystem.
    """
    faults = []
    for name in ("ev_charger", "heat_pump"):
        least, greatest = powers = _powers(after, name)
        if least is None or greatest is None or least <= greatest:
            continue
        if before is not None and powers == _powers(before, name):
            continue
        faults.append(
            Fault(
                "min_power_kw_invalid",
                f"min_power_kw must not be above max_power_kw; got {least:g} above {greatest:g}",
                f"properties.{name}.min_power_kw",
            )
        )
    if faults:
        raise Malformed.of(faults)


def _powers(properties: Properties, name: str) -> tuple[float | None, float | None]:
    part: EvCharger | HeatPump = getattr(properties, name) or EvCharger()
    return part.min_power_kw, part.max_power_kw


@dataclass(frozen=True, slots=True)
class Device:
    """A device, at one or more sites; `last_seen` is the time of its newest state or reading."""

    id: UUID
    time_created: datetime
    reference_id: str
    type: DeviceType
    locations: tuple[UUID, ...]
    manufacturer: str | None = None
    model_code: str | None = None
    model_name: str | None = None
    properties: Properties = field(default_factory=Properties)
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
    last_seen: datetime | None = None
    flex_enabled: bool = False

    @property
    def is_battery(self) -> bool:
        """Whether it stores energy for the site, not for driving."""
        if self.type in ("EV_CHARGER", "ELECTRIC_VEHICLE"):
            return False
        return self.type == "BATTERY_SYSTEM" or self.properties.battery is not None

    @property
    def may_discharge(self) -> bool:
        """Whether it can give stored energy back: batteries, and chargers for V2G."""
        return self.is_battery or (self.properties.ev_charger or EvCharger()).v2g_capable is True

    def rated_kw(self, direction: Literal["IMPORT", "EXPORT"]) -> float | None:
        """The rated power in one direction, at the grid's side; None where it is unknown."""
        if direction == "IMPORT":
            return self.properties.import_power_kw
        if self.may_discharge:
            return self.properties.discharge_power_kw
        return self.properties.export_power_kw


@dataclass(frozen=True, slots=True)
class DeviceDraft:
    """A device as a client describes it."""

    reference_id: str
    type: DeviceType
    manufacturer: str | None = None
    model_code: str | None = None
    model_name: str | None = None
    properties: Properties = field(default_factory=Properties)
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)

    def made(self, id_: UUID, time_created: datetime, locations: Collection[UUID]) -> Device:
        """Make the device, at the given sites."""
        return Device(
            id=id_,
            time_created=time_created,
            locations=tuple(sorted(locations)),
            **{name: getattr(self, name) for name in _DRAWN},
        )

    def onto(self, device: Device, locations: Collection[UUID] | None = None) -> Device:
        """Apply a client's changes to a device, and move it if they say where."""
        drawn = {name: getattr(self, name) for name in _DRAWN}
        if locations is not None:
            drawn["locations"] = tuple(sorted(locations))
        return replace(device, **drawn)


_DRAWN = tuple(part.name for part in fields(DeviceDraft))
