"""What must hold before an account can move between two cells, each with what to do about it."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from wattyard.app.cells.clusters import MovingAccount
from wattyard.app.cells.tables import LOCAL, MOVED, OPENED, SHARED
from wattyard.kernel.values import dataclass
from wattyard.platform.db.sessions import OpenSession

ACCOUNTS_OF_A_CELL: Final = 10_000_000
"""Cell n gives its accounts the numbers from n times this, and one, on."""
MOST_CELLS: Final = 200
_OLDEST_MAJOR: Final = 15

_FACTS: Final = {
    "version": "SELECT current_setting('server_version_num')::int / 10000",
    "schema": "SELECT version_num FROM alembic_version",
    "cell": "SELECT max(number) FROM cells",
    "encryption": "SELECT array_agg(id ORDER BY id) FROM encryption_keys",
    "tokens": "SELECT array_agg(id::text ORDER BY id) FROM token_secrets",
    "signing": "SELECT array_agg(id ORDER BY id) FROM signing_keys WHERE time_retired IS NULL",
    "tables": """
        SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition
          AND relnamespace = current_schema()::regnamespace
    """,
    "columns": """
        SELECT array_agg(attrelid::regclass || '.' || attname ORDER BY 1)
        FROM (SELECT attrelid, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
              WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p')
                AND NOT relispartition AND relnamespace = current_schema()::regnamespace
              ORDER BY attrelid::regclass::text, attname) a
    """,
    "months": """
        SELECT coalesce(array_agg(inhrelid::regclass::text ORDER BY 1), '{}') FROM pg_inherits
        WHERE inhparent = 'meter_readings'::regclass
    """,
    "sources": """
        SELECT coalesce(array_agg(id || ' ' || code ORDER BY code), '{}') FROM market_sources
        WHERE account = 0
    """,
    "wal_level": "SELECT current_setting('wal_level')",
    "range": """
        SELECT ARRAY[min_value, max_value] FROM pg_sequences
        WHERE sequencename = 'accounts_account_seq'
    """,
}


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What two cells are compared by."""

    found: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (a column)
        return self.found[name]

    @property
    def title(self) -> str:
        """What the cell is called in messages."""
        return f"c{self['cell']}" if self["cell"] is not None else "a database that is no cell"


async def facts_of(db: OpenSession) -> CellFacts:
    """Ask a cell what it is compared by."""
    return CellFacts({name: await db.fetchval(question) for name, question in _FACTS.items()})


async def complaints_of_pair(source: OpenSession, target: OpenSession) -> list[str]:
    """List what two cells do not have in common, and must."""
    here, there = await asyncio.gather(facts_of(source), facts_of(target))
    found = [
        f"{one.title}: PostgreSQL {one['version']} cannot filter rows; cells need "
        f"{_OLDEST_MAJOR} or later"
        for one in (here, there)
        if one["version"] < _OLDEST_MAJOR
    ]
    found += [
        f"{one.title}: say which cell it is: wattyard cells number N --database …"
        for one in (here, there)
        if one["cell"] is None
    ]
    if here["cell"] is not None and here["cell"] == there["cell"]:
        found.append(f"both are cell {here['cell']}: each cell needs a number of its own")
    return found + _of_schema(here, there) + _of_secrets(here, there) + _of_numbers(here, there)


def _of_schema(here: CellFacts, there: CellFacts) -> list[str]:
    found = []
    if here["schema"] != there["schema"] or here["columns"] != there["columns"]:
        found.append(
            f"the schema is {here['schema']} at {here.title} and {there['schema']} at "
            f"{there.title}: bring both to the same release, and run `wattyard migrate` on each"
        )
    known = {one.name for one in MOVED} | {*OPENED, *SHARED, *LOCAL}
    strange = sorted({*here["tables"]} - known)
    if strange:
        found.append(
            f"{here.title} has tables that this release does not know: {', '.join(strange)}; move "
            "them to a schema of their own"
        )
    return found


def _of_secrets(here: CellFacts, there: CellFacts) -> list[str]:
    found = []
    if here["encryption"] != there["encryption"]:
        found.append(
            "their secrets are encrypted with different keys: give both the same "
            "WATTYARD_ENCRYPTION_KEY, and run `wattyard encryption-key apply` on each"
        )
    for name, what in (("tokens", "bearer tokens"), ("signing", "webhooks")):
        if here[name] != there[name]:
            found.append(
                f"they sign {what} with different secrets: run `wattyard cells publish --to …` "
                "at the first cell"
            )
    return found


