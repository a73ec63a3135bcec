"""`wattyard site import FILE`, or `import sites FILE`: import a fleet from NDJSON or CSV."""

import asyncio
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.cli.accounts import AccountOption, Mode, print_json
from wattyard.cli.database import run
from wattyard.cli.options import CommandFailed, DatabaseOption, DataOption, JsonOption
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.kernel.refusals import Refusal
from wattyard.platform.decoding import json_value
from wattyard.sites.adapters.fleet_files import FileInvalid, csv_rows, json_lines
from wattyard.sites.domain.arrivals import Arrival, ImportTally, RefusedLine
from wattyard.sites.service import Fleet
from wattyard.sites.wire.arrivals import arrival, is_field, typed

_BATCH: Final = 250
_SHOWN_REFUSALS: Final = 1000

imports = typer.Typer(help="The earlier name of `site import`.", no_args_is_help=True)


@imports.callback()
def _group() -> None:
    """Make `sites` a subcommand, although it is the only one."""


@imports.command("sites")
def import_sites(
    file: Annotated[str, typer.Argument(help="NDJSON or CSV; - reads NDJSON from stdin.")],
    account: AccountOption,
    mode: Annotated[Mode, typer.Option("--mode", help="Data to import into: test or live.")],
    form: Annotated[
        str | None, typer.Option("--format", help="ndjson or csv; default: by the file's name.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every line, store nothing.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Import sites with their devices, one per line.

    A line whose reference_id is known updates that site, so a file can be imported again after an
    interruption or with corrections. Each line is imported whole or not at all; all refused lines
    are reported with their number and reason, and the exit code is then 2.
    """
    account_id = ids.read(account, "acc", param="account")
    is_csv = (form or ("csv" if file.lower().endswith(".csv") else "ndjson")) == "csv"
    size = None if file == "-" or not Path(file).exists() else Path(file).stat().st_size

    async def work(services: Services) -> ImportTally:
        owner = await services.get(Accounts).account(account_id)
        caller = Caller(owner.number, owner.id, mode is Mode.live)
        tally = ImportTally()
        with _opened(file) as source, progress_bar(show=not json) as progress:
            task = progress.add_task("sites", total=size)
            lines = _arrivals(source, tally, is_csv=is_csv)
            batch = _next(lines)
            while batch:
                following = asyncio.create_task(asyncio.to_thread(_next, lines))
                # Each batch is a call of its own, whose events have its time: a file takes hours.
                context = services.get(Contexts).of(caller)
                tally.add(await services.get(Fleet).bring_in(context, batch, dry_run=dry_run))
                batch = await following  # was read while the database worked
                progress.update(task, completed=source.tell() if size else tally.taken)
        return tally

    try:
        tally = run(data, database, work)
    except FileInvalid as fault:
        raise CommandFailed(f"{file}: {fault}") from fault
    _report(tally, dry_run=dry_run, json=json)
    if tally.refused:
        raise typer.Exit(2)


def _next(lines: Iterator[Arrival]) -> list[Arrival]:
    return list(islice(lines, _BATCH))


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 (closed below; a missing file has its own message)
    except OSError as fault:
        raise CommandFailed(f"{file} cannot be read: {fault.strerror}") from fault
    with source:
        yield source


def _arrivals(source: IO[bytes], tally: ImportTally, *, is_csv: bool) -> Iterator[Arrival]:
    """Read the lines one by one; faulty ones are added to the tally."""
    first_line: dict[str, int] = {}
    for number, body in _bodies(source, tally, is_csv=is_csv):
        try:
            one = arrival(number, body)
            earlier = first_line.setdefault(one.reference_id, number)
            if earlier != number:
                tally.refused.append(
                    RefusedLine(number, f"line {earlier} has the same reference_id")
                )
            else:
                yield one
        except Refusal as refusal:
            reasons = "; ".join(fault.placed for fault in refusal.faults)
            tally.refused.append(RefusedLine(number, reasons))


def _bodies(source: IO[bytes], tally: ImportTally, *, is_csv: bool) -> Iterator[tuple[int, dict]]:  # type: ignore[type-arg]  # JSON
    if is_csv:
        # Bytes that are not UTF-8 become lone surrogates, which are refused row by row.
        text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            for number, row in csv_rows(text, is_field):
                if isinstance(row, str):
                    tally.refused.append(RefusedLine(number, row))
                else:
                    yield number, typed(row)
        finally:
            text.detach()
        return
    for number, line in json_lines(source):
        if isinstance(line, str):
            tally.refused.append(RefusedLine(number, line))
            continue
        try:
            yield number, json_value(line)
        except Refusal as refusal:
            tally.refused.append(RefusedLine(number, str(refusal)))


def progress_bar(*, show: bool) -> Progress:
    """Show how much of a file has been read, on stderr, if that is a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not (show and console.is_terminal),
    )


def _report(tally: ImportTally, *, dry_run: bool, json: bool) -> None:
    refused = sorted(tally.refused, key=lambda one: one.line)
    if json:
        print_json(
            {
                "dry_run": dry_run,
                "created": tally.created,
                "updated": tally.updated,
                "unchanged": tally.unchanged,
                "refused": [{"line": one.line, "reason": one.reason} for one in refused],
            }
        )
        return
    would = "would be " if dry_run else ""
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{tally.created:,} {would}created, {tally.updated:,} {would}updated, "
        f"{tally.unchanged:,} unchanged, {len(refused):,} refused"
    )
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for one in refused[:_SHOWN_REFUSALS]:
        errors.print(f"line {one.line}: {one.reason}", markup=False)
    if len(refused) > _SHOWN_REFUSALS:
        errors.print(f"… and {len(refused) - _SHOWN_REFUSALS:,} more; --json lists all")
