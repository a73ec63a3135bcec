"""What is sent for an event: its body, and the headers that prove who sent it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from cachetools import LRUCache

from wattyard.events.domain import Event
from wattyard.events.service.keys import SigningKeys
from wattyard.events.service.ports import SerializeEvent, Sign
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (what secrets begin with)
_REMEMBERED: Final = 512


def shown_secret(secret: bytes) -> str:
    """Write an endpoint's secret as Standard Webhooks has it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


class WebhookSigner:
    """Writes and signs events.

    Two schemes side by side: PS256 (RSA-PSS, SHA-256) over timestamp, dot and body, with the
    server's key; and HMAC-SHA256 by Standard Webhooks, with the endpoint's secret.
    """

    def __init__(
        self,
        keys: SigningKeys,
        serialize: SerializeEvent,
        sign: Sign,
        *,
        release: str,
    ) -> None:
        self._keys = keys
        self._serialize = serialize
        self._sign = sign
        self._release = release
        self._signed: LRUCache[tuple[str, str, bytes], str] = LRUCache(_REMEMBERED)

    def body(self, caller: Caller, event: Event) -> bytes:
        """Write the body: the event as `GET /events/{id}` answers it."""
        return self._serialize(caller, event)

    async def headers(
        self, context: Context, event: Event, body: bytes, secrets: Sequence[bytes] = ()
    ) -> dict[str, str]:
        """Sign a body for now with the server's key, and with each of an endpoint's secrets."""
        timestamp = str(int(context.now.timestamp()))
        key = await self._keys.present(context)
        headers = {
            "Flatpeak-Signature": f"v1={self._signature(key.id, key.private_key, timestamp, body)}",
            "Flatpeak-Signature-Scheme": "v1",
            "Flatpeak-Timestamp": timestamp,
            "Flatpeak-Key-ID": key.id,
            "Flatpeak-Version": self._release,
        }
        if secrets:
            headers |= standard_headers(ids.wire("evt", event.id), timestamp, body, *secrets)
        return headers

    def _signature(self, key_id: str, private_key: bytes, timestamp: str, body: bytes) -> str:
        """Sign, once for all endpoints that get the same event in the same second."""
        known = (key_id, timestamp, hashlib.sha256(body).digest())
        signature = self._signed.get(known)
        if signature is None:
            signed = self._sign(private_key, f"{timestamp}.".encode() + body)
            signature = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
            self._signed[known] = signature
        return signature


def standard_headers(id_: str, timestamp: str, body: bytes, *secrets: bytes) -> dict[str, str]:
    """Write the three headers of Standard Webhooks (its specification, version 1.0).

    While a secret is rotated there are two: the signatures of both, the new one's first.
    """
    signed = f"{id_}.{timestamp}.".encode() + body
    signatures = (hmac.digest(secret, signed, hashlib.sha256) for secret in secrets)
    return {
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }
