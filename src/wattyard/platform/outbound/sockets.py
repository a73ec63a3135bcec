"""Sockets to receivers: no address is connected to unchecked, whatever name or trick led there."""

import socket
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from wattyard.platform.outbound.addresses import ADDRESS_REFUSED
from wattyard.platform.outbound.lookup import Lookup

Permits = Callable[[str], bool]


class AddressRefused(OSError):
    """A name leads to an address that may not be reached, or an address itself is one."""


class CheckedResolver(AbstractResolver):
    """Gives aiohttp the addresses of a name, or none where any of them may not be reached."""

    def __init__(self, lookup: Lookup, permits: Permits) -> None:
        self._lookup = lookup
        self._permits = permits

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up and check every address of it.

        Raises:
            AddressRefused: when one of them may not be reached.
            OSError: when there is none.
        """
        addresses = await self._lookup(host)
        for address in addresses:
            check(address, self._permits)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": int(socket.AI_NUMERICHOST),
            }
            for address in addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def checked_socket(permits: Permits) -> Callable[[Any], socket.socket]:
    """Make aiohttp's socket factory: the last place before a connection, whatever led there."""

    def make(address_info: Any) -> socket.socket:  # noqa: ANN401 (aiohttp's tuple)
        family, kind, protocol, _, address = address_info
        check(str(address[0]), permits)
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)  # noqa: FBT003 (the standard library's form)
        return made

    return make


def check(address: str, permits: Permits) -> None:
    """Refuse an address that may not be reached, without saying which: it may be a secret.

    Raises:
        AddressRefused.
    """
    if not permits(address):
        raise AddressRefused(ADDRESS_REFUSED)
