"""One POST to a receiver that may be slow, broken or hostile."""

import asyncio
import errno
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

import aiohttp

from wattyard.kernel.refusals import Refusal, Unavailable
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.answers import (
    Exchange,
    StaleConnection,
    WatchedConnector,
    WatchedResponse,
    exchange,
)
from wattyard.platform.outbound.failures import OutboundFailed, Unreachable
from wattyard.platform.outbound.lookup import Lookup
from wattyard.platform.outbound.sessions import open_session
from wattyard.platform.outbound.sockets import (
    AddressRefused,
    CheckedResolver,
    Permits,
    checked_socket,
)
from wattyard.platform.outbound.urls import as_written

_BODY_BYTES: Final = 64 * 1024
_IDLE_SECONDS: Final = 10.0


class Poster:
    """Posts over kept-alive connections; use it as an asynchronous context.

    A name is looked up for every new connection, each of its addresses is checked, and the
    socket is opened to a checked one. Of an answer the status counts, whatever follows it: the
    rest has a second, at most 64 KiB of its body are read, and nothing is kept.
    """

    def __init__(
        self, lookup: Lookup, policy: AddressPolicy, *, seconds: float, agent: str = ""
    ) -> None:
        self._lookup = lookup
        self._policy = policy
        self._seconds = seconds
        self._agent = agent
        self._sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        self._open = AsyncExitStack()
        for plain in (True, False):
            permits = self._policy.permits_plain if plain else self._policy.permits
            for fresh in (True, False):
                session = self._session(permits, fresh=fresh)
                self._sessions[plain, fresh] = await self._open.enter_async_context(session)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post once, and give the status of the answer.

        A kept connection that turns out to be closed costs nothing: it is posted once more at
        once, on a fresh one.

        Raises:
            Unreachable: when no answer came in time, saying what came in the way.
            Unavailable: when this process has no sockets left; nothing was sent.
        """
        limit = asyncio.timeout(self._seconds)
        present = Exchange(limit)
        exchange.set(present)
        try:
            async with limit:
                await self._exchange(url, headers, body)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as fault:
            if present.status is None:
                raise self._failure(fault) from None
        if present.status is None:
            raise Unreachable("the answer has no status line of HTTP/1.1")
        return present.status

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        plain = url[:5].lower() == "http:"
        try:
            answer = await self._post(self._sessions[plain, False], url, headers, body)
        except StaleConnection:
            answer = await self._post(self._sessions[plain, True], url, headers, body)
        await _finish(answer)

    def _failure(self, fault: BaseException) -> Refusal | OutboundFailed:
        if isinstance(fault, TimeoutError):
            return Unreachable(f"no answer within {self._seconds:g} s")
        if getattr(fault, "errno", None) in (errno.EMFILE, errno.ENFILE):
            return Unavailable("no more files can be opened; raise the limit")
        return _failure(fault)

    @staticmethod
    async def _post(
        session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: bytes
    ) -> aiohttp.ClientResponse:
        return await session.post(
            as_written(url), data=body, headers=headers, allow_redirects=False
        )

    def _session(self, permits: Permits, *, fresh: bool) -> aiohttp.ClientSession:
        keeping = {"force_close": True} if fresh else {"keepalive_timeout": _IDLE_SECONDS}
        connector = WatchedConnector(
            resolver=CheckedResolver(self._lookup, permits),
            socket_factory=checked_socket(permits),
            use_dns_cache=False,
            limit=0,
            **keeping,
        )
        return open_session(
            agent=self._agent,
            connector=connector,
            response_class=WatchedResponse,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            read_bufsize=_BODY_BYTES // 2,
        )


async def _finish(answer: aiohttp.ClientResponse) -> None:
    """Read a short rest of the answer, so that its connection can be used again, or close it."""
    try:
        left = _BODY_BYTES
        while left > 0 and not answer.content.at_eof():
            left -= len(await answer.content.read(left))
    finally:
        if answer.content.at_eof():
            answer.release()
        else:
            answer.close()


def _failure(fault: BaseException) -> OutboundFailed:
    """Say in a few words what came in the way, without anything of the receiver's."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return Unreachable(str(cause))
        cause = cause.__cause__ or cause.__context__
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return Unreachable("the name could not be resolved")
    if isinstance(fault, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return Unreachable("the certificate could not be verified")
    if isinstance(fault, aiohttp.ServerDisconnectedError):
        return Unreachable("the connection was closed without an answer")
    if isinstance(fault, aiohttp.ClientConnectorError):
        return Unreachable("the connection was refused")
    return Unreachable(f"the exchange failed: {type(fault).__name__}")
