"""Copying all rows of a database to another PostgreSQL, of another version if need be.

All of it or nothing: the rows are written in one transaction, and compared before it is committed.
Only rows are copied. The tables are those that `wattyard migrate` makes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import asyncpg

OLDEST: Final = 15
_OPEN_SECONDS: Final = 10.0
_END_SECONDS: Final = 2.0
_PIECES: Final = 32
"""How many pieces of a table wait between the two databases, each of about 64 KiB."""
_SAME: Final = {
    "application_name": "wattyard database move",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
"""Both write a row as the same text, and none gives up."""
_LOCK_SECONDS: Final = 10.0

_TABLES: Final = """
    SELECT c.relname::text AS name, c.relispartition AS is_partition,
           p.relname::text AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound,
           (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attgenerated = '') AS columns,
           ARRAY(SELECT DISTINCT o.relname::text FROM pg_constraint f
                 JOIN pg_class o ON o.oid = f.confrelid
                 WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS after
    FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relkind = 'r' AND c.relnamespace =
        (SELECT relnamespace FROM pg_class WHERE oid = 'alembic_version'::regclass)
      AND c.relname NOT IN ('alembic_version', 'schema_revisions')
    ORDER BY c.relname
"""
_SEQUENCES: Final = """
    SELECT c.relname::text FROM pg_class c
    WHERE c.relkind = 'S' AND c.relnamespace =
        (SELECT relnamespace FROM pg_class WHERE oid = 'alembic_version'::regclass)
    ORDER BY c.relname
"""
_OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND application_name LIKE 'wattyard%' AND pid <> pg_backend_pid()
"""

Connection = Any  # asyncpg's, whose types its stubs do not have


class MoveFailed(Exception):
    """The rows were not copied, and the target is as it was; the message says why."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has rows itself: an ordinary one, or a partition."""

    name: str
    columns: tuple[str, ...]
    after: frozenset[str]
    parent: str | None
    bound: str | None

    @property
    def quoted(self) -> str:
        return f'"{self.name}"'


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: how many rows, and the sum of their checksums, in whatever order."""

    rows: int
    checksum: int


async def check_target(url: str) -> None:
    """Refuse a database that cannot take the rows.

    Raises:
        MoveFailed: when it cannot be reached, is too old, has another encoding, or has accounts.
    """
    async with _connected(url) as target:
        version = int(await target.fetchval("SHOW server_version_num"))
        if version < OLDEST * 10_000:
            raise MoveFailed(
                f"the target is PostgreSQL {version // 10_000}; {OLDEST} or later is needed"
            )
        encoding = await target.fetchval("SHOW server_encoding")
        if encoding != "UTF8":
            raise MoveFailed(
                f"the target's encoding is {encoding}: CREATE DATABASE … ENCODING 'UTF8'"
            )
        if await target.fetchval("SELECT to_regclass('accounts') IS NOT NULL") and (
            await target.fetchval("SELECT EXISTS (SELECT FROM accounts)")
        ):
            raise MoveFailed("the target has accounts already: name an empty database")


async def move(
    source_url: str,
    target_url: str,
    told: Callable[[str], None],
    *,
    lock_seconds: float = _LOCK_SECONDS,
) -> dict[str, int]:
    """Copy all rows to a migrated database without accounts, and compare them.

    Nobody writes to the source meanwhile: its tables are locked. A lock is waited for up to
    `lock_seconds`. Gives the rows of each table.

    Raises:
        MoveFailed: when the source is in use, the schemas differ, or a copy is not the same.
    """
    async with _connected(source_url) as source, _connected(target_url) as target:
        for one in (source, target):
            await one.execute(f"SET lock_timeout = '{lock_seconds * 1e3:.0f} ms'")
        tables = in_order([_table(row) for row in await source.fetch(_TABLES)])
        await _check_pair(source, target)
        async with source.transaction(isolation="repeatable_read"):
            await _lock(source, tables)
            async with target.transaction():
                await _check_still_empty(target)
                await _make_partitions(target, tables)
                names = ", ".join(table.quoted for table in tables)
                await target.execute(f"TRUNCATE {names}")
                copied = {}
                for table in tables:
                    copied[table.name] = await _copied(source, target, table)
                    if copied[table.name]:
                        told(f"{copied[table.name]:,} rows of {table.name}")
                await _set_sequences(source, target)
        await target.execute("ANALYZE")
    return copied


def in_order(tables: Iterable[Table]) -> list[Table]:
    """Put tables behind those that they refer to.

    Raises:
        ValueError: when some refer to each other.
    """
    waiting = {table.name: table for table in tables}
    found: list[Table] = []
    while waiting:
        ready = [one for one in waiting.values() if one.after.isdisjoint(waiting)]
        if not ready:
            raise ValueError(f"tables refer to each other: {', '.join(sorted(waiting))}")
        found += [waiting.pop(one.name) for one in ready]
    return found


def _table(row: Any) -> Table:  # noqa: ANN401 (a record)
    return Table(
        row["name"], tuple(row["columns"]), frozenset(row["after"]), row["parent"], row["bound"]
    )


async def _check_pair(source: Connection, target: Connection) -> None:
    revisions = [
        await one.fetchval("SELECT version_num FROM alembic_version") for one in (source, target)
    ]
    if revisions[0] != revisions[1]:
        raise MoveFailed(
            f"the source has schema {revisions[0]}, the target {revisions[1]}: run "
            "`wattyard migrate` on the older one"
        )
    give_up = monotonic() + _END_SECONDS
    while await source.fetchval(_OTHERS):
        if monotonic() < give_up:  # what a command before this one had open is about to end
            await asyncio.sleep(_END_SECONDS / 20)
            continue
        raise MoveFailed(
            "the source is in use: stop its servers and workers, so that nothing is written to it "
            "any more"
        )


async def _check_still_empty(target: Connection) -> None:
    """Look for accounts again where nobody can add one any more, before anything is taken away.

    Raises:
        MoveFailed: when somebody uses a table of the target, or it has accounts.
    """
    present = ", ".join(f'"{row["name"]}"' for row in await target.fetch(_TABLES))
    try:
        await target.execute(f"LOCK TABLE {present} IN ACCESS EXCLUSIVE MODE")
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as fault:
        raise MoveFailed("the target is in use: stop its servers and workers first") from fault
    if await target.fetchval("SELECT EXISTS (SELECT FROM accounts)"):
        raise MoveFailed("the target now has accounts: name an empty database")


async def _lock(source: Connection, tables: Sequence[Table]) -> None:
    names = ", ".join(table.quoted for table in tables)
    try:
        await source.execute(f"LOCK TABLE {names} IN SHARE MODE")
    except asyncpg.LockNotAvailableError as fault:
        raise MoveFailed(
            "somebody is writing to the source: stop its servers and workers first"
        ) from fault


async def _make_partitions(target: Connection, tables: Sequence[Table]) -> None:
    present = {row["name"] for row in await target.fetch(_TABLES)}
    for table in tables:
        if table.parent is not None and table.name not in present:
            await target.execute(
                f'CREATE TABLE {table.quoted} (LIKE "{table.parent}" INCLUDING ALL)'
            )
            await target.execute(
                f'ALTER TABLE "{table.parent}" ATTACH PARTITION {table.quoted} {table.bound}'
            )


async def _copied(source: Connection, target: Connection, table: Table) -> int:
    """Copy a table and compare it: how many rows it has."""
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_PIECES)
    columns = list(table.columns)

    async def read() -> None:
        await source.copy_from_table(
            table.name, columns=columns, output=pieces.put, format="binary"
        )
        await pieces.put(None)

    async def given() -> AsyncIterator[bytes]:
        while (piece := await pieces.get()) is not None:
            yield piece

    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(read())
            both.create_task(
                target.copy_to_table(table.name, columns=columns, source=given(), format="binary")
            )
    except* (asyncpg.PostgresError, OSError) as faults:
        raise MoveFailed(f"{table.name} was not copied: {faults.exceptions[0]}") from faults
    before, after = await _content(source, table), await _content(target, table)
    if before != after:
        raise MoveFailed(
            f"{table.name} was not copied as it is: {before.rows:,} rows with the checksum "
            f"{before.checksum}, and {after.rows:,} with {after.checksum}. Nothing was kept"
        )
    return after.rows


async def _content(connection: Connection, table: Table) -> Content:
    columns = ", ".join(f'"{name}"' for name in table.columns)
    row = await connection.fetchrow(
        f"""
        SELECT count(*) AS rows,
               coalesce(sum(('x' || left(md5(r::text), 15))::bit(60)::bigint), 0) AS checksum
        FROM (SELECT {columns} FROM {table.quoted}) r
        """  # noqa: S608 (names of the catalogue)
    )
    return Content(row["rows"], int(row["checksum"]))


async def _set_sequences(source: Connection, target: Connection) -> None:
    """Have new rows numbered after those that were copied, the order of events among them."""
    for row in await source.fetch(_SEQUENCES):
        name = row["relname"]
        at = await source.fetchrow(f'SELECT last_value, is_called FROM "{name}"')  # noqa: S608 (as above)
        await target.execute(
            "SELECT setval(quote_ident($1)::regclass, $2, $3)",
            name,
            at["last_value"],
            at["is_called"],
        )


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    try:
        connection = await asyncpg.connect(url, timeout=_OPEN_SECONDS)
        for name, value in _SAME.items():
            await connection.execute("SELECT set_config($1, $2, false)", name, value)
    except (OSError, ValueError, asyncpg.PostgresError) as fault:
        said = str(fault) or type(fault).__name__
        raise MoveFailed(f"the database cannot be used: {said}; check its address") from fault
    try:
        yield connection
    finally:
        connection.terminate()
