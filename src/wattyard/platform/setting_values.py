"""What the texts of settings may be: addresses, origins, networks, lengths of time."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from wattyard.kernel.lengths import length
from wattyard.platform.configuration import SettingInvalid

_ORIGIN: Final = rb"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?"
_LEAST_PREFIX: Final = {4: 8, 6: 7}
"""Of the largest networks that anybody has for themselves: 10.0.0.0/8, fc00::/7."""
_PUBLIC_URL: Final = r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/?"


def check_origins(origins: frozenset[bytes]) -> None:
    """Refuse what is no exact origin.

    Raises:
        SettingInvalid: saying what was expected.
    """
    for origin in origins:
        if not re.fullmatch(_ORIGIN, origin):
            raise SettingInvalid.of(
                "cors_origins",
                "must list exact origins such as https://app.example.com, separated by commas, "
                f"without a path; got {origin.decode()}",
            )


def check_url(text: str) -> None:
    """Refuse a weather service that is no URL.

    Raises:
        SettingInvalid: saying what was expected.
    """
    if text and not text.startswith(("http://", "https://")):
        raise SettingInvalid.of("weather_url", f"must start with http:// or https://; got {text}")


def check_public_url(text: str) -> None:
    """Refuse what people could not be led to.

    Raises:
        SettingInvalid: saying what was expected.
    """
    if text and not re.fullmatch(_PUBLIC_URL, text):
        raise SettingInvalid.of(
            "public_url",
            "must be the address at which people find this server, such as "
            f"https://energy.example.com or https://example.com/energy; got {text}",
        )


def check_length(name: str, text: str) -> None:
    """Refuse what is no length of time.

    Raises:
        SettingInvalid: saying what was expected.
    """
    try:
        length(text)
    except ValueError as fault:
        raise SettingInvalid.of(name, f"is wrong: {fault}") from None


def doubtful_proxies(text: str) -> Iterator[str]:
    """Name the networks of proxies that hold more than anybody's own proxies can fill."""
    for part in filter(None, map(str.strip, text.split(","))):
        network = ip_network(part)
        if network.prefixlen < _LEAST_PREFIX[network.version]:
            yield (
                f"trusted_proxies has {part}: whoever reaches the server from there may pass off "
                "any address as its client's, so that throttles of failed log-ins and "
                "max_connections_per_address stop nobody, and the request log shows whatever "
                "address they choose; list the networks of your own proxies only"
            )


def check_networks(name: str, text: str) -> None:
    """Refuse what lists anything but networks.

    Raises:
        SettingInvalid: saying what was expected.
    """
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            ip_network(part)
        except ValueError as fault:
            raise SettingInvalid.of(
                name, f"must list networks such as 10.0.0.0/8; {fault}"
            ) from None
