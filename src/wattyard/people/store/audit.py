"""The SQL of the audit log: one for both modes of an account."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.pages import Page, PageWindow
from wattyard.people.domain import Entry
from wattyard.platform.db import ReadConnection, WriteConnection

_ENTRY = """
    id, live_mode, action, person_id, person_email, object_id, before, after, request_id,
    time_created
"""
_FIRST = UUID(int=2**128 - 1)


async def add(db: WriteConnection, account: int, entry: Entry) -> None:
    """Add an entry."""
    await db.execute(
        f"""
        INSERT INTO audit_log (account, {_ENTRY})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        account,
        entry.id,
        entry.live_mode,
        entry.action,
        entry.person_id,
        entry.person_email,
        entry.object_id,
        msgspec.json.encode(entry.before),
        msgspec.json.encode(entry.after),
        entry.request_id,
        entry.time_created,
    )


async def page(db: ReadConnection, account: int, window: PageWindow) -> Page[Entry]:
    """Read a page of the log, newest first."""
    if window.backwards:
        rows = await db.fetch(
            f"SELECT {_ENTRY} FROM audit_log WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3",
            account,
            window.newer_than,
            window.limit + 1,
        )
    else:
        rows = await db.fetch(
            f"""
            SELECT {_ENTRY} FROM audit_log
            WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3
            """,
            account,
            window.older_than or _FIRST,
            window.limit + 1,
        )
    return Page.cut([entry_of(row) for row in rows], window)


def entry_of(row: asyncpg.Record) -> Entry:
    """Read an entry from a row."""
    return Entry(
        id=row["id"],
        action=row["action"],
        person_id=row["person_id"],
        person_email=row["person_email"],
        object_id=row["object_id"],
        before=_document(row["before"]),
        after=_document(row["after"]),
        live_mode=row["live_mode"],
        request_id=row["request_id"],
        time_created=row["time_created"],
    )


def _document(stored: bytes) -> Any:  # noqa: ANN401 (any JSON value)
    return msgspec.json.decode(stored)
