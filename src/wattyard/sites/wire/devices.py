"""Devices as JSON (contract 1, Devices)."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.decoding.texts import Label, LocationId, Metadata, Reference, Time
from wattyard.sites.domain.devices import (
    Device,
    DeviceDraft,
    DeviceType,
    Properties,
    check_powers,
)

Power = Annotated[float, msgspec.Meta(ge=0, le=1_000_000, description="kW")]
Energy = Annotated[float, msgspec.Meta(ge=0, le=1_000_000, description="kWh")]
Efficiency = Annotated[float, msgspec.Meta(gt=0, le=1, description="of a whole round trip")]
Azimuth = Annotated[
    float,
    msgspec.Meta(ge=-180, le=180, description="degrees from true north, anticlockwise positive"),
]
Tilt = Annotated[float, msgspec.Meta(ge=0, le=90, description="degrees; 0 faces up")]

_WIRE_NAMES = {
    "power_rating_import_kw": "power_rating_import_kwh",
    "power_rating_export_kw": "power_rating_export_kwh",
}
"""The public contract's names say kWh; both are powers in kW."""


class BatteryBody(Shape, omit_defaults=True):
    """A battery's ratings.

    Attributes:
        capacity_kwh: usable capacity, kWh
        power_kw: greatest power in either direction, kW
        charge_power_kw: greatest power while charging, kW
        discharge_power_kw: greatest power while giving energy back, kW
    """

    capacity_kwh: Energy | None = None
    power_kw: Power | None = None
    charge_power_kw: Power | None = None
    discharge_power_kw: Power | None = None
    round_trip_efficiency: Efficiency | None = None


class PvBody(Shape, omit_defaults=True):
    """A PV array.

    Attributes:
        peak_power_kw: power under standard test conditions, kW
        terrain_shading: whether hills shade the array
        forecasts_enabled: whether plans may count on a forecast of its power
    """

    peak_power_kw: Power | None = None
    azimuth: Azimuth | None = None
    tilt: Tilt | None = None
    terrain_shading: bool | None = None
    forecasts_enabled: bool | None = None


class InverterBody(Shape, omit_defaults=True):
    """An inverter's limit on the grid side.

    Attributes:
        ac_export_limit_kw: the most that it feeds into the grid, kW
    """

    ac_export_limit_kw: Power | None = None


class EvChargerBody(Shape, omit_defaults=True):
    """A charger's ratings.

    Attributes:
        max_power_kw: greatest power while charging, kW
        min_power_kw: least power while charging, kW; below it, it is off
        phases: phases that it is connected to
        phase_switching: whether it can switch between one and three phases
        v2g_capable: whether it can take energy back from a car
    """

    max_power_kw: Power | None = None
    min_power_kw: Power | None = None
    phases: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None
    phase_switching: bool | None = None
    v2g_capable: bool | None = None


class HeatPumpBody(Shape, omit_defaults=True):
    """A heat pump's ratings.

    Attributes:
        max_power_kw: greatest electric power, kW
        min_power_kw: least electric power while it runs, kW
        thermal_storage_litres: volume of the hot water store, litres
    """

    max_power_kw: Power | None = None
    min_power_kw: Power | None = None
    thermal_storage_litres: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class PropertiesBody(Shape, omit_defaults=True, rename=_WIRE_NAMES):
    """What a device can do, flat and by subsystem. The two ratings named kWh are powers in kW.

    Attributes:
        power_rating_import_kw: greatest power that it draws, kW in spite of the name
        power_rating_export_kw: greatest power that it gives, kW in spite of the name
        capacity_kwh: usable capacity, kWh
        power_rating_kw: greatest power in either direction, kW
        pv_terrain_shading: whether hills shade the array
        pv_forecasts_enabled: whether plans may count on a forecast of its power
        install_date: local day on which it was installed
    """

    power_rating_import_kw: Power | None = None
    power_rating_export_kw: Power | None = None
    capacity_kwh: Energy | None = None
    power_rating_kw: Power | None = None
    pv_azimuth: Azimuth | None = None
    pv_tilt: Tilt | None = None
    pv_terrain_shading: bool | None = None
    pv_forecasts_enabled: bool | None = None
    install_date: dt.date | None = None
    battery: BatteryBody | None = None
    pv: PvBody | None = None
    inverter: InverterBody | None = None
    ev_charger: EvChargerBody | None = None
    heat_pump: HeatPumpBody | None = None


class SiteDeviceBody(Shape):
    """A device in the body of its site.

    Attributes:
        type: what it is; plans read the ratings that go with the type
        manufacturer: name of the manufacturer
        model_code: the manufacturer's code of the model
        model_name: the model's name in the shop
    """

    reference_id: Reference
    type: DeviceType
    manufacturer: Label | None = None
    model_code: Label | None = None
    model_name: Label | None = None
    properties: PropertiesBody | None = None
    metadata: Metadata | None = None


class DeviceBody(SiteDeviceBody, kw_only=True):
    """A device as a client describes it, and its locations.

    Attributes:
        locations: ids of locations or sites
    """

    locations: Annotated[list[LocationId], msgspec.Meta(min_length=1, max_length=100)]


class PresentDeviceBody(DeviceBody, kw_only=True):
    """A stored device as a body: all its locations may have been deleted meanwhile."""

    locations: Annotated[list[LocationId], msgspec.Meta(max_length=100)]


