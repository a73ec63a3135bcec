"""What can be wrong with a database as a whole; each complaint says what to do about it."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from wattyard.platform.db.connection import ReadConnection
from wattyard.platform.db.database import Database

_SKEW_SECONDS: Final = 2.0
_DURABILITY: Final = ("fsync", "synchronous_commit", "full_page_writes")
_SHOWN: Final = 3

# Identity columns draw their numbers as the table's owner, and partitions are reached through
# their table: neither needs a grant of its own.
_LACKING: Final = """
    SELECT schema.owner, quote_ident(current_user) AS role, schema.name AS schema,
           array_agg(DISTINCT c.relname::text) AS names
    FROM (SELECT relowner, relnamespace, quote_ident(relnamespace::regnamespace::text) AS name,
                 quote_ident(pg_get_userbyid(relowner)) AS owner
          FROM pg_class WHERE oid = 'alembic_version'::regclass) AS schema
    JOIN pg_class c ON c.relowner = schema.relowner AND c.relnamespace = schema.relnamespace
    CROSS JOIN LATERAL unnest(CASE
        WHEN c.relkind = 'S' THEN ARRAY['SELECT', 'UPDATE', 'USAGE']
        WHEN c.relname IN ('alembic_version', 'schema_revisions') THEN ARRAY['SELECT']
        ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS needed (privilege)
    WHERE c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')
      AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, needed.privilege)
                             ELSE has_table_privilege(c.oid, needed.privilege) END
    GROUP BY schema.owner, schema.name
"""


_SIZES: Final = """
    SELECT coalesce(pg_partition_root(c.oid), c.oid::regclass)::text AS name,
           sum(pg_total_relation_size(c.oid))::bigint AS size_bytes
    FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace =
        (SELECT relnamespace FROM pg_class WHERE oid = 'alembic_version'::regclass)
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $1
"""


_STANDBYS: Final = """
    SELECT current_setting('synchronous_standby_names') AS required,
           current_setting('synchronous_commit') AS commits,
           coalesce(array_agg(DISTINCT coalesce(application_name, 'without a name')) FILTER (
               WHERE pid IS NOT NULL), '{}') AS names
    FROM pg_stat_replication AS one
    WHERE coalesce(application_name, '') NOT IN ('pg_basebackup', 'pg_receivewal')
      AND NOT EXISTS (SELECT FROM pg_replication_slots s
                      WHERE s.active_pid = one.pid AND s.slot_type = 'logical')
"""
_ASYNCHRONOUS: Final = (
    "a standby ({names}) follows asynchronously: when it takes over, the last acknowledged writes "
    "may be lost. Set synchronous_standby_names (under Patroni synchronous_mode: true), unless it "
    "is only read and never takes over; see docs/high-availability.md"
)
_NOT_WAITED_FOR: Final = (
    "synchronous_commit is {commits}: commits do not wait for the standbys of "
    "synchronous_standby_names, and acknowledged writes may be lost; set it to on"
)
_NONE_ATTACHED: Final = (
    "synchronous_standby_names is {required}, and no standby is attached: changes wait until one "
    "is; start it, or see docs/high-availability.md"
)


async def missing_grants(database: Database) -> list[str]:
    """List what the present role may not do with rows; empty where it may do all that is needed."""
    async with database.reading() as db:
        row = await db.fetchrow(_LACKING)
    if row is None:
        return []
    role, schema, names = row["role"], row["schema"], sorted(row["names"])
    others = f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else ""
    complaint = (
        f"the role {role} lacks privileges on {', '.join(names[:_SHOWN])}{others}: run as "
        f"{row['owner']} `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} "
        f"TO {role}; GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};` "
        'and see "A role that reads and writes rows" in docs/operations/database.md'
    )
    return [complaint]


class TableSize(NamedTuple):
    """A table, with its partitions and indexes, and how many bytes they take."""

    name: str
    size_bytes: int


async def sizes(database: Database, most: int) -> tuple[int, list[TableSize]]:
    """How many bytes the database takes, and its `most` largest tables."""
    async with database.reading() as db:
        whole: int = await db.fetchval("SELECT pg_database_size(current_database())")
        rows = await db.fetch(_SIZES, most)
    return whole, [TableSize(row["name"], row["size_bytes"]) for row in rows]


async def complaints(database: Database) -> list[str]:
    """List what is wrong with the database's clock and durability; empty where all is well."""
    found: list[str] = []
    async with database.reading() as db:
        theirs: datetime = await db.fetchval("SELECT clock_timestamp()")
        skew = (theirs - datetime.now(UTC)).total_seconds()
        if abs(skew) > _SKEW_SECONDS:
            found.append(
                f"the database's clock is {skew:+.1f} s from this machine's: set both by NTP"
            )
        off = [
            name
            for name in _DURABILITY
            if await db.fetchval("SELECT current_setting($1)", name) == "off"
        ]
        standbys = await _complaints_of_standbys(db)
    found += [f"{name} is off: a power cut may lose acknowledged writes" for name in off]
    return found + standbys


async def _complaints_of_standbys(db: ReadConnection) -> list[str]:
    """What may be lost, or waited for in vain, when the primary dies; logical copies are none."""
    row = await db.fetchrow(_STANDBYS)
    names = ", ".join(row["names"])
    if not row["required"]:
        return [_ASYNCHRONOUS.format(names=names)] if names else []
    if row["commits"] in ("off", "local"):
        return [_NOT_WAITED_FOR.format(commits=row["commits"])]
    return [] if names else [_NONE_ATTACHED.format(required=row["required"])]
