"""Endpoints of schedules by state of charge (contract 4)."""

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Effect, endpoint
from wattyard.platform.http.binding import path_id
from wattyard.schedules.domain.by_state_of_charge.request import ChargeAnswer
from wattyard.schedules.domain.refusals import (
    DeviceRatingMissing,
    LocationMissing,
    NoDeviceState,
    ReadyByInvalid,
)
from wattyard.schedules.service import ChargePlans, KeptPlans, PlansInProgress
from wattyard.schedules.wire import examples
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.kept_plans import KeepQuery, charge_to_keep
from wattyard.schedules.wire.state_of_charge import (
    ChargeBody,
    ChargingShape,
    DeviceChargeBody,
    charge_json,
    charge_request,
    form_of,
)
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
    query=KeepQuery,
    body=ChargeBody,
    answers=ChargingShape,
    refuses=_REFUSALS,
    example=examples.CHARGE,
    example_body=examples.CHARGE_BODY,
)
async def charge(
    context: Context, query: KeepQuery, body: ChargeBody, charges: ChargePlans, kept: KeptPlans
) -> bytes:
    """Plan when a car or a battery charges, and when it gives energy back, at least cost.

    A car reaches its target by `ready_by`, or by the end of the horizon. A battery also
    discharges, to serve the site and, where an EXPORT tariff is connected, to sell; at the end
    it holds at least what it holds now. Neither goes below the backup reserve. Sun and base
    load come from the location's readings where there are any; `assumptions` says which. Nothing is
    stored.
    """
    answer, document = await _planned(context, body, body.device_id, charges)
    if query.keep == "true":
        await kept.keep(context, charge_to_keep(body, body.device_id, answer), document)
    return document


@endpoint(
    "POST",
    "/schedules/soc/{device_id}",
    "schedule_soc_by_device",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    query=KeepQuery,
    body=DeviceChargeBody,
    answers=ChargingShape,
    refuses=_REFUSALS,
    example=examples.CHARGE,
    example_body=examples.DEVICE_CHARGE_BODY,
)
async def charge_of_device(
    context: Context,
    device_id: str,
    query: KeepQuery,
    body: DeviceChargeBody,
    charges: ChargePlans,
    kept: KeptPlans,
) -> bytes:
    """Plan as `POST /schedules/soc` does, with the device in the path: the older form."""
    found = path_id(device_id, "dev", missing=DeviceNotFound)
    named = ids.wire("dev", found)
    answer, document = await _planned(context, body, named, charges)
    if query.keep == "true":
        await kept.keep(context, charge_to_keep(body, named, answer), document)
    return document


async def _planned(
    context: Context, body: DeviceChargeBody, device_id: str, charges: ChargePlans
) -> tuple[ChargeAnswer, bytes]:
    named = Named(ids.wire("ssc", context.new_id()), context.now)
    answer = await charges.plan(context, charge_request(body, device_id, named.made))
    return answer, charge_json(context.caller, named, answer, form_of(body))


ENDPOINTS = (charge, charge_of_device)
