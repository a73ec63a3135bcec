"""How the application is put together: by type, once, the same for server, worker and commands."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import asyncpg
import httpx
import pytest

from tests.support.clock import FakeClock
from tests.support.world import SETTINGS, Tenant
from wattyard import app
from wattyard.app.background import schema_checked
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.composition import Capability, Contributions
from wattyard.platform.db import Database, schema
from wattyard.platform.services import CannotBeFilled, Services
from wattyard.platform.settings import Settings
from wattyard.schedules.service import NoWeather, Weather


class Counted(Protocol):
    def count(self) -> int: ...


@dataclass
class Total:
    parts: Contributions[Counted]

    def all(self) -> int:
        return sum(part.count() for part in self.parts)


@dataclass
class Garden:
    """Knows the total, to which it contributes itself."""

    total: Total

    def count(self) -> int:
        return 3


@dataclass
class Egg:
    hen: "Hen"


@dataclass
class Hen:
    egg: Egg


class Clockwork: ...


@dataclass
class Wall:
    clock: Clockwork


def capability(*provides: Any, contributes: Any = ()) -> Capability:
    return Capability(name="x", id_prefixes=(), provides=provides, contributes=contributes)


def test_each_service_is_built_once_and_given_to_all_who_need_it() -> None:
    services = Services((capability(Clockwork, Wall),), {})

    assert services.get(Wall).clock is services.get(Clockwork)


def test_a_capability_above_fills_a_port_of_one_below() -> None:
    below, above = capability(Total), capability(Garden, contributes=((Counted, Garden),))

    assert Services((above, below), {}).get(Total).all() == 3
    assert Services((below,), {}).get(Total).all() == 0


def test_what_is_given_takes_the_place_of_what_is_provided() -> None:
    mine = Clockwork()

    assert Services((capability(Clockwork, Wall),), {Clockwork: mine}).get(Wall).clock is mine


def test_what_nobody_provides_is_named_with_those_who_need_it() -> None:
    with pytest.raises(CannotBeFilled, match="nothing provides Clockwork, needed for Wall"):
        Services((capability(Wall),), {}).get(Wall)


def test_a_service_that_needs_itself_is_named() -> None:
    with pytest.raises(CannotBeFilled, match="Hen needs itself"):
        Services((capability(Hen, Egg),), {}).get(Hen)


async def test_every_use_case_job_and_inspection_can_be_built(db: Database) -> None:
    services = app.services(db, Settings())
    context = services.get(Contexts).operator()

    for one in app.CAPABILITIES:
        for provider in one.provides:
            services.call(provider)
        for inspected in one.inspected:
            assert await services.get(inspected).complaints(context) is not None
    names = [job.name for job in app.jobs(services)]
    assert len(names) == len(set(names)) >= 6


def test_every_id_prefix_belongs_to_one_capability() -> None:
    prefixes = [prefix for one in app.CAPABILITIES for prefix in one.id_prefixes]

    assert sorted(prefixes) == sorted(ids.NAMES)


def test_the_command_line_obeys_the_settings_that_the_server_obeys(db: Database) -> None:
    named = Settings.read({"WATTYARD_WEATHER_URL": "http://weather.example"})

    assert isinstance(app.services(db, Settings()).get(Weather), NoWeather)
    assert not isinstance(app.services(db, named).get(Weather), NoWeather)


class Ticking:
    """A clock that moves on by a second each time it is asked."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def __call__(self) -> datetime:
        self._clock.forward(seconds=1)
        return self._clock()


async def test_all_parts_of_an_answer_have_one_now(
    db: Database, tenant: Tenant, clock: FakeClock
) -> None:
    ticking = Ticking(clock)
    contexts = Contexts(ticking, SortedIds(ticking))
    front = app.assemble(app.services(db, SETTINGS, contexts=contexts))
    tenant.http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=front), base_url="http://test"
    )
    async with tenant.http:
        site = await tenant.site(devices=[{"reference_id": "d", "type": "OTHER"}])
        events = (await tenant.get("/events")).json()["data"]

    times = {site["time_created"], site["devices"][0]["time_created"]}
    times |= {event["time_created"] for event in events}
    assert len(events) >= 3
    assert len(times) == 1


@pytest.fixture
async def empty_url(database_url: str) -> Any:
    """A database without any schema."""
    name = "tests_unmigrated"
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    yield database_url.replace(database_url.rpartition("/")[2].partition("?")[0], name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_an_outdated_schema_is_refused_at_start(empty_url: str) -> None:
    db = Database(empty_url, connections=1)
    with pytest.raises(schema.SchemaOutdated, match="wattyard migrate"):
        async with schema_checked(db):
            pass
    await db.close()


class Away(Database):
    """A database that cannot be reached at first."""

    reachable = False

    def own_connection(self) -> Any:
        if not self.reachable:
            raise Unavailable("away")
        return super().own_connection()


async def test_a_database_that_was_away_at_start_is_used_only_with_the_right_schema(
    empty_url: str, database_url: str
) -> None:
    outdated, right = Away(empty_url, connections=1), Away(database_url, connections=1)
    async with schema_checked(outdated), schema_checked(right):
        for db in (outdated, right):
            with pytest.raises(Unavailable):
                async with db.reading():
                    pass
        outdated.reachable = right.reachable = True
        await _until(lambda: _answers(right))
        assert not await _answers(outdated)
    await outdated.close()
    await right.close()


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 (the database has no event of it)
            await asyncio.sleep(0.05)


async def _answers(db: Database) -> bool:
    try:
        async with db.reading() as connection:
            return bool(await connection.fetchval("SELECT true"))
    except Unavailable:
        return False
