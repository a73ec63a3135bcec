"""The JSON shapes of accounts and tokens."""

from typing import Annotated, Literal

import msgspec

from wattyard.accounts.domain import TOKEN_LIFETIME, Account
from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.decoding.texts import Time


class AuthToken(msgspec.Struct, kw_only=True):
    """A bearer token, good for `expires_in` seconds.

    Attributes:
        bearer_token: sent as `Authorization: Bearer …`
        expires_in: seconds for which it is good
    """

    object: Literal["auth_token"] = "auth_token"
    bearer_token: str
    expires_in: int = int(TOKEN_LIFETIME.total_seconds())
    live_mode: bool


class AccountShape(msgspec.Struct, kw_only=True):
    """A client of this API, in one of its modes.

    Attributes:
        name: as the operator named it
    """

    id: str
    object: Literal["account"] = "account"
    name: str
    live_mode: bool
    time_created: Time
    usage: Annotated[
        dict[str, int], msgspec.Meta(description="how many of each kind there are in this mode")
    ]


def account_shape(caller: Caller, account: Account, usage: dict[str, int]) -> AccountShape:
    """Shape an account in the caller's mode."""
    return AccountShape(
        id=ids.wire("acc", account.id),
        name=account.name,
        live_mode=caller.live_mode,
        time_created=instants.text(account.time_created),
        usage=usage,
    )


ACCOUNT_EXAMPLE = {
    "id": "acc_01939f2f00007abc8def0123456789ab",
    "object": "account",
    "name": "Nova Systems",
    "live_mode": True,
    "time_created": "2026-02-12T10:00:00Z",
    "usage": {"sites": 250, "connected_sites": 238, "devices": 497, "customers": 0},
}
TOKEN_EXAMPLE = {
    "object": "auth_token",
    "bearer_token": "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ3YXR0eWFyZCJ9.c2lnbmF0dXJl",
    "expires_in": 3600,
    "live_mode": False,
}
