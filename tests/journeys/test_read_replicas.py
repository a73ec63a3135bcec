"""Reads on a replica show all that any node acknowledged before, whatever the replica does."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import pytest

from tests.support.clock import FakeClock
from tests.support.clusters import Pair, PostgresServer, free_port, pair
from tests.support.hanging_up import hung_up
from tests.support.made import Made
from tests.support.world import SETTINGS, Tenant, World, basic, error
from wattyard.app.endpoints import MetricsPage
from wattyard.platform.db import Database, ReplicaFailed, replicas_allowed
from wattyard.platform.db.replica import Replica
from wattyard.platform.db.replica_inspection import ReplicaInspection
from wattyard.platform.settings import Settings

STEPS: Final = 120
ALONE_SECONDS: Final = 0.02
CLOCK: Final = FakeClock(datetime(2026, 3, 1, 10, tzinfo=UTC))
COUNT: Final = "SELECT count(*) FROM passing"
IS_REPLICA: Final = "SELECT pg_is_in_recovery()"


@pytest.fixture(scope="module")
def servers(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair(made, tmp_path_factory.mktemp("pair")) as found:
        yield found


@asynccontextmanager
async def node(
    servers: Pair, *replicas: str, statement_seconds: float = 30
) -> AsyncIterator[World]:
    """A node of its own, whose clock stands still; it reads on the standby, or on what is named."""
    db = Database(
        servers.first.url,
        connections=4,
        statement_seconds=statement_seconds,
        replicas=replicas or [servers.second.url],
        alone_seconds=ALONE_SECONDS,
    )
    settings = replace(SETTINGS, encryption_key=servers.settings["WATTYARD_ENCRYPTION_KEY"])
    await db.open()
    try:
        async with World(db, CLOCK, {Settings: settings}) as world:
            yield world
    finally:
        await db.close()


async def until(true: Callable[[], object]) -> None:
    """Wait until something is true, and let others work meanwhile."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 (what is waited for happens in a database)
            await asyncio.sleep(0.01)


async def ask(server: PostgresServer, question: str) -> Any:
    return await asyncio.to_thread(server.ask, question)


def replica(world: World) -> Replica:
    return world.db.replicas[0]


async def references(tenant: Tenant) -> set[str]:
    """What the list of sites shows, page by page."""
    found: set[str] = set()
    query = "limit=100"
    while True:
        page = await tenant.get(f"/sites?{query}")
        assert page.status_code == 200, page.text
        sites = page.json()["data"]
        found |= {site["reference_id"] for site in sites}
        if not page.json()["has_more"]:
            return found
        query = f"limit=100&starting_after={sites[-1]['id']}"


@pytest.mark.parametrize("seed", [18])
async def test_a_node_shows_what_any_node_acknowledged(servers: Pair, seed: int) -> None:
    chance = random.Random(seed)
    async with node(servers) as one, node(servers) as other:
        here = await one.tenant()
        there = await other.log_in(here.account_id, here.secret)
        acknowledged: set[str] = set()

        async def write(number: int) -> None:
            name = f"home {number}"
            await chance.choice([here, there]).site(reference_id=name)
            acknowledged.add(name)

        async def read() -> None:
            before = set(acknowledged)
            assert before <= await references(chance.choice([here, there]))

        for number in range(STEPS):
            step = chance.random()
            if step < 0.15:
                await ask(servers.second, f"SELECT pg_wal_replay_{chance.choice(LAGS)}()")
            elif step < 0.5:
                await write(number)
            else:
                await asyncio.gather(read(), write(number), read())
        await ask(servers.second, "SELECT pg_wal_replay_resume()")
        for world in (one, other):
            await until(lambda node=world: replica(node).reason is None)
            assert replica(world).outcomes["read"] > 0
            assert replica(world).outcomes["behind"] > 0
        assert await references(here) == acknowledged


LAGS: Final = ("pause", "resume", "resume")


async def test_credentials_are_judged_on_the_primary(servers: Pair) -> None:
    async with node(servers) as world:
        await until(lambda: replica(world).reason is None)
        await ask(servers.second, "SELECT pg_wal_replay_pause()")
        try:
            tenant = await world.tenant()  # logs in with a key that the replica does not have
            assert (await tenant.get("/key")).status_code == 200
            assert (await tenant.get("/sites")).json()["data"] == []
        finally:
            await ask(servers.second, "SELECT pg_wal_replay_resume()")


