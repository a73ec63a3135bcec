"""Signing keys of webhooks: one signs, retired ones stay published for a while (contract 5)."""

from datetime import datetime, timedelta
from typing import Final

from wattyard.kernel.values import dataclass

PUBLISHED_FOR: Final = timedelta(days=7)
"""How long the public half of a retired key can still be read."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An RSA key: `private_key` is PKCS #8 in DER."""

    id: str
    private_key: bytes
    time_created: datetime
    time_retired: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublicNumbers:
    """The public half of an RSA key: modulus and exponent in base64url, big-endian."""

    n: str
    e: str


@dataclass(frozen=True, slots=True)
class SigningKeyDates:
    """A signing key without its secret: since when it signs, or until when it did."""

    id: str
    time_created: datetime
    time_retired: datetime | None = None
