"""Secrets of webhook endpoints: encrypted for the database, and read where a delivery is signed."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from wattyard.events.domain.endpoints import KeptSecrets
from wattyard.events.store import endpoints as store
from wattyard.platform.encryption import Keyring


class EndpointSecrets:
    """Encrypts and decrypts the secrets of endpoints.

    Raises, from all that decrypt:
        EncryptionKeyMissing, EncryptionKeyUnknown.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def kept(self, endpoint_id: UUID, secret: bytes, headers: Mapping[str, str]) -> KeptSecrets:
        """Encrypt the secrets of a new endpoint."""
        return KeptSecrets(
            secret=self.encrypted(endpoint_id, secret),
            headers=self.encrypted_headers(endpoint_id, headers),
        )

    def encrypted(self, endpoint_id: UUID, secret: bytes) -> bytes:
        """Encrypt an endpoint's secret."""
        return store.SECRET.encrypt(self._keyring, secret, endpoint_id)

    def encrypted_headers(self, endpoint_id: UUID, headers: Mapping[str, str]) -> bytes | None:
        """Encrypt an endpoint's own headers."""
        if not headers:
            return None
        text = msgspec.json.encode(dict(headers))
        return store.HEADERS.encrypt(self._keyring, text, endpoint_id)

    def as_previous(self, endpoint_id: UUID, kept: KeptSecrets) -> bytes:
        """Encrypt the present secret as the previous one."""
        secret = store.SECRET.secret_of(self._keyring, kept.secret, kept.plain, endpoint_id)
        return store.PREVIOUS_SECRET.encrypt(self._keyring, secret, endpoint_id)

    def signing(self, endpoint_id: UUID, kept: KeptSecrets, now: datetime) -> list[bytes]:
        """List the secrets that sign at `now`, the present one first."""
        found = [store.SECRET.secret_of(self._keyring, kept.secret, kept.plain, endpoint_id)]
        overlaps = kept.previous_until is not None and now < kept.previous_until
        if kept.previous is not None and overlaps:
            found.append(store.PREVIOUS_SECRET.decrypt(self._keyring, kept.previous, endpoint_id))
        return found

    def headers(self, endpoint_id: UUID, kept: KeptSecrets) -> dict[str, str]:
        """Decrypt an endpoint's own headers."""
        if kept.headers is None:
            return {}
        text = store.HEADERS.decrypt(self._keyring, kept.headers, endpoint_id)
        return msgspec.json.decode(text, type=dict[str, str])
