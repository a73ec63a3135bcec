"""Use-cases of accounts: create them and their keys, log in, authenticate."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from cachetools import LRUCache

from wattyard.accounts import domain, store
from wattyard.accounts.domain import (
    Account,
    CredentialsInvalid,
    KeyRevoked,
    SecretKey,
    TokenExpired,
    TokenMissing,
    TooManyFailures,
)
from wattyard.kernel import ids
from wattyard.kernel.buckets import Buckets
from wattyard.kernel.callers import NOBODY, Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import AccountDisabled, Malformed, Missing
from wattyard.platform.composition import Contributions
from wattyard.platform.db import Database, ReadConnection, WriteConnection, of_account
from wattyard.platform.encryption import Keyring

if TYPE_CHECKING:
    from wattyard.accounts.tokens import Signer, Token

_CACHED_TOKENS: Final = 20_000
_FAILURES_AT_ONCE: Final = 20
_FAILURES_PER_SECOND: Final = 0.2
_STANDING_SECONDS: Final = 2.0
"""A key's revocation and an account's state are read again after this time (contract: 5 s)."""


class AccountNotFound(Missing):
    """There is no such account."""

    code = "account_not_found"


class KeyNotFound(Missing):
    """There is no such key."""

    code = "key_not_found"


class Counted(Protocol):
    """The port that counts an account's objects; capabilities above contribute to it."""

    async def counts(self, context: Context) -> Mapping[str, int]:
        """Count what the caller has in its mode, by the name of the kind."""


class Usage:
    """How much an account has of each kind of object."""

    def __init__(self, counted: Contributions[Counted]) -> None:
        self._counted = counted

    async def counts(self, context: Context) -> dict[str, int]:
        """Count what the caller has in its mode, by the name of the kind."""
        counts: dict[str, int] = {}
        for one in self._counted:
            counts |= await one.counts(context)
        return counts


@dataclass(slots=True)
class _Known:
    """A verified token: its caller, its expiry, and how long its standing counts as fresh."""

    caller: Caller
    expires: int
    fresh_until: float


ENCRYPTED: Final = (store.TOKEN_SECRET,)
"""The columns of secrets."""


