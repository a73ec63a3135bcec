"""The SQL of market sources. The operator's are those of account 0 in live mode."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from wattyard.kernel.arrays import Numbers
from wattyard.kernel.clock_changes import Microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.pages import PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query, savepoint
from wattyard.platform.db.columns import numbers, times_us
from wattyard.tariffs.domain.sources import (
    MarketPrice,
    MarketSource,
    MarketSourceDraft,
    PriceVersion,
)

OPERATOR: Final = (0, True)
"""The account number and mode under which the operator's sources are kept."""

COLUMNS = """
    id, code, display_name, currency_code, unit, timezone, resolution_minutes, publishes_at, area,
    time_created, revision, time_published, published_until
"""
_BY_ID = f"""
    SELECT account = 0 AS shared, {COLUMNS} FROM market_sources
    WHERE ((account = $1 AND live_mode = $2) OR (account = 0 AND live_mode)) AND id = $3
"""


async def insert(db: WriteConnection, account: int, live: bool, source: MarketSource) -> bool:
    """Insert a source; False when its code is taken."""
    row = await db.fetchrow(
        """
        INSERT INTO market_sources
            (account, live_mode, id, code, display_name, currency_code, unit, timezone,
             resolution_minutes, publishes_at, area, time_created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (account, live_mode, code) DO NOTHING RETURNING id
        """,
        account,
        live,
        source.id,
        *_draft_columns(source),
        source.time_created,
    )
    return row is not None


async def published_since(db: ReadConnection, at: datetime) -> dict[UUID, datetime]:
    """Find which sources of any account published since an instant, and when they did."""
    rows = await db.fetch(
        "SELECT id, time_published FROM market_sources WHERE time_published > $1", at
    )
    return {row["id"]: row["time_published"] for row in rows}


async def update(
    db: WriteConnection, account: int, live: bool, source_id: UUID, draft: MarketSourceDraft
) -> bool:
    """Update the description of a source; False, and nothing done, when its code is taken."""
    try:
        async with savepoint(db):
            await db.execute(
                """
                UPDATE market_sources SET
                    code = $4, display_name = $5, currency_code = $6, unit = $7, timezone = $8,
                    resolution_minutes = $9, publishes_at = $10, area = $11
                WHERE account = $1 AND live_mode = $2 AND id = $3
                """,
                account,
                live,
                source_id,
                *_draft_columns(draft),
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow
) -> list[MarketSource]:
    """Read up to `limit + 1` sources of the account and the operator, in the order of travel."""
    selection = f"SELECT {COLUMNS} FROM market_sources"
    query, arguments = page_query(selection, account, live, window, {})
    found = [source_of(row, shared=False) for row in await db.fetch(query, *arguments)]
    query, arguments = page_query(selection, *OPERATOR, window, {})
    found += [source_of(row, shared=True) for row in await db.fetch(query, *arguments)]
    found.sort(key=lambda source: source.id, reverse=not window.backwards)
    return found[: window.limit + 1]


async def by_id(
    db: ReadConnection, account: int, live: bool, source_id: UUID
) -> MarketSource | None:
    """Find a source of the account or the operator."""
    row = await db.fetchrow(_BY_ID, account, live, source_id)
    return None if row is None else source_of(row, shared=row["shared"])


async def locked(
    db: WriteConnection, account: int, live: bool, source_id: UUID
) -> MarketSource | None:
    """Find a source of the account or the operator, and keep others from changing it."""
    row = await db.fetchrow(f"{_BY_ID} FOR UPDATE", account, live, source_id)
    return None if row is None else source_of(row, shared=row["shared"])


async def by_ids_or_codes(
    db: ReadConnection, account: int, live: bool, ids: Collection[UUID], codes: Collection[str]
) -> list[MarketSource]:
    """Find sources by id or by code; an account's own come first."""
    rows = await db.fetch(
        f"""
        SELECT account = 0 AS shared, {COLUMNS} FROM market_sources
        WHERE ((account = $1 AND live_mode = $2) OR (account = 0 AND live_mode))
          AND (id = ANY($3) OR code = ANY($4))
        ORDER BY account = 0
        """,
        account,
        live,
        list(ids),
        list(codes),
    )
    return [source_of(row, shared=row["shared"]) for row in rows]


