"""The order of events: no clock, no role and no reader enters, and nothing is ever passed over."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.support.delivery_workers import eventually
from tests.support.world import Tenant, World
from wattyard.events.domain import Event
from wattyard.events.service import Events, Retention, Streams
from wattyard.events.service.horizon import Horizon
from wattyard.events.store import log, order
from wattyard.kernel.context import Contexts
from wattyard.platform.db import Database


class Follower:
    """Follows the events of an account in this process, and keeps what it was given."""

    def __init__(self, streams: Streams, tenant: Tenant, last: UUID | None = None) -> None:
        self.events: list[Event] = []
        self.placed = asyncio.Event()
        self._following = streams.follow(tenant.context, last)
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for batch in self._following:
            self.events += batch
            self.placed.set()

    async def given(self, count: int) -> list[str]:
        """Wait for so many events: what they are about."""
        await eventually(lambda: len(self.events) >= count)
        return [event.object_id for event in self.events]

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._following.aclose()


@asynccontextmanager
async def following(
    world: World, tenant: Tenant, last: UUID | None = None
) -> AsyncIterator[Follower]:
    follower = Follower(Streams(world.services.get(Events)), tenant, last)
    try:
        async with asyncio.timeout(60):
            await follower.placed.wait()
        yield follower
    finally:
        await follower.stop()


def event(world: World, name: str) -> Event:
    return Event(world.services.get(Contexts).new_id(), "site.update", name, b"{}", world.clock())


async def write(connection: Any, tenant: Tenant, event: Event) -> None:
    await log.append(connection, tenant.caller.account, tenant.caller.live_mode, [event])


@pytest.fixture
async def others(database_url: str) -> AsyncIterator[list[asyncpg.Connection]]:  # type: ignore[type-arg]
    """Connections of other processes."""
    connections = [await asyncpg.connect(database_url) for _ in range(4)]
    yield connections
    for connection in connections:
        await connection.close()


async def test_a_number_drawn_early_and_kept_late_is_waited_for(
    world: World, tenant: Tenant, others: Any
) -> None:
    slow, fast = others[:2]
    async with following(world, tenant) as follower:
        # The fast one has the lower transaction id, and the slow one the lower number.
        async with fast.transaction():
            await fast.fetchval("SELECT pg_current_xact_id()")
            later = slow.transaction()
            await later.start()
            await write(slow, tenant, event(world, "ste_slow"))
            await write(fast, tenant, event(world, "ste_fast"))
        settled = Horizon(world.db)
        await settled.advance()
        await settled.advance()
        drawn = await slow.fetchval("SELECT last_value FROM events_sequence")
        assert (settled.settled or 0) < drawn - 1  # the slow one's number and all above it wait
        assert follower.events == []
        await later.commit()
        await settled.advance()
        assert settled.settled == drawn
        assert await follower.given(2) == ["ste_slow", "ste_fast"]


async def test_what_is_undone_holds_nobody_up(world: World, tenant: Tenant, others: Any) -> None:
    async with following(world, tenant) as follower:
        undone = others[0].transaction()
        await undone.start()
        await write(others[0], tenant, event(world, "ste_undone"))
        await write(others[1], tenant, event(world, "ste_kept"))
        await undone.rollback()
        assert await follower.given(1) == ["ste_kept"]


async def test_readers_and_backups_do_not_hold_a_stream_still(
    world: World, tenant: Tenant, others: Any
) -> None:
    reader, writer = others[:2]
    snapshot = reader.transaction(isolation="repeatable_read", readonly=True)
    async with following(world, tenant) as follower, snapshot:
        await reader.fetchval("SELECT count(*) FROM events")
        await write(writer, tenant, event(world, "ste_1"))
        assert await follower.given(1) == ["ste_1"]


async def test_a_writer_of_something_else_does_not_hold_a_stream_still(
    world: World, tenant: Tenant, others: Any
) -> None:
    long, writer = others[:2]
    async with following(world, tenant) as follower, long.transaction():
        await long.execute("CREATE TEMPORARY TABLE something (n integer)")
        for number in range(3):
            await write(writer, tenant, event(world, f"ste_{number}"))
        assert await follower.given(3) == ["ste_0", "ste_1", "ste_2"]


async def test_a_clock_that_goes_back_loses_nothing(
    world: World, tenant: Tenant, others: Any
) -> None:
    """The clock of the database enters by `written` alone, which a stream does not read."""
    writer = others[0]
    async with following(world, tenant) as follower:
        for number in range(40):
            await write(writer, tenant, event(world, f"ste_{number}"))
            await writer.execute(
                "UPDATE events SET written = now() - make_interval(secs => $1)"
                " WHERE account = $2 AND object_id = $3",
                float(20 * (number % 3)),
                tenant.caller.account,
                f"ste_{number}",
            )
        assert await follower.given(40) == [f"ste_{number}" for number in range(40)]


async def test_writers_of_another_role_are_waited_for(
    world: World, tenant: Tenant, others: Any
) -> None:
    owner, stranger = others[:2]
    await owner.execute("DROP ROLE IF EXISTS wattyard_writer")
    await owner.execute("CREATE ROLE wattyard_writer")
    await owner.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO wattyard_writer")
    await owner.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO wattyard_writer")
    try:
        async with following(world, tenant) as follower:
            async with stranger.transaction():
                await stranger.execute("SET LOCAL ROLE wattyard_writer")
                await write(stranger, tenant, event(world, "ste_stranger"))
                await write(owner, tenant, event(world, "ste_owner"))
                await asyncio.sleep(0.2)
            assert await follower.given(2) == ["ste_stranger", "ste_owner"]
    finally:
        await owner.execute("DROP OWNED BY wattyard_writer")
        await owner.execute("DROP ROLE wattyard_writer")


@pytest.mark.parametrize("seed", range(4))
async def test_every_event_is_given_once_and_in_the_order_of_its_object(
    world: World, tenant: Tenant, others: Any, seed: int
) -> None:
    """Random transactions, long and short, some undone, with ids and numbers drawn in any order."""
    chance = random.Random(seed)
    kept: list[UUID] = []
    orders: dict[str, list[UUID]] = {}

    async def work(connection: Any, number: int) -> None:
        for _ in range(15):
            outer = connection.transaction()
            await outer.start()
            if chance.random() < 0.5:
                await connection.fetchval("SELECT pg_current_xact_id()")
            written = []
            for _ in range(chance.randint(1, 3)):
                await asyncio.sleep(chance.random() * 0.02)
                one = event(world, f"ste_{number}")
                await write(connection, tenant, one)
                written.append(one.id)
            await asyncio.sleep(chance.random() * 0.03)
            if chance.random() < 0.2:
                await outer.rollback()
                continue
            await outer.commit()
            kept.extend(written)
            orders.setdefault(f"ste_{number}", []).extend(written)

    async with following(world, tenant) as follower:
        await asyncio.gather(*(work(other, n) for n, other in enumerate(others)))
        await follower.given(len(kept))
        await asyncio.sleep(0.2)
        given = [one.id for one in follower.events]
    assert len(given) == len(set(given))
    assert set(given) == set(kept)
    for name, expected in orders.items():
        assert [one.id for one in follower.events if one.object_id == name] == expected

    for last in chance.sample(range(len(given) - 1), 5):  # resumed anywhere, the rest is the same
        async with following(world, tenant, given[last]) as again:
            await again.given(len(given) - last - 1)
            assert [one.id for one in again.events] == given[last + 1 :]


async def test_events_of_before_there_were_numbers_come_first_and_in_their_order(
    world: World, tenant: Tenant, others: Any
) -> None:
    names = [f"ste_{number}" for number in range(6)]
    ids = []
    for name in names:
        one = event(world, name)
        ids.append(one.id)
        await write(others[0], tenant, one)
    await others[0].execute(
        "UPDATE events SET sequence = NULL WHERE account = $1 AND object_id = ANY($2)",
        tenant.caller.account,
        names[:4],
    )
    async with following(world, tenant, ids[1]) as follower:
        assert await follower.given(4) == names[2:]


async def test_events_brought_from_another_database_are_followed_and_followed_by_new_ones(
    world: World, tenant: Tenant, others: Any
) -> None:
    first, second = event(world, "ste_1"), event(world, "ste_2")
    await write(others[0], tenant, first)
    await write(others[0], tenant, second)
    await others[0].execute(  # as a copy of the rows brings them
        "UPDATE events SET sequence = sequence + 1000000 WHERE account = $1",
        tenant.caller.account,
    )
    assert await world.services.get(Retention).keep_order() > 0
    assert await world.services.get(Retention).keep_order() == 0
    async with following(world, tenant, first.id) as follower:
        await write(others[0], tenant, event(world, "ste_3"))
        assert await follower.given(2) == ["ste_2", "ste_3"]


async def test_a_place_that_a_failover_lost_passes_nothing_over(
    world: World, tenant: Tenant, others: Any
) -> None:
    """The stream had given an event that the standby never got; others take its number."""
    kept, lost = event(world, "ste_kept"), event(world, "ste_lost")
    await write(others[0], tenant, kept)
    for name in ("ste_3", "ste_4"):
        await write(others[0], tenant, event(world, name))
    async with following(world, tenant, lost.id) as follower:
        assert set(await follower.given(2)) >= {"ste_3", "ste_4"}


async def test_another_server_makes_what_was_known_void(db: Database) -> None:
    horizon = Horizon(db)
    await horizon.advance()
    assert horizon.settled is not None
    horizon.server = "one that failed"
    horizon.settled = 10**15
    drawn = await horizon.advance()
    assert horizon.settled is None or horizon.settled <= drawn


async def test_a_number_is_drawn_by_a_transaction_that_has_an_id(
    world: World, tenant: Tenant, others: Any
) -> None:
    """Else one could be given its id after the horizon was drawn, and write below it."""
    default = await others[0].fetchval(
        "SELECT column_default FROM information_schema.columns"
        " WHERE table_name = 'events' AND column_name = 'sequence'"
    )
    for _ in range(40):  # the log of the sequence is written, and an id given, only now and then
        async with others[0].transaction():
            await others[0].fetchval(f"SELECT {default}")
            assert await others[0].fetchval("SELECT pg_current_xact_id_if_assigned()") is not None
    async with world.db.reading() as reading:
        assert (await order.drawn(reading)).number >= 40


async def test_two_writers_with_the_newest_transactions_are_waited_for(
    world: World, tenant: Tenant, others: Any
) -> None:
    """Both run when it is looked: no snapshot's bounds show the newer one."""
    first, second = others[0].transaction(), others[1].transaction()
    await first.start()
    await write(others[0], tenant, event(world, "ste_first"))
    await second.start()
    await write(others[1], tenant, event(world, "ste_second"))
    drawn = await others[1].fetchval("SELECT last_value FROM events_sequence")
    horizon = Horizon(world.db)
    await horizon.advance()
    assert (horizon.settled or 0) < drawn - 1
    await second.commit()
    await horizon.advance()
    assert (horizon.settled or 0) < drawn - 1
    await first.commit()
    await horizon.advance()
    assert horizon.settled == drawn
