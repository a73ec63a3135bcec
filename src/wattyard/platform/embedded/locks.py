"""Locks of the kernel on files of the data folder: they end with the last process that has them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wattyard.platform.embedded.errors import EmbeddedError


def opened(file: Path) -> int:
    """Open a file to lock; a new one belongs to its folder's owner, whoever makes it.

    Raises:
        EmbeddedError: when this user may not.
    """
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return _made(file, flags)
    except FileExistsError:
        pass
    except OSError as fault:
        raise _closed(file, fault) from fault
    try:
        return os.open(file, flags)
    except OSError as fault:
        raise _closed(file, fault) from fault


def claimed(file: Path) -> int | None:
    """Lock a file for oneself alone, at once; None while another process has it."""
    lock = opened(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Have a file locked for oneself inside the block; False while another process has it."""
    lock = claimed(file)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


def _made(file: Path, flags: int) -> int:
    lock = os.open(file, flags | os.O_CREAT | os.O_EXCL, 0o600)
    if os.geteuid() == 0:  # root must not shut out the owner of the folder
        owner = file.parent.stat()
        try:
            os.fchown(lock, owner.st_uid, owner.st_gid)
        except OSError:
            os.close(lock)
            file.unlink()
            raise
    return lock


def _closed(file: Path, fault: OSError) -> EmbeddedError:
    return EmbeddedError(f"{file} cannot be opened: {fault.strerror}; start as its owner")