async def by_code(db: ReadConnection, account: int, live: bool, code: str) -> MarketSource | None:
    """Find a source of exactly this account and mode by its code."""
    row = await db.fetchrow(
        f"""
        SELECT {COLUMNS} FROM market_sources
        WHERE account = $1 AND live_mode = $2 AND code = $3
        """,
        account,
        live,
        code,
    )
    return None if row is None else source_of(row, shared=(account, live) == OPERATOR)


async def published(
    db: WriteConnection, account: int, live: bool, source_id: UUID, now: datetime
) -> MarketSource:
    """Note that the prices of a source have changed, and give it as it is now."""
    row = await db.fetchrow(
        f"""
        UPDATE market_sources SET
            revision = revision + 1, time_published = $4,
            published_until = (SELECT valid_to FROM market_prices
                               WHERE account = $1 AND live_mode = $2 AND source_id = $3
                               ORDER BY valid_from DESC LIMIT 1)
        WHERE account = $1 AND live_mode = $2 AND id = $3 RETURNING {COLUMNS}
        """,
        account,
        live,
        source_id,
        now,
    )
    return source_of(row, shared=(account, live) == OPERATOR)


def _draft_columns(draft: MarketSourceDraft) -> tuple[object, ...]:
    return (
        draft.code,
        draft.display_name,
        draft.currency_code,
        draft.unit,
        draft.timezone,
        draft.resolution_minutes,
        draft.publishes_at,
        draft.area,
    )


def source_of(row: Mapping[str, Any] | asyncpg.Record, *, shared: bool) -> MarketSource:
    """Read a source from a row of `COLUMNS`."""
    fields = dict(row)
    fields["shared"] = shared
    return MarketSource(**fields)


_AT_ONCE: Final = 5000
"""A statement with more arguments than this holds up the event loop while it is written."""
_BATCH = """
    unnest($4::timestamptz[], $5::timestamptz[], $6::float8[]) AS new (valid_from, valid_to, value)
"""


class UpsertCounts(NamedTuple):
    """How many intervals a batch added, and how many it changed."""

    added: int
    changed: int


async def keep_prices(
    db: WriteConnection,
    account: int,
    live: bool,
    source: MarketSource,
    prices: Sequence[MarketPrice],
    *,
    now: datetime,
) -> UpsertCounts:
    """Keep prices of a locked source; one that replaces another keeps the earlier as a version."""
    added = changed = 0
    for first in range(0, len(prices), _AT_ONCE):
        some = prices[first : first + _AT_ONCE]
        written = await _keep(db, account, live, source, some, now=now)
        added, changed = added + written.added, changed + written.changed
    return UpsertCounts(added, changed)


async def _keep(
    db: WriteConnection,
    account: int,
    live: bool,
    source: MarketSource,
    prices: Sequence[MarketPrice],
    *,
    now: datetime,
) -> UpsertCounts:
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
    return UpsertCounts(_count(written) - replaced, replaced)


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


async def has_prices(db: ReadConnection, account: int, live: bool, source_id: UUID) -> bool:
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


class PublishedIntervals(NamedTuple):
    """Published intervals in order of time: starts, ends (microseconds since 1970), prices (n)."""

    starts_us: Microseconds
    ends_us: Microseconds
    prices: Numbers


async def prices_between(
    db: ReadConnection,
    account: int,
    live: bool,
    source_id: UUID,
    span: Span,
    *,
    most: int,
) -> PublishedIntervals:
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
    return PublishedIntervals(times_us(row[0]), times_us(row[1]), numbers(row[2]))


async def versions_between(
    db: ReadConnection, account: int, live: bool, source_id: UUID, span: Span, *, most: int
) -> list[PriceVersion]:
    """Read the prices of a span that were replaced since, the latest intervals first."""
    rows = await db.fetch(
        """
        SELECT valid_from, valid_to, value, time_recorded, time_replaced, revision
        FROM market_price_versions
        WHERE account = $1 AND live_mode = $2 AND source_id = $3
          AND valid_from >= $4 AND valid_from < $5
        ORDER BY valid_from DESC, revision DESC LIMIT $6
        """,
        account,
        live,
        source_id,
        span.start,
        span.end,
        most,
    )
    return [PriceVersion(MarketPrice(*row[:3]), *row[3:]) for row in rows]


def _count(tag: str) -> int:
    """Read the number of rows from a command tag such as `INSERT 0 5`."""
    return int(tag.rpartition(" ")[2])
