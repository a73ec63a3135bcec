"""Few calls of one account must not starve another one of the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.support.world import Tenant, World, error
from wattyard.kernel import ids
from wattyard.platform.db import Database

CALLS = 10


@asynccontextmanager
async def locked(url: str, site_id: str) -> AsyncIterator[None]:
    """Hold a site as a change of it does that does not end."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(
                "SELECT FROM sites WHERE id = $1 FOR UPDATE", ids.read(site_id, "ste", param="id")
            )
            yield
    finally:
        await connection.close()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The database, whose locks are waited for as long as usual."""
    database = Database(database_url, connections=6)
    await database.open()
    yield database
    await database.close()


async def test_calls_that_wait_for_one_row_leave_the_others_their_connections(
    database_url: str, world: World, tenant: Tenant
) -> None:
    stranger = await world.tenant("another maker")
    site = await tenant.site()
    theirs = await stranger.site()
    async with locked(database_url, site["id"]):
        waiting = [
            asyncio.create_task(tenant.patch(f"/sites/{site['id']}", {"reference_id": f"{n}"}))
            for n in range(CALLS)
        ]
        share = world.db.connections // 2
        async with asyncio.timeout(60):
            # What is done beside the calls, such as waking listeners, is in no share.
            while (world.db.usage.lent, world.db.usage.waiting) != (share, CALLS - share):  # noqa: ASYNC110 (counts, no event)
                await asyncio.sleep(0)
        async with asyncio.timeout(60):
            answers = await asyncio.gather(
                stranger.get("/sites"),
                stranger.patch(f"/sites/{theirs['id']}", {"reference_id": "mine"}),
                stranger.get(f"/sites/{theirs['id']}"),
            )
        assert [answer.status_code for answer in answers] == [200] * 3
    for answer in await asyncio.gather(*waiting):
        assert answer.status_code in (200, 503)


async def test_a_row_that_stays_locked_is_waited_for_a_few_seconds(
    database_url: str, tenant: Tenant
) -> None:
    site = await tenant.site()
    async with locked(database_url, site["id"]), asyncio.timeout(25):
        refused = await tenant.patch(f"/sites/{site['id']}", {"reference_id": "in vain"})
    error(refused, 503, "unavailable")
    assert "another change" in refused.json()["message"]
    assert (await tenant.get(f"/sites/{site['id']}")).json()["reference_id"] is None
