"""`wattyard meter import FILE`: import readings from NEM12, Green Button or CSV."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from wattyard.app import Services
from wattyard.cli import csv_options
from wattyard.cli.accounts import AccountOption, Mode, print_json
from wattyard.cli.database import CommandFailed, DatabaseOption, DataOption, JsonOption, run
from wattyard.cli.meter_files import MeterFile, MeterImportTally, MeteringPoint, bring_in
from wattyard.cli.tariffs import context_of
from wattyard.kernel import ids
from wattyard.meters.adapters.meter_file import (
    ColumnMap,
    FormatUnknown,
    MeterFormat,
    Options,
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

meter = typer.Typer(help="Meter readings.", no_args_is_help=True)


@meter.callback()
def _group() -> None:
    """Make `import` a subcommand, although it is the only one so far."""


@meter.command("import")
def import_readings(
    file: Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False)],
    account: AccountOption,
    mode: Annotated[Mode, typer.Option("--mode", help="Data to import into: test or live.")],
    location: Annotated[str, typer.Option("--location", help="loc_… or ste_…")],
    device: Annotated[
        str | None, typer.Option("--device", help="dev_… that the readings count for.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="nem12, green_button or csv; default: recognised."),
    ] = None,
    unit: Annotated[str, typer.Option(help="CSV: KWH, WH, KW or W.")] = "KWH",
    start: Annotated[
        str | None, typer.Option(help="CSV: column of start times, by name or number from 1.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="CSV: column of end times.")] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(help="CSV: column of values, COLUMN[:INBOUND|OUTBOUND]; repeatable."),
    ] = None,
    length: Annotated[
        str | None, typer.Option(help="CSV: minutes of a period, or DAY, instead of an end.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="CSV: column of dates, beside times of the day.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="CSV: default: found in the first row.")
    ] = None,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help="CSV: numbers such as 0,5.")
    ] = False,
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="CSV: what 03/04/2025 means."),
    ] = None,
    utc_offset: Annotated[
        str | None,
        typer.Option(help="CSV: the times' fixed offset, such as +01:00; default: local time."),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Import only the register of this name.")
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
    interruption or with corrections. Everything that was refused is reported with its place and
    reason, and the exit code is then 2.
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
                length=csv_options.length(length),
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

    async def work(services: Services) -> MeterImportTally:
        context = await context_of(services, account, mode)
        site = await services.get(Sites).supply(context, site_id, param="location")
        if device_id is not None:
            await services.get(Devices).device(context, device_id)
        source = MeterFile(file, format_, Options(zone=site.timezone, columns=columns), channel)
        await asyncio.to_thread(source.check_registers)
        meter = MeteringPoint(context, site_id, device_id)
        return await bring_in(services, source, meter, dry_run=dry_run, show=not json)

    tally = run(data, database, work)
    _report(tally, dry_run=dry_run, json=json)
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


def _report(tally: MeterImportTally, *, dry_run: bool, json: bool) -> None:
    refused = len(tally.refused) + tally.unlisted
    if json:
        print_json(
            {
                "dry_run": dry_run,
                "batch_id": None if tally.batch is None else ids.wire("bat", tally.batch),
                "kept": tally.kept,
                "refused_count": refused,
                "refused": [
                    {"where": one.where, "code": one.code, "reason": one.message}
                    for one in tally.refused
                ],
            }
        )
        return
    would = "would be " if dry_run else ""
    Console(highlight=False, soft_wrap=True).print(
        f"{tally.kept:,} readings {would}kept, {refused:,} refused"
    )
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for one in tally.refused[:_SHOWN_REFUSALS]:
        errors.print(f"{one.where}: {one.code}: {one.message}", markup=False)
    if refused > _SHOWN_REFUSALS:
        errors.print(f"… and {refused - _SHOWN_REFUSALS:,} more; --json lists them")
