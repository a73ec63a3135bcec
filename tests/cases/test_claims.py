"""Claims of deliveries: many at a time, none twice, and each object's in order."""

import asyncio
import json
import random
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from tests.support.world import Tenant, World
from wattyard.events.domain.deliveries import ClaimedDelivery, Reply, outcome
from wattyard.events.service import Outbox
from wattyard.events.service.outbox import FIRST_LANE, ClaimRequest, Lane
from wattyard.events.store import queue
from wattyard.platform.db import Database

ENDPOINTS = """
    INSERT INTO webhook_endpoints (account, live_mode, id, account_id, url, event_types, enabled,
                                   secret, time_created, last_success)
    SELECT $1, false, gen_random_uuid(), $2, 'http://127.0.0.1:9/', '{*}', true, '\\x00', now(),
           now()
    FROM generate_series(1, $3::integer)
"""
EVENTS = """
    INSERT INTO events (account, live_mode, id, type, object_id, data, time_created)
    SELECT $1, false, gen_random_uuid(), 'site.update', 'ste_' || n % $3, '{}', now()
    FROM generate_series(1, $2::integer) n
"""
DELIVERIES = """
    INSERT INTO webhook_deliveries (account, live_mode, id, endpoint_id, event_id, event_type,
                                    object_id, due, time_created)
    SELECT $1, false, gen_random_uuid(), e.id, v.id, v.type, v.object_id, '2026-01-01', now()
    FROM webhook_endpoints e, events v
    WHERE e.account = $1 AND v.account = $1 AND v.type = 'site.update'
"""


SCATTERED = """
    UPDATE webhook_deliveries
    SET due = due + position * 7919 % 1000 * interval '1 ms' WHERE account = $1
"""
"""Due in another order than they were written in."""


async def fill(tenant: Tenant, db: Database, endpoints: int, events: int, objects: int) -> None:
    """Let every one of so many endpoints wait for as many events, of so many objects."""
    account = tenant.caller.account
    async with db.transaction() as writing:
        await writing.execute(ENDPOINTS, account, tenant.caller.account_id, endpoints)
        await writing.execute(EVENTS, account, events, objects)
        await writing.execute(DELIVERIES, account)
        await writing.execute("ANALYZE webhook_deliveries, webhook_endpoints, events")


def lane_of(one: ClaimedDelivery) -> Lane:
    return one.account, one.live_mode, one.endpoint_id


@pytest.mark.parametrize("scattered", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_workers_share_what_waits_and_keep_the_order_of_each_object(
    world: World, tenant: Tenant, seed: int, scattered: bool
) -> None:
    await fill(tenant, world.db, endpoints=12, events=20, objects=4)
    if scattered:
        async with world.db.transaction() as db:
            await db.execute(SCATTERED, tenant.caller.account)
    outbox, chance = world.services.get(Outbox), random.Random(seed)
    held: dict[tuple[UUID, str], tuple[UUID, int]] = {}
    done: dict[tuple[UUID, str], list[int]] = defaultdict(list)

    async def work(holder: UUID) -> None:
        idle = 0
        while idle < 20:
            taken = await outbox.claim(world.context, holder, ClaimRequest(FIRST_LANE, 16, 4, 4))
            idle = 0 if taken else idle + 1
            for one in taken:
                key = (one.endpoint_id, one.event.object_id)
                other, _ = held.get(key, (holder, 0))
                assert other == holder, "an earlier event of the object is with another worker"
                held[key] = (holder, one.position)
                done[key].append(one.position)
            await asyncio.sleep(chance.random() * 0.01)
            for one in taken:
                held.pop((one.endpoint_id, one.event.object_id), None)
            ended = [outcome(one, Reply(200), world.clock(), 0.5) for one in taken]
            if ended:
                await outbox.settle(world.context, holder, ended)

    await asyncio.gather(*(work(world.context.new_id()) for _ in range(5)))
    assert sum(map(len, done.values())) == 12 * 20
    for positions in done.values():
        assert positions == sorted(set(positions))


async def test_a_claim_of_one_endpoint_keeps_no_other_waiting(
    world: World, tenant: Tenant, database_url: str
) -> None:
    await fill(tenant, world.db, endpoints=3, events=4, objects=4)
    elsewhere = Database(database_url, connections=1)
    await elsewhere.open()
    request, now = ClaimRequest(FIRST_LANE, 4, 4, 4), world.clock()
    try:
        async with elsewhere.transaction() as slow:
            first = await queue.claim(slow, world.context.new_id(), request, now=now, until=now)
            assert first
            account, mode = tenant.caller.account, tenant.caller.live_mode
            async with asyncio.timeout(60), world.db.transaction() as quick:
                await quick.execute("SET LOCAL lock_timeout = '1s'")
                wanted = ClaimRequest((account, mode, UUID(int=0)), 64, 4, 4)
                second = await queue.claim(
                    quick, world.context.new_id(), wanted, now=now, until=now
                )
    finally:
        await elsewhere.close()
    assert not {one.id for one in first} & {one.id for one in second or ()}


async def test_a_claim_walks_only_the_endpoints_that_it_takes_from(
    world: World, tenant: Tenant
) -> None:
    """With 10,000 endpoints that wait, a claim of 64 deliveries touched 42,000 pages."""
    await fill(tenant, world.db, endpoints=10_000, events=2, objects=2)
    before = (tenant.caller.account, False, UUID(int=0))
    shares = ("{}", 32, 1, 64)
    async with world.db.transaction() as db:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
        hold = await db.fetchval(
            explain + queue._HOLD, *before, world.clock(), queue._CLAIMS, *shares, []
        )
        rows = await db.fetch(queue._HOLD, *before, world.clock(), queue._CLAIMS, *shares, [])
        lanes = [(row["account"], row["live_mode"], row["endpoint_id"]) for row in rows]
        lease = (UUID(int=1), world.clock())
        take = await db.fetchval(
            explain + queue._CLAIM,
            *queue._columns(lanes),
            world.clock(),
            queue.PATIENCE,
            *shares,
            *lease,
            [],
        )
    assert len(lanes) == 64
    assert touched(hold) + touched(take) < 6_000


def touched(explained: str) -> Any:
    plan = json.loads(explained)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
