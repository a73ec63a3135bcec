"""Secrets of webhook endpoints: encrypted for the database, and read where a delivery is signed."""

from datetime import datetime
from uuid import UUID

import msgspec

from wattyard.events.domain.endpoints import KeptSecrets
from wattyard.events.store import endpoints as store
from wattyard.platform.encryption import Keyring


class EndpointSecrets:
    """Encrypts and decrypts what belongs to an endpoint.

    Raises, from all that decrypt:
        EncryptionKeyMissing, EncryptionKeyUnknown.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def encrypted(self, endpoint_id: UUID, secret: bytes) -> bytes:
        """Encrypt an endpoint's secret."""
        return store.SECRET.encrypt(self._keyring, secret, endpoint_id)

    def signing(self, endpoint_id: UUID, kept: KeptSecrets, now: datetime) -> list[bytes]:
        """List the secrets that sign at `now`, the present one first."""
        found = [store.SECRET.secret_of(self._keyring, kept.secret, kept.plain, endpoint_id)]
        overlaps = kept.previous_until is not None and now < kept.previous_until
        if kept.previous is not None and overlaps:
            found.append(store.PREVIOUS_SECRET.decrypt(self._keyring, kept.previous, endpoint_id))
        return found

    def headers(self, endpoint_id: UUID, kept: KeptSecrets) -> dict[str, str]:
        """Read the headers that an endpoint's owner wants on each delivery."""
        if kept.headers is None:
            return {}
        text = store.HEADERS.decrypt(self._keyring, kept.headers, endpoint_id)
        return msgspec.json.decode(text, type=dict[str, str])
