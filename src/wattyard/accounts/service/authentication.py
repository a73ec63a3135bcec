"""The use-case of authentication: who sends a bearer token or a key?"""

import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cachetools import LRUCache

from wattyard.accounts import domain, store
from wattyard.accounts.domain import (
    CLOCKS_DIFFER,
    Account,
    CredentialsInvalid,
    KeyRevoked,
    SecretKey,
    TokenExpired,
    TokenInvalid,
    TooManyFailures,
)
from wattyard.accounts.service.headers import (
    account_and_secret,
    bearer,
    claimed_account,
    shows_key,
    wrong_credentials,
)
from wattyard.kernel import ids, instants
from wattyard.kernel.buckets import Buckets
from wattyard.kernel.callers import NOBODY, Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.moves import MOVED_SENTENCE, MOVING_SENTENCE, MoveStage
from wattyard.kernel.refusals import (
    AccountDisabled,
    AccountMoving,
    Refusal,
    TooMany,
    Unavailable,
)
from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database, of_account
from wattyard.platform.encryption import Keyring

if TYPE_CHECKING:
    from wattyard.accounts.tokens import Signer, Token

_CACHED: Final = 20_000
_FAILURES_AT_ONCE: Final = 20
_FAILURES_PER_SECOND: Final = 0.2
_STANDING_SECONDS: Final = 2.0
"""A key's revocation and an account's state are read again after this time (contract: 5 s)."""
_USE_NOTED: Final = timedelta(minutes=1)

ENCRYPTED: Final = (store.TOKEN_SECRET,)
"""The columns of secrets."""


@dataclass(slots=True)
class _Known:
    """Verified credentials: whose they are, until when, and how long their standing is fresh."""

    caller: Caller
    expires: float
    fresh_until: float
    is_key: bool

    def ended(self) -> Refusal:
        """What to answer after their time."""
        if self.is_key:
            return _expired(self.caller.expires)
        return TokenExpired("the bearer token has expired; get a new one from POST /auth/tokens")


