"""Requests that wait in memory to be written, up to a limit."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Final

from wattyard.requests.domain import NewRequest

ROWS_OF_ACCOUNT: Final = 1_000
"""An account whose calls come faster than they are written loses its own oldest, nobody else's."""
BYTES: Final = 8 * 1024 * 1024


class Waiting:
    """Requests by account, in the order in which they came; the oldest give way."""

    def __init__(self, *, rows_of_account: int = ROWS_OF_ACCOUNT, size_bytes: int = BYTES) -> None:
        self._rows_of_account = rows_of_account
        self._limit_bytes = size_bytes
        self._of: defaultdict[int, deque[NewRequest]] = defaultdict(deque)
        self.size_bytes = 0

    def add(self, new: NewRequest) -> int:
        """Take a request; gives how many older ones had to give way."""
        waiting = self._of[new.account]
        waiting.append(new)
        self.size_bytes += new.size_bytes
        gone = 0
        if len(waiting) > self._rows_of_account:
            gone += self._give_way(waiting)
        while self.size_bytes > self._limit_bytes:
            gone += self._give_way(max(self._of.values(), key=len))
        return gone

    def take(self) -> list[NewRequest]:
        """Give all that wait, and wait for none of them any more."""
        taken = [new for waiting in self._of.values() for new in waiting]
        self._of.clear()
        self.size_bytes = 0
        return taken

    def take_back(self, older: Iterable[NewRequest]) -> int:
        """Wait again for requests that could not be written; gives how many had to give way."""
        newer = self.take()
        return sum(self.add(new) for new in (*older, *newer))

    def _give_way(self, waiting: deque[NewRequest]) -> int:
        self.size_bytes -= waiting.popleft().size_bytes
        return 1
