"""A copy of PostgreSQL's programs for a user who cannot reach the installed ones.

Each of PostgreSQL's programs checks with access(2) that it may run the others, which looks at the
user's permissions and ignores every capability: below a closed folder, such as root's home, none of
them starts. A copy is made once for each version of the package, by root, below a folder that
nobody else may write to; the versions lie beside each other.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from wattyard.platform.embedded import locks
from wattyard.platform.embedded.errors import EmbeddedError

COPIES: Final = Path("/var/lib/wattyard-programs")
_LEFT_OUT: Final = ("pginstall", "include", "pkgconfig", "*.a", "*.py", "__pycache__")
_WRITABLE_BY_OTHERS: Final = 0o022


def copied(package: Path, copies: Path = COPIES) -> Path:
    """Give a copy of an installed package that every user may run; makes it where it is missing.

    Raises:
        EmbeddedError: when it cannot be made, or others than root may write to its folder.
    """
    target = copies / _version(package)
    try:
        copies.mkdir(mode=0o755, parents=True, exist_ok=True)
        _check_closed(copies.resolve())
        if not target.exists():
            _copy(package, target)
    except OSError as fault:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, its own user cannot reach the programs in {package},"
            f" and they cannot be copied to {copies} ({fault}): install Wattyard where every user "
            "may pass (such as /opt), or start it as an ordinary user"
        ) from fault
    return target / package.name


def _version(package: Path) -> str:
    """Name the content of a package: by the hashes that its wheel came with."""
    records = sorted(package.parent.glob(f"{package.name}-*.dist-info/RECORD"))
    if not records:
        raise EmbeddedError(f"{package} was not installed from a wheel: install it with pip")
    return hashlib.sha256(b"".join(record.read_bytes() for record in records)).hexdigest()[:16]


def _check_closed(folder: Path) -> None:
    for place in (folder, *folder.parents):
        status = place.stat()
        # Below a sticky folder, such as /tmp, nobody moves away what belongs to root.
        sticky = place != folder and status.st_mode & stat.S_ISVTX
        if status.st_uid != 0 or (status.st_mode & _WRITABLE_BY_OTHERS and not sticky):
            raise EmbeddedError(
                f"users other than root may write to {place}, so no programs are run from below "
                "it: give it to root with mode 0755, or start Wattyard as an ordinary user"
            )


def _copy(package: Path, target: Path) -> None:
    """Copy the programs beside their place and move them there when they are whole."""
    lock = locks.opened(target.with_name("copying.lock"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return  # made by another start while this one waited
        for leftover in target.parent.glob("new-*"):
            shutil.rmtree(leftover)
        target.parent.chmod(0o755)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=target.parent))
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.is_dir():
                shutil.copytree(
                    source, new / source.name, ignore=shutil.ignore_patterns(*_LEFT_OUT)
                )
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        os.sync()  # what has the name of a version is whole, even after a power cut
        new.rename(target)
    finally:
        os.close(lock)
