"""The doors of the database: reading never writes, and what must be in a transaction is in one."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.support.world import Tenant, World
from wattyard.platform.db import Database
from wattyard.sites.service import Sites

NAMED = "SELECT count(*) FROM accounts WHERE name = $1"
ADD = "INSERT INTO accounts (id, name, time_created) VALUES ($1, $2, now())"


async def named(db: Database, name: str) -> int:
    async with db.reading() as connection:
        return int(await connection.fetchval(NAMED, name))


@pytest.mark.parametrize("door", ["reading", "snapshot"])
async def test_nothing_can_be_written_where_something_is_read(db: Database, door: str) -> None:
    connection: Any
    async with db.transaction():
        pass  # leaves the connection that is lent next
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with getattr(db, door)() as connection:
            await connection.fetchval(f"{ADD} RETURNING 1", uuid4(), "written while reading")
    assert await named(db, "written while reading") == 0


async def test_what_only_makes_sense_in_a_transaction_is_refused_outside_of_one(
    db: Database,
) -> None:
    async def inherited() -> None:
        db.joined()

    with pytest.raises(RuntimeError, match="inside a transaction"):
        db.joined()
    async with db.reading():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            db.joined()
    async with db.snapshot():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            db.joined()
    async with db.transaction() as connection:
        assert db.joined() is connection
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await asyncio.create_task(inherited())
        async with db.reading() as reading:
            assert db.joined() is reading


async def test_a_site_is_not_locked_for_nobody(world: World, tenant: Tenant) -> None:
    site = await tenant.site()
    with pytest.raises(RuntimeError, match="inside a transaction"):
        await world.services.get(Sites).locked_present(tenant.context, [site["id"]])


async def test_a_transaction_cannot_begin_in_a_snapshot(db: Database) -> None:
    with pytest.raises(RuntimeError, match="inside a snapshot"):
        async with db.snapshot(), db.transaction():
            pass


async def test_a_transaction_may_begin_with_the_first_write_and_outlast_it(db: Database) -> None:
    first, second, name = uuid4(), uuid4(), f"kept together {uuid4().hex}"
    for kept in (False, True):
        with suppress(LookupError):
            async with db.transaction_with_first_write():
                async with db.snapshot():
                    assert await named(db, name) == 0
                with pytest.raises(RuntimeError, match="inside a transaction"):
                    db.joined()
                async with db.transaction() as connection:
                    await connection.execute(ADD, first, name)
                assert db.joined()  # though the one that wrote is over
                assert await asyncio.create_task(named(db, name)) == 0
                async with db.transaction() as connection:
                    await connection.execute(ADD, second, name)
                if not kept:
                    raise LookupError
        assert await named(db, name) == (2 if kept else 0)
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM accounts WHERE name = $1", name)


async def test_a_transaction_that_outlasts_another_cannot_begin_in_a_reading(db: Database) -> None:
    with pytest.raises(RuntimeError, match="cannot begin in a reading"):
        async with db.transaction_with_first_write(), db.reading(), db.transaction():
            pass
    async with db.transaction():
        pass


async def test_an_inner_transaction_is_undone_alone(db: Database) -> None:
    async with db.transaction() as connection:
        await connection.execute(ADD, uuid4(), "an outer one")
        for inner in ("ValueError", "none"):
            try:
                async with db.transaction():
                    await connection.execute(ADD, uuid4(), f"an inner one with {inner}")
                    async with db.transaction():
                        await connection.execute(ADD, uuid4(), f"an innermost one with {inner}")
                    if inner == "ValueError":
                        raise ValueError
            except ValueError:
                pass
    assert await named(db, "an outer one") == 1
    assert await named(db, "an inner one with ValueError") == 0
    assert await named(db, "an innermost one with ValueError") == 0
    assert await named(db, "an inner one with none") == 1
    assert await named(db, "an innermost one with none") == 1


async def test_a_transaction_whose_failure_was_swallowed_is_not_taken_for_kept(
    db: Database,
) -> None:
    async def swallow() -> None:
        async with db.transaction() as connection:
            await connection.execute(ADD, uuid4(), "kept in vain")
            with suppress(asyncpg.DivisionByZeroError):
                await connection.fetchval("SELECT 1 / 0")

    with pytest.raises(RuntimeError, match="nothing was kept"):
        await swallow()
    assert await named(db, "kept in vain") == 0
