"""`wattyard tariff …`: check, import and show tariffs."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import typer

from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.cli import price_week
from wattyard.cli.accounts import AccountOption, Mode
from wattyard.cli.database import run
from wattyard.cli.listings import list_tariffs
from wattyard.cli.options import (
    MODE_VARIABLE,
    CommandFailed,
    DatabaseOption,
    DataOption,
    JsonOption,
)
from wattyard.cli.printing import complain, print_json, say
from wattyard.cli.svg_files import SvgOption, write_week
from wattyard.cli.wording import FIELDS, in_options
from wattyard.kernel import civil, clock_changes, ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import Refusal
from wattyard.platform.decoding import convert, json_value
from wattyard.sites.domain import zone_and_currency
from wattyard.sites.domain.sites import PostalAddress, Site
from wattyard.sites.domain.zone_and_currency import ZoneAndCurrencyRequest
from wattyard.tariffs.adapters.documents import DocumentFormat, tariff_bodies
from wattyard.tariffs.adapters.imports import Allowance
from wattyard.tariffs.adapters.imports import ContractDates as Dates
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.prices import Question, pricing
from wattyard.tariffs.domain.refusals import PriceImplausible
from wattyard.tariffs.domain.samples import Sample, SampleDay, sample
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Direction, Tariff
from wattyard.tariffs.domain.warnings import check_plausible, warnings
from wattyard.tariffs.service import Prices, TariffImports, Tariffs
from wattyard.tariffs.wire.charge_texts import charge_texts
from wattyard.tariffs.wire.rules import judged_rules
from wattyard.tariffs.wire.samples import check_shape
from wattyard.tariffs.wire.tariffs import (
    TariffBody,
    contract_draft,
    tariff_json,
)

tariff = typer.Typer(help="Tariffs and their prices.", no_args_is_help=True)
tariff.command("list")(list_tariffs)

FileArgument = Annotated[Path, typer.Argument(help="A JSON file.", exists=True, dir_okay=False)]
ModeOption = Annotated[
    Mode, typer.Option("--mode", help="Data to use: test or live.", envvar=MODE_VARIABLE)
]

ImplausibleOption = Annotated[
    bool,
    typer.Option("--allow-implausible", help="Accept prices beyond what anybody pays anywhere."),
]

_WEEK_DAYS = 7
_NOWHERE = "loc_" + "0" * 32
"""Stands for the location of a tariff that is checked without one."""


@tariff.command("check")
def check_tariff(
    file: FileArgument,
    timezone: Annotated[
        str, typer.Option(help="Time zone of the location, such as Europe/Berlin.")
    ],
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, for its holidays.")] = None,
    state: Annotated[str | None, typer.Option(help="ISO 3166-2, for its holidays.")] = None,
    currency: Annotated[
        str, typer.Option(help="ISO 4217, for display and for what prices are plausible.")
    ] = "EUR",
    allow_implausible: ImplausibleOption = False,
    json: JsonOption = False,
    svg: SvgOption = None,
) -> None:
    """Check a tariff as POST /tariffs does, and show its week. Needs no server and no database.

    Every fault is listed with its place in the file, and the exit code is then 1. Prices that
    follow a market are shown as unknown.
    """
    zone_and_currency.check(
        ZoneAndCurrencyRequest(country, state, timezone=timezone, currency_code=currency)
    )
    region = CalendarRegion(
        timezone, country, zone_and_currency.state_code(country, state) if country else None
    )
    try:
        body = convert({"location_id": _NOWHERE, **_object(file)}, TariffBody)
        judged = judged_rules(contract_draft(body).rules, region)
        if not allow_implausible:
            check_plausible(judged, currency)
    except Refusal as refusal:
        _complain(file, refusal)
        raise typer.Exit(1) from None
    now = instants.system_clock()
    shown = sample(judged, region, markets=Markets({}, now))
    doubtful = warnings(judged, region, currency)
    if json:
        site = Site(UUID(int=0), now, timezone, currency, postal_address=PostalAddress())
        print_json(check_shape(site, judged, region, shown, doubtful))
        return
    title = body.display_name or file.name
    if svg is not None:
        rows = [_row(day) for day in shown.week]
        write_week(svg, rows, region.zone, titles=(title, currency))
        return
    _show_sample(shown, currency, title=title)
    for note in _charge_notes(judged, currency):
        say(note)
    for warning in doubtful:
        say(f"warning: {warning.code}: {warning.message}")


@tariff.command("import")
def import_tariff(
    file: FileArgument,
    account: AccountOption,
    mode: ModeOption,
    location: Annotated[str, typer.Option("--location", help="loc_… or ste_…")],
    form: Annotated[str, typer.Option("--format", help="urdb, octopus or cdr.")],
    start: Annotated[str | None, typer.Option("--from", help="First date of the contract.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Date after the contract's last.")] = None,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Leave out what cannot be expressed.")
    ] = False,
    allow_implausible: ImplausibleOption = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Connect the tariffs of an OpenEI URDB rate, an Octopus rate list or a CDR energy plan."""
    format_ = _format(form)
    document = json_value(file.read_bytes())
    site_id = ids.read(location, "loc", "ste", param="location")

    async def work(services: Services) -> dict[str, Any]:
        context = await context_of(services, account, mode)
        site = await services.get(Tariffs).site(context, site_id)
        found = tariff_bodies(
            format_,
            document,
            site,
            contract=Dates(start, end),
            allow=Allowance(allow_partial, allow_implausible),
        )
        made, told = await services.get(TariffImports).connect(
            context, [contract_draft(body) for body in found.bodies], found.netting
        )
        return {
            "tariffs": [
                json_value(tariff_json(context.caller, one.contract, one.site)) for one in made
            ],
            "warnings": [fault._asdict() for fault in (*found.warnings, *told)],
        }

    try:
        done = run(data, database, work)
    except Refusal as refusal:
        _complain(file, refusal)
        raise typer.Exit(1) from None
    if json:
        print_json(done)
        return
    for one in done["tariffs"]:
        say(f"{one['id']}  {one['type']} {one['direction']}  {one['display_name'] or ''}")
    for warning in done["warnings"]:
        doubtful = warning["code"] == PriceImplausible.code
        say(f"{'warning' if doubtful else 'left out'}: {warning['message']}")


@tariff.command("show")
def show_tariff(
    what: Annotated[
        str, typer.Argument(help="trf_…, or loc_… or ste_… for all tariffs of a location.")
    ],
    account: AccountOption,
    mode: ModeOption,
    direction: Annotated[
        str, typer.Option(help="IMPORT, EXPORT or LOCAL, for a location.")
    ] = "IMPORT",
    svg: SvgOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show the coming week of a tariff, or of the sum of a location's tariffs, in colour."""

    async def work(services: Services) -> _Week:
        context = await context_of(services, account, mode)
        if what.startswith("trf_"):
            return await _tariff_week(services, context, ids.read(what, "trf", param="tariff"))
        site_id = ids.read(what, "loc", "ste", param="location")
        return await _site_week(services, context, site_id, _direction(direction))

    week = run(data, database, work)
    if svg is not None:
        write_week(svg, week.rows, civil.zone(week.timezone), titles=(week.title, week.currency))
        return
    if json:
        print_json(_week_document(week))
        return
    price_week.show(week.rows, week.currency, title=week.title)
    for note in week.notes:
        say(note)


def _week_document(week: "_Week") -> dict[str, Any]:
    days = [
        {
            "day": row.name,
            "prices": [
                {
                    "start_time": instants.text(clock_changes.instant(start)),
                    "end_time": instants.text(clock_changes.instant(end)),
                    "value": None if math.isnan(price) else price,
                }
                for (start, end), price in zip(pairwise(row.edges_us), row.prices, strict=True)
            ],
        }
        for row in week.rows
    ]
    head = {"title": week.title, "currency_code": week.currency, "timezone": week.timezone}
    return {**head, "days": days, "notes": list(week.notes)}


async def context_of(services: Services, account: str, mode: Mode) -> Context:
    """Give the context of an account in one of its modes."""
    owner = await services.get(Accounts).account(ids.read(account, "acc", param="account"))
    return services.get(Contexts).of(Caller(owner.number, owner.id, mode is Mode.live))


class _Week(NamedTuple):
    """Rows of a table, the currency, zone and title, and what is said below the table."""

    rows: list[price_week.DayRow]
    currency: str
    timezone: str
    title: str
    notes: Sequence[str] = ()


async def _tariff_week(services: Services, context: Context, tariff_id: UUID) -> _Week:
    contract, site = await services.get(Tariffs).tariff(context, tariff_id)
    known = await services.get(Tariffs).known(context, contract)
    shown = await services.get(Prices).sample(context, known)
    title = contract.display_name or f"trf_{contract.id.hex}"
    notes = [
        *_notes(shown),
        *_charge_notes(known.tariff, site.currency_code),
        *(f"warning: {one.message}" for one in known.warnings),
    ]
    rows = [_row(day) for day in shown.week]
    return _Week(rows, site.currency_code, site.timezone, title, notes)


async def _site_week(
    services: Services, context: Context, site_id: UUID, direction: Direction
) -> _Week:
    site = await services.get(Tariffs).site(context, site_id)
    zone = civil.zone(site.timezone)
    today = civil.date_at(context.now, zone)
    rows: list[price_week.DayRow] = []
    tariffs: dict[UUID, Tariff] = {}
    for day in (today + timedelta(days=n) for n in range(_WEEK_DAYS)):
        question = Question(direction, civil.day(day, zone))
        quote = await services.get(Prices).quote(context, site_id, question)
        prices = quote.prices
        tariffs |= {one.id: one.tariff for one in pricing(quote.supply.elements, question)}
        rows.append(
            price_week.DayRow(f"{day:%a %d %b}", prices.edges_us.tolist(), prices.per_kwh.tolist())
        )
    currency, title = site.currency_code, f"{direction} at loc_{site_id.hex}"
    notes = [note for own in tariffs.values() for note in _charge_notes(own, currency)]
    return _Week(rows, currency, site.timezone, title, notes)


def _show_sample(shown: Sample, currency: str, *, title: str) -> None:
    price_week.show([_row(day) for day in shown.week], currency, title=title)
    special = [_row(day) for day in (*shown.clock_changes, shown.holiday) if day is not None]
    if special:
        price_week.show(special, currency, title="Clock changes and the next holiday")
    for note in _notes(shown):
        say(note)


def _notes(shown: Sample) -> Iterator[str]:
    """Say which holidays the tariff counts in two years, and its prices of one."""
    if shown.holidays:
        named = ", ".join(f"{day} {name}".strip() for day, name in shown.holidays)
        yield f"holidays: {named}"
    if shown.lowest is not None:
        yield f"year: lowest {shown.lowest:.6g}, highest {shown.highest:.6g}, mean {shown.mean:.6g}"


def _charge_notes(shown: Tariff, currency: str) -> Iterator[str]:
    """Say what is charged besides the price per kWh, and what some peaks cost."""
    for charge in charge_texts(shown):
        named = f"{charge.kind} {charge.name}" if charge.name else charge.kind
        yield f"{named}: {charge.text} ({currency})"
        for one in charge.examples or ():
            yield f"  {one.peak_kw:g} kW: {one.amount:.2f} in a month of 30 days"


def _row(day: SampleDay) -> price_week.DayRow:
    return price_week.DayRow(f"{day.day:%a %d %b}", day.edges_us.tolist(), day.per_kwh.tolist())


def _object(file: Path) -> dict[str, Any]:
    value = json_value(file.read_bytes())
    if not isinstance(value, dict):
        raise CommandFailed(f"{file}: a tariff must be a JSON object")
    return value


def _complain(file: Path, refusal: Refusal) -> None:
    for found in refusal.faults:
        fault = in_options(found, FIELDS["tariff import"])
        place = f"{file}: {fault.param}" if fault.param else f"{file}"
        if fault != found:
            place = str(fault.param)  # an option, and not in the file
        complain(f"{place}: {fault.code}: {fault.message}")


def _format(text: str) -> DocumentFormat:
    match text:
        case "urdb" | "octopus" | "cdr":
            return text
    raise CommandFailed(f"--format must be urdb, octopus or cdr; got {text}")


def _direction(text: str) -> Direction:
    match text.upper():
        case "IMPORT" | "EXPORT" | "LOCAL" as direction:
            return direction
    raise CommandFailed(f"--direction must be IMPORT, EXPORT or LOCAL; got {text}")
