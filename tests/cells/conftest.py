"""Two cells, and accounts with a row in every table."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from tests.support import account_rows
from tests.support.cells import Cells, number, two_cells
from tests.support.clock import FakeClock
from tests.support.made import Made
from tests.support.world import SETTINGS, Tenant, World
from wattyard.meters.service.months import Months
from wattyard.platform.db import Database
from wattyard.platform.settings import Settings

Filled = Callable[[], Awaitable[Tenant]]


@pytest.fixture(scope="session")
def cells(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    """Two cells that agree in everything; what a test changes in them it changes back."""
    with two_cells(made, tmp_path_factory.mktemp("cells")) as both:
        asyncio.run(number(both))
        yield both


@pytest.fixture
async def home(cells: Cells, clock: FakeClock) -> AsyncIterator[World]:
    """The application on the first cell."""
    async for world in _world(cells.first.url, cells, clock):
        yield world


@pytest.fixture
async def away(cells: Cells, clock: FakeClock) -> AsyncIterator[World]:
    """The application on the second cell."""
    async for world in _world(cells.second.url, cells, clock):
        yield world


def settings_of(cells: Cells) -> Settings:
    """The settings of a node of either cell."""
    return replace(SETTINGS, encryption_key=cells.settings["WATTYARD_ENCRYPTION_KEY"])


async def _world(url: str, cells: Cells, clock: FakeClock) -> AsyncIterator[World]:
    db = Database(url, connections=4)
    await db.open()
    try:
        async with World(db, clock, {Settings: settings_of(cells)}) as world:
            yield world
    finally:
        await db.close()


@pytest.fixture
def filled(home: World) -> Filled:
    """Make an account of the first cell with a row in every table."""

    async def made() -> Tenant:
        tenant = await home.tenant()
        await home.services.get(Months).make_ahead(home.clock())
        await account_rows.fill(home.db, tenant.caller.account, home.context.new_id())
        return tenant

    return made
