"""People, and what they may do in which account (contract 9, People)."""

import re
import unicodedata
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass

_EMAIL_LIMIT: Final = 254
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
"""A mail server decides what an address is; this only refuses what cannot be one."""


class EmailInvalid(Malformed):
    """An e-mail address is malformed, or longer than 254 characters."""

    code = "email_invalid"


class Role(IntEnum):
    """What a person may do in an account; each may do what the one before it may."""

    VIEWER = 1
    """Sees everything but secrets, and changes nothing."""
    DEVELOPER = 2
    """Changes objects and keys."""
    OWNER = 3
    """Decides who else may come in."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in.

    Attributes:
        email: in lower case; two people never have the same.
        is_operator: True for those who run the server.
        language: in which they read numbers and dates, a tag of BCP 47 such as `de-AT`; empty where
            their browser says.
        disabled: True where they may not log in.
        has_password: False where only a link lets them in.
    """

    id: UUID
    email: str
    name: str
    is_operator: bool
    language: str
    time_created: datetime
    disabled: bool = False
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """An account in which a person has a role. `account` is its internal number."""

    account: int
    account_id: UUID
    account_name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """A person in an account: the other side of a `Membership`."""

    person: Person
    role: Role
    time_created: datetime


def checked_email(text: str) -> str:
    """Check an e-mail address and give the form in which it is stored and compared.

    Raises:
        EmailInvalid: when it cannot be one.
    """
    email = unicodedata.normalize("NFC", text.strip()).casefold()
    if not _EMAIL.fullmatch(email) or len(email) > _EMAIL_LIMIT or not email.isprintable():
        raise EmailInvalid(
            f"an e-mail address looks like name@example.com, with at most {_EMAIL_LIMIT} "
            f"characters; got {ids.shown(text)}",
            param="email",
        )
    return email
