"""SIGHUP: which settings workers take, and what is said of those that they cannot take."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from wattyard.cli.reloading import Reloading, Terminal, outlive_hangup
from wattyard.platform.settings import Settings, Traced

FILE = Path("wattyard.toml")


@pytest.fixture(autouse=True)
def patch(tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Work in an empty folder; what is handed over to workers is put back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for name in ("WATTYARD_CONFIG", *(f"WATTYARD_{name.upper()}" for name in names())):
            patch.setenv(name, "")
            patch.delenv(name)
        yield patch


def names() -> Iterator[str]:
    return (name for name in Settings.__dataclass_fields__)


@pytest.fixture
def reloading() -> Reloading:
    """That of a server with two workers, on an embedded database and a port of its choice."""
    FILE.write_text("port = 0\nworkers = 2\nrate_limit = 100\n")
    read = partial(Settings.traced, dict(os.environ), workers=2)
    first = read().settings
    in_use = first.with_port(40000).with_database("postgresql://here/w")
    found = Reloading(read, first, in_use)
    found.hand_over(in_use)
    return found


def test_new_workers_take_what_the_file_says_now(
    reloading: Reloading, capsys: pytest.CaptureFixture[str]
) -> None:
    FILE.write_text("port = 0\nrate_limit = 200\nlog_level = 'warning'\n")
    found = reloading.reread()

    assert found is not None
    assert (found.rate_limit, found.log_level) == (200, "warning")
    assert (found.port, found.database) == (40000, "postgresql://here/w")
    reloading.hand_over(found)
    assert Settings.read() == found
    said = capsys.readouterr()
    assert "rate_limit, log_level" in said.out + said.err


def test_what_needs_a_restart_stays_and_is_named(
    reloading: Reloading, capsys: pytest.CaptureFixture[str]
) -> None:
    FILE.write_text("port = 81\ndatabase = 'postgresql://there/w'\nrate_limit = 100\n")

    assert reloading.reread() == reloading.in_use
    said = capsys.readouterr()
    assert "port, database" in said.out + said.err
    assert "there/w" not in said.out + said.err


@pytest.mark.parametrize("text", ["rate_limit = 'many'", "rate_limt = 1", "rate_limit ="])
def test_an_invalid_file_changes_nothing_and_is_said_with_its_line(
    text: str, reloading: Reloading, capsys: pytest.CaptureFixture[str]
) -> None:
    FILE.write_text(f"# ours\n{text}\n")

    assert reloading.reread() is None
    said = capsys.readouterr()
    assert "wattyard.toml, line 2" in said.out + said.err
    assert Settings.read() == reloading.in_use


def test_a_file_that_cannot_be_looked_at_changes_nothing(reloading: Reloading) -> None:
    def read() -> Traced:
        return Settings.traced({})._replace(file=FILE.with_name("replaced meanwhile"))

    assert Reloading(read, reloading.in_use, reloading.in_use).reread() is None


def test_where_sighup_is_ignored_that_stays() -> None:
    present = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        outlive_hangup(Terminal())
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, present)


def test_a_process_without_workers_outlives_sighup(capsys: pytest.CaptureFixture[str]) -> None:
    present = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under `nohup` it would be ignored
    try:
        outlive_hangup(Terminal())
        signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, present)
    said = capsys.readouterr()
    assert "restart to take changed settings" in said.out + said.err
