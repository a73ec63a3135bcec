"""How connections are opened, and that all of a process lead to the same server."""

from time import monotonic
from typing import Final
from weakref import WeakSet

from wattyard.platform import logs
from wattyard.platform.db.connection import Connection
from wattyard.platform.db.faults import Causes
from wattyard.platform.db.hosts import ANY_SERVER, TAKES_CHANGES, Servers

_OPEN_SECONDS: Final = 5.0
_LOCK_MS: Final = 2_500
"""How long a statement waits for a lock, an advisory one too: one row that everybody changes must
not hold every connection of a process."""
_ANSWER_SECONDS: Final = 2.0
"""How much later than it should have given up itself, the database counts as gone."""


_SERVER: Final = "SELECT pg_postmaster_start_time()::text"
"""What tells a server from its standby and from what takes its address later."""
_ONLY_READS: Final = " FROM set_config('default_transaction_read_only', 'on', false)"


class Connector:
    """Opens connections to one database.

    Where one leads to another server than those before, that one has taken over: a standby was
    promoted, or the name leads elsewhere. Connections to the former server are closed then, so
    that nobody waits for a machine that is gone, or reads what a former primary still has. An
    address of replicas may lead to any of them.

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
        is_replica: bool = False,
    ) -> None:
        self._servers = Servers(url, wanted=ANY_SERVER if is_replica else TAKES_CHANGES)
        self._statement_seconds = statement_seconds
        self._causes = causes
        self._open_seconds = open_seconds
        self._is_replica = is_replica
        self._open: WeakSet[Connection] = WeakSet()
        self._server = ""
        self._server_since = 0.0

    async def open(self) -> Connection:
        """Open a connection."""
        return await self._opened(_SERVER)

    async def open_to_read(self) -> Connection:
        """Open a connection that only reads, outside of transactions that say READ WRITE.

        An operator who sets the database to read only (as some hosts do when it is nearly full)
        is not overruled: that is noted before it is asked of the session.
        """
        return await self._opened(_SERVER + _ONLY_READS)

    async def _opened(self, question: str) -> Connection:
        begun = monotonic()
        timeout_ms = str(int(self._statement_seconds * 1000))
        with self._causes.opening():
            connection: Connection = await self._servers.connect(
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
            try:
                settings = connection.get_settings()
                connection.only_reads = settings.default_transaction_read_only == "on"
                connection.server = await connection.fetchval(question, timeout=self._open_seconds)
                self._keep_to_one_server(connection, begun)
            except BaseException:
                connection.terminate()
                raise
        self._open.add(connection)
        return connection

    def _keep_to_one_server(self, connection: Connection, begun: float) -> None:
        if self._is_replica or connection.server == self._server:
            return
        if begun < self._server_since:
            raise ConnectionResetError("another server took over while this one was asked")
        former = [one for one in self._open if not one.is_closed()]
        for one in former:
            one.terminate()
        self._open.clear()
        if self._server:
            logs.warning("another database server answers", connections_closed=len(former))
        self._server, self._server_since = connection.server, monotonic()
