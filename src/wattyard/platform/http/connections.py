"""Limits on what unauthenticated clients can hold: connections, time, descriptors.

A client that sends nothing, or takes nothing, costs the server a connection for as long as it likes
unless somebody checks: every connection of the process is checked once in a while.
"""

import asyncio
import resource
from collections import Counter
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

from wattyard.platform.http.proxies import Headers, TrustedProxies
from wattyard.platform.settings import Settings
from wattyard.platform.work import open_many

HEAD_BYTES: Final = 64 * 1024
"""The most that a request may have besides its body: head, trailers, extensions of chunks."""

_KEPT_DESCRIPTORS: Final = 256
"""For the database, webhooks, feeds and files: never used up by connections of clients."""

_LOOK_SECONDS: Final = 1.0


class Connected(Protocol):
    """What the limits need of a connection."""

    @property
    def address(self) -> str:
        """The peer's network address."""

    def is_overdue(self, now: float, *, head_seconds: float, stall_seconds: float) -> bool:
        """Whether the client has taken too long to send or to take something."""

    def abort(self) -> None:
        """Close the connection at once."""


class Connections:
    """The connections of a process with its clients, and their limits."""

    def __init__(self, settings: Settings) -> None:
        open_many()
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        share = settings.max_connections // settings.workers
        self.limit = max(1, min(share, descriptors - _KEPT_DESCRIPTORS))
        self._per_address = settings.max_connections_per_address
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._head_seconds = settings.head_seconds
        self._stall_seconds = settings.stall_seconds
        self._look_seconds = min(_LOOK_SECONDS, self._head_seconds / 4, self._stall_seconds / 4)
        self._open: dict[Connected, str] = {}
        """The connections, and the address that each is counted under."""
        self._headless: dict[Connected, None] = {}
        self._by_address: Counter[str] = Counter()
        self._looking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connected) -> None:
        """Take a new connection in; at the limit, the oldest without a complete head is closed.

        The new one itself is closed where no other waits for a head, and where its address has
        as many as it may.
        """
        self._open[connection] = connection.address
        self._headless[connection] = None
        self._by_address[connection.address] += 1
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(self._look_seconds, self._look)
        if self._is_over(connection.address):
            self._close(connection)
        elif len(self._open) > self.limit:
            self._close(next(iter(self._headless)))

    def remove(self, connection: Connected) -> None:
        """Forget a connection that has ended."""
        if connection in self._open:
            self._forget(self._open.pop(connection))
            self._headless.pop(connection, None)

    def has_head(self, connection: Connected, headers: Headers = ()) -> None:
        """Note that a request's head is complete.

        One that a proxy passes on counts among the connections of whom it names, until it is
        answered; it is closed where that is more than they may have.
        """
        self._headless.pop(connection, None)
        if self._proxies and self._per_address and connection in self._open:
            self._count(connection, self._proxies.client(connection.address, headers))
            if self._is_over(self._open[connection]):
                self._close(connection)

    def awaits_head(self, connection: Connected) -> None:
        """Note that a connection has nothing to answer until its client asks again."""
        if connection in self._open:
            self._headless[connection] = None
            self._count(connection, connection.address)

    def _count(self, connection: Connected, address: str) -> None:
        """Count a connection under another address than before."""
        if self._open[connection] != address:
            self._forget(self._open[connection])
            self._open[connection] = address
            self._by_address[address] += 1

    def _forget(self, address: str) -> None:
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_over(self, address: str) -> bool:
        if not self._per_address or not address or self._by_address[address] <= self._per_address:
            return False
        return not self._proxies.trusts(address)

    def _close(self, connection: Connected) -> None:
        self.remove(connection)
        connection.abort()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(self._look_seconds, self._look) if self._open else None
        for connection in list(self._open):
            if connection.is_overdue(
                loop.time(), head_seconds=self._head_seconds, stall_seconds=self._stall_seconds
            ):
                self._close(connection)


_BY_SERVER: Final[WeakKeyDictionary[ServerState, Connections]] = WeakKeyDictionary()


def of_server(state: ServerState) -> Connections:
    """Give the connections of a server, with limits by the settings in its environment."""
    if state not in _BY_SERVER:
        _BY_SERVER[state] = Connections(Settings.read())
    return _BY_SERVER[state]
