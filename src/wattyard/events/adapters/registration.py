"""The address check at registration of a webhook endpoint."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from wattyard.events.domain.endpoints import UrlInvalid, target_of
from wattyard.kernel.ids import shown
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.lookup import Lookup

_REGISTRATION_SECONDS: Final = 2.0


class Registration:
    """Checks an address at registration, by the rules that apply to each delivery."""

    def __init__(self, lookup: Lookup, policy: AddressPolicy) -> None:
        self._lookup = lookup
        self._policy = policy

    async def __call__(self, url: str) -> None:
        """Check where an address leads; a name that does not resolve yet is accepted.

        Raises:
            UrlInvalid: when it is malformed, or leads to a forbidden network.
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
            f"url must lead to a public address; {shown(target.host)} is in a private, local or "
            "reserved network",
            param="url",
        )
