"""The use-case of the audit log."""

from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.people.domain import Entry, NewEntry
from wattyard.people.domain.audit import without_secrets
from wattyard.people.store import audit as store
from wattyard.people.store import server_audit as server_store
from wattyard.platform.db import Database


class AuditLog:
    """Who changed what in an account."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, context: Context, entry: NewEntry) -> None:
        """Record a change of the context's account, in the transaction that makes it.

        Values of secret fields are not kept.

        Raises:
            RuntimeError: outside a transaction.
        """
        await store.add(self._db.joined(), context.account, _made(context, entry))

    async def page(self, context: Context, window: PageWindow) -> Page[Entry]:
        """Read a page of the log of the context's account, of both modes, newest first."""
        async with self._db.reading() as db:
            return await store.page(db, context.account, window)

    async def record_of_server(self, context: Context, entry: NewEntry) -> None:
        """Record a change of the server itself, in the transaction that makes it.

        Raises:
            RuntimeError: outside a transaction.
        """
        await server_store.add(self._db.joined(), _made(context, entry))

    async def page_of_server(self, window: PageWindow) -> Page[Entry]:
        """Read the newest entries of what was changed at the server itself."""
        async with self._db.reading() as db:
            return await server_store.page(db, window)


def _made(context: Context, entry: NewEntry) -> Entry:
    person = entry.person
    return Entry(
        id=context.new_id(),
        action=entry.action,
        person_id=person.id if person else None,
        person_email=person.email if person else "",
        object_id=entry.object_id,
        before=without_secrets(entry.before),
        after=without_secrets(entry.after),
        live_mode=entry.live_mode,
        request_id=context.request_id,
        time_created=context.now,
    )
