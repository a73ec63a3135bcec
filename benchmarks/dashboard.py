"""The dashboard on a large fleet: server time and bytes of each screen, and memory after many."""

import asyncio
import gzip
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import psutil

import wattyard.web
from benchmarks.support import fleets
from benchmarks.support.ground import Ground, verdict
from benchmarks.support.servers import wattyard as serving
from wattyard import app
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.people.domain import Role
from wattyard.people.service import Sessions
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.web.dashboard.declare import Audience, DashboardPage
from wattyard.web.dashboard.screens import PAGES

_ROUNDS = 40
_VIEWS = 1_000
_P95_MS = 40.0
_FIRST_VIEW_KIB = 40.0
_STATIC_KIB = 60.0
_GROWTH_MIB = 10.0
_ALL_DAY = {
    "days": ["All"],
    "hours": [{"valid_from": "00:00", "valid_to": "00:00", "rate": [{"value": 0.25}]}],
}
_CLIENTS = 8
"""So many call at once before: pages ask several things at once, too, on connections and threads
that a server under load has anyway."""


@dataclass
class _Reader:
    """Somebody who looks at pages."""

    http: httpx.Client
    names: dict[str, str]

    def address(self, page: DashboardPage) -> str | None:
        """The path of a page of the fleet; None where it is of something that the fleet lacks."""
        path = page.route
        for name in page.pattern.groupindex:
            if name not in self.names:
                return None
            path = path.replace(f"{{{name}}}", self.names[name])
        return path


def run(ground: Ground) -> None:
    """Measure every screen at a million sites, and the memory of a thousand views."""
    with EmbeddedDatabase(ground.folder / "dashboard").lease() as url:
        schema.migrate(url)
        account, secret, caller = fleets.build(url, ground.scale_sites)
        token = asyncio.run(_sign_in(url, caller))
        names = {"account": account, "mode": "test", **asyncio.run(_objects(url, caller))}
        with (
            serving(url) as (address, pid),
            httpx.Client(base_url=address, cookies={"wattyard": token}, timeout=60) as http,
        ):
            reader = _Reader(http, names)
            fresh = _mebibytes(pid)
            priced = _priced(address, secret)
            _call(address, secret, priced)
            called = _mebibytes(pid)
            with ThreadPoolExecutor(_CLIENTS) as clients:
                list(clients.map(lambda _: _call(address, secret, priced), range(_CLIENTS)))
            crowded = _mebibytes(pid)
            base = statistics.median(_times(http, "/docs", 20))
            idle = _mebibytes(pid)
            print(
                f"   resident: {fresh:.1f} MiB at first, {called:.1f} after calls of the API one "
                f"after the other, {crowded:.1f} after those of {_CLIENTS} clients at once, "
                f"{idle:.1f} with the reference, which is not the dashboard's"
            )
            print(f"   /docs, which is ready bytes: {base:.1f} ms (baseline)")
            _measure_bytes()
            shown = _measure_screens(reader)
            _measure_memory(reader, shown, pid, idle)


def _measure_screens(reader: _Reader) -> list[str]:
    http = reader.http
    shown, worst, left = [], 0.0, []
    for page in PAGES:
        if page.method != "GET" or page.audience is Audience.ANYBODY:
            continue
        address = reader.address(page)
        if address is None or "/live" in page.path:
            left.append(page.route)
            continue
        first = http.get(address, headers={"accept-encoding": "gzip"})
        if first.status_code != 200 or "html" not in first.headers["content-type"]:
            left.append(f"{page.route} ({first.status_code})")
            continue
        times = sorted(_times(http, address, _ROUNDS))
        p95 = times[int(len(times) * 0.95)]
        kib = len(gzip.compress(first.content, 5)) / 1024
        print(f"   {page.route:58} p95 {p95:7.1f} ms  {kib:6.1f} KiB")
        shown.append(address)
        worst = max(worst, p95)
        if kib > _FIRST_VIEW_KIB:
            verdict(f"{page.route}, KiB", kib, "<= 40", met=False)
    print(f"   not measured: {', '.join(left) or 'none'}")
    verdict("slowest screen, p95 ms", worst, "<= 40", met=worst <= _P95_MS)
    return shown


