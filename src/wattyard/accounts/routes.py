"""Endpoints of authentication."""

from wattyard.accounts.service import Accounts, Usage
from wattyard.accounts.service.accounts import KeyNotFound
from wattyard.accounts.wire import (
    ACCOUNT_EXAMPLE,
    KEY_EXAMPLE,
    TOKEN_EXAMPLE,
    AccountShape,
    AuthToken,
    KeyShape,
    account_shape,
    key_shape,
)
from wattyard.kernel.context import Context
from wattyard.platform.http import Access, endpoint


@endpoint(
    "POST",
    "/auth/tokens",
    "auth_token_create",
    answers=AuthToken,
    example=TOKEN_EXAMPLE,
    access=Access.BASIC,
    shows_secret=True,
    any_key=True,
)
async def create_token(context: Context, accounts: Accounts) -> AuthToken:
    """Exchange an account id and secret key for a bearer token.

    Send HTTP Basic with the account id as the user and the key as the password, or the key as
    bearer. The key decides whether the token sees live or test data; that of a restricted key has
    its scopes and locations, and ends with it.
    """
    token, seconds = await accounts.token(context)
    return AuthToken(bearer_token=token, expires_in=seconds, live_mode=context.live_mode)


@endpoint(
    "GET",
    "/login",
    "login",
    answers=AuthToken,
    example=TOKEN_EXAMPLE,
    access=Access.BASIC,
    shows_secret=True,
    any_key=True,
)
async def log_in(context: Context, accounts: Accounts) -> AuthToken:
    """Exchange an account id and secret key for a bearer token; the path that older clients use."""
    return await create_token.handler(context, accounts)  # type: ignore[no-any-return]  # declared above


@endpoint(
    "GET",
    "/account",
    "account_retrieve",
    answers=AccountShape,
    example=ACCOUNT_EXAMPLE,
    tagged=True,
    reads_primary=True,
)
async def get_account(context: Context, accounts: Accounts, usage: Usage) -> AccountShape:
    """Retrieve the token's account, with counts of its objects in this mode."""
    account = await accounts.account(context.account_id)
    return account_shape(context.caller, account, await usage.counts(context))


@endpoint(
    "GET",
    "/key",
    "key_retrieve",
    answers=KeyShape,
    refuses=(KeyNotFound,),
    example=KEY_EXAMPLE,
    any_key=True,
    tagged=True,
    reads_primary=True,
)
async def get_key(context: Context, accounts: Accounts) -> KeyShape:
    """Retrieve the key that is used, or that the token was made with: what it may do, and where."""
    return key_shape(await accounts.key(context))


ENDPOINTS = (get_account, create_token, log_in, get_key)
