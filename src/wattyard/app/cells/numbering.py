"""Which cell a database is: its number, and the numbers that it gives to its accounts."""

from wattyard.app.cells.checks import MOST_CELLS, range_of
from wattyard.kernel.moves import MoveRefused
from wattyard.platform.db.sessions import OpenSession


async def number(db: OpenSession, cell: int) -> None:
    """Make a database cell `cell`; a second time changes nothing.

    Its accounts keep their numbers; new ones have numbers that no other cell gives.

    Raises:
        MoveRefused: when the number is none, or the database is another cell already.
    """
    if not 0 <= cell < MOST_CELLS:
        raise MoveRefused(f"a cell has a number from 0 to {MOST_CELLS - 1}; got {cell}")
    async with db.transaction():
        present = await db.fetchval("SELECT number FROM cells FOR UPDATE")
        if present not in (None, cell):
            raise MoveRefused(f"this database is cell {present} already, for good")
        first, last = range_of(cell)
        await db.execute("INSERT INTO cells VALUES (true, $1) ON CONFLICT DO NOTHING", cell)
        await db.execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")
        highest = await db.fetchval(
            "SELECT max(account) FROM accounts WHERE account BETWEEN $1 AND $2", first, last
        )
        start = first if highest is None else min(highest + 1, last)
        await db.execute(
            f"ALTER SEQUENCE accounts_account_seq MINVALUE {first} MAXVALUE {last} START {first}"
            f" RESTART WITH {start}"
        )
