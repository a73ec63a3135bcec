"""The declared endpoints, and a tenant with an object of each kind to call them with."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import msgspec

from tests.support.world import Tenant, basic
from wattyard.app import ENDPOINTS
from wattyard.costs.wire.examples import INSTANT_BODY
from wattyard.platform.http import Access, Endpoint

PRIVATE = [one for one in ENDPOINTS if one.access is Access.BEARER]
WITH_ID = [one for one in PRIVATE if "{" in one.path]
_KINDS = {
    "loc": "location_id",
    "cus": "customer_id",
    "dev": "device_id",
    "mrs": "market_source_id",
}


def name(declared: Endpoint) -> str:
    return f"{declared.method} {declared.path}"


async def objects_of(tenant: Tenant) -> dict[str, str]:
    """Make one object of each kind; ids by the name that paths use."""
    customer = await tenant.make("/customers", {})
    site = await tenant.site(customer_id=customer["id"], currency_code="USD")  # as of a URDB rate
    device = await tenant.device(
        site["id"],
        type="ELECTRIC_VEHICLE",
        properties={"power_rating_import_kwh": 11, "capacity_kwh": 50},
    )
    tariff = await tenant.tariff(site["location_id"])
    source = await tenant.market_source()
    reading = {**INSTANT_BODY, "location_id": site["location_id"]}
    batch = (await tenant.call("PUT", "/meters/interval", json=[reading])).json()
    assert batch["records_accepted"] == 1
    endpoint = await tenant.make("/webhook-endpoints", {"url": "https://hooks.example.com"})
    await tenant.make(f"/webhook-endpoints/{endpoint['id']}/test", None)
    delivery = (await tenant.get("/webhook-deliveries")).json()["data"][0]
    return {
        "customer_id": customer["id"],
        "site_id": site["id"],
        "location_id": site["location_id"],
        "device_id": device["id"],
        "event_id": delivery["event_id"],
        "tariff_id": tariff["id"],
        "market_source_id": source["id"],
        "batch_id": batch["id"],
        "object_id": site["location_id"],
        "session_reference_id": str(reading["session_reference_id"]),
        "endpoint_id": endpoint["id"],
        "delivery_id": delivery["id"],
    }


def body_of(declared: Endpoint) -> Any:
    return declared.example_body if declared.body is not None else None


def named(example: Any, ids: Mapping[str, str]) -> Any:
    """Put the ids of real objects into an example."""
    text = str(example)
    for found in set(re.findall(r"(?:loc|cus|dev|mrs)_[0-9a-f]{32}", text)):
        text = text.replace(found, ids[_KINDS[found[:3]]])
    return ast.literal_eval(text)


def takes_an_array(declared: Endpoint) -> bool:
    return "list[" in str(declared.body)


_PAGES = {"page": "sites", "section": "guides"}
"""What stands in the paths of documentation."""


def filled(path: str, ids: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda match: {**_PAGES, **ids}[match[1]], path)


def credentials(tenant: Tenant, declared: Endpoint) -> dict[str, str]:
    if declared.access is Access.BASIC:
        return {"Authorization": basic(tenant.account_id, tenant.secret)}
    return tenant.headers


def query_fields(declared: Endpoint) -> list[str]:
    return [one.name for one in msgspec.structs.fields(declared.query)] if declared.query else []


def body_fields(declared: Endpoint) -> Iterator[tuple[str, ...]]:
    """Give the paths of the fields of a body, `("data", "device_id")`, each struct once."""
    yield from _fields(declared.body, (), set())


def _fields(kind: Any, path: tuple[str, ...], seen: set[type]) -> Iterator[tuple[str, ...]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        for field in msgspec.structs.fields(kind):
            own = (*path, field.encode_name)
            yield own
            yield from _fields(field.type, own, seen | {kind})
        return
    for part in get_args(kind):
        yield from _fields(part, path, seen)
