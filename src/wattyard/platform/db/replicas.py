"""Reading on replicas what reading on the primary would give: all that was acknowledged before.

Only callers that opt in may be given a replica's connection (`replicas_allowed`, which read-only
endpoints declare). Before that, the primary says how far its log of changes has come, and a replica
must have replayed so much; else the primary is read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from wattyard.kernel.refusals import TooMany, Unavailable
from wattyard.platform.db.connection import Connection, Lending, Loan, Loans
from wattyard.platform.db.positions import LogPositions
from wattyard.platform.db.replica import Replica, ReplicaFailed

_ALLOWED: Final = ContextVar("replicas_allowed", default=False)


@contextmanager
def replicas_allowed() -> Iterator[None]:
    """Let what is read inside the block be read on replicas.

    Raises, from what reads there:
        ReplicaFailed: when a replica fails in the middle; the block can be done again without.
    """
    token = _ALLOWED.set(True)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


class Replicas:
    """The replicas of a primary, read in turn."""

    def __init__(self, replicas: Sequence[Replica], positions: LogPositions) -> None:
        self.all = replicas
        self.positions = positions
        self._turn = 0

    def may_be_read(self) -> bool:
        """Whether one is fit, and the present task may read there."""
        return _ALLOWED.get() and any(one.reason is None for one in self.all)

    def present(self) -> Loans | None:
        """The loans in which the present task has a connection to a replica."""
        for one in self.all:
            if one.loans is not None and one.loans.present() is not None:
                return one.loans
        return None

    async def up_to_date(self) -> Replica | None:
        """Choose one that has all that was acknowledged before; None where none is so far.

        Raises:
            Unavailable: when the primary cannot be asked what that is.
        """
        position = await self.positions.now()
        fit = [one for one in self.all if one.reason is None]
        if position is None or not fit:
            return None
        self._turn += 1
        first = self._turn % len(fit)
        fit = fit[first:] + fit[:first]
        for one in fit:
            if one.has(position):
                return one
        reached = await fit[0].reaches(position) and fit[0].has(position)  # and still has it
        return fit[0] if reached else None


class ReplicaLending:
    """A block that reads on a replica where one is up to date, else on the primary."""

    __slots__ = ("_lending", "_primary", "_replicas")

    _lending: Lending

    def __init__(self, replicas: Replicas, primary: Loans) -> None:
        self._replicas = replicas
        self._primary = primary

    @property
    def loan(self) -> Loan:
        """The loan of the block."""
        return self._lending.loan

    async def __aenter__(self) -> Connection:
        replica = await self._replicas.up_to_date()
        if replica is not None and replica.loans is not None:
            self._lending = Lending(replica.loans)
            try:
                connection = await self._lending.__aenter__()
            except (Unavailable, TooMany) as fault:  # its connections may all have stalled
                replica.failed(fault)
            else:
                replica.outcomes["read"] += 1
                return connection
        self._lending = Lending(self._primary)
        return await self._lending.__aenter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self._lending.__aexit__(kind, error, trace)


__all__ = ["ReplicaFailed", "ReplicaLending", "Replicas", "replicas_allowed"]
