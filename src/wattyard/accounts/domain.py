"""Accounts, their secret keys and the bearer tokens made with them (contract 0, Authentication)."""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.callers import Caller
from wattyard.kernel.moves import MoveStage
from wattyard.kernel.refusals import Malformed, StateForbids, TooMany, Unauthenticated
from wattyard.kernel.scopes import Scope
from wattyard.kernel.values import dataclass

CLOCKS_DIFFER: Final = timedelta(seconds=60)
"""A token counts so long before its beginning (`nbf`; RFC 7519, 4.1.5): the clock of the node that
made it may be ahead of the clock of the one that is asked."""
SECRET_BYTES: Final = 30
"""240 bits of randomness in a secret key; the contract asks for at least 192."""

MOST_SITES: Final = 100
"""Locations of a restricted key; they are in every token that is made with it."""

_NAME_LIMIT: Final = 255


class CredentialsInvalid(Unauthenticated):
    """The account id and secret key do not match, or one of them does not exist."""

    code = "credentials_invalid"


class TokenMissing(Unauthenticated):
    """No `Authorization` header with a bearer token or a key was sent."""

    code = "token_missing"


class TokenInvalid(Unauthenticated):
    """The bearer token was not made by this server, was changed, or is not valid yet."""

    code = "token_invalid"


class TokenExpired(Unauthenticated):
    """The bearer token has expired; get a new one from `POST /auth/tokens`.

    Its hour is over, or its account was disabled after it was made.
    """

    code = "token_expired"


class KeyRevoked(Unauthenticated):
    """The key, or the key that made this token, was revoked or has expired."""

    code = "key_revoked"


class TooManyFailures(TooMany):
    """Too many failed log-ins for this account or from this address; valid ones still pass."""

    code = "rate_limited"


class NameInvalid(Malformed):
    """A name is empty, longer than 255 characters, or has control characters."""

    code = "name_invalid"


class ScopesInvalid(Malformed):
    """`scopes` of a restricted key names none, or one that does not exist."""

    code = "scopes_invalid"


class LocationIdsInvalid(Malformed):
    """`location_ids` of a restricted key names no location, or more than 100."""

    code = "location_ids_invalid"


class TimeExpiryInvalid(Malformed):
    """`time_expiry` of a restricted key is not in the future."""

    code = "time_expiry_invalid"


class AccountEnabled(StateForbids):
    """The account is enabled: only a disabled one is deleted."""

    code = "account_enabled"


class AccountBeingDeleted(StateForbids):
    """The deletion of the account has begun: it cannot be enabled again."""

    code = "account_being_deleted"


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a restricted key may do, at which sites (None: all), and until when (None: for good).

    Raises:
        ScopesInvalid, LocationIdsInvalid: when either names none.
    """

    scopes: frozenset[Scope]
    site_ids: frozenset[UUID] | None = None
    time_expiry: datetime | None = None

    def __post_init__(self) -> None:
        if not self.scopes:
            raise ScopesInvalid("a restricted key has at least one scope", param="scopes")
        if self.site_ids is not None and not 1 <= len(self.site_ids) <= MOST_SITES:
            raise LocationIdsInvalid(
                f"a restricted key is for 1 to {MOST_SITES} locations, or for all; "
                f"got {len(self.site_ids)}",
                param="location_ids",
            )


@dataclass(frozen=True, slots=True)
class Account:
    """A client of the API. `number` is internal, `id` is what clients see.

    Attributes:
        deletion_begun: since when it is being deleted; it is disabled then, for good.
    """

    number: int
    id: UUID
    name: str
    disabled: bool
    time_created: datetime
    deletion_begun: datetime | None = None
    move_stage: MoveStage | None = None


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A secret key as it is kept: without its secret."""

    id: UUID
    account: int
    account_id: UUID
    live_mode: bool
    name: str
    time_created: datetime
    time_revoked: datetime | None = None
    last_used: datetime | None = None
    restriction: Restriction | None = None

    @property
    def caller(self) -> Caller:
        """Whoever uses the key."""
        caller = Caller(self.account, self.account_id, self.live_mode, self.id)
        if self.restriction is None:
            return caller
        return replace(
            caller,
            scopes=self.restriction.scopes,
            site_ids=self.restriction.site_ids,
            expires=self.restriction.time_expiry,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a token's validity rests on besides its signature."""

    key_revoked: bool
    account_disabled: bool
    last_disabled: datetime | None
    move_stage: MoveStage | None = None

    def ended(self, issued: int) -> bool:
        """Whether the account was disabled after a token of it was made.

        `issued` is in whole seconds, so that a token of the very second counts as made before.
        """
        return self.last_disabled is not None and issued <= self.last_disabled.timestamp()


def code_of(account_id: UUID) -> str:
    """The code of an account, by which its calls find their cell: the last 16 digits of its id."""
    return account_id.hex[16:]


def new_secret(account_id: UUID, *, live_mode: bool, restricted: bool) -> str:
    """Make a key; its beginning shows whether it is restricted, the mode, and the account's code.

    All of that is known to others; what follows is the secret.
    """
    kind, mode = "rk" if restricted else "sk", "live" if live_mode else "test"
    return f"{kind}_{mode}_{code_of(account_id)}_{secrets.token_urlsafe(SECRET_BYTES)}"


def is_secret(text: str) -> bool:
    """Whether a text has the form of a key rather than of a bearer token."""
    return text.startswith(("sk_", "rk_"))


def hash_of(secret: str) -> bytes:
    """Hash a secret key for storage: 240 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def checked_name(name: str) -> str:
    """Check the name of an account or key.

    Raises:
        NameInvalid: when it is empty, too long, or has control characters.
    """
    stripped = name.strip()
    if not stripped or len(stripped) > _NAME_LIMIT or not stripped.isprintable():
        raise NameInvalid(f"a name has 1 to {_NAME_LIMIT} printable characters", param="name")
    return stripped
