"""The SQL of market sources. The operator's are those of account 0 in live mode."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from wattyard.kernel.pages import Window
from wattyard.platform.db import ReadConnection, WriteConnection, page_query, savepoint
from wattyard.tariffs.domain.sources import MarketSource, MarketSourceDraft

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
        *_said(source),
        source.time_created,
    )
    return row is not None


async def update(
    db: WriteConnection, account: int, live: bool, source_id: UUID, draft: MarketSourceDraft
) -> bool:
    """Update what is said of a source; False, and nothing done, when its code is taken."""
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
                *_said(draft),
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def page(db: ReadConnection, account: int, live: bool, window: Window) -> list[MarketSource]:
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


async def wanted(
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


def _said(draft: MarketSourceDraft) -> tuple[object, ...]:
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
