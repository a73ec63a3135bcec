"""Bearer tokens: JSON Web Tokens (RFC 7519) with HS256, through joserfc."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from wattyard.accounts.domain import TokenInvalid
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.scopes import Scope
from wattyard.kernel.values import dataclass

ISSUER: Final = "wattyard"
TOKEN_LIFETIME: Final = timedelta(hours=1)
"""How long a token is valid; that of a key with an end, not longer than that."""
_ALGORITHMS: Final = ["HS256"]


@dataclass(frozen=True, slots=True)
class Token:
    """The claims of a verified token."""

    account_id: UUID
    live_mode: bool
    key_id: UUID
    issued: int
    """Unix seconds"""
    expires: int
    """Unix seconds"""
    begins: int
    """Unix seconds"""
    scopes: frozenset[Scope] | None = None
    site_ids: frozenset[UUID] | None = None


class Signer:
    """Makes and verifies tokens with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = OctKey.import_key(secret)

    def make(self, caller: Caller, token_id: UUID, now: datetime) -> tuple[str, int]:
        """Make a token for the account, mode and key of a caller: the token, and its seconds.

        That of a restricted key carries its scopes and sites, and ends with it.

        Raises:
            ValueError: when the caller did not authenticate with a key.
        """
        if caller.key_id is None:
            raise ValueError("tokens are made for keys; this caller has none")
        issued = int(now.timestamp())
        seconds = int(TOKEN_LIFETIME.total_seconds())
        if caller.expires is not None:
            seconds = min(seconds, int(caller.expires.timestamp()) - issued)
        account_id = ids.wire("acc", caller.account_id)
        claims = {
            "iss": ISSUER,
            "sub": account_id,
            "account_id": account_id,
            "live_mode": caller.live_mode,
            "iat": issued,
            "nbf": issued,
            "exp": issued + seconds,
            "kid": ids.wire("key", caller.key_id),
            "jti": token_id.hex,
        }
        if caller.scopes is not None:
            claims["scope"] = " ".join(sorted(caller.scopes))  # as RFC 8693, 4.2
        if caller.site_ids is not None:
            claims["location_ids"] = [ids.wire("loc", site) for site in sorted(caller.site_ids)]
        return jwt.encode({"alg": "HS256"}, claims, self._key, algorithms=_ALGORITHMS), seconds

    def read(self, token: str) -> Token:
        """Verify a token's signature and read it; its beginning and end are checked elsewhere.

        Raises:
            TokenInvalid: when it was not made with this secret, or is not a token.
        """
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=_ALGORITHMS).claims
            if claims["iss"] != ISSUER or claims["sub"] != claims["account_id"]:
                raise TokenInvalid("the bearer token was not made by this server")
            return Token(
                ids.read(claims["account_id"], "acc", param="account_id"),
                bool(claims["live_mode"]),
                ids.read(claims["kid"], "key", param="kid"),
                int(claims["iat"]),
                int(claims["exp"]),
                int(claims["nbf"]),
                *_limits(claims),
            )
        except (JoseError, ValueError, KeyError, TypeError, Malformed, RecursionError):
            raise TokenInvalid(
                "the bearer token was not made by this server or was changed; "
                "get one from POST /auth/tokens"
            ) from None


def _limits(claims: Mapping[str, Any]) -> tuple[frozenset[Scope] | None, frozenset[UUID] | None]:
    """Read the scopes and sites of a restricted key's token; None where there are none."""
    scopes, at = claims.get("scope"), claims.get("location_ids")
    return (
        None if scopes is None else frozenset(map(Scope, scopes.split())),
        None
        if at is None
        else frozenset(ids.read(text, "loc", param="location_ids") for text in at),
    )
