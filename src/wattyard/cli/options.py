"""Options that many commands have, and the fault that ends one."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the embedded database.", envvar="WATTYARD_DATA"),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="Address of an external PostgreSQL to use instead: postgresql://…",
        envvar="WATTYARD_DATABASE",
    ),
]
DatabaseDirectOption = Annotated[
    str | None,
    typer.Option(
        "--database-direct",
        help="Address of the server itself, where --database leads to a connection pooler.",
        envvar="WATTYARD_DATABASE_DIRECT",
    ),
]
DatabaseReadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--database-read",
        help="Address of a replica that may be read; give it again for several.",
        envvar="WATTYARD_DATABASE_READ",
    ),
]


class Variables(list[str]):
    """Names of variables of which the first that is set counts."""

    def __str__(self) -> str:
        """Write them as an error of the command line names them."""
        return " or ".join(self)


# The client's names for the same count, too, so that what was set once serves both.
ACCOUNT_VARIABLES = Variables(["WATTYARD_ACCOUNT", "WATTYARD_ACCOUNT_ID"])
KEY_VARIABLES = Variables(["WATTYARD_KEY", "WATTYARD_SECRET_KEY"])
MODE_VARIABLE = "WATTYARD_MODE"
SERVER_VARIABLES = Variables(["WATTYARD_SERVER", "WATTYARD_URL"])
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class CommandFailed(Exception):
    """A command cannot do what was asked; the message says why."""


def listed(values: list[str] | None) -> str | None:
    """Write the values of an option that may be given again as one setting."""
    return " ".join(values) if values else None
