"""The search of sites by people: a page of a large fleet beside one of a small fleet."""

import asyncio
import re
import statistics
import time
from collections.abc import Mapping

import asyncpg

from benchmarks.support import fleets
from benchmarks.support.ground import OTHER_CORE, Ground, pin, verdict
from wattyard import app
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.search import SiteSearch, silent_before
from wattyard.sites.service import SiteSearches
from wattyard.sites.store.search import SearchQuestion, Way, search_query

_SMALL = 10
_ROUNDS = 21
_PAGE_MS = 40.0
_BUFFERS = 20_000
"""A bounded way, whatever the size: 1,000 sites, each with its devices."""

SEARCHES: Mapping[str, SiteSearch] = {
    "all": SiteSearch(),
    "a reference": SiteSearch(text="home-7"),
    "a city of many": SiteSearch(text="lon"),
    "a city of few": SiteSearch(text="rare"),
    "nothing": SiteSearch(text="zzz"),
    "out of service": SiteSearch(status="INACTIVE"),
    "a type of few": SiteSearch(device_type="HEAT_PUMP"),
    "silent": SiteSearch(seen="SILENT"),
    "without a tariff": SiteSearch(without_tariff=True),
    "many of many": SiteSearch(text="lon", status="INACTIVE"),
    "few of many": SiteSearch(text="lon", device_type="HEAT_PUMP"),
    "four conditions": SiteSearch("lon", "INACTIVE", None, "EV_CHARGER", None, without_tariff=True),
}

_SITES = """
    UPDATE sites SET
        postal_address = jsonb_build_object('country_code', 'GB', 'city',
            CASE WHEN h % 100000 = 0 THEN 'Rare'
                 ELSE (ARRAY['London', 'Leeds', 'Lyon', 'Köln', 'Paris'])[1 + h % 5] END),
        status = CASE WHEN h % 20 = 3 THEN 'INACTIVE' ELSE 'ACTIVE' END,
        tariffs = CASE WHEN h % 500 = 7 THEN '[]' ELSE '[{"tariff_id":
            "00000000-0000-0000-0000-000000000000", "type": "COMMODITY", "direction": "IMPORT",
            "status": "CONNECTED", "connection_type": "MANUAL"}]'::jsonb END
    FROM (SELECT id AS one, abs(hashtext(id::text)) AS h FROM sites WHERE account = $1) x
    WHERE account = $1 AND id = one
"""
_DEVICES = """
    UPDATE devices SET
        type = CASE WHEN h % 5000 = 7 THEN 'HEAT_PUMP' WHEN h % 2 = 0 THEN 'EV_CHARGER'
                    ELSE type END,
        seen_hour = date_trunc('hour', now())
            - CASE WHEN h % 1000 = 3 THEN interval '3 days' ELSE interval '0' END
    FROM (SELECT id AS one, abs(hashtext(id::text)) AS h FROM devices WHERE account = $1) x
    WHERE account = $1 AND id = one
"""


def run(ground: Ground) -> None:
    """Build both fleets, and measure a page of each search, and the numbers of the overview."""
    embedded = EmbeddedDatabase(ground.folder / "search")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        small = fleets.build(url, _SMALL, name="small", quiet=True)[2]
        large = fleets.build(url, ground.scale_sites)[2]
        asyncio.run(_vary(url, small, large))
        asyncio.run(_measure(url, small, large))


async def _vary(url: str, *callers: Caller) -> None:
    """Give sites and devices what they are searched by."""
    connection = await asyncpg.connect(url, command_timeout=3600)
    for caller in callers:
        await connection.execute(_SITES, caller.account)
        await connection.execute(_DEVICES, caller.account)
    for table in ("sites", "devices"):
        await connection.execute(f"VACUUM ANALYZE {table}")
    await connection.close()


async def _measure(url: str, small: Caller, large: Caller) -> None:
    db = Database(url, connections=2)
    await db.open()
    services = app.services(db)
    searches = services.get(SiteSearches)
    few, many = (services.get(Contexts).of(caller) for caller in (small, large))
    worst = 0.0
    for name, search in SEARCHES.items():
        of_few, of_many = [], []
        for _ in range(_ROUNDS):
            of_few.append(await _page_ms(searches, few, search))
            of_many.append(await _page_ms(searches, many, search))
        buffers = await _buffers(url, many, search)
        least, median = statistics.median(of_few), statistics.median(of_many)
        print(f"   {name:20} {_SMALL} sites {least:6.1f} ms, many {median:6.1f}, {buffers} buffers")
        worst = max(worst, median)
        verdict(f"{name}: buffers of a lane", buffers, f"<= {_BUFFERS:,}", met=buffers <= _BUFFERS)
    verdict("slowest page, median ms", worst, f"<= {_PAGE_MS:g}", met=worst <= _PAGE_MS)
    times = [await _counts_ms(searches, many) for _ in range(_ROUNDS)]
    verdict("numbers of the overview, median ms", statistics.median(times), "<= 10", met=True)
    await db.close()


async def _page_ms(searches: SiteSearches, context: Context, search: SiteSearch) -> float:
    started = time.perf_counter()
    await searches.page(context, search)
    return (time.perf_counter() - started) * 1000


async def _counts_ms(searches: SiteSearches, context: Context) -> float:
    started = time.perf_counter()
    await searches.counts(context)
    return (time.perf_counter() - started) * 1000


async def _buffers(url: str, context: Context, search: SiteSearch) -> int:
    """How many buffers a page of the lane reads that a search of one condition is read from."""
    lane = next(
        lane
        for lane, met in (
            ("city", search.text in ("lon", "rare")),
            ("reference", search.text),
            ("type", search.device_type),
            ("silent", search.seen),
            ("untariffed", search.without_tariff),
            ("status", search.status),
            ("all", True),
        )
        if met
    )
    question = SearchQuestion(search, silent_before(context.now))
    query, arguments = search_query(
        "sites", context.account, context.live_mode, question, lane, Way(31, 1000)
    )
    connection = await asyncpg.connect(url)
    counts = []
    for _ in range(3):
        plan = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {query}", *arguments)
        found = re.search(r"Buffers: shared([^\n]*)", "\n".join(row[0] for row in plan))
        counts.append(sum(map(int, re.findall(r"=(\d+)", found[1]))) if found else 0)
    await connection.close()
    return min(counts)
