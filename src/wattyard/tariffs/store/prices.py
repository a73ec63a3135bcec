"""The SQL of market prices: what is published, and what had been published before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel.clock_changes import Microseconds
from wattyard.kernel.instants import Span
from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.platform.db.columns import numbers, times_us
from wattyard.tariffs.domain.sources import MarketPrice, MarketSource

_AT_ONCE: Final = 5000
"""A statement with more arguments than this holds up the event loop while it is written."""
_BATCH = """
    unnest($4::timestamptz[], $5::timestamptz[], $6::float8[]) AS new (valid_from, valid_to, value)
"""


class Written(NamedTuple):
    """How many intervals a batch added, and how many it changed."""

    added: int
    changed: int


async def upsert(
    db: WriteConnection,
    account: int,
    live: bool,
    source: MarketSource,
    prices: Sequence[MarketPrice],
    *,
    now: datetime,
) -> Written:
    """Keep prices of a locked source; one that replaces another keeps the earlier as a version."""
    added = changed = 0
    for first in range(0, len(prices), _AT_ONCE):
        some = prices[first : first + _AT_ONCE]
        written = await _upsert(db, account, live, source, some, now=now)
        added, changed = added + written.added, changed + written.changed
    return Written(added, changed)


async def _upsert(
    db: WriteConnection,
    account: int,
    live: bool,
    source: MarketSource,
    prices: Sequence[MarketPrice],
    *,
    now: datetime,
) -> Written:
    columns = (
        [price.valid_from for price in prices],
        [price.valid_to for price in prices],
        [price.value for price in prices],
    )
    key = (account, live, source.id)
    changed = await db.execute(
        f"""
        INSERT INTO market_price_versions
        SELECT old.account, old.live_mode, old.source_id, old.valid_from, old.valid_to, old.value,
               old.time_recorded, $7, $8
        FROM market_prices old JOIN {_BATCH} USING (valid_from)
        WHERE old.account = $1 AND old.live_mode = $2 AND old.source_id = $3
          AND (old.valid_to, old.value) IS DISTINCT FROM (new.valid_to, new.value)
        """,
        *key,
        *columns,
        now,
        source.revision + 1,
    )
    written = await db.execute(
        f"""
        INSERT INTO market_prices (account, live_mode, source_id, valid_from, valid_to, value,
                                   time_recorded)
        SELECT $1, $2, $3, valid_from, valid_to, value, $7 FROM {_BATCH}
        ON CONFLICT (account, live_mode, source_id, valid_from) DO UPDATE SET
            valid_to = EXCLUDED.valid_to, value = EXCLUDED.value, time_recorded = $7
        WHERE (market_prices.valid_to, market_prices.value)
              IS DISTINCT FROM (EXCLUDED.valid_to, EXCLUDED.value)
        """,
        *key,
        *columns,
        now,
    )
    replaced = _count(changed)
    return Written(_count(written) - replaced, replaced)


async def first_overlap(
    db: ReadConnection, account: int, live: bool, source_id: UUID, start: datetime, end: datetime
) -> tuple[MarketPrice, MarketPrice] | None:
    """Find the first two neighbours that overlap, where one touches [start, end)."""
    row = await db.fetchrow(
        """
        SELECT * FROM (
            SELECT valid_from, valid_to, value, lead(valid_from) OVER w AS next_from,
                   lead(valid_to) OVER w AS next_to, lead(value) OVER w AS next_value
            FROM market_prices
            WHERE account = $1 AND live_mode = $2 AND source_id = $3 AND valid_from < $5
              AND valid_from >= COALESCE((
                SELECT max(valid_from) FROM market_prices
                WHERE account = $1 AND live_mode = $2 AND source_id = $3 AND valid_from < $4), $4)
            WINDOW w AS (ORDER BY valid_from)
        ) pair WHERE next_from < valid_to ORDER BY valid_from LIMIT 1
        """,
        account,
        live,
        source_id,
        start,
        end,
    )
    if row is None:
        return None
    return (
        MarketPrice(row["valid_from"], row["valid_to"], row["value"]),
        MarketPrice(row["next_from"], row["next_to"], row["next_value"]),
    )


async def any_kept(db: ReadConnection, account: int, live: bool, source_id: UUID) -> bool:
    """Check whether a source has any price."""
    return bool(
        await db.fetchval(
            """
            SELECT EXISTS (SELECT FROM market_prices
                           WHERE account = $1 AND live_mode = $2 AND source_id = $3)
            """,
            account,
            live,
            source_id,
        )
    )


class Block(NamedTuple):
    """Published intervals in order of time: starts, ends (microseconds since 1970), prices (n)."""

    starts_us: Microseconds
    ends_us: Microseconds
    prices: NDArray[np.float64]


async def between(
    db: ReadConnection,
    account: int,
    live: bool,
    source_id: UUID,
    span: Span,
    *,
    most: int,
) -> Block:
    """Read the intervals that meet a span, the first `most` of them."""
    row = await db.fetchrow(
        """
        SELECT string_agg(timestamptz_send(valid_from), '' ORDER BY valid_from),
               string_agg(timestamptz_send(valid_to), '' ORDER BY valid_from),
               string_agg(float8send(value), '' ORDER BY valid_from)
        FROM (
            SELECT valid_from, valid_to, value FROM market_prices
            WHERE account = $1 AND live_mode = $2 AND source_id = $3
              AND valid_from < $5 AND valid_to > $4
              AND valid_from >= COALESCE((
                SELECT max(valid_from) FROM market_prices
                WHERE account = $1 AND live_mode = $2 AND source_id = $3 AND valid_from <= $4), $4)
            ORDER BY valid_from LIMIT $6
        ) AS found
        """,
        account,
        live,
        source_id,
        span.start,
        span.end,
        most,
    )
    assert row is not None  # noqa: S101 (an aggregate of nothing is a row too)
    return Block(times_us(row[0]), times_us(row[1]), numbers(row[2]))


def _count(tag: str) -> int:
    """Read the number of rows from a command tag such as `INSERT 0 5`."""
    return int(tag.rpartition(" ")[2])
