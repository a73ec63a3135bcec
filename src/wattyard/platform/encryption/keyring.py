"""Keys that encrypt secrets at rest, by AES-256-GCM (NIST SP 800-38D).

A value is: one byte of format, eight that name the key, twelve of nonce, then the cipher text
with its tag of sixteen. `purpose` says which column of which row it is for and is authenticated
with it, so that a value copied into another place cannot be read there.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self

from wattyard.platform.settings import SettingInvalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
VARIABLE: Final = "WATTYARD_ENCRYPTION_KEY"
_FORMAT: Final = b"\x01"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_BEGIN: Final = len(_FORMAT) + _ID_BYTES


class EncryptionKeyMissing(SettingInvalid):
    """There is no encryption key, but a secret is to be kept or read."""


class EncryptionKeyUnknown(SettingInvalid):
    """A secret was encrypted with a key that is not among the present ones."""


class Keyring:
    """Encryption keys: the first one encrypts, all decrypt."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        self._keys = {_id_of(key): key for key in keys}

    @classmethod
    def read(cls, text: str) -> Self:
        """Read keys in base64, separated by commas or white space; `#` begins a comment.

        Raises:
            SettingInvalid: when one is not 32 bytes in base64; it is not repeated.
        """
        lines = (line.partition("#")[0] for line in text.splitlines())
        return cls([_key_of(word) for word in " ".join(lines).replace(",", " ").split()])

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the keys, the one that encrypts first. A name tells nothing of its key."""
        return tuple(id_.hex() for id_ in self._keys)

    def encrypt(self, secret: bytes, purpose: str) -> bytes:
        """Encrypt a secret with the first key.

        Raises:
            EncryptionKeyMissing: when there is none.
        """
        for id_, key in self._keys.items():
            nonce = secrets.token_bytes(_NONCE_BYTES)
            return _FORMAT + id_ + nonce + _cipher(key).encrypt(nonce, secret, purpose.encode())
        raise EncryptionKeyMissing(missing())

    def decrypt(self, value: bytes, purpose: str) -> bytes:
        """Decrypt a value.

        Raises:
            EncryptionKeyUnknown: when its key is not among these, or it is of another purpose
                or damaged.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 (as `_cipher`)

        key = self._keys.get(value[len(_FORMAT) : _BEGIN])
        if key is None or value[: len(_FORMAT)] != _FORMAT:
            if not self._keys:
                raise EncryptionKeyMissing(missing())
            raise EncryptionKeyUnknown(unknown([key_id(value)]))
        nonce, text = value[_BEGIN : _BEGIN + _NONCE_BYTES], value[_BEGIN + _NONCE_BYTES :]
        try:
            return _cipher(key).decrypt(nonce, text, purpose.encode())
        except InvalidTag:
            raise EncryptionKeyUnknown(
                f"an encrypted value is damaged or was moved: {purpose.partition(' ')[0]}"
            ) from None


@lru_cache
def _cipher(key: bytes) -> "AESGCM":
    """Make a key's cipher, with the first secret: its library takes 10 ms to import."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 (as above)

    return AESGCM(key)


def new_key() -> str:
    """Make a key, in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_id(value: bytes) -> str:
    """Name the key that a value was encrypted with."""
    return value[len(_FORMAT) : _BEGIN].hex()


def missing() -> str:
    """Say that there is no key, and how to have one."""
    return (
        f"{VARIABLE} (or {VARIABLE}_FILE, the path of a file that holds it) is not set; with "
        "a database of your own every node needs the same key: "
        "`wattyard encryption-key new` makes one"
    )


def unknown(ids: Iterable[str]) -> str:
    """Say that keys are wrong, and what to do."""
    return (
        f"secrets in the database were encrypted with the key {', '.join(ids)}, which is not among "
        f"those given: add it to {VARIABLE} (or to the file of {VARIABLE}_FILE, or to the file "
        "encryption-key in the data folder), one key after the other, the one that encrypts first"
    )


def _key_of(word: str) -> bytes:
    try:
        key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingInvalid(
            f"{VARIABLE} must hold keys of {KEY_BYTES} bytes in base64; "
            "`wattyard encryption-key new` makes one"
        )
    return key


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"wattyard encryption key " + key).digest()[:_ID_BYTES]
