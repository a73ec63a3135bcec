"""`wattyard worker`: background work in a process of its own; `wattyard signing-key rotate`."""

import asyncio
import signal
import socket

import typer

from wattyard import app
from wattyard.app import listening, work
from wattyard.cli.administration import admin_socket, administered
from wattyard.cli.database import check, database_of, run
from wattyard.cli.options import DatabaseDirectOption, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_json, say
from wattyard.cli.reloading import Terminal, outlive_hangup
from wattyard.events.service import SigningKeys
from wattyard.kernel import instants
from wattyard.kernel.context import Contexts
from wattyard.platform import logs
from wattyard.platform.db import Database
from wattyard.platform.settings import Settings

signing_key = typer.Typer(help="The key that signs webhooks.", no_args_is_help=True)


def worker(
    data: DataOption = None,
    database: DatabaseOption = None,
    database_direct: DatabaseDirectOption = None,
) -> None:
    """Do the background work until SIGTERM: deliver webhooks, fetch prices, delete old events.

    Any number of workers can share the work; servers started with --no-worker leave it to them.
    """
    settings = Settings.read(data=data, database=database, database_direct=database_direct)
    outlive_hangup(Terminal())
    admin = admin_socket(settings)
    with database_of(settings, watched=True) as found:
        logs.configure(level=settings.log_level, form=settings.log_format)
        check(found, alone=not settings.database)
        asyncio.run(_work(found, admin))


async def _work(settings: Settings, admin: socket.socket | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    db = Database(
        settings.database, connections=settings.connections, direct=settings.database_direct
    )
    await db.open()
    try:
        services = app.services(db, settings)
        async with listening(services), administered(services, admin):
            say("wattyard worker ready")
            await work(services, stop)
    finally:
        await db.close()


@signing_key.command("rotate")
def rotate(
    json: JsonOption = False, data: DataOption = None, database: DatabaseOption = None
) -> None:
    """Sign webhooks with a new key from now on; the old public key stays published for 7 days."""
    key = run(
        data,
        database,
        lambda services: services.get(SigningKeys).rotate(services.get(Contexts).operator()),
    )
    if json:
        print_json({"id": key.id, "time_created": instants.text(key.time_created)})
    else:
        say(f"{key.id} signs from now on; /jwks.json keeps the old key for 7 more days")
