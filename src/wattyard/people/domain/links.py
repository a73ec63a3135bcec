"""One-time links: invitations, and the way in for those who have no password."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.people.domain.people import Role

LINK_LIFETIME: Final = timedelta(hours=24)
TOKEN_BYTES: Final = 32
"""256 bits of randomness in the token of a link or a session."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link gives to whoever uses it.

    Attributes:
        email: of the person; one who is not there yet is made when the link is used.
        account: the number of the account that they become a member of; None for none.
        role: in that account.
        makes_operator: True where they become an operator of the server.
        signs_in: True where the link itself proves who its reader is, because the operator made
            it. Another one lets in only somebody who was not there before: a person who is must
            be signed in when they use it.
    """

    email: str
    name: str
    account: int | None = None
    role: Role | None = None
    makes_operator: bool = False
    signs_in: bool = False


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link as it is kept: without its token."""

    id: UUID
    invitation: Invitation
    time_created: datetime
    time_expiry: datetime
    time_used: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.time_used is None and now < self.time_expiry


def new_token() -> str:
    """Make the secret of a link or a session: 43 characters that may stand in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def session_token(cell: int | None) -> str:
    """Make the secret of a session; it begins with the cell that has it, where there are cells.

    So a proxy finds the cell: `c2.` before the 43 characters, which are no part of any cell's.
    """
    return new_token() if cell is None else f"c{cell}.{new_token()}"


def hash_of(token: str) -> bytes:
    """Hash a token for storage: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()
