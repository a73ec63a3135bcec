"""`GET /sites` read on a replica, beside one read on the primary and one through PgBouncer."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import asyncpg
import httpx
import pytest
from tests.support.clusters import Pair, pair, wait_for
from tests.support.made import Made
from tests.support.poolers import pooler

from benchmarks.support import fleets
from benchmarks.support.ground import OTHER_CORE, Ground, medians, pin, verdict
from benchmarks.support.load import requests_per_second
from benchmarks.support.servers import wattyard

_WRITES_PER_SECOND = 200


def run(ground: Ground) -> None:
    """Measure a page of 30 sites, on an idle primary and while another program writes there."""
    with ExitStack() as stack:
        servers = stack.enter_context(pair(Made(ground.folder / "made"), ground.folder))
        for server in (servers.first, servers.second):
            assert server._process is not None
            pin(server._process.pid, OTHER_CORE)
        account, secret, _ = fleets.build(servers.first.url, min(ground.sites, 20_000))
        settings = servers.settings
        replica = ("--database-read", servers.second.url)
        plain, _ = stack.enter_context(wattyard(servers.first.url, settings=settings))
        read, _ = stack.enter_context(wattyard(servers.first.url, *replica, settings=settings))
        pages = {"read on the primary": plain, "read on a replica": read}
        try:
            url = stack.enter_context(pooler(servers.first, ground.folder / "pooler", size=8))
        except pytest.skip.Exception:
            print("   PgBouncer is not installed: not measured")
        else:
            direct = ("--database-direct", servers.first.url)
            at, _ = stack.enter_context(wattyard(url, *direct, settings=settings))
            pages["through PgBouncer"] = at
        answer = httpx.post(f"{plain}/auth/tokens", auth=(account, secret)).json()
        headers = {"Authorization": f"Bearer {answer['bearer_token']}"}
        wait_for(lambda: _metric(read, "wattyard_replica_used") == 1)
        _compare(ground, pages, headers, "")
        before = _reads(read)
        with _writing(servers):
            _compare(ground, pages, headers, ", beside writes")
        after = _reads(read)
        share = (after[0] - before[0]) / max(1, sum(after) - sum(before))
        verdict("share read on the replica, beside writes", share, ">= 0.9", met=share >= 0.9)


def _compare(ground: Ground, pages: dict[str, str], headers: dict[str, str], when: str) -> None:
    def measure(address: str) -> float:
        return requests_per_second(f"{address}/sites?limit=30", ground.seconds, headers)

    found = medians(
        ground.rounds,
        {f"{name}{when}": (lambda at=at: measure(at)) for name, at in pages.items()},
    )
    plain, *others = found.items()
    for name, rate in others:
        ratio = rate / plain[1]
        verdict(f"{name}, share of the rate on the primary", ratio, ">= 0.5", met=ratio >= 0.5)


def _metric(address: str, name: str, labels: str = "") -> float:
    page = httpx.get(f"{address}/metrics").text
    found = re.search(rf"^{name}\{{[^}}]*{labels}[^}}]*\}} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _reads(address: str) -> tuple[float, float]:
    """How often the replica was read, and how often it was behind."""
    read, behind = (
        _metric(address, "wattyard_replica_reads_total", f'outcome="{outcome}"')
        for outcome in ("read", "behind")
    )
    return read, behind


@contextmanager
def _writing(servers: Pair) -> Iterator[None]:
    """Commit something small on the primary, 200 times a second."""
    stop = threading.Event()

    async def write() -> None:
        connection = await asyncpg.connect(servers.first.url)
        await connection.execute("CREATE TABLE IF NOT EXISTS written (n bigint)")
        while not stop.is_set():
            await connection.execute("INSERT INTO written VALUES (1)")
            await asyncio.sleep(1 / _WRITES_PER_SECOND)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(write()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
