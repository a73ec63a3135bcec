"""The SQL of the log of events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.events.domain import Event
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query

OVERDUE_COUNTED: Final = 1_000

_SELECT = "SELECT id, type, object_id, data, time_created FROM events"

DELIVERY_ID = """
    encode(set_byte(substr(uuid_send({time}), 1, 6) || substr(uuid_send(gen_random_uuid()), 7),
        6, get_byte(uuid_send(gen_random_uuid()), 6) & 15 | 112), 'hex')::uuid
"""
"""A UUIDv7 with the time of another one and random bits of its own."""

WANTS = """
    EXISTS (SELECT FROM unnest(endpoint.event_types) pattern
            WHERE pattern = {type}
               OR right(pattern, 1) = '*' AND starts_with({type}, left(pattern, -1)))
"""
"""The rule of `domain.endpoints.wants`."""


AT_SITES = """
    CASE WHEN substr(object_id, 1, 4) IN ('ste_', 'loc_')
         THEN 'loc_' || substr(object_id, 5) = ANY({0})
         WHEN substr(object_id, 1, 4) = 'dev_'
         THEN convert_from(data, 'UTF8')::jsonb -> 'locations' ?| {0}
         ELSE convert_from(data, 'UTF8')::jsonb ->> 'location_id' = ANY({0}) END
"""
"""The rule of `service.visible_events.seen_at`, for the ids of locations."""


async def append(db: WriteConnection, account: int, live: bool, events: Sequence[Event]) -> None:
    """Append events, with a delivery of each to every endpoint that wants it, in one statement.

    So every event that is committed has its deliveries.
    """
    await db.execute(
        f"""
        WITH told AS (
            INSERT INTO events (account, live_mode, id, type, object_id, data, time_created)
            SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[],
                                         $7::timestamptz[])
            RETURNING id, type, object_id, time_created
        )
        INSERT INTO webhook_deliveries
            (account, live_mode, id, endpoint_id, event_id, event_type, object_id, due,
             time_created)
        SELECT $1, $2, {DELIVERY_ID.format(time="told.id")}, endpoint.id, told.id, told.type,
               told.object_id, told.time_created, told.time_created
        FROM told JOIN webhook_endpoints endpoint
          ON endpoint.account = $1 AND endpoint.live_mode = $2 AND endpoint.enabled
         AND {WANTS.format(type="told.type")}
        ORDER BY told.id
        """,
        account,
        live,
        [event.id for event in events],
        [event.type for event in events],
        [event.object_id for event in events],
        [event.data for event in events],
        [event.time_created for event in events],
    )


async def append_for_one(
    db: WriteConnection, account: int, live: bool, event: Event, *, endpoint_id: UUID
) -> None:
    """Append an event for one endpoint only."""
    await db.execute(
        f"""
        WITH told AS (
            INSERT INTO events (account, live_mode, id, type, object_id, data, time_created)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING id, type, object_id, time_created
        )
        INSERT INTO webhook_deliveries
            (account, live_mode, id, endpoint_id, event_id, event_type, object_id, due,
             time_created)
        SELECT $1, $2, {DELIVERY_ID.format(time="id")}, $8, id, type, object_id, time_created,
               time_created
        FROM told
        """,
        account,
        live,
        event.id,
        event.type,
        event.object_id,
        event.data,
        event.time_created,
        endpoint_id,
    )


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[Event]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    rows = await db.fetch(query, *arguments)
    return Page.cut([Event(**row) for row in rows], window)


async def by_id(db: ReadConnection, account: int, live: bool, id_: UUID) -> Event | None:
    """Find one event."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3", account, live, id_
    )
    return None if row is None else Event(**row)


async def overdue(db: ReadConnection, id_: UUID) -> tuple[int, datetime | None]:
    """Count events older than an id, and give the time of the oldest.

    Up to `OVERDUE_COUNTED`, in as many accounts and modes: two or three index probes for each.
    Those of accounts that move, or have moved, are none of this cell's.
    """
    row = await db.fetchrow(
        """
        WITH RECURSIVE owners AS (
            (SELECT account, live_mode FROM events ORDER BY account, live_mode LIMIT 1)
            UNION ALL
            SELECT next.* FROM owners CROSS JOIN LATERAL (
                SELECT e.account, e.live_mode FROM events e
                WHERE (e.account, e.live_mode) > (owners.account, owners.live_mode)
                ORDER BY e.account, e.live_mode LIMIT 1) next
        )
        SELECT count(*), min(time_created) FROM (
            SELECT old.time_created FROM (
                SELECT owners.* FROM owners CROSS JOIN LATERAL (
                    SELECT FROM accounts a
                    WHERE a.account = owners.account AND a.move_stage IS NULL LIMIT 1) present
                LIMIT $2) looked_at
            CROSS JOIN LATERAL (
                SELECT e.time_created FROM events e
                WHERE e.account = looked_at.account AND e.live_mode = looked_at.live_mode
                  AND e.id < $1 ORDER BY e.id LIMIT $2) old
            LIMIT $2) counted
        """,
        id_,
        OVERDUE_COUNTED,
    )
    return row[0], row[1]


async def delete_before(
    db: WriteConnection, account: int, live: bool, id_: UUID, *, limit: int
) -> int:
    """Delete at most `limit` events older than an id, with their deliveries; gives how many."""
    done: str = await db.execute(
        """
        DELETE FROM events WHERE account = $1 AND live_mode = $2 AND id IN (
            SELECT id FROM events WHERE account = $1 AND live_mode = $2 AND id < $3
            ORDER BY id LIMIT $4)
        """,
        account,
        live,
        id_,
        limit,
    )
    return int(done.rpartition(" ")[2])
