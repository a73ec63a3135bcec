"""Which network addresses a webhook may reach: the public internet, and what is allowed.

Sources: the IANA special-purpose address registries (RFC 6890), as `ipaddress.is_global` has
them, and what they leave open: addresses that carry an IPv4 address inside (RFC 4291, 6052, 3056,
4380) and the metadata services that cloud providers put at public addresses.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, Self

from wattyard.kernel.values import dataclass

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ADDRESS_REFUSED: Final = "it leads to an address that may not be reached from here"
"""The reason for any other, without the address itself, which may be a secret."""
_FORBIDDEN: Final = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments, a metadata service among them
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a metadata service at a public address
        "::/96",  # IPv4-compatible
        "64:ff9b:1::/48",  # NAT64 of local use
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The addresses that may be reached: public ones, and those in `allowed`."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a comma-separated list of networks, such as `127.0.0.0/8,10.1.0.0/16`.

        Raises:
            ValueError: naming what is not a network.
        """
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def permits(self, text: str) -> bool:
        """Whether an address may be reached by https."""
        address = _address(text)
        return address is not None and (self._is_allowed(address) or _is_public(address))

    def permits_plain(self, text: str) -> bool:
        """Whether an address may be reached by http: only inside allowed networks."""
        address = _address(text)
        return address is not None and self._is_allowed(address)

    def _is_allowed(self, address: Address) -> bool:
        return any(
            network.version == address.version and address in network for network in self.allowed
        )


def _address(text: str) -> Address | None:
    """Read an address; an IPv4 address mapped into IPv6 is that IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address in _NAT64:
        return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if any(network.version == address.version and address in network for network in _FORBIDDEN):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )
