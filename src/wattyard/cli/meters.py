"""`wattyard meter import FILE`: import readings from NEM12, Green Button or CSV."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.models import OptionInfo

from wattyard.app import Services
from wattyard.cli import csv_options
from wattyard.cli.accounts import AccountOption, Mode
from wattyard.cli.database import run
from wattyard.cli.meter_files import MeterFile, MeterImportTally, MeteringPoint, bring_in
from wattyard.cli.options import (
    MODE_VARIABLE,
    CommandFailed,
    DatabaseOption,
    DataOption,
    JsonOption,
)
from wattyard.cli.printing import complain, print_json, say
from wattyard.cli.tariffs import context_of
from wattyard.kernel import ids
from wattyard.meters.adapters.column_map import ColumnMap
from wattyard.meters.adapters.file_registers import Survey, stored_name
from wattyard.meters.adapters.meter_file import (
    FormatUnknown,
    MeterFormat,
    Options,
    Remark,
    recognise,
)
from wattyard.sites.service import Devices, Sites

_FORMATS: Final = {
    "nem12": MeterFormat.NEM12,
    "green_button": MeterFormat.GREEN_BUTTON,
    "csv": MeterFormat.CSV,
}
_HEAD_BYTES: Final = 4096
_SHOWN_REFUSALS: Final = 1000
_REMARKS: Final[dict[Remark, str]] = {
    "gap": "a gap",
    "length_changed": "another length of periods",
    "row_not_chosen": "a row passed over by --only",
    "repeated": "repeated with the same value",
    "other_quantity": "something other than energy, passed over",
}


def _csv(help_: str, *names: str) -> OptionInfo:
    """Declare an option of CSV files."""
    found: OptionInfo = typer.Option(*names, help=help_, rich_help_panel="CSV files")
    return found


meter = typer.Typer(help="Meter readings.", no_args_is_help=True)


@meter.callback()
def _group() -> None:
    """Make `import` a subcommand, although it is the only one so far."""


@meter.command("import")
def import_readings(
    file: Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False)],
    account: AccountOption,
    mode: Annotated[
        Mode,
        typer.Option("--mode", help="Data to import into: test or live.", envvar=MODE_VARIABLE),
    ],
    location: Annotated[str, typer.Option("--location", help="loc_… or ste_…")],
    device: Annotated[
        str | None, typer.Option("--device", help="dev_… that the readings count for.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="nem12, green_button or csv; default: recognised."),
    ] = None,
    unit: Annotated[str, _csv("KWH, WH, KW or W.")] = "KWH",
    start: Annotated[str | None, _csv("Column of start times, by name or number from 1.")] = None,
    end: Annotated[str | None, _csv("Column of end times.")] = None,
    period: Annotated[
        str | None, _csv("Column of whole periods: A to B, or A - B, in one cell.")
    ] = None,
    date: Annotated[str | None, _csv("Column of dates, beside times of the day.")] = None,
    length: Annotated[
        str | None,
        _csv("Minutes of a period, DAY, or auto: up to the neighbouring row; instead of an end."),
    ] = None,
    value: Annotated[
        list[str] | None,
        _csv("Column of values, COLUMN[:INBOUND|OUTBOUND]; repeatable: registers that add up."),
    ] = None,
    negative: Annotated[
        str | None, _csv("Direction of negative values, where one column has both: OUTBOUND.")
    ] = None,
    register_reads: Annotated[
        bool,
        _csv(
            "Values are reads of a register; energy is what lies between two.", "--register-reads"
        ),
    ] = False,
    numbered: Annotated[
        bool,
        _csv(
            "--start is the number, from 1, of the elapsed period of the local day.", "--numbered"
        ),
    ] = False,
    wide: Annotated[
        bool,
        _csv("A row is a day, with a column for each period named by its start, or A-B.", "--wide"),
    ] = False,
    direction: Annotated[
        list[str] | None,
        _csv("COLUMN=WORD:INBOUND|OUTBOUND: rows that a column directs; repeatable."),
    ] = None,
    only: Annotated[list[str] | None, _csv("COLUMN=WORD: only these rows; repeatable.")] = None,
    quality: Annotated[
        list[str] | None,
        _csv("COLUMN=WORD:0.7: how sure rows are; known words need none; repeatable."),
    ] = None,
    delimiter: Annotated[str | None, _csv("Default: found in the first row.")] = None,
    decimal_comma: Annotated[bool, _csv("Numbers such as 0,5.", "--decimal-comma")] = False,
    day_first: Annotated[
        bool | None, _csv("What 03/04/2025 means.", "--day-first/--month-first")
    ] = None,
    utc_offset: Annotated[
        str | None, _csv("The times' fixed offset, such as +01:00; default: local time.")
    ] = None,
    allow_implausible: Annotated[
        bool,
        _csv(
            "Accept a mean above 200 kW, or values that seem to be register reads.",
            "--allow-implausible",
        ),
    ] = False,
    channel: Annotated[
        str | None, typer.Option(help="Import only the register of this name.")
    ] = None,
    register: Annotated[
        str | None,
        typer.Option(
            help="Keep the file's one register under this name, beside those of other files."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every reading, store none.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Import the readings of a meter from a file.

    A reading of a known period replaces the earlier one, so a file can be imported again after an
    interruption or with corrections. Registers of one direction (day and night, E1 and E2) are
    kept under their names and add up. Everything that was refused is reported with its place and
    reason, and the exit code is then 2; what is passed over, and gaps, are counted.
    """
    format_ = _format(form, file)
    columns = None
    if format_ is MeterFormat.CSV:
        try:
            columns = ColumnMap(
                values=csv_options.value_columns(value or ()),
                start=csv_options.column(start),
                end=csv_options.column(end),
                date=csv_options.column(date),
                period=csv_options.column(period),
                length=csv_options.length(length),
                numbered=numbered,
                wide=wide,
                register_reads=register_reads,
                negative=csv_options.flow("--negative", negative) if negative else None,
                words=csv_options.row_words(direction or (), only or (), quality or ()),
                unit=csv_options.unit(unit),
                delimiter=delimiter,
                decimal_comma=decimal_comma,
                day_first=day_first,
                utc_offset=csv_options.utc_offset(utc_offset),
            )
        except ValueError as fault:
            raise CommandFailed(f"{fault}: see --start, --end, --length and --value") from fault
    site_id = ids.read(location, "loc", "ste", param="location")
    device_id = ids.read(device, "dev", param="device") if device else None
    name = stored_name(register) if register is not None else None
    if name == "":
        raise CommandFailed("--register must be a name of 1 to 32 characters; it has none")

    async def work(services: Services) -> tuple[MeterImportTally, Survey]:
        context = await context_of(services, account, mode)
        site = await services.get(Sites).supply(context, site_id, param="location")
        if device_id is not None:
            await services.get(Devices).device(context, device_id)
        source = MeterFile(file, format_, Options(zone=site.timezone, columns=columns), channel)
        survey = await asyncio.to_thread(source.survey, allow_implausible=allow_implausible)
        meter = MeteringPoint(context, site_id, device_id, survey.stored(name))
        return await bring_in(services, source, meter, dry_run=dry_run, show=not json), survey

    tally, survey = run(data, database, work)
    _report(tally, survey, name, dry_run=dry_run, json=json)
    if tally.refused:
        raise typer.Exit(2)


