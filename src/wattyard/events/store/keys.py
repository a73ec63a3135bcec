"""The SQL of the server's signing keys, which belong to no account."""

from datetime import datetime
from typing import Any, Final

from wattyard.events.domain.keys import SigningKeyDates, StoredKey
from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.platform.encryption import EncryptedColumn, Keyring

PRIVATE_KEY: Final = EncryptedColumn(
    "signing_keys", "private_key_encrypted", ("id",), plain="private_key"
)
_PUBLISHED = "WHERE time_retired IS NULL OR time_retired > $1 ORDER BY time_created DESC, id"
_SELECT = """
    SELECT id, private_key, private_key_encrypted, time_created, time_retired FROM signing_keys
"""


async def present(db: ReadConnection, keyring: Keyring) -> StoredKey | None:
    """Read the key that signs now."""
    row = await db.fetchrow(f"{_SELECT} WHERE time_retired IS NULL")
    return None if row is None else _key(keyring, row)


async def published(db: ReadConnection, keyring: Keyring, *, since: datetime) -> list[StoredKey]:
    """List the key that signs now and those retired since a time, newest first."""
    rows = await db.fetch(f"{_SELECT} {_PUBLISHED}", since)
    return [_key(keyring, row) for row in rows]


async def dates(db: ReadConnection, *, since: datetime) -> list[SigningKeyDates]:
    """List the same without their secrets, which nothing needs to decrypt then."""
    rows = await db.fetch(
        f"SELECT id, time_created, time_retired FROM signing_keys {_PUBLISHED}", since
    )
    return [SigningKeyDates(*row) for row in rows]


async def add(db: WriteConnection, keyring: Keyring, key: StoredKey) -> None:
    """Add a key unless another process was first."""
    await db.execute(
        """
        INSERT INTO signing_keys (id, private_key_encrypted, time_created) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        """,
        key.id,
        PRIVATE_KEY.encrypt(keyring, key.private_key, key.id),
        key.time_created,
    )


async def retire(db: WriteConnection, now: datetime, *, forget_before: datetime) -> None:
    """Retire the key that signs now, and delete those retired long ago."""
    await db.execute("UPDATE signing_keys SET time_retired = $1 WHERE time_retired IS NULL", now)
    await db.execute("DELETE FROM signing_keys WHERE time_retired <= $1", forget_before)


def _key(keyring: Keyring, row: Any) -> StoredKey:  # noqa: ANN401 (a record)
    private_key = PRIVATE_KEY.secret_of(
        keyring, row["private_key_encrypted"], row["private_key"], row["id"]
    )
    return StoredKey(row["id"], private_key, row["time_created"], row["time_retired"])
