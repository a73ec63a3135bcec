"""Encrypted columns of tables, and how all of them are re-encrypted."""

from collections.abc import Mapping
from typing import Any, Final

from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database, ReadConnection
from wattyard.platform.encryption.keyring import Keyring

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """A column of secrets. All names are ours, never a caller's.

    `keys` name a row. A value is bound to the last of them, which is unique by itself, or to all
    of them where it is not (`bound_to_all`).
    `plain` is the column in which earlier releases kept the secret as it is, or empty; `nothing`
    is what that column has, in SQL, where it holds none.
    """

    table: str
    column: str
    keys: tuple[str, ...]
    plain: str = ""
    nothing: str = "NULL"
    bound_to_all: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    def purpose(self, key: object) -> str:
        """Say which value this is, for the key that it is bound to."""
        return f"{self.name} {key}"

    def key_of(self, row: Mapping[str, Any]) -> object:
        """The key that the value of a row is bound to."""
        if self.bound_to_all:
            return " ".join(str(row[name]) for name in self.keys)
        return row[self.keys[-1]]

    def encrypt(self, keyring: Keyring, secret: bytes, key: object) -> bytes:
        """Encrypt a secret for a row."""
        return keyring.encrypt(secret, self.purpose(key))

    def decrypt(self, keyring: Keyring, value: bytes, key: object) -> bytes:
        """Decrypt the value of a row.

        Raises:
            EncryptionKeyMissing, EncryptionKeyUnknown.
        """
        return keyring.decrypt(value, self.purpose(key))

    def secret_of(
        self, keyring: Keyring, value: bytes | None, plain: bytes | str | None, key: object
    ) -> bytes:
        """Read a secret, also one that an earlier release kept as it is.

        Raises:
            EncryptionKeyMissing, EncryptionKeyUnknown.
        """
        if value is not None:
            return self.decrypt(keyring, value, key)
        if plain is None:
            raise ValueError(f"{self.purpose(key)} is empty")
        return plain.encode() if isinstance(plain, str) else plain


async def left_plain(db: ReadConnection, column: EncryptedColumn) -> bool:
    """Whether a secret is kept as it is somewhere in a column."""
    if not column.plain:
        return False
    found: bool = await db.fetchval(
        f"SELECT EXISTS (SELECT FROM {column.table} WHERE {_is_plain(column)})"  # noqa: S608
    )
    return found


async def encrypt_anew(db: Database, keyring: Keyring, column: EncryptedColumn) -> int:
    """Encrypt a column with the first key, a few rows at a time, and return how many there were.

    Raises:
        EncryptionKeyMissing, EncryptionKeyUnknown.
    """
    done = 0
    while True:
        async with db.transaction() as writing:
            rows = await writing.fetch(_stale(column), bytes.fromhex(keyring.ids[0]), _AT_ONCE)
            for row in rows:
                value = column.encrypt(keyring, _secret(keyring, column, row), column.key_of(row))
                await writing.execute(_written(column), *(row[name] for name in column.keys), value)
        done += len(rows)
        if len(rows) < _AT_ONCE:
            return done


def _secret(keyring: Keyring, column: EncryptedColumn, row: Mapping[str, Any]) -> bytes:
    plain = row[column.plain] if column.plain else None
    return column.secret_of(keyring, row[column.column], plain, column.key_of(row))


def _stale(column: EncryptedColumn) -> str:
    fields = [*column.keys, column.column, *([column.plain] if column.plain else [])]
    plain = f" OR {_is_plain(column)}" if column.plain else ""
    return (
        f"SELECT {', '.join(fields)} FROM {column.table} "  # noqa: S608
        f"WHERE substr({column.column}, 2, 8) <> $1{plain} LIMIT $2 FOR UPDATE"
    )


def _written(column: EncryptedColumn) -> str:
    where = " AND ".join(f"{name} = ${n}" for n, name in enumerate(column.keys, 1))
    plain = f", {column.plain} = {column.nothing}" if column.plain else ""
    value = f"${len(column.keys) + 1}"
    return f"UPDATE {column.table} SET {column.column} = {value}{plain} WHERE {where}"  # noqa: S608


def _is_plain(column: EncryptedColumn) -> str:
    return f"{column.plain} IS DISTINCT FROM {column.nothing}"
