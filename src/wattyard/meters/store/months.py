"""The monthly partitions of readings: made when first needed, and ahead by the worker."""

from collections.abc import Iterable, Sequence

from wattyard.platform.db import ReadConnection, WriteConnection, savepoint

_LOCK = 0x6D6F6E74  # "mont"


async def make(db: WriteConnection, months: Iterable[int]) -> set[int]:
    """Have a partition for each month, counted from January of year 0 (UTC).

    Gives the months that had one before. A partition is made on its own and then attached, so that
    readers and writers of others do not wait.
    """
    names = _names(months)
    found = await _present(db, list(names))
    for name in sorted(names.keys() - found):
        month = names[name]
        async with savepoint(db):
            await db.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if await _present(db, [name]):
                continue
            await db.execute(f"CREATE TABLE {name} (LIKE meter_readings INCLUDING ALL)")
            await db.execute(
                f"ALTER TABLE meter_readings ATTACH PARTITION {name} "
                f"FOR VALUES FROM ('{_first(month)}') TO ('{_first(month + 1)}')"
            )
    return {names[name] for name in found}


async def present(db: ReadConnection, months: Iterable[int]) -> set[int]:
    """Those of some months, counted as in `make`, that have a partition."""
    names = _names(months)
    return {names[name] for name in await _present(db, list(names))}


async def may_make(db: ReadConnection) -> bool:
    """Whether the session's role may make partitions: it owns the table, as its members do."""
    allowed: bool = await db.fetchval(
        """
        SELECT pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(c.relnamespace, 'CREATE')
        FROM pg_class c WHERE c.oid = 'meter_readings'::regclass
        """
    )
    return allowed


async def newest(db: ReadConnection) -> int | None:
    """The newest month that has a partition, counted as in `make`; None where there is none."""
    name: str | None = await db.fetchval(
        """
        SELECT max(c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'meter_readings'::regclass
        """
    )
    if name is None:
        return None
    year, month = name.removeprefix("meter_readings_").split("_")
    return int(year) * 12 + int(month) - 1


async def _present(db: ReadConnection, names: Sequence[str]) -> set[str]:
    """List the partitions.

    Reads the catalogue as of now; `to_regclass` can miss what another process just made.
    """
    rows = await db.fetch(
        """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'meter_readings'::regclass AND c.relname = ANY($1)
        """,
        names,
    )
    return {row["relname"] for row in rows}


def _names(months: Iterable[int]) -> dict[str, int]:
    return {f"meter_readings_{month // 12:04}_{month % 12 + 1:02}": month for month in months}


def _first(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}-01T00:00:00Z"
