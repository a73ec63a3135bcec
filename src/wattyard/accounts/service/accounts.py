"""Use-cases of accounts: create them and their keys, disable them, revoke keys."""

from collections.abc import Callable
from time import monotonic
from uuid import UUID

from wattyard.accounts import domain, store
from wattyard.accounts.domain import (
    Account,
    AccountBeingDeleted,
    Restriction,
    SecretKey,
    TimeExpiryInvalid,
)
from wattyard.accounts.service.authentication import Authentication
from wattyard.accounts.service.ports import OwnSites
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.moves import MOVING_SENTENCE
from wattyard.kernel.pages import Page, PageWindow
from wattyard.kernel.refusals import AccountMoving, Missing
from wattyard.platform.composition import Contributions
from wattyard.platform.db import Database, ReadConnection, WriteConnection
from wattyard.platform.encryption import Keyring


class AccountNotFound(Missing):
    """There is no such account."""

    code = "account_not_found"


class KeyNotFound(Missing):
    """There is no such key."""

    code = "key_not_found"


class Accounts(Authentication):
    """Accounts, keys and tokens."""

    def __init__(
        self,
        db: Database,
        contexts: Contexts,
        keyring: Keyring,
        own_sites: Contributions[OwnSites],
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(db, contexts, keyring, seconds)
        self._own_sites = own_sites

    async def create(self, context: Context, *, name: str) -> tuple[Account, str, str]:
        """Make an account with a first key in each mode: the account, test and live secret."""
        name = domain.checked_name(name)
        async with self._db.transaction() as db:
            account = await store.add_account(db, context.new_id(), name, context.now)
            _, test = await self._add_key(context, db, account, "first test key", live_mode=False)
            _, live = await self._add_key(context, db, account, "first live key", live_mode=True)
        return account, test, live

    async def create_key(
        self,
        context: Context,
        account_id: UUID,
        *,
        name: str,
        live_mode: bool,
        restriction: Restriction | None = None,
    ) -> tuple[SecretKey, str]:
        """Make a key: the key and its secret, which is not shown again.

        Raises:
            AccountNotFound, NameInvalid.
            TimeExpiryInvalid: when it would have expired already.
            LocationNotFound: when a restricted key names a location that the account does not have.
        """
        name = domain.checked_name(name)
        expiry = None if restriction is None else restriction.time_expiry
        if expiry is not None and expiry <= context.now:
            raise TimeExpiryInvalid("time_expiry must be in the future", param="time_expiry")
        async with self._db.transaction() as db:
            account = await self._account(db, account_id)
            if restriction is not None and restriction.site_ids is not None:
                owner = context.on_behalf_of(Caller(account.number, account.id, live_mode))
                for one in self._own_sites:
                    await one.check_sites(owner, restriction.site_ids)
            return await self._add_key(
                context, db, account, name, live_mode=live_mode, restriction=restriction
            )

    async def all(self) -> list[Account]:
        """List the accounts."""
        async with self._db.reading() as db:
            return await store.all_accounts(db)

    async def page(self, window: PageWindow) -> Page[Account]:
        """Read one page of all accounts, newest first."""
        async with self._db.reading() as db:
            return await store.page_of_accounts(db, window)

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
            AccountMoving: while it moves to another cell, and after that.
        """
        async with self._db.transaction() as db:
            await self._settled(db, account_id)
            account = await store.disable(db, account_id, context.now)
        if account is None:
            raise no_account(account_id)
        return account

    async def enable(self, context: Context, account_id: UUID) -> Account:
        """Enable an account; its keys work again, tokens made before it was disabled do not.

        Raises:
            AccountNotFound: when there is none.
            AccountBeingDeleted: when its deletion has begun.
            AccountMoving: while it moves to another cell, and after that.
        """
        async with self._db.transaction() as db:
            await self._settled(db, account_id)
            account = await store.enable(db, account_id, context.now)
            if account is None:
                raise no_account(account_id)
            if account.deletion_begun is not None:
                raise AccountBeingDeleted(
                    f"{ids.wire('acc', account_id)} is being deleted; `wattyard account delete` "
                    "continues where it was interrupted"
                )
        return account

    async def keys(self, account_id: UUID) -> list[SecretKey]:
        """List an account's keys."""
        async with self._db.reading() as db:
            return await store.keys_of(db, (await self._account(db, account_id)).number)

    async def key(self, context: Context) -> SecretKey:
        """Find the key that the caller uses, or that its token was made with.

        Raises:
            KeyNotFound: when it is gone.
        """
        key_id = context.caller.key_id
        async with self._db.reading() as db:
            found = key_id and await store.key_by_id(db, context.account, context.live_mode, key_id)
        if not found:
            raise KeyNotFound("there is no such key")
        return found

    async def token_of(
        self, context: Context, account_id: UUID, *, live_mode: bool
    ) -> tuple[str, int]:
        """Make a bearer token of an account's oldest secret key: the token, and its seconds.

        Raises:
            AccountNotFound: when there is no such account.
            KeyNotFound: when it has no secret key in that mode that still counts.
        """
        for key in await self.keys(account_id):
            if key.live_mode == live_mode and not (key.restriction or key.time_revoked):
                return await self.token(context.on_behalf_of(key.caller))
        mode = "live" if live_mode else "test"
        raise KeyNotFound(f"{ids.wire('acc', account_id)} has no secret key for {mode} data")

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
        """Look for weak secrets of any account, and for moves without an end."""
        async with self._db.reading() as db:
            keys, secrets = await store.weak_secrets(db)
            moving = await store.moves_begun(db)
        found = [
            f"{ids.wire('acc', one)} is being moved to another cell, and the database keeps its "
            "WAL meanwhile: if no `wattyard account move` is running, run it again, or undo it "
            "with --abort"
            for one in moving
        ]
        if keys:
            found.append(f"{keys:,} keys are not kept as SHA-256 hashes: revoke them")
        if secrets:
            found.append("a secret that signs tokens has less than 256 bits: replace it")
        return found

    async def _account(self, db: ReadConnection, account_id: UUID) -> Account:
        account = await store.account_by_id(db, account_id)
        if account is None:
            raise no_account(account_id)
        return account

    async def _settled(self, db: WriteConnection, account_id: UUID) -> None:
        """Hold an account to change it; refuse while it moves: the change might stay behind.

        Raises:
            AccountMoving.
        """
        account = await kept_account(db, account_id)
        if account is not None and account.move_stage is not None:
            raise AccountMoving(MOVING_SENTENCE)

    async def _add_key(
        self,
        context: Context,
        db: WriteConnection,
        account: Account,
        name: str,
        *,
        live_mode: bool,
        restriction: Restriction | None = None,
    ) -> tuple[SecretKey, str]:
        secret = domain.new_secret(
            account.id, live_mode=live_mode, restricted=restriction is not None
        )
        key = SecretKey(
            context.new_id(),
            account.number,
            account.id,
            live_mode,
            name,
            context.now,
            restriction=restriction,
        )
        await store.add_key(db, key, domain.hash_of(secret))
        return key, secret


async def kept_account(db: WriteConnection, account_id: UUID) -> Account | None:
    """Find an account, and keep others from changing it until the transaction ends."""
    found = await store.account_by_id(db, account_id)
    if found is None:
        return None
    await store.keep(db, found.number)
    return await store.account_by_id(db, account_id)


def no_account(account_id: UUID) -> AccountNotFound:
    """The refusal of an account that is not there."""
    return AccountNotFound(f"there is no account {ids.wire('acc', account_id)}")
