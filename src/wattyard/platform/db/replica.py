"""One replica: how far it is, whether it is read, and the connections to it.

A single task asks it, on a connection of its own, how far it has replayed: whenever requests
wait for that, and once a second besides. All connections are to the server that this one is with.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Final, Literal

import asyncpg

from wattyard.kernel.refusals import Unavailable
from wattyard.platform import logs
from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.connection import Connection, Loans
from wattyard.platform.db.faults import Causes
from wattyard.platform.db.hosts import NOT_OPENED
from wattyard.platform.db.pool import ConnectionPool
from wattyard.platform.db.positions import History, LogPosition, LogPositions
from wattyard.platform.db.standings import (
    STARTED,
    ReplayProgress,
    ReplicaUnfit,
    check_fit,
    name_of,
    progress_of,
    standing_of,
)

_WAIT_SECONDS: Final = 0.05
"""How long a request waits for a replica to replay what it must see."""
_PAUSES_SECONDS: Final = (0.001, 0.002, 0.004, 0.008)
_LOOK_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 2.0
"""A replica that does not answer for this long is lost, and reads in progress there are cut off."""
_LOGGED_EVERY_SECONDS: Final = 60.0
_FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

Outcome = Literal["read", "behind", "failed"]


class ReplicaFailed(Exception):
    """A replica did not answer what it was asked; the primary can be asked the same."""


class Replica:
    """A standby of the primary that may be read, while it is fit."""

    def __init__(
        self, url: str, *, statement_seconds: float, limit: int, alone_seconds: float
    ) -> None:
        self.name = name_of(url)
        self.reason: str | None = "it was not asked yet"
        """Why it is left alone; None while it is read."""
        self.behind_bytes = 0
        """How much of the primary's log it had not replayed when it was asked last."""
        self.outcomes: dict[Outcome, int] = {"read": 0, "behind": 0, "failed": 0}
        self.loans: Loans | None = None
        self._connector = Connector(
            url,
            statement_seconds=statement_seconds,
            causes=_Quiet(),
            open_seconds=_ANSWER_SECONDS,
            is_replica=True,
        )
        self._limit = limit
        self._alone_seconds = alone_seconds
        self._look_seconds = min(alone_seconds, _LOOK_SECONDS)
        self._alone_until = 0.0
        self._wanted_bytes = 0
        self._connection: Connection | None = None
        self._started: datetime | None = None
        self._history: History | None = None
        self._replayed_bytes = 0
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []
        self._somebody_waits = asyncio.Event()
        self._logged_until = 0.0
        self._compared = 0.0

    def has(self, position: LogPosition) -> bool:
        """Whether it is known to have replayed all that came before a position of the primary."""
        return self._history == position.history and self._replayed_bytes >= position.log_bytes

    async def reaches(self, position: LogPosition) -> bool:
        """Wait until it has replayed all before a position; False when that takes too long."""
        if self._history != position.history:
            return False
        reached: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((position.log_bytes, reached))
        self._somebody_waits.set()
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                return await reached
        except TimeoutError:
            self.outcomes["behind"] += 1
            self._leave(
                f"it lags: after {_WAIT_SECONDS * 1000:.0f} ms it had not replayed what was "
                "acknowledged",
                until_bytes=position.log_bytes,
            )
            return False

    def failed(self, fault: BaseException) -> None:
        """Note that something could not be read there.

        It is left alone where it lets nobody in; a connection that was lost, and what a question
        is refused for, say nothing of others.
        """
        self.outcomes["failed"] += 1
        if isinstance(fault, (Unavailable, asyncpg.SyntaxOrAccessError)):
            self._leave(_reason_of(fault))
        self._somebody_waits.set()  # is it still there?

    async def watch(self, positions: LogPositions) -> None:
        """Ask it how far it is until cancelled; left alone for a while where it is unfit."""
        try:
            while True:
                try:
                    await self._connect(positions)
                    while True:
                        await self._ask(positions)
                except Exception as fault:  # noqa: BLE001 (whatever it is, the primary is read then)
                    self._leave(_reason_of(fault))
                self._disconnect()
                await asyncio.sleep(self._alone_seconds)
        finally:
            self._disconnect()

    async def examined(self, primary: LogPosition) -> tuple[int, bool]:
        """Ask it on a connection of its own: how many bytes it is behind a second after a position
        of the primary at most, and whether its replay is paused.

        Raises:
            ReplicaUnfit: when it must not be read.
            Unavailable: when it cannot be asked.
        """
        connection = await self._connector.open()
        try:
            check_fit(await standing_of(connection), primary)
            give_up = monotonic() + _LOOK_SECONDS
            while True:
                progress = await progress_of(connection, seconds=_ANSWER_SECONDS)
                behind_bytes = max(0, primary.log_bytes - progress.replayed_bytes)
                if not behind_bytes or monotonic() >= give_up:
                    return behind_bytes, progress.paused
                await asyncio.sleep(_PAUSES_SECONDS[-1])
        except _FAULTS as fault:
            raise Unavailable("it does not answer") from fault
        finally:
            connection.terminate()

    async def _connect(self, positions: LogPositions) -> None:
        primary = await positions.now()
        if primary is None:
            raise ReplicaUnfit("the primary does not say how far its log has come")
        connection = self._connection = await self._connector.open()
        standing = await standing_of(connection)
        check_fit(standing, primary)
        self._started = standing.started
        self._replayed_bytes = (await self._progress()).replayed_bytes
        self._history = primary.history
        self.loans = Loans(ConnectionPool(self._open, self._limit), _Faults(self.failed))
        self._alone_until, self._wanted_bytes = 0.0, primary.log_bytes
        if self.has(primary):
            self._take_up()
        else:
            self._leave("it has not caught up yet")

    async def _open(self) -> Connection:
        """Open a connection to the server that is watched, as far as that has been seen to be.

        After a crash of one of its processes a server starts anew within itself, and answers
        before it has replayed again all that it had.
        """
        replayed_bytes = self._replayed_bytes
        connection = await self._connector.open_to_read()
        try:
            present = await connection.fetchrow(STARTED, timeout=_ANSWER_SECONDS)
            if present["started"] != self._started:
                raise Unavailable("its address leads to several servers: name each by an address")
            if present["replayed_bytes"] < replayed_bytes:
                raise Unavailable("it was restarted, and has not yet replayed again what it had")
        except BaseException as fault:
            connection.terminate()
            if isinstance(fault, NOT_OPENED):
                raise Unavailable("it does not answer") from fault
            raise
        return connection

    async def _ask(self, positions: LogPositions) -> None:
        """Ask once how far it is: as soon as somebody waits, or after a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._look_seconds):
                await self._somebody_waits.wait()
        self._somebody_waits.clear()
        for pause in (*_PAUSES_SECONDS, *_PAUSES_SECONDS[-1:] * 8):
            progress = await self._progress()
            self._replayed_bytes = max(self._replayed_bytes, progress.replayed_bytes)
            self._answer()
            if not self._waiting:
                break
            await asyncio.sleep(pause)
        if monotonic() - self._compared >= self._look_seconds:
            await self._compare(positions, paused=progress.paused)

    async def _compare(self, positions: LogPositions, *, paused: bool) -> None:
        """Compare it with the primary, unless that is away: then nobody reads here either."""
        self._compared = monotonic()
        replayed_bytes = self._replayed_bytes
        with suppress(Unavailable):
            primary = await positions.now()
            if primary is None or primary.history != self._history:
                raise ReplicaUnfit("a failover has changed the primary")
            self.behind_bytes = max(0, primary.log_bytes - replayed_bytes)
        if self.reason is None:
            return
        if paused:
            self.reason = "its replay is paused: run SELECT pg_wal_replay_resume() there"
        elif self._replayed_bytes >= self._wanted_bytes and monotonic() >= self._alone_until:
            self._take_up()

    async def _progress(self) -> ReplayProgress:
        assert self._connection is not None  # noqa: S101 (while it is watched)
        return await progress_of(self._connection, seconds=_ANSWER_SECONDS)

    def _answer(self) -> None:
        left = []
        for log_bytes, reached in self._waiting:
            if not reached.done() and log_bytes <= self._replayed_bytes:
                reached.set_result(True)
            elif not reached.done():
                left.append((log_bytes, reached))
        self._waiting = left

    def _take_up(self) -> None:
        self.reason = None
        logs.info("replica read", replica=self.name, behind_bytes=self.behind_bytes)

    def _leave(self, reason: str, *, until_bytes: int = 0) -> None:
        now = monotonic()
        self._alone_until = now + self._alone_seconds
        self._wanted_bytes = max(self._wanted_bytes, until_bytes)
        self.reason = reason
        if now >= self._logged_until:
            self._logged_until = now + _LOGGED_EVERY_SECONDS
            logs.warning("replica left alone", replica=self.name, reason=reason)

    def _disconnect(self) -> None:
        """Break off what is read there: it is asked again on the primary."""
        self._history = None
        for _, reached in self._waiting:
            if not reached.done():
                reached.set_result(False)
        self._waiting = []
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
        if self.loans is not None:
            loans, self.loans = self.loans, None
            loans.break_off()


class _Quiet(Causes):
    """Faults of a replica, which its own line in the log tells of."""

    def note(self, message: str, cause: BaseException | None = None, *, kind: str = "") -> None:
        """Log nothing."""


class _Faults(_Quiet):
    """Makes every fault of a loan one after which the primary is asked."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        super().__init__()
        self._failed = failed

    def refuse_if_lost(self, error: BaseException, *, closed: bool) -> None:
        """Raise what an error on a connection to the replica amounts to.

        Raises:
            ReplicaFailed.
            Unavailable: when a question took longer than the server allows, there as anywhere.
        """
        if isinstance(error, asyncpg.QueryCanceledError):
            super().refuse_if_lost(error, closed=closed)
        if isinstance(error, _FAULTS) or (closed and isinstance(error, OSError)):
            self._failed(error)
            raise ReplicaFailed(str(error)) from error


def _reason_of(fault: BaseException) -> str:
    """What the driver, the system or the server said."""
    cause = fault.__cause__ or fault
    return " ".join(str(cause).split()) or type(cause).__name__
