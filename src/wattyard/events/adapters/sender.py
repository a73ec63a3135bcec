"""The sender: one POST to a receiver that may be slow, broken or hostile."""

import asyncio
import errno
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import aiohttp

from wattyard import __version__
from wattyard.events.adapters.network import Lookup
from wattyard.events.adapters.sockets import (
    AddressRefused,
    CheckedResolver,
    Permits,
    checked_socket,
)
from wattyard.events.domain.addresses import AddressPolicy
from wattyard.events.domain.deliveries import Reply
from wattyard.kernel.refusals import Unavailable

ATTEMPT_SECONDS: Final = 10.0
_BODY_BYTES: Final = 64 * 1024
_BODY_SECONDS: Final = 1.0
_IDLE_SECONDS: Final = 10.0


class Sender:
    """Sends letters over kept-alive connections; use it as a context manager.

    A name is looked up for every new connection, each of its addresses is checked, and the
    socket is opened to a checked one. Redirects are not followed, proxies of the environment
    not used, cookies not kept, and of an answer's body at most 64 KiB are read and none kept.
    """

    def __init__(
        self, lookup: Lookup, policy: AddressPolicy, *, seconds: float = ATTEMPT_SECONDS
    ) -> None:
        self._lookup = lookup
        self._policy = policy
        self._seconds = seconds

    async def __aenter__(self) -> Self:
        self._secure = _session(self._lookup, self._policy.permits)
        self._plain = _session(self._lookup, self._policy.permits_plain)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._secure.close()
        await self._plain.close()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a letter once, and tell how it was taken, whatever the receiver does.

        Raises:
            Unavailable: when this process has no sockets left; nothing was sent.
        """
        session = self._plain if url.lower().startswith("http:") else self._secure
        try:
            async with asyncio.timeout(self._seconds):
                answer = await session.post(url, data=body, headers=headers, allow_redirects=False)
        except TimeoutError:
            return Reply(error=f"no answer within {self._seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            if getattr(fault, "errno", None) in (errno.EMFILE, errno.ENFILE):
                raise Unavailable("no more files can be opened; raise the limit") from fault
            return Reply(error=_reason(fault))
        await _finish(answer)
        if 200 <= answer.status < 300:
            return Reply(answer.status)
        return Reply(answer.status, f"the receiver answered {answer.status}")


async def _finish(answer: aiohttp.ClientResponse) -> None:
    """Read a short rest of the answer, so that its connection can be used again, or close it."""
    with suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with asyncio.timeout(_BODY_SECONDS):
            left = _BODY_BYTES
            while left > 0 and not answer.content.at_eof():
                left -= len(await answer.content.read(left))
    if answer.content.at_eof():
        answer.release()
    else:
        answer.close()


def _session(lookup: Lookup, permits: Permits) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=CheckedResolver(lookup, permits),
        socket_factory=checked_socket(permits),
        use_dns_cache=False,
        limit=0,
        keepalive_timeout=_IDLE_SECONDS,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_BODY_BYTES // 2,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Wattyard/{__version__} (webhooks)",
        },
    )


def _reason(fault: BaseException) -> str:
    """Say in a few words what came in the way, without anything of the receiver's."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return "the name could not be resolved"
    if isinstance(fault, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "the certificate could not be verified"
    if isinstance(fault, aiohttp.ServerDisconnectedError):
        return "the connection was closed without an answer"
    if isinstance(fault, aiohttp.ClientConnectorError):
        return "the connection was refused"
    return f"the exchange failed: {type(fault).__name__}"
