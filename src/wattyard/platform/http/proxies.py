"""Proxies of the operator's own, and whose requests they pass on (RFC 7239; X-Forwarded-For)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

Headers = Iterable[tuple[bytes, bytes]]
"""Names in lower case, and values."""

FORWARDING: Final = frozenset(
    {
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)
"""Headers that show that a request was passed on."""

_FOR: Final = re.compile(r'(?:^|;)\s*for="?([^;"]+)"?', re.IGNORECASE)
_MOST: Final = 20
"""Hops that are looked at; a client can write as many as it likes."""


class TrustedProxies:
    """Knows which peers are proxies of the operator, and whom they speak for.

    `networks` lists theirs, separated by commas: `10.0.0.0/8, fd00::/8`.
    """

    def __init__(self, networks: str) -> None:
        self._networks = [ip_network(one.strip()) for one in networks.split(",") if one.strip()]
        self.trusts = lru_cache(10_000)(self._trusts)
        """Whether an address is of a proxy."""

    def __bool__(self) -> bool:
        return bool(self._networks)

    def client(self, peer: str, headers: Headers) -> str:
        """Find whose request a peer sends: its own, or where it is trusted, whom it names.

        That is the rightmost address which is not of a proxy itself: what stands left of it may be
        invented. Where both headers are sent and disagree, one of them was not written by the
        proxy, and the request counts as its own.
        """
        if not self.trusts(peer):
            return peer
        named = {
            name: b",".join(value for found, value in headers if found == name).decode("latin-1")
            for name in (b"x-forwarded-for", b"forwarded")
        }
        found = {
            self._rightmost(peer, hops)
            for hops in (
                [one.strip() for one in named[b"x-forwarded-for"].split(",")],
                list(_forwarded_for(named[b"forwarded"])),
            )
            if any(hops)
        }
        return found.pop() if len(found) == 1 else peer

    def _rightmost(self, peer: str, hops: Sequence[str]) -> str:
        found = peer
        for hop in reversed(hops[-_MOST:]):
            address = _address(hop)
            if address is None:
                return found
            found = str(address)
            if not self.trusts(found):
                return found
        return found

    def _trusts(self, address: str) -> bool:
        read = _address(address)
        return read is not None and any(read in network for network in self._networks)


def is_forwarded(headers: Iterable[bytes]) -> bool:
    """Whether one of the names of a request's headers shows that it was passed on."""
    return not FORWARDING.isdisjoint(headers)


def _forwarded_for(value: str) -> Iterator[str]:
    """Give the `for` of each hop in a `Forwarded` header; empty where a hop names none."""
    for hop in value.split(",") if value else ():
        match = _FOR.search(hop)
        yield match[1].strip() if match else ""


def _address(hop: str) -> IPv4Address | IPv6Address | None:
    """Read an address with or without its port: `192.0.2.1:80`, `[2001:db8::1]:80`."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        read = ip_address(text)
    except ValueError:
        return None
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return mapped or read
