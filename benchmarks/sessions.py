"""Costs of sessions through HTTP: of many devices at once, and of all sessions of an account."""

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import numpy as np

from benchmarks.costs_engine import windowed_body
from benchmarks.support import fleets
from benchmarks.support.ground import OTHER_CORE, Ground, pin, verdict
from benchmarks.support.mixed import Wire
from benchmarks.support.servers import wattyard
from wattyard import app
from wattyard.app import Services
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.context import Context, Contexts
from wattyard.meters.domain.readings import Readings, Stream
from wattyard.meters.service import Meters
from wattyard.platform.db import Database, schema
from wattyard.platform.decoding import convert
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.devices import DeviceDraft
from wattyard.sites.domain.sites import SiteDraft
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.service import Tariffs
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

_START_US = microseconds(datetime(2025, 5, 31, 22, tzinfo=UTC))  # June in Amsterdam
_HALF_HOUR_US = 1_800_000_000
_DAY = 48
_DAYS = 30
_SESSION_HALF_HOURS = slice(36, 44)  # from 18:00 to 22:00
_AT_ONE_SITE = (1, 30, 300)
_SITES = 300
_REPORT = 1_000
_AT_ONCE = 4
_ASKED = 15
_BUDGET_MS = 200.0
_WINDOWS = ((0, 7, 0.0912), (7, 20, 0.2345), (20, 24, 0.3871))


@dataclass(frozen=True)
class Car:
    """A device that is charged every evening, as a session of its own."""

    site_id: UUID
    device_id: UUID

    def session(self, day: int) -> str:
        """Name the session of an evening."""
        return f"{self.device_id.hex}-{day}"


