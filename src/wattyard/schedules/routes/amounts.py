"""Endpoints of schedules by amount (contract 4)."""

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Effect, endpoint
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.lists import ParametersExclusive
from wattyard.schedules.domain.by_amount.request import AmountAnswer
from wattyard.schedules.domain.refusals import (
    DeviceTwice,
    EndTimeInvalid,
    MaxPowerInvalid,
    MaxPowerMissing,
    MinPowerInvalid,
)
from wattyard.schedules.service import Amounts, KeptPlans, PlansInProgress
from wattyard.schedules.wire import examples
from wattyard.schedules.wire.amounts import (
    AmountBody,
    AmountShape,
    SiteAmountBody,
    amount_json,
    amount_request,
    forms_of,
)
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.kept_plans import KeepQuery, amount_to_keep
from wattyard.sites.domain.sites import LocationNotFound, SiteInactive
from wattyard.tariffs.service import QUOTE_REFUSALS

_REFUSALS = (
    *QUOTE_REFUSALS,
    PlansInProgress,
    ParametersExclusive,
    SiteInactive,
    DeviceTwice,
    EndTimeInvalid,
    MaxPowerInvalid,
    MaxPowerMissing,
    MinPowerInvalid,
)


@endpoint(
    "POST",
    "/schedules/amount",
    "schedule_amount",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    query=KeepQuery,
    body=AmountBody,
    answers=AmountShape,
    refuses=_REFUSALS,
    example=examples.AMOUNT,
    example_body=examples.AMOUNT_BODY,
)
async def amount(
    context: Context, query: KeepQuery, body: AmountBody, amounts: Amounts, kept: KeptPlans
) -> bytes:
    """Plan when the devices of a site move given energies at least cost.

    Each device gets its energy inside its window, under its own power limit and, all together,
    under the site's. What cannot be moved is the `shortfall`, with its `reason`. Savings
    compare with starting at once at full power. Nothing is stored
    without `keep=true`.
    """
    answer, document = await _planned(context, body, body.location_id, amounts)
    if query.keep == "true":
        await kept.keep(context, amount_to_keep(body, body.location_id, answer), document)
    return document


@endpoint(
    "POST",
    "/schedules/amount/{location_id}",
    "schedule_amount_by_location",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    query=KeepQuery,
    body=SiteAmountBody,
    answers=AmountShape,
    refuses=_REFUSALS,
    example=examples.AMOUNT,
    example_body=examples.SITE_AMOUNT_BODY,
)
async def amount_of_site(
    context: Context,
    location_id: str,
    query: KeepQuery,
    body: SiteAmountBody,
    amounts: Amounts,
    kept: KeptPlans,
) -> bytes:
    """Plan as `POST /schedules/amount` does, with the location in the path."""
    site_id = path_id(location_id, "loc", "ste", missing=LocationNotFound)
    at = ids.wire("loc", site_id)
    answer, document = await _planned(context, body, at, amounts)
    if query.keep == "true":
        await kept.keep(context, amount_to_keep(body, at, answer), document)
    return document


async def _planned(
    context: Context, body: SiteAmountBody, location_id: str, amounts: Amounts
) -> tuple[AmountAnswer, bytes]:
    named = Named(ids.wire("sae", context.new_id()), context.now)
    answer = await amounts.plan(context, amount_request(body, location_id, named.made))
    return answer, amount_json(context.caller, named, answer, forms_of(body))


ENDPOINTS = (amount, amount_of_site)