async def test_who_logs_in_waits_for_no_change(servers: Pair) -> None:
    async with node(servers) as world:
        tenant = await world.tenant()
        world.clock.forward(minutes=5)
        async with world.db.transaction() as locked:
            await locked.fetch(
                "SELECT * FROM secret_keys WHERE account = $1 FOR UPDATE", tenant.caller.account
            )
            answer = await world.http.get(
                "/login", headers={"Authorization": basic(tenant.account_id, tenant.secret)}
            )
            assert answer.status_code == 200


async def test_a_frozen_replica_fails_no_request(servers: Pair) -> None:
    async with node(servers) as world:
        tenant = await world.tenant()
        await until(lambda: replica(world).reason is None)
        with replicas_allowed():
            async with world.db.reading() as db:
                assert await db.fetchval(IS_REPLICA)  # a connection is open
        servers.second.freeze()
        try:
            answers = await asyncio.gather(*(tenant.get("/sites") for _ in range(3)))
            assert [answer.status_code for answer in answers] == [200] * 3
            await until(lambda: replica(world).reason is not None)
            [complaint] = await inspected(world)
            assert f"replica {replica(world).name} is not read" in complaint
        finally:
            servers.second.thaw()
        await until(lambda: replica(world).reason is None)
        assert await inspected(world) == []


async def test_what_a_replica_refuses_is_asked_on_the_primary(servers: Pair) -> None:
    await ask(servers.first, "CREATE ROLE stranger LOGIN")
    try:
        async with node(servers, servers.second.url.replace("wattyard@", "stranger@")) as world:
            tenant = await world.tenant()
            await until(lambda: replica(world).reason is None)
            while not replica(world).outcomes["failed"]:
                assert (await tenant.get("/sites")).status_code == 200
    finally:
        await ask(servers.first, "DROP ROLE stranger")


async def test_a_node_starts_without_its_replica_and_reads_it_later(servers: Pair) -> None:
    servers.second.stop()
    try:
        async with node(servers) as world:
            tenant = await world.tenant()
            assert (await tenant.get("/sites")).status_code == 200
            page = (await world.services.get(MetricsPage).rendered.current()).body.decode()
            assert f'wattyard_replica_used{{replica="{replica(world).name}"}} 0.0' in page
            await asyncio.to_thread(servers.second.start)
            await until(lambda: replica(world).reason is None)
            while not replica(world).outcomes["read"]:
                assert (await tenant.get("/sites")).status_code == 200
    finally:
        if servers.second._process is None:
            servers.second.start()


async def test_without_the_primary_a_replica_gives_no_old_answer(servers: Pair) -> None:
    async with node(servers) as world:
        tenant = await world.tenant()
        await until(lambda: replica(world).reason is None)
        assert (await tenant.get("/sites")).status_code == 200
        await asyncio.to_thread(servers.first.stop)
        try:
            error(await tenant.get("/sites"), 503, "unavailable")
        finally:
            await asyncio.to_thread(servers.first.start)


async def test_what_is_no_replica_of_the_primary_is_left_alone(
    servers: Pair, database_url: str
) -> None:
    await ask(servers.first, "CREATE DATABASE another")
    expected = {
        database_url: "another cluster",
        servers.first.url: "follows no primary",
        servers.second.url.removesuffix("wattyard") + "another": "database is another",
    }
    async with node(servers, *expected) as world:
        tenant = await world.tenant()
        assert (await tenant.get("/sites")).status_code == 200
        await until(lambda: all(one.reason != "it was not asked yet" for one in world.db.replicas))
        for one, (complaint, said) in zip(
            world.db.replicas, zip(await inspected(world), expected.values(), strict=True),
            strict=True,
        ):  # fmt: skip
            assert said in complaint
            assert said in str(one.reason)
            assert one.outcomes["read"] == 0


