"""Rules that every endpoint keeps, walked over all declarations.

Each rule is a function of its own, so that `test_planted_faults` can show that it finds a fault.
"""

import re
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.declared import (
    PRIVATE,
    WITH_ID,
    body_of,
    credentials,
    filled,
    name,
    named,
    objects_of,
    takes_an_array,
)
from tests.support.world import AMSTERDAM, Tenant, World, error
from tests.sweeps.conftest import IN_THE_MODULES_LOOP, Owned
from wattyard.app import ENDPOINTS
from wattyard.platform.document.tags import tag_of
from wattyard.platform.http import Endpoint
from wattyard.tariffs.domain.refusals import NoPriceData, TooManyPrices


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", PRIVATE, ids=name)
async def test_without_a_token_nothing_is_told(shared_world: World, declared: Endpoint) -> None:
    await check_that_a_token_is_needed(shared_world.http, declared)


async def check_that_a_token_is_needed(client: httpx.AsyncClient, declared: Endpoint) -> None:
    path = filled(declared.path, dict.fromkeys(re.findall(r"{(\w+)}", declared.path), "x"))
    answer = await client.request(declared.method, path, json=body_of(declared))

    error(answer, 401, "token_missing")


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", ENDPOINTS, ids=name)
async def test_an_unknown_parameter_is_refused(owned: Owned, declared: Endpoint) -> None:
    await check_that_parameters_are_known(owned.tenant, declared, owned.ids)


async def check_that_parameters_are_known(
    tenant: Tenant, declared: Endpoint, ids: dict[str, str]
) -> None:
    answer = await tenant.call(
        declared.method,
        filled(declared.path, ids),
        params={"colour": "red"},
        json=body_of(declared),
        headers=credentials(tenant, declared),
    )

    error(answer, 400, "parameter_unknown", "colour")


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", WITH_ID, ids=name)
async def test_an_id_of_another_type_names_nothing(owned: Owned, declared: Endpoint) -> None:
    await check_that_ids_are_of_their_type(owned.tenant, declared, owned.ids)


async def check_that_ids_are_of_their_type(
    tenant: Tenant, declared: Endpoint, ids: dict[str, str]
) -> None:
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


WITH_BODY = [one for one in PRIVATE if one.body is not None]


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", WITH_BODY, ids=name)
async def test_no_body_and_no_object_are_refused(owned: Owned, declared: Endpoint) -> None:
    await check_that_a_body_is_needed(owned.tenant, declared, owned.ids)


async def check_that_a_body_is_needed(
    tenant: Tenant, declared: Endpoint, ids: dict[str, str]
) -> None:
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
    check_the_document((await world.http.get("/openapi.json")).json())


def check_the_document(document: Any) -> None:
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


POSTS = [one for one in PRIVATE if one.method == "POST"]


@pytest.mark.parametrize("declared", POSTS, ids=name)
async def test_the_examples_of_the_document_work(tenant: Tenant, declared: Endpoint) -> None:
    await check_the_example(tenant, declared, await objects_of(tenant))


async def check_the_example(tenant: Tenant, declared: Endpoint, ids: dict[str, str]) -> None:
    answer = await tenant.post(
        filled(declared.path, ids),
        named(body_of(declared), ids),
        params=named(declared.example_query, ids),
    )

    assert answer.status_code == declared.status, answer.text
    assert set(answer.json()) == set(declared.example)


async def test_the_page_for_people_names_every_operation(world: World) -> None:
    check_the_page(await the_pages(world))


async def the_pages(world: World) -> str:
    """The first page and those of all groups, one after the other."""
    groups = dict.fromkeys(tag_of(one.path) for one in ENDPOINTS)
    paths = ["/docs", *(f"/docs/{group}" for group in groups)]
    return "".join([(await world.http.get(path)).text for path in paths])


def check_the_page(page: str) -> None:
    for declared in ENDPOINTS:
        assert f'id="{declared.operation}"' in page
    loaded = re.findall(r'<(?:script|link|img)[^>]* (?:src|href)="([^"]*)"', page)
    assert {one.partition("/docs/")[0] for one in loaded} == {""}
    assert not re.search(r'<script(?! type="module" src="/)', page)
    assert AMSTERDAM["city"] in page


def test_what_can_lack_a_price_can_have_too_many() -> None:
    pricing = [one for one in ENDPOINTS if NoPriceData in one.refuses]
    assert len(pricing) > 5
    assert not any(lacks_a_limit(one) for one in pricing)


def lacks_a_limit(declared: Endpoint) -> bool:
    return NoPriceData in declared.refuses and TooManyPrices not in declared.refuses
