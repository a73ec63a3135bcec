"""One tenant attacks with all that a test key can do, while another works.

For two seconds here, and only that everything is answered; `make attack` attacks for a minute and
holds the other's waits to five times what they are in an idle server.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import httpx
import pytest

from tests.support.attackers import bomb
from tests.support.made import Made
from tests.support.process import Server, run

SECONDS = float(os.environ.get("WATTYARD_ATTACK_SECONDS", "2"))
TIMED = "WATTYARD_ATTACK_SECONDS" in os.environ
THREADS = 12 if TIMED else 4
SEED = int(os.environ.get("WATTYARD_ATTACK_SEED", "1"))
TIMES = 5.0
LEAST_SECONDS = 0.05
"""A wait below this is short, however much shorter it is on an idle server."""


class Tenant:
    """An account with a place, a tariff of tiers, batteries and readings."""

    def __init__(self, server: Server, data: Path) -> None:
        made = run("account", "create", "--name", "x", data=data)
        self.server, self.credentials = server, (made["account_id"], made["keys"]["test"])
        self.client = self.another_client()
        self.site = self._made("/sites", {"timezone": "UTC", "currency_code": "EUR"})
        rate = [{"value": 0.2, "to_kwh": 10}, {"value": 0.3}]
        hours = [{"valid_from": "00:00", "valid_to": "00:00", "rate": rate}]
        self._made(
            "/tariffs",
            {
                "location_id": self.location,
                "direction": "IMPORT",
                "type": "COMMODITY",
                "contract_start_date": "2020-01-01",
                "contract_end_date": "2040-01-01",
                "schedule": [{"days_and_hours": [{"days": ["All"], "hours": hours}]}],
            },
        )
        self.devices = [
            self._made(
                "/devices",
                {
                    "reference_id": f"d{n}",
                    "type": "OTHER",
                    "locations": [self.location],
                    "properties": {"power_rating_import_kwh": 11},
                },
            )["id"]
            for n in range(12)
        ]

    @property
    def location(self) -> str:
        return str(self.site["location_id"])

    def another_client(self) -> httpx.Client:
        return self.server.client(*self.credentials)

    def _made(self, path: str, body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def work(self, client: httpx.Client) -> httpx.Response:
        """What anybody does all day: look at the sites, and ask for a price."""
        client.get("/sites?limit=30")
        return client.get(f"/sites/{self.site['id']}")


def attacks_of(tenant: Tenant, chance: random.Random) -> list[Callable[[httpx.Client], Any]]:
    """List one call of each kind of attack."""
    start = datetime.now(UTC).replace(microsecond=0)
    devices = [
        {
            "device_id": device,
            "start_time": (start + timedelta(minutes=15 * n)).isoformat(),
            "end_time": (start + timedelta(hours=36 + n % 5)).isoformat(),
            "energy": {"units": "WH", "value": 5000 + 1371 * n},
            "max_power": {"units": "W", "value": 4000 + 80 * n},
            "min_power": {"units": "W", "value": 3000 + 70 * n},
        }
        for n, device in enumerate(tenant.devices)
    ]

    def plan(client: httpx.Client) -> httpx.Response:
        power = {"units": "W", "value": 9000 + chance.randrange(5000)}
        body = {"location_id": tenant.location, "data": devices, "max_power": power}
        key = {"Idempotency-Key": str(chance.random())} if chance.random() < 0.5 else {}
        return client.post("/schedules/amount", json=body, headers=key)

    def raw(path: str, content: bytes, **headers: str) -> Callable[[httpx.Client], Any]:
        method = "PUT" if path.startswith("/meters") else "POST"
        given = {"Content-Type": "application/json", **headers}
        return lambda client: client.request(method, path, content=content, headers=given)

    gzip = {"Content-Encoding": "gzip"}
    lines = {"Content-Type": "application/x-ndjson"}
    long = {
        "location_id": tenant.location,
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-03-31T00:00:00Z",
    }
    return [
        plan,
        plan,
        raw("/meters/interval", bomb(b"\n"), **gzip, **lines),
        raw("/meters/interval", bomb(b"[],"), **gzip),
        raw("/meters/interval", b"[" + b"{}," * 9_999 + b"{}]"),
        raw("/meters/interval", b"x\n" * 100_000, **lines),
        raw("/sites", b"[" * 500_000),
        raw("/sites", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        raw("/tariffs/check", b'{"schedule":[' + b"{}," * 100_000 + b"{}]}"),
        lambda client: client.post("/prices", json=long),
        lambda client: client.get("/meters/batches?limit=100"),
        lambda client: client.get("/events?limit=100"),
        lambda client: client.get("/openapi.json"),
        lambda client: client.post("/customers", json={"metadata": {"a": "x" * 400}}),
    ]


@pytest.fixture(scope="module")
def ground(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    data = tmp_path_factory.mktemp("tenants") / "data"
    made.data(data)
    with Server(data, rate_limit=0) as server:
        yield server, data


def waits_of(tenant: Tenant, seconds: float) -> tuple[list[float], set[int]]:
    """Work for a while: how long each call took, and what was answered."""
    client, waits, statuses = tenant.another_client(), [], set()
    until = monotonic() + seconds
    while monotonic() < until or len(waits) < 10:
        begun = perf_counter()
        statuses.add(tenant.work(client).status_code)
        waits.append(perf_counter() - begun)
    return waits, statuses


def p99(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.99)]


def test_the_work_of_one_goes_on_while_another_attacks(ground: tuple[Server, Path]) -> None:
    victim, attacker = Tenant(*ground), Tenant(*ground)
    idle, _ = waits_of(victim, SECONDS / 4)
    stop, answers, unanswered = threading.Event(), set[int](), list[str]()

    def attack(seed: int) -> None:
        chance = random.Random(seed)
        calls, client = attacks_of(attacker, chance), attacker.another_client()
        while not stop.is_set():
            try:
                answers.add(chance.choice(calls)(client).status_code)
            except httpx.TransportError as error:
                unanswered.append(repr(error))

    threads = [threading.Thread(target=attack, args=(SEED + n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        waits, statuses = waits_of(victim, SECONDS)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert statuses == {200}
    assert not [status for status in answers if status >= 500], answers
    assert not unanswered
    if TIMED:
        assert p99(waits) <= TIMES * max(p99(idle), LEAST_SECONDS), (p99(idle), p99(waits))
