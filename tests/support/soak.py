"""A server under mixed load for a long time, and whether what it holds stays the same."""

import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx
import psutil

WARM_UP: Final = 0.4
"""The share of the time in which caches fill, pools open and what is loaded late is loaded."""
ALLOWED: Final = {"memory_mib": 6.0, "files": 8.0, "connections": 4.0}
"""How much more the second half after the warm-up may have than the first."""


@dataclass(frozen=True)
class Sample:
    """What a server with its processes has at a moment, without what they share with each other.

    Attributes:
        memory_mib: memory of its own processes, without PostgreSQL's.
        files: open files and sockets of its own processes; PostgreSQL keeps each relation that a
            connection has used open, up to a limit of its own.
        connections: processes of PostgreSQL, one for each connection and a few besides.
    """

    memory_mib: float
    files: float
    connections: float


def grown(samples: Sequence[Sample]) -> list[str]:
    """List what has grown after the warm-up, by the medians of both halves."""
    steady = samples[int(len(samples) * WARM_UP) :]
    halves = steady[: len(steady) // 2], steady[len(steady) // 2 :]
    found = []
    for name, allowed in ALLOWED.items():
        before, after = (statistics.median(getattr(one, name) for one in half) for half in halves)
        if after - before > allowed:
            found.append(f"{name} {before:,.1f} to {after:,.1f}")
    return found


def sample(pid: int) -> Sample:
    """Look at a server and all its processes."""
    server = psutil.Process(pid)
    memory, files, connections = 0.0, 0, 0
    for process in (server, *server.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            if process.name().startswith("postgres"):
                connections += 1
            else:
                files += process.num_fds()
                memory += process.memory_full_info().uss / 2**20
    return Sample(memory, files, connections)


@dataclass
class Load:
    """Callers of one account, each with a few calls a second of every kind."""

    client: Callable[[], httpx.Client]
    seed: int
    pause_seconds: float = 0.05

    def run(self, seconds: float, look: Callable[[], None], looks: int) -> list[str]:
        """Call for so many seconds, look so many times: answers that nobody expects."""
        stop, faults = threading.Event(), list[str]()
        callers = [
            threading.Thread(target=self._call, args=(random.Random(self.seed + n), stop, faults))
            for n in range(3)
        ]
        for caller in callers:
            caller.start()
        try:
            for _ in range(looks):
                time.sleep(seconds / looks)
                look()
        finally:
            stop.set()
            for caller in callers:
                caller.join(120)
        return faults

    def _call(self, chance: random.Random, stop: threading.Event, faults: list[str]) -> None:
        client = self.client()
        place = client.post("/sites", json={"timezone": "Europe/Paris", "currency_code": "EUR"})
        home = place.json()["location_id"]
        body = {"reference_id": "b", "type": "OTHER", "locations": [home]}
        device = client.post("/devices", json=body).json()["id"]
        made = 0
        while not stop.is_set():
            made += 1
            method, path, sent = _calls(chance, home, device, made)
            try:
                answer = client.request(method, path, json=sent)
                if answer.status_code >= 400:
                    faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                if made % 50 == 0:
                    self._stream(client)
                if made % 200 == 0:
                    client.close()
                    client = self.client()
            except httpx.HTTPError as fault:
                faults.append(repr(fault))
            stop.wait(self.pause_seconds)

    def _stream(self, client: httpx.Client) -> None:
        """Follow the events for a moment, and hang up."""
        with client.stream("GET", "/events/stream") as stream:
            next(stream.iter_bytes())


def _calls(chance: random.Random, home: str, device: str, made: int) -> tuple[str, str, Any]:
    minute = f"2026-02-{made % 28 + 1:02}T{made % 23:02}:{chance.randrange(60):02}"
    reading = {"location_id": home, "units": "KWH", "value": 0.2}
    reading |= {"start_time": f"{minute}:00Z", "end_time": f"{minute}:59Z"}
    state = {"time": f"{minute}:00Z", "state_of_charge_percent": chance.randrange(100)}
    return chance.choice(
        [
            ("GET", "/sites?limit=30", None),
            ("GET", "/events?limit=30", None),
            ("PUT", f"/devices/{device}/state", state),
            ("PATCH", f"/devices/{device}", {"metadata": {"n": str(made)}}),
            ("PUT", "/meters/interval", [reading]),
            ("POST", "/customers", {"reference_id": str(made)}),
            ("GET", "/docs", None),
        ]
    )
