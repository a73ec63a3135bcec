"""The SQL of webhook endpoints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from wattyard.events.domain.endpoints import KeptSecrets, WebhookEndpoint
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.platform.encryption import EncryptedColumn

_KEYS: Final = ("account", "live_mode", "id")
SECRET: Final = EncryptedColumn("webhook_endpoints", "secret_encrypted", _KEYS, plain="secret")
PREVIOUS_SECRET: Final = EncryptedColumn("webhook_endpoints", "previous_secret_encrypted", _KEYS)
HEADERS: Final = EncryptedColumn("webhook_endpoints", "headers_encrypted", _KEYS)

_ADDING: Final = 0x77656268
"""The advisory lock for adding endpoints to an account."""

_SELECT = """
    SELECT id, url, event_types, description, enabled, time_created, failing_since,
           header_names, previous_secret_until
    FROM webhook_endpoints
"""
_BY_ID = f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3"


async def insert(
    db: WriteConnection,
    account: int,
    live: bool,
    endpoint: WebhookEndpoint,
    *,
    account_id: UUID,
    kept: KeptSecrets,
) -> None:
    """Insert an endpoint with its secret and headers, both encrypted already."""
    await db.execute(
        """
        INSERT INTO webhook_endpoints
            (account, live_mode, id, account_id, url, event_types, description, enabled,
             secret_encrypted, time_created, header_names, headers_encrypted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        account,
        live,
        endpoint.id,
        account_id,
        endpoint.url,
        list(endpoint.event_types),
        endpoint.description,
        endpoint.enabled,
        kept.secret,
        endpoint.time_created,
        list(endpoint.header_names),
        kept.headers,
    )


async def update(
    db: WriteConnection,
    account: int,
    live: bool,
    endpoint: WebhookEndpoint,
    *,
    headers: bytes | None,
) -> None:
    """Update the changeable columns of an endpoint; its headers are encrypted already."""
    await db.execute(
        """
        UPDATE webhook_endpoints
        SET url = $4, event_types = $5, description = $6, enabled = $7, failing_since = $8,
            header_names = $9, headers_encrypted = $10
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
        list(endpoint.header_names),
        headers,
    )


async def disable(db: WriteConnection, account: int, live: bool, endpoint_id: UUID) -> None:
    """Disable an endpoint."""
    await db.execute(
        """
        UPDATE webhook_endpoints SET enabled = false
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        endpoint_id,
    )


async def kept_secrets(
    db: ReadConnection, account: int, live: bool, endpoint_id: UUID
) -> KeptSecrets:
    """Read the secrets of an endpoint, encrypted as they are."""
    row = await db.fetchrow(
        """
        SELECT secret AS plain, secret_encrypted AS secret, previous_secret_encrypted AS previous,
               previous_secret_until AS previous_until, headers_encrypted AS headers
        FROM webhook_endpoints WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        endpoint_id,
    )
    return KeptSecrets() if row is None else KeptSecrets(**row)


async def replace_secret(  # noqa: PLR0913 (account and mode come first)
    db: WriteConnection,
    account: int,
    live: bool,
    endpoint_id: UUID,
    *,
    secret: bytes,
    previous: bytes,
    until: datetime,
) -> None:
    """Replace an endpoint's secret; the previous one also signs until a time."""
    await db.execute(
        """
        UPDATE webhook_endpoints
        SET secret = NULL, secret_encrypted = $4, previous_secret_encrypted = $5,
            previous_secret_until = $6
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        endpoint_id,
        secret,
        previous,
        until,
    )


async def count(db: WriteConnection, account: int, live: bool) -> int:
    """Count an account's endpoints, keeping others from adding one meanwhile."""
    await db.execute("SELECT pg_advisory_xact_lock($1, $2::integer)", _ADDING, account)
    found: int = await db.fetchval(
        "SELECT count(*) FROM webhook_endpoints WHERE account = $1 AND live_mode = $2",
        account,
        live,
    )
    return found


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
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[WebhookEndpoint]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_endpoint(row) for row in await db.fetch(query, *arguments)], window)


async def by_id(
    db: ReadConnection, account: int, live: bool, endpoint_id: UUID
) -> WebhookEndpoint | None:
    """Find an endpoint."""
    row = await db.fetchrow(_BY_ID, account, live, endpoint_id)
    return None if row is None else _endpoint(row)


async def locked(
    db: WriteConnection, account: int, live: bool, endpoint_id: UUID
) -> WebhookEndpoint | None:
    """Find an endpoint, and keep others from changing or deleting it."""
    row = await db.fetchrow(f"{_BY_ID} FOR UPDATE", account, live, endpoint_id)
    return None if row is None else _endpoint(row)


def _endpoint(row: asyncpg.Record) -> WebhookEndpoint:
    fields = dict(row)
    fields["event_types"] = tuple(fields["event_types"])
    fields["header_names"] = tuple(fields["header_names"])
    return WebhookEndpoint(**fields)
