"""The SQL of the counts by minute."""

from collections.abc import Sequence
from datetime import datetime

from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.requests.domain import Counts, MinuteCounts


async def add(db: WriteConnection, counted: Sequence[MinuteCounts]) -> None:
    """Add to the counts of several accounts.

    They come in the order of their keys, so that processes that add to the same ones wait for
    each other instead of blocking each other. Those of an account that was deleted meanwhile are
    passed over.
    """
    rows = sorted(
        (
            one.account,
            one.live_mode,
            one.minute,
            one.counts.requests,
            one.counts.errors_4xx,
            one.counts.errors_5xx,
            one.logged,
        )
        for one in counted
    )
    await db.execute(
        """
        INSERT INTO request_counts AS counted
            (account, live_mode, minute, requests, errors_4xx, errors_5xx, logged)
        SELECT new.* FROM unnest($1::int[], $2::boolean[], $3::timestamptz[], $4::int[],
                                 $5::int[], $6::int[], $7::int[]) AS new (account)
        WHERE EXISTS (SELECT FROM accounts WHERE accounts.account = new.account)
        ORDER BY 1, 2, 3
        ON CONFLICT (account, live_mode, minute) DO UPDATE
        SET requests = counted.requests + excluded.requests,
            errors_4xx = counted.errors_4xx + excluded.errors_4xx,
            errors_5xx = counted.errors_5xx + excluded.errors_5xx,
            logged = counted.logged + excluded.logged
        """,
        *map(list, zip(*rows, strict=True)),
    )


async def since(db: ReadConnection, account: int, live: bool, start: datetime) -> Counts:
    """Add up the counts from the minute of an instant on."""
    row = await db.fetchrow(
        """
        SELECT coalesce(sum(requests), 0)::bigint, coalesce(sum(errors_4xx), 0)::bigint,
               coalesce(sum(errors_5xx), 0)::bigint
        FROM request_counts
        WHERE account = $1 AND live_mode = $2 AND minute >= date_trunc('minute', $3::timestamptz)
        """,
        account,
        live,
        start,
    )
    return Counts(*row)


async def crowded(db: ReadConnection, most: int) -> list[tuple[int, datetime]]:
    """List the accounts with more than `most` requests in the log.

    Each with the minute whose requests, and those before it, are too many.
    """
    rows = await db.fetch(
        """
        SELECT account, max(minute) AS minute FROM (
            SELECT account, minute,
                   sum(sum(logged)) OVER (PARTITION BY account ORDER BY minute DESC) AS newer
            FROM request_counts WHERE logged > 0 GROUP BY account, minute) AS by_minute
        WHERE newer > $1 GROUP BY account
        """,
        most,
    )
    return [(row["account"], row["minute"]) for row in rows]


async def note_deleted(db: WriteConnection, account: int, live: bool, until: datetime) -> None:
    """Note that the requests of a minute, and of those before it, are no longer in the log."""
    await db.execute(
        """
        UPDATE request_counts SET logged = 0
        WHERE account = $1 AND live_mode = $2 AND minute <= $3 AND logged > 0
        """,
        account,
        live,
        until,
    )


async def forget(db: WriteConnection, before: datetime, *, limit: int) -> int:
    """Delete some counts of minutes before an instant, of every account; gives how many."""
    done: str = await db.execute(
        """
        DELETE FROM request_counts WHERE (account, live_mode, minute) IN (
            SELECT account, live_mode, minute FROM request_counts WHERE minute < $1
            ORDER BY minute LIMIT $2)
        """,
        before,
        limit,
    )
    return int(done.rpartition(" ")[2])
