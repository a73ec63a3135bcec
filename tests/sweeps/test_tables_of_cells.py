"""Every table is named for the moves of accounts, and every row of an account goes with it."""

from wattyard.app.cells.tables import LOCAL, MOVED, OPENED, SEQUENCES, SHARED
from wattyard.platform.db import Database, account_rows

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
"""
_LINKS = {"person_links"}
"""They have an account, and are good for a day at the cell that made them."""


async def test_it_is_said_of_every_table_what_becomes_of_it_when_an_account_moves(
    db: Database,
) -> None:
    named = [*(one.name for one in MOVED), *OPENED, *SHARED, *LOCAL]
    async with db.reading() as connection:
        tables = {row["relname"] for row in await connection.fetch(_TABLES)}
    assert len(named) == len(set(named))
    assert set(named) == tables


async def test_every_table_with_rows_of_accounts_moves(db: Database) -> None:
    async with db.reading() as connection:
        of_accounts = {one.name for one in await account_rows.tables(connection)}
    moves = {one.name for one in MOVED} | set(OPENED)
    assert of_accounts - moves == _LINKS


async def test_rows_come_after_those_that_they_refer_to(db: Database) -> None:
    order = [one.name for one in MOVED]
    async with db.reading() as connection:
        references = await connection.fetch(
            "SELECT conrelid::regclass::text AS row, confrelid::regclass::text AS referred"
            " FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
        )
    for one in references:
        if {one["row"], one["referred"]} <= set(order):
            assert order.index(one["referred"]) < order.index(one["row"]), one


async def test_every_sequence_that_numbers_rows_of_accounts_is_raised_at_the_target(
    db: Database,
) -> None:
    async with db.reading() as connection:
        rows = await connection.fetch("SELECT sequencename FROM pg_sequences")
    assert {row["sequencename"] for row in rows} - {"accounts_account_seq"} == set(SEQUENCES)
