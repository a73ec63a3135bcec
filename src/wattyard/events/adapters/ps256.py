"""Signatures by PS256: RSASSA-PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes (RFC 7518).

cryptography is imported when first used: without webhooks its 10 MiB are not needed.
"""

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wattyard.events.domain.keys import PublicNumbers

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

_BITS: Final = 2048


def make_key() -> bytes:
    """Make a private key of RSA-2048, in PKCS #8 and DER."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - see above

    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())


def sign(private_key: bytes, message: bytes) -> bytes:
    """Sign a message with a private key."""
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see above

    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    return _read(private_key).sign(message, pss, SHA256())


def public_numbers(private_key: bytes) -> PublicNumbers:
    """Read the public half of a key."""
    numbers = _read(private_key).public_key().public_numbers()
    return PublicNumbers(_base64url(numbers.n), _base64url(numbers.e))


@lru_cache(maxsize=16)
def _read(private_key: bytes) -> "rsa.RSAPrivateKey":
    """Read a key that this server made: that its factors are prime is not tested again (80 ms)."""
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see above
        load_der_private_key,
    )

    key = load_der_private_key(private_key, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("a signing key is an RSA key")
    return key


def _base64url(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
