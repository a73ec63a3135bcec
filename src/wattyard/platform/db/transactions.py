"""Transactions by hand: the driver's own cannot write in a session that only reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connection import Connection, WriteConnection
from wattyard.platform.db.faults import Causes

ONLY_READS: Final = "the database only reads at the moment; nothing was changed, try again"


async def begin_to_read(connection: Connection) -> None:
    """Begin a transaction whose questions all see the same moment."""
    await connection.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{connection.limits}")


async def begin_to_write(connection: Connection, causes: Causes) -> None:
    """Begin a transaction that writes.

    A connection to a database that only reads is closed: the next one may lead to its primary.

    Raises:
        Unavailable: when the database only reads.
    """
    try:
        if connection.only_reads:
            raise asyncpg.ReadOnlySQLTransactionError("default_transaction_read_only is on")
        await connection.execute(connection.begins_writing.format(limits=connection.limits))
    except (asyncpg.ReadOnlySQLTransactionError, asyncpg.FeatureNotSupportedError) as fault:
        connection.terminate()
        causes.note(ONLY_READS, fault)
        raise Unavailable(ONLY_READS) from fault


@asynccontextmanager
async def ended(connection: Connection) -> AsyncIterator[None]:
    """Keep what a begun transaction does when the block ends, undo it when it raises."""
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    if await connection.execute("COMMIT") != "COMMIT":  # PostgreSQL undoes without an error
        raise RuntimeError("nothing was kept: a statement had failed, and its error was swallowed")


@asynccontextmanager
async def savepoint(db: WriteConnection) -> AsyncIterator[None]:
    """Undo what the block did when it raises, and leave the rest of the transaction alone."""
    await db.execute("SAVEPOINT wattyard")
    try:
        yield
    except BaseException:
        # The same name hides the outer one of it until it is released.
        await db.execute("ROLLBACK TO SAVEPOINT wattyard; RELEASE SAVEPOINT wattyard")
        raise
    await db.execute("RELEASE SAVEPOINT wattyard")
