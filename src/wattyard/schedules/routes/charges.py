"""Endpoints of schedules by state of charge (contract 4)."""

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Effect, endpoint
from wattyard.platform.http.binding import path_id
from wattyard.schedules.domain.refusals import (
    DeviceRatingMissing,
    LocationMissing,
    NoDeviceState,
    ReadyByInvalid,
)
from wattyard.schedules.service import Charges, PlansInProgress
from wattyard.schedules.wire import examples
from wattyard.schedules.wire.charges import (
    ChargeBody,
    ChargingShape,
    DeviceChargeBody,
    charge_json,
    charge_request,
    form_of,
)
from wattyard.schedules.wire.heads import Named
from wattyard.sites.domain.devices import DeviceNotFound
from wattyard.sites.domain.sites import SiteInactive
from wattyard.tariffs.service import QUOTE_REFUSALS

_REFUSALS = (
    *QUOTE_REFUSALS,
    PlansInProgress,
    SiteInactive,
    ReadyByInvalid,
    LocationMissing,
    NoDeviceState,
    DeviceRatingMissing,
)


@endpoint(
    "POST",
    "/schedules/soc",
    "schedule_soc",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    body=ChargeBody,
    answers=ChargingShape,
    refuses=_REFUSALS,
    example=examples.CHARGE,
    example_body=examples.CHARGE_BODY,
)
async def charge(context: Context, body: ChargeBody, charges: Charges) -> bytes:
    """Plan when a car or a battery charges, and when it gives energy back, at least cost.

    A car reaches its target by `ready_by`, or by the end of the horizon. A battery also
    discharges, to serve the site and, where an EXPORT tariff is connected, to sell; at the end
    it holds at least what it holds now. Neither goes below the backup reserve. Sun and base
    load come from the location's readings where there are any; `assumptions` says which. Nothing is
    stored.
    """
    return await _planned(context, body, body.device_id, charges)


@endpoint(
    "POST",
    "/schedules/soc/{device_id}",
    "schedule_soc_by_device",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    body=DeviceChargeBody,
    answers=ChargingShape,
    refuses=_REFUSALS,
    example=examples.CHARGE,
    example_body=examples.DEVICE_CHARGE_BODY,
)
async def charge_of_device(
    context: Context, device_id: str, body: DeviceChargeBody, charges: Charges
) -> bytes:
    """Plan as `POST /schedules/soc` does, with the device in the path: the older form."""
    found = path_id(device_id, "dev", missing=DeviceNotFound)
    return await _planned(context, body, ids.wire("dev", found), charges)


async def _planned(
    context: Context, body: DeviceChargeBody, device_id: str, charges: Charges
) -> bytes:
    named = Named(ids.wire("ssc", context.new_id()), context.now)
    answer = await charges.plan(context, charge_request(body, device_id, named.made))
    return charge_json(context.caller, named, answer, form_of(body))


ENDPOINTS = (charge, charge_of_device)
