"""Endpoints of devices (contract 1, Devices)."""

from wattyard.kernel import ids
from wattyard.kernel.caps import LimitReached
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Patch
from wattyard.platform.decoding.texts import LocationId, Reference
from wattyard.platform.http import (
    LIST_REFUSALS,
    Call,
    Effect,
    List,
    ListQuery,
    endpoint,
    list_answer,
)
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.lists import Deleted
from wattyard.platform.http.preconditions import guarding
from wattyard.sites.domain.devices import DeviceNotFound, DeviceType
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.sites.service import Devices
from wattyard.sites.wire import examples
from wattyard.sites.wire.devices import (
    DeviceBody,
    DeviceShape,
    changed_device,
    device_draft,
    device_json,
    device_locations,
)


class DevicesQuery(ListQuery):
    """Which devices, and which page of them.

    Attributes:
        type: only devices of this type
    """

    reference_id: Reference | None = None
    location_id: LocationId | None = None
    type: DeviceType | None = None


@endpoint(
    "GET",
    "/devices",
    "device_list",
    scope=Scope.SITES_READ,
    query=DevicesQuery,
    answers=List[DeviceShape],
    refuses=LIST_REFUSALS,
    example=examples.DEVICE_LIST,
)
async def list_devices(context: Context, query: DevicesQuery, devices: Devices) -> bytes:
    """List the devices of the account, newest first."""
    page = await devices.page(
        context,
        query.window("dev"),
        reference_id=query.reference_id,
        type_=query.type,
        site_id=ids.read(query.location_id, "loc", "ste", param="location_id")
        if query.location_id
        else None,
    )
    shown = (device_json(context.caller, device) for device in page.items)
    return list_answer("/devices", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "GET",
    "/devices/{device_id}",
    "device_retrieve",
    scope=Scope.SITES_READ,
    answers=DeviceShape,
    refuses=(DeviceNotFound,),
    example=examples.DEVICE,
    tagged=True,
)
async def get_device(context: Context, device_id: str, devices: Devices) -> bytes:
    """Retrieve a device."""
    found = await devices.device(context, path_id(device_id, "dev", missing=DeviceNotFound))
    return device_json(context.caller, found)


@endpoint(
    "POST",
    "/devices",
    "device_create",
    effect=Effect.WRITES,
    body=DeviceBody,
    answers=DeviceShape,
    status=201,
    refuses=(LocationNotFound, LimitReached),
    example=examples.DEVICE,
    example_body=examples.DEVICE_BODY,
    tagged=True,
    events=("device.create", "location.update", "site.update"),
)
async def create_device(context: Context, body: DeviceBody, devices: Devices) -> bytes:
    """Add a device at one or more locations; each one's site shows it.

    The ratings `power_rating_import_kwh` and `power_rating_export_kwh` are powers in kW; their
    names are those of the public contract.
    """
    device = await devices.add(context, device_draft(body), device_locations(body))
    return device_json(context.caller, device)


@endpoint(
    "PATCH",
    "/devices/{device_id}",
    "device_update",
    body=Patch[DeviceBody],
    answers=DeviceShape,
    refuses=(DeviceNotFound, LocationNotFound, LimitReached),
    example=examples.DEVICE,
    example_body={"model_name": "Pico Ultimate"},
    tagged=True,
    events=("device.update", "location.update", "site.update"),
)
async def change_device(
    call: Call, context: Context, device_id: str, body: Patch[DeviceBody], devices: Devices
) -> bytes:
    """Change a device: fields not sent stay, null clears an optional one (RFC 7396)."""
    device = await devices.change(
        context,
        path_id(device_id, "dev", missing=DeviceNotFound),
        change=lambda device: changed_device(device, body),
        guard=guarding(call, lambda device: device_json(context.caller, device)),
    )
    return device_json(context.caller, device)


@endpoint(
    "DELETE",
    "/devices/{device_id}",
    "device_delete",
    answers=Deleted,
    refuses=(DeviceNotFound,),
    example={"id": examples.DEVICE["id"], "object": "device", "deleted": True},
    events=("device.delete", "location.update", "site.update"),
)
async def delete_device(call: Call, context: Context, device_id: str, devices: Devices) -> Deleted:
    """Delete a device and remove it from its sites; its readings stay as their history."""
    id_ = path_id(device_id, "dev", missing=DeviceNotFound)
    await devices.remove(
        context, id_, guard=guarding(call, lambda device: device_json(context.caller, device))
    )
    return Deleted(ids.wire("dev", id_), "device")


ENDPOINTS = (list_devices, get_device, create_device, change_device, delete_device)
