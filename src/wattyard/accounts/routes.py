"""Endpoints of authentication."""

from wattyard.accounts.domain import CredentialsInvalid, KeyRevoked
from wattyard.accounts.service import Accounts
from wattyard.accounts.wire import TOKEN_EXAMPLE, AuthToken
from wattyard.kernel.refusals import AccountDisabled
from wattyard.platform.http import Call, endpoint

_REFUSES = (CredentialsInvalid, KeyRevoked, AccountDisabled)


@endpoint(
    "POST",
    "/auth/tokens",
    "auth_token_create",
    answers=AuthToken,
    refuses=_REFUSES,
    example=TOKEN_EXAMPLE,
    public=True,
)
async def create_token(call: Call, accounts: Accounts) -> AuthToken:
    """Exchange an account id and secret key for a bearer token.

    Send HTTP Basic with the account id as the user and the secret key as the password. The key
    decides whether the token sees live or test data.
    """
    token, key = await accounts.log_in(call.header(b"authorization"))
    return AuthToken(bearer_token=token, live_mode=key.live_mode)


@endpoint(
    "GET",
    "/login",
    "login",
    answers=AuthToken,
    refuses=_REFUSES,
    example=TOKEN_EXAMPLE,
    public=True,
)
async def log_in(call: Call, accounts: Accounts) -> AuthToken:
    """Exchange an account id and secret key for a bearer token, as older clients ask for it."""
    return await create_token.handler(call, accounts)  # type: ignore[no-any-return]  # declared above


ENDPOINTS = (create_token, log_in)