class Accounts:
    """Accounts, keys and tokens. `seconds` is a monotonic clock, of what is remembered."""

    def __init__(
        self,
        db: Database,
        contexts: Contexts,
        keyring: Keyring,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._db = db
        self._seconds = seconds
        self._keyring = keyring
        self._signer: Signer | None = None
        self._failures = Buckets(
            rate=_FAILURES_PER_SECOND,
            burst=_FAILURES_AT_ONCE,
            now=lambda: contexts.clock().timestamp(),
        )
        self._known: LRUCache[str, _Known] = LRUCache(_CACHED_TOKENS)
        self._numbers: LRUCache[bytes | UUID, int] = LRUCache(_CACHED_TOKENS)
        """The number of an account, by its id and the hashes of its secrets: it never changes."""

    async def create(self, context: Context, *, name: str) -> tuple[Account, str, str]:
        """Make an account with a first key in each mode: the account, test and live secret."""
        name = domain.checked_name(name)
        async with self._db.transaction() as db:
            account = await store.add_account(db, context.new_id(), name, context.now)
            _, test = await self._add_key(context, db, account, "first test key", live_mode=False)
            _, live = await self._add_key(context, db, account, "first live key", live_mode=True)
        return account, test, live

    async def create_key(
        self, context: Context, account_id: UUID, *, name: str, live_mode: bool
    ) -> tuple[SecretKey, str]:
        """Make a key: the key and its secret, which is not shown again."""
        name = domain.checked_name(name)
        async with self._db.transaction() as db:
            account = await self._account(db, account_id)
            return await self._add_key(context, db, account, name, live_mode=live_mode)

    async def all(self) -> list[Account]:
        """List the accounts."""
        async with self._db.reading() as db:
            return await store.all_accounts(db)

    async def account(self, account_id: UUID) -> Account:
        """Find an account.

        Raises:
            AccountNotFound: when there is none.
        """
        async with self._db.reading() as db:
            return await self._account(db, account_id)

    async def disable(self, context: Context, account_id: UUID) -> Account:
        """Disable an account; tokens made before end for good.

        Raises:
            AccountNotFound: when there is none.
        """
        async with self._db.transaction() as db:
            account = await store.disable(db, account_id, context.now)
        if account is None:
            raise _no_account(account_id)
        return account

    async def enable(self, context: Context, account_id: UUID) -> Account:
        """Enable an account; its keys work again, tokens made before it was disabled do not.

        Raises:
            AccountNotFound: when there is none.
        """
        async with self._db.transaction() as db:
            account = await store.enable(db, account_id, context.now)
        if account is None:
            raise _no_account(account_id)
        return account

    async def keys(self, account_id: UUID) -> list[SecretKey]:
        """List an account's keys."""
        async with self._db.reading() as db:
            return await store.keys_of(db, (await self._account(db, account_id)).number)

    async def revoke(self, context: Context, key_id: UUID) -> SecretKey:
        """Revoke a key; tokens made with it end within seconds on every node.

        Raises:
            KeyNotFound: when there is none.
        """
        async with self._db.transaction() as db:
            key = await store.revoke_key(db, key_id, context.now)
        if key is None:
            raise KeyNotFound(f"there is no key {ids.wire('key', key_id)}")
        return key

    async def complaints(self, context: Context) -> list[str]:
        """Look for weak secrets of any account; empty where all is well."""
        async with self._db.reading() as db:
            keys, secrets = await store.weak_secrets(db)
        found = []
        if keys:
            found.append(f"{keys:,} keys are not kept as SHA-256 hashes: revoke them")
        if secrets:
            found.append("a secret that signs tokens has less than 256 bits: replace it")
        return found

    async def authenticate_secret(
        self, authorization: str | None, now: datetime, *, address: str = ""
    ) -> Caller:
        """Find who knows a secret key, sent as HTTP Basic credentials.

        An unknown account and a wrong key take the same path and the same time: one look-up
        by the hash of the secret, and a comparison of fixed length.

        Failures are throttled by account and by `address`; right credentials always pass.

        Raises:
            CredentialsInvalid: when they are missing, malformed or wrong.
            TooManyFailures: when they have been so too often.
            KeyRevoked, AccountDisabled: when they are right but no longer count.
        """
        try:
            key = await self._right_credentials(authorization, now)
        except CredentialsInvalid:
            self._count_failure(authorization, address)
            raise
        return Caller(key.account, key.account_id, key.live_mode, key.id)

    async def token(self, context: Context) -> str:
        """Make a bearer token for the account, mode and key of a caller."""
        signer = await self._signing()
        return signer.make(context.caller, context.new_id(), context.now)

    def _count_failure(self, authorization: str | None, address: str) -> None:
        claimed = _claimed_account(authorization)
        taken = [self._failures.take(("address", address)), self._failures.take(claimed)]
        if not all(one.admitted for one in taken):
            raise TooManyFailures(
                "too many failed log-ins for this account or from this address; wait, and check "
                "the account id and secret key",
                retry_after_seconds=max(one.retry_after_seconds for one in taken),
            )

    async def _right_credentials(self, authorization: str | None, now: datetime) -> SecretKey:
        account_id, secret = _basic(authorization)
        secret_hash = domain.hash_of(secret)
        with self._in_share_of(secret_hash):
            async with self._db.reading() as db:
                found = await store.key_by_hash(db, secret_hash)
        stored = found[2] if found else bytes(len(secret_hash))
        known_as = ids.wire("acc", found[1].id) if found else "acc_"
        same = hmac.compare_digest(stored, secret_hash)
        same &= hmac.compare_digest(known_as.encode(), account_id.encode())
        if found is None or not same:
            raise _wrong_credentials()
        key, account, _ = found
        self._numbers[secret_hash] = key.account
        _refuse_ended(revoked=key.time_revoked is not None, disabled=account.disabled)
        with of_account(key.account):
            async with self._db.transaction() as writing:
                await store.note_use(writing, key.account, key.live_mode, key.id, now)
        return key

    def _in_share_of(self, proof: bytes | UUID) -> AbstractContextManager[None]:
        """Work in the share of the account that a secret, or a verified token's account id, proves.

        Until this process has seen it once, and where it proves nothing: in that of callers who
        are not known.
        """
        return of_account(self._numbers.get(proof, NOBODY.account))

    async def authenticate(self, authorization: str | None, now: datetime) -> Caller:
        """Find who holds a bearer token.

        Verified tokens are cached; expiry is checked each time, and the state of key and account
        is read again after two seconds. Failures are not remembered.

        Raises:
            TokenMissing, TokenInvalid, TokenExpired, KeyRevoked, AccountDisabled.
        """
        token = _bearer(authorization)
        known = self._known.get(token)
        if known is None or known.fresh_until < self._seconds():
            known = await self._verify(token)
        if known.expires <= now.timestamp():
            self._known.pop(token, None)
            raise TokenExpired("the bearer token has expired; get a new one from POST /auth/tokens")
        return known.caller

    async def _verify(self, token: str) -> _Known:
        self._known.pop(token, None)
        fresh_until = self._seconds() + _STANDING_SECONDS
        said: Token = (await self._signing()).read(token)
        with self._in_share_of(said.account_id):
            async with self._db.reading() as db:
                found = await store.standing(db, said.account_id, said.live_mode, said.key_id)
        if found is None:
            raise KeyRevoked("the key of this token is gone; log in with another one")
        account, standing = found
        self._numbers[said.account_id] = account
        _refuse_ended(revoked=standing.key_revoked, disabled=standing.account_disabled)
        if standing.ended(said.issued):
            raise TokenExpired(
                "the bearer token was made before the account was disabled; "
                "ask POST /auth/tokens for a new one"
            )
        caller = Caller(account, said.account_id, said.live_mode, said.key_id)
        known = _Known(caller, said.expires, fresh_until)
        self._known[token] = known
        return known

    async def _signing(self) -> "Signer":
        if self._signer is None:
            async with self._db.reading() as db:
                from wattyard.accounts.tokens import Signer  # noqa: PLC0415 (12 MiB, first use)

                self._signer = Signer(await store.token_secret(db, self._keyring))
        return self._signer

    async def _account(self, db: ReadConnection, account_id: UUID) -> Account:
        account = await store.account_by_id(db, account_id)
        if account is None:
            raise _no_account(account_id)
        return account

    async def _add_key(
        self, context: Context, db: WriteConnection, account: Account, name: str, *, live_mode: bool
    ) -> tuple[SecretKey, str]:
        secret = domain.new_secret(live_mode)
        key = SecretKey(context.new_id(), account.number, account.id, live_mode, name, context.now)
        await store.add_key(db, key, domain.hash_of(secret))
        return key, secret


def _refuse_ended(*, revoked: bool, disabled: bool) -> None:
    if disabled:
        raise AccountDisabled("Your account is disabled")
    if revoked:
        raise KeyRevoked("this key was revoked; log in with another one")


def _no_account(account_id: UUID) -> AccountNotFound:
    return AccountNotFound(f"there is no account {ids.wire('acc', account_id)}")


def _wrong_credentials() -> CredentialsInvalid:
    return CredentialsInvalid(
        "the account id and secret key do not belong together; send HTTP Basic with "
        "acc_… as the user and sk_test_… or sk_live_… as the password"
    )


def _basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        raise _wrong_credentials()
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        account_id, _, secret = text.partition(":")
        ids.read(account_id, "acc", param="account_id")
    except (binascii.Error, UnicodeDecodeError, Malformed):
        raise _wrong_credentials() from None
    return account_id, secret


def _claimed_account(authorization: str | None) -> str:
    """Read which account a failed log-in claims to be; empty where it is unreadable."""
    try:
        return _basic(authorization)[0]
    except CredentialsInvalid:
        return ""


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing(
            "send the header Authorization: Bearer <bearer_token>; "
            "get one from POST /auth/tokens with your account id and secret key"
        )
    return token.strip()
