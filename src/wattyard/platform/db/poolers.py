"""Connection poolers in transaction mode, such as PgBouncer: how they are noticed and used.

Behind one, each transaction may be on another connection of the server. So nothing may be kept in
a session: time-outs and "only reads" are set in each transaction, and what needs a session (LISTEN,
advisory locks that outlive a transaction) goes to the server itself, by the direct address.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Final

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connection import Connection

NEEDS_DIRECT: Final = (
    "the database's address leads to a connection pooler, through which LISTEN and advisory locks "
    "do not work: name the server itself as well, with --database-direct or "
    "WATTYARD_DATABASE_DIRECT"
)
OF_REPLICA: Final = "its address leads to a connection pooler: name the server itself"
NOT_DIRECT: Final = (
    "the address of --database-direct (WATTYARD_DATABASE_DIRECT) leads to a connection pooler: "
    "name the server itself there"
)
_NO_STATEMENTS: Final = (
    "the connection pooler does not keep track of prepared statements: set pool_mode = transaction "
    "and max_prepared_statements = 200 in PgBouncer, 1.21 or later"
)
_NO_TRANSACTIONS: Final = (
    "the connection pooler takes no transactions: set pool_mode = transaction in PgBouncer"
)
_ANOTHER: Final = (
    "--database-direct (WATTYARD_DATABASE_DIRECT) leads to another database than --database: both "
    "must lead to the same"
)
_SERVER: Final = """
    SELECT (SELECT system_identifier FROM pg_control_system()), current_database(),
           pg_is_in_recovery()
"""
_OURS: Final = "SELECT count(*) FROM pg_prepared_statements WHERE starts_with(name, '__asyncpg_')"
_STOP_WHERE_READ_ONLY: Final = """
    DO $$ BEGIN
        IF current_setting('transaction_read_only')::bool THEN
            RAISE SQLSTATE '25006' USING MESSAGE = 'the database is set to read only';
        END IF;
    END $$
"""


def _in_a_transaction(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Ask outside a transaction in one of its own, which only reads and has our time-outs."""

    @wraps(method)
    async def asked(self: "PooledConnection", *args: object, **options: object) -> Any:  # noqa: ANN401 (the driver's answer)
        if self.is_in_transaction():
            return await method(self, *args, **options)
        await self.execute(f"BEGIN READ ONLY{self.limits}")
        try:
            found = await method(self, *args, **options)
        except BaseException:
            if not self.is_closed():
                await self.execute("ROLLBACK")
            raise
        await self.execute("COMMIT")
        return found

    return asked


class PooledConnection(Connection):
    """A connection to a pooler."""

    fetch = _in_a_transaction(Connection.fetch)
    fetchrow = _in_a_transaction(Connection.fetchrow)
    fetchval = _in_a_transaction(Connection.fetchval)

    begins_writing = f"BEGIN{{limits}}; {_STOP_WHERE_READ_ONLY}"


def limits_of(settings: dict[str, str]) -> str:
    """Write settings as statements that follow a BEGIN."""
    return "".join(f"; SET LOCAL {name} = '{value}'" for name, value in settings.items())


def refuses_settings(fault: BaseException) -> bool:
    """Whether a connection was refused for the settings that it asked for, as poolers do."""
    return "startup parameter" in str(fault)


async def is_pooled(connection: Any) -> bool:  # noqa: ANN401 (its types are not the driver's)
    """Whether a pooler answers: it hands out process numbers of its own."""
    async with _pinned(connection):
        number: int = await connection.fetchval("SELECT pg_backend_pid()")
    return bool(number != connection.get_server_pid())


async def check_pooler(connection: Connection) -> None:
    """Pass where a pooler keeps prepared statements: then it gives them names of its own.

    Raises:
        Unavailable: naming the setting that it needs.
    """
    try:
        async with _pinned(connection):
            kept_as_sent: int = await connection.fetchval(_OURS)
            if kept_as_sent:
                await connection.execute("DEALLOCATE ALL")  # nobody else is to find them
    except asyncpg.DuplicatePreparedStatementError:
        raise Unavailable(_NO_STATEMENTS) from None
    if kept_as_sent:
        raise Unavailable(_NO_STATEMENTS)


async def check_direct(direct: Connection, pooled: Connection) -> None:
    """Pass where a connection leads to the server that a pooler leads to, and to no pooler.

    Raises:
        Unavailable: saying what to name.
    """
    if await is_pooled(direct):
        raise Unavailable(NOT_DIRECT)
    if tuple(await direct.fetchrow(_SERVER)) != tuple(await pooled.fetchrow(_SERVER)):
        raise Unavailable(_ANOTHER)


@asynccontextmanager
async def _pinned(connection: Any) -> AsyncIterator[None]:  # noqa: ANN401 (as above)
    """Stay on one connection of the server for the block."""
    try:
        await connection.execute("BEGIN READ ONLY")
    except asyncpg.PostgresError as fault:
        if "transaction" in str(fault) and "pooling" in str(fault):
            raise Unavailable(_NO_TRANSACTIONS) from None
        raise
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
