"""The embedded PostgreSQL: shared, private, and found again after a crash."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from wattyard.platform.embedded import EmbeddedDatabase, EmbeddedError

HOLD = """
import sys
from pathlib import Path
from wattyard.platform.embedded import EmbeddedDatabase
with EmbeddedDatabase(Path(sys.argv[1])).lease() as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def ask(url: str, query: str) -> object:
    async def work() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(work())


def run(url: str, statement: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(work())


def hold(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a process that leases the database until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def gone(pid: int) -> bool:
    """Tell whether a process has ended; nobody may have asked for its end yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a b's, ü" / "data"


def test_what_was_written_is_there_at_the_next_lease(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease() as url:
        run(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        pid = postmaster(folder)
    assert gone(pid)
    with EmbeddedDatabase(folder).lease() as url:
        assert ask(url, "SELECT answer FROM kept") == 42
        assert ask(url, "SHOW fsync") == ask(url, "SHOW synchronous_commit") == "on"
        assert ask(url, "SHOW data_checksums") == "on"
        assert ask(url, "SHOW listen_addresses") == ""


def test_the_last_to_leave_stops_the_database(folder: Path) -> None:
    first, url = hold(folder)
    second, same = hold(folder)
    assert url == same
    pid = postmaster(folder)

    let_go(first)
    assert ask(url, "SELECT 1") == 1
    with EmbeddedDatabase(folder).lease() as ours:
        let_go(second)
        assert ask(ours, "SELECT 1") == 1
        assert postmaster(folder) == pid
    assert gone(pid)


def test_a_killed_user_leaves_a_database_that_the_next_one_finds(folder: Path) -> None:
    holder, url = hold(folder)
    run(url, "CREATE TABLE kept AS SELECT 1 AS one")
    pid = postmaster(folder)
    holder.kill()
    holder.communicate()

    with EmbeddedDatabase(folder).lease() as again:
        assert postmaster(folder) == pid
        assert ask(again, "SELECT one FROM kept") == 1
    eventually(lambda: gone(pid))


def test_a_killed_database_recovers_what_was_committed(folder: Path) -> None:
    holder, url = hold(folder)
    run(url, "CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(postmaster(folder), signal.SIGKILL)
    holder.kill()
    holder.communicate()

    with EmbeddedDatabase(folder).lease() as again:
        assert ask(again, "SELECT one FROM kept") == 1


def test_the_folders_are_closed_to_others(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease() as url:
        socket_folder = Path(str(ask(url, "SHOW unix_socket_directories")))
        for private in (folder, folder / "postgres", socket_folder):
            assert private.stat().st_mode & 0o777 == 0o700
    assert not socket_folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_another_user_cannot_connect(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease() as url:
        socket = str(ask(url, "SHOW unix_socket_directories")) + "/.s.PGSQL.5432"
        knock = "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        nobody = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"}
        done = subprocess.run(
            ["/usr/bin/env", "python3", "-c", knock, socket],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.defpath},
            **nobody,
        )
        assert done.returncode != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another user")
def test_a_closed_parent_folder_is_passed_and_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedDatabase(closed / "data").lease() as url:
        assert ask(url, "SELECT 1") == 1
        assert psutil.Process(postmaster(closed / "data")).uids().real != 0
    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == 0


def test_a_cluster_of_another_major_version_is_not_touched(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("17\n")

    with (
        pytest.raises(EmbeddedError, match=r"PostgreSQL 17.*18"),
        EmbeddedDatabase(tmp_path).lease(),
    ):
        pass
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_a_half_made_cluster_is_cleared_away(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new-x"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    with EmbeddedDatabase(tmp_path).lease() as url:
        assert ask(url, "SELECT 1") == 1
    assert not half.exists()


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(EmbeddedError, match="is a file"), EmbeddedDatabase(file).lease():
        pass


def test_one_process_may_lease_twice(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease() as outer:
        with EmbeddedDatabase(folder).lease() as inner:
            assert inner == outer
        assert ask(outer, "SELECT 1") == 1
