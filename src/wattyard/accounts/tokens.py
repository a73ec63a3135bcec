"""Bearer tokens: JSON Web Tokens (RFC 7519) with HS256, through joserfc."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from wattyard.accounts.domain import TOKEN_LIFETIME, TokenInvalid
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Malformed

ISSUER: Final = "wattyard"
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


class Signer:
    """Makes and verifies tokens with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = OctKey.import_key(secret)

    def make(self, caller: Caller, token_id: UUID, now: datetime) -> str:
        """Make a token for the account, mode and key of a caller.

        Raises:
            ValueError: when the caller did not authenticate with a key.
        """
        if caller.key_id is None:
            raise ValueError("tokens are made for keys; this caller has none")
        issued = int(now.timestamp())
        account_id = ids.wire("acc", caller.account_id)
        claims = {
            "iss": ISSUER,
            "sub": account_id,
            "account_id": account_id,
            "live_mode": caller.live_mode,
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(TOKEN_LIFETIME.total_seconds()),
            "kid": ids.wire("key", caller.key_id),
            "jti": token_id.hex,
        }
        return jwt.encode({"alg": "HS256"}, claims, self._key, algorithms=_ALGORITHMS)

    def read(self, token: str) -> Token:
        """Verify a token's signature and read it; expiry is checked elsewhere.

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
            )
        except (JoseError, ValueError, KeyError, TypeError, Malformed, RecursionError):
            raise TokenInvalid(
                "the bearer token was not made by this server or was changed; "
                "get one from POST /auth/tokens"
            ) from None
