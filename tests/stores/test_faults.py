"""Our bugs are ours: only what the database lost is refused with "try again"."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import structlog.testing

from wattyard.kernel.refusals import Missing, Unavailable
from wattyard.platform.db import Database

DOORS = ["reading", "snapshot", "transaction"]


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[str]:
    """The address of an empty database that may be spoilt."""
    name = "tests_spoilt_" + re.sub(r"\W", "_", database_url.rpartition("tests_")[2].split("?")[0])
    maker = await asyncpg.connect(database_url)
    await maker.execute(f"CREATE DATABASE {name}")
    yield re.sub(r"/tests_\w+\?", f"/{name}?", database_url)
    await maker.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await maker.close()


async def settle(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("bug", [TimeoutError("a feed"), FileNotFoundError("a file"), OSError(28)])
async def test_a_fault_of_our_own_is_not_blamed_on_the_database(
    db: Database, door: str, bug: Exception
) -> None:
    with pytest.raises(type(bug)) as raised:
        async with getattr(db, door)():
            raise bug
    assert raised.value is bug
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT 1") == 1


@pytest.mark.parametrize("door", DOORS)
async def test_a_wrong_argument_is_not_blamed_on_the_database(db: Database, door: str) -> None:
    connection: Any
    with pytest.raises(asyncpg.DataError):
        async with getattr(db, door)() as connection:
            await connection.fetchval("SELECT $1::int", "not a number")


@pytest.mark.parametrize("door", DOORS)
async def test_a_refusal_passes_the_door_as_it_is(db: Database, door: str) -> None:
    refusal = Missing("there is none")
    with pytest.raises(Missing) as raised:
        async with getattr(db, door)():
            raise refusal
    assert raised.value is refusal


@pytest.mark.parametrize("door", DOORS)
async def test_a_connection_that_the_database_ended_is_said_to_be_lost(
    db: Database, door: str
) -> None:
    connection: Any
    with pytest.raises(Unavailable, match="cannot be reached"):
        async with getattr(db, door)() as connection:
            await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_what_takes_too_long_is_said_to_take_too_long(database_url: str) -> None:
    database = Database(database_url, connections=1, statement_seconds=2)
    await database.open()
    with pytest.raises(Unavailable, match="took longer"):
        async with database.reading() as db:
            await db.fetchval("SELECT pg_sleep(60)")
    async with database.reading() as db:
        assert await db.fetchval("SELECT 1") == 1
    await database.close()


async def test_the_cause_is_logged_once_and_our_bugs_are_not_among_them(db: Database) -> None:
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            with pytest.raises(Unavailable):
                async with db.reading() as connection:
                    await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with db.reading() as connection:
                await connection.fetchval("SELECT 1 / 0")
    (line,) = logged
    assert line["event"] == "unavailable"
    assert line["log_level"] == "error"
    assert "cannot be reached" in line["reason"]
    assert "terminating connection due to administrator command" in line["cause"]


async def test_an_address_where_nobody_answers_is_said_with_its_cause(database_url: str) -> None:
    away = Database(database_url.replace("wattyard-", "nowhere-").replace("/tests", "/nowhere"))
    with pytest.raises(Unavailable, match=r"cannot be used: .+; check its address"):
        await away.open()
    with pytest.raises(Unavailable):
        async with away.reading():
            pass


async def test_a_database_that_was_set_to_read_only_takes_no_change(elsewhere: str) -> None:
    """Some hosts set it where the disk is nearly full: a session must not overrule that."""
    name = re.search(r"/(tests_\w+)\?", elsewhere)
    assert name
    await settle(
        elsewhere,
        "CREATE TABLE kept (n int)",
        f"ALTER DATABASE {name[1]} SET default_transaction_read_only = on",
    )
    database = Database(elsewhere, connections=1)
    await database.open()
    with pytest.raises(Unavailable, match="only reads"):
        async with database.transaction() as db:
            await db.execute("INSERT INTO kept VALUES (1)")
    async with database.reading() as db:
        assert await db.fetchval("SELECT count(*) FROM kept") == 0
    with pytest.raises(Unavailable, match="only reads"):
        await database.check_ready()
    await settle(
        elsewhere,
        "SET default_transaction_read_only = off",
        f"ALTER DATABASE {name[1]} RESET default_transaction_read_only",
    )
    with pytest.raises(Unavailable, match="only reads"):  # this one was opened before
        async with database.transaction():
            pass
    async with database.transaction() as db:
        await db.execute("INSERT INTO kept VALUES (1)")
    await database.close()


async def test_readiness_is_told_while_all_connections_are_lent(database_url: str) -> None:
    database = Database(database_url, connections=1)
    await database.open()
    async with database.transaction():
        async with asyncio.timeout(60):
            await asyncio.create_task(database.check_ready())
    await database.close()


async def test_many_who_ask_for_readiness_are_one_question(database_url: str) -> None:
    asked = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'wattyard' AND query LIKE '%array_fill(%'"
        " AND pid <> pg_backend_pid()"
    )
    database = Database(database_url, connections=1)
    await database.open()
    async with database.reading() as db:  # those of a pool that has just been closed may remain
        before = {row[0] for row in await db.fetch(asked)}
    await asyncio.gather(*(database.check_ready() for _ in range(50)))
    async with database.reading() as db:
        assert len({row[0] for row in await db.fetch(asked)} - before) == 1
    await database.close()
