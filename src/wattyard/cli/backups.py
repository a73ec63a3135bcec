"""`wattyard backup` and `wattyard restore`: to and from a file, or a folder and a moment."""

import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from wattyard.app import Services
from wattyard.cli.backup_schedule import taking_backups
from wattyard.cli.database import database_of, no_database_in, run
from wattyard.cli.options import CommandFailed, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_json, print_rows, say
from wattyard.kernel import instants
from wattyard.platform import embedded, logs
from wattyard.platform.db import Database
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.embedded.archive import folders, recovery, taking, times
from wattyard.platform.encryption import key_file, registry
from wattyard.platform.encryption.keyring import VARIABLE, Keyring
from wattyard.platform.settings import Settings

_LATEST: Final = "latest"
_HOW: Final = (
    "name a FILE to back up to, or a folder with --to and how often with --every; "
    "`wattyard backup list --to DIR` lists what is in one"
)
ToOption = Annotated[
    Path | None,
    typer.Option("--to", help="Folder of backups that are taken every so often."),
]


def backup(
    file: Annotated[
        str | None,
        typer.Argument(
            help="The file to write, in pg_dump's custom format; or `list` the backups of a "
            "folder; or `stop` them for good.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of this name.")] = False,
    to: ToOption = None,
    every: Annotated[
        str | None,
        typer.Option("--every", help="Time between base backups: 12h, 1d. Runs until Ctrl-C."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", help="How many base backups to keep; 7 if not said.")
    ] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Back up the embedded database: to a file, or regularly to a folder; list backups.

    With --every, every change is written to the folder as it is made, so that the database of any
    moment can be restored. A server does that by itself where `backup_to` is set.

    No backup holds the encryption key: keep a copy of the file `encryption-key` of the data folder
    apart from them. Whoever has both can read the secrets; without the key nobody can.
    """
    given = to and str(to.expanduser().absolute())
    settings = Settings.read(
        data=data, database=database, backup_to=given, backup_every=every, backup_keep=keep
    )
    source = _embedded(settings)
    if file == "list":
        _list(_folder(settings), json=json)
        return
    if source.is_new:
        raise no_database_in(source.data)
    if file == "stop":
        taking.stop(source)
        say("no more backups are taken; existing ones stay")
    elif file is not None:
        if to or every or keep:
            raise CommandFailed("--to, --every and --keep are for backups to a folder: no FILE")
        _to_file(source, Path(file), force=force, json=json, data=data)
    elif every is None or not settings.backup_to:
        raise CommandFailed(_HOW)
    else:
        _take(settings)


def _to_file(
    source: EmbeddedDatabase, file: Path, *, force: bool, json: bool, data: Path | None
) -> None:
    if embedded.remove_leftovers(file.absolute()):
        typer.echo(f"removed what an earlier backup to {file} left when it was killed", err=True)
    if file.exists() and not force:
        raise CommandFailed(f"{file} exists: give another name, or replace it with --force")
    size = embedded.backup(source, file.absolute(), replaces=force)
    key = _key_location(source, data)
    if json:
        print_json({"file": str(file.absolute()), "bytes": size, "encryption_key": key})
        return
    say(
        f"{file} has {size:,} bytes",
        f"it does not hold the encryption key: keep {key} apart from it, a restore needs both",
    )


def _take(settings: Settings) -> None:
    logs.configure(level=settings.log_level, form=settings.log_format)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with database_of(settings, watched=True) as found, taking_backups(settings, found.database):
        say(f"taking backups to {settings.backup_to}, a base backup every {settings.backup_every}")
        ended.wait()


def restore(
    file: Annotated[
        Path | None, typer.Argument(help="The backup, in pg_dump's custom format.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="The moment, with its UTC offset: 2026-03-01T09:30:00+01:00; or `latest`."
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder of backups that are taken every so often.")
    ] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Restore the embedded database: from a file, or as it was at a given moment.

    A FILE replaces what the data folder holds: all of it, or nothing. With --to, the database of
    that moment is made in a new data folder, which --data names; the old one is not touched.

    The secrets in it need the encryption key of the server that was backed up, in the file
    `encryption-key` of the data folder or in WATTYARD_ENCRYPTION_KEY. Backups do not hold it.
    """
    given = source and str(source.expanduser().absolute())
    settings = Settings.read(data=data, database=database, backup_to=given)
    target = _embedded(settings)
    if (file is None) == (to is None):
        raise CommandFailed("name either a FILE, or a moment with --to and a folder with --from")
    warnings: list[str] = []
    if file is not None:
        embedded.restore(target, file.absolute())
        done: dict[str, Any] = {"file": str(file.absolute())}
        told = f"restored from {file}"
    else:
        moment = recovery.restore(target, _folder(settings), _moment(to or ""), warnings.append)
        done = {"data": str(target.data), "to": instants.text(moment)}
        told = f"{target.data} holds the database as it was at {instants.text(moment)}"
    complaints = [*warnings, *run(data, database, _key_complaints, any_key=True)]
    if json:
        print_json({**done, "complaints": complaints})
    else:
        say(told, *complaints)


def _moment(text: str) -> datetime | None:
    if text == _LATEST:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandFailed(
            f"--to needs a moment with its zone, such as 2026-03-01T09:30:00+01:00, or `{_LATEST}`"
            f"; got {text!r}"
        )
    return moment


def _list(folder: Path, *, json: bool) -> None:
    found = times.reaches(folder)
    for line in folders.unreadable(folder):
        typer.echo(line, err=True)
    rows = [
        {
            "backup": f"{one.chain.path.name}/{one.base.path.name}",
            "bytes": one.base.size_bytes,
            "restorable_from": instants.text(one.start),
            "restorable_to": instants.text(one.end),
        }
        for one in found
    ]
    print_rows(rows, json=json)
    if found and not json:
        say(
            *(
                f"`wattyard restore --to` can restore any moment from {span}"
                for span in recovery.spans(found)
            )
        )


def _folder(settings: Settings) -> Path:
    if not settings.backup_to:
        raise CommandFailed("name the folder of backups, or set backup_to")
    return Path(settings.backup_to).expanduser().absolute()


async def _key_complaints(services: Services) -> list[str]:
    return await registry.complaints(services.get(Database), services.get(Keyring), ())


def _key_location(database: EmbeddedDatabase, data: Path | None) -> str:
    settings = Settings.read(data=data)
    if settings.encryption_key:
        return VARIABLE
    return settings.encryption_key_file or str(database.data / key_file.NAME)


def _embedded(settings: Settings) -> EmbeddedDatabase:
    if settings.database:
        raise CommandFailed(
            "backup and restore are for the embedded database; "
            "for an external one use pg_dump and pg_restore"
        )
    return EmbeddedDatabase(settings.data)
