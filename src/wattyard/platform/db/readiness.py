"""Whether the database would take a change now, asked on a connection of its own.

The question is open to everybody and may come often: one answer serves all who ask within a
second, and it waits for no connection that requests are lent.
"""

import asyncio
from time import monotonic
from typing import Final

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.connection import Connection
from wattyard.platform.db.faults import Causes
from wattyard.platform.db.replication import STANDBY_AWAY, Replication
from wattyard.platform.db.transactions import ONLY_READS

_FRESH_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 2.0

_LONGEST_SECONDS: Final = 4.0
"""How long all of it may take, so that whoever balances load hears of it."""

_SILENT: Final = "the database does not answer; nothing was acknowledged, try again"
_STATE: Final = """
    SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool OR EXISTS (
        SELECT 1 FROM pg_db_role_setting
        WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
          AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
          AND 'default_transaction_read_only=on' = ANY(setconfig)) AS only_reads,
        current_setting('synchronous_standby_names') <> '' AS waits
"""
"""Whether this is a standby, or new sessions are set to read only; whether commits wait."""

_SPILL: Final = """
    BEGIN READ ONLY;
    SET LOCAL work_mem = '64kB';
    SELECT count(*) FROM unnest(array_fill(repeat('x', 8192), ARRAY[128]));
    COMMIT
"""
"""Keeps a megabyte in a file that is gone afterwards: a full disk refuses it, and neither a table
nor the log of changes grows by it."""


class Readiness:
    """Asks the database whether it can be reached, written to, and has room."""

    def __init__(self, connector: Connector, causes: Causes) -> None:
        self._connector = connector
        self._causes = causes
        self._replication = Replication(connector)
        self._connection: Connection | None = None
        self._asking = asyncio.Lock()
        self._fresh_until = 0.0
        self._refusal: str | None = None

    async def check(self) -> None:
        """Pass when the database takes changes.

        Raises:
            Unavailable: saying why it does not.
        """
        async with self._asking:
            if monotonic() >= self._fresh_until:
                self._refusal = await self._found()
                self._fresh_until = monotonic() + _FRESH_SECONDS
        if self._refusal is not None:
            raise Unavailable(self._refusal)

    def close(self) -> None:
        """Close the connections."""
        self._replication.close()
        self._close_own()

    def _close_own(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()

    async def _found(self) -> str | None:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await self._asked()
        except Unavailable as refusal:
            return str(refusal)
        except TimeoutError:
            self._close_own()
            return _SILENT

    async def _asked(self) -> str | None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connector.open()
        connection = self._connection
        try:
            state = await connection.fetchrow(_STATE, timeout=_ANSWER_SECONDS)
            if state["only_reads"]:
                return ONLY_READS
            await connection.execute(_SPILL, timeout=_ANSWER_SECONDS)
        except BaseException as error:
            closed = connection.is_closed()
            self._close_own()
            self._causes.refuse_if_lost(error, closed=closed)
            raise
        if state["waits"] and not await self._replication.answers():
            return STANDBY_AWAY
        return None
