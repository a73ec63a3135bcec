"""A primary and its standby: whole servers of PostgreSQL from the wheel's programs, each on a TCP
port of this machine.

    with pair(made, tmp_path) as servers:            # replicates asynchronously
        servers.replicate_synchronously()
        Server(data, "--database", servers.url, settings=servers.settings)
        servers.first.kill()
        servers.second.promote()

The primary begins as a copy of the run's data folder: the newest schema with one account.
"""

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any, Final

import asyncpg
import psutil

from tests.support.made import Made
from wattyard.platform.embedded.programs import Programs, environment

_SECONDS: Final = 60.0
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # processes are killed here, and never the machine
    "max_connections": "100",
    "shared_buffers": "32MB",
    "wal_keep_size": "512MB",
    "wal_retrieve_retry_interval": "100ms",
    "wal_receiver_status_interval": "1s",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


def free_port() -> int:
    """Find a TCP port that nobody listens on, and that nobody is given by chance until it is used.

    Those that the system gives to whoever names none are not among them.
    """
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first_given = int(given.read_text().split()[0]) if given.exists() else 32_768
    chance = random.SystemRandom()  # other test processes choose, too
    while True:
        number = chance.randrange(max(1024, first_given // 3), first_given)
        with socket.socket() as taken, suppress(OSError):
            taken.bind(("127.0.0.1", number))
            return number


class PostgresServer:
    """One server of PostgreSQL, whose cluster is the folder `postgres` below `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.name = folder.name
        self.folder = folder / "postgres"
        self.port = free_port()
        self.programs = Programs(self.folder)
        self.programs.own(folder)
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address for a client of this machine."""
        return f"postgresql://wattyard@127.0.0.1:{self.port}/wattyard"

    def start(self, **settings: str) -> None:
        """Start it, with these settings besides those of all, and wait until it answers."""
        options: list[str] = []
        for name, value in {**_SETTINGS, "port": str(self.port), **settings}.items():
            options += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = self._run("postgres", "-D", str(self.folder), *options, log=log)
        self._wait_for_an_answer()

    def base_backup_of(self, primary: "PostgresServer") -> None:
        """Make this one a standby of a running primary, under its own name there."""
        source = f"{primary.url}?application_name={self.name}"
        options = ("-R", "-c", "fast", "-C", "-S", self.name, "-d", source)
        with self._log.open("ab") as log:
            done = self._run("pg_basebackup", "-D", str(self.folder), *options, log=log)
            assert done.wait(_SECONDS) == 0, self._log.read_text()

    def ask(self, question: str, *args: object) -> Any:
        """Ask it on a connection of its own: the first column of the first row."""

        async def asked() -> Any:
            connection = await asyncpg.connect(self.url, timeout=60)
            try:
                return await connection.fetchval(question, *args)
            finally:
                connection.terminate()

        return asyncio.run(asked())

    def promote(self) -> None:
        """Make the standby a primary."""
        assert self.ask("SELECT pg_promote()")

    def wait_for_standby(self, name: str) -> None:
        """Have it acknowledge nothing that this standby has not written down; '' for none."""
        named = f'"{name}"' if name else ""
        self.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{named}'")
        self.ask("SELECT pg_reload_conf()")
        state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = $1"
        wait_for(lambda: not name or self.ask(state, name) == "sync")

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does; safe to call again.

        It returns when the last of them is gone: until then PostgreSQL refuses to start on the
        same data, because their shared memory is still in use.
        """
        self.freeze()  # nobody forks between the look and the kill
        processes = self._processes()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None:
            self._process.wait(_SECONDS)
            self._process = None
        _, left = psutil.wait_procs(processes, _SECONDS)
        assert not left, left

    def freeze(self) -> None:
        """Stop its processes where they are: connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let frozen processes go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Shut it down in order, as for maintenance; sessions are ended."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_SECONDS)
        self._process = None

    def _signal(self, number: int) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            leader = psutil.Process(self._process.pid)
            return [leader, *leader.children(recursive=True)]
        return []

    def _wait_for_an_answer(self) -> None:
        deadline = monotonic() + _SECONDS
        while True:
            try:
                self.ask("SELECT 1")
            except (OSError, asyncpg.CannotConnectNowError):
                assert self._process is not None
                assert self._process.poll() is None, self._log.read_text()
                assert monotonic() < deadline, self._log.read_text()
                sleep(0.02)
            else:
                return

    def _run(self, program: str, *arguments: str, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.programs.command(program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(),
            **self.programs._identity(),
        )


@dataclass(frozen=True)
class Pair:
    """A primary, its standby, and what a server of ours needs to work on them."""

    first: PostgresServer
    second: PostgresServer
    account: Any
    settings: dict[str, str]
    """The environment of a `wattyard` on these: the encryption key of their secrets."""

    @property
    def url(self) -> str:
        """The address of whichever of the two takes changes."""
        return url_of([self.first, self.second])

    @property
    def key(self) -> str:
        """The account's secret key of test mode."""
        return str(self.account["keys"]["test"])

    def replicate_synchronously(self) -> None:
        """Have the primary acknowledge nothing that the standby has not written down."""
        self.first.wait_for_standby(self.second.name)


def url_of(servers: Sequence[PostgresServer]) -> str:
    """The address of whichever of several servers takes changes."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://wattyard@{hosts}/wattyard?target_session_attrs=read-write"


def wait_for(true: Any, seconds: float = _SECONDS) -> float:
    """Wait until something is true; how many seconds that took."""
    begun = monotonic()
    while not true():
        assert monotonic() < begun + seconds, "it did not happen"
        sleep(0.02)
    return monotonic() - begun


@contextmanager
def primary(made: Made, folder: Path) -> Iterator[tuple[PostgresServer, Any, dict[str, str]]]:
    """A primary without a standby, its account, and the environment that it needs."""
    account = made.data(folder / "data")
    key = (folder / "data" / "encryption-key").read_text()
    first = PostgresServer(folder / "first")
    shutil.move(folder / "data" / "postgres", first.folder)
    (first.folder / "postmaster.pid").unlink(missing_ok=True)
    os.chmod(first.folder, 0o700)  # noqa: PTH101 (as PostgreSQL wants it)
    try:
        first.start()
        yield first, account, {"WATTYARD_ENCRYPTION_KEY": key}
    finally:
        first.kill()


@contextmanager
def pair(made: Made, folder: Path) -> Iterator[Pair]:
    """A primary and a standby that follows it, asynchronously until it is asked for more."""
    with primary(made, folder) as (first, account, settings):
        second = PostgresServer(folder / "second")
        try:
            second.base_backup_of(first)
            second.start()
            yield Pair(first, second, account, settings)
        finally:
            second.kill()
