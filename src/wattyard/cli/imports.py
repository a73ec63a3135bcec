"""`wattyard site import FILE`, or `import sites FILE`: import a fleet from NDJSON or CSV."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.cli.accounts import AccountOption, Mode
from wattyard.cli.database import run
from wattyard.cli.options import (
    MODE_VARIABLE,
    CommandFailed,
    DatabaseOption,
    DataOption,
    JsonOption,
)
from wattyard.cli.printing import complain, print_json, say
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.sites.domain.arrivals import FileInvalid, ImportTally
from wattyard.sites.service import Fleet, FleetFiles

_SHOWN_REFUSALS: Final = 1000

imports = typer.Typer(help="The earlier name of `site import`.", no_args_is_help=True)


@imports.callback()
def _group() -> None:
    """Make `sites` a subcommand, although it is the only one."""


@imports.command("sites")
def import_sites(
    file: Annotated[str, typer.Argument(help="NDJSON or CSV; - reads NDJSON from stdin.")],
    account: AccountOption,
    mode: Annotated[
        Mode,
        typer.Option("--mode", help="Data to import into: test or live.", envvar=MODE_VARIABLE),
    ],
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
            async for batch in services.get(FleetFiles).batches(source, tally, is_csv=is_csv):
                # Each batch is a call of its own, whose events have its time: a file takes hours.
                context = services.get(Contexts).of(caller)
                tally.add(await services.get(Fleet).bring_in(context, batch, dry_run=dry_run))
                progress.update(task, completed=source.tell() if size else tally.taken)
        return tally

    try:
        tally = run(data, database, work)
    except FileInvalid as fault:
        raise CommandFailed(f"{file}: {fault}") from fault
    _report(tally, dry_run=dry_run, json=json)
    if tally.refused:
        raise typer.Exit(2)


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
    say(
        f"{tally.created:,} {would}created, {tally.updated:,} {would}updated, "
        f"{tally.unchanged:,} unchanged, {len(refused):,} refused"
    )
    for one in refused[:_SHOWN_REFUSALS]:
        complain(f"line {one.line}: {one.reason}")
    if len(refused) > _SHOWN_REFUSALS:
        complain(f"… and {len(refused) - _SHOWN_REFUSALS:,} more; --json lists all")
