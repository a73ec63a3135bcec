"""The SQL of customers."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.sites.domain.sites import Customer

_SELECT = """
    SELECT id, reference_id, metadata, time_created,
           ARRAY(SELECT s.id FROM sites s
                 WHERE s.account = customers.account AND s.live_mode = customers.live_mode
                   AND s.customer_id = customers.id ORDER BY s.id) AS locations
    FROM customers
"""
_BY_ID = f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3"


async def insert(db: WriteConnection, account: int, live: bool, customer: Customer) -> None:
    """Insert a customer."""
    await db.execute(
        """
        INSERT INTO customers (account, live_mode, id, reference_id, metadata, time_created)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        account,
        live,
        customer.id,
        customer.reference_id,
        _metadata(customer),
        customer.time_created,
    )


async def update(db: WriteConnection, account: int, live: bool, customer: Customer) -> None:
    """Update the changeable columns of a customer."""
    await db.execute(
        """
        UPDATE customers SET reference_id = $4, metadata = $5
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        customer.id,
        customer.reference_id,
        _metadata(customer),
    )


async def delete(db: WriteConnection, account: int, live: bool, customer_id: UUID) -> None:
    """Delete a customer that has no sites any more."""
    await db.execute(
        "DELETE FROM customers WHERE account = $1 AND live_mode = $2 AND id = $3",
        account,
        live,
        customer_id,
    )


async def lock(db: WriteConnection, account: int, live: bool, customer_id: UUID) -> bool:
    """Keep a customer from being deleted until the transaction ends; False where there is none."""
    found = await db.fetchval(
        "SELECT 1 FROM customers WHERE account = $1 AND live_mode = $2 AND id = $3 FOR KEY SHARE",
        account,
        live,
        customer_id,
    )
    return found is not None


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[Customer]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_customer(row) for row in await db.fetch(query, *arguments)], window)


async def by_id(db: ReadConnection, account: int, live: bool, customer_id: UUID) -> Customer | None:
    """Find a customer."""
    row = await db.fetchrow(_BY_ID, account, live, customer_id)
    return None if row is None else _customer(row)


async def locked(
    db: WriteConnection, account: int, live: bool, customer_id: UUID
) -> Customer | None:
    """Find a customer, and keep others from changing or deleting it."""
    row = await db.fetchrow(f"{_BY_ID} FOR UPDATE", account, live, customer_id)
    return None if row is None else _customer(row)


def _customer(row: asyncpg.Record) -> Customer:
    fields = dict(row)
    fields["metadata"] = msgspec.json.decode(fields["metadata"], type=dict[str, str])
    fields["locations"] = tuple(fields["locations"])
    return Customer(**fields)


def _metadata(customer: Customer) -> str:
    return msgspec.json.encode(dict(customer.metadata)).decode()
