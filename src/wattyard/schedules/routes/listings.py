"""Endpoints of schedules by duration and by limit (contract 4)."""

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Effect, endpoint
from wattyard.schedules.domain.refusals import (
    DurationInvalid,
    LimitMissing,
    MinSlotMinutesInvalid,
)
from wattyard.schedules.service import PlansInProgress, PricedTimes
from wattyard.schedules.wire import examples
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.listings import (
    DurationBody,
    DurationShape,
    LimitBody,
    LimitShape,
    duration_json,
    duration_request,
    limit_json,
    limit_request,
)
from wattyard.sites.domain.sites import SiteInactive
from wattyard.tariffs.service import QUOTE_REFUSALS


@endpoint(
    "POST",
    "/schedules/duration",
    "schedule_duration",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    body=DurationBody,
    answers=DurationShape,
    refuses=(
        *QUOTE_REFUSALS,
        PlansInProgress,
        SiteInactive,
        DurationInvalid,
        MinSlotMinutesInvalid,
    ),
    example=examples.DURATION,
    example_body=examples.DURATION_BODY,
)
async def duration(context: Context, body: DurationBody, times: PricedTimes) -> bytes:
    """Pick an exact number of minutes of the cheapest (LOW) or dearest (HIGH) time.

    The last price interval, where used in part, gives its earliest part; ties go to the earliest.
    `contiguous` asks for one block, `min_slot_minutes` for slots that each last at least that long.
    Nothing is stored.
    """
    named = Named(ids.wire("std", context.new_id()), context.now)
    listing = await times.by_duration(context, duration_request(body))
    return duration_json(context.caller, named, listing, body.end_time)


@endpoint(
    "POST",
    "/schedules/limit",
    "schedule_limit",
    scope=Scope.SCHEDULES_READ,
    effect=Effect.COMPUTES,
    body=LimitBody,
    answers=LimitShape,
    refuses=(*QUOTE_REFUSALS, SiteInactive, LimitMissing),
    example=examples.LIMIT,
    example_body=examples.LIMIT_BODY,
)
async def limit(context: Context, body: LimitBody, times: PricedTimes) -> bytes:
    """Pick all time with prices at or below (LOW), or at or above (HIGH), a limit.

    `absolute` is a price per kWh and wins; `relative` r stands for lowest + r · (highest −
    lowest) of the window, for HIGH as well: 0.75 is the upper quarter of the price range.
    """
    named = Named(ids.wire("spl", context.new_id()), context.now)
    listing = await times.by_limit(context, limit_request(body))
    return limit_json(context.caller, named, listing, body.end_time)


ENDPOINTS = (duration, limit)
