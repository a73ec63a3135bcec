"""The SQL of sites whose devices changed and whose events are still due."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.sites.domain.gathering import DueSite


async def note(
    db: WriteConnection, account: int, live: bool, moved: Mapping[UUID, bool], due: datetime
) -> None:
    """Note locked sites whose devices changed, and whether one came or went.

    One that is noted already keeps its time.
    """
    await db.execute(
        """
        INSERT INTO site_events_due (account, live_mode, site_id, moved, due)
        SELECT $1, $2, site_id, moved, $5
        FROM unnest($3::uuid[], $4::bool[]) AS new (site_id, moved)
        ON CONFLICT (account, live_mode, site_id)
        DO UPDATE SET moved = site_events_due.moved OR excluded.moved
        """,
        account,
        live,
        list(moved),
        list(moved.values()),
        due,
    )


async def due_sites(db: ReadConnection, now: datetime, most: int) -> list[DueSite]:
    """List sites of every account whose events are due, the longest first."""
    rows = await db.fetch(
        """
        SELECT d.account, a.id AS account_id, d.live_mode, d.site_id
        FROM site_events_due d JOIN accounts a ON a.account = d.account AND a.move_stage IS NULL
        WHERE d.due <= $1 ORDER BY d.due LIMIT $2
        """,
        now,
        most,
    )
    return [DueSite(*row) for row in rows]


async def take(db: WriteConnection, account: int, live: bool, site_id: UUID) -> bool | None:
    """Take a locked site off the list; None where it is not on it.

    Gives whether a device came or went.
    """
    moved: bool | None = await db.fetchval(
        """
        DELETE FROM site_events_due WHERE account = $1 AND live_mode = $2 AND site_id = $3
        RETURNING moved
        """,
        account,
        live,
        site_id,
    )
    return moved
