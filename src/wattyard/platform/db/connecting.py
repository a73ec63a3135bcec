"""How connections are opened."""

from typing import Final

import asyncpg

from wattyard.platform.db.connection import Connection
from wattyard.platform.db.faults import Causes

_OPEN_SECONDS: Final = 5.0
_LOCK_MS: Final = 2_500
"""How long a statement waits for a lock, an advisory one too: one row that everybody changes must
not hold every connection of a process."""
_ANSWER_SECONDS: Final = 2.0
"""How much later than it should have given up itself, the database counts as gone."""


class Connector:
    """Opens connections to one database.

    Raises, from all of them:
        Unavailable: when the database cannot be reached.
    """

    def __init__(
        self,
        url: str,
        *,
        statement_seconds: float,
        causes: Causes,
        open_seconds: float = _OPEN_SECONDS,
    ) -> None:
        self._url = url
        self._statement_seconds = statement_seconds
        self._causes = causes
        self._open_seconds = open_seconds

    async def open(self) -> Connection:
        """Open a connection."""
        timeout_ms = str(int(self._statement_seconds * 1000))
        with self._causes.opening():
            connection: Connection = await asyncpg.connect(
                self._url,
                timeout=self._open_seconds,
                command_timeout=self._statement_seconds + _ANSWER_SECONDS,
                connection_class=Connection,
                server_settings={
                    "application_name": "wattyard",
                    "statement_timeout": timeout_ms,
                    "lock_timeout": str(_LOCK_MS),
                    "idle_in_transaction_session_timeout": timeout_ms,
                    "timezone": "UTC",
                },
            )
        return connection

    async def open_to_read(self) -> Connection:
        """Open a connection that only reads, outside of transactions that say READ WRITE.

        An operator who sets the database to read only (as some hosts do when it is nearly full)
        is not overruled: that is noted before it is asked of the session.
        """
        connection = await self.open()
        try:
            with self._causes.opening():
                settings = connection.get_settings()
                connection.only_reads = settings.default_transaction_read_only == "on"
                await connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            connection.terminate()
            raise
        return connection
