"""Signs of life of the workers that hold deliveries, so that those of a dead one are soon sent.

Leases last as long as an attempt may take. They are not waited for: a worker that holds deliveries
gives a sign in the database, and one whose signs stand still for 3.2 s counts as dead. One that had
no database or no processor for 2.5 s, which happens, does not, and what it is sending is not sent
by another. What counts is what a worker itself sees while it looks, by its own monotonic clock:
neither machines whose clocks differ nor a database that was away for everybody makes anybody look
dead.
"""

from collections.abc import Callable, Collection, Mapping
from math import inf
from time import monotonic
from typing import Final
from uuid import UUID

from wattyard.events.service import Outbox
from wattyard.events.service.outbox import CountedAsDead

SIGN_SECONDS: Final = 0.65
"""How often a worker that holds deliveries gives a sign."""
SILENT_SECONDS: Final = 3.2
"""Who gives no sign for so long counts as dead."""
_MARGIN_SECONDS: Final = 0.3
_LOOK_SECONDS: Final = 0.6
_COUNTED_SECONDS: Final = 1.1
"""The most that counts between two looks: while the database was away, or the machine had no time
for the one who looks, the others could give no sign either."""


class WorkerWatch:
    """What one worker has seen of the others."""

    def __init__(self) -> None:
        self._seen: dict[UUID, tuple[int, float]] = {}
        """Of each the number of its signs, and for how long it was seen to stand still."""
        self._looked = -inf

    def silent(
        self, signs: Mapping[UUID, int], *, asked: float, answered: float
    ) -> dict[UUID, int]:
        """Look at the signs of the others: those who have been silent for too long, with them.

        `asked` and `answered` are seconds of a monotonic clock, before and after the signs were
        read: they may have been given at any moment between.
        """
        passed = max(0.0, min(asked - self._looked, _COUNTED_SECONDS))
        self._looked = answered
        self._seen = {
            holder: (number, self._silence(holder, number, passed))
            for holder, number in signs.items()
        }
        return {
            holder: number
            for holder, (number, silence) in self._seen.items()
            if silence >= SILENT_SECONDS
        }

    def _silence(self, holder: UUID, number: int, passed: float) -> float:
        before, silence = self._seen.get(holder, (None, 0.0))
        return silence + passed if before == number else 0.0


class LifeSigns:
    """The signs of one worker, and its look at those of the others."""

    def __init__(
        self, outbox: Outbox, new_id: Callable[[], UUID], seconds: Callable[[], float] = monotonic
    ) -> None:
        self.holder = new_id()
        self._outbox = outbox
        self._new_id = new_id
        self._seconds = seconds
        self._watch = WorkerWatch()
        self._given = self._looked = -inf
        self._dead: Collection[UUID] = ()

    @property
    def fresh(self) -> bool:
        """Whether nobody can count this worker as dead yet: an attempt may begin."""
        return self._seconds() < self._given + SILENT_SECONDS - _MARGIN_SECONDS

    async def give(self) -> None:
        """Give a sign.

        Raises:
            CountedAsDead: when it comes too late; the worker has another id from now on.
        """
        began = self._seconds()
        try:
            await self._outbox.sign(self.holder)
        except CountedAsDead:
            self.begin_anew()
            raise
        self.given(began)

    def given(self, at: float) -> None:
        """Note a sign that was given not before a moment."""
        self._given = at

    def begin_anew(self) -> None:
        """Take another id; what is held under the present one is anybody's."""
        self.holder = self._new_id()
        self._given = -inf

    async def dead(self) -> Collection[UUID]:
        """Name those who count as dead, after a look at the others if the last is 0.6 s ago."""
        asked = self._seconds()
        if asked - self._looked >= _LOOK_SECONDS:
            found = await self._outbox.workers()
            self._looked = answered = self._seconds()
            others = {one: number for one, number in found.signs.items() if one != self.holder}
            silent = self._watch.silent(others, asked=asked, answered=answered)
            gone = await self._outbox.count_as_dead(silent) if silent else []
            self._dead = [*found.dead, *gone]
        return self._dead

    async def sign_off(self) -> None:
        """Say that this worker holds nothing any more."""
        await self._outbox.sign_off(self.holder)
