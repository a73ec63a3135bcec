"""A million sites over a hundred accounts, one of which owns 40 %: lists, mixed load, writes."""

import asyncio
import json
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from benchmarks.device_states import bare_inserts
from benchmarks.support import fleets, mixed
from benchmarks.support.ground import OTHER_CORE, Ground, medians, pin, verdict
from benchmarks.support.load import requests_per_second
from benchmarks.support.servers import asgi, wattyard
from wattyard import app
from wattyard.events.service import Events
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Contexts
from wattyard.kernel.pages import PageWindow
from wattyard.platform.db import Database, page_query, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.devices import DeviceDraft
from wattyard.sites.service import Devices, Sites
from wattyard.sites.service.ports import device_event
from wattyard.sites.store import devices as device_store

_ACCOUNTS = 100
_SHARE_OF_THE_LARGEST = 0.4


def run(ground: Ground) -> None:
    """Build the fleet once and measure everything on it."""
    embedded = EmbeddedDatabase(ground.folder / "scale")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        total = ground.scale_sites
        large = int(total * _SHARE_OF_THE_LARGEST)
        started = time.monotonic()
        for number in range(_ACCOUNTS - 1):
            small = (total - large) // (_ACCOUNTS - 1)
            fleets.build(url, small, name=f"maker {number}", quiet=True)
        account, secret, caller = fleets.build(url, large, name="the largest", quiet=True)
        print(
            f"   built {total:,} sites, {2 * total:,} devices in {time.monotonic() - started:.0f} s"
        )
        deep = fleets.id_at(url, caller, min(10_000 * 30, large - 31) - 1)
        _buffers(url, caller, deep)
        _lists(ground, url, account, secret, ids.wire("ste", deep))
        asyncio.run(_updates(url, caller))


def _buffers(url: str, caller: Caller, deep: object) -> None:
    async def explain(window: PageWindow) -> int:
        connection = await asyncpg.connect(url)
        query, arguments = page_query(
            "SELECT summary FROM sites", caller.account, caller.live_mode, window, {}
        )
        counts = []
        for _ in range(3):
            plan = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {query}", *arguments)
            text = "\n".join(row[0] for row in plan)
            found = re.search(r"Buffers: shared([^\n]*)", text)
            counts.append(sum(map(int, re.findall(r"=(\d+)", found[1]))) if found else 0)
        await connection.close()
        return min(counts)

    first = asyncio.run(explain(PageWindow(30)))
    last = asyncio.run(explain(PageWindow(30, older_than=deep)))  # type: ignore[arg-type]  # a UUID
    verdict("shared buffers, first page", first, "<= 16", met=first <= 16)
    verdict("shared buffers, page 10,000", last, "<= 16", met=last <= 16)


def _lists(ground: Ground, url: str, account: str, secret: str, cursor: str) -> None:
    rates = {}
    for workers in (1, 2):
        with wattyard(url, "--workers", str(workers), cores=workers) as (address, _):
            headers = _log_in(address, account, secret)
            page = f"{address}/sites?limit=30"
            if workers == 1:
                body = httpx.get(page, headers=headers).content
                _one_core(ground, page, headers, cursor, body)
                sites = httpx.get(f"{address}/sites?limit=100", headers=headers).json()["data"]
                _mixed(ground, address, headers, sites)
                asyncio.run(_states(url, address, headers, sites))
            rates[workers] = requests_per_second(page, ground.seconds, headers)
    print(
        f"   {rates[1]:,.0f} req/s with 1 worker, {rates[2]:,.0f} with 2 "
        "(which share the two cores with the database and the load)"
    )


def _log_in(address: str, account: str, secret: str) -> dict[str, str]:
    token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
    return {"Authorization": f"Bearer {token['bearer_token']}"}


