"""Webhooks from a real server: killed workers, separate workers, and a developer who listens."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.made import Made
from tests.support.process import WATTYARD, Server, run

KILLS = int(os.environ.get("WATTYARD_TORTURE_KILLS", "2"))
SEED = int(os.environ.get("WATTYARD_TORTURE_SEED", "1"))


class Hook:
    """A receiver in a thread; it answers after `pause` seconds."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.times: dict[str, float] = {}
        self.pause = 0.0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                event = json.loads(body)
                time.sleep(hook.pause)
                hook.times.setdefault(event["id"], time.monotonic())
                hook.events.append(event)
                hook.headers.append({k.lower(): v for k, v in self.headers.items()})
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    receiver = Hook()
    yield receiver
    receiver.close()


def wait_for(true: Callable[[], Any], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class Ground:
    """A data folder with an account, and an environment that allows this machine."""

    def __init__(self, data: Path, account: Any) -> None:
        self.data = data
        self.account, self.key = account["account_id"], account["keys"]["test"]

    def serve(self, *options: str) -> Server:
        return Server(self.data, *options, webhook_allow="127.0.0.0/8")

    def client(self, server: Server) -> httpx.Client:
        return server.client(self.account, self.key)

    def worker(self) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTYARD_")}
        process = subprocess.Popen(
            [*WATTYARD, "worker", "--data", str(self.data)],
            env={**environment, "WATTYARD_WEBHOOK_ALLOW": "127.0.0.0/8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        assert process.stdout.readline() == "wattyard worker ready\n"
        return process


@pytest.fixture
def ground(made: Made, tmp_path: Path) -> Ground:
    return Ground(tmp_path / "data", made.data(tmp_path / "data"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_change_reaches_its_receiver_at_once(ground: Ground, hook: Hook, workers: str) -> None:
    with ground.serve("--workers", workers) as server:
        client = ground.client(server)
        client.post("/webhook-endpoints", json={"url": hook.url, "event_types": ["customer.*"]})
        client.post("/customers", json={})
        wait_for(lambda: hook.events)
        waits = []  # nobody is told by looking once a second
        for count in range(2, 22):
            begun = time.monotonic()
            client.post("/customers", json={})
            wait_for(lambda count=count: len(hook.events) == count)
            waits.append(time.monotonic() - begun)
        assert min(waits) < 0.5
        assert server.stop() == 0


def test_a_worker_killed_with_9_loses_nothing(ground: Ground, hook: Hook) -> None:
    hook.pause = 0.05
    with ground.serve("--no-worker") as server:
        client = ground.client(server)
        client.post("/webhook-endpoints", json={"url": hook.url, "event_types": ["customer.*"]})
        made = [client.post("/customers", json={}).json()["id"] for _ in range(60)]
        first = ground.worker()
        wait_for(lambda: len(hook.events) > 5)
        first.kill()
        first.wait(60)
        second = ground.worker()
        try:
            wait_for(lambda: {event["data"]["id"] for event in hook.events} == set(made))
            wait_for(lambda: not pending(client))
        finally:
            second.terminate()
            assert second.wait(60) == 0
        for process in (first, second):
            assert process.stdout
            process.stdout.close()


def change_until(client: httpx.Client, stop: threading.Event) -> None:
    """Make customers and change each of them, so that their events have an order to keep."""
    while not stop.is_set():
        made = client.post("/customers", json={}).json()["id"]
        for step in range(3):
            client.patch(f"/customers/{made}", json={"metadata": {"step": str(step)}})


def all_events(client: httpx.Client) -> list[Any]:
    """List every event, oldest first."""
    found: list[Any] = []
    while True:
        after = f"&starting_after={found[-1]['id']}" if found else ""
        page = client.get(f"/events?limit=100{after}").json()
        found += page["data"]
        if not page["has_more"]:
            return found[::-1]


def first_arrivals(events: list[Any]) -> dict[str, list[str]]:
    """List the events of each object by when they first arrived."""
    seen: dict[str, list[str]] = {}
    for event in events:
        own = seen.setdefault(event["data"]["id"], [])
        if event["id"] not in own:
            own.append(event["id"])
    return seen


def test_workers_killed_with_9_at_random_moments_lose_nothing_and_keep_the_order(
    ground: Ground, hook: Hook
) -> None:
    moments = random.Random(SEED)
    hook.pause = 0.01
    with ground.serve("--no-worker") as server:
        client = ground.client(server)
        client.post("/webhook-endpoints", json={"url": hook.url, "event_types": ["customer.*"]})
        stop = threading.Event()
        writer = threading.Thread(target=change_until, args=(ground.client(server), stop))
        writer.start()
        try:
            for _ in range(KILLS):
                worker = ground.worker()
                time.sleep(moments.uniform(0, 1.5))
                worker.kill()
                worker.wait(60)
                assert worker.stdout
                worker.stdout.close()
        finally:
            stop.set()
            writer.join(60)
        told = all_events(client)
        last = ground.worker()
        try:
            everything = {event["id"] for event in told}
            wait_for(lambda: everything <= {event["id"] for event in [*hook.events]}, 120)
            wait_for(lambda: not pending(client), 60)
        finally:
            last.terminate()
            assert last.wait(60) == 0
            assert last.stdout
            last.stdout.close()
    assert len(told) > KILLS
    assert first_arrivals(hook.events) == first_arrivals(told)


def pending(client: httpx.Client) -> list[Any]:
    return client.get("/webhook-deliveries?status=PENDING").json()["data"]  # type: ignore[no-any-return]


def test_a_server_killed_with_9_tells_what_it_acknowledged(ground: Ground, hook: Hook) -> None:
    server = ground.serve("--workers", "2")
    client = ground.client(server)
    client.post("/webhook-endpoints", json={"url": hook.url, "event_types": ["customer.*"]})
    made = [client.post("/customers", json={}).json()["id"] for _ in range(30)]
    for process in psutil.Process(server.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a short one of the database
            if "postgres" not in process.name():
                process.kill()
    server.stop(signal.SIGKILL)
    client.close()
    with ground.serve() as server:
        client = ground.client(server)
        wait_for(lambda: {event["data"]["id"] for event in hook.events} == set(made))
        wait_for(lambda: not pending(client))


def test_a_stream_ends_when_the_server_stops(ground: Ground) -> None:
    with ground.serve() as server:
        client = ground.client(server)
        with client.stream("GET", "/events/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 1000"
            assert server.stop() == 0
            assert [line for line in lines if line] == []


def test_a_developer_listens_and_events_are_forwarded(ground: Ground, hook: Hook) -> None:
    with ground.serve() as server:
        client = ground.client(server)
        keys = {key["kid"] for key in client.get("/jwks.json").json()["keys"]}
        process = subprocess.Popen(
            [
                *WATTYARD, "listen", "--server", server.address, "--account", ground.account,
                "--key", ground.key, "--forward", hook.url,
            ],
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
        )  # fmt: skip
        try:
            assert process.stdout
            secret = re.search(r"whsec_\S+", process.stdout.readline())
            assert secret
            assert process.stdout.readline() == f"listening to {server.address}\n"
            client.post("/customers", json={})
            wait_for(lambda: hook.events)
            assert "customer.create" in process.stdout.readline()
        finally:
            process.terminate()
            assert process.wait(60) == 0
            process.stdout.close()
        headers = hook.headers[0]
        assert headers["flatpeak-key-id"] in keys
        assert headers["webhook-id"] == hook.events[0]["id"]


def test_a_wrong_key_is_said_in_one_line(ground: Ground) -> None:
    with ground.serve() as server:
        done = subprocess.run(
            [
                *WATTYARD, "listen", "--server", server.address, "--account", ground.account,
                "--key", "sk_test_" + "x" * 40,
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("wattyard: the server refused:")
    assert len(done.stderr.splitlines()) == 1


def test_the_signing_key_is_rotated_by_the_operator(ground: Ground) -> None:
    with ground.serve() as server:
        client = ground.client(server)
        before = {key["kid"] for key in client.get("/jwks.json").json()["keys"]}
        new = run("signing-key", "rotate", data=ground.data)["id"]
        after = [key["kid"] for key in client.get("/jwks.json").json()["keys"]]
    assert new not in before
    assert set(after) == before | {new}
