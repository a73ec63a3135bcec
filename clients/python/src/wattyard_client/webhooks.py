"""Webhooks: whether an event that was posted comes from the server."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from wattyard_client._errors import UNREADABLE, SignatureInvalid, WattyardError
from wattyard_client._model import built
from wattyard_client.models import Event, KeySet

TOLERANCE_SECONDS: Final = 300.0
_PREFIX: Final = "whsec_"


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secret: str | Mapping[str, Any] | KeySet,
    *,
    tolerance: float = TOLERANCE_SECONDS,
    now: Callable[[], float] = time.time,
) -> Event:
    """Verify that a webhook comes from the server, and return its event.

    Args:
        headers: of the request, in any case.
        body: as it was received: JSON that was parsed and written again is another text.
        secret: `whsec_…` of the endpoint (Standard Webhooks), or the server's keys, from
            `signing_keys.jwks()` (PS256; needs `pip install wattyard-client[ps256]`).
        tolerance: seconds by which the sender's clock may differ from this one.

    Raises:
        SignatureInvalid: when it was not signed with that secret, or too long ago.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if isinstance(secret, str):
        _check_standard(lower, body, secret, _clock(tolerance, now))
    else:
        keys = secret.raw if isinstance(secret, KeySet) else secret
        _check_ps256(lower, body, keys, _clock(tolerance, now))
    try:
        return built(Event, msgspec.json.decode(body))
    except UNREADABLE as error:
        raise SignatureInvalid(f"the body is not an event: {error}") from error


Clock = Callable[[str], None]


def _clock(tolerance: float, now: Callable[[], float]) -> Clock:
    def check(timestamp: str) -> None:
        try:
            late = now() - int(timestamp)
        except (ValueError, OverflowError):
            raise SignatureInvalid("the timestamp is not a whole number of seconds") from None
        if abs(late) > tolerance:
            side = "past" if late > 0 else "future"
            raise SignatureInvalid(
                f"the timestamp lies {abs(late):.0f} s in the {side}, more than {tolerance:.0f}: "
                "an old webhook was sent again, or this machine's clock is wrong"
            )

    return check


def _needed(headers: Mapping[str, str], name: str) -> str:
    if name not in headers:
        raise SignatureInvalid(f"the header {name} is missing")
    return headers[name]


def _check_standard(headers: Mapping[str, str], body: bytes, secret: str, check: Clock) -> None:
    sent = _needed(headers, "webhook-id"), _needed(headers, "webhook-timestamp")
    signatures = _needed(headers, "webhook-signature").split()
    check(sent[1])
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise SignatureInvalid("the secret is not one of a webhook endpoint, whsec_…")
    signed = _encoded(".".join(sent)) + b"." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    for signature in signatures:
        version, _, value = signature.partition(",")
        if version == "v1" and hmac.compare_digest(_encoded(value), expected):
            return
    raise SignatureInvalid("the webhook was not signed with this secret")


def _check_ps256(
    headers: Mapping[str, str], body: bytes, keys: Mapping[str, Any], check: Clock
) -> None:
    timestamp, kid = _needed(headers, "flatpeak-timestamp"), _needed(headers, "flatpeak-key-id")
    signature = _needed(headers, "flatpeak-signature").removeprefix("v1=")
    check(timestamp)
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (an extra)
        from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    except ImportError:
        raise WattyardError(
            "PS256 needs another package: pip install 'wattyard-client[ps256]'"
        ) from None
    key = next((key for key in keys.get("keys", ()) if key.get("kid") == kid), None)
    if key is None:
        raise SignatureInvalid(f"the key {kid} is not among those given: GET /jwks.json again")
    public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    try:
        public.verify(_bytes(signature), _encoded(timestamp) + b"." + body, pss, SHA256())
    except InvalidSignature:
        raise SignatureInvalid("the webhook was not signed with this key") from None


def _encoded(text: str) -> bytes:
    """Encode a header; what is no text in it was not signed so."""
    return text.encode(errors="replace")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise SignatureInvalid("the signature is not base64url") from None


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
