"""Rules that every endpoint keeps, walked over all declarations (style, rule 10)."""

import ast
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.world import AMSTERDAM, Tenant, World, basic, error
from wattyard.app import ENDPOINTS
from wattyard.costs.wire.examples import INSTANT_BODY
from wattyard.platform.http import Access, Endpoint
from wattyard.tariffs.domain.refusals import NoPriceData, TooManyPrices

PRIVATE = [one for one in ENDPOINTS if one.access is Access.BEARER]
WITH_ID = [one for one in PRIVATE if "{" in one.path]


def name(declared: Endpoint) -> str:
    return f"{declared.method} {declared.path}"


KINDS = {
    "loc": "location_id",
    "cus": "customer_id",
    "dev": "device_id",
    "mrs": "market_source_id",
}


async def objects_of(tenant: Tenant) -> dict[str, str]:
    """Make one object of each kind; ids by the name that paths use."""
    customer = await tenant.make("/customers", {})
    site = await tenant.site(customer_id=customer["id"], currency_code="USD")  # as of a URDB rate
    device = await tenant.device(
        site["id"],
        type="ELECTRIC_VEHICLE",
        properties={"power_rating_import_kwh": 11, "capacity_kwh": 50},
    )
    event = (await tenant.get("/events")).json()["data"][0]
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
        "event_id": event["id"],
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


def named(example: Any, ids: dict[str, str]) -> Any:
    """Put the ids of real objects into an example."""
    text = str(example)
    for found in set(re.findall(r"(?:loc|cus|dev|mrs)_[0-9a-f]{32}", text)):
        text = text.replace(found, ids[KINDS[found[:3]]])
    return ast.literal_eval(text)


def takes_an_array(declared: Endpoint) -> bool:
    return "list[" in str(declared.body)


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda match: ids[match[1]], path)


def credentials(tenant: Tenant, declared: Endpoint) -> dict[str, str]:
    if declared.access is Access.BASIC:
        return {"Authorization": basic(tenant.account_id, tenant.secret)}
    return tenant.headers


@pytest.mark.parametrize("declared", PRIVATE, ids=name)
async def test_without_a_token_nothing_is_told(world: World, declared: Endpoint) -> None:
    path = filled(declared.path, dict.fromkeys(re.findall(r"{(\w+)}", declared.path), "x"))
    answer = await world.http.request(declared.method, path, json=body_of(declared))

    error(answer, 401, "token_missing")


@pytest.mark.parametrize("declared", WITH_ID, ids=name)
async def test_a_stranger_and_the_other_mode_get_404(
    world: World, tenant: Tenant, declared: Endpoint
) -> None:
    path = filled(declared.path, await objects_of(tenant))
    params = declared.example_query
    assert tenant.twin
    for other in (await world.tenant("a stranger"), tenant.twin):
        answer = await other.call(declared.method, path, json=body_of(declared), params=params)
        assert answer.status_code == 404, answer.text
        assert answer.json()["code"].endswith("_not_found")


@pytest.mark.parametrize("declared", ENDPOINTS, ids=name)
async def test_an_unknown_parameter_is_refused(
    world: World, tenant: Tenant, declared: Endpoint
) -> None:
    path = filled(declared.path, await objects_of(tenant))
    answer = await tenant.call(
        declared.method,
        path,
        params={"colour": "red"},
        json=body_of(declared),
        headers=credentials(tenant, declared),
    )

    error(answer, 400, "parameter_unknown", "colour")


@pytest.mark.parametrize("declared", WITH_ID, ids=name)
async def test_an_id_of_another_type_names_nothing(tenant: Tenant, declared: Endpoint) -> None:
    ids = await objects_of(tenant)
    wrong = {"evt", "ste", "dev", "cus", "trf", "mrs", "bat", "whe", "whd"} - {
        value[:3] for key, value in ids.items() if "{" + key + "}" in declared.path
    }
    if "site_id" in declared.path or "location_id" in declared.path:
        wrong -= {"ste", "loc"}
    if "object_id" in declared.path:
        wrong -= {"ste", "loc", "dev"}
    for value in ids.values():
        if value[:3] in wrong:
            path = re.sub(r"{\w+}", value, declared.path)
            answer = await tenant.call(
                declared.method, path, json=body_of(declared), params=declared.example_query
            )
            assert answer.status_code == 404, (path, answer.text)


@pytest.mark.parametrize("declared", [e for e in PRIVATE if e.body is not None], ids=name)
async def test_no_body_and_no_object_are_refused(tenant: Tenant, declared: Endpoint) -> None:
    ids = await objects_of(tenant)
    path, params = filled(declared.path, ids), named(declared.example_query, ids)
    empty = await tenant.call(
        declared.method,
        path,
        content=b"",
        headers={"Content-Type": "application/json"},
        params=params,
    )
    error(empty, 400, "json_invalid")
    for body in ([], "text", 7, True):
        if body == [] and takes_an_array(declared):
            continue
        answer = await tenant.call(declared.method, path, json=body, params=params)
        error(answer, 400, "body_invalid")


async def test_the_document_is_valid_and_complete(world: World) -> None:
    document = (await world.http.get("/openapi.json")).json()

    OpenAPIV31SpecValidator(document).validate()
    for declared in ENDPOINTS:
        operation = document["paths"][declared.path][declared.method.lower()]
        assert operation["summary"]
        success = operation["responses"][str(declared.status)]
        if declared.answers is not None:
            assert success["content"]["application/json"]["example"], name(declared)
        if declared.body is not None:
            assert operation["requestBody"]["content"]["application/json"]["example"]
        listed = [
            code
            for status, answer in operation["responses"].items()
            if status >= "400"
            for code in answer["x-error-codes"]
        ]
        for refusal in declared.refuses:
            assert refusal.code in listed


@pytest.mark.parametrize("declared", [e for e in PRIVATE if e.method == "POST"], ids=name)
async def test_the_examples_of_the_document_work(tenant: Tenant, declared: Endpoint) -> None:
    ids = await objects_of(tenant)
    answer = await tenant.post(
        filled(declared.path, ids),
        named(body_of(declared), ids),
        params=named(declared.example_query, ids),
    )

    assert answer.status_code == declared.status, answer.text
    expected = declared.example
    assert set(answer.json()) == set(expected)


async def test_the_page_for_people_names_every_operation(world: World) -> None:
    page = (await world.http.get("/docs")).text

    for declared in ENDPOINTS:
        assert f'id="{declared.operation}"' in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page
    assert AMSTERDAM["city"] in page


def test_what_can_lack_a_price_can_have_too_many() -> None:
    pricing = [one for one in ENDPOINTS if NoPriceData in one.refuses]
    assert len(pricing) > 5
    assert [name(one) for one in pricing if TooManyPrices not in one.refuses] == []
