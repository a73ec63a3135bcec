"""Prices through HTTP: a month of quarter hours, tomorrow at 1,000 places, memory over time."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil

from benchmarks.support.accounts import create_account
from benchmarks.support.ground import OTHER_CORE, Ground, pin, verdict
from benchmarks.support.servers import wattyard
from benchmarks.tariffs_engine import BODY
from wattyard import app
from wattyard.kernel import ids
from wattyard.platform.db import Database, schema
from wattyard.platform.decoding import convert
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.sites import PostalAddress, SiteDraft
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.sources import MarketPrice, MarketSourceDraft
from wattyard.tariffs.service import MarketSources, Tariffs
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

_PLACES = 1000
_AT_ONCE = 8
_REPEATS = 60
_STEADY_REQUESTS = 10_000
_MIB = 1024 * 1024
QUARTER = timedelta(minutes=15)


def run(ground: Ground) -> None:
    """Ask a server of one core for prices of a market tariff with four windows."""
    embedded = EmbeddedDatabase(ground.folder / "prices")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, places = asyncio.run(_fleet(url))
        with wattyard(url) as (address, process):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            asyncio.run(_measure(address, headers, places, psutil.Process(process)))


async def _measure(
    address: str, headers: dict[str, str], places: list[str], server: psutil.Process
) -> None:
    limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
    async with httpx.AsyncClient(
        base_url=address, headers=headers, limits=limits, timeout=30
    ) as http:
        month = _body(places[0], _today() - timedelta(days=31), _today())
        milliseconds = await _each(_REPEATS, lambda: _ask(http, month))
        constant = await _each(_REPEATS, lambda: http.get("/health/live"))
        print(f"   a constant answer takes {constant:.2f} ms on the same connection")
        verdict("month of quarter hours, ms", milliseconds, "<= 12", met=milliseconds <= 12)

        tomorrow = [_body(p, _today() + timedelta(1), _today() + timedelta(2)) for p in places]
        started = time.perf_counter()
        await _all(http, tomorrow)
        seconds = time.perf_counter() - started
        verdict("tomorrow at 1,000 places, s", seconds, "<= 5", met=seconds <= 5)

        before = _resident(server)
        many = [tomorrow[n % len(tomorrow)] for n in range(_STEADY_REQUESTS)]
        await _all(http, many[: _STEADY_REQUESTS // 2])
        middle = _resident(server)
        await _all(http, many[_STEADY_REQUESTS // 2 :])
        after = _resident(server)
        print(f"   resident MiB: {before:.1f}, after 5,000 {middle:.1f}, after 10,000 {after:.1f}")
        growth = after - middle
        verdict("growth over the last 5,000 requests, MiB", growth, "<= 2", met=growth <= 2)


async def _all(http: httpx.AsyncClient, bodies: list[dict[str, Any]]) -> None:
    waiting = iter(bodies)

    async def one() -> None:
        for body in waiting:
            await _ask(http, body)

    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))


async def _ask(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await http.post("/prices", json=body)
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 90 * 96


async def _each(times: int, work: Callable[[], Awaitable[Any]]) -> float:
    """Take the median of single calls, in milliseconds."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        await work()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)


def _resident(server: psutil.Process) -> float:
    return float(server.memory_info().rss / _MIB)


def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _body(location_id: str, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "location_id": location_id,
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
    }


async def _fleet(url: str) -> tuple[str, str, list[str]]:
    """Make 1,000 places in Berlin that follow one market of quarter hours."""
    db = Database(url, connections=2)
    await db.open()
    try:
        services = app.services(db)
        account, secret, context = await create_account(services, "prices")
        source = await services.get(MarketSources).add(
            context,
            MarketSourceDraft(
                code="EPEX", currency_code="EUR", unit="MWH", timezone="Europe/Berlin"
            ),
        )
        start = _today() - timedelta(days=60)
        prices = [
            MarketPrice(start + n * QUARTER, start + (n + 1) * QUARTER, 80 + n % 97 - n % 13)
            for n in range(96 * 63)
        ]
        await services.get(MarketSources).publish(context, source.id, prices)
        berlin = SiteDraft(postal_address=PostalAddress(city="Berlin", country_code="DE"))
        places = []
        for _ in range(_PLACES):
            site, _devices = await services.get(Sites).open(context, berlin)
            location_id = ids.wire("loc", site.id)
            market_id = ids.wire("mrs", source.id)
            body = {**BODY, "location_id": location_id, "market_source_id": market_id}
            await services.get(Tariffs).connect(
                context, [contract_draft(convert(body, TariffBody))]
            )
            places.append(location_id)
    finally:
        await db.close()
    return ids.wire("acc", account.id), secret, places
