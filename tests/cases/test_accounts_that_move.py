"""An account that moves to another cell is left alone by all work besides, and refused on time."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.cases.test_claims import fill
from tests.cases.test_tariff_endings import told_by
from tests.support.clock import FakeClock
from tests.support.world import SETTINGS, Tenant, World, error
from wattyard.events.service import Outbox, Retention
from wattyard.events.service.outbox import FIRST_LANE, ClaimRequest
from wattyard.kernel.moves import MoveStage

NUMBER = 2_000_000_001
"""Of an account that is arriving: its own row is not there yet."""


async def stand(world: World, tenant: Tenant, stage: MoveStage | None) -> None:
    async with world.db.transaction() as db:
        await db.execute(
            "UPDATE accounts SET move_stage = $2 WHERE account = $1", tenant.caller.account, stage
        )


async def claimed(world: World, account: int) -> int:
    """How many deliveries of an account a worker takes."""
    taken = await world.services.get(Outbox).claim(
        world.context, world.context.new_id(), ClaimRequest(FIRST_LANE, 1_000, 100, 100)
    )
    return sum(one.account == account for one in taken)


@pytest.mark.parametrize("stage", MoveStage)
async def test_workers_leave_an_account_alone_while_it_moves(
    world: World, tenant: Tenant, clock: FakeClock, stage: MoveStage
) -> None:
    site = await tenant.site()
    await tenant.tariff(site["location_id"], contract_end_date="2026-04-01")
    await fill(tenant, world.db, endpoints=1, events=3, objects=3)
    due = datetime(2026, 3, 24, 22, 0, tzinfo=UTC)

    await stand(world, tenant, stage)
    assert await claimed(world, tenant.caller.account) == 0
    assert await told_by(due, world, clock, tenant) == []

    await stand(world, tenant, None)
    assert await claimed(world, tenant.caller.account) == 3
    assert await told_by(due, world, clock, tenant) == ["tariff.expiring"]


async def test_deliveries_that_arrive_before_their_endpoint_and_account_stay(
    world: World,
) -> None:
    id_ = world.context.new_id()
    async with world.db.transaction() as db:
        await db.execute("SET LOCAL session_replication_role = replica")  # as what copies them
        await db.execute(
            "INSERT INTO events (account, live_mode, id, type, object_id, data, time_created)"
            " VALUES ($1, true, $2, 'x', 'x', '', '2020-01-01')",
            NUMBER,
            id_,
        )
        await db.execute(
            "INSERT INTO webhook_deliveries (account, live_mode, id, endpoint_id, event_id,"
            " event_type, object_id, due, time_created)"
            " VALUES ($1, true, $2, $2, $2, 'x', 'x', '2020-01-01', '2020-01-01')",
            NUMBER,
            id_,
        )
    try:
        await world.services.get(Retention).forget(world.context)
        assert await claimed(world, NUMBER) == 0
        async with world.db.reading() as reading:
            for table in ("events", "webhook_deliveries"):
                assert await reading.fetchval(
                    f"SELECT count(*) FROM {table} WHERE account = $1", NUMBER
                )
    finally:
        async with world.db.transaction() as db:
            await db.execute("DELETE FROM events WHERE account = $1", NUMBER)


async def test_a_node_that_heard_of_a_move_refuses_the_account_in_the_instant_in_which_it_leaves(
    world: World, tenant: Tenant
) -> None:
    await stand(world, tenant, MoveStage.DRAINING)
    fresh = httpx.ASGITransport(app=world.another(SETTINGS))
    async with httpx.AsyncClient(transport=fresh, base_url="http://test") as http:
        by_key = {"Authorization": f"Bearer {tenant.secret}"}
        for headers in (tenant.headers, by_key):
            assert (await http.get("/sites", headers=headers)).status_code == 200
        await stand(world, tenant, MoveStage.LEAVING)
        for headers in (tenant.headers, by_key):
            error(await http.get("/sites", headers=headers), 503, "account_moving")
