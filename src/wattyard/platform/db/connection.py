"""The connections that stores speak through, which task has which, and the block that it is in."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from contextvars import Context
from functools import wraps
from math import inf
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

import asyncpg

from wattyard.kernel.callers import on_behalf_of

if TYPE_CHECKING:
    from wattyard.platform.db.faults import Causes
    from wattyard.platform.db.pool import ConnectionPool


_SILENT: Final = "the database does not answer"


def _heard(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Close the connection where the database does not answer: a machine that vanished closes
    none itself, and a time-out must not be taken for one of the caller's own."""

    @wraps(method)
    async def heard(self: "Connection", *args: object, **options: object) -> Any:  # noqa: ANN401 (the driver's answer)
        if "timeout" not in options:  # else the driver keeps to that
            self.asked_at = monotonic()
            if self.timer is None:
                self.expect_answer()
        try:
            return await method(self, *args, **options)
        except TimeoutError as silence:
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError(_SILENT) from silence
        except asyncpg.ConnectionDoesNotExistError as closed:
            if self.was_silent:
                raise asyncpg.ConnectionDoesNotExistError(_SILENT) from closed
            raise
        finally:
            self.asked_at = inf

    return heard


class Connection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """One connection to PostgreSQL, as the driver has it; closed where nobody answers.

    One timer looks after all its statements. The driver would set one for each, which is a
    twentieth of what a list page takes.
    """

    fetch = _heard(asyncpg.Connection.fetch)
    fetchrow = _heard(asyncpg.Connection.fetchrow)
    fetchval = _heard(asyncpg.Connection.fetchval)
    execute = _heard(asyncpg.Connection.execute)

    answer_seconds = inf
    """How long a statement may take; a connection that is asked for longer is closed."""
    asked_at = inf
    """When the present statement was sent, infinity while there is none."""
    timer: asyncio.TimerHandle | None = None
    was_silent = False
    """Whether it was closed because a statement took longer than that."""

    only_reads = False
    """Whether its database was set to read only when it was opened."""
    server = ""
    """The server that it leads to: when that was started, as text."""
    limits = ""
    """What follows a BEGIN, where the session does not keep its settings: behind a pooler."""
    begins_writing = "BEGIN READ WRITE"

    async def copy_to_table(self, table_name: str, **options: Any) -> str:  # noqa: ANN401 (the driver's)
        """Load rows by COPY, with a time-out of its own.

        The driver waits for ever for a server that stops taking rows, and goes on waiting even when
        its connection is closed.
        """
        try:
            async with asyncio.timeout(self.answer_seconds):
                status: str = await super().copy_to_table(table_name, **options)
        except Exception as fault:
            if not isinstance(fault, TimeoutError) and not self.is_closed():
                raise
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError(_SILENT) from fault
        return status

    def expect_answer(self) -> None:
        """Look once the present statement takes too long, and then at whichever is present."""
        left_seconds = self.answer_seconds - max(0.0, monotonic() - self.asked_at)
        self.timer = None
        if left_seconds <= 0:
            self.was_silent = True
            self.terminate()
        elif self.asked_at != inf and self.answer_seconds != inf:
            loop = asyncio.get_running_loop()
            # Without the context of whoever asks, which the timer would keep as long as itself.
            self.timer = loop.call_later(left_seconds, self.expect_answer, context=Context())


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


_IN_THE_MIDDLE = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What may have left a connection in the middle of something, whoever raised it."""


class Loan:
    """The connection that a task has, and the block that it is in."""

    __slots__ = ("account", "after_commit", "connection", "in_snapshot", "since", "task")

    def __init__(
        self, connection: Connection, task: asyncio.Task[Any] | None, account: int | None
    ) -> None:
        self.connection = connection
        self.task = task
        self.account = account
        """In whose share it is lent."""
        self.since = perf_counter()
        self.in_snapshot = False
        self.after_commit: list[Callable[[], None]] | None = None
        """What to call once the transaction is kept; None outside one."""


class Loans:
    """The loans of a pool, by task."""

    __slots__ = ("_by_task", "causes", "pool", "seconds")

    def __init__(self, pool: "ConnectionPool", causes: "Causes") -> None:
        self.pool = pool
        self.causes = causes
        self.seconds = 0.0
        """For how long connections were lent, in all."""
        self._by_task: dict[asyncio.Task[Any] | None, Loan] = {}

    def present(self) -> Loan | None:
        """The loan of the present task."""
        return self._by_task.get(asyncio.current_task())

    def of(self, task: "asyncio.Task[Any] | None") -> Loan | None:
        """The loan of a task."""
        return self._by_task.get(task)

    def longest_seconds(self) -> float:
        """For how long the connection that was lent first of those now lent is."""
        if not self._by_task:
            return 0.0
        return perf_counter() - min(loan.since for loan in self._by_task.values())

    def begin(self, loan: Loan) -> None:
        """Note that a task has a connection."""
        self._by_task[loan.task] = loan

    def end(self, loan: Loan, error: BaseException | None) -> None:
        """Take a connection back.

        Raises:
            Unavailable: where `error` says that it was lost.
        """
        del self._by_task[loan.task]
        self.seconds += perf_counter() - loan.since
        if error is None:
            self.pool.take_back(loan.connection, loan.account)
            return
        broken = isinstance(error, _IN_THE_MIDDLE) or not isinstance(error, Exception)
        closed = loan.connection.is_closed()
        self.pool.take_back(loan.connection, loan.account, broken=broken)
        self.causes.refuse_if_lost(error, closed=closed)

    def break_off(self) -> None:
        """Close all connections, also those that are lent, and lend no more."""
        for loan in self._by_task.values():
            loan.connection.terminate()
        self.pool.break_off()


class Lending:
    """A block in which a task has a connection: a new one, or that which it has already."""

    __slots__ = ("_lent", "_loans", "loan")

    loan: Loan

    def __init__(self, loans: Loans) -> None:
        self._loans = loans
        self._lent = False

    async def __aenter__(self) -> Connection:
        loans, task = self._loans, asyncio.current_task()
        loan = loans.of(task)
        if loan is None:
            account = on_behalf_of.get()
            connection = loans.pool.lend_now(account) or await loans.pool.lend(account)
            loan = Loan(connection, task, account)
            loans.begin(loan)
            self._lent = True
        self.loan = loan
        return loan.connection

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._lent:
            self._loans.end(self.loan, error)
