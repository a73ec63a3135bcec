"""The embedded PostgreSQL: shared, private, and found again after a crash."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import psutil
import pytest

from wattyard.platform.embedded import EmbeddedDatabase, EmbeddedError, backup

HOLD = """
import signal
import sys
from pathlib import Path
from wattyard.platform.embedded import EmbeddedDatabase
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a shell's background job
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


def hold(folder: Path, before: Sequence[str] = ()) -> tuple[subprocess.Popen[str], str]:
    """Start a process that leases the database until its input ends."""
    process = subprocess.Popen(
        [*before, sys.executable, "-c", HOLD, str(folder)],
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
    assert process.wait(60) == 0
    process.stdout.close()


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def servers(folder: Path) -> list[int]:
    """Find the PostgreSQL servers that run on the folder, in whatever container.

    A process that a server has just begun still has the server's command line: it is none.
    """
    found = {
        process.pid: process.info["ppid"]
        for process in psutil.process_iter(["cmdline", "ppid"])
        if str(folder / "postgres") in (process.info["cmdline"] or ())
    }
    return [pid for pid, parent in found.items() if parent not in found]


def gone(pid: int) -> bool:
    """Tell whether a process has ended; nobody may have asked for its end yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(holder: "subprocess.Popen[str]", folder: Path) -> None:
    """Kill a database and its holder; until it is gone, whoever came would still join it."""
    pid = postmaster(folder)
    os.kill(pid, signal.SIGKILL)
    holder.kill()
    holder.communicate()
    eventually(lambda: gone(pid))


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
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
    kill(holder, folder)

    with EmbeddedDatabase(folder).lease() as again:
        assert ask(again, "SELECT one FROM kept") == 1


def test_the_folders_are_closed_to_others(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease() as url:
        socket_folder = Path(str(ask(url, "SHOW unix_socket_directories")))
        for private in (folder / "postgres", socket_folder):
            assert private.stat().st_mode & 0o777 == 0o700
        # Where root starts it, the database's own user passes, and reads nothing else.
        assert folder.stat().st_mode & 0o777 == (0o700 if os.geteuid() else 0o711)
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


@pytest.fixture
def recovering(folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that leases a killed database, with half a second of work to recover."""
    holder, url = hold(folder)
    run(url, "CREATE TABLE kept AS SELECT repeat('x', 500) FROM generate_series(1, 300000)")
    kill(holder, folder)
    starter = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,  # it does not end of itself where it has recovered meanwhile
        stderr=subprocess.PIPE,
    )
    eventually(lambda: "recovery in progress" in (folder / "postgres.log").read_text())
    return starter


def test_a_start_that_is_broken_off_leaves_nothing_running(
    folder: Path, recovering: subprocess.Popen[bytes]
) -> None:
    recovering.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in recovering.communicate()[1]
    eventually(lambda: not servers(folder))


def test_whoever_comes_during_a_recovery_waits_for_its_end(
    folder: Path, recovering: subprocess.Popen[bytes]
) -> None:
    recovering.kill()
    recovering.communicate()
    with EmbeddedDatabase(folder).lease() as again:
        assert ask(again, "SELECT count(*) FROM kept") == 300000


def test_a_database_that_was_stopped_by_hand_comes_back_when_watched(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease(watched=True) as url:
        old = postmaster(folder)
        os.kill(old, signal.SIGINT)
        eventually(lambda: bool(set(servers(folder)) - {old}))
        with EmbeddedDatabase(folder).lease() as again:
            assert again == url


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a folder away")
def test_a_socket_in_a_folder_of_another_user_is_not_trusted(folder: Path) -> None:
    with EmbeddedDatabase(folder).lease() as url:
        sockets = Path(str(ask(url, "SHOW unix_socket_directories")))
        owner = sockets.stat()
        os.chown(sockets, 65534, 65534)
        with (
            pytest.raises(EmbeddedError, match=r"belongs to another user \(id 65534\)"),
            EmbeddedDatabase(folder).lease(),
        ):
            pass
        os.chown(sockets, owner.st_uid, owner.st_gid)
        sockets.chmod(0o777)
        with (
            pytest.raises(EmbeddedError, match=f"chmod 700 {sockets}"),
            EmbeddedDatabase(folder).lease(),
        ):
            pass
        sockets.chmod(0o700)
        assert ask(url, "SELECT 1") == 1


def test_a_port_of_the_environment_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    with EmbeddedDatabase(folder).lease() as url:
        assert ask(url, "SELECT 1") == 1


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare"
)
def test_a_second_container_is_kept_out_of_a_used_folder(folder: Path) -> None:
    container = ["unshare", "--pid", "--ipc", "--mount", "--fork", "--mount-proc"]
    other, url = hold(folder, container)
    if not url:
        other.communicate()
        pytest.skip("no namespaces here")
    run(url, "CREATE TABLE kept AS SELECT 1 AS one")
    pids = servers(folder)

    with (
        pytest.raises(EmbeddedError, match="another container"),
        EmbeddedDatabase(folder, wait_seconds=1).lease(),
    ):
        pass
    assert servers(folder) == pids
    assert ask(url, "SELECT one FROM kept") == 1
    let_go(other)
    assert not servers(folder)


def test_a_backup_overwrites_nothing_and_follows_no_link(folder: Path, tmp_path: Path) -> None:
    database = EmbeddedDatabase(folder)
    whole, taken, target = tmp_path / "whole", tmp_path / "taken", tmp_path / "target"
    taken.write_text("mine")
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "other.part").symlink_to(target)

    with database.lease():
        assert backup(database, whole) == whole.stat().st_size > 0
        for name in ("whole", "taken", "link", "other"):
            with pytest.raises(EmbeddedError, match="cannot be written: File exists"):
                backup(database, tmp_path / name)

    assert whole.stat().st_mode & 0o777 == 0o600
    assert taken.read_text() == "mine"
    assert not target.exists()
    assert not (tmp_path / "other").exists()
    assert not (tmp_path / "whole.part").exists()


def test_the_database_inherits_no_setting_of_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTYARD_ENCRYPTION_KEY", "secret")
    with EmbeddedDatabase(folder).lease():
        (line, *_) = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
        assert not [name for name in psutil.Process(int(line)).environ() if "WATTYARD" in name]
