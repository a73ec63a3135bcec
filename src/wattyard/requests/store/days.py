"""The daily partitions of the request log: made ahead, and dropped when they are old.

A request of a day without a partition goes to `requests_other`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from wattyard.kernel import ids
from wattyard.platform.db import ReadConnection, WriteConnection

_LOCK = 0x72657164  # "reqd"
_DAY = timedelta(days=1)


async def make(db: WriteConnection, day: date) -> bool:
    """Have a partition for a day (UTC), unless requests of it lie in `requests_other`.

    It is made on its own and then attached, so that readers and writers of others do not wait.
    """
    name, first, end = _name(day), _first(day), _first(day + _DAY)
    await db.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    taken = await db.fetchval(
        "SELECT EXISTS (SELECT FROM requests_other WHERE id >= $1 AND id < $2)", first, end
    )
    if taken or await _present(db, [name]):
        return False
    await db.execute(f"CREATE TABLE {name} (LIKE requests INCLUDING ALL)")
    await db.execute(
        f"ALTER TABLE requests ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')"
    )
    return True


async def drop(db: WriteConnection, day: date) -> None:
    """Drop the partition of a day, with its requests."""
    await db.execute(f"DROP TABLE IF EXISTS {_name(day)}")


async def present(db: ReadConnection, days: Iterable[date]) -> set[date]:
    """Those of some days that have a partition."""
    names = {_name(day): day for day in days}
    return {names[name] for name in await _present(db, list(names))}


async def listed(db: ReadConnection) -> list[date]:
    """List the days that have a partition, the earliest first."""
    rows = await db.fetch(
        """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'requests'::regclass AND c.relname <> 'requests_other'
        ORDER BY c.relname
        """
    )
    return [date(*map(int, row["relname"].split("_")[1:])) for row in rows]


async def may_make(db: ReadConnection) -> bool:
    """Whether the session's role may make and drop partitions: it owns the table."""
    allowed: bool = await db.fetchval(
        """
        SELECT pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(c.relnamespace, 'CREATE')
        FROM pg_class c WHERE c.oid = 'requests'::regclass
        """
    )
    return allowed


async def _present(db: ReadConnection, names: Sequence[str]) -> set[str]:
    """List the partitions.

    Reads the catalogue as of now; `to_regclass` can miss what another process just made.
    """
    rows = await db.fetch(
        """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'requests'::regclass AND c.relname = ANY($1)
        """,
        names,
    )
    return {row["relname"] for row in rows}


def _name(day: date) -> str:
    return f"requests_{day:%Y_%m_%d}"


def _first(day: date) -> object:
    return ids.first_id_at(datetime(day.year, day.month, day.day, tzinfo=UTC))
