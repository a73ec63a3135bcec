"""What waits for delivery, of all accounts: whether anything does, how much, and for how long."""

from datetime import datetime
from typing import Final

from wattyard.platform.db import ReadConnection

BACKLOG_COUNTED: Final = 10_000
"""More deliveries than this are not counted for the metrics: a count costs by the row."""


async def anything_waits(db: ReadConnection) -> bool:
    """Whether any delivery is pending, by one index probe."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM webhook_deliveries WHERE status = 'PENDING')"
    )
    return found


async def overdue(db: ReadConnection, before: datetime) -> tuple[int, datetime | None]:
    """Count deliveries to enabled endpoints due before a time; gives the oldest due time too."""
    row = await db.fetchrow(
        """
        SELECT count(*), min(d.due) FROM webhook_deliveries d
        JOIN webhook_endpoints e ON e.account = d.account AND e.live_mode = d.live_mode
            AND e.id = d.endpoint_id AND e.enabled
        JOIN accounts owner ON owner.account = d.account AND NOT owner.disabled
            AND owner.move_stage IS NULL
        WHERE d.status = 'PENDING' AND d.due < $1
        """,
        before,
    )
    return (row[0], row[1]) if row else (0, None)


async def backlog(db: ReadConnection, now: datetime) -> tuple[int, datetime | None]:
    """Count what is due to enabled endpoints, the oldest first, and give the time of the oldest."""
    row = await db.fetchrow(
        """
        SELECT count(*), min(due) FROM (
            SELECT d.due FROM webhook_deliveries d
            JOIN webhook_endpoints e ON e.account = d.account AND e.live_mode = d.live_mode
                AND e.id = d.endpoint_id AND e.enabled
            JOIN accounts owner ON owner.account = d.account AND NOT owner.disabled
                AND owner.move_stage IS NULL
            WHERE d.status = 'PENDING' AND d.due < $1 ORDER BY d.due LIMIT $2) AS waiting
        """,
        now,
        BACKLOG_COUNTED,
    )
    return (row[0], row[1]) if row else (0, None)
