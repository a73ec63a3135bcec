"""The JSON shapes of accounts and tokens."""

from typing import Literal

import msgspec

from wattyard.accounts.domain import TOKEN_LIFETIME


class AuthToken(msgspec.Struct, kw_only=True):
    """A bearer token, good for `expires_in` seconds."""

    object: Literal["auth_token"] = "auth_token"
    bearer_token: str
    expires_in: int = int(TOKEN_LIFETIME.total_seconds())
    live_mode: bool


TOKEN_EXAMPLE = {
    "object": "auth_token",
    "bearer_token": "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ3YXR0eWFyZCJ9.c2lnbmF0dXJl",
    "expires_in": 3600,
    "live_mode": False,
}
