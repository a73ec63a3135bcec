"""Counts by minute that wait in memory to be written."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from wattyard.kernel.callers import Caller
from wattyard.requests.domain import Counts, MinuteCounts, NewRequest

_MOST: Final = 50_000
"""Minutes of accounts that are waited for while the database is away."""

_Key = tuple[int, bool, int]
"""Account, mode, and the minute since 1970."""


class Counting:
    """How many requests came in which minute, by account and mode."""

    def __init__(self) -> None:
        self._of: dict[_Key, list[int]] = {}

    def add(self, caller: Caller, at: datetime, status: int) -> None:
        """Count one request."""
        key = (caller.account, caller.live_mode, int(at.timestamp()) // 60)
        counts = self._of.get(key)
        if counts is None:
            counts = self._counts(key)
        counts[0] += 1
        if status >= 400:
            counts[1 if status < 500 else 2] += 1

    def take(self) -> list[MinuteCounts]:
        """Give all counts, and begin again."""
        taken = [_counted(key, counts, logged=0) for key, counts in self._of.items()]
        self._of.clear()
        return taken

    def take_back(self, counted: Iterable[MinuteCounts]) -> None:
        """Count again what could not be written."""
        for one in counted:
            counts = self._counts((one.account, one.live_mode, int(one.minute.timestamp()) // 60))
            for place, more in enumerate(
                (one.counts.requests, one.counts.errors_4xx, one.counts.errors_5xx)
            ):
                counts[place] += more

    def _counts(self, key: _Key) -> list[int]:
        if key not in self._of and len(self._of) >= _MOST:
            del self._of[next(iter(self._of))]
        return self._of.setdefault(key, [0, 0, 0])


def with_logged(
    counted: Iterable[MinuteCounts], requests: Iterable[NewRequest]
) -> list[MinuteCounts]:
    """Add to counts how many requests of each minute are written into the log with them."""
    logged = Counter(
        (new.account, new.live_mode, int(new.request.line.time.timestamp()) // 60)
        for new in requests
    )
    whole = [
        MinuteCounts(
            one.account,
            one.live_mode,
            one.minute,
            one.counts,
            logged.pop((one.account, one.live_mode, int(one.minute.timestamp()) // 60), 0),
        )
        for one in counted
    ]
    return whole + [_counted(key, (0, 0, 0), logged=count) for key, count in logged.items()]


def _counted(key: _Key, counts: Iterable[int], *, logged: int) -> MinuteCounts:
    account, live, minute = key
    return MinuteCounts(
        account, live, datetime.fromtimestamp(minute * 60, UTC), Counts(*counts), logged
    )