def _format(text: str | None, file: Path) -> MeterFormat:
    if text is not None and text.lower() in _FORMATS:
        return _FORMATS[text.lower()]
    if text is not None:
        raise CommandFailed(f"--format must be nem12, green_button or csv; got {text}")
    with file.open("rb") as stream:
        try:
            return recognise(stream.read(_HEAD_BYTES), str(file))
        except FormatUnknown as unknown:
            raise CommandFailed(str(unknown)) from unknown


def _report(
    tally: MeterImportTally, survey: Survey, name: str | None, *, dry_run: bool, json: bool
) -> None:
    refused = len(tally.refused) + tally.unlisted
    estimated = sum(own.estimated for own in survey.registers.values())
    if json:
        print_json(
            {
                "dry_run": dry_run,
                "batch_id": None if tally.batch is None else ids.wire("bat", tally.batch),
                "kept": tally.kept,
                "estimated": estimated,
                "registers": _registers(survey, name),
                "noted": [
                    {
                        "what": what,
                        "count": own.count,
                        "first": {"where": own.first.where, "message": own.first.message},
                    }
                    for what, own in survey.remarks.items()
                ],
                "refused_count": refused,
                "refused": [
                    {"where": one.where, "code": one.code, "reason": one.message}
                    for one in tally.refused
                ],
            }
        )
        return
    would = "would be " if dry_run else ""
    say(f"{tally.kept:,} readings {would}kept, {refused:,} refused")
    if estimated:
        say(f"{estimated:,} of the file's values are estimated")
    for register in _registers(survey, name) if len(survey.registers) > 1 else []:
        name_, kept_as = (register[key] or "no name" for key in ("name", "register"))
        say(
            f"{name_} ({register['direction']}): {register['energy_kwh']:,} kWh, "
            f"kept under {kept_as}"
        )
    for what, own in survey.remarks.items():
        say(f"{own.count:,} × {_REMARKS[what]}, first at {own.first.where}: {own.first.message}")
    for one in tally.refused[:_SHOWN_REFUSALS]:
        complain(f"{one.where}: {one.code}: {one.message}")
    if refused > _SHOWN_REFUSALS:
        complain(f"… and {refused - _SHOWN_REFUSALS:,} more; --json lists them")


def _registers(survey: Survey, name: str | None) -> list[dict[str, Any]]:
    stored = survey.stored(name)
    return [
        {
            "name": register.name,
            "direction": register.direction,
            "register": stored[register],
            "readings": own.count,
            "energy_kwh": round(own.total_kwh, 6),
        }
        for register, own in survey.registers.items()
    ]
