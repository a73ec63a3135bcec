"""The schema's version: which one the database has, which ones this program works with.

Each migration says the oldest revision whose program goes on with the schema that it makes
(`WORKS_WITH`), and the database keeps that beside its version: so servers of the old release keep
running, and can be started, while the schema is newer.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import asyncpg

from wattyard.platform.db.database import Database
from wattyard.platform.db.hosts import connect
from wattyard.platform.db.poolers import is_pooled

_REVISIONS: Final = "wattyard.migrations"
_OPEN_SECONDS: Final = 10.0
_AGAIN_SECONDS: Final = 1.0


class SchemaOutdated(Exception):
    """The database's schema is not one that this program works with."""


class MigrationFailed(Exception):
    """The schema could not be brought up to date; the message says why, and what to do."""


def newest_revision(revisions: Path | None = None) -> str:
    """Name the schema revision that this program was written for."""
    names = (file.name for file in ((revisions or files(_REVISIONS)) / "versions").iterdir())
    return max(name[:4] for name in names if name[:4].isdigit())


async def present_revision(database: Database) -> str | None:
    """Read the database's revision, None where it was never migrated.

    On a connection of its own, so that nothing else needs to work yet.
    """
    async with database.own_connection() as connection:
        return await _revision(connection)


def is_behind(url: str) -> bool:
    """Whether the database at an address has no schema, or one older than this program's.

    Blocks, and runs its own event loop: call it outside one.

    Raises:
        MigrationFailed: when it cannot be asked.
    """
    with _failing():
        present = asyncio.run(_read_at(url))
    return present is None or present < newest_revision()


async def _read_at(url: str) -> str | None:
    connection = await connect(url, timeout=_OPEN_SECONDS)
    try:
        return await _revision(connection)
    finally:
        connection.terminate()


async def check(database: Database) -> None:
    """Refuse to work on a schema that this program does not work with.

    A newer one will do where its migration says so.

    Raises:
        SchemaOutdated: naming both revisions, or the encoding, and what to do.
    """
    async with database.own_connection() as connection:
        _check_encoding(connection)
        present, needed = await _revision(connection), newest_revision()
        if present is None or present < needed:
            raise SchemaOutdated(
                f"the database has schema {present or 'none'}, this program needs {needed}: "
                "run `wattyard migrate` with the same --data or --database"
            )
        await _check_newer(connection, present, needed)


def _check_encoding(connection: Any) -> None:  # noqa: ANN401 (its types are not the driver's)
    """Refuse a database of another encoding: texts cannot be folded, or not be kept, there."""
    encoding = getattr(connection.get_settings(), "server_encoding", "UTF8")
    if encoding != "UTF8":
        raise SchemaOutdated(
            f"the database's encoding is {encoding}, and Wattyard needs UTF8: make another by "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and bring over what this one "
            "has, if anything, by pg_dump --encoding=UTF8"
        )


async def _check_newer(connection: Any, present: str, needed: str) -> None:  # noqa: ANN401 (its types are not the driver's)
    if present == needed:
        return
    works_with = None
    if await connection.fetchval("SELECT to_regclass('schema_revisions')") is not None:
        works_with = await connection.fetchval(
            "SELECT works_with FROM schema_revisions WHERE revision = $1", present
        )
    if works_with is None or works_with > needed:
        needs = "" if works_with is None else f", and works with programs of {works_with} or later"
        raise SchemaOutdated(
            f"the database has schema {present}, newer than this program's {needed}{needs}: "
            "start the newer Wattyard that made it"
        )


async def _revision(connection: Any) -> str | None:  # noqa: ANN401 (as above)
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return revision


def migrate(url: str, *, patience_seconds: float = 60, revisions: Path | None = None) -> str:
    """Bring the database to the newest revision, and name the one that it has then.

    A second run changes nothing, nor does a run on a newer schema that this program works with.
    A lock that cannot be had within two seconds is given up, so that nobody waits behind it, and
    tried for again until `patience_seconds` have passed.

    Blocks, and runs its own event loop: call it outside one.

    Raises:
        SchemaOutdated: where the schema is newer than this program works with, or the encoding of
            the database is another than UTF8.
        MigrationFailed: saying why.
    """
    give_up = monotonic() + patience_seconds
    needed = newest_revision(revisions)
    with _failing():
        present = asyncio.run(_present_at(url, needed))
        if present is not None and present > needed:
            return present
        while True:
            try:
                _upgrade(url, give_up - monotonic(), revisions)
            except Exception as fault:
                if not isinstance(_root(fault), asyncpg.LockNotAvailableError):
                    raise
                if monotonic() >= give_up:
                    raise
                sleep(_AGAIN_SECONDS)
            else:
                return needed


async def _present_at(url: str, needed: str) -> str | None:
    """Read the revision at an address, and refuse a newer one that this program cannot use."""
    connection = await connect(url, timeout=_OPEN_SECONDS)
    try:
        if await is_pooled(connection):
            raise MigrationFailed(
                "a migration needs a session, and this address leads to a connection pooler: name "
                "the server itself, with --database-direct or WATTYARD_DATABASE_DIRECT"
            )
        _check_encoding(connection)
        present = await _revision(connection)
        if present is not None and present > needed:
            await _check_newer(connection, present, needed)
        return present
    finally:
        connection.terminate()


def _upgrade(url: str, patience_seconds: float, revisions: Path | None) -> None:
    from alembic import command  # noqa: PLC0415 (half a second that only a migration needs)
    from alembic.config import Config  # noqa: PLC0415

    with as_file(revisions or files(_REVISIONS)) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connect"] = connect
        config.attributes["database_url"] = url
        config.attributes["patience_seconds"] = patience_seconds
        command.upgrade(config, "head")


@contextmanager
def _failing() -> Iterator[None]:
    """Say in one sentence why the block failed, whatever it was."""
    try:
        yield
    except (SchemaOutdated, MigrationFailed):
        raise
    except Exception as fault:
        raise MigrationFailed(_sentence(_root(fault))) from fault


def _sentence(cause: BaseException) -> str:
    said = " ".join(str(cause).split()) or type(cause).__name__
    if isinstance(cause, asyncpg.LockNotAvailableError):
        return (
            f"a lock that the migration needs could not be had ({said}): a long transaction holds "
            "the table; revisions before it are kept, run `wattyard migrate` again when it has "
            "ended (pg_stat_activity shows it)"
        )
    if isinstance(cause, asyncpg.InsufficientPrivilegeError):
        return f"the database's role may not migrate ({said}): migrate as the owner of the tables"
    if isinstance(cause, (OSError, ValueError, asyncpg.CannotConnectNowError)):
        return f"the database cannot be used: {said}; check its address"
    return f"the database was not migrated: {said}"


def _root(fault: BaseException) -> BaseException:
    """What the driver or the system said, below the layers that wrapped it."""
    while fault.__cause__ is not None:
        fault = fault.__cause__
    return fault
