"""Meter readings: over HTTP against a bare COPY, and searched where there are very many."""

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from benchmarks.support import fleets, readings
from benchmarks.support.ground import OTHER_CORE, Ground, pin, verdict
from benchmarks.support.mixed import Wire
from benchmarks.support.servers import wattyard
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.meters.store import months
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase

_METERS = 1000
_BATCH_METERS, _BATCH_HALF_HOURS = 100, 100
_BATCHES = 24
_AT_ONCE = 4
_ASKED = 60
_SMALL = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 2021, 2025
_FILL_SECONDS = 360
_COPIED_SERIES = 10_000_000
"""Added to the numbers of series for rows that COPY brings a second time."""


@dataclass
class Meter:
    """What is metered: a device, or every other time a site's own supply."""

    series: int
    location_id: str
    device_id: str | None

    @property
    def named(self) -> str:
        """Its part of a reading's JSON."""
        device = f',"device_id":"{self.device_id}"' if self.device_id else ""
        return f'"location_id":"{self.location_id}"{device}'


@dataclass
class Setup:
    """A database with meters, and the server on it."""

    connection: asyncpg.Connection
    caller: Caller
    meters: list[Meter]
    address: str
    headers: dict[str, str]


def run(ground: Ground) -> None:
    """Measure how fast readings come in, alone and among many; then how fast they are found."""
    embedded = EmbeddedDatabase(ground.folder / "meters")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, caller = fleets.build(url, _METERS, quiet=True)
        with wattyard(url) as (address, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            asyncio.run(_measure(ground, url, caller, address, headers))


async def _measure(
    ground: Ground, url: str, caller: Caller, address: str, headers: dict[str, str]
) -> None:
    connection = await asyncpg.connect(url)
    meters = await _meters(connection, caller)
    setup = Setup(connection, caller, meters, address, headers)
    await _beside_copy(ground, setup)
    await _at_scale(ground, setup)
    await connection.close()


async def _meters(connection: asyncpg.Connection, caller: Caller) -> list[Meter]:
    """Make a series for 1,000 meters."""
    rows = await connection.fetch(
        """
        INSERT INTO meter_series
            (account, live_mode, site_id, device_id, energy_flow_direction, tariff_direction)
        SELECT account, live_mode, site_id,
               CASE WHEN row_number() OVER (ORDER BY site_id) % 2 = 1 THEN device_id END,
               'INBOUND', 'IMPORT'
        FROM (SELECT DISTINCT ON (site_id) * FROM device_places WHERE account = $1) d
        RETURNING series, site_id, device_id
        """,
        caller.account,
    )
    return [
        Meter(
            row["series"],
            ids.wire("loc", row["site_id"]),
            ids.wire("dev", row["device_id"]) if row["device_id"] else None,
        )
        for row in rows
    ]


async def _beside_copy(ground: Ground, setup: Setup) -> None:
    """(a) The same rows over HTTP and by COPY, 10,000 at once, interleaved."""
    over_http, by_copy = [], []
    for number in range(ground.rounds + 1):
        start = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(days=30 * number)
        rate = await _ingest(setup, start)
        copied = await _copy(setup, start)
        print(
            f"   {'warm-up' if not number else f'round {number}'}: {rate:10,.0f}/s over HTTP, "
            f"{copied:10,.0f}/s by COPY, load {os.getloadavg()[0]:.1f}"
        )
        if number:
            over_http.append(rate)
            by_copy.append(copied)
    share = statistics.median(a / b for a, b in zip(over_http, by_copy, strict=True))
    verdict("readings over HTTP / bare COPY", share, ">= 0.35", met=share >= 0.35)
    rate = statistics.median(over_http)
    verdict("readings over HTTP, a second", rate, ">= 50,000", met=rate >= 50_000)


def _batches(setup: Setup, start: datetime) -> list[tuple[Sequence[Meter], datetime]]:
    """Choose the meters and the time of each batch: all meters, then two days on."""
    groups = [setup.meters[n : n + _BATCH_METERS] for n in range(0, _METERS, _BATCH_METERS)]
    length = _BATCH_HALF_HOURS * readings.HALF_HOUR
    return [(groups[n % len(groups)], start + n // len(groups) * length) for n in range(_BATCHES)]


async def _ingest(setup: Setup, start: datetime) -> float:
    """Send batches over some connections: readings a second."""
    bodies = [
        readings.body([meter.named for meter in meters], at, _BATCH_HALF_HOURS)
        for meters, at in _batches(setup, start)
    ]
    waiting = iter(bodies)

    async def one() -> None:
        wire = Wire(setup.address, setup.headers)
        await wire.open()
        for body in waiting:
            assert await wire.send("PUT", "/meters/interval", body) == 200

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
    seconds = time.perf_counter() - started
    stored = await setup.connection.fetchval(
        "SELECT count(*) FROM meter_readings WHERE start_time >= $1 AND start_time < $2"
        " AND series < $3",
        start,
        start + timedelta(days=30),
        _COPIED_SERIES,
    )
    assert stored == _BATCHES * _BATCH_METERS * _BATCH_HALF_HOURS, stored
    return float(stored / seconds)


async def _copy(setup: Setup, start: datetime) -> float:
    written = [
        readings.rows(
            setup.caller.account,
            [_COPIED_SERIES + meter.series for meter in meters],
            at,
            _BATCH_HALF_HOURS,
        )
        for meters, at in _batches(setup, start)
    ]
    started = time.perf_counter()
    for one in written:
        await readings.copy(setup.connection, one)
    seconds = time.perf_counter() - started
    return _BATCHES * _BATCH_METERS * _BATCH_HALF_HOURS / seconds


async def _at_scale(ground: Ground, setup: Setup) -> None:
    """(b) The same questions among a million readings and among many more."""
    start = datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    few = setup.meters[: max(1, _SMALL // (365 * 48))]
    await _fill(setup, few, _LAST_YEAR, deadline=float("inf"))
    small = await _figures(setup, few, start + timedelta(days=366))
    rest = setup.meters[len(few) :]
    total = len(few) * 365 * 48
    deadline = time.monotonic() + _FILL_SECONDS
    for year in range(_LAST_YEAR, _FIRST_YEAR - 1, -1):
        meters = rest if year == _LAST_YEAR else setup.meters
        wanted = min(len(meters), (ground.readings - total) // (366 * 48))
        total += await _fill(setup, meters[:wanted], year, deadline=deadline)
    size = await setup.connection.fetchval(
        "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
        " WHERE inhparent = 'meter_readings'::regclass"
    )
    print(f"   {total:,} readings now, {float(size) / 1e9:.1f} GB in the table and its index")
    large = await _figures(setup, few, start + timedelta(days=456))
    for name, before in small.items():
        ratio = max(large[name], 1e-9) / before
        if name.startswith("readings"):
            ratio = 1 / ratio
        print(f"   {name:34} {before:12,.1f} among 1 million, {large[name]:12,.1f} now")
        verdict(f"{name}, ratio", ratio, "<= 2", met=ratio <= 2)


async def _fill(setup: Setup, meters: Sequence[Meter], year: int, *, deadline: float) -> int:
    """COPY half hours of a year as they would arrive: every meter's day, day by day."""
    series = [meter.series for meter in meters]
    account = setup.caller.account
    async with setup.connection.transaction():
        await months.make(setup.connection, range(year * 12, year * 12 + 12))
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    count = 0
    while day < end and series and time.monotonic() < deadline:
        await readings.copy(setup.connection, readings.rows(account, series, day, 48))
        day += timedelta(days=1)
        count += 48 * len(series)
    await setup.connection.execute("ANALYZE meter_readings")
    return count


async def _figures(setup: Setup, meters: Sequence[Meter], start: datetime) -> dict[str, float]:
    """Ask for months of devices and years of locations, each time of another one."""
    devices = itertools.cycle([one for one in meters if one.device_id])
    locations = itertools.cycle([one for one in meters if not one.device_id])
    month = itertools.cycle(range(1, 12))

    def of_month(group_by: str, limit: int) -> dict[str, Any]:
        number = next(month)
        return {
            "device_id": next(devices).device_id,
            "start_time": f"{_LAST_YEAR}-{number:02}-01T00:00:00Z",
            "end_time": f"{_LAST_YEAR}-{number + 1:02}-01T00:00:00Z",
            "group_by": group_by,
            "limit": limit,
        }

    def of_year() -> dict[str, Any]:
        return {
            "location_id": next(locations).location_id,
            "start_time": f"{_LAST_YEAR}-01-01T00:00:00+01:00",
            "end_time": f"{_LAST_YEAR + 1}-01-01T00:00:00+01:00",
            "group_by": "MONTH",
        }

    async with httpx.AsyncClient(base_url=setup.address, headers=setup.headers, timeout=30) as http:

        async def ask(body: dict[str, Any], least: int) -> None:
            answer = await http.post("/meters/records", json=body)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["data"]) >= least

        found = {
            "a device's month by days, ms": await _each(lambda: ask(of_month("DAY", 40), 28)),
            "a device's month of half hours, ms": await _each(
                lambda: ask(of_month("NON_FIXED", 1500), 28 * 48)
            ),
            "a location's year by months, ms": await _each(lambda: ask(of_year(), 12)),
        }
    rates = [await _ingest(setup, start + n * timedelta(days=30)) for n in range(3)]
    return {**found, "readings over HTTP, a second": statistics.median(rates)}


async def _each(work: Callable[[], Awaitable[None]]) -> float:
    """Take the median of single calls, in milliseconds."""
    found = []
    for _ in range(_ASKED):
        started = time.perf_counter()
        await work()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)
