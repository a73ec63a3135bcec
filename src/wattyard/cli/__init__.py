"""The command line: `wattyard serve`, `account`, `key`, `import`, `doctor`, `backup`, …"""

import sys
from importlib import import_module
from typing import Annotated, Any, Final

import structlog
import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup
from typer.main import get_command, get_group

from wattyard import __version__
from wattyard.cli.database import VERBOSE, CommandFailed
from wattyard.kernel.refusals import Refusal
from wattyard.platform.db.schema import MigrationFailed, SchemaOutdated
from wattyard.platform.embedded import EmbeddedError
from wattyard.platform.settings import SettingInvalid

_COMMANDS: Final = {
    "serve": ("serve", "serve"),
    "account": ("accounts", "account"),
    "key": ("accounts", "key"),
    "token": ("accounts", "make_token"),
    "site": ("listings", "site"),
    "device": ("listings", "device"),
    "tariff": ("tariffs", "tariff"),
    "market": ("markets", "market"),
    "worker": ("work", "worker"),
    "event": ("listings", "event"),
    "delivery": ("listings", "delivery"),
    "listen": ("listen", "listen"),
    "signing-key": ("work", "signing_key"),
    "encryption-key": ("encryption", "encryption_key"),
    "meter": ("meters", "meter"),
    "plan": ("plan", "plan"),
    "migrate": ("maintenance", "migrate"),
    "doctor": ("maintenance", "doctor"),
    "backup": ("maintenance", "backup"),
    "restore": ("maintenance", "restore"),
    "import": ("imports", "imports"),
}
"""Each command's module and its name there."""


class Commands(TyperGroup):
    """The commands, each imported when it is asked for: a server needs only its own."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 (typer's own)
        super().__init__(**given)
        self.commands = dict.fromkeys(_COMMANDS, TyperGroup())  # their names, for suggestions

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 (a class that typer hides)
        """Name every command, in the order of the help, without earlier names."""
        return [name for name in _COMMANDS if name != "import"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 (as above)
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        found = getattr(import_module(f"wattyard.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            command = get_command(alone)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=Commands,
    name="wattyard",
    help="Sites, devices, energy prices, costs and schedules behind one HTTP API.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


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
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say on standard error which database is used.")
    ] = False,
) -> None:
    """Sites, devices, energy prices, costs and schedules behind one HTTP API."""
    VERBOSE.set(verbose)


_ONE_SENTENCE: Final = (
    CommandFailed,
    EmbeddedError,
    MigrationFailed,
    SchemaOutdated,
    SettingInvalid,
    Refusal,
)
"""Faults that a person can fix: one line, without a traceback."""


def main() -> None:
    """Run the command line; faults that a person can fix are one line, without a traceback."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        app()
    except _ONE_SENTENCE as fault:
        Console(stderr=True).print(
            f"[bold red]wattyard:[/] {escape(str(fault))}", highlight=False, soft_wrap=True
        )
        sys.exit(1)
