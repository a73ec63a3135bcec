"""Files that commands write: whole, or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from wattyard.cli.options import CommandFailed

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o666
"""As far as the user's own mask allows."""
_OPEN: Final = ("/dev/fd/", "/dev/std", "/proc/")
"""Names of files that are open already, such as that which standard output goes to."""


@contextmanager
def new_private_file(path: Path) -> Iterator[TextIO]:
    """Write a new file that only its owner may read, as `replaced_file` does.

    Raises:
        CommandFailed: when something, be it a link, has its name, or it cannot be written.
    """
    _check_new(path)
    with _beside(path, _PRIVATE) as file:
        yield file
        _check_new(path)


@contextmanager
def replaced_file(path: Path, *, is_private: bool = False) -> Iterator[TextIO]:
    """Write a text beside its place, and move it there when the block ends.

    If the block is cut off, nothing is left of it, and a former file stays. What is not a file,
    such as a pipe, is written to directly, and so is /dev/stdout, wherever it goes.

    Raises:
        CommandFailed: when it cannot be written.
    """
    is_open = str(path.absolute()).startswith(_OPEN)
    if path.exists() and (is_open or not path.is_file()):
        try:
            with path.open("a", encoding="utf-8") as file:  # behind what went there before
                yield file
        except OSError as fault:
            raise _unwritable(path, fault) from None
        return
    with _beside(path.resolve(), _PRIVATE if is_private else _PUBLIC) as file:
        yield file


@contextmanager
def _beside(path: Path, mode: int) -> Iterator[TextIO]:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as fault:
        raise _unwritable(path, fault) from None
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(number)
        _put(part, path)
    except BaseException as fault:
        part.unlink(missing_ok=True)
        if isinstance(fault, OSError) and fault.errno in _FULL:
            raise _unwritable(path, fault) from None
        raise


def _put(part: Path, path: Path) -> None:
    try:
        part.replace(path)
    except OSError as fault:  # a folder, say, or a file that is mounted by itself
        raise _unwritable(path, fault) from None


def _check_new(path: Path) -> None:
    if os.path.lexists(path):
        raise CommandFailed(f"{path} cannot be written: {os.strerror(errno.EEXIST)}")


def _unwritable(path: Path, fault: OSError) -> CommandFailed:
    return CommandFailed(f"{path} cannot be written: {fault.strerror}")
