"""Use-cases of the monthly partitions of readings: made ahead, and when a reading needs one.

Only the owner of the tables makes them. A server whose role only reads and writes rows takes
readings of the months that are there, and says which one is missing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import Microseconds, instant
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure
from wattyard.meters.domain.readings import EARLIEST
from wattyard.meters.store import months as store
from wattyard.platform.db import Database

_WORKER_AHEAD: Final = 3
MIGRATE_AHEAD: Final = 12
"""How many months ahead `wattyard migrate` makes: where nothing else may, that lasts a year."""
_WHAT_TO_DO: Final = "run `wattyard migrate` as the owner of the tables"


class Months:
    """The monthly partitions of readings, of all accounts. Months are counted from year 0."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: set[int] = set()

    async def have(self, starts_us: Microseconds) -> None:
        """Have the partitions of some times, before the transaction that writes into them.

        Months are remembered only when they existed before: creating one can be rolled back.

        Raises:
            Unavailable: when one is missing and this role may not make it.
        """
        starts = starts_us.astype("datetime64[us]").astype("datetime64[M]")
        wanted = {1970 * 12 + n for n in np.unique(starts.astype(np.int64)).tolist()}
        missing = wanted - self._known
        if not missing:
            return
        async with self._db.reading() as db:
            self._known |= await store.present(db, missing)
            missing -= self._known
            allowed = not missing or await store.may_make(db)
        if not allowed:
            since = _text(min(missing))
            raise self._db.unavailable(
                "no partition",
                f"readings of {_listed(missing)} have no partition, and the server may not make "
                f"one: its operator must run `wattyard migrate --readings-since {since}` as the "
                "owner of the tables; nothing was stored",
            )
        if missing:
            async with self._db.transaction() as writing:
                await store.make(writing, sorted(missing))

    async def make_ahead(
        self, now: datetime, *, since: datetime | None = None, ahead: int = _WORKER_AHEAD
    ) -> int:
        """Have the partitions from last month, or `since`, to some months ahead.

        Each is made in a transaction of its own, so that no lock is held for long; none is made
        where this role may not. Gives how many were made.
        """
        first = _month(now) - 1
        if since is not None:
            first = max(_month(instant(EARLIEST)), min(first, _month(since)))
        wanted = set(range(first, _month(now) + ahead + 1))
        async with self._db.reading() as db:
            missing = wanted - await store.present(db, wanted)
            if not missing or not await store.may_make(db):
                return 0
        for month in sorted(missing):
            async with self._db.transaction() as writing:
                await store.make(writing, [month])
        return len(missing)

    async def complaints(self, context: Context) -> list[str]:
        """Report months that will be missing soon and that this role may not make."""
        present = _month(context.now)
        wanted = {present - 1, present, present + 1}
        async with self._db.reading() as db:
            missing = wanted - await store.present(db, wanted)
            if not missing or await store.may_make(db):
                return []
        return [
            f"readings of {_listed(missing)} have no partition and cannot be stored: {_WHAT_TO_DO}"
        ]

    async def measures(self, context: Context) -> list[Measure]:
        """For how many months ahead there are partitions."""
        async with self._db.reading() as db:
            newest = await store.newest(db)
        return [
            Measure(
                "meter_months_ahead",
                "For how many months from now on there are partitions of readings.",
                newest - _month(context.now) if newest is not None else 0,
            )
        ]


def _month(at: datetime) -> int:
    return at.year * 12 + at.month - 1


def _text(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _listed(months: Iterable[int]) -> str:
    ordered = sorted(months)
    shown = ", ".join(_text(month) for month in ordered[:3])
    return shown + (f" and {len(ordered) - 3} other months" if len(ordered) > 3 else "")
