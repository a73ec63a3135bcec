"""The JSON shapes of accounts and tokens."""

from typing import Annotated, Literal

import msgspec

from wattyard.accounts.domain import Account, SecretKey
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
    expires_in: Annotated[
        int,
        msgspec.Meta(description="seconds: 3,600, or until its key ends"),
    ]
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


ScopeName = Literal[
    "sites:read",
    "prices:read",
    "schedules:read",
    "meters:read",
    "meters:write",
    "states:write",
    "costs:read",
    "events:read",
    "*:read",
]


class KeyShape(msgspec.Struct, kw_only=True):
    """A key, without its secret."""

    id: str
    object: Literal["key"] = "key"
    live_mode: bool
    account_id: str
    time_created: Time
    name: Annotated[str, msgspec.Meta(description="given by whoever made the key, for people")]
    type: Annotated[
        Literal["SECRET", "RESTRICTED"],
        msgspec.Meta(description="a SECRET key (sk_…) may do everything in its mode"),
    ]
    scopes: Annotated[
        list[ScopeName] | None,
        msgspec.Meta(description="what a RESTRICTED key (rk_…) may do; null for everything"),
    ]
    location_ids: Annotated[
        list[str] | None, msgspec.Meta(description="the only locations that it sees; null for all")
    ]
    time_expiry: Annotated[
        Time | None, msgspec.Meta(description="when it ends by itself; null where it does not")
    ]
    last_used: Annotated[Time | None, msgspec.Meta(description="to the minute")]


def key_shape(key: SecretKey) -> KeyShape:
    """Shape a key."""
    own = key.restriction
    at = None if own is None else own.site_ids
    return KeyShape(
        id=ids.wire("key", key.id),
        live_mode=key.live_mode,
        account_id=ids.wire("acc", key.account_id),
        time_created=instants.text(key.time_created),
        name=key.name,
        type="SECRET" if own is None else "RESTRICTED",
        scopes=None if own is None else [scope.value for scope in sorted(own.scopes)],
        location_ids=None if at is None else [ids.wire("loc", site) for site in sorted(at)],
        time_expiry=instants.text(own.time_expiry) if own and own.time_expiry else None,
        last_used=instants.text(key.last_used) if key.last_used else None,
    )


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
KEY_EXAMPLE = {
    "id": "key_01939f2f00017abc8def0123456789ab",
    "object": "key",
    "live_mode": True,
    "account_id": "acc_01939f2f00007abc8def0123456789ab",
    "time_created": "2026-02-12T10:00:00Z",
    "name": "Home Assistant",
    "type": "RESTRICTED",
    "scopes": ["prices:read", "schedules:read"],
    "location_ids": ["loc_01939f3a6b7c7d11a1b2c3d4e5f60718"],
    "time_expiry": "2027-02-12T10:00:00Z",
    "last_used": "2026-03-22T11:12:21Z",
}
TOKEN_EXAMPLE = {
    "object": "auth_token",
    "bearer_token": "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ3YXR0eWFyZCJ9.c2lnbmF0dXJl",
    "expires_in": 3600,
    "live_mode": False,
}
