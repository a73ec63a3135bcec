"""`wattyard migrate`, `doctor`, `backup` and `restore`."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wattyard.accounts.service.doctor import Doctor, folder_complaints
from wattyard.app import Services
from wattyard.cli.accounts import print_json, say
from wattyard.cli.database import database_of, no_database_in, run, working
from wattyard.cli.options import (
    CommandFailed,
    DatabaseOption,
    DatabaseReadOption,
    DataOption,
    JsonOption,
    listed,
)
from wattyard.kernel.context import Contexts
from wattyard.meters.service.months import MIGRATE_AHEAD, Months
from wattyard.platform import embedded
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.encryption import key_file, registry
from wattyard.platform.encryption.keyring import VARIABLE, Keyring
from wattyard.platform.settings import Settings
from wattyard.requests.service import Days
from wattyard.requests.service.days import MIGRATE_AHEAD as MIGRATE_DAYS_AHEAD

FileArgument = Annotated[Path, typer.Argument(help="The backup, in pg_dump's custom format.")]


def migrate(
    wait_seconds: Annotated[
        int,
        typer.Option("--wait-seconds", help="How long to try again for a lock.", min=0),
    ] = 60,
    readings_since: Annotated[
        datetime | None,
        typer.Option(
            "--readings-since",
            help="Also make the partitions of readings from this month on, such as 2019-03.",
            formats=["%Y-%m"],
        ),
    ] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Migrate the database to the schema of this version, and make partitions ahead.

    Those of readings are made from last month to twelve months ahead, those of the request log for
    35 days. A second run changes nothing.
    """

    async def make_ahead(services: Services) -> tuple[int, int]:
        now = services.get(Contexts).clock()
        months = services.get(Months)
        return (
            await months.make_ahead(now, since=readings_since, ahead=MIGRATE_AHEAD),
            await services.get(Days).make_ahead(now, ahead=MIGRATE_DAYS_AHEAD),
        )

    with database_of(Settings.read(data=data, database=database)) as found:
        revision = schema.migrate(found.database, patience_seconds=wait_seconds)
        made, days = asyncio.run(working(found, make_ahead, any_key=True))
    if json:
        print_json({"schema": revision, "partitions_made": made, "days_made": days})
        return
    say(
        f"the database has schema {revision}",
        *([f"{made} monthly partitions of readings were made"] if made else []),
        *([f"{days} daily partitions of the request log were made"] if days else []),
    )


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Rewrite wrong summaries and lists.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    database_read: DatabaseReadOption = None,
) -> None:
    """Check schema, rows, clock, disk, secrets, overdue work, and all stored summaries and lists.

    The exit code is 0 if all is well or was repaired, else 1.
    """

    async def work(services: Services) -> tuple[list[str], int, list[str]]:
        found, context = services.get(Doctor), services.get(Contexts).operator()
        if lacking := await found.missing_grants():
            return lacking, 0, []
        complaints = await found.complaints(context)
        compared = await found.compare(context, repair=repair)
        return complaints, compared.checked, compared.wrong

    settings = Settings.read(data=data, database=database, database_read=listed(database_read))
    with database_of(settings) as found:
        complaints, checked, wrong = asyncio.run(
            working(found, work, any_key=True, replicas=settings.replicas)
        )
    if not settings.database:
        complaints += folder_complaints(settings.data)
    if json:
        print_json(
            {
                "complaints": complaints,
                "sites_checked": checked,
                "summaries_wrong": wrong,
                "repaired": repair,
            }
        )
    else:
        say(*complaints)
        done = ", rewritten" if repair and wrong else ""
        say(f"{checked:,} sites checked, {len(wrong):,} summaries wrong{done}", *wrong[:100])
        say("all is well" if not complaints and not wrong else "see above")
    if complaints or (wrong and not repair):
        raise typer.Exit(1)


def backup(
    file: FileArgument,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of this name.")] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Back up the embedded database to a file, also while the server runs.

    The encryption key is not in it: keep a copy of the file `encryption-key` of the data folder
    apart from the backup. Whoever has both can read the secrets; without the key nobody can.
    """
    database_ = _embedded(data, database)
    if database_.is_new:
        raise no_database_in(database_.data)
    if file.exists() and not force:
        raise CommandFailed(f"{file} exists: give another name, or replace it with --force")
    size = embedded.backup(database_, file.absolute(), replaces=force)
    key = _key_location(database_, data)
    if json:
        print_json({"file": str(file.absolute()), "bytes": size, "encryption_key": key})
        return
    say(
        f"{file} has {size:,} bytes",
        f"it does not hold the encryption key: keep {key} apart from it, a restore needs both",
    )


def restore(
    file: FileArgument,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Replace the content of the embedded database with a backup: all of it, or nothing.

    The secrets in it need the encryption key of the server that was backed up, in the file
    `encryption-key` of the data folder or in WATTYARD_ENCRYPTION_KEY. Backups do not hold it.
    """
    embedded.restore(_embedded(data, database), file.absolute())
    complaints = run(data, database, _key_complaints, any_key=True)
    if json:
        print_json({"file": str(file.absolute()), "complaints": complaints})
    else:
        say(f"restored from {file}", *complaints)


async def _key_complaints(services: Services) -> list[str]:
    return await registry.complaints(services.get(Database), services.get(Keyring), ())


def _key_location(database: EmbeddedDatabase, data: DataOption) -> str:
    settings = Settings.read(data=data)
    if settings.encryption_key:
        return VARIABLE
    return settings.encryption_key_file or str(database.data / key_file.NAME)


def _embedded(data: DataOption, database: DatabaseOption) -> EmbeddedDatabase:
    settings = Settings.read(data=data, database=database)
    if settings.database:
        raise CommandFailed(
            "backup and restore are for the embedded database; "
            "for an external one use pg_dump and pg_restore"
        )
    return EmbeddedDatabase(settings.data)
