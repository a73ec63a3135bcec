"""Sessions on databases that are named by a command, besides the one of this process."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connection import WriteConnection

_OPEN_SECONDS: Final = 5.0
_SETTINGS: Final = {
    "application_name": "wattyard cells",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "60s",
}
"""All of them write values the same way, so that rows can be compared as text."""

LOCKED: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""What is raised where a lock cannot be had in time."""
IN_USE: Final = asyncpg.ObjectInUseError
"""What is raised where a replication slot is still read from."""

REFUSED: Final = asyncpg.PostgresError
"""What is raised where a server does not do what it is asked."""


class OpenSession(WriteConnection, Protocol):
    """A session that reads and writes, in transactions or statement by statement."""

    def transaction(
        self, *, isolation: str | None = None, readonly: bool = False
    ) -> AbstractAsyncContextManager[Any]:
        """Keep everything of a block or nothing."""
        ...

    async def executemany(self, command: str, args: Iterable[Sequence[object]]) -> None:
        """Run a statement for each of several rows."""
        ...

    def cursor(self, query: str, *args: object, prefetch: int) -> AsyncIterator[Any]:
        """Read rows as they are needed; only in a transaction."""
        ...


@asynccontextmanager
async def session(url: str, role: str) -> AsyncIterator[OpenSession]:
    """Open a session on a database; `role` says in messages which one it is.

    Raises:
        Unavailable: saying which one cannot be reached, and why.
    """
    try:
        opened = await asyncpg.connect(url, timeout=_OPEN_SECONDS, server_settings=_SETTINGS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as fault:
        said = " ".join(str(fault).split()) or type(fault).__name__
        raise Unavailable(f"the {role} cannot be reached: {said}; check its address") from fault
    try:
        yield opened
    finally:
        opened.terminate()
