"""Which user PostgreSQL's programs run as.

PostgreSQL refuses to run as root, and `initdb` refuses a user without a name. Started by root,
they run as the owner of the data, else as the system user `wattyard`, else, where that user can be
neither found nor made, as a number that no package takes. A root who may become nobody else (of a
container without subordinate users, or without the capability) runs them in a user namespace in
which root has another number. A user without a name, as containers give at will, gets one while
a cluster is made: by nss_wrapper where it is installed, else in such a namespace too.
"""

import grp
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from wattyard.kernel.values import dataclass
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.surroundings import temporary_folder

SYSTEM_USER: Final = "wattyard"
_NAMELESS: Final = range(61184, 65520)
"""Numbers that distributions give to no package; systemd lends them to services while they run."""
_WRAPPERS: Final = ("/usr/lib/*/libnss_wrapper.so", "/usr/lib*/libnss_wrapper.so")


@dataclass(frozen=True, slots=True)
class User:
    """The user that PostgreSQL runs as, where it is not the present one."""

    uid: int
    gid: int


class Identity(NamedTuple):
    """Which user the programs run as: another `user`, or the present one, below a `prefix`."""

    user: User | None
    prefix: tuple[str, ...] = ()

    @property
    def uid(self) -> int:
        """To whom the files belong."""
        return self.user.uid if self.user else os.geteuid()


def identity_for(cluster: Path) -> Identity:
    """Choose as whom PostgreSQL runs, for the cluster's folder, which need not be there yet.

    Raises:
        EmbeddedError: when it can only be root.
    """
    if os.geteuid() != 0:
        return Identity(None)
    owner = cluster.stat() if cluster.is_dir() else None
    user = User(owner.st_uid, owner.st_gid) if owner and owner.st_uid != 0 else _system_user()
    if _may_become(user):
        return Identity(user)
    prefix = _namespace()
    if prefix and (owner is None or owner.st_uid == 0):
        return Identity(None, prefix)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this root may not become another user (a container "
        f"without CAP_SETUID, or without subordinate users) as user {user.uid}: start Wattyard as "
        "an ordinary user, or name a PostgreSQL with --database"
    )


@contextmanager
def named(
    identity: Identity, data: Path, *, passes: bool
) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Give the user a name: what to put before a program, and into its environment.

    What that needs is written to the system's temporary folder, else to the data folder. A program
    that needs a capability to pass to the data (`passes`) would lose it in a namespace.

    Raises:
        EmbeddedError: when the user has no name, and nothing here can give it one.
    """
    if identity.prefix or _has_name(identity.uid):
        yield (), {}
        return
    wrapper = next((found for one in _WRAPPERS for found in Path("/").glob(one[1:])), None)
    if wrapper is not None:
        with tempfile.TemporaryDirectory(
            prefix="wattyard-names-", dir=temporary_folder(data)
        ) as folder:
            yield (), _wrapped(wrapper, Path(folder), identity)
        return
    prefix = () if passes else _namespace(identity.user)
    if not prefix:
        raise EmbeddedError(
            f"user id {identity.uid} has no name, and PostgreSQL needs one to start: install "
            "libnss-wrapper, or add the user to /etc/passwd, or name a PostgreSQL with --database"
        )
    yield prefix, {}


def _wrapped(wrapper: Path, folder: Path, identity: Identity) -> dict[str, str]:
    gid = identity.user.gid if identity.user else os.getegid()
    names = {
        "NSS_WRAPPER_PASSWD": f"{SYSTEM_USER}:x:{identity.uid}:{gid}::/:/bin/false\n",
        "NSS_WRAPPER_GROUP": f"{SYSTEM_USER}:x:{gid}:\n",
    }
    for variable, line in names.items():
        (folder / variable).write_text(line)
        (folder / variable).chmod(0o644)
    folder.chmod(0o755)
    return {"LD_PRELOAD": str(wrapper), **{name: str(folder / name) for name in names}}


def _system_user() -> User:
    user = _found() or _made()
    if user is not None:
        return user
    number = next(one for one in _NAMELESS if not _has_name(one))
    return User(number, number)


def _found() -> User | None:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None
    return User(entry.pw_uid, entry.pw_gid)


def _made() -> User | None:
    """Make the system user; None where `useradd` is missing, or refuses."""
    useradd = shutil.which("useradd")
    if useradd is None:
        return None
    group = ("--gid", SYSTEM_USER) if _group_exists() else ()
    options = ("--system", *group, "--no-create-home", "--shell", "/usr/sbin/nologin")
    command = [useradd, *options, SYSTEM_USER]
    subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (no input of a caller)
    return _found()


def _group_exists() -> bool:
    try:
        grp.getgrnam(SYSTEM_USER)
    except KeyError:
        return False
    return True


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _may_become(user: User) -> bool:
    try:
        _tried(("true",), user)
    except FileNotFoundError:
        return True  # it became the user, and then found no such program
    except OSError:
        return False
    return True


def _namespace(user: User | None = None) -> tuple[str, ...]:
    """Find what lets the present user, or `user`, have a number and a name of another; or nothing.

    The namespace changes nothing but what the user is called.
    """
    unshare = shutil.which("unshare") if sys.platform == "linux" else None
    number = _named_number()
    if unshare is None or number is None:
        return ()
    prefix = (unshare, "--user", f"--map-user={number}", f"--map-group={number}", "--")
    try:
        return prefix if _tried((*prefix, "true"), user) == 0 else ()
    except OSError:
        return ()


def _named_number() -> int | None:
    return min((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid), default=None)


def _tried(command: tuple[str, ...], user: User | None) -> int:
    options = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    return subprocess.run(command, capture_output=True, check=False, cwd="/", **options).returncode  # type: ignore[call-overload,no-any-return]  # noqa: S603 (no input of a caller)
