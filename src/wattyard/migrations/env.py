"""How Alembic reaches the database: through asyncpg, one transaction for each revision."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Final

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

_ONE_AT_A_TIME: Final = 0x57415454  # "WATT": two nodes that start at once migrate one by one
_LOOK_SECONDS: Final = 0.2
_OPEN_SECONDS: Final = 10.0
_LOCK_MS: Final = 2_000
"""How long a statement waits for a lock: whoever waits for an exclusive one holds up all others."""
_KEEPALIVE: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""Seconds, and how often: the database learns within half a minute that this machine is gone."""


def _run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    _declare(connection)
    with context.begin_transaction():
        context.run_migrations()


def _declare(connection: Connection) -> None:
    """Say, before a revision is there, which programs work with it: they cannot read its file."""
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS schema_revisions "
            "(revision text PRIMARY KEY, works_with text NOT NULL)"
        )
    )
    connection.execute(
        text(
            "INSERT INTO schema_revisions VALUES (:revision, :works_with) "
            "ON CONFLICT (revision) DO UPDATE SET works_with = excluded.works_with"
        ),
        [
            {"revision": script.revision, "works_with": script.module.WORKS_WITH}
            for script in context.script.walk_revisions()
        ],
    )
    connection.commit()


async def _connect(url: str, patience_seconds: float) -> "asyncpg.Connection[asyncpg.Record]":
    """Open the connection of the only process that migrates.

    Asked again and again: whoever waited for the lock in the database would hold a snapshot, for
    which CREATE INDEX CONCURRENTLY waits in turn.
    """
    connection: asyncpg.Connection[asyncpg.Record] = await context.config.attributes["connect"](
        url,
        timeout=_OPEN_SECONDS,
        server_settings={
            "application_name": "wattyard migrate",
            "lock_timeout": str(_LOCK_MS),
            **_KEEPALIVE,
        },
    )
    # Whoever kills this process ends its statement and locks too, within a second; a database on
    # a system that cannot look for it does without.
    with suppress(asyncpg.PostgresError):
        await connection.execute("SET client_connection_check_interval = '1s'")
    give_up = monotonic() + patience_seconds
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ONE_AT_A_TIME):
        if monotonic() >= give_up:
            connection.terminate()
            raise TimeoutError("another process is migrating this database; run it again later")
        await asyncio.sleep(_LOOK_SECONDS)
    return connection


async def _migrate(url: str, patience_seconds: float) -> None:
    async def opened(*_: object, **__: object) -> "asyncpg.Connection[asyncpg.Record]":
        return await _connect(url, patience_seconds)

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=opened, poolclass=pool.NullPool
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(
    _migrate(
        context.config.attributes["database_url"], context.config.attributes["patience_seconds"]
    )
)
