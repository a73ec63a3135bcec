"""Endpoints of tariffs (contract 2, Tariffs)."""

from typing import Annotated, Any, Literal

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.caps import LimitReached
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.decoding.texts import LocationId, an_id
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
from wattyard.platform.http.call import Answer, etag
from wattyard.platform.http.lists import Deleted, ParametersExclusive
from wattyard.platform.http.preconditions import guarding
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import DeviceNotAtLocation, DeviceNotFound
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.tariffs.adapters.documents import DocumentFormat, tariff_bodies
from wattyard.tariffs.adapters.imports import Allowance, DocumentCurrencyMismatch
from wattyard.tariffs.adapters.imports import ContractDates as Dates
from wattyard.tariffs.domain.contracts import (
    ContractStatus,
    TariffLinked,
    TariffNotFound,
)
from wattyard.tariffs.domain.prices import calendar_region
from wattyard.tariffs.domain.refusals import (
    FormulaInvalid,
    GapInTimePeriod,
    HolidayUnknown,
    IncompleteTimePeriod,
    PriceImplausible,
    TariffTermOverlap,
    TariffTypeInvalid,
    TimePeriodOverlap,
    TooManyPrices,
    UnsupportedComponent,
)
from wattyard.tariffs.domain.sources import (
    MarketCurrencyMismatch,
    MarketSourceNotFound,
    MarketUnitMismatch,
)
from wattyard.tariffs.domain.tariff import Direction, TariffType
from wattyard.tariffs.domain.warnings import check_plausible
from wattyard.tariffs.service import Prices, TariffImports, Tariffs
from wattyard.tariffs.service.judged_tariffs import ConnectedTariff
from wattyard.tariffs.wire import examples
from wattyard.tariffs.wire.samples import TariffCheckShape, check_shape
from wattyard.tariffs.wire.shapes import ContractDate
from wattyard.tariffs.wire.tariffs import (
    TariffBody,
    TariffImportShape,
    TariffMadeShape,
    TariffShape,
    changed_contract,
    contract_draft,
    import_json,
    tariff_json,
    with_warnings,
)

JUDGED = (
    LocationNotFound,
    DeviceNotFound,
    DeviceNotAtLocation,
    MarketSourceNotFound,
    MarketCurrencyMismatch,
    MarketUnitMismatch,
    ParametersExclusive,
    TariffTypeInvalid,
    FormulaInvalid,
    GapInTimePeriod,
    TimePeriodOverlap,
    IncompleteTimePeriod,
    HolidayUnknown,
    TariffTermOverlap,
)
"""Why a tariff is not taken."""


Allowed = Annotated[
    Literal["true", "false"],
    msgspec.Meta(
        description="true accepts prices beyond what anybody pays anywhere, with a warning"
    ),
]


TariffId = Annotated[str, an_id("trf", of="a tariff")]


class TariffsQuery(ListQuery):
    """Which tariffs, and which page of them.

    Attributes:
        type: only tariffs of this type
        direction: only tariffs of this direction
        status: only tariffs with this status
    """

    location_id: LocationId | None = None
    type: TariffType | None = None
    direction: Direction | None = None
    status: ContractStatus | None = None


class ImportQuery(Shape):
    """What the document is, and where its tariffs go.

    Attributes:
        format: urdb: an OpenEI URDB rate; octopus: a product's unit rates; cdr: an Australian CDR
            energy plan
        allow_partial: true keeps what can be expressed and lists the rest
    """

    format: DocumentFormat
    location_id: LocationId
    contract_start_date: ContractDate | None = None
    contract_end_date: ContractDate | None = None
    allow_partial: Literal["true", "false"] = "false"
    allow_implausible: Allowed = "false"


class CheckQuery(Shape):
    """How strictly a tariff is judged, and as a change of which one.

    Attributes:
        tariff_id: judged as a change of this tariff would be, whose term it may then share
    """

    tariff_id: TariffId | None = None
    allow_implausible: Allowed = "false"


@endpoint(
    "GET",
    "/tariffs",
    "tariff_list",
    scope=Scope.ALL_READ,
    query=TariffsQuery,
    answers=List[TariffShape],
    refuses=LIST_REFUSALS,
    example=examples.TARIFF_LIST,
)
async def list_tariffs(context: Context, query: TariffsQuery, tariffs: Tariffs) -> bytes:
    """List the tariffs of the account, newest first."""
    page = await tariffs.page(
        context,
        query.window("trf"),
        site_id=ids.read(query.location_id, "loc", "ste", param="location_id")
        if query.location_id
        else None,
        type=query.type,
        direction=query.direction,
        status=query.status,
    )
    shown = (tariff_json(context.caller, contract, site) for contract, site in page.items)
    return list_answer("/tariffs", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "POST",
    "/tariffs",
    "tariff_create",
    effect=Effect.WRITES,
    body=TariffBody,
    answers=TariffMadeShape,
    status=201,
    refuses=(*JUDGED, LimitReached),
    example=examples.TARIFF,
    example_body=examples.TARIFF_BODY,
    tagged=True,
    events=("tariff.create", "location.update"),
)
async def create_tariff(context: Context, body: TariffBody, tariffs: Tariffs) -> Answer:
    """Connect a tariff at a location.

    The schedule must price every hour of every day of the contract exactly once; what is missing or
    doubled is named with its day and time. `POST /tariffs/check` shows what was meant first.
    `warnings` name what is possible but probably not meant, such as cents given as dollars.
    """
    (made,) = await tariffs.connect(context, [contract_draft(body)])
    return _made(context, made, status=201)


