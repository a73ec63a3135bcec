"""Backup and restore of the embedded database, in pg_dump's custom format."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Final

from wattyard.platform.embedded import asking
from wattyard.platform.embedded.asking import ask
from wattyard.platform.embedded.cluster import ROLE
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.lease import EmbeddedDatabase
from wattyard.platform.embedded.programs import libpq_environment

_RESTORED: Final = f"{ROLE}_restored"
_REPLACED: Final = f"{ROLE}_replaced"
_FIRST_BYTES: Final = b"PGDMP"
"""What a file in pg_dump's custom format begins with."""


def backup(database: EmbeddedDatabase, file: Path, *, replaces: bool = False) -> int:
    """Write a backup while the server may run, and give its size in bytes.

    The file is written beside its place, which is kept for it, and moved there when it is whole.
    Only its owner may read it. With `replaces`, an earlier file of its name stays until then.

    Raises:
        EmbeddedError: when it cannot be written, or something, be it a link, has its name.
    """
    part = _part_of(file)
    place = nullcontext() if replaces and file.is_file() else _created(file)
    with database.lease() as url, place, _created(part) as target:
        address = libpq_environment(url, ROLE)
        asking.run(database.programs, ["pg_dump", "--format=custom"], address, stdout=target)
        part.replace(file)
    return file.stat().st_size


def remove_leftovers(file: Path) -> bool:
    """Remove what a backup to this file left when it was killed; whether there was any.

    That is the file beside its place, which the kernel keeps locked as long as somebody writes to
    it, and the empty file that keeps the place.

    Raises:
        EmbeddedError: while a backup to this file is being taken.
    """
    part = _part_of(file)
    try:
        left = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(left, "rb+"):
        if not _is_backup(left):
            return False
        _lock(left, part)
        if not _is_at(left, part):  # another run has removed it
            return False
        with suppress(FileNotFoundError):
            if stat.S_ISREG(file.lstat().st_mode) and file.lstat().st_size == 0:
                file.unlink()
        part.unlink()
    return True


def _part_of(file: Path) -> Path:
    return file.with_name(file.name + ".part")


def _is_backup(left: int) -> bool:
    """Whether an open file is a backup of this user, be it only its beginning."""
    known = os.fstat(left)
    ours = stat.S_ISREG(known.st_mode) and known.st_uid == os.geteuid() and known.st_nlink == 1
    return ours and _FIRST_BYTES.startswith(os.pread(left, len(_FIRST_BYTES), 0))


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise EmbeddedError(f"a backup is being written to {path}: wait until it ends") from None
    except OSError as fault:
        raise EmbeddedError(f"{path} cannot be locked: {fault.strerror}") from fault


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.lstat())
    except FileNotFoundError:
        return False


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    """Create a file that nobody else may read, and remove it where what follows fails."""
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as fault:
        raise EmbeddedError(f"{path} cannot be written: {fault.strerror}") from fault
    try:
        with file:
            with suppress(EmbeddedError):  # on a disk without locks nobody can tell what is left
                _lock(file.fileno(), path)
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
        raise EmbeddedError(f"{file} is not a file")
    with database.lease() as url:
        programs, side = database.programs, libpq_environment(url, "postgres")
        users = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'wattyard'"
        if ask(programs, side, users) != "0":
            raise EmbeddedError("the database is in use: stop the server before a restore")
        ask(programs, side, f"DROP DATABASE IF EXISTS {_RESTORED}")
        ask(programs, side, f"CREATE DATABASE {_RESTORED}")
        restored = libpq_environment(url, _RESTORED)
        try:
            with file.open("rb") as source:
                asking.run(
                    programs,
                    ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={_RESTORED}"],
                    restored,
                    stdin=source,
                )
        except EmbeddedError:
            ask(programs, side, f"DROP DATABASE {_RESTORED}")
            raise
        ask(programs, side, f"DROP DATABASE IF EXISTS {_REPLACED}")
        ask(programs, side, f"ALTER DATABASE {ROLE} RENAME TO {_REPLACED}")
        ask(programs, side, f"ALTER DATABASE {_RESTORED} RENAME TO {ROLE}")
        ask(programs, side, f"DROP DATABASE {_REPLACED}")
