"""The SQL of how the operator's market sources are fetched."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.platform.encryption import EncryptedColumn, Keyring
from wattyard.tariffs.domain.fetching import Subscription
from wattyard.tariffs.store.sources import COLUMNS, source_of

FEED_OPTIONS: Final = EncryptedColumn(
    "market_sources",
    "feed_options_encrypted",
    ("account", "live_mode", "id"),
    plain="feed_options",
    nothing="'{}'::jsonb",
)
"""A token of the source's may be among them."""

_COLUMNS = f"""
    {COLUMNS}, feed, feed_options, feed_options_encrypted, next_fetch, time_fetched, failures,
    last_failure
"""


async def subscribe(
    db: WriteConnection,
    account: int,
    live: bool,
    source_id: UUID,
    subscription: Subscription,
    *,
    keyring: Keyring,
) -> None:
    """Keep how a source is fetched, and let it be fetched soon."""
    await db.execute(
        """
        UPDATE market_sources SET feed = $4, feed_options = '{}', feed_options_encrypted = $5,
                                  next_fetch = $6, failures = 0
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        source_id,
        subscription.feed,
        FEED_OPTIONS.encrypt(keyring, msgspec.json.encode(dict(subscription.options)), source_id),
        subscription.next_fetch,
    )


async def claim_due(
    db: WriteConnection,
    account: int,
    live: bool,
    now: datetime,
    lease: timedelta,
    *,
    keyring: Keyring,
) -> list[Subscription]:
    """Claim the sources that are due: nobody else has them until the lease is over."""
    rows = await db.fetch(
        f"""
        UPDATE market_sources SET next_fetch = $3 + $4
        WHERE account = $1 AND live_mode = $2 AND id = ANY(ARRAY(
            SELECT id FROM market_sources
            WHERE account = $1 AND live_mode = $2 AND feed IS NOT NULL AND next_fetch <= $3
            ORDER BY next_fetch LIMIT 20 FOR UPDATE SKIP LOCKED))
        RETURNING {_COLUMNS}
        """,
        account,
        live,
        now,
        lease,
    )
    return [_subscription(row, keyring) for row in rows]


async def fetched(
    db: WriteConnection, account: int, live: bool, source_id: UUID, subscription: Subscription
) -> None:
    """Note how a fetch ended and when the next one is due."""
    await db.execute(
        """
        UPDATE market_sources SET next_fetch = $4, time_fetched = $5, failures = $6,
                                  last_failure = $7
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        source_id,
        subscription.next_fetch,
        subscription.time_fetched,
        subscription.failures,
        subscription.last_failure,
    )


async def everything(
    db: ReadConnection, account: int, live: bool, *, keyring: Keyring
) -> list[Subscription]:
    """List all sources, with or without a feed, by code."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM market_sources WHERE account = $1 AND live_mode = $2"
        " ORDER BY code",
        account,
        live,
    )
    return [_subscription(row, keyring) for row in rows]


def _subscription(row: asyncpg.Record, keyring: Keyring) -> Subscription:
    fields = dict(row)
    kept = FEED_OPTIONS.secret_of(
        keyring, fields.pop("feed_options_encrypted"), fields.pop("feed_options"), fields["id"]
    )
    options = msgspec.json.decode(kept, type=dict[str, str])
    how = {
        name: fields.pop(name)
        for name in ("feed", "next_fetch", "time_fetched", "failures", "last_failure")
    }
    how["feed"] = how["feed"] or ""
    return Subscription(source=source_of(fields, shared=True), options=options, **how)
