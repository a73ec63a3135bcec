"""The SQL of accounts and keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from wattyard.accounts.domain import Account, Restriction, SecretKey, Standing
from wattyard.kernel.moves import MoveStage
from wattyard.kernel.pages import Page, PageWindow
from wattyard.kernel.scopes import Scope
from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.platform.encryption import EncryptedColumn, Keyring

TOKEN_SECRET: Final = EncryptedColumn("token_secrets", "secret_encrypted", ("id",), plain="secret")

_ACCOUNT = "account AS number, id, name, disabled, time_created, deletion_begun, move_stage"
_TABLES: Final = ("secret_keys", "restricted_keys")
_COLUMNS = "account, live_mode, id, name, secret_hash, time_created, time_revoked, last_used"
_SECRET_KEYS = f"""
    SELECT {_COLUMNS}, NULL::text[] AS scopes, NULL::uuid[] AS site_ids,
           NULL::timestamptz AS time_expiry
    FROM secret_keys
"""
_RESTRICTED_KEYS = f"SELECT {_COLUMNS}, scopes, site_ids, time_expiry FROM restricted_keys"
_EVERY_KEY = f"({_SECRET_KEYS} UNION ALL {_RESTRICTED_KEYS}) AS keys"
"""Secret and restricted keys together; a condition on them uses the indexes of both."""
_KEY = """
    keys.id, account, accounts.id AS account_id, live_mode, keys.name, keys.time_created,
    time_revoked, last_used, scopes, site_ids, time_expiry
