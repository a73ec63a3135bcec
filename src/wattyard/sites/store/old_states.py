"""The SQL of the retention of device states."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.platform.db import ReadConnection, WriteConnection

DEVICES_LOOKED_AT: Final = 1_000


async def accounts_that_stay(db: ReadConnection) -> list[int]:
    """List the accounts that do not move, in the order of their numbers."""
    rows = await db.fetch("SELECT account FROM accounts WHERE move_stage IS NULL ORDER BY account")
    return [row["account"] for row in rows]


async def devices_after(
    db: ReadConnection, account: int, live: bool, device_id: UUID | None, *, limit: int
) -> list[UUID]:
    """List devices in the order of their ids: those after one, None for the first."""
    rows = await db.fetch(
        """
        SELECT id FROM devices WHERE account = $1 AND live_mode = $2 AND id > $3
        ORDER BY id LIMIT $4
        """,
        account,
        live,
        device_id or UUID(int=0),
        limit,
    )
    return [row["id"] for row in rows]


async def delete_before(
    db: WriteConnection,
    account: int,
    live: bool,
    device_ids: Sequence[UUID],
    id_: UUID,
    *,
    limit: int,
) -> int:
    """Delete at most `limit` states of some devices that are older than an id; gives how many.

    The current state of a device, the newest by its own time, stays however old it is.
    """
    done: str = await db.execute(
        """
        DELETE FROM device_states WHERE account = $1 AND live_mode = $2 AND (device_id, id) IN (
            SELECT old.device_id, old.id FROM unnest($3::uuid[]) AS one (device)
            CROSS JOIN LATERAL (
                SELECT s.device_id, s.id FROM device_states s
                WHERE s.account = $1 AND s.live_mode = $2 AND s.device_id = one.device
                  AND s.id < $4 AND s.id <> (
                    SELECT n.id FROM device_states n
                    WHERE n.account = $1 AND n.live_mode = $2 AND n.device_id = one.device
                    ORDER BY n.time DESC, n.id DESC LIMIT 1)
                ORDER BY s.id LIMIT $5) old
            LIMIT $5)
        """,
        account,
        live,
        list(device_ids),
        id_,
        limit,
    )
    return int(done.rpartition(" ")[2])


async def overdue(db: ReadConnection, received: datetime) -> tuple[int, datetime | None]:
    """Count devices that have a state received before a time, besides their current one.

    Gives how many, and when the oldest of these states was received. `DEVICES_LOOKED_AT` devices
    are looked at, by two index probes each: those whose turn comes last when states are deleted,
    of accounts that do not move.
    """
    row = await db.fetchrow(
        """
        SELECT count(*) FILTER (WHERE oldest < $1), min(oldest) FILTER (WHERE oldest < $1)
        FROM (
            SELECT (SELECT s.time_created FROM device_states s
                    WHERE s.account = d.account AND s.live_mode = d.live_mode
                      AND s.device_id = d.id AND s.id <> (
                        SELECT n.id FROM device_states n
                        WHERE n.account = d.account AND n.live_mode = d.live_mode
                          AND n.device_id = d.id ORDER BY n.time DESC, n.id DESC LIMIT 1)
                    ORDER BY s.id LIMIT 1) AS oldest
            FROM devices d JOIN accounts a ON a.account = d.account AND a.move_stage IS NULL
            ORDER BY d.account DESC, d.live_mode DESC, d.id DESC LIMIT $2
        ) looked_at
        """,
        received,
        DEVICES_LOOKED_AT,
    )
    return row[0], row[1]
