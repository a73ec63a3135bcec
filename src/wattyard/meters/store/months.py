"""The monthly partitions of readings: made when first needed, and ahead by the worker."""

from collections.abc import Iterable

from wattyard.platform.db import Connection

_LOCK = 0x6D6F6E74  # "mont"


async def make(db: Connection, months: Iterable[int]) -> set[int]:
    """Have a partition for each month, counted from January of year 0 (UTC).

    Gives the months that had none: theirs are there once the caller's transaction is kept.

    A partition is made apart and attached, so that readers and writers of others do not wait.
    """
    made = set()
    for month in months:
        name = f"meter_readings_{month // 12:04}_{month % 12 + 1:02}"
        if await db.fetchval("SELECT to_regclass($1)", name) is not None:
            continue
        async with db.transaction():
            await db.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if await db.fetchval("SELECT to_regclass($1)", name) is not None:
                continue
            await db.execute(f"CREATE TABLE {name} (LIKE meter_readings INCLUDING ALL)")
            await db.execute(
                f"ALTER TABLE meter_readings ATTACH PARTITION {name} "
                f"FOR VALUES FROM ('{_first(month)}') TO ('{_first(month + 1)}')"
            )
            made.add(month)
    return made


def _first(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}-01T00:00:00Z"
