"""A real server in a process of its own."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import httpx

ENCRYPTION_KEY = base64.b64encode(bytes(range(32))).decode()
"""The key of databases of our own."""

WATTYARD = (sys.executable, "-m", "wattyard")


def run(
    *arguments: str,
    data: Path,
    codes: Collection[int] = (0,),
    python: str = sys.executable,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """Run a command of the command line to its end, and give what it printed as JSON."""
    done = subprocess.run(
        [python, "-m", "wattyard", *arguments, "--json", "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env={**os.environ, **settings},
    )
    assert done.returncode in codes, done.stderr
    return json.loads(done.stdout)


class Server:
    """`wattyard serve` on a free port of this machine."""

    def __init__(
        self,
        data: Path,
        *options: str,
        rate_limit: int = 500,
        webhook_allow: str = "",
        python: str = sys.executable,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.data = data
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTYARD_")}
        environment["WATTYARD_RATE_LIMIT"] = str(rate_limit)
        environment["WATTYARD_WEBHOOK_ALLOW"] = webhook_allow
        if "--database" in options:
            environment["WATTYARD_ENCRYPTION_KEY"] = ENCRYPTION_KEY
        environment.update(settings)
        self.process = subprocess.Popen(
            [python, "-m", "wattyard", "serve", "--port", "0", "--data", str(data), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.errors: list[str] = []
        self._clients: list[httpx.Client] = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        assert self.process.stdout
        line = self.process.stdout.readline()
        ready = re.fullmatch(r"wattyard ready on (http://\S+)\n", line)
        assert ready, (line, self.errors)
        self.address = ready[1]

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.errors.extend(self.process.stderr)

    def client(self, account_id: str, secret: str) -> httpx.Client:
        """Log in, and give a client that carries the token."""
        client = httpx.Client(base_url=self.address, timeout=120)
        self._clients.append(client)
        answer = client.post("/auth/tokens", auth=(account_id, secret))
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['bearer_token']}"
        return client

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        code = self.process.wait(60)
        self._read_to_the_end()
        return code

    def _read_to_the_end(self) -> None:
        self._reader.join(60)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()
        else:
            self._read_to_the_end()
        for client in self._clients:
            client.close()
