"""The endpoint of the public signing keys (contract 5)."""

from wattyard.events.service import SigningKeys
from wattyard.events.wire.keys import EXAMPLE, KeySet, PublicKeys
from wattyard.kernel.context import Context
from wattyard.platform.http import Access, Answer, endpoint


@endpoint("GET", "/jwks.json", "jwks", answers=KeySet, example=EXAMPLE, access=Access.PUBLIC)
async def get_keys(context: Context, keys: SigningKeys, public: PublicKeys) -> Answer:
    """List the public keys that verify `Flatpeak-Signature`, as a JSON Web Key Set (RFC 7517).

    Find the key by `Flatpeak-Key-ID`; fetch the set again when a key is missing. A retired key
    stays for 7 days.
    """
    body = public.key_set([(key.id, key.private_key) for key in await keys.published(context)])
    return Answer(body, headers=[(b"cache-control", b"public, max-age=300")])


ENDPOINTS = (get_keys,)
