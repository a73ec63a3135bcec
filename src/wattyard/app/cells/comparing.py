"""Rows of both sides compared: for each table and partition their number, and a sum of hashes.

A row is hashed as text, from its columns by name, so that both sides come to the same whatever the
order of rows and columns; the sum of 64-bit hashes does not depend on an order either.
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

_TRIES: Final = 10
_AGAIN_SECONDS: Final = 0.3

Sums = Mapping[str, tuple[int, str]]
"""The number of rows and the sum of their hashes, by table or partition."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, by table: rows, how long they took, and the names of their columns."""

    rows: Mapping[str, int]
    seconds: Mapping[str, float]
    columns: Mapping[str, Sequence[str]]

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
    """Compare every table while the account is served: until both sides agree.

    What is written meanwhile is on its way for a moment, so a table that differs is looked at
    again.

    Raises:
        MoveRefused: naming what goes on differing.
    """
    columns = await _columns(source)
    rows: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for table in MOVED:
        for _ in range(_TRIES):
            begun = monotonic()
            here, there = await _both(source, target, account, [_question(table, columns)])
            seconds[table.name] = monotonic() - begun
            if here == there:
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


async def _columns(source: OpenSession) -> dict[str, Sequence[str]]:
    rows = await source.fetch(
        """
        SELECT attrelid::regclass::text AS name, array_agg(quote_ident(attname) ORDER BY attname)
        FROM pg_attribute WHERE attrelid = ANY($1::regclass[]) AND attnum > 0 AND NOT attisdropped
        GROUP BY attrelid
        """,
        [table.name for table in MOVED],
    )
    return dict(map(tuple, rows))


def _question(table: MovedTable, columns: Mapping[str, Sequence[str]]) -> str:
    part = "tableoid::regclass::text" if table.by_partition else f"'{table.name}'"
    row = ", ".join(columns[table.name])
    return f"""
        SELECT {part} AS part, count(*) AS count,
               sum(hashtextextended(ROW({row})::text, 0)::numeric)::text AS sum
        FROM {table.name} WHERE account = $1 AND {table.compared}
          AND $2::timestamptz IS NOT NULL
        GROUP BY 1
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
    return {row["part"]: (row["count"], row["sum"]) for row in rows}


def _differ(here: Sums, there: Sums) -> str:
    parts = sorted(part for part in here.keys() | there.keys() if here.get(part) != there.get(part))
    shown = [
        f"{part} ({here.get(part, (0, ''))[0]:,} rows at the source, "
        f"{there.get(part, (0, ''))[0]:,} at the target)"
        for part in parts[:5]
    ]
    return (
        f"the two sides differ in {', '.join(shown)}: nothing was switched. Run the command with "
        "--abort, and then again"
    )