class Authentication:
    """Judges credentials. `seconds` is a monotonic clock, of what is remembered.

    What was verified is remembered under the digest of the whole header: 20,000 of them, each for
    two seconds. Failures are not remembered.
    """

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
        self._known: LRUCache[bytes, _Known] = LRUCache(_CACHED)
        self._numbers: LRUCache[bytes | UUID, int] = LRUCache(_CACHED)
        """The number of an account, by its id and the hashes of its secrets: it never changes."""
        self._noting: set[UUID] = set()
        """The keys whose use is being written."""

    async def authenticate(
        self, authorization: str | None, now: datetime, *, address: str = ""
    ) -> Caller:
        """Find who sends a bearer token, or a key by HTTP Basic or as bearer.

        Verified ones are cached; expiry is checked each time, and the state of key and account is
        read again after two seconds.

        Raises:
            TokenMissing, TokenInvalid, TokenExpired, KeyRevoked, AccountDisabled, AccountMoving.
            CredentialsInvalid, TooManyFailures: of a key, as `authenticate_secret` says.
        """
        authorization = authorization or ""
        digest = sha256(authorization.encode()).digest()
        known = self._known.get(digest)
        if known is None or known.fresh_until < self._seconds():
            self._known.pop(digest, None)
            known = self._known[digest] = await self._verified(authorization, now, address)
        if known.expires <= now.timestamp():
            self._known.pop(digest, None)
            raise known.ended()
        return known.caller

    async def authenticate_secret(
        self, authorization: str | None, now: datetime, *, address: str = ""
    ) -> Caller:
        """Find who knows a key, sent by HTTP Basic or as bearer.

        An unknown account and a wrong key take the same path and the same time: one look-up
        by the hash of the secret, and a comparison of fixed length.

        Failures are throttled by account and by `address`; right credentials always pass.

        Raises:
            CredentialsInvalid: when they are missing, malformed or wrong.
            TooManyFailures: when they have been so too often.
            KeyRevoked, AccountDisabled, AccountMoving: when they are right but no longer count.
        """
        return (await self._right_key(authorization, now, address))[0].caller

    async def token(self, context: Context) -> tuple[str, int]:
        """Make a bearer token of a caller's key: the token, and for how many seconds it is good."""
        signer = await self._signing()
        return signer.make(context.caller, context.new_id(), context.now)

    async def _verified(self, authorization: str, now: datetime, address: str) -> _Known:
        fresh_until = self._seconds() + _STANDING_SECONDS
        if not shows_key(authorization):
            return await self._verified_token(bearer(authorization), now, fresh_until)
        key, stage = await self._right_key(authorization, now, address)
        caller = key.caller
        expires = caller.expires.timestamp() if caller.expires else inf
        return _Known(caller, expires, _until(fresh_until, stage), is_key=True)

    async def _right_key(
        self, authorization: str | None, now: datetime, address: str
    ) -> tuple[SecretKey, MoveStage | None]:
        try:
            return await self._right_credentials(authorization, now)
        except CredentialsInvalid:
            self._count_failure(authorization, address)
            raise

    def _count_failure(self, authorization: str | None, address: str) -> None:
        taken = [self._failures.take(("address", address))]
        claimed = claimed_account(authorization)
        if claimed is not None:
            taken.append(self._failures.take(claimed))
        if not all(one.admitted for one in taken):
            raise TooManyFailures(
                "too many failed log-ins for this account or from this address; wait, and check "
                "the account id and secret key",
                retry_after_seconds=max(one.retry_after_seconds for one in taken),
            )

    async def _right_credentials(
        self, authorization: str | None, now: datetime
    ) -> tuple[SecretKey, MoveStage | None]:
        account_id, secret = account_and_secret(authorization)
        secret_hash = domain.hash_of(secret)
        with self._in_share_of(secret_hash):
            async with self._db.reading() as db:
                found = await store.key_by_hash(db, secret_hash)
        if not _is_right(found, secret_hash, account_id) or found is None:
            raise wrong_credentials()
        key, account, _ = found
        self._numbers[secret_hash] = key.account
        _refuse_moving(account.move_stage)
        _refuse_ended(revoked=key.time_revoked is not None, disabled=account.disabled)
        expires = key.caller.expires
        if expires is not None and expires <= now:
            raise _expired(expires)
        self._note_use(key, now)
        return key, account.move_stage

    def _note_use(self, key: SecretKey, now: datetime) -> None:
        """Note that a key is used, without holding up the call: logging in waits for no change."""
        is_noted = key.last_used is not None and now - key.last_used < _USE_NOTED
        if not is_noted and key.id not in self._noting:
            self._noting.add(key.id)
            self._db.beside(self._noted(key, now))

    async def _noted(self, key: SecretKey, now: datetime) -> None:
        """Write when a key was used; a database that only reads does not keep anybody out."""
        try:
            with of_account(key.account), suppress(Unavailable, TooMany):
                async with self._db.transaction() as db:
                    await store.note_use(db, key.account, key.live_mode, key.id, now)
        finally:
            self._noting.discard(key.id)

    def _in_share_of(self, proof: bytes | UUID) -> AbstractContextManager[None]:
        """Work in the share of the account that a secret, or a verified token's account id, proves.

        Until this process has seen it once, and where it proves nothing: in that of callers who
        are not known.
        """
        return of_account(self._numbers.get(proof, NOBODY.account))

    async def _verified_token(self, token: str, now: datetime, fresh_until: float) -> _Known:
        said: Token = (await self._signing()).read(token)
        if now.timestamp() < said.begins - CLOCKS_DIFFER.total_seconds():
            raise TokenInvalid(
                "the bearer token is not valid yet: the clock of the server that made it is more "
                "than a minute ahead"
            )
        with self._in_share_of(said.account_id):
            async with self._db.reading() as db:
                found = await store.standing(db, said.account_id, said.live_mode, said.key_id)
        if found is None:
            raise KeyRevoked("the key behind this token no longer exists; log in with another one")
        account, standing = found
        self._numbers[said.account_id] = account
        _refuse_moving(standing.move_stage)
        _refuse_ended(revoked=standing.key_revoked, disabled=standing.account_disabled)
        if standing.ended(said.issued):
            raise TokenExpired(
                "the bearer token was made before the account was disabled; "
                "ask POST /auth/tokens for a new one"
            )
        caller = Caller(
            account, said.account_id, said.live_mode, said.key_id, said.scopes, said.site_ids
        )
        fresh_until = _until(fresh_until, standing.move_stage)
        return _Known(caller, said.expires, fresh_until, is_key=False)

    async def _signing(self) -> "Signer":
        if self._signer is None:
            async with self._db.reading() as db:
                from wattyard.accounts.tokens import Signer  # noqa: PLC0415 (12 MiB, first use)

                self._signer = Signer(await store.token_secret(db, self._keyring))
        return self._signer


def _is_right(
    found: tuple[SecretKey, Account, bytes] | None, secret_hash: bytes, account_id: str | None
) -> bool:
    """Compare what was sent with what is stored, in the same time whether it is there or not."""
    stored = found[2] if found else bytes(len(secret_hash))
    known_as = ids.wire("acc", found[1].id) if found else "acc_"
    claimed = known_as if account_id is None else account_id
    same = hmac.compare_digest(stored, secret_hash)
    return same & hmac.compare_digest(known_as.encode(), claimed.encode())


def _until(fresh_until: float, stage: MoveStage | None) -> float:
    """Until when the standing of an account is fresh: each call of one that moves reads it."""
    return fresh_until if stage is None else -inf


def _refuse_moving(stage: MoveStage | None) -> None:
    if stage is not None and stage.is_closed:
        raise AccountMoving(MOVED_SENTENCE if stage is MoveStage.MOVED else MOVING_SENTENCE)


def _refuse_ended(*, revoked: bool, disabled: bool) -> None:
    if disabled:
        raise AccountDisabled("Your account is disabled")
    if revoked:
        raise KeyRevoked("this key was revoked; log in with another one")


def _expired(since: datetime | None) -> KeyRevoked:
    when = f" on {instants.text(since)}" if since else ""
    return KeyRevoked(f"this key expired{when}; use another one")
