"""The server through mishaps: kill -9, a database that goes away, a full disk, two processes."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.clusters import primary
from tests.support.made import Made
from tests.support.process import Server, run
from tests.support.torture import Outside, torture
from wattyard.platform.embedded import EmbeddedDatabase

PLACE = {"timezone": "Europe/Paris", "currency_code": "EUR"}
KILLS = int(os.environ.get("WATTYARD_TORTURE_KILLS", "4"))
SEED = int(os.environ.get("WATTYARD_TORTURE_SEED", "7"))


def test_nothing_acknowledged_is_lost_when_processes_are_killed(made: Made, tmp_path: Path) -> None:
    account = made.data(tmp_path / "data")
    crew = torture(tmp_path / "data", account, kills=KILLS, seed=SEED)

    written = sum(len(writer.ledger.sites) for writer in crew)
    assert written > KILLS, f"seed {SEED}"


@pytest.mark.skipif(
    "WATTYARD_TORTURE_KILLS" not in os.environ, reason="takes a minute more: `make torture`"
)
def test_nothing_acknowledged_is_lost_on_an_external_database(made: Made, tmp_path: Path) -> None:
    with primary(made, tmp_path) as (database, account, settings):
        crew = torture(
            tmp_path / "unused",
            account,
            kills=KILLS,
            seed=SEED,
            outside=Outside(database, settings),
        )

    written = sum(len(writer.ledger.sites) for writer in crew)
    assert written > KILLS, f"seed {SEED}"


def test_a_database_that_restarts_under_load_is_found_again(made: Made, tmp_path: Path) -> None:
    account = made.data(tmp_path / "db")
    outside = EmbeddedDatabase(tmp_path / "db")
    with outside.lease() as url:
        key = (tmp_path / "db" / "encryption-key").read_text()
        settings = {"WATTYARD_ENCRYPTION_KEY": key}
        with Server(tmp_path / "unused", "--database", url, settings=settings) as server:
            client = server.client(account["account_id"], account["keys"]["test"])
            statuses: list[int] = []
            retry: set[str] = set()
            stop = threading.Event()

            def load() -> None:
                while not stop.is_set():
                    answer = client.post("/sites", json=PLACE)
                    statuses.append(answer.status_code)
                    if answer.status_code == 503:
                        retry.add(answer.headers["retry-after"])

            loader = threading.Thread(target=load)
            loader.start()
            _wait_for(lambda: statuses.count(201) > 5)
            _crash_a_backend(outside)
            before = statuses.count(201)
            _wait_for(lambda: statuses.count(201) > before + 5)
            stop.set()
            loader.join(120)
            assert set(statuses) <= {201, 503}
            assert retry <= {"1"}
            assert client.get("/health/ready").status_code == 200


def test_a_killed_embedded_database_comes_back_under_its_server(made: Made, tmp_path: Path) -> None:
    account = made.data(tmp_path)
    with Server(tmp_path, "--workers", "2") as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        kept = client.post("/sites", json=PLACE).json()
        old = _postmaster(EmbeddedDatabase(tmp_path))
        os.kill(old, signal.SIGKILL)
        _wait_for(lambda: _postmaster(EmbeddedDatabase(tmp_path)) not in (old, -1))
        _wait_for(lambda: client.get("/health/ready").status_code == 200)
        _wait_for(lambda: client.get("/sites").json().get("data") == [kept])
        assert server.stop() == 0


def _crash_a_backend(database: EmbeddedDatabase) -> None:
    """Kill one backend: PostgreSQL then ends all of them, recovers, and starts over."""
    for child in psutil.Process(_postmaster(database)).children():
        with suppress(psutil.NoSuchProcess):  # some end meanwhile
            if "[local]" in " ".join(child.cmdline()):
                child.kill()
                return
    raise AssertionError("the database has no session")


def _postmaster(database: EmbeddedDatabase) -> int:
    """Read the database's process number, -1 while it is being started."""
    try:
        return int((database.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        return -1


def _wait_for(true: object, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]  # a function
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(
    os.geteuid() != 0
    or (not os.access("/sbin/mount.tmpfs", os.F_OK) and not Path("/bin/mount").exists()),
    reason="needs root and mount for a small disk",
)
def test_a_full_disk_is_said_and_nothing_is_corrupted(made: Made, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk here: {mounted.stderr.strip()}")
    try:
        data = disk / "data"
        account = made.data(data)
        credentials = (account["account_id"], account["keys"]["test"])
        with Server(data) as server:
            client = server.client(*credentials)
            kept = client.post("/sites", json=PLACE).json()
            room = os.statvfs(disk)
            filler = disk / "filler"
            with filler.open("wb") as file:
                file.write(b"x" * (room.f_bavail * room.f_bsize - 1_500_000))
            big = {
                **PLACE,
                "metadata": {f"k{n}": f"{n:03}" + os.urandom(240).hex() for n in range(50)},
            }
            for _ in range(2000):
                answer = client.post("/sites", json=big)
                if answer.status_code != 201:
                    break
            assert answer.status_code == 503, answer.text
            assert answer.json()["code"] == "unavailable"
            with filler.open("ab") as file, suppress(OSError):
                file.write(b"x" * 4_000_000)
            _wait_for(lambda: client.get("/health/ready").status_code == 503)
            filler.unlink()
            _wait_for(lambda: client.get("/health/ready").status_code == 200, 60)
            _wait_for(lambda: client.get("/sites?limit=1").status_code == 200, 60)
        with Server(data) as server:
            client = server.client(*credentials)
            assert client.get(f"/sites/{kept['id']}").json() == kept
            assert client.post("/sites", json=PLACE).status_code == 201
        assert run("doctor", data=data, codes=(0, 1))["summaries_wrong"] == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False, capture_output=True)
