"""The listener on which `wattyard worker` answers for its health and metrics."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import httpx

from tests.support.clusters import free_port
from tests.support.made import Made
from tests.support.process import WATTYARD


def worker(data: Path, port: int) -> "subprocess.Popen[str]":
    kept = {name: text for name, text in os.environ.items() if not name.startswith("WATTYARD_")}
    return subprocess.Popen(
        [*WATTYARD, "worker", "--data", str(data)],
        env={**kept, "WATTYARD_ADMIN_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_is_ready_when_its_listener_is_and_says_when_it_cannot_have_it(
    made: Made, tmp_path: Path
) -> None:
    made.data(tmp_path / "data")
    with socket.socket() as taken:
        port = free_port()  # it is used again below
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = worker(tmp_path / "data", port)
        said, errors = refused.communicate(timeout=120)
    assert (refused.returncode, said) == (1, "")
    assert f"cannot listen on 127.0.0.1 port {port}" in errors
    assert "WATTYARD_ADMIN_PORT" in errors
    assert "Traceback" not in errors

    process = worker(tmp_path / "data", port)
    assert process.stdout
    assert process.stdout.readline() == "wattyard worker ready\n"
    answer = httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=60)
    assert answer.json() == {"status": "ok"}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 0
