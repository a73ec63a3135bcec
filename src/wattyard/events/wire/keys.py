"""Public signing keys as a JSON Web Key Set (RFC 7517, RFC 7518 section 6.3)."""

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from wattyard.events.domain.keys import PublicNumbers

ReadNumbers = Callable[[bytes], PublicNumbers]


class PublicKey(msgspec.Struct, kw_only=True):
    """One RSA key: `n` and `e` are base64url of big-endian numbers.

    Attributes:
        kid: as `Flatpeak-Key-ID` names it
        kty: type of the key
        use: what it is for: signatures
        alg: RSA-PSS with SHA-256
        n: modulus
        e: exponent
    """

    kid: str
    kty: Literal["RSA"] = "RSA"
    use: Literal["sig"] = "sig"
    alg: Literal["PS256"] = "PS256"
    n: str
    e: str


class KeySet(msgspec.Struct):
    """The keys that are in use or were until a week ago.

    Attributes:
        keys: JSON Web Keys
    """

    keys: list[PublicKey]


class PublicKeys:
    """Writes the public halves of keys; how a key is read is filled by the app."""

    def __init__(self, read: ReadNumbers) -> None:
        self._read = read

    def key_set(self, keys: Iterable[tuple[str, bytes]]) -> bytes:
        """Write the set of keys by id and private half."""
        found = []
        for id_, private_key in keys:
            numbers = self._read(private_key)
            found.append(PublicKey(kid=id_, n=numbers.n, e=numbers.e))
        return msgspec.json.encode(KeySet(found))


EXAMPLE = {
    "keys": [
        {
            "kid": "whk_01939f3a6b7c7d11a1b2c3d4e5f60799",
            "kty": "RSA",
            "use": "sig",
            "alg": "PS256",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",  # noqa: E501
            "e": "AQAB",
        }
    ]
}