@endpoint(
    "POST",
    "/tariffs/check",
    "tariff_check",
    effect=Effect.COMPUTES,
    query=CheckQuery,
    body=TariffBody,
    answers=TariffCheckShape,
    refuses=(*JUDGED, TariffNotFound, PriceImplausible, TooManyPrices, LimitReached),
    example=examples.CHECK,
    example_body=examples.TARIFF_BODY,
)
async def check_tariff(
    context: Context, query: CheckQuery, body: TariffBody, tariffs: Tariffs, prices: Prices
) -> TariffCheckShape:
    """Judge a tariff as `POST /tariffs` does and show its prices; nothing is kept.

    Prices beyond what anybody pays anywhere are refused, unless `allow_implausible=true`.
    """
    instead_of = ids.read(query.tariff_id, "trf", param="tariff_id") if query.tariff_id else None
    judged = await tariffs.check(context, contract_draft(body), instead_of=instead_of)
    if query.allow_implausible == "false":
        check_plausible(judged.tariff, judged.site.currency_code)
    sample = await prices.sample(context, judged)
    region = calendar_region(judged.site)
    return check_shape(judged.site, judged.tariff, region, sample, judged.warnings)


@endpoint(
    "POST",
    "/tariffs/import",
    "tariff_import",
    effect=Effect.WRITES,
    query=ImportQuery,
    body=dict[str, Any] | list[dict[str, Any]],
    answers=TariffImportShape,
    status=201,
    refuses=(
        *JUDGED,
        LimitReached,
        UnsupportedComponent,
        DocumentCurrencyMismatch,
        PriceImplausible,
    ),
    example=examples.IMPORTED,
    example_query=examples.IMPORT_QUERY,
    example_body=examples.URDB_BODY,
    events=("tariff.create", "location.update", "site.update"),
)
async def import_tariffs(
    context: Context,
    query: ImportQuery,
    body: dict[str, Any] | list[Any],
    tariffs: Tariffs,
    imports: TariffImports,
) -> bytes:
    """Connect the tariffs of a foreign document at a location: all of them or none.

    Parts that no tariff can express are refused by name, or with `allow_partial=true` left out and
    listed in `warnings`. So are prices beyond what anybody pays anywhere, with
    `allow_implausible=true`; cents are never converted on a guess.
    """
    site = await tariffs.site(
        context, ids.read(query.location_id, "loc", "ste", param="location_id")
    )
    found = await beside(
        tariff_bodies,
        query.format,
        body,
        site,
        contract=Dates(query.contract_start_date, query.contract_end_date),
        allow=Allowance(query.allow_partial == "true", query.allow_implausible == "true"),
    )
    drafts = [contract_draft(body) for body in found.bodies]
    made, told = await imports.connect(context, drafts, found.netting)
    kept = [(one.contract, one.site) for one in made]
    return import_json(context.caller, kept, [*found.warnings, *told])


@endpoint(
    "GET",
    "/tariffs/{tariff_id}",
    "tariff_retrieve",
    scope=Scope.ALL_READ,
    answers=TariffShape,
    refuses=(TariffNotFound,),
    example=examples.TARIFF,
    tagged=True,
)
async def get_tariff(context: Context, tariff_id: str, tariffs: Tariffs) -> bytes:
    """Retrieve a tariff."""
    found = await tariffs.tariff(context, path_id(tariff_id, "trf", missing=TariffNotFound))
    return tariff_json(context.caller, *found)


@endpoint(
    "PATCH",
    "/tariffs/{tariff_id}",
    "tariff_update",
    body=Patch[TariffBody],
    answers=TariffMadeShape,
    refuses=(TariffNotFound, TariffLinked, *JUDGED, LimitReached),
    example=examples.TARIFF,
    example_body={"display_name": "Night saver"},
    tagged=True,
    events=("tariff.update", "location.update"),
)
async def change_tariff(
    call: Call, context: Context, tariff_id: str, body: Patch[TariffBody], tariffs: Tariffs
) -> Answer:
    """Change a tariff: fields not sent stay; a schedule is replaced as a whole (RFC 7396)."""
    changed = await tariffs.change(
        context,
        path_id(tariff_id, "trf", missing=TariffNotFound),
        change=lambda contract: changed_contract(contract, body),
        guard=guarding(call, lambda contract, site: tariff_json(context.caller, contract, site)),
    )
    return _made(context, changed, status=200)


def _made(context: Context, made: ConnectedTariff, *, status: int) -> Answer:
    """Answer a tariff with its warnings; the ETag is that of the tariff as `GET` answers it."""
    shown = tariff_json(context.caller, made.contract, made.site)
    tag = (b"etag", etag(shown).encode())
    return Answer(with_warnings(shown, made.warnings), status, headers=[tag])


@endpoint(
    "DELETE",
    "/tariffs/{tariff_id}",
    "tariff_delete",
    answers=Deleted,
    refuses=(TariffNotFound, TariffLinked),
    example={"id": examples.TARIFF["id"], "object": "tariff", "deleted": True},
    events=("tariff.delete", "location.update"),
)
async def delete_tariff(call: Call, context: Context, tariff_id: str, tariffs: Tariffs) -> Deleted:
    """Delete a tariff; its location's prices are without it from now on."""
    id_ = path_id(tariff_id, "trf", missing=TariffNotFound)
    await tariffs.disconnect(
        context,
        id_,
        guard=guarding(call, lambda contract, site: tariff_json(context.caller, contract, site)),
    )
    return Deleted(ids.wire("trf", id_), "tariff")


ENDPOINTS = (
    list_tariffs,
    create_tariff,
    check_tariff,
    import_tariffs,
    get_tariff,
    change_tariff,
    delete_tariff,
)
