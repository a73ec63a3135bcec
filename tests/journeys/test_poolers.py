"""PgBouncer in transaction mode before the database: it works, or is refused by what it needs."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from tests.journeys.test_webhooks import Hook, hook
from tests.support.clock import FakeClock
from tests.support.clusters import PostgresServer, primary, wait_for
from tests.support.made import Made
from tests.support.poolers import pooler
from tests.support.process import WATTYARD, Server, run
from tests.support.world import SETTINGS, World
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db import Database, Listener, Notifier, replicas_allowed
from wattyard.platform.db.schema import MigrationFailed, migrate
from wattyard.platform.settings import Settings

__all__ = ["hook"]

CLOCK: Final = FakeClock(datetime(2026, 3, 1, 10, tzinfo=UTC))
SLEEPS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_s%'"
)
Found = tuple[PostgresServer, Any, dict[str, str]]
SHOWN: Final = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture(scope="module")
def found(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """A server of PostgreSQL, the account in it, and the environment that it needs."""
    with primary(made, tmp_path_factory.mktemp("pooled")) as made_here:
        yield made_here


@pytest.fixture(scope="module")
def server(found: Found) -> PostgresServer:
    return found[0]


@pytest.fixture(scope="module")
def pooled(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server through a pooler that has three connections to it."""
    with pooler(server, tmp_path_factory.mktemp("pooler") / "usual") as url:
        yield url


@asynccontextmanager
async def opened(url: str, direct: str = "") -> AsyncIterator[Database]:
    db = Database(url, connections=6, direct=direct)
    try:
        await db.open()
        yield db
    finally:
        await db.close()


@pytest.fixture
async def db(server: PostgresServer, pooled: str) -> AsyncIterator[Database]:
    async with opened(pooled, server.url) as database:
        yield database


@pytest.fixture
async def world(db: Database, found: Found) -> AsyncIterator[World]:
    settings = replace(SETTINGS, encryption_key=found[2]["WATTYARD_ENCRYPTION_KEY"])
    async with World(db, CLOCK, {Settings: settings}) as one:
        yield one


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 (it happens in a database)
            await asyncio.sleep(0.01)


async def test_calls_of_many_share_the_few_connections(world: World) -> None:
    tenant = await world.tenant()

    async def home(number: int) -> Any:
        site = await tenant.site(reference_id=f"home {number}")
        tariff = await tenant.tariff(site["location_id"])
        await tenant.device(site["location_id"], reference_id=f"device {number}")
        assert (await tenant.get(f"/tariffs/{tariff['id']}")).status_code == 200
        prices = await tenant.get(f"/prices/now?location_id={site['location_id']}")
        assert prices.status_code == 200, prices.text
        return site["id"]

    made = await asyncio.gather(*(home(number) for number in range(12)))
    listed = (await tenant.get("/sites?limit=100")).json()["data"]
    assert {site["id"] for site in listed} == set(made)


async def test_each_transaction_has_our_limits_and_leaves_none_behind(
    db: Database, pooled: str
) -> None:
    before = await plain(pooled)
    await db.check_ready()
    async with db.reading() as reading:
        limits = [await reading.fetchval(f"SHOW {name}") for name in SHOWN]
        assert limits == ["30s", "2500ms", "30s"]
        assert await reading.fetchval("SHOW transaction_read_only") == "on"
    async with db.snapshot() as snapshot:
        assert await snapshot.fetchval("SHOW transaction_isolation") == "repeatable read"
        assert await snapshot.fetchval("SHOW statement_timeout") == "30s"
    async with db.transaction() as writing:
        assert await writing.fetchval("SHOW lock_timeout") == "2500ms"
        async with db.transaction():
            await writing.execute("SELECT set_config('wattyard.kept', 'no', true)")
    assert await plain(pooled) == before


