"""The SQL of the audit log of the server itself."""

from uuid import UUID

import msgspec

from wattyard.kernel.pages import Page, PageWindow
from wattyard.people.domain import Entry
from wattyard.people.store.audit import entry_of
from wattyard.platform.db import ReadConnection, WriteConnection

_ENTRY = """
    id, NULL::boolean AS live_mode, action, person_id, person_email, object_id, before, after,
    request_id, time_created
"""
_LAST = UUID(int=2**128 - 1)


async def add(db: WriteConnection, entry: Entry) -> None:
    """Add an entry."""
    await db.execute(
        """
        INSERT INTO server_audit_log (id, action, person_id, person_email, object_id, before, after,
                                      request_id, time_created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        entry.id,
        entry.action,
        entry.person_id,
        entry.person_email,
        entry.object_id,
        msgspec.json.encode(entry.before),
        msgspec.json.encode(entry.after),
        entry.request_id,
        entry.time_created,
    )


async def page(db: ReadConnection, window: PageWindow) -> Page[Entry]:
    """Read the newest entries of the log, or those before one."""
    rows = await db.fetch(
        f"SELECT {_ENTRY} FROM server_audit_log WHERE id < $1 ORDER BY id DESC LIMIT $2",
        window.older_than or _LAST,
        window.limit + 1,
    )
    return Page.cut([entry_of(row) for row in rows], window)
