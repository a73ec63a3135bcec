"""The command line: `wattyard serve`, `account`, `key`, `import`, `doctor`, `backup`, …"""

# What a command needs is imported with it: the help and the version need none of it.
# ruff: noqa: PLC0415

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command, get_group

from wattyard import __version__
from wattyard.cli.verbose import VERBOSE
from wattyard.cli.wording import worded
from wattyard.kernel.printing import printable


class Listed(NamedTuple):
    """A command's module, its name there, and the line of the help that names it."""

    module: str
    name: str
    help: str


_COMMANDS: Final = {
    "serve": Listed("serve", "serve", "Serve the API until SIGTERM or Ctrl-C."),
    "account": Listed("account", "account", "Accounts of the API."),
    "cells": Listed("cells", "cells", "Cells: accounts on several PostgreSQL clusters."),
    "key": Listed("accounts", "key", "Secret and restricted keys of an account."),
    "user": Listed("people", "user", "People who may log in to the dashboard."),
    "token": Listed(
        "accounts",
        "make_token",
        "Print a bearer token of an account, good for an hour, made with its oldest secret key.",
    ),
    "site": Listed("listings", "site", "Sites of an account."),
    "customer": Listed("listings", "customer", "Customers of an account, and their data."),
    "device": Listed("listings", "device", "Devices of an account."),
    "tariff": Listed("tariffs", "tariff", "Tariffs and their prices."),
    "market": Listed("markets", "market", "Market sources for all accounts."),
    "worker": Listed(
        "work",
        "worker",
        "Do the background work until SIGTERM: deliver webhooks, fetch prices, delete old events.",
    ),
    "event": Listed("listings", "event", "What changed at an account."),
    "delivery": Listed("listings", "delivery", "Events on their way to webhooks."),
    "listen": Listed(
        "listen",
        "listen",
        "Follow the events of an account until Ctrl-C, and forward them as webhooks.",
    ),
    "signing-key": Listed("work", "signing_key", "The key that signs webhooks."),
    "encryption-key": Listed(
        "encryption", "encryption_key", "The keys that encrypt secrets in the database."
    ),
    "meter": Listed("meters", "meter", "Meter readings."),
    "plan": Listed(
        "plan",
        "plan",
        "Show when a battery or a car charges at least cost, or with --site what all devices do.",
    ),
    "config": Listed("config", "config", "The settings: their values, and where each is from."),
    "migrate": Listed(
        "maintenance",
        "migrate",
        "Migrate the database to the schema of this version, and make partitions ahead.",
    ),
    "doctor": Listed(
        "maintenance",
        "doctor",
        "Check schema, rows, clock, disk, secrets, overdue work, "
        "and all stored summaries and lists.",
    ),
    "health": Listed(
        "health",
        "health",
        "Ask a server or worker of this machine whether it is ready; for health checks.",
    ),
    "database": Listed("moving", "database", "The database as a whole."),
    "backup": Listed(
        "backups",
        "backup",
        "Back up the embedded database: to a file, or regularly to a folder; list backups.",
    ),
    "restore": Listed(
        "backups",
        "restore",
        "Restore the embedded database: from a file, or as it was at a given moment.",
    ),
    "import": Listed("imports", "imports", "The earlier name of `site import`."),
}


