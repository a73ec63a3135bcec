"""Whether a webhook comes from the server."""

import base64
import hmac
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from tests.client.test_calls import EVENT
from wattyard_client import SignatureInvalid, models, webhooks
from wattyard_client._model import built

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
BODY = msgspec.json.encode({**EVENT, "id": "evt_1"})


def signed(at: float, secret: str = SECRET) -> dict[str, str]:
    moment = datetime.fromtimestamp(int(at), UTC)
    signature = Webhook(secret).sign("evt_1", moment, BODY.decode())
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(at)),
        "Webhook-Signature": f"v1a,xx v1,AAAA {signature}",
    }


def test_an_event_that_was_signed_with_the_secret_is_genuine() -> None:
    event = webhooks.verify(signed(time.time()), BODY, SECRET)

    assert (event.id, event.type) == ("evt_1", "site.update")


def change(headers: dict[str, str], **changed: str | None) -> dict[str, str]:
    named = {name.replace("_", "-").title(): value for name, value in changed.items()}
    return {k: v for k, v in {**headers, **named}.items() if v is not None}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"webhook_signature": None}, "webhook-signature is missing"),
        ({"webhook_id": None}, "webhook-id is missing"),
        ({"webhook_id": "evt_2"}, "not signed with this secret"),
        ({"webhook_signature": "v1,"}, "not signed with this secret"),
        ({"webhook_signature": "v1,é"}, "not signed with this secret"),
        ({"webhook_signature": "v1,\udc80"}, "not signed with this secret"),
        ({"webhook_timestamp": "soon"}, "whole number of seconds"),
        ({"webhook_timestamp": "9" * 400}, "whole number of seconds"),
    ],
)
def test_what_is_not_signed_so_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(SignatureInvalid, match=message):
        webhooks.verify(change(signed(time.time()), **changed), BODY, SECRET)


@pytest.mark.parametrize(("late", "side"), [(3600, "past"), (-3600, "future")])
def test_a_clock_that_is_off_by_an_hour_is_said(late: float, side: str) -> None:
    with pytest.raises(SignatureInvalid, match=f"3600 s in the {side}.*clock is wrong"):
        webhooks.verify(signed(1_800_000_000), BODY, SECRET, now=lambda: 1_800_000_000.0 + late)


def test_another_body_or_another_secret_is_refused() -> None:
    headers = signed(time.time())
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()

    for body, secret in ((BODY + b" ", SECRET), (BODY, other), (BODY, "not base64!"), (BODY, "é")):
        with pytest.raises(SignatureInvalid):
            webhooks.verify(headers, body, secret)


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_a_secret_that_was_left_empty_verifies_nothing(secret: str) -> None:
    key = hmac.new(b"", f"evt_1.{int(time.time())}.".encode() + BODY, "sha256").digest()
    forged = {"webhook_signature": f"v1,{base64.b64encode(key).decode()}"}

    with pytest.raises(SignatureInvalid, match="not one of a webhook endpoint"):
        webhooks.verify(change(signed(time.time()), **forged), BODY, secret)


def test_the_servers_own_signature_verifies_with_its_published_keys() -> None:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = private.public_key().public_numbers()

    def number(value: int) -> str:
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    key = {"kid": "k1", "kty": "RSA", "use": "sig", "alg": "PS256"}
    jwks = {"keys": [{**key, "e": number(numbers.e), "n": number(numbers.n)}]}
    now = str(int(time.time()))
    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    made = private.sign(now.encode() + b"." + BODY, pss, SHA256())
    headers = {
        "flatpeak-timestamp": now,
        "flatpeak-key-id": "k1",
        "flatpeak-signature": "v1=" + base64.urlsafe_b64encode(made).decode().rstrip("="),
    }

    assert webhooks.verify(headers, BODY, jwks).id == "evt_1"
    assert webhooks.verify(headers, BODY, built(models.KeySet, jwks)).id == "evt_1"
    with pytest.raises(SignatureInvalid, match="is not base64url"):
        webhooks.verify({**headers, "flatpeak-signature": "v1=é"}, BODY, jwks)
    with pytest.raises(SignatureInvalid, match="not signed with this key"):
        webhooks.verify(headers, BODY + b" ", jwks)
    with pytest.raises(SignatureInvalid, match="k2 is not among those given"):
        webhooks.verify({**headers, "flatpeak-key-id": "k2"}, BODY, jwks)
