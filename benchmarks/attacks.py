"""What one tenant waits while another attacks with all that a key can do: p99 against idle."""

import asyncio
import gzip
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

import httpx

from benchmarks.support.accounts import create_account
from benchmarks.support.ground import OTHER_CORE, Ground, pin, verdict
from benchmarks.support.servers import wattyard
from wattyard import app
from wattyard.kernel import ids
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase

_THREADS: Final = 4
_SECONDS: Final = 6.0
_SECONDS_OF_ALL: Final = 60.0
_PATIENCE_SECONDS: Final = 60.0
_SETTLING_SECONDS: Final = 0.5
_DEVICES: Final = 12
_TIMES: Final = 5.0

Call = Callable[[httpx.Client, int], object]


def run(ground: Ground) -> None:
    """Let one account list its sites on a server of one core, while another does its worst."""
    embedded = EmbeddedDatabase(ground.folder / "attacks")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        accounts = asyncio.run(_accounts(url))
        with wattyard(url) as (address, _):
            victim, attacker = (_Tenant(address, *account) for account in accounts)
            _measure(victim, attacker)


def _measure(victim: "_Tenant", attacker: "_Tenant") -> None:
    idle = _p99(victim, seconds=2 * _SECONDS)
    print(f"   GET /sites?limit=30 and a price, idle: p99 {idle:.1f} ms")
    for names in [[name] for name in _CALLS] + [list(_CALLS)]:
        with _attacked(attacker, names) as answered:
            before, begun = answered.value, time.monotonic()
            seconds = _SECONDS if len(names) == 1 else _SECONDS_OF_ALL
            busy = _p99(victim, partial(_is_above, answered, before), seconds=seconds)
            rate = (answered.value - before) / (time.monotonic() - begun)
        what = names[0] if len(names) == 1 else "all of them at once"
        print(f"   under {what}, {rate:.1f} answered/s: p99 {busy:.1f} ms")
        assert rate > 0, f"no attack with {what}"
        verdict(
            f"p99 under {what} / idle", busy / idle, f"<= {_TIMES:g}", met=busy <= _TIMES * idle
        )


def _is_above(answered: "Synchronized[int]", before: int) -> bool:
    return answered.value > before


class _Tenant:
    """An account with a site in tiers, and devices."""

    def __init__(self, address: str, account: str, secret: str) -> None:
        self.address = address
        token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
        self.headers = {"Authorization": f"Bearer {token['bearer_token']}"}
        self.http = httpx.Client(base_url=address, headers=self.headers, timeout=60)
        for _ in range(30):
            site = self._made("/sites", {"timezone": "UTC", "currency_code": "EUR"})
        self.at = site["location_id"]
        rate = [{"value": 0.2, "to_kwh": 10}, {"value": 0.3}]
        hours = [{"valid_from": "00:00", "valid_to": "00:00", "rate": rate}]
        tariff = {
            "location_id": self.at,
            "direction": "IMPORT",
            "type": "COMMODITY",
            "contract_start_date": "2020-01-01",
            "contract_end_date": "2100-01-01",
            "schedule": [{"days_and_hours": [{"days": ["All"], "hours": hours}]}],
        }
        self._made("/tariffs", tariff)
        other = {"type": "OTHER", "locations": [self.at]}
        self.devices = [
            self._made("/devices", {**other, "reference_id": f"{n}"})["id"] for n in range(_DEVICES)
        ]

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


def _p99(tenant: _Tenant, enough: Callable[[], bool] = lambda: True, *, seconds: float) -> float:
    """List sites and ask for a price by turns: the longest of a hundred waits, in ms.

    It goes on until there is `enough` of what is beside it: an account beside others has about a
    quarter of the process, so large calls of it take their time.
    """
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    price = {"start_time": start.isoformat(), "end_time": (start + timedelta(days=1)).isoformat()}
    waits: list[float] = []
    until = time.monotonic() + seconds
    give_up = until + _PATIENCE_SECONDS
    while time.monotonic() < until or len(waits) < 200 or not enough():
        if time.monotonic() > give_up:
            break
        for ask in (
            lambda: tenant.http.get("/sites?limit=30"),
            lambda: tenant.http.post(f"/prices/{tenant.at}", json=price),
        ):
            begun = time.perf_counter()
            answer = ask()
            waits.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.text
    return sorted(waits)[int(len(waits) * 0.99)]


