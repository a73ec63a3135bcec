"""The SQL of webhook endpoints."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import asyncpg

from wattyard.events.domain.endpoints import Endpoint
from wattyard.kernel.pages import Page, Window
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.platform.encryption import EncryptedColumn

_KEYS: Final = ("account", "live_mode", "id")
SECRET: Final = EncryptedColumn("webhook_endpoints", "secret_encrypted", _KEYS, plain="secret")
PREVIOUS_SECRET: Final = EncryptedColumn("webhook_endpoints", "previous_secret_encrypted", _KEYS)
HEADERS: Final = EncryptedColumn("webhook_endpoints", "headers_encrypted", _KEYS)

_SELECT = """
    SELECT id, url, event_types, description, enabled, time_created, failing_since
    FROM webhook_endpoints
"""
_BY_ID = f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3"


async def insert(
    db: WriteConnection,
    account: int,
    live: bool,
    endpoint: Endpoint,
    *,
    account_id: UUID,
    secret: bytes,
) -> None:
    """Insert an endpoint with its secret, which is encrypted already."""
    await db.execute(
        """
        INSERT INTO webhook_endpoints
            (account, live_mode, id, account_id, url, event_types, description, enabled,
             secret_encrypted, time_created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        account,
        live,
        endpoint.id,
        account_id,
        endpoint.url,
        list(endpoint.event_types),
        endpoint.description,
        endpoint.enabled,
        secret,
        endpoint.time_created,
    )


async def update(db: WriteConnection, account: int, live: bool, endpoint: Endpoint) -> None:
    """Update what can change of an endpoint."""
    await db.execute(
        """
        UPDATE webhook_endpoints
        SET url = $4, event_types = $5, description = $6, enabled = $7, failing_since = $8
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        endpoint.id,
        endpoint.url,
        list(endpoint.event_types),
        endpoint.description,
        endpoint.enabled,
        endpoint.failing_since,
    )


async def delete(db: WriteConnection, account: int, live: bool, endpoint_id: UUID) -> None:
    """Delete an endpoint and its deliveries."""
    for table, column in (("webhook_endpoints", "id"), ("webhook_deliveries", "endpoint_id")):
        await db.execute(
            f"DELETE FROM {table} WHERE account = $1 AND live_mode = $2 AND {column} = $3",
            account,
            live,
            endpoint_id,
        )


async def page(
    db: ReadConnection, account: int, live: bool, window: Window, filters: Mapping[str, object]
) -> Page[Endpoint]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_endpoint(row) for row in await db.fetch(query, *arguments)], window)


async def by_id(db: ReadConnection, account: int, live: bool, endpoint_id: UUID) -> Endpoint | None:
    """Find an endpoint."""
    row = await db.fetchrow(_BY_ID, account, live, endpoint_id)
    return None if row is None else _endpoint(row)


async def locked(
    db: WriteConnection, account: int, live: bool, endpoint_id: UUID
) -> Endpoint | None:
    """Find an endpoint, and keep others from changing or deleting it."""
    row = await db.fetchrow(f"{_BY_ID} FOR UPDATE", account, live, endpoint_id)
    return None if row is None else _endpoint(row)


def _endpoint(row: asyncpg.Record) -> Endpoint:
    fields = dict(row)
    fields["event_types"] = tuple(fields["event_types"])
    return Endpoint(**fields)
