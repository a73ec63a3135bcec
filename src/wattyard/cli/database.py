"""What all commands share: the choice of database, and the use-cases on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from wattyard.app import Services
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.settings import Settings

Result = TypeVar("Result")

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
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class CommandFailed(Exception):
    """A command cannot do what was asked; the message says why."""


@contextmanager
def database_of(settings: Settings, *, watched: bool = False) -> Iterator[str]:
    """Give the address of the database; the embedded one runs while the block does.

    The embedded database is also migrated to the newest schema, and with `watched` it is started
    again when it was killed.
    """
    if settings.database:
        yield settings.database
        return
    with EmbeddedDatabase(settings.data).lease(watched=watched) as url:
        if asyncio.run(_outdated(url)):
            schema.migrate(url)
        yield url


def run(
    data: Path | None,
    database: str | None,
    work: Callable[[Services], Awaitable[Result]],
) -> Result:
    """Run use-cases on the database that the options name."""
    settings = Settings.read(data=data, database=database)
    with database_of(settings) as url:
        return asyncio.run(_working(url, work))


async def _working(url: str, work: Callable[[Services], Awaitable[Result]]) -> Result:
    db = Database(url, connections=2)
    await db.open()
    try:
        await schema.check(db)
        return await work(Services(db))
    finally:
        await db.close()


def check_schema(url: str) -> None:
    """Refuse a database with another schema before anything is started on it.

    Raises:
        SchemaOutdated, Unavailable.
    """

    async def nothing(_: Services) -> None:
        return None

    asyncio.run(_working(url, nothing))


async def _outdated(url: str) -> bool:
    db = Database(url, connections=1)
    await db.open()
    try:
        present = await schema.present_revision(db)
        return present is None or present < schema.newest_revision()
    finally:
        await db.close()
