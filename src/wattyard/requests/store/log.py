"""The SQL of logged requests: written in batches, read by page."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.requests.domain import LoggedRequest, NewRequest, RequestLine

_LINE = """
    id, time, method, operation, path, query, status, duration_ms, error_code, key_id, address,
    replayed
"""


async def add(db: WriteConnection, requests: Sequence[NewRequest]) -> None:
    """Add requests of several accounts; one that is there already stays as it is.

    Those of an account that was deleted while they were answered are passed over.
    """
    rows = [
        (
            new.account,
            new.live_mode,
            one.line.id,
            one.line.time,
            one.line.method,
            one.line.operation,
            one.line.path,
            one.line.query,
            one.line.status,
            one.line.duration_ms,
            one.line.error_code,
            one.line.key_id,
            one.line.address,
            one.line.replayed,
            one.body,
            one.body_is_cut,
            one.answer,
        )
        for new in requests
        for one in (new.request,)
    ]
    await db.execute(
        f"""
        INSERT INTO requests (account, live_mode, {_LINE}, body, body_is_cut, answer)
        SELECT new.* FROM unnest($1::int[], $2::boolean[], $3::uuid[], $4::timestamptz[],
            $5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[], $10::real[],
            $11::text[], $12::uuid[], $13::text[], $14::boolean[], $15::bytea[], $16::boolean[],
            $17::bytea[]) AS new (account)
        WHERE EXISTS (SELECT FROM accounts WHERE accounts.account = new.account)
        ON CONFLICT DO NOTHING
        """,
        *map(list, zip(*rows, strict=True)),
    )


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[RequestLine]:
    """Read one page, without bodies."""
    query, arguments = page_query(f"SELECT {_LINE} FROM requests", account, live, window, filters)
    return Page.cut([_line(row) for row in await db.fetch(query, *arguments)], window)


async def find(db: ReadConnection, account: int, live: bool, id_: UUID) -> LoggedRequest | None:
    """Find a request with its bodies; None where there is none."""
    row = await db.fetchrow(
        f"""
        SELECT {_LINE}, body, body_is_cut, answer FROM requests
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        id_,
    )
    if row is None:
        return None
    return LoggedRequest(_line(row), row["body"], row["body_is_cut"], row["answer"])


async def delete_before(
    db: WriteConnection, account: int, live: bool, first_kept: UUID, *, limit: int
) -> int:
    """Delete requests that came before an id, the oldest first; gives how many."""
    done: str = await db.execute(
        """
        DELETE FROM requests WHERE account = $1 AND live_mode = $2 AND id IN (
            SELECT id FROM requests WHERE account = $1 AND live_mode = $2 AND id < $3
            ORDER BY id LIMIT $4)
        """,
        account,
        live,
        first_kept,
        limit,
    )
    return int(done.rpartition(" ")[2])


async def accounts_with_requests(db: ReadConnection, before: UUID) -> list[tuple[int, bool]]:
    """List the accounts and modes that have requests before an id, one index probe each."""
    rows = await db.fetch(
        """
        WITH RECURSIVE found AS (
            (SELECT account, live_mode FROM requests WHERE id < $1
             ORDER BY account, live_mode LIMIT 1)
            UNION ALL
            SELECT next.* FROM found CROSS JOIN LATERAL (
                SELECT r.account, r.live_mode FROM requests r
                WHERE (r.account, r.live_mode) > (found.account, found.live_mode) AND r.id < $1
                ORDER BY r.account, r.live_mode LIMIT 1) next
        )
        SELECT account, live_mode FROM found
        """,
        before,
    )
    return [(row["account"], row["live_mode"]) for row in rows]


def _line(row: asyncpg.Record) -> RequestLine:
    return RequestLine(*row[:12])
