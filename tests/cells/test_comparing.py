"""Rows of both sides agree although some are always on their way."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any

import pytest

from tests.support.world import Tenant, World
from wattyard.app.cells.clusters import MovingAccount, account_of
from wattyard.app.cells.comparing import compare_all
from wattyard.kernel.moves import MoveRefused
from wattyard.platform.db.sessions import OpenSession, session


class Behind:
    """A session on a database in which a row of `sites` has not arrived: each time another one."""

    def __init__(self, opened: OpenSession, ids: Iterator[Any]) -> None:
        self._opened, self._ids = opened, ids

    async def fetch(self, query: str, *values: object) -> Any:
        if "FROM sites" not in query:
            return await self._opened.fetch(query, *values)
        await self._opened.execute("BEGIN")
        try:
            await self._opened.execute("DELETE FROM sites WHERE id = $1", next(self._ids))
            return await self._opened.fetch(query, *values)
        finally:
            await self._opened.execute("ROLLBACK")


@asynccontextmanager
async def sides(url: str) -> AsyncIterator[tuple[OpenSession, OpenSession]]:
    """Two sessions on one database: what one of them sees, the other has."""
    async with session(url, "source") as source, session(url, "target") as target:
        yield source, target


async def moving(source: OpenSession, tenant: Tenant) -> MovingAccount:
    account = await account_of(source, tenant.caller.account_id)
    assert account
    return account


async def sites_of(world: World, tenant: Tenant) -> list[Any]:
    for _ in range(3):
        await tenant.site()
    async with world.db.reading() as db:
        rows = await db.fetch("SELECT id FROM sites WHERE account = $1", tenant.caller.account)
    return [row[0] for row in rows]


async def test_what_is_on_its_way_keeps_nothing_else_from_agreeing(
    database_url: str, world: World, tenant: Tenant
) -> None:
    on_their_way = cycle(await sites_of(world, tenant))
    async with sides(database_url) as (source, target):
        account = await moving(source, tenant)
        compared = await compare_all(source, Behind(target, on_their_way), account)  # type: ignore[arg-type]
    assert compared.rows["sites"] == 3


async def test_a_row_that_never_arrives_is_told(
    database_url: str, world: World, tenant: Tenant
) -> None:
    missing = cycle((await sites_of(world, tenant))[:1])
    async with sides(database_url) as (source, target):
        account = await moving(source, tenant)
        with pytest.raises(MoveRefused, match=r"sites \(3 rows at the source, 2 at the target\)"):
            await compare_all(source, Behind(target, missing), account)  # type: ignore[arg-type]
