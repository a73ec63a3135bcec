"""How far the primary's log of changes has come: what a replica must have replayed to be read.

A position that is asked for after a request began covers all that any node acknowledged before:
an acknowledged change is on the primary's disk, and so is what any reader of it has seen.
"""

import asyncio
from contextvars import Context
from typing import Final, NamedTuple

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.connection import Connection
from wattyard.platform.db.faults import Causes
from wattyard.platform.db.transactions import ONLY_READS

_LONGEST_SECONDS: Final = 4.0
"""How long a question may take, opening a connection included: a primary that hangs is away."""
_SILENT: Final = "the database does not answer; nothing was acknowledged, try again"
_CLUSTER: Final = """
    SELECT system_identifier, current_database() AS database FROM pg_control_system()
"""
_POSITION: Final = """
    SELECT (log.position - '0/0')::bigint AS position,
           ('x' || left(pg_walfile_name(log.position), 8))::bit(32)::integer AS timeline
    FROM (SELECT CASE current_setting('synchronous_commit')
                 WHEN 'off' THEN pg_current_wal_insert_lsn()
                 ELSE pg_current_wal_flush_lsn() END AS position) log
"""
"""Without `synchronous_commit` a change is acknowledged before it is on the disk."""


class History(NamedTuple):
    """Which database it is, and which of its pasts: each failover begins another timeline."""

    system_identifier: int
    database: str
    timeline: int


class LogPosition(NamedTuple):
    """A place in the log of changes, in bytes from its beginning."""

    history: History
    log_bytes: int


class LogPositions:
    """Asks the primary for its position: one question serves all who ask while it is waited for.

    Raises, from all of them:
        Unavailable: when the primary cannot be reached, or is none at the moment.
    """

    def __init__(
        self, connector: Connector, causes: Causes, *, longest_seconds: float = _LONGEST_SECONDS
    ) -> None:
        self._connector = connector
        self._longest_seconds = longest_seconds
        self._causes = causes
        self._connection: Connection | None = None
        self._cluster: tuple[int, str] = (0, "")
        self._next: asyncio.Future[LogPosition | Unavailable | None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def now(self) -> LogPosition | None:
        """The position at some moment after this was called; None where the primary has none to
        give, as some services that only speak like PostgreSQL."""
        answer = self._next
        if answer is None:  # the question that is under way was asked before
            answer = self._next = asyncio.get_running_loop().create_future()
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask(), context=Context())
        found = await asyncio.shield(answer)
        if isinstance(found, Unavailable):
            raise Unavailable(str(found))
        return found

    async def close(self) -> None:
        """Close the connection; who still waits is refused."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        self._disconnect()

    async def _ask(self) -> None:
        answer: asyncio.Future[LogPosition | Unavailable | None] | None = None
        try:
            while self._next is not None:
                answer, self._next = self._next, None
                found = await self._answered()
                answer.set_result(found)
                if isinstance(found, Unavailable) and self._next is not None:
                    # Whoever asked meanwhile need not wait as long again.
                    waiting, self._next = self._next, None
                    waiting.set_result(found)
        finally:
            self._asking = None
            for left in (answer, self._next):
                if left is not None and not left.done():
                    left.set_result(Unavailable("the server is stopping; try again in a moment"))
            self._next = None

    async def _answered(self) -> LogPosition | Unavailable | None:
        try:
            async with asyncio.timeout(self._longest_seconds):
                return await self._asked_twice()
        except Unavailable as refusal:
            return refusal
        except TimeoutError as silence:
            self._causes.note(_SILENT, silence, kind="position")
            return Unavailable(_SILENT)
        except Exception as fault:  # noqa: BLE001 (whatever it is, replicas cannot be read then)
            self._causes.note("the primary's position is not known: no replica is read", fault)
            return None

    async def _asked_twice(self) -> LogPosition:
        was_connected = self._connection is not None
        try:
            return await self._asked()
        except Unavailable:
            if not was_connected:
                raise
            return await self._asked()  # perhaps only the connection was lost

    async def _asked(self) -> LogPosition:
        try:
            connection = await self._connected()
            row = await connection.fetchrow(_POSITION)
        except asyncio.CancelledError:
            self._disconnect()  # it may be in the middle of the question
            raise
        except Exception as fault:
            closed = self._connection is None or self._connection.is_closed()
            self._disconnect()
            if isinstance(fault, asyncpg.ObjectNotInPrerequisiteStateError):  # it is a standby
                self._causes.note(ONLY_READS, fault)
                raise Unavailable(ONLY_READS) from fault
            if not isinstance(fault, asyncpg.SyntaxOrAccessError):
                self._causes.refuse_if_lost(fault, closed=closed)
            raise
        return LogPosition(History(*self._cluster, row["timeline"]), row["position"])

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connector.open_direct()
            row = await self._connection.fetchrow(_CLUSTER)
            self._cluster = row["system_identifier"], row["database"]
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()