def _priced(address: str, secret: str) -> str:
    """Make a site with a tariff: what prices need is in memory without a dashboard, too."""
    place = {"timezone": "Europe/London", "currency_code": "GBP"}
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}) as http:
        site = http.post("/sites", json=place).raise_for_status().json()
        tariff = {
            "location_id": site["location_id"],
            "direction": "IMPORT",
            "type": "COMMODITY",
            "contract_start_date": "2020-01-01",
            "contract_end_date": "2100-01-01",
            "schedule": [{"days_and_hours": [_ALL_DAY]}],
        }
        http.post("/tariffs", json=tariff).raise_for_status()
    return str(site["location_id"])


def _call(address: str, secret: str, location: str) -> None:
    """Make calls of the API, as a server answers them that nobody looks at."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}) as http:
        for _ in range(20):
            for path in (
                "/sites?limit=30",
                "/devices?limit=30",
                "/tariffs",
                "/market-sources",
                "/events",
                "/webhook-endpoints",
                f"/prices?location_id={location}",
                f"/locations/{location}",
            ):
                http.get(path).raise_for_status()


def _measure_bytes() -> None:
    files = (Path(wattyard.web.__file__).parent / "static").iterdir()
    kib = sum(len(gzip.compress(one.read_bytes(), 6)) for one in files) / 1024
    verdict("all static files, KiB over the wire", kib, "<= 60", met=kib <= _STATIC_KIB)


def _measure_memory(reader: _Reader, shown: list[str], pid: int, idle: float) -> None:
    before = _mebibytes(pid)
    for number in range(_VIEWS):
        reader.http.get(shown[number % len(shown)])
    after = _mebibytes(pid)
    print(f"   resident: {before:.1f} MiB after each page was shown, {after:.1f} after 1,000 more")
    growth = after - before
    verdict("memory after 1,000 views, MiB more", growth, "<= 10", met=growth <= _GROWTH_MIB)
    loaded = after - idle
    verdict("memory that the dashboard adds, MiB", loaded, "<= 10", met=loaded <= _GROWTH_MIB)


def _times(http: httpx.Client, address: str, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        http.get(address)
        found.append((time.perf_counter() - started) * 1000)
    return found


def _mebibytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_full_info().uss) / 2**20


async def _sign_in(url: str, caller: Caller) -> str:
    db = Database(url, connections=2)
    await db.open()
    try:
        services = app.services(db)
        context = services.get(Contexts).operator()
        person = context.new_id()
        async with db.transaction() as connection:
            await connection.execute(
                """
                INSERT INTO people (id, email, name, is_operator, language, time_created)
                VALUES ($1, 'ada@example.com', 'Ada', true, '', $2)
                """,
                person,
                context.now,
            )
            await connection.execute(
                """
                INSERT INTO memberships (account, person_id, role, time_created)
                VALUES ($1, $2, $3, $4)
                """,
                caller.account,
                person,
                int(Role.OWNER),
                datetime.now(UTC),
            )
        return await services.get(Sessions).open(
            context, person, address="127.0.0.1", user_agent="bench"
        )
    finally:
        await db.close()


async def _objects(url: str, caller: Caller) -> dict[str, str]:
    """A site and a device in the middle of the fleet, by the names that pages give them."""
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow(
        """
        SELECT site_id, device_id FROM device_places
        WHERE account = $1 AND NOT live_mode ORDER BY site_id OFFSET 1000 LIMIT 1
        """,
        caller.account,
    )
    await connection.close()
    site, device = ids.wire("ste", row["site_id"]), ids.wire("dev", row["device_id"])
    return {"site": site, "device": device}