class SummaryProperties(msgspec.Struct, kw_only=True, rename=_WIRE_NAMES):
    """A device's ratings; the two named kWh are powers in kW. Null where unknown.

    Attributes:
        power_rating_import_kw: greatest power that it draws, kW in spite of the name
        capacity_kwh: usable capacity, kWh
        power_rating_export_kw: greatest power that it gives, kW in spite of the name
    """

    power_rating_import_kw: float | None
    capacity_kwh: float | None
    power_rating_export_kw: float | None


class DeviceSummary(msgspec.Struct, kw_only=True):
    """A device as its site shows it.

    Attributes:
        type: what it is
        reference_id: the client's own name for the device
        manufacturer: name of the manufacturer
        model_code: the manufacturer's code of the model
        model_name: the model's name in the shop
        last_seen: time of its newest state or reading, at most a minute behind; null before the
            first
    """

    id: str
    type: DeviceType
    reference_id: str
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    time_created: Time
    properties: SummaryProperties
    last_seen: Time | None


class DeviceShape(msgspec.Struct, kw_only=True):
    """A device; `last_seen` is the time of its newest state or reading.

    Attributes:
        type: what it is
        locations: ids of the locations where it is; a car may be at several
        manufacturer: name of the manufacturer
        model_code: the manufacturer's code of the model
        model_name: the model's name in the shop
        last_seen: time of its newest state or reading; null before the first
        flex_enabled: whether it takes part in flexibility programmes; false today
    """

    id: str
    object: Literal["device"] = "device"
    live_mode: bool
    account_id: str
    time_created: Time
    reference_id: str
    type: DeviceType
    locations: list[str]
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    properties: PropertiesBody
    metadata: dict[str, str]
    last_seen: Time | None
    flex_enabled: bool


def device_draft(body: SiteDeviceBody, before: Device | None = None) -> DeviceDraft:
    """Read a device from its body, which changes `before` where that is given.

    Raises:
        Malformed: when its properties contradict each other.
    """
    properties = (
        msgspec.convert(body.properties, Properties, from_attributes=True)
        if body.properties
        else Properties()
    )
    check_powers(properties, None if before is None else before.properties)
    return DeviceDraft(
        reference_id=body.reference_id,
        type=body.type,
        manufacturer=body.manufacturer,
        model_code=body.model_code,
        model_name=body.model_name,
        properties=properties,
        metadata=body.metadata or {},
    )


def device_drafts(bodies: Sequence[SiteDeviceBody]) -> list[DeviceDraft]:
    """Read the devices of a site from its body.

    Raises:
        Malformed: when the properties of one contradict each other.
    """
    drafts = []
    for number, body in enumerate(bodies):
        try:
            drafts.append(device_draft(body))
        except Malformed as fault:
            raise fault.under(f"devices[{number}]") from None
    return drafts


def device_locations(body: DeviceBody) -> tuple[UUID, ...]:
    """Read the locations of a device from its body."""
    given = enumerate(body.locations)
    found = (ids.read(text, "loc", "ste", param=f"locations[{n}]") for n, text in given)
    return tuple(sorted(set(found)))


def changed_device(
    device: Device, patch: Patch[DeviceBody]
) -> tuple[DeviceDraft, tuple[UUID, ...]]:
    """Apply a merge patch to a device and its locations.

    Raises:
        Malformed: when what it changes contradicts the rest.
    """
    body = Patch(patch.changes, PresentDeviceBody).onto(
        PresentDeviceBody(
            reference_id=device.reference_id,
            type=device.type,
            manufacturer=device.manufacturer,
            model_code=device.model_code,
            model_name=device.model_name,
            properties=_properties(device),
            metadata=dict(device.metadata),
            locations=[ids.wire("loc", place) for place in device.locations],
        )
    )
    return device_draft(body, device), device_locations(body)


def device_json(caller: Caller, device: Device) -> bytes:
    """Write a device."""
    return msgspec.json.encode(
        DeviceShape(
            id=ids.wire("dev", device.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(device.time_created),
            reference_id=device.reference_id,
            type=device.type,
            locations=[ids.wire("loc", place) for place in device.locations],
            manufacturer=device.manufacturer,
            model_code=device.model_code,
            model_name=device.model_name,
            properties=_properties(device),
            metadata=dict(device.metadata),
            last_seen=_time(device.last_seen),
            flex_enabled=device.flex_enabled,
        )
    )


def device_summary(device: Device) -> DeviceSummary:
    """Shape a device as its site shows it."""
    properties = device.properties
    return DeviceSummary(
        id=ids.wire("dev", device.id),
        type=device.type,
        reference_id=device.reference_id,
        manufacturer=device.manufacturer,
        model_code=device.model_code,
        model_name=device.model_name,
        time_created=instants.text(device.time_created),
        properties=SummaryProperties(
            power_rating_import_kw=properties.import_power_kw,
            capacity_kwh=properties.storage_kwh,
            power_rating_export_kw=properties.export_power_kw,
        ),
        last_seen=_time(device.last_seen),
    )


def device_at_site(device: Device) -> bytes:
    """Write a device as its site shows it."""
    return msgspec.json.encode(device_summary(device))


def _properties(device: Device) -> Any:  # noqa: ANN401 (PropertiesBody)
    return msgspec.convert(device.properties, PropertiesBody, from_attributes=True)


def _time(instant: dt.datetime | None) -> str | None:
    return None if instant is None else instants.text(instant)