async def test_a_promoted_replica_is_left_alone(servers: Pair, made: Made) -> None:
    third = PostgresServer(servers.first.folder.parent.parent / "third")
    third.base_backup_of(servers.first)
    await asyncio.to_thread(third.start)
    try:
        async with node(servers, third.url) as world:
            tenant = await world.tenant()
            await until(lambda: replica(world).reason is None)
            await asyncio.to_thread(third.promote)
            await until(lambda: replica(world).reason is not None)
            await tenant.site(reference_id="after")
            assert await references(tenant) == {"after"}
            assert "promoted" in str(replica(world).reason)
    finally:
        third.kill()
        await ask(servers.first, "SELECT pg_drop_replication_slot('third')")


async def left(standby: PostgresServer) -> bool:
    """Whether the standby may still show rows; it may cancel this question, too."""
    try:
        return bool(await ask(standby, COUNT))
    except asyncpg.PostgresError:
        return True


async def test_what_the_standby_cancels_is_asked_again_on_the_primary(servers: Pair) -> None:
    await ask(servers.second, "ALTER SYSTEM SET max_standby_streaming_delay = 0")
    await ask(servers.second, "SELECT pg_reload_conf()")
    await ask(servers.first, "CREATE TABLE passing AS SELECT generate_series(1, 9) AS n")

    async def cancelled(db: Database) -> None:
        async with db.snapshot() as connection:
            assert await connection.fetchval(IS_REPLICA)
            assert await connection.fetchval(COUNT) == 9
            await ask(servers.first, "DELETE FROM passing")
            await ask(servers.first, "VACUUM passing")
            while await left(servers.second):  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.01)
            await connection.fetchval(COUNT)

    async with node(servers) as world:
        await until(lambda: replica(world).reason is None)
        with pytest.raises(ReplicaFailed), replicas_allowed():
            await cancelled(world.db)
        assert replica(world).reason is None
        with replicas_allowed():
            async with world.db.reading() as db:
                assert await db.fetchval(COUNT) == 0


async def ended(passing: set[asyncio.Task[None]], sinks: list[asyncio.StreamWriter]) -> None:
    for task in passing:
        task.cancel()
    await asyncio.gather(*passing, return_exceptions=True)
    for sink in sinks:
        await hung_up(sink)


@asynccontextmanager
async def cutting(
    server: PostgresServer, cuts: asyncio.Event, *, stalled: bytes = b""
) -> AsyncIterator[str]:
    """An address that leads to a server; from `cuts` on, connections end as they ask which one.

    Where a word is named, those that ask for it stall instead: nothing passes there any more.
    """

    async def passed(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if cuts.is_set() and stalled:
                await (asyncio.Event().wait() if stalled in data else asyncio.sleep(0))
            elif cuts.is_set() and b"start_time()" in data and b"::text" not in data:
                break
            sink.write(data)
        sink.close()

    passing: set[asyncio.Task[None]] = set()
    sinks: list[asyncio.StreamWriter] = []

    async def joined(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", server.port)
        sinks.extend((back, sink))
        for ends in ((source, back), (there, sink)):
            passing.add(asyncio.create_task(passed(*ends)))

    port = free_port()
    async with await asyncio.start_server(joined, "127.0.0.1", port):
        yield server.url.replace(f":{server.port}/", f":{port}/")
    await ended(passing, sinks)


async def test_a_connection_to_a_replica_that_is_lost_while_it_opens_fails_no_request(
    servers: Pair,
) -> None:
    cuts = asyncio.Event()
    async with cutting(servers.second, cuts) as url, node(servers, url) as world:
        tenant = await world.tenant()
        await until(lambda: replica(world).reason is None)
        cuts.set()
        while not replica(world).outcomes["failed"]:
            assert (await tenant.get("/sites")).status_code == 200


async def test_a_connection_to_a_replica_that_stalls_fails_no_request(servers: Pair) -> None:
    cuts = asyncio.Event()
    async with (
        cutting(servers.second, cuts, stalled=b"FROM sites") as url,
        node(servers, url, statement_seconds=3) as world,
    ):
        tenant = await world.tenant()
        await until(lambda: replica(world).reason is None)
        cuts.set()
        loans = replica(world).loans
        assert loans is not None
        loans.pool.waits.seconds = 0.1
        while replica(world).outcomes["failed"] < 3:  # some stall, others wait for their turn
            answers = await asyncio.gather(*(tenant.get("/sites") for _ in range(5)))
            assert {answer.status_code for answer in answers} == {200}


async def inspected(world: World) -> list[str]:
    return await world.services.get(ReplicaInspection).complaints(world.context)
