"""All rows of one account, whichever table they are in.

Every table with rows of accounts has a column `account`: the catalogue of the database says which
they are, so that none that a later migration adds is forgotten.
"""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

from wattyard.kernel.values import dataclass
from wattyard.platform.db.connection import ReadConnection, WriteConnection


@dataclass(frozen=True, slots=True)
class AccountTable:
    """A table whose rows belong to accounts. `key` are the columns of its primary key, in order."""

    name: str
    key: tuple[str, ...]

    @property
    def rest(self) -> tuple[str, ...]:
        """The key within an account."""
        return tuple(column for column in self.key if column != "account")

    def where_key(self, comparison: str, first: int) -> str:
        """The condition that a row's key compares with the arguments from number `first` on."""
        given = ", ".join(f"${number}" for number in range(first, first + len(self.rest)))
        return f"({', '.join(self.rest)}) {comparison} ({given})"


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some rows of a table that follow each other: how many, and the key of the last one."""

    rows: int
    last: tuple[Any, ...]


async def tables(db: ReadConnection) -> list[AccountTable]:
    """List the tables with rows of accounts, besides that of the accounts themselves.

    Those that refer to others come before them, and those without any reference first, among them
    readings, which a trigger deletes with their series: emptied in this order, no row takes rows
    of other tables with it.
    """
    rows = await db.fetch(
        """
        SELECT c.oid, c.relname AS name, array_agg(a.attname::text ORDER BY k.place) AS key
        FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
          AND c.relname <> 'accounts' AND EXISTS (
            SELECT FROM pg_attribute own
            WHERE own.attrelid = c.oid AND own.attname = 'account' AND NOT own.attisdropped)
        GROUP BY c.oid, c.relname
        """
    )
    found = {row["oid"]: AccountTable(row["name"], tuple(row["key"])) for row in rows}
    order: TopologicalSorter[int] = TopologicalSorter()
    references = await db.fetch(
        "SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
    )
    for referring, referred in references:
        if referring != referred and {referring, referred} <= found.keys():
            order.add(referred, referring)
    linked = list(order.static_order())
    return [found[oid] for oid in (*sorted(found.keys() - set(linked)), *linked)]


async def piece(
    db: ReadConnection, table: AccountTable, account: int, after: Sequence[Any], limit: int
) -> RowBatch | None:
    """Find the next rows of an account after a key (empty: from the first on); None at the end."""
    rest = ", ".join(table.rest)
    beyond = f" AND {table.where_key('>', 3)}" if after else ""
    row = await db.fetchrow(
        f"""
        SELECT count(*) OVER () AS rows, {rest} FROM (
            SELECT {rest} FROM {table.name} WHERE account = $1{beyond} ORDER BY {rest} LIMIT $2
        ) AS piece ORDER BY {_descending(table.rest)} LIMIT 1
        """,
        account,
        limit,
        *after,
    )
    return None if row is None else RowBatch(row["rows"], tuple(row)[1:])


async def delete(
    db: WriteConnection,
    table: AccountTable,
    account: int,
    after: Sequence[Any],
    last: Sequence[Any],
) -> int:
    """Delete the rows of an account after one key, up to another and with it: how many."""
    beyond = f" AND {table.where_key('>', 2 + len(last))}" if after else ""
    done: str = await db.execute(
        f"DELETE FROM {table.name} WHERE account = $1 AND {table.where_key('<=', 2)}{beyond}",
        account,
        *last,
        *after,
    )
    return int(done.removeprefix("DELETE "))


def _descending(columns: Sequence[str]) -> str:
    return ", ".join(f"{column} DESC" for column in columns)
