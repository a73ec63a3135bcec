"""The SQL of the order of events: the numbers that were drawn, and who may still write one."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from wattyard.events.domain import Event
from wattyard.kernel.values import dataclass
from wattyard.platform.db import ReadConnection, WriteConnection

_LOOKED_BACK_MS: Final = 60_000
_LOOKED_AT: Final = 1_000
_NO_ID: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The last number that was drawn, in one life of one server.

    `server` changes with a restart, a failover, and a crash of one of the server's processes, after
    which it goes on as the same server: numbers drawn and transactions known before that no longer
    mean anything. (What the server counts is reset by a crash and by nobody without privileges.)
    """

    server: str
    number: int


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the order: after the event of a number.

    Number 0 is before all numbers; there, `written` and `id` are the position among the events of
    before there were numbers, None after all of them.
    """

    number: int
    written: datetime | None = None
    id: UUID = _NO_ID


async def drawn(db: ReadConnection) -> Drawn:
    """Read the last number. Ask for the writers afterwards, by a statement of its own."""
    row = await db.fetchrow(
        """
        SELECT pg_postmaster_start_time()::text
                   || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
                   || pg_stat_get_bgwriter_stat_reset_time()::text AS server,
               CASE WHEN is_called THEN last_value ELSE 0 END AS number
        FROM events_sequence
        """
    )
    return Drawn(row["server"], row["number"])


async def writers(db: ReadConnection) -> frozenset[str]:
    """Name the transactions that have written events, or are about to, and have not ended.

    Not those that copy the events of an account that arrives from another cell: they have numbers
    already, and nobody follows them before all of them are there.
    """
    rows = await db.fetch(
        """
        SELECT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'events'::regclass
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND granted AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock',
                               'ExclusiveLock', 'AccessExclusiveLock')
          AND NOT EXISTS (SELECT FROM pg_stat_get_subscription(NULL) s WHERE s.pid = pg_locks.pid)
        """
    )
    return frozenset(row["virtualtransaction"] for row in rows)


async def position_of(db: ReadConnection, account: int, live: bool, id_: UUID) -> Position | None:
    """Find the position of an event, None where there is neither it nor a later one.

    Where it is gone (deleted, or lost with a server that failed), the position is before everything
    that may have come after it: some events may then be given twice, none is skipped.
    """
    row = await db.fetchrow(
        """
        SELECT sequence, written FROM events WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        id_,
    )
    if row is not None:
        return Position(row["sequence"] or 0, None if row["sequence"] else row["written"], id_)
    row = await db.fetchrow(
        """
        SELECT min(sequence) - 1 AS number, min(written) FILTER (WHERE sequence IS NULL) AS written
        FROM (SELECT sequence, written FROM events
              WHERE account = $1 AND live_mode = $2 AND id >= $3 ORDER BY id LIMIT $4) later
        HAVING count(*) > 0
        """,
        account,
        live,
        _earlier(id_),
        _LOOKED_AT,
    )
    if row is None:
        return None
    return Position(0, row["written"]) if row["written"] else Position(row["number"])


async def after(
    db: ReadConnection, account: int, live: bool, position: Position, *, until: int, limit: int
) -> list[tuple[Position, Event]]:
    """Read the events after a position, up to a number and with it, in order."""
    found: list[tuple[Position, Event]] = []
    if position.written is not None:
        rows = await db.fetch(
            """
            SELECT id, type, object_id, data, time_created, written AS position FROM events
            WHERE account = $1 AND live_mode = $2 AND (written, id) > ($3, $4)
              AND sequence IS NULL
            ORDER BY written, id LIMIT $5
            """,
            account,
            live,
            position.written,
            position.id,
            limit,
        )
        found = [(Position(0, row["position"], row["id"]), _event(row)) for row in rows]
    if len(found) < limit:
        rows = await db.fetch(
            """
            SELECT id, type, object_id, data, time_created, sequence AS position FROM events
            WHERE account = $1 AND live_mode = $2 AND sequence > $3 AND sequence <= $4
            ORDER BY sequence LIMIT $5
            """,
            account,
            live,
            position.number,
            until,
            limit - len(found),
        )
        found += [(Position(row["position"]), _event(row)) for row in rows]
    return found


async def raise_above(db: WriteConnection) -> int:
    """Make the next number higher than any existing one; gives by how many it was raised.

    Events restored from another database have that database's numbers.
    """
    raised: int = await db.fetchval(
        """
        WITH RECURSIVE owners AS (
            (SELECT account, live_mode FROM events ORDER BY account, live_mode LIMIT 1)
            UNION ALL
            SELECT next.* FROM owners CROSS JOIN LATERAL (
                SELECT e.account, e.live_mode FROM events e
                WHERE (e.account, e.live_mode) > (owners.account, owners.live_mode)
                ORDER BY e.account, e.live_mode LIMIT 1) next
        ), highest AS (
            SELECT max(last.sequence) AS number FROM owners CROSS JOIN LATERAL (
                SELECT e.sequence FROM events e
                WHERE e.account = owners.account AND e.live_mode = owners.live_mode
                  AND e.sequence IS NOT NULL
                ORDER BY e.sequence DESC LIMIT 1) last
        )
        SELECT CASE WHEN number > last_value
               THEN setval('events_sequence', number) - last_value ELSE 0 END
        FROM events_sequence CROSS JOIN highest
        """
    )
    return raised or 0


def _event(row: Any) -> Event:  # noqa: ANN401 (a record)
    return Event(row["id"], row["type"], row["object_id"], row["data"], row["time_created"])


def _earlier(id_: UUID) -> UUID:
    """Give the id that sorts before all those made in the minute before an id was."""
    return UUID(int=max(0, (id_.int >> 80) - _LOOKED_BACK_MS) << 80)