class Commands(TyperGroup):
    """The commands, each imported when it is run: a server needs only its own, and help none."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 (typer's own)
        super().__init__(**given)
        self._only_listed = False
        self.commands = dict.fromkeys(_COMMANDS, TyperGroup())  # their names, for suggestions

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 (a class that typer hides)
        """Name every command, in the order of the help, without earlier names."""
        return [name for name in _COMMANDS if name != "import"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 (as above)
        """Import a command; while they are only listed, what the help says of it will do."""
        if cmd_name not in _COMMANDS:
            return None
        listed = _COMMANDS[cmd_name]
        if self._only_listed:
            return TyperCommand(cmd_name, help=listed.help, short_help=listed.help)
        found = getattr(import_module(f"wattyard.cli.{listed.module}"), listed.name)
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            command = get_command(alone)
        command.name = cmd_name
        worded(command, cmd_name)
        _finished(command)
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (as above)
        """Print the help."""
        with self._listing():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401 (as above)
        """Complete the name of a command."""
        with self._listing():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _listing(self) -> Iterator[None]:
        self._only_listed = True
        try:
            yield
        finally:
            self._only_listed = False


app = typer.Typer(
    cls=Commands,
    name="wattyard",
    help="Sites, devices, energy prices, costs and schedules behind one HTTP API.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _finished(command: Any) -> None:  # noqa: ANN401 (a class that typer hides)
    """Let a command, and those of a group, write its help without rich, whose import takes longer
    than all else; and where it reads the settings, be told their file.
    """
    for one in getattr(command, "commands", {}).values():
        _finished(one)
        one.short_help = (one.help or "").partition("\n\n")[0].replace("\n", " ")  # not cut off
    command.rich_markup_mode = None
    if any({"--data", "--port"} & {*one.opts} for one in command.params):
        option = TyperOption(
            param_decls=["--config"],
            type=str,
            metavar="FILE",
            help="Configuration file to use instead of the wattyard.toml that would be found.",
            callback=_use_file,
            expose_value=False,
            is_eager=True,
        )
        command.params.append(option)


def _use_file(ctx: Any, param: Any, value: str | None) -> str | None:  # noqa: ANN401
    """Take a configuration file that an option names, here and in processes begun from here."""
    if value is not None:
        os.environ["WATTYARD_CONFIG"] = value
    return value


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
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Configuration file; see `wattyard config`."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say on standard error which database is used.")
    ] = False,
) -> None:
    """Sites, devices, energy prices, costs and schedules behind one HTTP API."""
    gc.freeze()  # what was imported stays: no collection has to look at it
    gc.enable()
    VERBOSE.set(verbose)
    _use_file(None, None, config)
    if any(name.startswith("WATTYARD_") for name in os.environ):
        _judge_variables()


def _judge_variables() -> None:
    """Warn of variables that nothing reads, and forget what is no person's."""
    from wattyard.platform.configuration import is_service_link
    from wattyard.platform.settings import unknown_variables

    if is_service_link(os.environ.get("WATTYARD_PORT", "")):
        del os.environ["WATTYARD_PORT"]
    unknown = unknown_variables()
    if unknown:
        typer.echo(f"wattyard: {'; '.join(unknown)}", err=True)


def _one_sentence() -> tuple[type[Exception], ...]:
    """Faults that a person can fix: one line, without a traceback."""
    from wattyard.cli.options import CommandFailed
    from wattyard.kernel.moves import MoveRefused
    from wattyard.kernel.refusals import Refusal
    from wattyard.platform.db.moving import MoveFailed
    from wattyard.platform.db.schema import MigrationFailed, SchemaOutdated
    from wattyard.platform.embedded import EmbeddedError
    from wattyard.platform.settings import SettingInvalid

    return (
        CommandFailed,
        EmbeddedError,
        MigrationFailed,
        MoveFailed,
        MoveRefused,
        SchemaOutdated,
        SettingInvalid,
        Refusal,
    )


def main() -> None:
    """Run the command line; faults that a person can fix are one line, without a traceback."""
    gc.disable()  # while a command is imported: what that makes stays, and looking at it takes long
    try:
        app()
    except ImportError as fault:
        if (fault.name or "").partition(".")[0] == "wattyard":
            raise
        sys.stderr.write(
            f"wattyard: {fault}: the installation is not whole, or was made for another Python or "
            "machine; install Wattyard again (docs/install.md)\n"
        )
        sys.exit(1)
    except Exception as fault:
        if not isinstance(fault, _one_sentence()):
            raise
        named = typer.style("wattyard:", fg="red", bold=True)
        typer.echo(f"{named} {printable(str(fault))}", err=True)
        sys.exit(1)
