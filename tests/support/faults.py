"""Faults of the server's own, made for real: nothing of its code is replaced."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattyard.platform.db import Database


@asynccontextmanager
async def without_table(db: Database, table: str) -> AsyncIterator[None]:
    """Have a table missing inside the block: what needs it fails as our own fault."""
    await _rename(db, table, f"{table}_away")
    try:
        yield
    finally:
        await _rename(db, f"{table}_away", table)


async def _rename(db: Database, table: str, name: str) -> None:
    async with db.transaction() as connection:
        await connection.execute(f"ALTER TABLE {table} RENAME TO {name}")