"""
_OF_KEYS = f"SELECT {_KEY} FROM {_EVERY_KEY} JOIN accounts USING (account)"


_LAST = UUID(int=2**128 - 1)


async def add_account(db: WriteConnection, id_: UUID, name: str, now: datetime) -> Account:
    """Add an account and give it its number."""
    row = await db.fetchrow(
        f"INSERT INTO accounts (id, name, time_created) VALUES ($1, $2, $3) RETURNING {_ACCOUNT}",
        id_,
        name,
        now,
    )
    return _account(row)


async def account_by_id(db: ReadConnection, id_: UUID) -> Account | None:
    """Find an account by what clients call it."""
    row = await db.fetchrow(f"SELECT {_ACCOUNT} FROM accounts WHERE id = $1", id_)
    return None if row is None else _account(row)


async def all_accounts(db: ReadConnection) -> list[Account]:
    """List the accounts, oldest first."""
    rows = await db.fetch(f"SELECT {_ACCOUNT} FROM accounts ORDER BY account")
    return [_account(row) for row in rows]


async def page_of_accounts(db: ReadConnection, window: PageWindow) -> Page[Account]:
    """Read one page of accounts, newest first."""
    if window.backwards:
        rows = await db.fetch(
            f"SELECT {_ACCOUNT} FROM accounts WHERE id > $1 ORDER BY id LIMIT $2",
            window.newer_than,
            window.limit + 1,
        )
    else:
        rows = await db.fetch(
            f"SELECT {_ACCOUNT} FROM accounts WHERE id < $1 ORDER BY id DESC LIMIT $2",
            window.older_than or _LAST,
            window.limit + 1,
        )
    return Page.cut([_account(row) for row in rows], window)


async def disable(db: WriteConnection, id_: UUID, now: datetime) -> Account | None:
    """Disable an account and note when; None where there is none."""
    row = await db.fetchrow(
        "UPDATE accounts SET disabled = true, last_disabled = $2 WHERE id = $1"
        f" RETURNING {_ACCOUNT}",
        id_,
        now,
    )
    return None if row is None else _account(row)


async def enable(db: WriteConnection, id_: UUID, now: datetime) -> Account | None:
    """Enable an account; None where there is none.

    An earlier release disables without noting when: then it is now at the latest.
    """
    row = await db.fetchrow(
        """
        UPDATE accounts SET disabled = false,
               last_disabled = CASE WHEN disabled THEN coalesce(last_disabled, $2)
                                    ELSE last_disabled END
        WHERE id = $1
        """
        f" RETURNING {_ACCOUNT}",
        id_,
        now,
    )
    return None if row is None else _account(row)


async def begin_deletion(db: WriteConnection, id_: UUID, now: datetime) -> tuple[Account, datetime]:
    """Disable an account for good: the account, and since when it is disabled."""
    row = await db.fetchrow(
        f"""
        UPDATE accounts SET disabled = true, deletion_begun = coalesce(deletion_begun, $2),
               last_disabled = CASE WHEN disabled THEN coalesce(last_disabled, $2) ELSE $2 END
        WHERE id = $1 RETURNING {_ACCOUNT}, last_disabled
        """,
        id_,
        now,
    )
    since: datetime = row["last_disabled"]
    return _account({name: value for name, value in row.items() if name != "last_disabled"}), since


async def keep(db: WriteConnection, account: int) -> None:
    """Keep others from changing an account itself until the transaction ends."""
    await db.execute("SELECT FROM accounts WHERE account = $1 FOR NO KEY UPDATE", account)


async def hold(db: WriteConnection, account: int) -> None:
    """Keep anything from being added to an account until the transaction ends."""
    await db.execute("SELECT FROM accounts WHERE account = $1 FOR UPDATE", account)


async def remove_account(db: WriteConnection, account: int) -> None:
    """Delete an account."""
    await db.execute("DELETE FROM accounts WHERE account = $1", account)


async def add_key(db: WriteConnection, key: SecretKey, secret_hash: bytes) -> None:
    """Add a key by the hash of its secret."""
    row = (key.account, key.live_mode, key.id, key.name, secret_hash, key.time_created)
    if key.restriction is None:
        await db.execute(
            """
            INSERT INTO secret_keys (account, live_mode, id, name, secret_hash, time_created)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            *row,
        )
        return
    own = key.restriction
    await db.execute(
        """
        INSERT INTO restricted_keys
            (account, live_mode, id, name, secret_hash, time_created, scopes, site_ids, time_expiry)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        *row,
        sorted(own.scopes),
        None if own.site_ids is None else sorted(own.site_ids),
        own.time_expiry,
    )


async def keys_of(db: ReadConnection, account: int) -> list[SecretKey]:
    """List the keys of an account in both modes, oldest first."""
    rows = await db.fetch(f"{_OF_KEYS} WHERE account = $1 ORDER BY keys.id", account)
    return [_key(row) for row in rows]


async def key_by_hash(
    db: ReadConnection, secret_hash: bytes
) -> tuple[SecretKey, Account, bytes] | None:
    """Find a key, its account and its stored hash by the hash of its secret."""
    row = await db.fetchrow(
        f"SELECT {_KEY}, secret_hash, accounts.name AS account_name, disabled,"
        " accounts.time_created AS account_time, move_stage"
        f" FROM {_EVERY_KEY} JOIN accounts USING (account) WHERE secret_hash = $1",
        secret_hash,
    )
    if row is None:
        return None
    account = Account(
        row["account"],
        row["account_id"],
        row["account_name"],
        row["disabled"],
        row["account_time"],
        move_stage=_stage(row),
    )
    return _key(row), account, row["secret_hash"]


async def key_by_id(db: ReadConnection, account: int, live: bool, id_: UUID) -> SecretKey | None:
    """Find a key."""
    row = await db.fetchrow(
        f"""
        SELECT {_KEY} FROM (
            {_SECRET_KEYS} WHERE account = $1 AND live_mode = $2 AND id = $3
            UNION ALL
            {_RESTRICTED_KEYS} WHERE account = $1 AND live_mode = $2 AND id = $3) AS keys
        JOIN accounts USING (account) WHERE accounts.account = $1
        """,
        account,
        live,
        id_,
    )
    return None if row is None else _key(row)


async def revoke_key(db: WriteConnection, id_: UUID, now: datetime) -> SecretKey | None:
    """Revoke a key, keeping the time of a first revocation; None where there is none."""
    for table in _TABLES:
        await db.execute(
            f"UPDATE {table} SET time_revoked = coalesce(time_revoked, $2) WHERE id = $1", id_, now
        )
    row = await db.fetchrow(f"{_OF_KEYS} WHERE keys.id = $1", id_)
    return None if row is None else _key(row)


async def note_use(db: WriteConnection, account: int, live: bool, id_: UUID, now: datetime) -> None:
    """Note that a key was used; once a minute is exact enough."""
    for table in _TABLES:
        await db.execute(
            f"""
            UPDATE {table} SET last_used = $4
            WHERE account = $1 AND live_mode = $2 AND id = $3
              AND (last_used IS NULL OR last_used < $4::timestamptz - interval '1 minute')
            """,
            account,
            live,
            id_,
            now,
        )


async def standing(
    db: ReadConnection, account_id: UUID, live: bool, key_id: UUID
) -> tuple[int, Standing] | None:
    """Read an account's number and what its token's validity rests on."""
    row = await db.fetchrow(
        f"""
        SELECT account, disabled, last_disabled, time_revoked IS NOT NULL AS revoked, move_stage
        FROM accounts JOIN {_EVERY_KEY} USING (account)
        WHERE accounts.id = $1 AND live_mode = $2 AND keys.id = $3
        """,
        account_id,
        live,
        key_id,
    )
    if row is None:
        return None
    return row["account"], Standing(
        row["revoked"], row["disabled"], row["last_disabled"], _stage(row)
    )


async def weak_secrets(db: ReadConnection) -> tuple[int, int]:
    """Count the keys that are not kept as SHA-256, and the token secrets below 256 bits."""
    row = await db.fetchrow(
        f"""
        SELECT (SELECT count(*) FROM {_EVERY_KEY} WHERE length(secret_hash) <> 32),
               (SELECT count(*) FROM token_secrets WHERE length(secret) < 32)
        """
    )
    return row[0], row[1]


async def moves_begun(db: ReadConnection) -> list[UUID]:
    """List the accounts whose move to another cell has begun, and not ended."""
    rows = await db.fetch("SELECT id FROM accounts JOIN account_moves USING (account) ORDER BY id")
    return [row["id"] for row in rows]


async def token_secret(db: ReadConnection, keyring: Keyring) -> bytes:
    """Read the secret that signs bearer tokens.

    Raises:
        EncryptionKeyMissing, EncryptionKeyUnknown.
    """
    row = await db.fetchrow(
        """
        SELECT id, secret, secret_encrypted FROM token_secrets ORDER BY time_created DESC LIMIT 1
        """
    )
    return TOKEN_SECRET.secret_of(keyring, row["secret_encrypted"], row["secret"], row["id"])


def _account(row: Mapping[str, Any]) -> Account:
    return Account(**{**row, "move_stage": _stage(row)})


def _stage(row: Mapping[str, Any]) -> MoveStage | None:
    return None if row["move_stage"] is None else MoveStage(row["move_stage"])


def _key(row: asyncpg.Record) -> SecretKey:
    scopes, at = row["scopes"], row["site_ids"]
    restriction = None
    if scopes is not None:
        restriction = Restriction(
            frozenset(map(Scope, scopes)),
            None if at is None else frozenset(at),
            row["time_expiry"],
        )
    return SecretKey(
        row["id"],
        row["account"],
        row["account_id"],
        row["live_mode"],
        row["name"],
        row["time_created"],
        row["time_revoked"],
        row["last_used"],
        restriction,
    )
