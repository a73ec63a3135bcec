"""The connections that stores speak through."""

from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, Protocol

import asyncpg


def _heard(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Close the connection where the database does not answer: a machine that vanished closes
    none itself, and a time-out must not be taken for one of the caller's own."""

    @wraps(method)
    async def heard(self: "Connection", *args: object, **options: object) -> Any:  # noqa: ANN401 (the driver's answer)
        try:
            return await method(self, *args, **options)
        except TimeoutError as silence:
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError("the database does not answer") from silence

    return heard


class Connection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """One connection to PostgreSQL, as the driver has it; closed where nobody answers."""

    fetch = _heard(asyncpg.Connection.fetch)
    fetchrow = _heard(asyncpg.Connection.fetchrow)
    fetchval = _heard(asyncpg.Connection.fetchval)
    execute = _heard(asyncpg.Connection.execute)
    copy_to_table = _heard(asyncpg.Connection.copy_to_table)

    only_reads = False
    """Whether its database was set to read only when it was opened."""
    server = ""
    """The server that it leads to: when that was started, as text."""
    limits = ""
    """What follows a BEGIN, where the session does not keep its settings: behind a pooler."""
    begins_writing = "BEGIN READ WRITE"


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
