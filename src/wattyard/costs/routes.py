"""Endpoints of costs (contract 3, Costs).

An answer can have a hundred thousand items: it is written off the event loop.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import parse_qs
from uuid import UUID

import msgspec

from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.reports import (
    CurrenciesMixed,
    Report,
    SessionNotFound,
    TimeInFuture,
    ValueTooLarge,
)
from wattyard.costs.service import CostReports, Headrooms, ReadingRefused
from wattyard.costs.wire import examples
from wattyard.costs.wire.cost_csv import costs_csv
from wattyard.costs.wire.costs import (
    EnergyCostShape,
    Flag,
    InstantBody,
    IntervalBody,
    energy_cost_json,
    interval_question,
    sent_reading,
)
from wattyard.costs.wire.headroom import HeadroomShape, headroom_json
from wattyard.kernel import civil
from wattyard.kernel.context import Context
from wattyard.kernel.local_periods import THIRTEEN_MONTHS
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import LocationId
from wattyard.platform.http import Answer, Effect, endpoint
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.lists import ParametersExclusive
from wattyard.platform.http.spans import WHOLE_SPAN_REFUSALS, SpanQuery
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import (
    DeviceNotAtLocation,
    DeviceNotFound,
    LocationIdMissing,
)
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected, TooManyPrices
from wattyard.tariffs.domain.sources import MarketCurrencyMismatch, MarketUnitMismatch
from wattyard.tariffs.domain.tariff import Direction

MOST_HOURS = 168
"""How far ahead headroom looks: a week."""
_CSV: Final = b"text/csv; charset=utf-8"
PRICED = (
    NoTariffConnected,
    NoPriceData,
    MarketCurrencyMismatch,
    MarketUnitMismatch,
    TooManyPrices,
)

Lines = Annotated[Flag, msgspec.Meta(description="true adds the lines that each cost is made of")]


class InstantQuery(Shape):
    """Whether the reading is kept.

    Attributes:
        non_persistent: true answers the cost and keeps nothing
    """

    non_persistent: Flag = "false"
    include_lines: Lines = "false"


class IntervalQuery(Shape):
    """How costs are grouped.

    Attributes:
        aggregation: local periods; NONE is an item for each reading
    """

    aggregation: Aggregation = "DAY"
    tariff_direction: Direction = "IMPORT"
    include_lines: Lines = "false"


class IntervalTimeQuery(SpanQuery):
    """For which time costs are wanted, how they are grouped, and in which form."""

    aggregation: Annotated[
        Aggregation, msgspec.Meta(description="local periods; NONE is an item for each reading")
    ] = "DAY"
    tariff_direction: Direction = "IMPORT"
    include_lines: Lines = "false"
    location_id: Annotated[
        LocationId | None,
        msgspec.Meta(description="whose local dates are meant, for a device at several locations"),
    ] = None
    format: Annotated[
        Literal["csv"] | None,
        msgspec.Meta(
            description="csv: `start_time,end_time,energy_kwh,cost,confidence`; without it, as "
            "POST /costs/interval/{object_id}"
        ),
    ] = None


class SessionQuery(Shape):
    """Whose tariffs price the session."""

    tariff_direction: Direction = "IMPORT"
    include_lines: Lines = "false"


def _scope_of_keeping(query: bytes) -> Scope | None:
    """What a restricted key needs besides to have the reading kept."""
    given = parse_qs(query.decode("latin-1")).get("non_persistent", ())
    return None if "true" in given else Scope.METERS_WRITE


class HeadroomQuery(Shape):
    """Whose tariffs, and how far ahead.

    Attributes:
        hours: windows that start within this many hours
    """

    tariff_direction: Direction = "IMPORT"
    hours: Annotated[int, msgspec.Meta(ge=1, le=MOST_HOURS)] = 24


@endpoint(
    "POST",
    "/costs/instant",
    "cost_instant",
    scope=Scope.COSTS_READ,
    further_scope=_scope_of_keeping,
    effect=Effect.WRITES,
    query=InstantQuery,
    body=InstantBody,
    answers=EnergyCostShape,
    refuses=(
        LocationNotFound,
        DeviceNotFound,
        ParametersExclusive,
        ValueTooLarge,
        TimeInFuture,
        ReadingRefused,
        *PRICED,
    ),
    example=examples.COST,
    example_body=examples.INSTANT_BODY,
)
async def instant_cost(
    context: Context, query: InstantQuery, body: InstantBody, costs: CostReports
) -> bytes:
    """Price energy, and keep it as a reading unless `non_persistent=true`.

    The reading and its cost go together: where there is no price, nothing is kept. To keep it, a
    restricted key needs the scope `meters:write`, too.
    """
    kept = query.non_persistent == "false"
    report = await costs.of_reading(context, sent_reading(body, kept=kept), keep=kept)
    return await _written(context, costs, report, query.include_lines, body.end_time)


@endpoint(
    "POST",
    "/costs/interval/{object_id}",
    "cost_interval",
    scope=Scope.COSTS_READ,
    effect=Effect.COMPUTES,
    query=IntervalQuery,
    body=IntervalBody,
    answers=EnergyCostShape,
    refuses=(LocationNotFound, DeviceNotFound, CurrenciesMixed, *PRICED),
    example=examples.INTERVAL,
    example_body=examples.INTERVAL_BODY,
)
async def interval_cost(
    context: Context, object_id: str, query: IntervalQuery, body: IntervalBody, costs: CostReports
) -> bytes:
    """Price the metered energy of a location, site or device over up to 13 months.

    A location's costs are those of its own meter, with standing and demand charges; a device's
    those of its own readings, without charges. Nothing priced is stored, so corrected readings
    and prices count at once.
    """
    question = interval_question(body, query.aggregation, query.tariff_direction)
    if object_id.startswith("dev_"):
        device_id = path_id(object_id, "dev", missing=DeviceNotFound)
        report = await costs.of_device(context, device_id, question)
    else:
        site_id = path_id(object_id, "loc", "ste", missing=LocationNotFound)
        report = await costs.of_site(context, site_id, question)
    return await _written(context, costs, report, query.include_lines, body.end_time)


@endpoint(
    "GET",
    "/costs/interval/{object_id}",
    "cost_interval_retrieve",
    scope=Scope.COSTS_READ,
    query=IntervalTimeQuery,
    answers=EnergyCostShape,
    refuses=(
        LocationNotFound,
        DeviceNotFound,
        DeviceNotAtLocation,
        LocationIdMissing,
        CurrenciesMixed,
        *WHOLE_SPAN_REFUSALS,
        *PRICED,
    ),
    example=examples.INTERVAL,
    example_query=examples.INTERVAL_QUERY,
)
async def get_interval_cost(
    context: Context,
    object_id: str,
    query: IntervalTimeQuery,
    costs: CostReports,
    sites: Sites,
    devices: Devices,
) -> bytes | Answer:
    """Price metered energy of a span: the answer of `POST /costs/interval/{object_id}`.

    Dates without a time are those of the location's own clock.
    """
    asked = query.asked_whole()
    device = object_id.startswith("dev_")
    missing = DeviceNotFound if device else LocationNotFound
    id_ = path_id(object_id, *(("dev",) if device else ("loc", "ste")), missing=missing)
    zone = civil.zone("UTC")
    if asked.is_local:
        at = id_
        if device:
            named = UUID(hex=query.location_id[4:]) if query.location_id else None
            at = await devices.site_id_of(context, id_, named)
        zone = civil.zone((await sites.supply(context, at, param="id")).timezone)
    time = asked.at(zone, now=context.now, hours=0, longest=THIRTEEN_MONTHS)
    question = CostQuestion(query.tariff_direction, time.span, query.aggregation)
    report = await (costs.of_device if device else costs.of_site)(context, id_, question)
    if query.format == "csv":
        return Answer(await beside(costs_csv, report, time.form), media_type=_CSV)
    return await _written(context, costs, report, query.include_lines, time.form)


@endpoint(
    "POST",
    "/costs/session/{session_reference_id}",
    "cost_session",
    scope=Scope.COSTS_READ,
    effect=Effect.COMPUTES,
    query=SessionQuery,
    answers=EnergyCostShape,
    refuses=(SessionNotFound, CurrenciesMixed, *PRICED),
    example=examples.COST,
)
async def session_cost(
    context: Context, session_reference_id: str, query: SessionQuery, costs: CostReports
) -> bytes:
    """Price the readings with a `session_reference_id`, one item for each."""
    report = await costs.of_session(context, session_reference_id, query.tariff_direction)
    return await _written(context, costs, report, query.include_lines)


@endpoint(
    "GET",
    "/locations/{location_id}/headroom",
    "location_headroom",
    scope=Scope.COSTS_READ,
    query=HeadroomQuery,
    answers=HeadroomShape,
    refuses=(LocationNotFound, NoTariffConnected),
    example=examples.HEADROOM,
)
async def headroom(
    context: Context, location_id: str, query: HeadroomQuery, rooms: Headrooms
) -> bytes:
    """Say how much may be drawn in each window to come before a demand charge rises.

    An item for each demand charge and billing period of the coming hours, by the readings until
    now. `peak_kw` is the peak so far, after weights, minimum and ratchet; `free_kw` the mean
    power of a window that costs nothing more in that period (null: no power does), with `steps`
    less than that; `amount_per_further_kw` by how much the period's charge rises, VAT included,
    with 1 kW above.
    """
    site_id = path_id(location_id, "loc", "ste", missing=LocationNotFound)
    found = await rooms.of_site(context, site_id, query.tariff_direction, hours=query.hours)
    return await beside(headroom_json, found.site, found.charges)


async def _written(
    context: Context, costs: CostReports, report: Report, lines: Flag, form: datetime | None = None
) -> bytes:
    """Write a report off the event loop: it can have very many items."""
    made, with_lines = context.now, lines == "true"
    return await beside(
        energy_cost_json,
        context.caller,
        context.new_id(),
        made,
        report,
        form=form,
        with_lines=with_lines,
    )


ENDPOINTS = (instant_cost, interval_cost, get_interval_cost, session_cost, headroom)
