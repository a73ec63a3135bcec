"""Kept answers of idempotency keys that have a secret: encrypted, as secrets elsewhere are."""

from typing import Final

from wattyard.kernel.callers import Caller
from wattyard.platform.encryption import EncryptedColumn, Keyring

BODY: Final = EncryptedColumn(
    "idempotency_keys",
    "body_encrypted",
    ("account", "live_mode", "key"),
    bound_to_all=True,  # two accounts may choose the same key
)


class EncryptedAnswers:
    """Encrypts the bodies of answers, each for one key of one account and mode."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def encrypted(self, caller: Caller, key: str, body: bytes) -> bytes:
        """Encrypt the answer of a caller's key."""
        return BODY.encrypt(self._keyring, body, _bound_to(caller, key))

    def decrypted(self, caller: Caller, key: str, value: bytes) -> bytes:
        """Decrypt the answer of a caller's key.

        Raises:
            EncryptionKeyMissing, EncryptionKeyUnknown.
        """
        return BODY.decrypt(self._keyring, value, _bound_to(caller, key))


def _bound_to(caller: Caller, key: str) -> object:
    return BODY.key_of({"account": caller.account, "live_mode": caller.live_mode, "key": key})
