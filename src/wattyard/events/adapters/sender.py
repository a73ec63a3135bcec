"""The sender of webhooks: one attempt, and the receiver's answer."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from wattyard.events.domain.deliveries import Reply
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.failures import OutboundFailed
from wattyard.platform.outbound.lookup import Lookup

if TYPE_CHECKING:
    from wattyard.platform.outbound.poster import Poster

ATTEMPT_SECONDS: Final = 10.0
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


class Sender:
    """Sends webhooks over kept-alive connections; use it as an asynchronous context."""

    def __init__(
        self, lookup: Lookup, policy: AddressPolicy, *, seconds: float = ATTEMPT_SECONDS
    ) -> None:
        self._lookup = lookup
        self._policy = policy
        self._seconds = seconds
        self._opening = asyncio.Lock()
        self._poster: Poster | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._poster is not None:
            await self._poster.__aexit__(kind, error, trace)

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Make one attempt and report its outcome, whatever the receiver does.

        Raises:
            Unavailable: when this process has no sockets left; nothing was sent.
        """
        try:
            poster = self._poster or await self._opened()
            status = await poster.post(url, {**_JSON, **headers}, body)
        except OutboundFailed as failed:
            return Reply(error=failed.reason)
        return Reply(status, None if 200 <= status < 300 else f"the receiver answered {status}")

    async def _opened(self) -> "Poster":
        """Open the HTTP client with the first webhook, while other requests are answered."""
        async with self._opening:
            if self._poster is None:
                kind = await asyncio.to_thread(_poster)
                poster = kind(self._lookup, self._policy, seconds=self._seconds, agent="webhooks")
                self._poster = await poster.__aenter__()
        return self._poster


def _poster() -> "type[Poster]":
    """Load the HTTP client: it takes 16 MiB and a quarter of a second."""
    from wattyard.platform.outbound.poster import Poster  # noqa: PLC0415 - see above

    return Poster
