"""What the embedded database needs of the machine: looked at before it is started."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from wattyard.platform.embedded.errors import EmbeddedError

SOCKET_PREFIX: Final = "wattyard-"
_MIB: Final = 1024 * 1024
_NEW_BYTES: Final = 128 * _MIB
_STARTED_BYTES: Final = _MIB
_SOCKET_PATH_LIMIT: Final = 100
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (asked for its size)
_SHARED_MEMORY_BYTES: Final = 256 * _MIB


def check_machine(data: Path, *, is_new: bool) -> None:
    """Refuse what cannot work on this machine.

    Raises:
        EmbeddedError: saying what is missing, and what to do.
    """
    if sys.platform == "linux" and not Path("/proc/self").exists():
        raise EmbeddedError("/proc is not mounted, and PostgreSQL needs it: mount it")
    needed = _NEW_BYTES if is_new else _STARTED_BYTES
    free = shutil.disk_usage(data).free
    if free < needed:
        what = "a new database" if is_new else "starting the database"
        raise EmbeddedError(
            f"{data} has {free / _MIB:.0f} MiB of free space, and {what} needs "
            f"{needed // _MIB} MiB: free some, or choose another folder with --data"
        )


def shared_memory_kind(folder: Path = _SHARED_MEMORY) -> str:
    """Choose where PostgreSQL's processes share memory: `posix`, in `/dev/shm`, or `sysv`.

    Containers often have a `/dev/shm` of 64 MiB, in which large queries fail, or none at all.
    """
    if sys.platform != "linux":
        return "posix"
    try:
        large = shutil.disk_usage(folder).free >= _SHARED_MEMORY_BYTES
    except OSError:
        return "sysv"
    return "posix" if large and os.access(folder, os.W_OK) else "sysv"


def temporary_folder(data: Path) -> Path:
    """Find a folder for what is temporary: the system's, else the data folder."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return data


def new_socket_folder(data: Path, name: str) -> Path:
    """Make a private folder whose path is short and plain enough for a socket of that name.

    Raises:
        EmbeddedError: when there is no place for one.
    """
    for place in dict.fromkeys((temporary_folder(data), Path("/tmp"), data)):  # noqa: S108 (private)
        try:
            folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=place))
        except OSError:
            continue
        path = os.fsencode(folder / name)
        if len(path) <= _SOCKET_PATH_LIMIT and not set(path) & set(b',"'):  # PostgreSQL's list
            return folder
        folder.rmdir()
    raise EmbeddedError(
        "there is no place for the database's socket: /tmp cannot be written, and the path of "
        f"{data} is too long or has a comma or a quote. Set TMPDIR to a folder that can be "
        "written, whose path has at most 60 characters"
    )
