"""Names and addresses of receivers: how they are looked up, and judged when registered."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from wattyard.events.domain.addresses import AddressPolicy
from wattyard.events.domain.endpoints import UrlInvalid, target_of
from wattyard.kernel.ids import shown

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Finds the addresses of a name; raises OSError where there are none."""

_THREADS: Final = 32
_REGISTRATION_SECONDS: Final = 2.0


class SystemLookup:
    """Asks the system's resolver, in threads of its own and once for all who ask together.

    A name whose servers do not answer keeps one thread busy, not everybody's.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")
        self._asked: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str) -> Sequence[str]:
        asked = self._asked.get(host)
        if asked is None or asked.get_loop() is not asyncio.get_running_loop():
            asked = asyncio.ensure_future(
                asyncio.get_running_loop().run_in_executor(self._threads, _ask, host)
            )
            self._asked[host] = asked
            asked.add_done_callback(lambda done: self._answered(host, done))
        return await asyncio.shield(asked)

    def _answered(self, host: str, done: "asyncio.Future[Sequence[str]]") -> None:
        if self._asked.get(host) is done:
            del self._asked[host]
        if not done.cancelled():
            done.exception()  # those who asked may have stopped waiting for it


def _ask(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as fault:
        raise OSError(f"{host} is not a name") from fault
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Registration:
    """Judges an address when it is registered, by the rules that hold at each delivery."""

    def __init__(self, lookup: Lookup, policy: AddressPolicy) -> None:
        self._lookup = lookup
        self._policy = policy

    async def __call__(self, url: str) -> None:
        """Check where an address leads; a name that does not resolve yet is taken.

        Raises:
            UrlInvalid: when it is malformed, or leads where nobody may go.
        """
        target = target_of(url)
        permits = self._policy.permits_plain if target.is_plain else self._policy.permits
        addresses: Sequence[str] = ()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_REGISTRATION_SECONDS):
                addresses = await self._lookup(target.host)
        if all(map(permits, addresses)) and (addresses or not target.is_plain):
            return
        if target.is_plain:
            raise UrlInvalid(
                f"url must begin with https://; got {shown(url)}; http is only for networks that "
                "the operator of this server allows",
                param="url",
            )
        raise UrlInvalid(
            "url must lead to a public address; "
            f"{shown(target.host)} is one of a private, local or reserved network",
            param="url",
        )
