"""The embedded database in odd places, and what is said where it cannot start."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wattyard.platform.embedded.programs import bin_folder
from wattyard.platform.embedded.surroundings import shared_memory_kind

UNSHARE = shutil.which("unshare")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or UNSHARE is None, reason="needs root and unshare, to make other places"
)
NOBODY_KNOWS = 1000650000
POWERLESS = (str(shutil.which("setpriv")), "--bounding-set=-all", "--inh-caps=-all")

LEASES = """
import glob, os, sys
from pathlib import Path
import psutil
from wattyard.platform.embedded import EmbeddedDatabase, EmbeddedError
for uid in map(int, sys.argv[2:]):  # what is imported may lie where only root passes
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(uid, uid, uid)
try:
    EmbeddedDatabase(Path(sys.argv[1])).is_new  # as commands ask first
    for _ in range(2):
        with EmbeddedDatabase(Path(sys.argv[1]), durable=False).lease():
            print("runs", flush=True)
except EmbeddedError as fault:
    print(fault)
"""
IDENTITY = """
import sys
from pathlib import Path
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.identity import identity_for, named
found = identity_for(Path(sys.argv[1]))
print(found.uid)
try:
    with named(found, Path(sys.argv[1]), passes=len(sys.argv) > 2):
        print("has a name")
except EmbeddedError as fault:
    print(fault)
"""
METRICS = """
from wattyard.cli.options import CommandFailed
from wattyard.cli.serve import _metrics_folder
from wattyard.platform.settings import Settings
try:
    _metrics_folder(Settings(database="postgresql://db/wattyard"))
except CommandFailed as fault:
    print(fault)
"""
NO_USER = "grep -v ^wattyard: /etc/passwd > /mnt/p; mount --bind /mnt/p /etc/passwd"
CLOSED_TMP = (
    "mount --bind /tmp /tmp; mount -o remount,bind,ro /tmp; mount -t tmpfs none /var/tmp -o ro"
)


def said(code: str, *arguments: str, before: str = "", **options: object) -> list[str]:
    """Run a program, in a mount namespace of its own where something is done `before`."""
    command = [sys.executable, "-c", code, *arguments]
    if before:
        script = f'mount -t tmpfs none /mnt; {before}; cd /proc; exec "$@"'
        command = [str(UNSHARE), "--mount", "sh", "-ec", script, "sh", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a user without a name may write, as a volume of a container is."""
    path = Path(tempfile.mkdtemp(prefix="volume-"))
    os.chown(path, NOBODY_KNOWS, 0)
    yield path
    shutil.rmtree(path)


def test_a_user_without_a_name_makes_a_database_and_starts_it_again(folder: Path) -> None:
    programs = bin_folder(None)
    if any(not path.stat().st_mode & 0o001 for path in (programs, *programs.parents)):
        pytest.skip("PostgreSQL's programs lie where only root may pass")
    assert said(LEASES, str(folder), str(NOBODY_KNOWS)) == ["runs", "runs"]
    assert (folder / "postgres").stat().st_uid == NOBODY_KNOWS


def test_a_root_who_may_become_nobody_else_starts_it(tmp_path: Path) -> None:
    alone = [str(UNSHARE), "--user", "--map-root-user"]
    if subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("user namespaces are not allowed here")
    done = subprocess.run(
        [*alone, sys.executable, "-c", LEASES, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["runs", "runs"]


def test_without_the_power_to_become_another_user_root_is_told_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [*POWERLESS, sys.executable, "-c", LEASES, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": "/nowhere"},
    )
    assert "start Wattyard as an ordinary user" in done.stdout


def test_where_no_user_can_be_made_it_runs_as_a_number_that_nobody_has(tmp_path: Path) -> None:
    no_programs = {"env": {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}}
    number, name = said(IDENTITY, str(tmp_path), before=NO_USER, **no_programs)
    assert 61184 <= int(number) < 65520
    assert name == "has a name"


def test_a_user_who_cannot_be_named_is_told_what_to_do(tmp_path: Path) -> None:
    wrapper = list(Path("/usr/lib").glob("*/libnss_wrapper.so"))
    number, name = said(IDENTITY, str(tmp_path), "passes", before=NO_USER)
    assert name == "has a name" if wrapper else name.startswith(f"user id {number} has")


def test_without_a_temporary_folder_the_socket_is_in_the_data_folder() -> None:
    code = """
import sys
from pathlib import Path
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.surroundings import new_socket_folder
for data in map(Path, sys.argv[1:]):
    data.mkdir()
    try:
        print(new_socket_folder(data, ".s.PGSQL.5432").parent)
    except EmbeddedError as fault:
        print(fault)
"""
    short, long, odd = said(code, "/mnt/a b", f"/mnt/{'x' * 90}", "/mnt/a,b", before=CLOSED_TMP)
    assert short == "/mnt/a b"
    assert long == odd.replace("/mnt/a,b", f"/mnt/{'x' * 90}")
    assert "Set TMPDIR" in long


def test_workers_without_a_temporary_folder_are_told_what_to_do() -> None:
    (told,) = said(METRICS, before=f"{CLOSED_TMP}")
    assert "set TMPDIR" in told


def test_a_full_disk_is_said_before_anything_is_made() -> None:
    (told,) = said(
        LEASES, "/mnt/s/data", before="mkdir /mnt/s; mount -t tmpfs none /mnt/s -o size=20m"
    )
    assert told.startswith("/mnt/s/data has 20 MiB of free space, and a new database needs 128 MiB")


@pytest.mark.parametrize("options", ["size=64m", "ro"])
def test_a_small_or_missing_dev_shm_is_not_used(options: str) -> None:
    code = """
from wattyard.platform.embedded.surroundings import shared_memory_kind
print(shared_memory_kind())
"""
    before = f"mount -t tmpfs none /dev/shm -o {options}"
    assert said(code, before=before) == ["sysv"]
    assert shared_memory_kind(Path("/nowhere")) == "sysv"


def test_a_data_folder_of_another_user_is_said(folder: Path) -> None:
    (folder / "postgres").mkdir(mode=0o700)
    folder.chmod(0o700)
    (told,) = said(LEASES, str(folder), str(NOBODY_KNOWS + 1))
    assert told.startswith(f"the data folder {folder} cannot be used: Permission denied;")
    folder.chmod(0o777)
    (told,) = said(LEASES, str(folder), str(NOBODY_KNOWS + 1))
    assert told.startswith(f"{folder}/postgres belongs to user id {os.geteuid()}")


def test_an_installation_that_is_not_whole_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "asyncpg.py").write_text(
        "raise ImportError('libx.so: no such file', name='asyncpg')"
    )
    done = subprocess.run(
        [sys.executable, "-m", "wattyard", "doctor", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("wattyard: libx.so: no such file: the installation is not whole")
