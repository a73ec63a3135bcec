"""The SQL of events."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from wattyard.events.domain import Event
from wattyard.kernel.pages import Page, Window
from wattyard.platform.db import Connection, page_query

_SELECT = "SELECT id, type, object_id, data, time_created FROM events"


async def append(db: Connection, account: int, live: bool, events: Sequence[Event]) -> None:
    """Append events in one statement."""
    await db.execute(
        """
        INSERT INTO events (account, live_mode, id, type, object_id, data, time_created)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[],
                                     $7::timestamptz[])
        """,
        account,
        live,
        [event.id for event in events],
        [event.type for event in events],
        [event.object_id for event in events],
        [event.data for event in events],
        [event.time_created for event in events],
    )


async def page(
    db: Connection, account: int, live: bool, window: Window, filters: Mapping[str, object]
) -> Page[Event]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    rows = await db.fetch(query, *arguments)
    return Page.cut([Event(**row) for row in rows], window)


async def by_id(db: Connection, account: int, live: bool, id_: UUID) -> Event | None:
    """Find one event."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3", account, live, id_
    )
    return None if row is None else Event(**row)
