"""What is planted as a secret into the example of any endpoint is not kept by the request log."""

import json
import re
from typing import Any

import msgspec
import pytest

from tests.support.declared import body_fields, name
from wattyard.app import ENCRYPTED, ENDPOINTS
from wattyard.platform.http import Endpoint
from wattyard.requests.adapters.secret_fields import cleaned, fields_of

PLANTED = "planted-3fa9c1"
WITH_BODY = [one for one in ENDPOINTS if one.body is not None]
WITH_SECRETS = [one for one in WITH_BODY if fields_of(one.body) is not None]
_NAMED_LIKE_SECRETS = re.compile("secret|passw|token|credential|auth|^headers$|private|api_?key")


def planted(value: Any, fields: Any) -> Any:
    """Put a text into every declared secret of a body, and a field that the body does not have."""
    if isinstance(fields, type):
        return {"x": PLANTED, "y": [PLANTED, {"z": PLANTED}]}
    if isinstance(value, list):
        return [planted(item, fields) for item in value]
    whole = {**value, "misspelt": PLANTED}
    for field, below in fields.items():
        if below is not None:
            whole[field] = planted(value.get(field) or {}, below)
    return whole


@pytest.mark.parametrize("declared", WITH_SECRETS, ids=name)
def test_planted_secrets_are_masked(declared: Endpoint) -> None:
    body = planted(declared.example_body, fields_of(declared.body))
    fields = fields_of(declared.body)
    assert fields is not None
    clean = cleaned(json.dumps(body).encode(), fields)
    assert clean.body is not None
    assert PLANTED.encode() not in clean.body
    assert PLANTED in clean.secrets
    kept = msgspec.json.decode(clean.body)
    assert kept.keys() == body.keys()
    shown = declared.example_body.keys() - {n for n, f in fields.items() if f is not None}  # type: ignore[union-attr]  # a body is an object
    assert {one: kept[one] for one in shown} == {one: declared.example_body[one] for one in shown}


@pytest.mark.parametrize("declared", WITH_BODY, ids=name)
def test_a_field_that_is_named_like_a_secret_is_declared_as_one(declared: Endpoint) -> None:
    def secret_at(path: tuple[str, ...]) -> bool:
        fields: Any = fields_of(declared.body)
        for part in path:
            if fields is None or isinstance(fields, type):
                return fields is not None
            fields = fields.get(part)
        return isinstance(fields, type)

    suspects = [path for path in body_fields(declared) if _NAMED_LIKE_SECRETS.search(path[-1])]
    assert [path for path in suspects if not secret_at(path)] == []


def test_the_secrets_that_callers_send_are_declared() -> None:
    """A new encrypted column holds what some body, or none, brings: say which here."""
    by_callers = {"webhook_endpoints.headers_encrypted"}
    by_the_server = {
        "webhook_endpoints.secret_encrypted",
        "webhook_endpoints.previous_secret_encrypted",
        "token_secrets.secret_encrypted",
        "signing_keys.private_key_encrypted",
        "idempotency_keys.body_encrypted",
        "market_sources.feed_options_encrypted",  # of the operator, at the command line
    }
    assert {column.name for column in ENCRYPTED} == by_callers | by_the_server
    assert {one.operation for one in WITH_SECRETS} == {
        "webhook_endpoint_create",
        "webhook_endpoint_update",
    }
