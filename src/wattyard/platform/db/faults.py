"""Which faults are the database's, so that a client may try again, and which are our own bugs.

Only a loss that is proven becomes `Unavailable`: a connection that cannot be had, one that is
closed, and what the database itself says about its state. Everything else is left as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

import asyncpg

from wattyard.kernel.moves import MOVING_SENTENCE
from wattyard.kernel.refusals import AccountMoving, Unavailable
from wattyard.platform import logs
from wattyard.platform.db.hosts import NOT_OPENED

_SAID: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    (
        (
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.AdminShutdownError,
            asyncpg.CrashShutdownError,
        ),
        "the database cannot be reached; nothing was acknowledged, try again",
    ),
    (
        (asyncpg.DiskFullError, asyncpg.OutOfMemoryError),
        "the database has no room left; nothing was changed; its operator must make room",
    ),
    (
        (asyncpg.InsufficientPrivilegeError,),
        "the database's role lacks a privilege, which `wattyard doctor` names; nothing was changed",
    ),
    (
        (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError),
        "another change held the same data for too long; nothing was changed, try again",
    ),
    (
        (asyncpg.QueryCanceledError, asyncpg.IdleInTransactionSessionTimeoutError),
        "this took longer than the server allows and was stopped; nothing was changed",
    ),
)
_NO_PARTITION: Final = (
    "a partition that this needs is missing; nothing was changed; its operator must run "
    "`wattyard migrate` as the owner of the tables"
)
_CLOSED: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises on a connection that is closed, among other things."""

_LOGGED_EVERY_SECONDS: Final = 60.0

MOVING: Final = "WYMOV"
"""The SQLSTATE by which the database refuses changes of an account that moves (docs/cells.md)."""


class Causes:
    """Tells losses from bugs, and logs each cause of `unavailable` once a minute."""

    def __init__(self) -> None:
        self._quiet_until: dict[str, float] = {}
        self._unlogged: dict[str, int] = {}

    def note(self, message: str, cause: BaseException | None = None, *, kind: str = "") -> None:
        """Log a cause, unless one of its kind was logged within the last minute.

        The kind is that of the exception, else the message, where none is named.
        """
        kind = kind or (message if cause is None else type(cause).__name__)
        now = monotonic()
        if self._quiet_until.get(kind, 0.0) > now:
            self._unlogged[kind] = self._unlogged.get(kind, 0) + 1
            return
        self._quiet_until[kind] = now + _LOGGED_EVERY_SECONDS
        logs.error(
            "unavailable",
            reason=message,
            cause=None if cause is None else f"{type(cause).__name__}: {cause}",
            unlogged_before=self._unlogged.pop(kind, 0),
        )

    def refuse_if_lost(self, error: BaseException, *, closed: bool) -> None:
        """Raise the refusal that an error on a connection amounts to; our own bugs are none.

        Raises:
            AccountMoving: where the database refuses changes of an account that moves.
            Unavailable.
        """
        if getattr(error, "sqlstate", None) == MOVING:
            raise AccountMoving(MOVING_SENTENCE) from error
        refusal = _refusal_of(error, closed=closed)
        if refusal is not None:
            self.note(str(refusal), error)
            raise refusal from error

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Refuse where the block cannot open a connection.

        Raises:
            Unavailable.
        """
        try:
            yield
        except NOT_OPENED as fault:
            refusal = _refusal_of(fault, closed=True) or Unavailable(_SAID[0][1])
            self.note(str(refusal), fault)
            raise refusal from fault


def _refusal_of(error: BaseException, *, closed: bool) -> Unavailable | None:
    """The refusal that an error on a connection amounts to, None where it is a bug of ours."""
    for kinds, message in _SAID:
        if isinstance(error, kinds):
            return Unavailable(message)
    if isinstance(error, asyncpg.CheckViolationError) and error.constraint_name is None:
        return Unavailable(_NO_PARTITION)  # a violated constraint has a name
    return Unavailable(_SAID[0][1]) if closed and isinstance(error, _CLOSED) else None
