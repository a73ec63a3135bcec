"""SIGHUP of a server with several processes: all workers are replaced or none, and it ends with its
terminal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MultiProcessValue
from uvicorn.supervisors.multiprocess import Process

from wattyard.cli.reloading import Reloading, Terminal
from wattyard.cli.serve import Supervisor
from wattyard.platform.settings import Settings

FILE = Path("wattyard.toml")
ON_A_TERMINAL: Final = """
import fcntl, signal, termios
from wattyard.cli.reloading import Terminal
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
terminal = Terminal()
open(2, "w", closefd=False).write("ready\\n")
for _ in range(2):
    signal.sigwait({signal.SIGHUP})
    open(2, "w", closefd=False).write(f"{terminal.is_gone()}\\n")
"""


def test_sighup_is_told_from_a_terminal_that_was_closed() -> None:
    own, theirs = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        assert child.stderr
        assert child.stderr.readline() == "ready\n"
        child.send_signal(signal.SIGHUP)
        assert child.stderr.readline() == "False\n"
        os.close(own)
        assert child.stderr.readline() == "True\n"
    finally:
        child.kill()
        child.communicate()


class Closed(Terminal):
    """A terminal that was closed."""

    def is_gone(self) -> bool:
        return True


@contextmanager
def supervisor(terminal: Terminal) -> Iterator[Supervisor]:
    """Supervise two workers that have started."""
    read = partial(Settings.traced, {}, workers=2)
    reloading = Reloading(read, read().settings, read().settings)
    reloading.hand_over(reloading.in_use)
    config = uvicorn.Config(
        "tests.support.workers_app:make", factory=True, workers=2, log_config=None, ws="none"
    )
    present = {number: signal.getsignal(number) for number in signal.valid_signals()}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        found = Supervisor(config, [listening], reloading, terminal)
        try:
            found.init_processes()
            assert all(one.wait_until_ready(60) for one in found.processes)
            yield found
        finally:
            for process in found.processes:
                process.kill()
                process.join()
            for number, handler in present.items():
                if handler is not signal.getsignal(number):
                    signal.signal(number, handler)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """Work in an empty folder; what is handed over to workers is put back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for name in ("config", *Settings.__dataclass_fields__):
            patch.setenv(f"WATTYARD_{name.upper()}", "")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        patch.setenv("WORKERS_BEGUN", str(tmp_path / "begun"))
        patch.setenv("WORKERS_STAY", str(tmp_path / "stay"))
        patch.setenv("WORKERS_THAT_START", "3")
        FILE.write_text("rate_limit = 100\n")
        yield tmp_path


def test_where_a_new_worker_does_not_start_none_has_the_new_settings(folder: Path) -> None:
    with supervisor(Terminal()) as node:
        present = [one.pid for one in node.processes]
        FILE.write_text("rate_limit = 200\n")
        node.handle_hup()
        assert [one.pid for one in node.processes] == present
        assert all(one.is_alive() for one in node.processes)
        assert not node.should_exit.is_set()
        assert os.environ["WATTYARD_RATE_LIMIT"] == "100"
    assert (folder / "begun").read_text().split() == ["100", "100", "200", "200"]


def test_a_server_with_several_processes_ends_with_its_terminal(folder: Path) -> None:
    with supervisor(Closed()) as node:
        node.signal_queue.append(signal.SIGHUP)
        node.handle_signals()
        assert node.should_exit.is_set()
    assert len((folder / "begun").read_text().split()) == 2


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_while_former_workers_finish_the_new_ones_are_looked_after_and_sigterm_is_heard(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERS_THAT_START", "9")
    stay = folder / "stay"
    stay.touch()
    with supervisor(Terminal()) as node:
        former = [*node.processes]
        replacing = Thread(target=node.restart_all, daemon=True)
        replacing.start()
        eventually(lambda: not {*former} & {*node.processes})
        dead = node.processes[0]
        assert dead.pid
        os.kill(dead.pid, signal.SIGKILL)
        eventually(lambda: node.processes[0] is not dead)
        assert [one.exitcode for one in former] == [None, None]
        node.should_exit.set()
        replacing.join(60)
        assert not replacing.is_alive()
        node.terminate_all()
        stay.unlink()
        node.join_all()
        assert [one.exitcode for one in former] == [-signal.SIGTERM] * 2


def test_what_a_worker_had_open_counts_no_more_when_it_has_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERS_THAT_START", "9")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))

    def count(process: Process) -> None:
        value = MultiProcessValue(lambda: process.pid)
        value("gauge", "open", "open", (), (), "Open.", "livesum").set(1.0)

    def counted() -> float:
        collector = MultiProcessCollector(CollectorRegistry(), str(folder))
        return sum(sample.value for metric in collector.collect() for sample in metric.samples)

    with supervisor(Terminal()) as node:
        for process in node.processes:
            count(process)
        assert counted() == 2.0
        pid = node.processes[0].pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        node.processes[0].join()
        node.keep_subprocess_alive()
        assert counted() == 1.0
        node.handle_hup()
        assert counted() == 0.0