@contextmanager
def _attacked(tenant: _Tenant, names: list[str]) -> "Iterator[Synchronized[int]]":
    """Let a process of its own attack, and count what it is answered.

    The victim's client then waits for the server alone, and not for the attackers' Python.
    """
    context = multiprocessing.get_context("spawn")
    answered = context.Value("i", 0)
    given = (tenant.address, tenant.headers, tenant.at, tenant.devices, names, answered)
    process = context.Process(target=_attack, args=given, daemon=True)
    process.start()
    while answered.value < _THREADS * len(names):
        time.sleep(0.05)
    try:
        yield answered
    finally:
        process.terminate()
        process.join()
        time.sleep(_SETTLING_SECONDS)


def _attack(
    address: str,
    headers: dict[str, str],
    at: str,
    devices: list[str],
    names: list[str],
    answered: "Synchronized[int]",
) -> None:
    pin(os.getpid(), OTHER_CORE)

    def again_and_again(name: str, seed: int) -> None:
        with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
            call = _CALLS[name](at, devices)
            while True:
                seed += _THREADS
                with suppress(httpx.TransportError):
                    call(http, seed)
                    with answered.get_lock():
                        answered.value += 1

    threads = [
        threading.Thread(target=again_and_again, args=(name, number), daemon=True)
        for name in names
        for number in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _plans(at: str, devices: list[str]) -> Call:
    """Ask for plans that take the solver its two seconds, none of them twice."""
    start = datetime.now(UTC).replace(microsecond=0)
    items = [
        {
            "device_id": device,
            "start_time": (start + timedelta(minutes=15 * n)).isoformat(),
            "end_time": (start + timedelta(hours=36 + n % 5)).isoformat(),
            "energy": {"units": "WH", "value": 5000 + 1371 * n},
            "max_power": {"units": "W", "value": 4000 + 517 * n},
            "min_power": {"units": "W", "value": 3000 + 413 * n},
        }
        for n, device in enumerate(devices)
    ]

    def ask(http: httpx.Client, number: int) -> httpx.Response:
        limit = {"units": "W", "value": 20_000 + number % 5_000}
        body = {"location_id": at, "data": items, "max_power": limit}
        return http.post("/schedules/amount", json=body, headers={"Idempotency-Key": f"{number}"})

    return ask


def _sending(method: str, path: str, content: bytes, **headers: str) -> Callable[..., Call]:
    given = {"Content-Type": "application/json", **headers}

    def of(*_: object) -> Call:
        return lambda http, _: http.request(method, path, content=content, headers=given)

    return of


def _prices(at: str, _: list[str]) -> Call:
    """Ask for three months of prices in tiers."""
    body = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-03-31T00:00:00Z"}
    return lambda http, _: http.post(f"/prices/{at}", json=body)


def _packed(content: bytes) -> bytes:
    return gzip.compress((content * (2**20 // len(content) + 1))[: 2**20])


_GZIP: Final = {"Content-Encoding": "gzip"}
_CALLS: Final[dict[str, Callable[..., Call]]] = {
    "hard plans": _plans,
    "packed blank lines": _sending(
        "PUT",
        "/meters/interval",
        _packed(b"\n"),
        **_GZIP,
        **{"Content-Type": "application/x-ndjson"},
    ),
    "packed empty arrays": _sending("PUT", "/meters/interval", _packed(b"[],"), **_GZIP),
    "ten thousand wrong readings": _sending(
        "PUT", "/meters/interval", b"[" + b"{}," * 9_999 + b"{}]"
    ),
    "deep JSON": _sending("POST", "/sites", b"[" * 500_000),
    "a tariff of a hundred thousand parts": _sending(
        "POST", "/tariffs/check", b'{"schedule":[' + b"{}," * 100_000 + b"{}]}"
    ),
    "months of prices": _prices,
    "lists of events": _sending("GET", "/events?limit=100", b""),
}


async def _accounts(url: str) -> list[tuple[str, str]]:
    db = Database(url, connections=1)
    await db.open()
    try:
        made = [
            await create_account(app.services(db), name=name) for name in ("victim", "attacker")
        ]
    finally:
        await db.close()
    return [(ids.wire("acc", account.id), secret) for account, secret, _ in made]
