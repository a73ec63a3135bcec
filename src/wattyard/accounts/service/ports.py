"""What capabilities above know of an account's objects."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.platform.composition import Contributions


class Counted(Protocol):
    """The port that counts an account's objects; capabilities above contribute to it."""

    async def counts(self, context: Context) -> Mapping[str, int]:
        """Count what the caller has in its mode, by the name of the kind."""


class OwnSites(Protocol):
    """The port that knows the sites of accounts; the capability of sites contributes to it."""

    async def check_sites(self, context: Context, site_ids: Collection[UUID]) -> None:
        """Refuse sites that the caller does not have, with `location_not_found`."""


class Departures(Protocol):
    """The port of what an account has besides its rows; capabilities above contribute to it."""

    async def only_here(self, context: Context) -> int:
        """Count the people who have no account but the context's."""

    async def leave(self, context: Context) -> int:
        """Let everybody go from the context's account, and delete those who have no other."""

    async def gone(self, context: Context) -> None:
        """Note that the context's account is deleted, in the transaction that does it."""


class Usage:
    """How much an account has of each kind of object."""

    def __init__(self, counted: Contributions[Counted]) -> None:
        self._counted = counted

    async def counts(self, context: Context) -> dict[str, int]:
        """Count what the caller has in its mode, by the name of the kind."""
        counts: dict[str, int] = {}
        for one in self._counted:
            counts |= await one.counts(context)
        return counts
