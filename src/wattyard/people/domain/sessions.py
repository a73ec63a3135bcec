"""Sessions of people who are signed in."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.people.domain.people import Membership, Person

IDLE: Final = timedelta(hours=12)
"""A session that is not used for this long is over (contract 9, People)."""


@dataclass(frozen=True, slots=True)
class PersonSession:
    """A session as it is kept: without its token.

    Attributes:
        address: the network address it was opened from; empty where it is not known.
        user_agent: what the browser said it is, cut to 255 characters.
        last_seen: exact to a minute.
        by_link: True where a one-time link opened it, not a password.
    """

    id: UUID
    person_id: UUID
    address: str
    user_agent: str
    time_created: datetime
    last_seen: datetime
    by_link: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether it was idle for too long."""
        return now - self.last_seen >= IDLE


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a session, with the accounts that they may see: those that are enabled.

    Attributes:
        by_link: True where a one-time link opened the session: its reader may set a password
            without the one before.
    """

    session_id: UUID
    person: Person
    memberships: tuple[Membership, ...]
    by_link: bool = False
