"""What all commands share: choosing the database, and the use-cases on it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wattyard.cli.options import CommandFailed
from wattyard.cli.verbose import VERBOSE
from wattyard.kernel.addresses import without_password
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.encryption import Keyring, key_file, registry
from wattyard.platform.settings import Settings

if TYPE_CHECKING:
    from wattyard.platform.services import Services

Result = TypeVar("Result")
Assembly = Callable[[Database, Settings], "Services"]
"""Puts use-cases together on a database."""


def say_meanwhile(line: str) -> None:
    """Print what takes long on stderr, where that is a terminal and not a log."""
    if sys.stderr.isatty():
        sys.stderr.write(f"wattyard: {line}\n")
        sys.stderr.flush()


def say_if_verbose(line: str) -> None:
    """Print a line on stderr where `wattyard --verbose` asks for it."""
    if VERBOSE.get():
        sys.stderr.write(f"wattyard: {line}\n")


def no_database_in(folder: Path) -> CommandFailed:
    """Say that a folder has no database, and what to do about it."""
    return CommandFailed(
        f"there is no database in {folder.absolute()}: name another folder with --data or "
        f"WATTYARD_DATA, or make one with `wattyard serve --data {folder}`"
    )


@contextmanager
def database_of(
    settings: Settings, *, watched: bool = False, makes: bool = False
) -> Iterator[Settings]:
    """Give the settings with the database's address; the embedded one runs while the block
    does.

    The embedded database is also migrated to the newest schema, and with `watched` it is started
    again when it was killed. Only where it `makes` one, a folder may have none yet.

    Raises:
        CommandFailed: when the folder has no database.
    """
    if settings.database:
        say_if_verbose(f"using the database {without_password(settings.database)}")
        yield settings
        return
    embedded = EmbeddedDatabase(settings.data)
    is_new = embedded.is_new
    say_if_verbose(f"using the database in {embedded.data.absolute()}")
    if is_new and not makes:
        raise no_database_in(embedded.data)
    if is_new:
        say_meanwhile(f"making a database in {embedded.data} …")
    with embedded.lease(watched=watched) as url:
        found = _with_key(settings).with_database(url)
        if schema.is_behind(url):
            if not is_new:
                say_meanwhile("bringing the database to the schema of this release …")
            schema.migrate(url)
            check(found, alone=True)
        yield found


def run(
    data: Path | None,
    database: str | None,
    work: "Callable[[Services], Awaitable[Result]]",
    *,
    any_key: bool = False,
    makes: bool = False,
    assembly: Assembly | None = None,
) -> Result:
    """Run use-cases on the database that the options name: all of them, or those of an `assembly`.

    Where encryption keys are given, they must be those of the database, unless `any_key`. Only a
    command that `makes` a database may be given a folder that has none.
    """
    settings = Settings.read(data=data, database=database)
    with database_of(settings, makes=makes) as found:
        return asyncio.run(working(found, work, any_key=any_key, assembly=assembly))


def _with_key(settings: Settings) -> Settings:
    """Take the embedded database's own encryption key where no other is named."""
    if settings.encryption_key or settings.encryption_key_file:
        return settings
    return settings.with_key_file(key_file.made_in(settings.data))


async def working(
    settings: Settings,
    work: "Callable[[Services], Awaitable[Result]]",
    *,
    any_key: bool,
    assembly: Assembly | None = None,
) -> Result:
    db = Database(
        settings.database,
        connections=2,
        direct=settings.database_direct,
        replicas=settings.replicas,
    )
    await db.open(reads_replicas=False)
    try:
        await schema.check(db)
        services = (assembly or _all)(db, settings)
        keyring = services.get(Keyring)
        if keyring.ids and not any_key:
            await registry.check(db, keyring)
        return await work(services)
    finally:
        await db.close()


def _all(db: Database, settings: Settings) -> "Services":
    from wattyard import app  # noqa: PLC0415 - see `serve`

    return app.services(db, settings)


def check(settings: Settings, *, alone: bool) -> None:
    """Refuse a database of another schema or encryption key before anything is started on it.

    Where nobody with an earlier release can be running too (`alone`), secrets that one stored as
    plain text are encrypted as well.

    Raises:
        SchemaOutdated, Unavailable, EncryptionKeyMissing, EncryptionKeyUnknown.
    """

    async def keys(services: "Services") -> None:
        from wattyard.app import ENCRYPTED  # noqa: PLC0415 - see `serve`
        from wattyard.events.service import Retention  # noqa: PLC0415 - see `serve`

        db, keyring = services.get(Database), services.get(Keyring)
        await registry.check(db, keyring)
        if alone:
            await registry.apply(db, keyring, ENCRYPTED)
        await services.get(Retention).keep_order()

    asyncio.run(working(settings, keys, any_key=True))
