"""Endpoint of plans for whole sites (contract 4b)."""

from wattyard.kernel import ids
from wattyard.kernel.caps import LimitReached
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Effect, endpoint
from wattyard.schedules.domain.refusals import DeviceRatingMissing, NoDeviceState
from wattyard.schedules.service import KeptPlans, PlansInProgress, SitePlans
from wattyard.schedules.wire import site_examples
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.kept_plans import KeepQuery, site_to_keep
from wattyard.schedules.wire.site_plans import site_json
from wattyard.schedules.wire.site_requests import site_form, site_request
from wattyard.schedules.wire.site_shapes import SitePlanShape
from wattyard.schedules.wire.site_wishes import SitePlanBody
from wattyard.sites.domain.sites import SiteInactive
from wattyard.tariffs.service import QUOTE_REFUSALS


@endpoint(
    "POST",
    "/schedules/site",
    "schedule_site",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    query=KeepQuery,
    body=SitePlanBody,
    answers=SitePlanShape,
    refuses=(
        *QUOTE_REFUSALS,
        PlansInProgress,
        SiteInactive,
        NoDeviceState,
        DeviceRatingMissing,
        LimitReached,
    ),
    example=site_examples.SITE,
    example_body=site_examples.SITE_BODY,
)
async def site(
    context: Context, query: KeepQuery, body: SitePlanBody, plans: SitePlans, kept: KeptPlans
) -> bytes:
    """Plan everything behind one meter together, at least cost.

    Batteries and cars, loads that may run later, heat pumps and the sun share the site's limits,
    its circuits, its tariffs and its demand charges. Without `devices` all devices of the site are
    planned as their properties and newest states say; `devices` holds wishes: targets, absences,
    comfort. What cannot be reached is a `shortfall` with its reason, never an empty answer. `cost`
    follows from `site[]`; `baseline` is the same with nobody planning. Nothing is stored without
    `keep=true`.
    """
    named = Named(ids.wire("spn", context.new_id()), context.now)
    answer = await plans.plan(context, site_request(body, named.made))
    document = site_json(context.caller, named, answer, site_form(body))
    if query.keep == "true":
        await kept.keep(context, site_to_keep(body, answer), document)
    return document


ENDPOINTS = (site,)
