"""Endpoint of kept plans, and how they are renewed (contract 9, `keep=true`)."""

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.kernel.values import dataclass
from wattyard.platform.http import endpoint
from wattyard.platform.http.binding import path_id
from wattyard.schedules.domain.by_amount.kept_plans import KeptPlan, PlannedAnew, PlanNotFound
from wattyard.schedules.service import Amounts, ChargePlans, KeptPlans, SitePlans
from wattyard.schedules.wire import site_examples
from wattyard.schedules.wire.amounts import amount_json, amount_request, forms_of
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.kept_plans import (
    KeptPlanShape,
    amount_again,
    charge_again,
    kept_json,
    site_again,
)
from wattyard.schedules.wire.site_plans import site_json
from wattyard.schedules.wire.site_requests import site_form, site_request
from wattyard.schedules.wire.state_of_charge import charge_json, charge_request, form_of
from wattyard.sites.domain.devices import DeviceNotFound
from wattyard.sites.service import States


@dataclass
class Replanning:
    """Answers kept requests anew, from now, with the newest states."""

    amounts: Amounts
    charges: ChargePlans
    site_plans: SitePlans
    states: States
    kept: KeptPlans

    async def __call__(self, context: Context, plan: KeptPlan) -> PlannedAnew | None:
        """Plan as a kept request says; None where nothing of it is left to plan.

        Raises:
            Refusal: as the endpoint of the request does.
        """
        if plan.kind == "amount":
            return await self._amount(context, plan)
        device_ids = await self.kept.device_ids(context, plan)
        newest = await self.states.newest(context, device_ids)
        reported = {id_ for id_, state in newest.items() if state.time > plan.time_asked}
        if plan.kind == "soc":
            body = charge_again(plan, context.now, reported)
            if body is None:
                return None
            named = Named(ids.wire("ssc", context.new_id()), context.now)
            request = charge_request(body, body.device_id, named.made)
            answer = await self.charges.plan(context, request)
            document = charge_json(context.caller, named, answer, form_of(body))
            return PlannedAnew(msgspec.json.encode(body), document)
        again = site_again(plan, context.now, reported)
        if again is None:
            return None
        named = Named(ids.wire("spn", context.new_id()), context.now)
        found = await self.site_plans.plan(context, site_request(again, named.made))
        document = site_json(context.caller, named, found, site_form(again))
        return PlannedAnew(msgspec.json.encode(again), document)

    async def _amount(self, context: Context, plan: KeptPlan) -> PlannedAnew | None:
        body = amount_again(plan, context.now)
        if body is None:
            return None
        named = Named(ids.wire("sae", context.new_id()), context.now)
        answer = await self.amounts.plan(
            context, amount_request(body, body.location_id, named.made)
        )
        document = amount_json(context.caller, named, answer, forms_of(body))
        return PlannedAnew(msgspec.json.encode(body), document)


@endpoint(
    "GET",
    "/devices/{device_id}/plan",
    "device_plan",
    scope=Scope.SCHEDULES_READ,
    answers=KeptPlanShape,
    refuses=(DeviceNotFound, PlanNotFound),
    example={
        **site_examples.SITE,
        "time_made": site_examples.SITE["time_created"],
        "stale": False,
    },
)
async def plan_of_device(context: Context, device_id: str, kept: KeptPlans) -> bytes:
    """Read the newest plan of a device that was asked for with `keep=true`.

    It has all fields of the answer to that request, be it by amount, by state of charge or of the
    whole site. It is renewed, from then on and with the newest state, soon after prices are
    published, until its last deadline. `stale`: prices were published since, or it is over.
    """
    found = path_id(device_id, "dev", missing=DeviceNotFound)
    plan, stale = await kept.of_device(context, found)
    return kept_json(plan, stale=stale)


ENDPOINTS = (plan_of_device,)
