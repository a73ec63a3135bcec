"""Random requests made from the document: nothing is our fault, every answer is as documented.

A few cases an operation with a fixed seed here; many with random ones in `make fuzz`
(`WATTYARD_FUZZ_EXAMPLES`).
"""

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.declared import body_fields
from tests.support.made import Made
from tests.support.process import Server
from wattyard.app import ENDPOINTS
from wattyard.platform.http import Endpoint

RANDOM = "WATTYARD_FUZZ_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("WATTYARD_FUZZ_EXAMPLES", "6"))
OF_LARGE_BODIES = EXAMPLES if RANDOM else 2
"""Most random documents of a tariff are too large for the generator, at two seconds a try."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = tuple(schemathesis.GenerationMode)
PAGES = ("docs", "docs_page", "docs_text", "entrance", "llms")
NOT_FUZZED = ("metrics", "openapi", "event_stream", *PAGES)
FUZZED = [one for one in ENDPOINTS if one.operation not in NOT_FUZZED]


def is_large(declared: Endpoint) -> bool:
    """Whether a body has so many fields that random ones rarely fit the generator."""
    return len(list(body_fields(declared))) > 70


class Target:
    """A real server with one object of each kind in it."""

    def __init__(self, server: Server, client: httpx.Client) -> None:
        self.server = server
        self.client = client
        document = client.get("/openapi.json").json()
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.config.update(base_url=server.address)

    def object_ids(self) -> dict[str, str]:
        body = {"timezone": "UTC", "currency_code": "EUR"}
        device = {"reference_id": "d", "type": "OTHER"}
        site = self.client.post("/sites", json={**body, "devices": [device]}).json()
        event = self.client.get("/events?limit=1").json()["data"][0]
        endpoint = self.client.post(
            "/webhook-endpoints", json={"url": "https://hooks.example.com"}
        ).json()
        self.client.post(f"/webhook-endpoints/{endpoint['id']}/test")
        delivery = self.client.get("/webhook-deliveries?limit=1").json()["data"][0]
        return {
            "site_id": site["id"],
            "location_id": site["location_id"],
            "device_id": site["devices"][0]["id"],
            "customer_id": self.client.post("/customers", json={}).json()["id"],
            "event_id": event["id"],
            "endpoint_id": endpoint["id"],
            "delivery_id": delivery["id"],
        }


@pytest.fixture(scope="module")
def target(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    data = tmp_path_factory.mktemp("fuzz") / "data"
    account = made.data(data)
    with Server(data, rate_limit=0) as server:
        yield Target(server, server.client(account["account_id"], account["keys"]["test"]))


@pytest.mark.parametrize("declared", FUZZED, ids=lambda one: f"{one.method} {one.path}")
def test_no_request_is_our_fault(target: Target, declared: Endpoint) -> None:
    operation = target.schema[declared.path][declared.method]
    ids = target.object_ids()

    @settings(
        max_examples=OF_LARGE_BODIES if is_large(declared) else EXAMPLES,
        derandomize=not RANDOM,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(case=st.one_of(*(operation.as_strategy(mode) for mode in MODES)), real=st.booleans())
    def walk(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {
                name: ids.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        headers = {"Authorization": target.client.headers["Authorization"]}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    walk()
