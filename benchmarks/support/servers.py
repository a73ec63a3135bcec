"""Servers under measurement, each on the server's core."""

import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from types import MappingProxyType
from typing import Final

from benchmarks.support.ground import SERVER_CORE

ENCRYPTION_KEY: Final = base64.b64encode(bytes(32)).decode()


def _on_server_core() -> None:
    os.sched_setaffinity(0, [SERVER_CORE])


@contextmanager
def wattyard(
    database: str,
    *options: str,
    cores: int = 1,
    log: str = "info",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[str, int]]:
    """Run `wattyard serve` on a database: its address and process id.

    All settings but `settings` are the default ones, save the rate limit, which is off. The log
    goes to a file.
    """
    environment = {
        **os.environ,
        "WATTYARD_LOG_LEVEL": log,
        "WATTYARD_RATE_LIMIT": "0",
        "WATTYARD_ENCRYPTION_KEY": ENCRYPTION_KEY,
        **settings,
    }
    log_file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the server runs)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "wattyard",
            "serve",
            "--port",
            "0",
            "--database",
            database,
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=log_file,
        text=True,
        env=environment,
        preexec_fn=_on_server_core if cores == 1 else None,  # noqa: PLW1509 (one thread so far)
    )
    assert process.stdout
    ready = re.search(r"http://\S+", process.stdout.readline())
    assert ready, "the server did not start"
    try:
        yield ready[0], process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        process.stdout.close()
        log_file.close()


@contextmanager
def asgi(application: str, port: int, **environment: str) -> Iterator[str]:
    """Run another ASGI application on the same uvicorn."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", application, "--port", str(port), "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--log-level", "error", "--no-server-header",
        ],
        env={**os.environ, **environment},
        preexec_fn=_on_server_core,  # noqa: PLW1509 (one thread so far)
    )  # fmt: skip
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _wait(port: int) -> None:
    for _ in range(600):
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/ready")
            connection.getresponse()
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise TimeoutError(f"nothing answers on port {port}")
