"""An account with an object of each kind for the calls of a module that change nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from tests.support.clock import FakeClock
from tests.support.declared import objects_of
from tests.support.world import Tenant, World
from wattyard.platform.db import Database

IN_THE_MODULES_LOOP = pytest.mark.asyncio(loop_scope="module")
"""For calls that change nothing: they share an account with an object of each kind."""


@dataclass(frozen=True)
class Owned:
    """A tenant with an object of each kind, and who must not see any: a stranger, and the same
    account in the other mode."""

    world: World
    tenant: Tenant
    ids: dict[str, str]
    others: tuple[Tenant, Tenant]


@pytest.fixture(scope="module")
def owned_clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 1, 10, tzinfo=UTC))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_world(database_url: str, owned_clock: FakeClock) -> AsyncIterator[World]:
    """The application for a whole module; who uses it runs in the module's event loop."""
    database = Database(database_url, connections=6)
    await database.open()
    async with World(database, owned_clock) as world:
        yield world
    await database.close()


async def owned_in(world: World) -> Owned:
    tenant = await world.tenant()
    assert tenant.twin
    others = (await world.tenant("a stranger"), tenant.twin)
    return Owned(world, tenant, await objects_of(tenant), others)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owned(shared_world: World) -> Owned:
    """For calls that change nothing; the others have nothing."""
    return await owned_in(shared_world)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beside(shared_world: World) -> tuple[Owned, list[dict[str, str]]]:
    """The same, and objects of the others' own."""
    owned = await owned_in(shared_world)
    return owned, [await objects_of(other) for other in owned.others]
