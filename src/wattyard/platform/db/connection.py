"""The connections that stores speak through: one that reads, one that also writes."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    """One connection to PostgreSQL, as the driver has it."""
else:
    Connection = asyncpg.Connection


class ReadConnection(Protocol):
    """A connection for questions; its session refuses to write.

    Raises, from all of them:
        asyncpg.PostgresError: what the database said.
    """

    async def fetch(self, query: str, *args: object) -> list[Any]:
        """Read all rows."""
        ...

    async def fetchrow(self, query: str, *args: object) -> Any:  # noqa: ANN401 (a record, or None)
        """Read the first row, None where there is none."""
        ...

    async def fetchval(self, query: str, *args: object) -> Any:  # noqa: ANN401 (any column)
        """Read the first column of the first row, None where there is none."""
        ...


class WriteConnection(ReadConnection, Protocol):
    """A connection in a transaction: it reads, writes, and locks until the transaction ends."""

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement; the result is its command tag, such as `DELETE 3`."""
        ...

    async def copy_to_table(
        self,
        table_name: str,
        *,
        source: AsyncIterable[bytes],
        columns: Sequence[str],
        format: str,  # noqa: A002 (asyncpg's)
    ) -> str:
        """Load rows by COPY."""
        ...


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
