"""The SQL of deliveries as their account sees them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from wattyard.events.domain.deliveries import AttemptMade, Delivery
from wattyard.events.domain.endpoints import TEST_TYPE
from wattyard.events.store.log import DELIVERY_ID, WANTS
from wattyard.kernel import ids
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query

_FIELDS = """
    id, endpoint_id, event_id, event_type, status, attempts,
    CASE status WHEN 'PENDING' THEN due END AS due,
    last_attempt, status_code, error, time_created, attempts_made
"""
_read_attempts = msgspec.json.Decoder(list[AttemptMade]).decode
_SELECT = f"SELECT {_FIELDS} FROM webhook_deliveries"


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[Delivery]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_delivery(row) for row in await db.fetch(query, *arguments)], window)


async def send_again(
    db: WriteConnection, account: int, live: bool, delivery_id: UUID, now: datetime
) -> Delivery | None:
    """Make a delivery due now; one that has ended starts over. None where there is none."""
    row = await db.fetchrow(
        f"""
        UPDATE webhook_deliveries
        SET due = $4, status = 'PENDING',
            attempts = CASE status WHEN 'PENDING' THEN attempts ELSE 0 END
        WHERE account = $1 AND live_mode = $2 AND id = $3 RETURNING {_FIELDS}
        """,
        account,
        live,
        delivery_id,
        now,
    )
    return None if row is None else _delivery(row)


async def replay(  # noqa: PLR0913 (account and mode come first)
    db: WriteConnection,
    account: int,
    live: bool,
    endpoint_id: UUID,
    *,
    first: UUID,
    now: datetime,
    limit: int,
) -> list[UUID]:
    """Deliver again every event from an id on that an endpoint wants: the events, in order.

    Events with a pending delivery there are not sent twice; tests are not repeated.
    """
    rows = await db.fetch(
        f"""
        WITH chosen AS (
            SELECT event.id, event.type, event.object_id FROM events event
            JOIN webhook_endpoints endpoint ON endpoint.account = $1 AND endpoint.live_mode = $2
                AND endpoint.id = $3
            WHERE event.account = $1 AND event.live_mode = $2 AND event.id >= $4
              AND event.type <> '{TEST_TYPE}' AND {WANTS.format(type="event.type")}
              AND NOT EXISTS (
                SELECT FROM webhook_deliveries waiting
                WHERE waiting.account = $1 AND waiting.live_mode = $2
                  AND waiting.event_id = event.id AND waiting.endpoint_id = $3
                  AND waiting.status = 'PENDING')
            ORDER BY event.id LIMIT $6
        )
        INSERT INTO webhook_deliveries
            (account, live_mode, id, endpoint_id, event_id, event_type, object_id, due,
             time_created)
        SELECT $1, $2, {DELIVERY_ID.format(time="$7::uuid")}, $3, id, type, object_id, $5, $5
        FROM chosen ORDER BY id
        RETURNING event_id
        """,
        account,
        live,
        endpoint_id,
        first,
        now,
        limit,
        ids.first_id_at(now),
    )  # fmt: skip
    return [row["event_id"] for row in rows]


def _delivery(row: asyncpg.Record) -> Delivery:
    made = row["attempts_made"]
    attempts = () if made is None else tuple(_read_attempts(made))
    return Delivery(**{**row, "attempts_made": attempts})