def _one_core(ground: Ground, page: str, headers: dict[str, str], cursor: str, body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        constant = Path(folder) / "page.json"
        constant.write_bytes(body)
        with asgi("benchmarks.baselines.constant:app", 18081, PAGE=str(constant)) as ceiling:
            seconds = ground.seconds
            found = medians(
                ground.rounds,
                {
                    "constant answer": lambda: requests_per_second(ceiling, seconds),
                    "first page": lambda: requests_per_second(page, seconds, headers),
                    "page 10,000": lambda: requests_per_second(
                        f"{page}&starting_after={cursor}", seconds, headers
                    ),
                    "by reference_id": lambda: requests_per_second(
                        page.replace("limit=30", "reference_id=home-77"), seconds, headers
                    ),
                },
            )
    share = found["first page"] / found["constant answer"]
    verdict("share of the ceiling at a million", share, ">= 0.15", met=share >= 0.15)
    depth = found["first page"] / found["page 10,000"]
    verdict("page 1 / page 10,000 (rate)", depth, "<= 1.25", met=depth <= 1.25)


def _mixed(
    ground: Ground, address: str, headers: dict[str, str], sites: list[dict[str, Any]]
) -> None:
    result = asyncio.run(mixed.run(address, headers, sites, seconds=ground.mixed_seconds))
    print(
        f"   mixed load {ground.mixed_seconds:.0f} s: {result.rate:,.0f} req/s, "
        f"p50 {result.p50_ms:.1f} ms, p99 {result.p99_ms:.1f} ms"
    )
    verdict("errors under mixed load", result.errors, "0", met=result.errors == 0)


async def _states(
    url: str, address: str, headers: dict[str, str], sites: list[dict[str, Any]]
) -> None:
    """Device states over HTTP against bare INSERTs of the same rows, 16 at a time."""
    devices = [device["id"] for site in sites for device in site["devices"]]
    over_http = await mixed.states(address, headers, devices, seconds=6)
    bare = await bare_inserts(url, seconds=6)
    print(
        f"   device states: {over_http:,.0f}/s over HTTP, bare INSERTs {bare:,.0f}/s, "
        f"share {over_http / bare:.2f}"
    )


async def _updates(url: str, caller: Caller) -> None:
    """A device's change with its site's summary and events, against one without the summary."""
    db = Database(url, connections=2)
    await db.open()
    services = app.services(db)
    context = services.get(Contexts).of(caller)
    page = await services.get(Sites).summaries(context, PageWindow(100))
    devices = [json.loads(item)["devices"][0]["id"] for item in page.items]
    uuids = [ids.read(device, "dev", param="id") for device in devices]
    serializers = services.get(Devices).serializers

    def draft(number: int) -> DeviceDraft:
        return DeviceDraft(reference_id="b", type="BATTERY_SYSTEM", model_name=f"Pico {number}")

    async def whole(number: int) -> None:
        await services.get(Devices).change(
            context,
            uuids[number % 100],
            change=lambda device: (draft(number), device.locations),
        )

    async def without_summary(number: int) -> None:
        async with db.transaction() as connection:
            device = await device_store.locked(
                connection, caller.account, caller.live_mode, uuids[number % 100]
            )
            assert device is not None
            after = draft(number).onto(device)
            await device_store.update(connection, caller.account, caller.live_mode, [after])
            await services.get(Events).record(
                context, [device_event(serializers, context, "update", after)]
            )

    async def timed(work: Callable[[int], Awaitable[None]], offset: int) -> float:
        started = time.perf_counter()
        for number in range(300):
            await work(offset + number)
        return (time.perf_counter() - started) / 300 * 1000

    with_it, without = [], []
    for number in range(3):
        without.append(await timed(without_summary, number * 1000))
        with_it.append(await timed(whole, 100_000 + number * 1000))
    await db.close()
    ratio = statistics.median(with_it) / statistics.median(without)
    print(
        f"   a device's change {statistics.median(with_it):.2f} ms, "
        f"without summary {statistics.median(without):.2f} ms"
    )
    verdict("device update, with / without summary", ratio, "<= 2", met=ratio <= 2)
