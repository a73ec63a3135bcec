"""People, their roles, their sessions, the links that let them in, and the audit log."""

from wattyard.people.domain.audit import Entry, NewEntry
from wattyard.people.domain.links import Invitation, OneTimeLink
from wattyard.people.domain.passwords import PasswordInvalid, checked_password
from wattyard.people.domain.people import (
    EmailInvalid,
    Member,
    Membership,
    Person,
    Role,
    checked_email,
)
from wattyard.people.domain.sessions import IDLE, PersonSession, SignedIn

__all__ = [
    "IDLE",
    "EmailInvalid",
    "Entry",
    "Invitation",
    "Member",
    "Membership",
    "NewEntry",
    "OneTimeLink",
    "PasswordInvalid",
    "Person",
    "PersonSession",
    "Role",
    "SignedIn",
    "checked_email",
    "checked_password",
]
