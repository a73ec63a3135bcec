"""Which keys the secrets of a database need: their names are kept in it, never the keys."""

from collections.abc import Sequence

from wattyard.platform.db import Database, ReadConnection, WriteConnection
from wattyard.platform.encryption.columns import EncryptedColumn, encrypt_anew, left_plain
from wattyard.platform.encryption.keyring import (
    EncryptionKeyMissing,
    EncryptionKeyUnknown,
    Keyring,
    missing,
    unknown,
)


async def check(db: Database, keyring: Keyring) -> None:
    """Refuse to work with another key than the database's secrets need.

    Raises:
        EncryptionKeyMissing, EncryptionKeyUnknown: saying what to set.
    """
    if not keyring.ids:
        raise EncryptionKeyMissing(missing())
    async with db.reading() as reading:
        known = await _names(reading)
    _refuse_unknown(known, keyring)
    if keyring.ids[0] not in known:
        async with db.transaction() as writing:
            await _register(writing, keyring)


async def complaints(
    db: Database, keyring: Keyring, columns: Sequence[EncryptedColumn]
) -> list[str]:
    """List what is wrong with the keys and what is not encrypted; empty where all is well."""
    async with db.reading() as reading:
        wanted = await _names(reading)
        plain = [column.name for column in columns if await left_plain(reading, column)]
    lost = [name for name in wanted if name not in keyring.ids]
    found = []
    if not keyring.ids:
        found.append(missing())
    elif lost:
        found.append(unknown(lost))
    if plain:
        found.append(
            f"not encrypted yet: {', '.join(plain)}; run `wattyard encryption-key apply` once "
            "every node runs this version"
        )
    return found


async def apply(db: Database, keyring: Keyring, columns: Sequence[EncryptedColumn]) -> int:
    """Encrypt every secret with the first key, and forget the names of the others: how many.

    Raises:
        EncryptionKeyMissing, EncryptionKeyUnknown: when what is kept cannot be read.
    """
    await check(db, keyring)
    done = 0
    for column in columns:
        done += await encrypt_anew(db, keyring, column)
    async with db.transaction() as writing:
        await writing.execute("DELETE FROM encryption_keys WHERE id <> $1", keyring.ids[0])
    return done


def _refuse_unknown(known: Sequence[str], keyring: Keyring) -> None:
    lost = [name for name in known if name not in keyring.ids]
    if lost:
        raise EncryptionKeyUnknown(unknown(lost))


async def _names(db: ReadConnection) -> list[str]:
    rows = await db.fetch("SELECT id FROM encryption_keys ORDER BY time_created")
    return [row["id"] for row in rows]


async def _register(db: WriteConnection, keyring: Keyring) -> None:
    """Note that secrets are encrypted with a key from now on.

    Of two nodes with different keys that start together on an empty database, the second waits
    for the first, and finds its key.
    """
    await db.execute("LOCK TABLE encryption_keys IN EXCLUSIVE MODE")
    _refuse_unknown(await _names(db), keyring)
    await db.execute(
        "INSERT INTO encryption_keys (id) VALUES ($1) ON CONFLICT (id) DO NOTHING", keyring.ids[0]
    )
