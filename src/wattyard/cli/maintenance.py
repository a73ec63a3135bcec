"""`wattyard migrate` and `wattyard doctor`."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from wattyard.accounts.service.doctor import Doctor, folder_complaints
from wattyard.app import Services
from wattyard.cli.database import database_of, working
from wattyard.cli.options import (
    DatabaseDirectOption,
    DatabaseOption,
    DatabaseReadOption,
    DataOption,
    JsonOption,
    listed,
)
from wattyard.cli.printing import print_json, say
from wattyard.kernel.context import Contexts
from wattyard.meters.service.months import MIGRATE_AHEAD, Months
from wattyard.platform.db import schema
from wattyard.platform.settings import Settings
from wattyard.requests.service import Days
from wattyard.requests.service.days import MIGRATE_AHEAD as MIGRATE_DAYS_AHEAD


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
    database_direct: DatabaseDirectOption = None,
) -> None:
    """Migrate the database to the schema of this version, and make partitions ahead.

    Those of readings are made from last month to twelve months ahead, those of the request log for
    35 days. A second run changes nothing.
    """

    async def ahead(services: Services) -> tuple[int, int]:
        return await make_ahead(services, readings_since)

    settings = Settings.read(data=data, database=database, database_direct=database_direct)
    with database_of(settings) as found:
        address = found.database_direct or found.database
        revision = schema.migrate(address, patience_seconds=wait_seconds)
        made, days = asyncio.run(working(found, ahead, any_key=True))
    if json:
        print_json({"schema": revision, "partitions_made": made, "days_made": days})
        return
    say(
        f"the database has schema {revision}",
        *([f"{made} monthly partitions of readings were made"] if made else []),
        *([f"{days} daily partitions of the request log were made"] if days else []),
    )


async def make_ahead(services: Services, since: datetime | None) -> tuple[int, int]:
    """Make partitions ahead: how many of readings, by month, and of the request log, by day."""
    now = services.get(Contexts).clock()
    return (
        await services.get(Months).make_ahead(now, since=since, ahead=MIGRATE_AHEAD),
        await services.get(Days).make_ahead(now, ahead=MIGRATE_DAYS_AHEAD),
    )


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Rewrite wrong summaries and lists.")
    ] = False,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    database_direct: DatabaseDirectOption = None,
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

    traced = Settings.traced(
        data=data,
        database=database,
        database_direct=database_direct,
        database_read=listed(database_read),
    )
    settings = traced.settings
    with database_of(settings) as found:
        complaints, checked, wrong = asyncio.run(working(found, work, any_key=True))
    if not settings.database:
        complaints += folder_complaints(settings.data)
    complaints += traced.doubts
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
