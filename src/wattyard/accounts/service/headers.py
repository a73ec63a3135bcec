"""What an `Authorization` header shows: a key, by HTTP Basic or as bearer, or a bearer token."""

import base64
import binascii

from wattyard.accounts.domain import CredentialsInvalid, TokenMissing, is_secret
from wattyard.kernel import ids
from wattyard.kernel.refusals import Malformed


def shows_key(authorization: str) -> bool:
    """Whether a header shows a key, or what is meant to be one."""
    scheme, _, credentials = authorization.partition(" ")
    scheme = scheme.lower()
    return scheme == "basic" or (scheme == "bearer" and is_secret(credentials.strip()))


def account_and_secret(authorization: str | None) -> tuple[str | None, str]:
    """Read the account id that goes with a key, None where it is sent as bearer, and the key.

    Raises:
        CredentialsInvalid: when the header shows no key, or is malformed.
    """
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and is_secret(credentials.strip()):
        return None, credentials.strip()
    if scheme.lower() != "basic":
        raise wrong_credentials()
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
        account_id, _, secret = text.partition(":")
        ids.read(account_id, "acc", param="account_id")
    except (binascii.Error, UnicodeDecodeError, Malformed):
        raise wrong_credentials() from None
    return account_id, secret


def claimed_account(authorization: str | None) -> str | None:
    """Read which account a failed log-in claims to be: empty where it is unreadable.

    None where a key was sent as bearer, which claims none.
    """
    try:
        return account_and_secret(authorization)[0]
    except CredentialsInvalid:
        return ""


def bearer(authorization: str) -> str:
    """Read a bearer token.

    Raises:
        TokenMissing: when there is none.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing(
            "send the header Authorization: Bearer <bearer_token or key>, or HTTP Basic with your "
            "account id and key; POST /auth/tokens gives bearer tokens"
        )
    return token.strip()


def wrong_credentials() -> CredentialsInvalid:
    """The one refusal of credentials, whatever is wrong with them."""
    return CredentialsInvalid(
        "the account id and secret key do not match, or there is no such key; send HTTP Basic with "
        "acc_… as the user and the key (sk_test_…, sk_live_…) as the password, or Authorization: "
        "Bearer with the key"
    )
