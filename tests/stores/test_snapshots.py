"""Reading several things of one moment, while others go on to write."""

import asyncio

import asyncpg
import pytest

from tests.support.costing import half_hours, put
from tests.support.world import Tenant, World

COUNT = "SELECT count(*) FROM sites WHERE account = $1"


async def test_a_snapshot_does_not_see_what_others_write_meanwhile(
    world: World, tenant: Tenant
) -> None:
    account = tenant.caller.account
    async with world.db.snapshot() as db:
        assert await db.fetchval(COUNT, account) == 0
        await asyncio.create_task(tenant.site())
        assert await db.fetchval(COUNT, account) == 0
        async with world.db.snapshot() as same:
            assert await same.fetchval(COUNT, account) == 0
    async with world.db.snapshot() as db:
        assert await db.fetchval(COUNT, account) == 1


async def test_nothing_can_be_written_in_a_snapshot(world: World, tenant: Tenant) -> None:
    async with world.db.reading() as db:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with world.db.snapshot():
                await db.execute("DELETE FROM sites WHERE account = $1", tenant.caller.account)
        assert await db.fetchval(COUNT, tenant.caller.account) == 0


async def test_a_snapshot_in_a_transaction_sees_what_was_written_in_it(
    world: World, tenant: Tenant
) -> None:
    async with world.db.transaction():
        await tenant.site()
        async with world.db.snapshot() as db:
            assert await db.fetchval(COUNT, tenant.caller.account) == 1


async def test_costs_with_an_idempotency_key_are_the_same(tenant: Tenant) -> None:
    home = (await tenant.site())["location_id"]
    await tenant.tariff(home)
    mine = {"session_reference_id": "s"}
    await put(tenant, half_hours(home, "2026-02-12T06:00:00+01:00", [2.0], **mine))
    plain = await tenant.post("/costs/session/s")
    kept = await tenant.post("/costs/session/s", headers={"Idempotency-Key": "once"})
    assert kept.status_code == 200, kept.text
    assert kept.json()["data"] == plain.json()["data"]
