"""Backup and restore of the embedded database, in pg_dump's custom format."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Final

from wattyard.platform.embedded.cluster import ROLE
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.lease import EmbeddedDatabase
from wattyard.platform.embedded.programs import libpq_environment

_RESTORED: Final = f"{ROLE}_restored"
_REPLACED: Final = f"{ROLE}_replaced"


def backup(database: EmbeddedDatabase, file: Path, *, replaces: bool = False) -> int:
    """Write a backup while the server may run, and give its size in bytes.

    The file is written beside its place, which is kept for it, and moved there when it is whole.
    Only its owner may read it. With `replaces`, an earlier file of its name stays until then.

    Raises:
        EmbeddedError: when it cannot be written, or something, be it a link, has its name.
    """
    part = file.with_name(file.name + ".part")
    place = nullcontext() if replaces and file.is_file() else _created(file)
    with database.lease() as url, place, _created(part) as target:
        address = libpq_environment(url, ROLE)
        _run(database, ["pg_dump", "--format=custom"], address, stdout=target)
        part.replace(file)
    return file.stat().st_size


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    """Create a file that nobody else may read, and remove it where what follows fails."""
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as fault:
        raise EmbeddedError(f"{path} cannot be written: {fault.strerror}") from fault
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def restore(database: EmbeddedDatabase, file: Path) -> None:
    """Replace what the database holds by a backup: all of it, or nothing.

    The backup is read into a new database first, which takes the old one's place only when it
    is whole.

    Raises:
        EmbeddedError: when others use the database, or the file is no backup.
    """
    if not file.is_file():
        raise EmbeddedError(f"{file} is no file")
    with database.lease() as url:
        side = libpq_environment(url, "postgres")
        users = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'wattyard'"
        if _ask(database, side, users) != "0":
            raise EmbeddedError("the database is in use: stop the server before a restore")
        _ask(database, side, f"DROP DATABASE IF EXISTS {_RESTORED}")
        _ask(database, side, f"CREATE DATABASE {_RESTORED}")
        restored = libpq_environment(url, _RESTORED)
        try:
            with file.open("rb") as source:
                _run(
                    database,
                    ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={_RESTORED}"],
                    restored,
                    stdin=source,
                )
        except EmbeddedError:
            _ask(database, side, f"DROP DATABASE {_RESTORED}")
            raise
        _ask(database, side, f"DROP DATABASE IF EXISTS {_REPLACED}")
        _ask(database, side, f"ALTER DATABASE {ROLE} RENAME TO {_REPLACED}")
        _ask(database, side, f"ALTER DATABASE {_RESTORED} RENAME TO {ROLE}")
        _ask(database, side, f"DROP DATABASE {_REPLACED}")


def _ask(database: EmbeddedDatabase, address: Mapping[str, str], statement: str) -> str:
    command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"]
    return _run(database, [*command, "--command", statement], address).strip()


def _run(
    database: EmbeddedDatabase,
    command: list[str],
    address: Mapping[str, str],
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
) -> str:
    process = database.programs.open(command, address, stdin=stdin, stdout=stdout)
    said, errors = process.communicate()
    if process.returncode != 0:
        raise EmbeddedError(f"{command[0]} failed: {errors.decode(errors='replace').strip()}")
    return said.decode() if said else ""
