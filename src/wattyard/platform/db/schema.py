"""The schema's version: which one the database has, which one this program needs."""

from importlib.resources import as_file, files

from wattyard.platform.db.database import Database

_REVISIONS = "wattyard.migrations"


class SchemaOutdated(Exception):
    """The database's schema is not the one this program needs."""


def newest_revision() -> str:
    """Name the schema revision that this program was written for."""
    names = (file.name for file in (files(_REVISIONS) / "versions").iterdir())
    return max(name[:4] for name in names if name[:4].isdigit())


async def present_revision(database: Database) -> str | None:
    """Read the database's revision, None where it was never migrated.

    On a connection of its own, so that nothing else needs to work yet.
    """
    async with database.own_connection() as connection:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision


async def check(database: Database) -> None:
    """Refuse to work on another schema than this program's.

    Raises:
        SchemaOutdated: naming both revisions and what to do.
    """
    present, needed = await present_revision(database), newest_revision()
    if present == needed:
        return
    if present is not None and present > needed:
        raise SchemaOutdated(
            f"the database has schema {present}, newer than this program's {needed}: "
            "start the newer Wattyard that made it"
        )
    raise SchemaOutdated(
        f"the database has schema {present or 'none'}, this program needs {needed}: "
        "run `wattyard migrate` with the same --data or --database"
    )


def migrate(url: str) -> str:
    """Bring the database to the newest revision and name it; a second run changes nothing.

    Blocks, and runs its own event loop: call it outside of one.
    """
    from alembic import command  # noqa: PLC0415 (half a second that only a migration needs)
    from alembic.config import Config  # noqa: PLC0415

    with as_file(files(_REVISIONS)) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["database_url"] = url
        command.upgrade(config, "head")
    return newest_revision()
