"""Prices in tiers whose counter runs since a contract's start: five years of 5-minute readings."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from benchmarks.support.accounts import create_account
from benchmarks.support.ground import OTHER_CORE, Ground, pin
from benchmarks.support.servers import wattyard
from wattyard import app
from wattyard.kernel import ids
from wattyard.meters.store import months
from wattyard.platform.db import Database, schema
from wattyard.platform.decoding import convert
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain.sites import PostalAddress, SiteDraft
from wattyard.sites.service import Sites
from wattyard.tariffs.service import Tariffs
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

_YEARS = 5
_REPEATS = 9
_SCOPES = ("TARIFF", "PERIOD")
_RATE = [{"value": 0.3, "to_kwh": 9000}, {"value": 0.4}]
_HOURS = [
    {"valid_from": "07:00", "valid_to": "22:00", "rate": _RATE},
    {"valid_from": "22:00", "valid_to": "07:00", "rate": _RATE},
]


def run(ground: Ground) -> None:
    """Ask for the prices of a day, with no reading and with 525,600 since the contract's start."""
    embedded = EmbeddedDatabase(ground.folder / "counters")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, places = asyncio.run(_places(url))
        with wattyard(url) as (address, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
                before = {scope: _asked(http, place) for scope, place in places.items()}
                count = asyncio.run(_read(url, places))
                for scope, place in places.items():
                    after = _asked(http, place)
                    print(
                        f"   scope {scope:6}: {after:8.1f} ms with {count:,} readings,"
                        f" {before[scope]:6.1f} ms with none"
                    )


def _asked(http: httpx.Client, location_id: str) -> float:
    """Take the median of single calls, in milliseconds."""
    start = datetime.now(UTC)
    body = {
        "location_id": location_id,
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(days=1)).isoformat(),
    }
    found = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        answer = http.post("/prices", json=body)
        assert answer.status_code == 200, answer.text
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)


async def _places(url: str) -> tuple[str, str, dict[str, str]]:
    """Make a place for each scope, under a contract that began five years ago."""
    db = Database(url, connections=2)
    await db.open()
    try:
        services = app.services(db)
        account, secret, context = await create_account(services, "counters")
        address = PostalAddress(city="Berlin", country_code="DE")
        places = {}
        for scope in _SCOPES:
            site, _devices = await services.get(Sites).open(
                context, SiteDraft(postal_address=address)
            )
            places[scope] = ids.wire("loc", site.id)
            body = convert(_body(places[scope], scope), TariffBody)
            await services.get(Tariffs).connect(context, [contract_draft(body)])
    finally:
        await db.close()
    return ids.wire("acc", account.id), secret, places


def _body(location_id: str, scope: str) -> dict[str, Any]:
    days = [{"days": ["All"], "hours": _HOURS}]
    return {
        "location_id": location_id,
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": _start().isoformat(),
        "contract_end_date": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
        "schedule": [{"months": ["All"], "dates": [], "days_and_hours": days}],
        "tier_reset": "CONTRACT",
        "tier_scope": scope,
    }


async def _read(url: str, places: dict[str, str]) -> int:
    """Keep a reading for each five minutes at every place; tell how many each has."""
    connection = await asyncpg.connect(url)
    first = _start().year * 12
    async with connection.transaction():
        await months.make(connection, range(first, first + (_YEARS + 1) * 12))
    count = 0
    for place in places.values():
        count = await connection.fetchval(
            """
            WITH series AS (
                INSERT INTO meter_series
                    (account, live_mode, site_id, energy_flow_direction, tariff_direction)
                SELECT account, live_mode, id, 'INBOUND', 'IMPORT' FROM sites WHERE id = $1
                RETURNING account, live_mode, series
            ), kept AS (
                INSERT INTO meter_readings
                    (series, start_time, end_time, energy_kwh, confidence, account, live_mode)
                SELECT series, at, at + interval '5 minutes', 0.03, 1, account, live_mode
                FROM series, generate_series($2::timestamptz, $3::timestamptz - interval '1 day',
                                             interval '5 minutes') at
                RETURNING 1
            )
            SELECT count(*) FROM kept
            """,
            UUID(hex=place.split("_")[1]),
            _start(),
            datetime.now(UTC),
        )
    await connection.execute("ANALYZE meter_readings")
    await connection.close()
    return int(count)


def _start() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=365 * _YEARS)
