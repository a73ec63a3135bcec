"""Sessions of people: opened, used, idle, ended elsewhere."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.clock import FakeClock
from tests.support.world import World
from wattyard.kernel.context import Context, Contexts
from wattyard.people.service import Sessions
from wattyard.people.service.sessions import SessionEnded


class Node:
    """A node of the server with a cache of its own, whose time stands still until it is told."""

    def __init__(self, world: World) -> None:
        self.seconds = 0.0
        self.sessions = Sessions(world.db, lambda: self.seconds)


@pytest.fixture
async def person_id(world: World, now: Context) -> UUID:
    id_ = now.new_id()
    async with world.db.transaction() as db:
        await db.execute(
            "INSERT INTO people (id, email, name, language, time_created)"
            " VALUES ($1, $2, 'Ada', 'en', $3)",
            id_,
            f"{id_.hex}@example.com",
            now.now,
        )
    return id_


@pytest.fixture
def now(world: World) -> Context:
    return world.services.get(Contexts).anonymous()


@pytest.fixture
def node(world: World) -> Node:
    return Node(world)


def later(context: Context, **by: float) -> Context:
    return Context(context.caller, context.now + timedelta(**by), context.new_id)


async def opened(node: Node, now: Context, person_id: UUID) -> str:
    return await node.sessions.open(now, person_id, address="192.0.2.7", user_agent="Firefox")


async def test_a_session_is_known_on_every_node_by_its_token(
    world: World, node: Node, now: Context, person_id: UUID
) -> None:
    token = await opened(node, now, person_id)

    for one in (node, Node(world)):
        found = await one.sessions.signed_in(now, token)
        assert found is not None
        assert (found.person.id, found.person.name, found.memberships) == (person_id, "Ada", ())
    assert await node.sessions.signed_in(now, token[:-1]) is None
    async with world.db.reading() as db:
        row = await db.fetchrow("SELECT * FROM person_sessions WHERE person_id = $1", person_id)
    assert token not in str(dict(row))


async def test_each_log_in_makes_a_session_with_an_id_and_a_token_of_its_own(
    node: Node, now: Context, person_id: UUID
) -> None:
    tokens = {await opened(node, now, person_id) for _ in range(3)}
    found = [await node.sessions.signed_in(now, one) for one in tokens]

    assert len(tokens) == 3
    assert len({one.session_id for one in found if one}) == 3


async def test_a_session_is_over_after_twelve_idle_hours_and_not_before(
    node: Node, now: Context, person_id: UUID
) -> None:
    token = await opened(node, now, person_id)

    used = later(now, hours=11, minutes=59)
    assert await node.sessions.signed_in(used, token)
    node.seconds += 10  # the use was written
    assert await node.sessions.signed_in(later(used, hours=11, minutes=59), token)
    assert await node.sessions.signed_in(later(used, hours=24), token) is None
    assert await node.sessions.of_person(later(used, hours=24), person_id) == []


async def test_a_use_is_written_once_a_minute(
    world: World, clock: FakeClock, node: Node, now: Context, person_id: UUID
) -> None:
    token = await opened(node, now, person_id)

    async def last_seen() -> timedelta:
        (session,) = await node.sessions.of_person(now, person_id)
        return session.last_seen - now.now

    await node.sessions.signed_in(later(now, seconds=59), token)
    assert await last_seen() == timedelta(0)
    await node.sessions.signed_in(later(now, seconds=61), token)
    assert await last_seen() == timedelta(seconds=61)


async def test_a_session_ended_elsewhere_is_refused_within_five_seconds(
    world: World, node: Node, now: Context, person_id: UUID
) -> None:
    here, elsewhere = await opened(node, now, person_id), await opened(node, now, person_id)
    other = Node(world)
    assert await other.sessions.signed_in(now, elsewhere)
    known = await node.sessions.signed_in(now, elsewhere)
    assert known is not None

    await node.sessions.revoke(person_id, known.session_id)

    assert await node.sessions.signed_in(now, elsewhere) is None
    other.seconds += 5
    assert await other.sessions.signed_in(now, elsewhere) is None
    assert await node.sessions.signed_in(now, here)
    with pytest.raises(SessionEnded):
        await node.sessions.revoke(person_id, known.session_id)


async def test_nobody_ends_the_session_of_somebody_else(
    node: Node, now: Context, person_id: UUID
) -> None:
    token = await opened(node, now, person_id)
    known = await node.sessions.signed_in(now, token)
    assert known is not None

    with pytest.raises(SessionEnded):
        await node.sessions.revoke(now.new_id(), known.session_id)
    assert await node.sessions.signed_in(now, token)


async def test_all_sessions_but_the_present_one_can_be_ended(
    node: Node, now: Context, person_id: UUID
) -> None:
    tokens = [await opened(node, now, person_id) for _ in range(3)]
    present = await node.sessions.signed_in(now, tokens[1])
    assert present is not None

    await node.sessions.revoke_all(person_id, besides=present.session_id)

    found = [await node.sessions.signed_in(now, one) for one in tokens]
    assert found == [None, present, None]


async def test_a_disabled_person_is_out_and_a_disabled_account_is_hidden(
    world: World, node: Node, now: Context, person_id: UUID
) -> None:
    token = await opened(node, now, person_id)
    tenants = [await world.tenant(), await world.tenant()]
    async with world.db.transaction() as db:
        for number, tenant in enumerate(tenants):
            await db.execute(
                "INSERT INTO memberships VALUES ($1, $2, $3, now())",
                tenant.caller.account,
                person_id,
                1 + number,
            )
        await db.execute(
            "UPDATE accounts SET disabled = true WHERE account = $1", tenants[0].caller.account
        )

    found = await node.sessions.signed_in(now, token)
    assert found is not None
    assert [one.account for one in found.memberships] == [tenants[1].caller.account]

    async with world.db.transaction() as db:
        await db.execute("UPDATE people SET disabled = true WHERE id = $1", person_id)
    node.seconds += 5
    assert await node.sessions.signed_in(now, token) is None
