"""Deliveries that a worker held who counts as dead: others send them, and a slow one is none."""

import asyncio
from collections.abc import AsyncIterator
from math import inf
from typing import Any
from uuid import UUID

import pytest

from tests.cases.test_deliveries import endpoint
from tests.support.delivery_workers import delivered, eventually, working
from tests.support.receivers import Received, Receiver, ok
from tests.support.world import Tenant, World
from wattyard.events.domain.deliveries import ClaimedDelivery, Reply, outcome
from wattyard.events.jobs.life_signs import SILENT_SECONDS, LifeSigns
from wattyard.events.service import Outbox, Streams
from wattyard.events.service.outbox import FIRST_LANE, ClaimRequest, CountedAsDead


@pytest.fixture
def outbox(world: World) -> Outbox:
    return world.services.get(Outbox)


@pytest.fixture
async def waiting(world: World, tenant: Tenant) -> AsyncIterator[Receiver]:
    """A receiver for which three events of one customer wait."""
    async with Receiver() as receiver:
        await endpoint(tenant, receiver.url)
        made = await tenant.make("/customers", {})
        for step in "ab":
            await tenant.patch(f"/customers/{made['id']}", {"metadata": {"step": step}})
        yield receiver


async def claimed(world: World, holder: UUID, *dead: UUID) -> list[ClaimedDelivery]:
    wanted = ClaimRequest(FIRST_LANE, 100, 9, 9, dead=dead)
    return await world.services.get(Outbox).claim(world.context, holder, wanted)


async def signs_of(outbox: Outbox, holder: UUID) -> dict[UUID, int]:
    return {holder: (await outbox.workers()).signs[holder]}


@pytest.mark.usefixtures("waiting")
async def test_what_a_dead_worker_held_is_taken_over_in_order_and_not_settled_by_it(
    world: World, tenant: Tenant, outbox: Outbox
) -> None:
    first, second = world.context.new_id(), world.context.new_id()
    held = await claimed(world, first)
    assert len(held) == 3
    assert await claimed(world, second) == []

    assert await outbox.count_as_dead(await signs_of(outbox, first)) == [first]
    assert first in (await outbox.workers()).dead
    assert [one.id for one in await claimed(world, second, first)] == [one.id for one in held]

    late = [outcome(held[0], Reply(200), world.clock(), 0.5)]
    await outbox.settle(world.context, first, late)
    assert await outbox.renew(world.context, first, held) == set()
    assert len(await outbox.renew(world.context, second, held)) == 3


@pytest.mark.usefixtures("waiting")
async def test_whoever_counts_as_dead_learns_of_it_and_takes_nothing_under_that_id(
    world: World, outbox: Outbox
) -> None:
    slow = LifeSigns(outbox, world.context.new_id)
    before = slow.holder
    assert len(await claimed(world, before)) == 3
    await outbox.count_as_dead(await signs_of(outbox, before))

    with pytest.raises(CountedAsDead):
        await claimed(world, before, before)
    with pytest.raises(CountedAsDead):
        await slow.give()
    assert slow.holder != before
    assert not slow.fresh
    await slow.give()
    assert slow.fresh


@pytest.mark.usefixtures("waiting")
async def test_a_sign_that_comes_meanwhile_keeps_a_worker_alive(
    world: World, outbox: Outbox
) -> None:
    holder = world.context.new_id()
    await claimed(world, holder)
    seen = await signs_of(outbox, holder)
    await outbox.sign(holder)
    assert await outbox.count_as_dead(seen) == []
    assert await claimed(world, world.context.new_id()) == []


@pytest.mark.usefixtures("waiting")
async def test_a_worker_looks_at_the_others_itself_and_begins_nothing_when_it_may_count_as_dead(
    world: World, outbox: Outbox
) -> None:
    moments = [0.0]
    watching = LifeSigns(outbox, world.context.new_id, seconds=lambda: moments[-1])
    silent = world.context.new_id()
    await claimed(world, silent)
    await watching.give()
    assert watching.fresh
    for at in (0.0, 0.9, 1.8):
        moments.append(at)
        assert silent not in await watching.dead()
    moments.append(SILENT_SECONDS)
    assert not watching.fresh
    for at in (2.7, 3.6):
        moments.append(at)
        found = await watching.dead()
    assert silent in found
    assert watching.holder not in found
    assert len(await claimed(world, watching.holder, *found)) == 3


async def test_an_attempt_that_takes_longer_than_a_dead_worker_is_waited_for_is_made_once(
    world: World, tenant: Tenant, outbox: Outbox
) -> None:
    release = asyncio.Event()

    async def late(received: Received, writer: Any) -> None:
        await release.wait()
        await ok(received, writer)

    others = LifeSigns(outbox, world.context.new_id)
    async with Receiver(late) as receiver, working(world), working(world):
        one = await endpoint(tenant, receiver.url)
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        world.services.get(Streams).listener.wake()
        await eventually(lambda: receiver.received)
        before, looked = (await outbox.workers()).signs, -inf
        ends = asyncio.get_running_loop().time() + 1.5 * SILENT_SECONDS
        while (at := asyncio.get_running_loop().time()) < ends:
            if at - looked >= 1:
                await others.dead()
                looked = at
            await asyncio.sleep(0.05)
        now = await outbox.workers()
        assert any(now.signs.get(one, 0) > signs + 2 for one, signs in before.items())
        release.set()
        await delivered(tenant, "SUCCEEDED")
    assert len(receiver.received) == 1
