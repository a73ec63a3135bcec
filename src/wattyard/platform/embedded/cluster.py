"""One PostgreSQL cluster in a folder: made, started, found running, stopped."""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final
from urllib.parse import quote

from wattyard.kernel.values import dataclass
from wattyard.platform.embedded import locks
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.programs import MAJOR_VERSION, Programs
from wattyard.platform.embedded.surroundings import (
    SOCKET_PREFIX,
    check_machine,
    new_socket_folder,
    shared_memory_kind,
)

ROLE: Final = "wattyard"
_START_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.003
"""How often it is looked whether PostgreSQL answers: what it takes is what a start waits for."""
WAIT_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 5.0
_LOG_LIMIT_BYTES: Final = 10 * 1024 * 1024
_PORT: Final = 5432
_SOCKET: Final = f".s.PGSQL.{_PORT}"
_SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "max_logical_replication_workers": "0",  # a process less
    # What an archive of backups has not got yet is kept, but never fills the disk of the data.
    "max_slot_wal_keep_size": "2GB",
    "idle_replication_slot_timeout": "7d",
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
        """The address for a client of this machine; PGPORT does not change it."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{ROLE}@/{ROLE}?host={host}&port={_PORT}"

    @property
    def socket(self) -> Path:
        """The socket that clients open."""
        return self.socket_folder / _SOCKET


class Cluster:
    """The cluster below a data folder. Not safe against a second process: see `lease`.

    PostgreSQL inherits the open, locked file `postgres.lock`, and so do all its processes: the
    kernel holds the lock until the last of them has ended. Process numbers cannot tell that: they
    are reused, and one container does not see those of another that shares the data folder.
    """

    def __init__(
        self,
        data: Path,
        *,
        durable: bool,
        wait_seconds: float = WAIT_SECONDS,
        start_seconds: float = _START_SECONDS,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = data / "postgres"
        self._log = data / "postgres.log"
        self._lock = data / "postgres.lock"
        self._data = data
        self._durable = durable
        self._wait_seconds = wait_seconds
        self._start_seconds = start_seconds
        self._settings = settings
        self._programs: Programs | None = None

    @property
    def programs(self) -> Programs:
        if self._programs is None:
            self._programs = Programs(self.folder)
        return self._programs

    @property
    def is_made(self) -> bool:
        """Whether a cluster is there, of whatever version.

        Raises:
            EmbeddedError: when it is another user's.
        """
        self._check_owner()
        return self._version.exists()

    @property
    def _version(self) -> Path:
        return self.folder / "PG_VERSION"

    def make(self) -> None:
        """Make the cluster with its database, unless it is there.

        It is made beside its place and moved there when it is whole, so that a crash in the
        middle leaves nothing that looks like a cluster.

        Raises:
            EmbeddedError: when a cluster of another major version or user is there.
        """
        if self.is_made:
            found = self._version.read_text().strip()
            if found != str(MAJOR_VERSION):
                raise EmbeddedError(
                    f"{self.folder} was made by PostgreSQL {found}, this Wattyard comes with "
                    f"{MAJOR_VERSION}: upgrade it with pg_upgrade first "
                    "(docs/operations/database.md). Nothing was touched"
                )
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise EmbeddedError(
                f"{self.folder} is not a PostgreSQL cluster: move it out of the way"
            )
        for leftover in self._data.glob("postgres.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._make_whole().rename(self.folder)

    def _check_owner(self) -> None:
        present = os.geteuid()
        try:
            made = self.folder.exists()
        except OSError as fault:
            raise EmbeddedError(
                f"the data folder {self._data} cannot be used: {fault.strerror}; choose another "
                "with --data, or start as its owner"
            ) from fault
        if present and made and (owner := self.folder.stat().st_uid) != present:
            raise EmbeddedError(
                f"{self.folder} belongs to user id {owner}: start as that user, or as root, or "
                "choose another folder with --data"
            )

    def _make_whole(self) -> Path:
        check_machine(self._data, is_new=True)
        new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._data))
        self.programs.own(new)
        shared = f"dynamic_shared_memory_type={shared_memory_kind()}"
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
            f"--set={shared}",
        )
        single = ("--single", "-D", str(new), "-c", shared, "-c", "exit_on_error=on", "postgres")
        self.programs.run("postgres", *single, stdin=f"CREATE DATABASE {ROLE};\n")
        return new

    def running(self) -> Running | None:
        """Find the running cluster, None where none runs or its socket is gone.

        Raises:
            EmbeddedError: when its socket is there, but not to be seen from here, or in a folder
                of another user, who may answer in the database's place.
        """
        noted = self._noted()
        if noted is None or not self._alive(noted.pid):
            return None
        if noted.socket.exists():
            self._check_socket_folder(noted.socket_folder)
            return noted
        if os.access(f"/proc/{noted.pid}/root{noted.socket}", os.F_OK):
            raise EmbeddedError(
                f"the database of {self._data} runs, but its socket {noted.socket} is hidden from "
                "this process: its server has a temporary folder of its own (PrivateTmp of "
                "systemd, a container). Run this command there, or start the server without it"
            )
        return None

    def up(self, at: Path | None = None) -> Running:
        """Find the cluster running, or start it, and wait until it answers.

        `at` names the socket folder it must have.

        Raises:
            EmbeddedError: with the end of its log, when it does not.
        """
        deadline = time.monotonic() + self._wait_seconds
        while self.running() is None:
            lock = locks.claimed(self._lock)
            if lock is not None:
                self._start(lock, at)
                break
            if self._runs():  # but nobody can reach it: its socket is gone
                self.stop()
            elif time.monotonic() > deadline:
                raise EmbeddedError(
                    f"a PostgreSQL that cannot be seen from here is running in {self.folder}: "
                    "another container, or what is left of a killed server. Stop that one first, "
                    "or run this command there"
                )
            time.sleep(0.01)
        return self._answering()

    def _start(self, lock: int, at: Path | None) -> None:
        """Start the cluster, in which no process works any more: we have its lock."""
        try:
            check_machine(self._data, is_new=False)
            self.programs.adopt(self.folder)
            self.folder.chmod(0o700)
            socket_folder = self._socket_folder(at)
            # PostgreSQL trusts any process of the noted number, were it a zombie or another
            # program.
            (self.folder / "postmaster.pid").unlink(missing_ok=True)
            shared = {"dynamic_shared_memory_type": shared_memory_kind()}
            speed = {} if self._durable else _NOT_DURABLE
            settings = {**_SETTINGS, **shared, **speed, **self._settings}
            arguments = ["-D", str(self.folder), "-k", str(socket_folder)]
            for name, value in settings.items():
                arguments += ["-c", f"{name}={value}"]
            with self._open_log() as log:
                child = self.programs.start("postgres", arguments, log=log, lock=lock)
        finally:
            os.close(lock)
        # However long it lives, and whoever stops it: it must not stay a zombie of this process.
        threading.Thread(target=child.wait, name="database-reaper", daemon=True).start()
        try:
            self._answering()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)
            raise

    def _answering(self) -> Running:
        """Wait until it answers; where recovery takes long, it is left to finish."""
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            if self._ready() and (running := self.running()) is not None:
                return running
            if self._is_over():
                raise EmbeddedError(f"PostgreSQL did not start; it said: {self._log_end()}")
            time.sleep(_LOOK_SECONDS)
        raise EmbeddedError(
            f"PostgreSQL did not answer within {self._start_seconds:.0f} s, and goes on trying: "
            f"come back later; it said: {self._log_end()}"
        )

    def _is_over(self) -> bool:
        """Whether no process works in the cluster."""
        lock = locks.claimed(self._lock)
        if lock is not None:
            os.close(lock)
        return lock is not None

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

    def _runs(self) -> bool:
        noted = self._noted()
        return noted is not None and self._alive(noted.pid)

    def _ready(self) -> bool:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _alive(self, pid: int) -> bool:
        """Whether the process is a PostgreSQL server of this folder (pids are reused)."""
        return str(self.folder) in _arguments_of(pid)

    def _ended(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._alive(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def _socket_folder(self, at: Path | None) -> Path:
        """Make the private folder of the socket; at its old place where others may know that."""
        noted = self._noted()
        for again, must in ((at, True), (noted.socket_folder if noted else None, False)):
            if again is None or not again.name.startswith(SOCKET_PREFIX):
                continue
            self._remove_socket_folder(again)
            try:
                again.mkdir(mode=0o700)
            except OSError as fault:
                if not must:
                    continue
                if again.is_dir():
                    self._check_socket_folder(again)
                raise EmbeddedError(f"{again} cannot be made: {fault.strerror}") from fault
            self.programs.own(again)
            return again
        fresh = new_socket_folder(self._data, _SOCKET)
        self.programs.own(fresh)
        return fresh

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

    def _check_socket_folder(self, folder: Path) -> None:
        """Refuse a socket folder into which others than the database's user can put a socket."""
        status = folder.stat()
        if status.st_uid != self.folder.stat().st_uid:
            raise EmbeddedError(
                f"the folder of the database's socket, {folder}, belongs to another user (id "
                f"{status.st_uid}), who may answer in the database's place: nothing was sent to "
                f"it. Stop the server, remove {folder} as root, and start again"
            )
        if status.st_mode & 0o077:
            raise EmbeddedError(
                f"the folder of the database's socket, {folder}, is open to other users, who may "
                f"answer in the database's place: nothing was sent to it. `chmod 700 {folder}`"
            )

    def _remove_socket_folder(self, folder: Path) -> None:
        """Remove a socket folder of ours; anything else is left alone."""
        owner = self.programs.identity.uid
        if (
            folder.name.startswith(SOCKET_PREFIX)
            and folder.is_dir()
            and folder.stat().st_uid == owner
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _arguments_of(pid: int) -> list[str]:
    """Read what a process was started with; nothing where there is none, or only a zombie."""
    if sys.platform == "linux":
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        except OSError:
            return []
    import psutil  # noqa: PLC0415 (30 ms of a start, which Linux does without)

    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []
