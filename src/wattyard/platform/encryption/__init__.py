"""Encrypted columns: secrets that the server must be able to read again.

`Keyring` encrypts and decrypts, `key_file` reads and makes the keys, `registry` knows which keys
a database needs, `columns` re-encrypts what is kept.
"""

from wattyard.platform.encryption.columns import EncryptedColumn
from wattyard.platform.encryption.keyring import (
    EncryptionKeyMissing,
    EncryptionKeyUnknown,
    Keyring,
)

__all__ = ["EncryptedColumn", "EncryptionKeyMissing", "EncryptionKeyUnknown", "Keyring"]
