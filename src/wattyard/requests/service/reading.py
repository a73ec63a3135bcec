"""The use-cases of reading the request log."""

from datetime import datetime
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import Database
from wattyard.requests.domain import (
    Counts,
    LoggedRequest,
    RequestFilter,
    RequestLine,
    RequestNotFound,
    log_begin,
)
from wattyard.requests.store import counts as counts_store
from wattyard.requests.store import log as store


class Requests:
    """The requests of an account and mode in the last seven days."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(
        self, context: Context, window: PageWindow, wanted: RequestFilter
    ) -> Page[RequestLine]:
        """Read one page, newest first, without bodies."""
        begin = log_begin(context.now)
        filters = {
            "status / 100 = {}": wanted.status_class,
            "operation = {}": wanted.operation,
            "id >= {}": ids.first_id_at(max(wanted.since or begin, begin)),
        }
        async with self._db.reading() as db:
            return await store.page(db, context.account, context.live_mode, window, filters)

    async def request(self, context: Context, request_id: UUID) -> LoggedRequest:
        """Find a request, with what was sent and the error that was answered.

        Raises:
            RequestNotFound: when it is not, or no longer, in the log.
        """
        async with self._db.reading() as db:
            found = await store.find(db, context.account, context.live_mode, request_id)
        if found is None or found.line.time < log_begin(context.now):
            raise RequestNotFound(
                f"there is no request {ids.wire('req', request_id)} in the log of the last 7 days"
            )
        return found

    async def counts(self, context: Context, since: datetime) -> Counts:
        """How many requests there were since an instant, to the minute, and how many errors."""
        async with self._db.reading() as db:
            return await counts_store.since(db, context.account, context.live_mode, since)
