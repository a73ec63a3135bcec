"""One embedded PostgreSQL a run, one database a test process, one account a test."""

import asyncio
import gc
import os
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from tests.support.clock import FakeClock
from tests.support.made import Made
from tests.support.process import ENCRYPTION_KEY
from tests.support.world import Tenant, World
from wattyard.platform.db import Database
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.sites.domain import time_zones

pytest_plugins = ("tests.support.order", "tests.support.syntax_trees")
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine each example may take long."""
settings.register_profile("repeatable", UNTIMED, derandomize=True, max_examples=25)
settings.register_profile(
    "many", UNTIMED, max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "100"))
)
if os.environ.keys() & {"WATTYARD_TEST_EXAMPLES", "WATTYARD_FUZZ_EXAMPLES"}:
    settings.load_profile("many")
else:
    settings.load_profile("repeatable")  # few, the same each time; `make fuzz` tries many others
SHARED_DATA = Path(
    os.environ.get("WATTYARD_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")
)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real tariffs, market documents and meter files, where they are at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the shared test data is not at {SHARED_DATA}; set WATTYARD_TEST_DATA")
    return SHARED_DATA


@pytest.fixture
def encryption_key() -> Iterator[None]:
    """Give commands that run in this process the key of the tests' database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTYARD_ENCRYPTION_KEY", ENCRYPTION_KEY)
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the run; all test processes share it."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Iterator[str]:
    """The address of the run's PostgreSQL; all test processes share it."""
    with EmbeddedDatabase(run_folder / "database", durable=False).lease() as url:
        yield url


@pytest.fixture(scope="session")
def made(run_folder: Path) -> Made:
    """Databases and data folders to copy."""
    return Made(run_folder / "made")


@pytest.fixture(scope="session")
def database_url(made: Made, postgres: str, worker_id: str) -> str:
    """The address of this test process's own, migrated database."""
    return made.database(postgres, f"tests_{worker_id}")


@pytest.fixture(scope="session", autouse=True)
def borders_put_away() -> Iterator[None]:
    """Close timezonefinder's files, which it leaves to the interpreter's end, with a warning."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        time_zones._finder.cache_clear()
        gc.collect()


@pytest.fixture(autouse=True)
def environment_as_found() -> Iterator[None]:
    """Fail a test that leaves variables of the environment to the tests after it."""
    found = dict(os.environ)
    yield
    left = {
        name
        for name, value in (found.items() ^ dict(os.environ).items())
        if name != "PYTEST_CURRENT_TEST"
    }
    for name in left:
        os.environ.pop(name, None)
        if name in found:
            os.environ[name] = found[name]
    assert not left, (
        f"the test leaves variables changed: {', '.join(sorted(left))}; use monkeypatch"
    )


@pytest.fixture
def operators_sources_put_away(database_url: str) -> Iterator[None]:
    """Take the operator's market sources away again, which every account sees."""
    yield

    async def forget() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("DELETE FROM market_sources WHERE account = 0")
        finally:
            await connection.close()

    asyncio.run(forget())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 1, 10, 0, 0, 123000, tzinfo=UTC))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The database, whose locks are waited for until a busy machine has done the work before."""
    database = Database(database_url, connections=6)
    database._connector._limits["lock_timeout"] = "20000"
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def world(db: Database, clock: FakeClock) -> AsyncIterator[World]:
    """The whole application in this process, on the real database and a fake clock.

    No delivery waits that another test left: whoever delivers here delivers its own. And the log of
    the server has nothing of other tests, whose clocks may be ahead: what is newest is the test's.
    """
    async with db.transaction() as connection:
        await connection.execute(
            "DELETE FROM webhook_deliveries WHERE status = 'PENDING'; DELETE FROM server_audit_log"
        )
    async with World(db, clock) as world:
        yield world


@pytest.fixture
async def tenant(world: World) -> Tenant:
    """A new account, logged in in test mode."""
    return await world.tenant()
