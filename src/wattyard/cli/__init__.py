"""The command line: `wattyard serve`, `account`, `key`, `import`, `doctor`, `backup`, …"""

import sys
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.markup import escape

from wattyard import __version__
from wattyard.cli import (
    accounts,
    encryption,
    imports,
    listen,
    maintenance,
    markets,
    meters,
    plan,
    serve,
    tariffs,
    work,
)
from wattyard.cli.database import CommandFailed
from wattyard.kernel.refusals import Refusal
from wattyard.platform.db.schema import SchemaOutdated
from wattyard.platform.embedded import EmbeddedError
from wattyard.platform.settings import SettingInvalid

app = typer.Typer(
    name="wattyard",
    help="Sites, devices, energy prices, costs and schedules behind one HTTP API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.add_typer(accounts.account, name="account")
app.add_typer(accounts.key, name="key")
app.add_typer(imports.imports, name="import")
app.add_typer(tariffs.tariff, name="tariff")
app.add_typer(markets.market, name="market")
app.command("worker")(work.worker)
app.command("listen")(listen.listen)
app.add_typer(work.signing_key, name="signing-key")
app.add_typer(encryption.encryption_key, name="encryption-key")
app.add_typer(meters.meter, name="meter")
app.command("plan")(plan.plan)
app.command("migrate")(maintenance.migrate)
app.command("doctor")(maintenance.doctor)
app.command("backup")(maintenance.backup)
app.command("restore")(maintenance.restore)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wattyard {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version."),
    ] = False,
) -> None:
    """Sites, devices, energy prices, costs and schedules behind one HTTP API."""


def main() -> None:
    """Run the command line; faults that a person can fix are one line, without a traceback."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        app()
    except (CommandFailed, EmbeddedError, SchemaOutdated, SettingInvalid, Refusal) as fault:
        Console(stderr=True).print(
            f"[bold red]wattyard:[/] {escape(str(fault))}", highlight=False, soft_wrap=True
        )
        sys.exit(1)
