"""A cluster that Patroni keeps: two servers of PostgreSQL and etcd, with synchronous replication.

The configuration is the one of docs/high-availability.md, on ports of this machine.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from tests.support.clusters import free_port, wait_for
from wattyard.platform.embedded.programs import Programs, environment

_PATH: Final = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
_STARTED_SECONDS: Final = 120.0


def missing_programs() -> str:
    """Which of the programs that this needs are not installed; '' where all are."""
    return " ".join(name for name in ("patroni", "etcd") if not shutil.which(name, path=_PATH))


class Node:
    """One machine of the cluster: Patroni, and the PostgreSQL that it starts."""

    def __init__(self, name: str, folder: Path, programs: Programs, etcd: int) -> None:
        self.name = name
        self.port, self.rest_port = free_port(), free_port()
        self.data = folder / name
        self._programs = programs
        self._log = folder / f"{name}.log"
        self._config = folder / f"{name}.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._config.write_text(json.dumps(self._settings(folder, etcd)))
        programs.own(self._config)

    def _settings(self, folder: Path, etcd: int) -> dict[str, Any]:
        address = f"127.0.0.1:{self.port}"
        role = {"username": "wattyard"}
        return {
            "scope": "wattyard",
            "name": self.name,
            "restapi": {
                "listen": f"127.0.0.1:{self.rest_port}",
                "connect_address": f"127.0.0.1:{self.rest_port}",
            },
            "etcd3": {"host": f"127.0.0.1:{etcd}"},
            "bootstrap": {
                "dcs": {
                    "ttl": 20,
                    "loop_wait": 1,
                    "retry_timeout": 5,
                    "primary_start_timeout": 0,
                    "synchronous_mode": True,
                    "postgresql": {
                        "use_pg_rewind": True,
                        "use_slots": True,
                        "parameters": {
                            "max_connections": 100,
                            "shared_buffers": "32MB",
                            "wal_keep_size": "256MB",
                            "jit": False,
                        },
                    },
                },
                "initdb": [{"encoding": "UTF8"}, "data-checksums", {"locale": "C"}],
            },
            "postgresql": {
                "listen": address,
                "connect_address": address,
                "data_dir": str(self.data),
                "bin_dir": str(Path(self._programs.command("postgres")[-1]).parent),
                "pgpass": str(folder / f"{self.name}.pgpass"),
                "authentication": {"superuser": role, "replication": role, "rewind": role},
                "parameters": {"unix_socket_directories": ""},
                "pg_hba": [
                    "host all all 127.0.0.1/32 trust",
                    "host replication all 127.0.0.1/32 trust",
                ],
            },
            "watchdog": {"mode": "off"},
        }

    def start(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        with self._log.open("ab") as log:
            self._process = started(self._programs, "patroni", str(self._config), log=log)

    def is_primary(self) -> bool:
        """Whether this is the primary, as its Patroni says to whoever balances load."""
        with suppress(httpx.TransportError):
            answer = httpx.get(f"http://127.0.0.1:{self.rest_port}/primary", timeout=2)
            return answer.status_code == 200
        return False

    def has_synchronous_standby(self) -> bool:
        """Whether a standby has all that is acknowledged here."""
        with suppress(httpx.TransportError):
            state = httpx.get(f"http://127.0.0.1:{self.rest_port}/patroni", timeout=2).json()
            return any(one.get("sync_state") == "sync" for one in state.get("replication", ()))
        return False

    def kill_database(self) -> None:
        """End PostgreSQL here at once; Patroni goes on."""
        leader = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        _kill(leader)

    def kill(self) -> None:
        """End everything here at once, as when a machine is gone."""
        if self._process is not None:
            _kill(self._process.pid)
            self._process.wait(60)
            self._process = None
        with suppress(OSError, IndexError, ValueError):
            self.kill_database()


class Cluster:
    """Two nodes, and etcd."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    @property
    def url(self) -> str:
        """The address of whichever node takes changes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://wattyard@{hosts}/postgres?target_session_attrs=read-write"

    def primary(self) -> Node | None:
        """The node that is the primary."""
        return next((node for node in self.nodes if node.is_primary()), None)

    def is_whole(self) -> bool:
        """Whether there is a primary with a synchronous standby."""
        primary = self.primary()
        return primary is not None and primary.has_synchronous_standby()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that is whole."""
    with tempfile.TemporaryDirectory(prefix="wattyard-patroni-") as name:
        folder = Path(name)
        programs = Programs(folder / "postgres")
        programs.own(folder)
        client, peer = free_port(), free_port()
        own, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
        with (folder / "etcd.log").open("ab") as log:
            etcd = started(
                programs, "etcd", "--data-dir", str(folder / "etcd"),
                "--listen-client-urls", own, "--advertise-client-urls", own,
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                "--initial-cluster", f"default={peers}", "--unsafe-no-fsync", log=log,
            )  # fmt: skip
        nodes = [Node(one, folder, programs, client) for one in ("one", "two")]
        found = Cluster(nodes)
        try:
            for node in nodes:
                node.start()
            wait_for(found.is_whole, _STARTED_SECONDS)
            yield found
        finally:
            for node in nodes:
                node.kill()
            _kill(etcd.pid)
            etcd.wait(60)


def started(
    programs: Programs, program: str, *arguments: str, log: Any, settings: Mapping[str, str] = {}
) -> "subprocess.Popen[bytes]":
    """Start a program as the database's user, who may come past folders that are root's."""
    found = shutil.which(program, path=_PATH)
    assert found
    prefix: list[str] = []
    if programs.user is not None:
        prefix = [
            "setpriv", f"--reuid={programs.user.uid}", f"--regid={programs.user.gid}",
            "--clear-groups", "--inh-caps=-all,+dac_override",
            "--ambient-caps=-all,+dac_override", "--",
        ]  # fmt: skip
    return subprocess.Popen(
        [*prefix, found, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env={**environment(), **settings},
    )


def _kill(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        for process in [leader, *leader.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
