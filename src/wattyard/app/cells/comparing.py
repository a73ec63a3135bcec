"""Rows of both sides compared: in groups, for each their number and a sum of hashes.

A row is hashed as text, from its columns by name, so that both sides come to the same whatever the
order of rows and columns; the sum of 64-bit hashes does not depend on an order either. The rows of
a table or partition are grouped by a hash of their primary key. While the account is served some
rows are always on their way to the target: they keep only their own groups from agreeing for a
moment, not the whole table.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

from wattyard.app.cells.clusters import MovingAccount
from wattyard.app.cells.tables import MOVED, MovedTable
from wattyard.kernel.moves import MoveRefused
from wattyard.kernel.values import dataclass
from wattyard.platform.db.sessions import OpenSession

_TRIES: Final = 20
_AGAIN_SECONDS: Final = 0.3
_GROUPS: Final = 1024
"""Of a table or partition; a power of two."""

Group = tuple[str, int]
"""A table or partition, and which of its groups."""
Sums = Mapping[Group, tuple[int, str]]
"""The number of rows and the sum of their hashes, by group."""


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The quoted names of a table's columns, and of those of its primary key."""

    all: Sequence[str]
    key: Sequence[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, by table: rows, how long they took, and their columns."""

    rows: Mapping[str, int]
    seconds: Mapping[str, float]
    columns: Mapping[str, TableColumns]

    def within(self, budget_seconds: float) -> set[str]:
        """The tables that can be compared again in a time, the quickest first."""
        chosen: set[str] = set()
        for name, took in sorted(self.seconds.items(), key=lambda item: item[1]):
            budget_seconds -= took
            if budget_seconds < 0:
                break
            chosen.add(name)
        return chosen


async def compare_all(source: OpenSession, target: OpenSession, account: MovingAccount) -> Compared:
    """Compare every table while the account is served: until both sides have agreed on each group.

    What is written meanwhile is on its way for a moment, so a table with groups that differ is
    looked at again.

    Raises:
        MoveRefused: naming what goes on differing.
    """
    columns = await _columns(source)
    rows: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for table in MOVED:
        open_groups: set[Group] | None = None
        for _ in range(_TRIES):
            begun = monotonic()
            here, there = await _both(source, target, account, [_question(table, columns)])
            seconds[table.name] = monotonic() - begun
            differing = _differing(here, there)
            open_groups = differing if open_groups is None else open_groups & differing
            if not open_groups:
                break
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            raise MoveRefused(_differ(here, there))
        rows[table.name] = sum(count for count, _ in here.values())
    return Compared(rows, seconds, columns)


async def compare_once(
    source: OpenSession,
    target: OpenSession,
    account: MovingAccount,
    compared: Compared,
    names: Collection[str],
) -> None:
    """Compare tables again behind the fence, where nothing changes any more: by one question.

    Raises:
        MoveRefused: naming what differs.
    """
    questions = [_question(table, compared.columns) for table in MOVED if table.name in names]
    if not questions:
        return
    here, there = await _both(source, target, account, questions)
    if here != there:
        raise MoveRefused(_differ(here, there))


async def _columns(source: OpenSession) -> dict[str, TableColumns]:
    rows = await source.fetch(
        """
        SELECT attrelid::regclass::text, array_agg(quote_ident(attname) ORDER BY attname),
               array_agg(quote_ident(attname) ORDER BY attname) FILTER (WHERE attnum = ANY(indkey))
        FROM pg_attribute JOIN pg_index ON indrelid = attrelid AND indisprimary
        WHERE attrelid = ANY($1::regclass[]) AND attnum > 0 AND NOT attisdropped
        GROUP BY attrelid
        """,
        [table.name for table in MOVED],
    )
    return {name: TableColumns(columns, key) for name, columns, key in rows}


def _question(table: MovedTable, columns: Mapping[str, TableColumns]) -> str:
    part = "tableoid::regclass::text" if table.by_partition else f"'{table.name}'"
    row, key = ", ".join(columns[table.name].all), ", ".join(columns[table.name].key)
    number = f"(hashtextextended(ROW({key})::text, 0) & {_GROUPS - 1})::int"
    return f"""
        SELECT {part} AS part, {number} AS number, count(*) AS count,
               sum(hashtextextended(ROW({row})::text, 0)::numeric)::text AS sum
        FROM {table.name} WHERE account = $1 AND {table.compared}
          AND $2::timestamptz IS NOT NULL
        GROUP BY 1, 2
    """  # noqa: S608 (our own names)


async def _both(
    source: OpenSession, target: OpenSession, account: MovingAccount, questions: Sequence[str]
) -> tuple[Sums, Sums]:
    question, now = " UNION ALL ".join(questions), datetime.now(UTC)
    here, there = await asyncio.gather(
        source.fetch(question, account.number, now), target.fetch(question, account.number, now)
    )
    return _sums(here), _sums(there)


def _sums(rows: Sequence[Any]) -> Sums:
    return {(row["part"], row["number"]): (row["count"], row["sum"]) for row in rows}


def _differing(here: Sums, there: Sums) -> set[Group]:
    return {one for one in here.keys() | there.keys() if here.get(one) != there.get(one)}


def _differ(here: Sums, there: Sums) -> str:
    parts = sorted({part for part, _ in _differing(here, there)})
    shown = [
        f"{part} ({_rows_of(here, part):,} rows at the source, "
        f"{_rows_of(there, part):,} at the target)"
        for part in parts[:5]
    ]
    return (
        f"the two sides differ in {', '.join(shown)}: nothing was switched. Run the command with "
        "--abort, and then again"
    )


def _rows_of(sums: Sums, part: str) -> int:
    return sum(count for (name, _), (count, _) in sums.items() if name == part)