def _of_numbers(here: CellFacts, there: CellFacts) -> list[str]:
    return [
        f"{one.title} gives accounts another cell's numbers: run `wattyard cells number "
        f"{one['cell']} --database …` again"
        for one in (here, there)
        if one["cell"] is not None and one["range"] != range_of(one["cell"])
    ]


def range_of(cell: int) -> list[int]:
    """The first and the last number that a cell gives to its accounts."""
    return [cell * ACCOUNTS_OF_A_CELL + 1, (cell + 1) * ACCOUNTS_OF_A_CELL]


async def complaints_of_move(
    source: OpenSession, target: OpenSession, account: MovingAccount
) -> list[str]:
    """List what keeps an account from moving, besides what the cells do not have in common."""
    found = await _of_source(source, account) + await _of_target(target)
    if await source.fetchval(
        "SELECT deletion_begun IS NOT NULL FROM accounts WHERE account = $1", account.number
    ):
        found.append("the account is being deleted")
    other = await target.fetchrow(
        "SELECT account, id, move_stage FROM accounts WHERE account = $1 OR id = $2",
        account.number,
        account.id,
    )
    if other is not None and (other["account"], other["id"]) != (account.number, account.id):
        found.append("the target has another account with the same number or id")
    elif other is not None and other["move_stage"] is not None:
        found.append("the target still has rows of an earlier move: purge them there first")
    lacking = await _lacking_sources(source, target, account)
    if lacking:
        found.append(
            f"the target lacks market sources of the operator that the account uses: "
            f"{', '.join(lacking)}; run `wattyard cells publish --to …` at the first cell"
        )
    return found


async def _of_source(source: OpenSession, account: MovingAccount) -> list[str]:
    found = []
    if await source.fetchval("SHOW wal_level") != "logical":
        found.append(
            "the source has wal_level other than logical: ALTER SYSTEM SET wal_level = logical, "
            "and restart its server"
        )
    if not await source.fetchval(
        "SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user"
    ):
        found.append("the role at the source may not replicate: ALTER ROLE … REPLICATION")
    if not await source.fetchval(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'sites'::regclass"
    ):
        found.append("the role at the source does not own the tables: connect as their owner")
    free = await source.fetchval(
        "SELECT current_setting('max_replication_slots')::int - count(*) FROM pg_replication_slots"
        " WHERE slot_name <> $1",
        account.name,
    )
    if free < 1:
        found.append("the source has no free replication slot: raise max_replication_slots")
    return found


async def _of_target(target: OpenSession) -> list[str]:
    found = []
    may = await target.fetchval(
        """
        SELECT rolsuper OR EXISTS (
            SELECT FROM pg_roles r WHERE r.rolname = 'pg_create_subscription'
              AND pg_has_role(current_user, r.oid, 'USAGE'))
        FROM pg_roles WHERE rolname = current_user
        """
    )
    if not may:
        found.append(
            "the role at the target may not subscribe: GRANT pg_create_subscription (PostgreSQL 16 "
            "and later), or connect as a superuser"
        )
    if await target.fetchval("SELECT current_setting('max_logical_replication_workers')::int") < 2:
        found.append(
            "the target has no workers for replication: set max_logical_replication_workers to 4 "
            "or more, and restart its server"
        )
    return found


async def _lacking_sources(
    source: OpenSession, target: OpenSession, account: MovingAccount
) -> list[str]:
    rows = await source.fetch(
        """
        SELECT s.id, s.code FROM market_sources s
        WHERE s.account = 0 AND EXISTS (
            SELECT FROM tariffs t WHERE t.account = $1
              AND (t.market_source_id = s.id OR s.code = ANY(t.market_codes)))
        """,
        account.number,
    )
    present = await target.fetch(
        "SELECT id FROM market_sources WHERE account = 0 AND id = ANY($1)",
        [row["id"] for row in rows],
    )
    there = {row["id"] for row in present}
    return sorted(row["code"] for row in rows if row["id"] not in there)