def run(ground: Ground) -> None:
    """Measure both on a server of one core, whose database has the other."""
    embedded = EmbeddedDatabase(ground.folder / "sessions")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, caller = fleets.build(url, _SITES, quiet=True)
        cars = asyncio.run(_metered(url, caller))
        with wattyard(url) as (address, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            _at_one_site(address, headers)
            asyncio.run(_of_an_account(ground, url, address, headers, cars))


def _at_one_site(address: str, headers: dict[str, str]) -> None:
    """Ask for sessions of 1, 30 and 300 devices of one place, eight half hours each.

    Under tiers each device's other half hours of the month are counted, too: 1,440 of each.
    """
    with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
        for tiers in ("plain", "tiered"):
            for count in _AT_ONE_SITE:
                milliseconds = _median_ms(http, f"{tiers}-{count}", count * 8)
                name = f"a session of {count} device(s), {tiers} prices, ms"
                if tiers == "plain" and count == max(_AT_ONE_SITE):
                    met = milliseconds <= _BUDGET_MS
                    verdict(name, milliseconds, f"<= {_BUDGET_MS:g}", met=met)
                else:
                    print(f"        {name:44} {milliseconds:8.1f}")


def _median_ms(http: httpx.Client, session: str, items: int) -> float:
    found = []
    for _ in range(_ASKED):
        started = time.perf_counter()
        answer = http.post(f"/costs/session/{session}")
        found.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == items
    return statistics.median(found)


async def _of_an_account(
    ground: Ground, url: str, address: str, headers: dict[str, str], cars: Sequence[Car]
) -> None:
    """Report a thousand sessions of an account, beside a report written by hand.

    The one by hand reads each session by one statement over meter_sessions and prices its half
    hours in a loop that knows this one tariff; it checks nothing else.
    """
    sessions = [car.session(day) for car in cars for day in range(_DAYS)]
    asked = random.Random(1).sample(sessions, min(_REPORT, len(sessions)))
    print(f"   {len(sessions):,} sessions, {len(cars) * _DAYS * _DAY:,} readings")
    by_server, by_hand = [], []
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as http:
        total = sum([await _cost(http, session) for session in asked])
    for _ in range(ground.rounds):
        by_server.append(len(asked) / await _over_http(address, headers, asked))
        seconds, hand = await _written_by_hand(url, asked)
        by_hand.append(len(asked) / seconds)
        assert abs(hand - total) < 1e-6 * len(asked)
    for name, rates in (("over HTTP", by_server), ("by hand", by_hand)):
        print(f"   sessions a second, {name:15} " + "  ".join(f"{one:8,.0f}" for one in rates))
    share = statistics.median(a / b for a, b in zip(by_server, by_hand, strict=True))
    print(f"   over HTTP / by hand without HTTP, median of rounds: {share:.2f}")


async def _cost(http: httpx.AsyncClient, session: str) -> float:
    answer = await http.post(f"/costs/session/{session}")
    assert answer.status_code == 200, answer.text
    return float(answer.json()["total"]["cost"]["value"])


async def _over_http(address: str, headers: dict[str, str], sessions: Sequence[str]) -> float:
    """Ask for each session over four connections; gives the seconds it took."""
    left = list(sessions)

    async def one() -> None:
        wire = Wire(address, headers)
        await wire.open()
        while left:
            assert await wire.send("POST", f"/costs/session/{left.pop()}") == 200

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
    return time.perf_counter() - started


async def _written_by_hand(url: str, sessions: Sequence[str]) -> tuple[float, float]:
    left = list(sessions)

    async def one() -> float:
        connection = await asyncpg.connect(url)
        cost = 0.0
        while left:
            rows = await connection.fetch(
                """
                SELECT r.start_time, r.energy_kwh
                FROM meter_sessions s JOIN meter_readings r
                  ON r.account = s.account AND r.live_mode = s.live_mode AND r.series = s.series
                 AND r.start_time >= s.start_time AND r.start_time < s.end_time
                 AND r.session_reference_id = s.session_reference_id
                WHERE s.session_reference_id = $1
                """,
                left.pop(),
            )
            cost += sum(row[1] * _price(row[0]) for row in rows)
        await connection.close()
        return cost

    started = time.perf_counter()
    total = sum(await asyncio.gather(*(one() for _ in range(_AT_ONCE))))
    return time.perf_counter() - started, total


def _price(at: datetime) -> float:
    hour = (at.hour + 2) % 24  # Amsterdam in June
    return next(price for start, end, price in _WINDOWS if start <= hour < end)


async def _metered(url: str, caller: Caller) -> list[Car]:
    """Give an account tariffs and a month of half hours of each car, and two crowded places."""
    db = Database(url, connections=2)
    await db.open()
    services = app.services(db)
    context = services.get(Contexts).of(caller)
    async with db.reading() as connection:
        rows = await connection.fetch(
            "SELECT site_id, device_id FROM device_places WHERE account = $1 ORDER BY device_id",
            caller.account,
        )
    cars = [Car(row["site_id"], row["device_id"]) for row in rows]
    drafts = [_tariff(site_id) for site_id in sorted({car.site_id for car in cars})]
    for at in range(0, len(drafts), 100):
        await services.get(Tariffs).connect(context, drafts[at : at + 100])
    for at in range(0, len(cars), 60):
        own = [(car, None) for car in cars[at : at + 60]]
        await services.get(Meters).keep(context, _month(own), submitted=len(own) * _DAYS * _DAY)
    for tiers in ("plain", "tiered"):
        await _crowded(services, context, tiers)
    async with db.transaction() as connection:
        await connection.execute("ANALYZE")
    await db.close()
    return cars


async def _crowded(services: Services, context: Context, tiers: str) -> None:
    draft = SiteDraft(timezone="Europe/Amsterdam", currency_code="EUR")
    site, _ = await services.get(Sites).open(context, draft)
    await services.get(Tariffs).connect(context, [_tariff(site.id, tiered=tiers == "tiered")])
    cars = []
    for n in range(sum(_AT_ONE_SITE)):
        device = DeviceDraft(reference_id=f"{tiers} {n}", type="EV_CHARGER")
        cars.append(
            Car(
                site.id,
                (await services.get(Devices).add(context, device, [site.id])).id,
            )
        )
    at = 0
    for count in _AT_ONE_SITE:
        own = [(car, f"{tiers}-{count}") for car in cars[at : at + count]]
        at += count
        await services.get(Meters).keep(context, _month(own), submitted=len(own) * _DAYS * _DAY)


def _tariff(site_id: UUID, *, tiered: bool = False) -> Any:  # noqa: ANN401 (a draft)
    body = {
        "location_id": ids.wire("loc", site_id),
        **windowed_body(_WINDOWS, tiered=tiered),
    }
    return contract_draft(convert(body, TariffBody))


def _month(cars: Sequence[tuple[Car, str | None]]) -> Readings:
    """Write a month of half hours: a session each evening, or one that is named, on the last."""
    half_hours = _DAYS * _DAY
    count = len(cars) * half_hours
    starts = _START_US + np.tile(np.arange(half_hours, dtype=np.int64) * _HALF_HOUR_US, len(cars))
    sessions: list[str | None] = [None] * count
    for n, (car, named) in enumerate(cars):
        for day in range(_DAYS) if named is None else (_DAYS - 1,):
            first = n * half_hours + day * _DAY
            for place in range(_SESSION_HALF_HOURS.start, _SESSION_HALF_HOURS.stop):
                sessions[first + place] = named or car.session(day)
    return Readings(
        tuple(Stream(car.site_id, car.device_id, "INBOUND", "IMPORT") for car, _ in cars),
        np.arange(1, count + 1),
        np.repeat(np.arange(len(cars)), half_hours),
        starts,
        starts + _HALF_HOUR_US,
        np.round(np.random.default_rng(1).gamma(2.0, 0.2, count), 3),
        np.ones(count),
        sessions,
        [None] * count,
    )
