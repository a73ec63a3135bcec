"""States that devices report, beside bare INSERTs of the same rows."""

import asyncio
import statistics
import time
from itertools import cycle
from typing import Any

import asyncpg
import httpx

from benchmarks.support import fleets, mixed
from benchmarks.support.ground import OTHER_CORE, Ground, pin, verdict
from benchmarks.support.servers import wattyard
from wattyard.kernel import ids
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase

_SITES = 40_000
_AT_ONCE = 16


def run(ground: Ground) -> None:
    """Measure reports of a few devices, of many that sites show anew, and one after the other."""
    embedded = EmbeddedDatabase(ground.folder / "states")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, caller = fleets.build(url, _SITES, quiet=True)
        devices = asyncio.run(_devices(url, caller.account))
        with wattyard(url) as (address, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            seconds = ground.seconds
            shown = asyncio.run(mixed.states(address, headers, devices, seconds=seconds))
            few = devices[:200]
            asyncio.run(mixed.states(address, headers, few, seconds=1))
            often = asyncio.run(mixed.states(address, headers, few, seconds=seconds))
            alone = asyncio.run(_alone_ms(address, headers, few))
        bare = asyncio.run(bare_inserts(url, seconds))
    print(f"   {_AT_ONCE} connections; bare INSERTs of the same rows {bare:,.0f}/s (baseline)")
    print(f"   one after the other {alone:.2f} ms a report")
    print(f"   reports of many devices, which their sites show anew {shown:,.0f}/s")
    print(f"   reports of a few devices {often:,.0f}/s")
    verdict("reports / bare INSERTs", often / bare, ">= 0.35", met=often / bare >= 0.35)


async def _devices(url: str, account: int) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT id FROM devices WHERE account = $1", account)
    await connection.close()
    return [ids.wire("dev", row["id"]) for row in rows]


async def _alone_ms(address: str, headers: dict[str, str], devices: list[str]) -> float:
    wire = mixed.Wire(address, headers)
    await wire.open()
    body = mixed.state(mixed.random.Random(1))
    times = []
    for _, device in zip(range(500), cycle(devices), strict=False):
        started = time.perf_counter()
        assert await wire.send("PUT", f"/devices/{device}/state", body) == 200
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


async def bare_inserts(url: str, seconds: float) -> float:
    """Rows a second of INSERTs of one state each, 16 at a time, each a transaction of its own."""
    pool = await asyncpg.create_pool(url, min_size=_AT_ONCE, max_size=_AT_ONCE)
    row = await pool.fetchrow("SELECT * FROM device_states LIMIT 1")
    assert row is not None
    values: dict[str, Any] = dict(row)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    insert = f"INSERT INTO device_states ({', '.join(values)}) VALUES ({places})"  # noqa: S608 (our own columns)
    end = time.monotonic() + seconds
    make = ids.SortedIds(lambda: values["time_created"])

    async def one() -> int:
        count = 0
        while time.monotonic() < end:
            fresh = {**values, "id": make(), "record_reference_id": None}
            await pool.execute(insert, *fresh.values())
            count += 1
        return count

    rate = sum(await asyncio.gather(*(one() for _ in range(_AT_ONCE)))) / seconds
    await pool.close()
    return rate
