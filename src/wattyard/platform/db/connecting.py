"""How connections are opened, so that all of a process lead to the same server."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final
from weakref import WeakSet

from wattyard.kernel.refusals import Unavailable
from wattyard.platform import logs
from wattyard.platform.db import poolers
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
    """Opens connections to one database, also through a connection pooler.

    `direct` is the address of the server itself, where `url` leads to a pooler.

    Where one leads to another server than those before, that one has taken over: a standby was
    promoted, or the name leads elsewhere. Connections to the former server are closed then, so
    that nobody waits for a machine that is gone, or reads what a former primary still has. An
    address of replicas may lead to any of them.

    Raises, from all of them:
        Unavailable: when the database cannot be reached, or not be used through its pooler.
    """

    def __init__(
        self,
        url: str,
        *,
        statement_seconds: float,
        causes: Causes,
        direct: str = "",
        open_seconds: float = _OPEN_SECONDS,
        is_replica: bool = False,
    ) -> None:
        timeout_ms = str(int(statement_seconds * 1000))
        self._limits = {
            "statement_timeout": timeout_ms,
            "lock_timeout": str(_LOCK_MS),
            "idle_in_transaction_session_timeout": timeout_ms,
        }
        self._servers = Servers(url, wanted=ANY_SERVER if is_replica else TAKES_CHANGES)
        self._direct = Servers(direct) if direct else None
        self._statement_seconds = statement_seconds
        self._causes = causes
        self._open_seconds = open_seconds
        self._is_replica = is_replica
        self._is_pooled: bool | None = None
        self._open: WeakSet[Connection] = WeakSet()
        self._server = ""
        self._server_since = 0.0

    async def open(self) -> Connection:
        """Open a connection."""
        return await self._opened(_SERVER)

    async def open_direct(self) -> Connection:
        """Open a connection that keeps its session: to the server itself, past a pooler."""
        return await self._opened(_SERVER, past_pooler=True)

    async def open_to_read(self) -> Connection:
        """Open a connection that only reads, outside transactions that say READ WRITE.

        An operator who sets the database to read only (as some hosts do when it is nearly full)
        is not overruled: that is noted before it is asked of the session. Through a pooler each
        transaction says that it only reads.
        """
        return await self._opened(_SERVER + _ONLY_READS)

    async def _opened(self, question: str, *, past_pooler: bool = False) -> Connection:
        begun = monotonic()
        with self._causes.opening():
            if past_pooler and self._direct is not None:
                connection = await self._connected(self._direct, pooled=False)
            elif self._is_pooled is None:
                connection = await self._connected_first()
            else:
                connection = await self._connected(self._servers, pooled=self._is_pooled)
            with _closed_on_failure(connection):
                settings = connection.get_settings()
                connection.only_reads = settings.default_transaction_read_only == "on"
                question = _SERVER if connection.limits else question
                connection.server = await connection.fetchval(question, timeout=self._open_seconds)
                self._keep_to_one_server(connection, begun)
        self._open.add(connection)
        return connection

    async def _connected_first(self) -> Connection:
        """Connect, and find out whether a pooler is in between."""
        try:
            connection = await self._connected(self._servers, pooled=False)
        except Exception as fault:
            if not poolers.refuses_settings(fault):
                raise
        else:
            with _closed_on_failure(connection):
                if not await poolers.is_pooled(connection):
                    self._is_pooled = False
                    return connection
            connection.terminate()
        if self._direct is None:
            raise Unavailable(poolers.OF_REPLICA if self._is_replica else poolers.NEEDS_DIRECT)
        connection = await self._connected(self._servers, pooled=True)
        with _closed_on_failure(connection):
            await poolers.check_pooler(connection)
            await self._check_direct(self._direct, connection)
        self._is_pooled = True
        return connection

    async def _check_direct(self, servers: Servers, pooled: Connection) -> None:
        try:
            direct = await self._connected(servers, pooled=False)
        except Exception as fault:
            if poolers.refuses_settings(fault):
                raise Unavailable(poolers.NOT_DIRECT) from None
            raise
        try:
            await poolers.check_direct(direct, pooled)
        finally:
            direct.terminate()

    async def _connected(self, servers: Servers, *, pooled: bool) -> Connection:
        settings = {"application_name": "wattyard", "timezone": "UTC"}
        connection: Connection = await servers.connect(
            timeout=self._open_seconds,
            connection_class=poolers.PooledConnection if pooled else Connection,
            server_settings=settings if pooled else {**settings, **self._limits},
        )
        connection.answer_seconds = self._statement_seconds + _ANSWER_SECONDS
        if pooled:
            connection.limits = poolers.limits_of(self._limits)
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


@contextmanager
def _closed_on_failure(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.terminate()
        raise
