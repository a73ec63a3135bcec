"""One PostgreSQL cluster in a folder: made, started, found running, stopped."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import psutil

from wattyard.platform.embedded.programs import MAJOR_VERSION, EmbeddedError, Programs

ROLE: Final = "wattyard"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_LOG_LIMIT_BYTES: Final = 10 * 1024 * 1024
_SOCKET_PREFIX: Final = "wattyard-"
_SOCKET_PATH_LIMIT: Final = 100
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
}
_NOT_DURABLE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Running:
    """A running cluster, as its `postmaster.pid` tells it."""

    pid: int
    socket_folder: Path

    @property
    def url(self) -> str:
        """The address for a client of this machine."""
        return f"postgresql://{ROLE}@/{ROLE}?host={quote(str(self.socket_folder), safe='')}"


class Cluster:
    """The cluster below a data folder. Not safe against a second process: see `lease`."""

    def __init__(self, data: Path, *, durable: bool) -> None:
        self.folder = data / "postgres"
        self._log = data / "postgres.log"
        self._data = data
        self._durable = durable
        self._programs: Programs | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def programs(self) -> Programs:
        if self._programs is None:
            self._programs = Programs(self._data)
        return self._programs

    def make(self) -> None:
        """Make the cluster with its database, unless it is there.

        It is made beside its place and moved there when it is whole, so that a crash in the
        middle leaves nothing that looks like a cluster.

        Raises:
            EmbeddedError: when a cluster of another major version is there.
        """
        version = self.folder / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != str(MAJOR_VERSION):
                raise EmbeddedError(
                    f"{self.folder} was made by PostgreSQL {found}, this Wattyard brings "
                    f"{MAJOR_VERSION}: upgrade it with pg_upgrade first (docs/operations.md). "
                    "Nothing was touched"
                )
            return
        for leftover in self._data.glob("postgres.new-*"):
            shutil.rmtree(leftover)
        new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._data))
        self.programs.own(new)
        self.programs.run(
            "initdb",
            f"--pgdata={new}",
            f"--username={ROLE}",
            "--auth=trust",  # the socket's folder is private: whoever reaches it is its owner
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
        )
        self.programs.run(
            "postgres", "--single", "-D", str(new), "postgres", stdin=f"CREATE DATABASE {ROLE};\n"
        )
        new.rename(self.folder)

    def running(self) -> Running | None:
        """Find the running cluster, None where none runs or its socket is gone."""
        noted = self._noted()
        if noted is None or not self._alive(noted.pid):
            return None
        return noted if (noted.socket_folder / ".s.PGSQL.5432").exists() else None

    def start(self, at: Path | None = None) -> Running:
        """Start the cluster and wait until it answers; `at` names its old socket folder.

        Raises:
            EmbeddedError: with the end of its log, when it does not.
        """
        self._clear_away()
        socket_folder = _socket_folder(at)
        self.programs.own(socket_folder)
        settings = {**_SETTINGS, **({} if self._durable else _NOT_DURABLE)}
        arguments = ["-D", str(self.folder), "-k", str(socket_folder)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        with self._open_log() as log:
            self._child = self.programs.start("postgres", arguments, log)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                shutil.rmtree(socket_folder, ignore_errors=True)
                raise EmbeddedError(f"PostgreSQL did not start; it said: {self._log_end()}")
            if self._ready() and (running := self.running()) is not None:
                return running
            time.sleep(0.01)
        raise EmbeddedError(
            f"PostgreSQL did not answer within {_START_SECONDS:.0f} s; it said: {self._log_end()}"
        )

    def stop(self) -> None:
        """Stop the cluster: it writes everything down and ends; does nothing where none runs."""
        noted = self._noted()
        if noted is None or not self._alive(noted.pid):
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            try:
                os.kill(noted.pid, number)
            except ProcessLookupError:
                break
            if self._ended(noted.pid, _STOP_SECONDS):
                break
        self._remove_socket_folder(noted.socket_folder)

    def _noted(self) -> Running | None:
        """Read `postmaster.pid`: pid, data folder, start, port, socket folder, …"""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            return Running(int(lines[0]), Path(lines[4].strip()))
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _ready(self) -> bool:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _alive(self, pid: int) -> bool:
        """Tell whether the process is a PostgreSQL server of this folder (pids are reused)."""
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        try:
            process = psutil.Process(pid)
            return (
                process.status() != psutil.STATUS_ZOMBIE and str(self.folder) in process.cmdline()
            )
        except psutil.Error:
            return False

    def _ended(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._alive(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def _clear_away(self) -> None:
        """Clear away what a killed server left: its processes, its note, its socket folder."""
        noted = self._noted()
        if noted is None:
            return
        if self._alive(noted.pid):  # it runs, but nobody can reach it: its socket is gone
            self.stop()
        deadline = time.monotonic() + _START_SECONDS
        while self._orphans() and time.monotonic() < deadline:
            time.sleep(0.02)
        # PostgreSQL trusts any process of the noted number, were it a zombie or another program.
        # We hold the start lock and have seen that nothing works in the folder any more.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        self._remove_socket_folder(noted.socket_folder)

    def _orphans(self) -> list[psutil.Process]:
        """Find children of a killed server, which keep its shared memory until they notice.

        They work in the cluster's folder; a process that we may not look at is none of ours.
        """
        found = []
        for process in psutil.process_iter(["name"]):
            if process.info["name"] != "postgres":
                continue
            try:
                if process.cwd() == str(self.folder):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _open_log(self) -> IO[bytes]:
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        log = self._log.open("ab")
        self._log.chmod(0o600)
        return log

    def _log_end(self) -> str:
        try:
            return " / ".join(self._log.read_text(errors="replace").splitlines()[-3:])
        except OSError:
            return "nothing"

    def _remove_socket_folder(self, folder: Path) -> None:
        """Remove a socket folder of ours; anything else is left alone."""
        owner = self.programs.user.uid if self.programs.user else os.geteuid()
        if (
            folder.name.startswith(_SOCKET_PREFIX)
            and folder.is_dir()
            and folder.stat().st_uid == owner
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _socket_folder(again: Path | None) -> Path:
    """Make a private folder whose path is short enough for a socket, at its old place if given."""
    if again is not None:
        again.mkdir(mode=0o700, exist_ok=False)
        return again
    folder = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX))
    if len(str(folder)) + len("/.s.PGSQL.5432.lock") <= _SOCKET_PATH_LIMIT:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir="/tmp"))