async def test_nothing_is_written_while_reading(db: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with db.reading() as reading:
            await reading.fetchval("CREATE TABLE written_while_reading ()")


async def test_a_database_that_was_set_to_read_only_is_not_overruled(
    server: PostgresServer, tmp_path: Path
) -> None:
    owner = await asyncpg.connect(
        server.url, server_settings={"default_transaction_read_only": "off"}
    )
    await owner.execute("ALTER ROLE wattyard SET default_transaction_read_only = on")
    try:
        with pooler(server, tmp_path / "only reads") as url:  # its connections begin so
            async with opened(url, server.url) as db:
                with pytest.raises(Unavailable, match="only reads"):
                    async with db.transaction() as writing:
                        await writing.execute("CREATE TABLE overruled ()")
                with pytest.raises(Unavailable, match="only reads"):
                    await db.check_ready()
    finally:
        await owner.execute("ALTER ROLE wattyard RESET default_transaction_read_only")
        await owner.close()


async def test_sessions_are_held_past_the_pooler(db: Database, pooled: str, server: Any) -> None:
    listener = Listener(db, "pooled")
    notified = asyncio.Event()
    listening = asyncio.create_task(listener.listen())
    with listener.calling(notified.set):
        await asyncio.wait_for(notified.wait(), 60)  # it listens
        notified.clear()
        Notifier(db, "pooled").notify()
        await asyncio.wait_for(notified.wait(), 60)
    listening.cancel()
    async with (
        opened(pooled, server.url) as other,
        db.alone("pooled") as first,
        other.alone("pooled") as second,
    ):
        assert (first, second) == (True, False)


async def test_what_nobody_waits_for_is_cancelled_on_the_server(
    db: Database, server: PostgresServer
) -> None:
    async def slow() -> None:
        async with db.reading() as reading:
            await reading.fetchval("SELECT pg_sleep(600)")

    asking = asyncio.create_task(slow())
    await until(lambda: server.ask(SLEEPS) == 1)
    asking.cancel()
    await until(lambda: server.ask(SLEEPS) == 0)
    async with db.reading() as reading:
        assert await reading.fetchval("SELECT 1") == 1


def test_server_worker_and_commands_do_their_work_through_a_pooler(
    found: Found, pooled: str, hook: Hook, tmp_path: Path
) -> None:
    server, account, settings = found
    addresses = ("--database", pooled, "--database-direct", server.url)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**settings, "WATTYARD_WEBHOOK_ALLOW": "127.0.0.0/8"}.items():
            patch.setenv(name, value)
        assert run("migrate", *addresses, data=tmp_path)["schema"]
        worker = subprocess.Popen([*WATTYARD, "worker", *addresses], stdout=subprocess.PIPE)
        try:
            with Server(
                tmp_path, *addresses, "--no-worker", webhook_allow="127.0.0.0/8", settings=settings
            ) as serving:
                client = serving.client(account["account_id"], account["keys"]["test"])
                subscription = {"url": hook.url, "event_types": ["customer.*"]}
                assert client.post("/webhook-endpoints", json=subscription).status_code == 201
                with client.stream("GET", "/events/stream") as stream:
                    lines = stream.iter_lines()
                    assert next(lines) == "retry: 1000"
                    made = client.post("/customers", json={}).json()["id"]
                    assert made in next(line for line in lines if line.startswith("data:"))
                wait_for(lambda: hook.events)
                assert hook.events[0]["data"]["id"] == made
                assert client.get("/health/ready").status_code == 200
            assert run("doctor", *addresses, data=tmp_path, codes=(0, 1))["summaries_wrong"] == []
        finally:
            worker.terminate()
            worker.communicate()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_prepared_statements": 0}, "and max_prepared_statements = 200"),
        ({"pool_mode": "session"}, "set pool_mode = transaction"),
        ({"pool_mode": "statement"}, "set pool_mode = transaction"),
    ],
)
async def test_a_pooler_that_cannot_be_used_is_refused_by_the_setting_that_it_needs(
    server: PostgresServer, tmp_path_factory: pytest.TempPathFactory, settings: Any, said: str
) -> None:
    with pooler(server, tmp_path_factory.mktemp("pooler") / "unfit", **settings) as url:
        for _ in range(4):
            with pytest.raises(Unavailable, match=said):
                async with opened(url, server.url):
                    pass


@pytest.mark.parametrize(
    "settings",
    [{}, {"ignore_startup_parameters": ",".join(SHOWN)}],
)
async def test_a_pooler_without_the_servers_own_address_is_refused(
    server: PostgresServer, tmp_path_factory: pytest.TempPathFactory, settings: Any
) -> None:
    with pooler(server, tmp_path_factory.mktemp("pooler") / "some", **settings) as url:
        with pytest.raises(Unavailable, match="--database-direct"):
            async with opened(url):
                pass
        with pytest.raises(Unavailable, match="leads to a connection pooler"):
            async with opened(url, url):
                pass
        with pytest.raises(MigrationFailed, match="--database-direct"):
            await asyncio.to_thread(migrate, url)
        async with opened(url, server.url) as db, db.transaction() as writing:
            assert await writing.fetchval("SHOW statement_timeout") == "30s"


async def test_the_direct_address_must_lead_to_the_same_database(
    pooled: str, database_url: str
) -> None:
    with pytest.raises(Unavailable, match="leads to another database"):
        async with opened(pooled, database_url):
            pass


async def test_a_replica_is_named_by_the_address_of_its_server(
    server: PostgresServer, pooled: str
) -> None:
    db = Database(server.url, replicas=[pooled], alone_seconds=0.02)
    await db.open()
    try:
        await until(lambda: "pooler" in str(db.replicas[0].reason))
        with replicas_allowed():
            async with db.reading() as reading:
                assert await reading.fetchval("SELECT 1") == 1
    finally:
        await db.close()


async def plain(url: str) -> list[dict[str, str]]:
    """What another program finds set on each of the pooler's connections."""
    connections = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(3)]
    names = (*SHOWN, "work_mem", "default_transaction_read_only", "application_name")
    try:
        for one in connections:
            await one.execute("BEGIN")
        return [{name: await one.fetchval(f"SHOW {name}") for name in names} for one in connections]
    finally:
        for one in connections:
            await one.close()
