"""Cells are compared before an account moves, share what signs and the operator's markets, and
never give two accounts the same number."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from tests.support.cells import Cells, asked
from tests.support.world import World
from wattyard.app.cells import numbering, publishing
from wattyard.app.cells.checks import ACCOUNTS_OF_A_CELL, complaints_of_move, complaints_of_pair
from wattyard.app.cells.clusters import MovingAccount
from wattyard.kernel.moves import MoveRefused
from wattyard.platform.db.sessions import session

KEY = "INSERT INTO signing_keys (id, private_key, time_created) VALUES ('whk_1', 'x', now())"
SOURCE = """
    INSERT INTO market_sources (account, live_mode, id, code, currency_code, unit, timezone,
                                time_created, revision, feed)
    VALUES (0, true, $1, $2, 'EUR', 'MWH', 'UTC', now(), $3, 'energy-charts')
"""
ACCOUNT = """
    INSERT INTO accounts (account, id, name, time_created, move_stage) OVERRIDING SYSTEM VALUE
"""
SOURCES = "SELECT * FROM market_sources WHERE account = 0"
PRICE = """
    INSERT INTO market_prices
    VALUES (0, true, $1, $2::timestamptz, $2::timestamptz + interval '1 hour', $3, now())
    ON CONFLICT (account, live_mode, source_id, valid_from)
    DO UPDATE SET value = excluded.value, time_recorded = excluded.time_recorded
"""


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("INSERT INTO encryption_keys (id) VALUES ('another')", "different keys"),
        ("UPDATE token_secrets SET id = gen_random_uuid()", "bearer tokens with different"),
        (KEY, "webhooks with different"),
        ("ALTER TABLE sites ADD COLUMN more text", "bring both to the same release"),
        ("UPDATE alembic_version SET version_num = '0001'", "bring both to the same release"),
        ("UPDATE cells SET number = 0", "each cell needs a number of its own"),
        ("DELETE FROM cells", "say which cell it is"),
        ("ALTER SEQUENCE accounts_account_seq MAXVALUE 2000000000", "another cell's numbers"),
    ],
)
async def test_what_two_cells_do_not_share_is_named_with_what_to_do(
    cells: Cells, planted: str, said: str
) -> None:
    async with session(cells.first.url, "one") as one, session(cells.second.url, "other") as other:
        assert await complaints_of_pair(one, other) == []
        await other.execute("BEGIN")
        await other.execute(planted)
        found = await complaints_of_pair(one, other)
        assert any(said in complaint for complaint in found), found


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("$1, gen_random_uuid(), 'x', now(), NULL", "another account with the same number"),
        ("$1, $2, 'x', now(), 'MOVED'", "purge them there first"),
    ],
)
async def test_an_account_does_not_move_onto_another_or_onto_what_an_earlier_move_left(
    cells: Cells, home: World, planted: str, said: str
) -> None:
    caller = (await home.tenant()).caller
    account = MovingAccount(caller.account, caller.account_id, None)
    given = (account.number, account.id)[: planted.count("$")]
    async with session(cells.first.url, "one") as one, session(cells.second.url, "other") as other:
        assert await complaints_of_move(one, other, account) == []
        await other.execute("BEGIN")
        await other.execute(f"{ACCOUNT} VALUES ({planted})", *given)
        found = await complaints_of_move(one, other, account)
    assert any(said in complaint for complaint in found), found


async def test_a_source_that_cannot_replicate_is_said_to_need_another_setting(
    cells: Cells, database_url: str
) -> None:
    account = MovingAccount(1, UUID(int=1), None)
    async with session(database_url, "one") as one, session(cells.second.url, "other") as other:
        found = await complaints_of_move(one, other, account)
        back = await complaints_of_move(other, one, account)
    assert any("ALTER SYSTEM SET wal_level = logical" in complaint for complaint in found)
    assert any("max_logical_replication_workers" in complaint for complaint in back)


async def test_no_two_cells_give_an_account_the_same_number(
    cells: Cells, home: World, away: World
) -> None:
    here, there = (await home.tenant()).caller.account, (await away.tenant()).caller.account
    assert 0 < here <= ACCOUNTS_OF_A_CELL < there <= 2 * ACCOUNTS_OF_A_CELL
    async with session(cells.second.url, "cell") as db:
        await numbering.number(db, 1)
        with pytest.raises(MoveRefused, match="cell 1 already"):
            await numbering.number(db, 2)
    assert (await away.tenant()).caller.account == there + 1


async def test_the_operators_markets_are_the_same_in_every_cell(cells: Cells) -> None:
    source = UUID(int=0xA)
    async with asked(cells.first) as first, asked(cells.second) as second:
        secrets = await second.fetch("SELECT * FROM token_secrets")
        try:
            await first.execute(KEY)
            await first.execute(SOURCE, source, "NL", 1)
            await first.execute(PRICE, source, instant(0), 1.0)
            assert await published(cells) == (True, 1, 1)
            assert await published(cells) == (False, 0, 0)
            await first.execute(PRICE, source, instant(0), 2.0)
            await first.execute(PRICE, source, instant(1), 3.0)
            await first.execute("UPDATE market_sources SET revision = 2 WHERE id = $1", source)
            await published(cells)
            prices = "SELECT * FROM market_prices WHERE account = 0 ORDER BY valid_from"
            assert await second.fetch(prices) == await first.fetch(prices)
            row = await second.fetchrow(
                "SELECT revision, feed FROM market_sources WHERE id = $1", source
            )
            assert tuple(row) == (2, None)
            assert await second.fetch("SELECT * FROM token_secrets") == secrets
            await first.execute("DELETE FROM market_sources WHERE id = $1", source)
            await published(cells)
            assert (
                await second.fetchval("SELECT count(*) FROM market_sources WHERE account = 0") == 0
            )
            await second.execute(SOURCE, UUID(int=0xB), "NL", 1)
            await first.execute(SOURCE, source, "NL", 1)
            with pytest.raises(MoveRefused, match="market source NL of its own"):
                await published(cells)
        finally:
            for db in (first, second):
                await forget(db)


async def test_a_cell_that_never_signed_is_not_published(cells: Cells) -> None:
    with pytest.raises(MoveRefused, match="signing-key rotate"):
        await published(cells)


async def published(cells: Cells) -> tuple[bool, int, int]:
    async with session(cells.first.url, "one") as one, session(cells.second.url, "other") as other:
        done = await publishing.publish(one, other)
    return done.secrets_changed, done.sources, done.prices


async def forget(db: asyncpg.Connection) -> None:
    await db.execute("DELETE FROM signing_keys")
    await db.execute("DELETE FROM market_sources WHERE account = 0")


def instant(hour: int) -> datetime:
    return datetime(2026, 3, 1, hour, tzinfo=UTC)
