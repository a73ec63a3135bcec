"""What a row takes on disk, and a call in the log of the database: they do not depend on the load.

The log is counted without images of whole pages, which a page adds to it once after each
checkpoint (`full_page_writes = off` while this runs).
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from benchmarks.support import fleets
from benchmarks.support.ground import Ground, verdict
from benchmarks.support.servers import ENCRYPTION_KEY
from wattyard import app
from wattyard.app import Services
from wattyard.kernel import ids
from wattyard.meters.service import Months
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.settings import Settings
from wattyard.requests.service import Recorder

_SITES = 2_000
_CALLS = 1_000
_DAY = "2026-02-{:02}T{:02}:{:02}:00Z"
_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_SETTINGS = Settings(
    webhook_allow="127.0.0.0/8", encryption_key=ENCRYPTION_KEY, rate_limit=0, request_log="none"
)


def run(ground: Ground) -> None:
    """Measure all of it on a database of its own."""
    with EmbeddedDatabase(ground.folder / "sizes").lease() as url:
        schema.migrate(url)
        asyncio.run(_without_images(url))
        account, secret, caller = fleets.build(url, _SITES, quiet=True)
        asyncio.run(_measure(url, account, secret, caller.account))


async def _without_images(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER SYSTEM SET full_page_writes = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def _measure(url: str, account: str, secret: str, number: int) -> None:
    db = Database(url, connections=4)
    await db.open()
    services = app.services(db, _SETTINGS)
    transport = httpx.ASGITransport(app=app.assemble(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://bench") as http:
        http.auth = (account, secret)
        book = await asyncpg.connect(url)
        try:
            await _Sizes(book, http, services, number).all()
        finally:
            await book.close()
    await db.close()


class _Sizes:
    """The measurements, on a fleet of sites with two devices each."""

    def __init__(
        self, book: asyncpg.Connection, http: httpx.AsyncClient, services: Services, number: int
    ) -> None:
        self._book = book
        self._http = http
        self._services = services
        self._number = number

    async def all(self) -> None:
        """Measure one after the other."""
        rows = await self._disk("sites", "devices", "device_places")
        _report("bytes of a site with two devices on disk", rows / _SITES)
        devices = await self._ids("dev", "devices")
        places = await self._ids("loc", "sites")
        await self._written(
            "a device state", "device_states", lambda n: self._state(devices[n % len(devices)], n)
        )
        await self._services.get(Months).make_ahead(_BEGIN)
        await self._written(
            "a day of half hours, sent alone", "meter_readings", lambda n: self._day(places[n], 1)
        )
        await self._written(
            "10,000 readings in a batch",
            "meter_readings",
            lambda n: self._batch(places[208 * n : 208 * n + 208], 2),
            calls=8,
        )
        await self._post("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
        await self._written(
            "a device's change with its events, and a delivery of each",
            "events",
            lambda n: self._change(devices[n]),
        )
        per = await self._disk("events", "webhook_deliveries")
        count = await self._book.fetchval("SELECT count(*) FROM events")
        _report("bytes of an event and its delivery on disk", per / count)

    async def _written(
        self, what: str, table: str, call: Callable[[int], Awaitable[None]], calls: int = _CALLS
    ) -> None:
        await call(0)
        rows, disk, before = await self._rows(table), await self._disk(table), await self._log()
        for n in range(1, calls + 1):
            await call(n)
        log = await self._log() - before
        _report(f"bytes of the database's log for {what}", log / calls)
        added = await self._rows(table) - rows
        _report(f"bytes of a row of {table} on disk", (await self._disk(table) - disk) / added)

    async def _log(self) -> int:
        """How much the database has logged so far, in bytes."""
        await self._services.get(Recorder).flush()
        return int(await self._book.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    async def _rows(self, table: str) -> int:
        return int(await self._book.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 (ours)

    async def _disk(self, *tables: str) -> int:
        """What tables take with their indexes, in bytes."""
        return sum(
            [
                await self._book.fetchval(
                    """
                    SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree($1)
                    """,
                    table,
                )
                or await self._book.fetchval("SELECT pg_total_relation_size($1::regclass)", table)
                for table in tables
            ]
        )

    async def _ids(self, prefix: str, table: str) -> list[str]:
        query = f"SELECT id FROM {table} WHERE account = $1 ORDER BY id"  # noqa: S608 (ours)
        return [ids.wire(prefix, row["id"]) for row in await self._book.fetch(query, self._number)]

    async def _post(self, path: str, body: Any, method: str = "POST") -> None:  # noqa: ANN401
        answer = await self._http.request(method, path, json=body)
        assert answer.status_code < 300, answer.text

    async def _state(self, device: str, n: int) -> None:
        time = (_BEGIN + timedelta(seconds=n)).isoformat()
        body = {"time": time, "state_of_charge_percent": n % 100, "battery_power_kw": 3.2}
        await self._post(f"/devices/{device}/state", body, method="PUT")

    async def _day(self, place: str, day: int) -> None:
        await self._post("/meters/interval", _half_hours(place, day), method="PUT")

    async def _batch(self, places: list[str], day: int) -> None:
        records = [one for place in places for one in _half_hours(place, day)]
        await self._post("/meters/interval", records[:10_000], method="PUT")

    async def _change(self, device: str) -> None:
        await self._post(f"/devices/{device}", {"metadata": {"note": "x" * 20}}, method="PATCH")


def _half_hours(place: str, day: int) -> list[dict[str, Any]]:
    """Readings of a February day."""
    times = [_DAY.format(day, n // 2, n % 2 * 30) for n in range(48)]
    times.append(_DAY.format(day + 1, 0, 0))
    return [
        {
            "location_id": place,
            "start_time": times[n],
            "end_time": times[n + 1],
            "units": "KWH",
            "value": 0.25,
        }
        for n in range(48)
    ]


def _report(name: str, value: float) -> None:
    verdict(name, value, "reported", met=True)
