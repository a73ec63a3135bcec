"""Publish prices of a market source through the API, and read them back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.world import Tenant, World
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts

BODY = {
    "code": "BELPEX",
    "display_name": "Belgium, day ahead",
    "currency_code": "EUR",
    "unit": "MWH",
    "timezone": "Europe/Brussels",
    "resolution_minutes": 15,
    "publishes_at": "12:55",
    "area": "BE",
}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def price(start: datetime, value: float, length: timedelta = HOUR) -> dict[str, Any]:
    return {"valid_from": text(start), "valid_to": text(start + length), "value": value}


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def put(tenant: Tenant, source: Any, prices: Any) -> Any:
    return await tenant.call("PUT", f"/market-sources/{source['id']}/prices", json=prices)


async def published(tenant: Tenant, source: Any, start: datetime, end: datetime) -> list[Any]:
    answer = await tenant.get(
        f"/market-sources/{source['id']}/prices",
        params={"start_time": text(start), "end_time": text(end)},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def versions(world: World, source: Any) -> list[tuple[datetime, datetime, float]]:
    async with world.db.reading() as db:
        rows = await db.fetch(
            "SELECT valid_from, valid_to, value FROM market_price_versions "
            "WHERE source_id = $1 ORDER BY revision, valid_from",
            ids.read(source["id"], "mrs", param="id"),
        )
    return [(row["valid_from"], row["valid_to"], row["value"]) for row in rows]


@asynccontextmanager
async def operators_source(world: World, **fields: Any) -> AsyncIterator[str]:
    """Keep a source of the operator's for a while, with a price of 123 at New Year; give its id."""
    source = world.services.get(Contexts).new_id()
    row = {"code": f"OPS_{source.hex[-8:]}", "currency_code": "EUR", **fields}
    async with world.db.transaction() as db:
        await db.execute(
            """
            INSERT INTO market_sources (account, live_mode, id, code, currency_code, unit,
                timezone, time_created) VALUES (0, true, $1, $2, $3, 'MWH',
                'Europe/Amsterdam', $4)
            """,
            source,
            row["code"],
            row["currency_code"],
            world.clock(),
        )
        await db.execute(
            "INSERT INTO market_prices VALUES (0, true, $1, $2, $3, 123, $2)",
            source,
            NEW_YEAR,
            NEW_YEAR + HOUR,
        )
    try:
        yield ids.wire("mrs", source)
    finally:
        async with world.db.transaction() as db:
            await db.execute("DELETE FROM market_sources WHERE id = $1", source)
