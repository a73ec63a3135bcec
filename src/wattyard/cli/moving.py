"""`wattyard database move`: from the embedded database to a PostgreSQL of one's own, and back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from wattyard.app import Services
from wattyard.cli.database import database_of, say_meanwhile, working
from wattyard.cli.files import new_private_file
from wattyard.cli.maintenance import make_ahead
from wattyard.cli.options import CommandFailed, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_json, say
from wattyard.kernel.addresses import without_password
from wattyard.platform.db import moving, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.encryption import key_file
from wattyard.platform.settings import Settings

database = typer.Typer(help="The database as a whole.", no_args_is_help=True)
_ADDRESSES: Final = ("postgresql://", "postgres://")


@database.callback()
def _group() -> None:
    """The database as a whole."""


@database.command("move")
def move(
    to: Annotated[
        str,
        typer.Option(
            "--to", help="Where to: postgresql://…, empty, or a new folder for an embedded one."
        ),
    ],
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Copy all that the database holds to another one, of another version if need be.

    Stop servers and workers first. All is copied and compared, or nothing; after a failure run it
    again. The source is not changed.
    """
    settings = Settings.read(data=data, database=database)
    with database_of(settings) as found, _target(to) as url:
        asyncio.run(moving.check_target(url))
        say_meanwhile("making the tables …")
        schema.migrate(url)
        copied = asyncio.run(moving.move(found.database, url, say_meanwhile))

        async def ahead(services: Services) -> None:
            await make_ahead(services, None)

        asyncio.run(working(found.with_database(url), ahead, any_key=True))
    rows, shown = sum(copied.values()), without_password(to)
    key = _key(found, to)
    if json:
        print_json({"to": shown, "rows": rows, "encryption_key": key})
        return
    say(f"{rows:,} rows were copied to {shown}, and are the same there", *_next(to, shown, key))


def _next(to: str, shown: str, key: str) -> list[str]:
    if not to.startswith(_ADDRESSES):
        return [
            f"start the server with --data {shown} and without a database from now on",
            f"its encryption key must be the previous one, in {key}",
        ]
    start = f"start every server and worker with --database {shown} from now on"
    old = "keep the old database until you have looked at the new one, and do not start it again"
    return [
        f"{start}, and give them the previous encryption key ({key})",
        f"{old}: what is written to it would be missed",
    ]


def _key(found: Settings, to: str) -> str:
    """Where the encryption key is; a new data folder gets a copy of it, unless it has one."""
    if to.startswith(_ADDRESSES):
        named = found.encryption_key_file and f"WATTYARD_ENCRYPTION_KEY_FILE={_whole(found)}"
        return named or "WATTYARD_ENCRYPTION_KEY"
    target = Path(to).expanduser().absolute() / key_file.NAME
    text = found.encryption_key
    if not text and found.encryption_key_file:
        text = _whole(found).read_text()
    if text and not target.exists():
        with new_private_file(target) as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    return str(target)


def _whole(found: Settings) -> Path:
    return Path(found.encryption_key_file).absolute()


@contextmanager
def _target(to: str) -> Iterator[str]:
    if to.startswith(_ADDRESSES):
        yield to
        return
    if "://" in to:
        raise CommandFailed(f"--to needs an address, postgresql://…, or a folder; got {to}")
    embedded = EmbeddedDatabase(Path(to))
    with embedded.lease() as url:
        yield url
