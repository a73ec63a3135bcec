"""A stranger's object does not exist: by its path, in a body, in a query, or in a list.

Every private endpoint is called by a stranger, and by the same account in the other mode, with
the owner's ids in every place that takes one. Each way is a function of its own, so that
`test_planted_faults` can show that it finds a leak.
"""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.declared import (
    PRIVATE,
    WITH_ID,
    body_fields,
    body_of,
    filled,
    name,
    named,
    query_fields,
)
from tests.support.world import Tenant
from tests.sweeps.conftest import IN_THE_MODULES_LOOP, Owned
from wattyard.platform.http import Endpoint

LISTS = [one for one in PRIVATE if ".List[" in str(one.answers) and "{" not in one.path]
NAMES = {
    "customer_id": "customer_id",
    "site_id": "site_id",
    "location_id": "location_id",
    "locations": "location_id",
    "device_id": "device_id",
    "object_id": "object_id",
    "event_id": "event_id",
    "endpoint_id": "endpoint_id",
    "market_source_id": "market_source_id",
}
"""The fields that name another object, in bodies and in queries, and of which kind."""
Ids = Mapping[str, str]


def foreign(declared: Endpoint) -> list[tuple[str, ...]]:
    return [path for path in body_fields(declared) if path[-1] in NAMES]


IN_BODY = [(one, path) for one in PRIVATE for path in foreign(one)]
IN_QUERY = [(one, field) for one in PRIVATE for field in query_fields(one) if field in NAMES]


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", WITH_ID, ids=name)
async def test_by_its_path_it_is_not_found(owned: Owned, declared: Endpoint) -> None:
    for other in owned.others:
        await check_the_path(other, declared, owned.ids)


async def check_the_path(other: Tenant, declared: Endpoint, theirs: Ids) -> None:
    answer = await other.call(
        declared.method,
        filled(declared.path, theirs),
        json=named(body_of(declared), theirs),
        params=named(declared.example_query, theirs),
    )
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"].endswith("_not_found")


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize("declared", LISTS, ids=name)
async def test_in_a_list_it_is_missing(owned: Owned, declared: Endpoint) -> None:
    for other in owned.others:
        await check_the_list(other, declared, owned.ids)


async def check_the_list(other: Tenant, declared: Endpoint, theirs: Ids) -> None:
    body = named(body_of(declared), theirs)
    answer = await other.call(declared.method, declared.path, json=body)
    if answer.status_code != 404:
        assert (answer.status_code, answer.json()["data"]) == (200, []), answer.text


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize(
    ("declared", "at"), IN_BODY, ids=lambda v: ".".join(v) if isinstance(v, tuple) else name(v)
)
async def test_in_a_body_it_is_not_found(
    beside: tuple[Owned, list[dict[str, str]]], declared: Endpoint, at: tuple[str, ...]
) -> None:
    owned, own = beside
    for other, theirs in zip(owned.others, own, strict=True):
        await check_the_body(other, declared, at, owned.ids, theirs)


async def check_the_body(
    other: Tenant, declared: Endpoint, at: tuple[str, ...], theirs: Ids, own: Ids
) -> None:
    """Send a request of the stranger's own with one id of the owner's in it."""
    whole = with_foreign(named(body_of(declared), own), at, theirs)
    answer = await other.call(
        declared.method,
        filled(declared.path, own),
        json=whole,
        params=named(declared.example_query, own),
    )
    failed = answer.json().get("failed_records")  # a batch tells of each record
    codes = [one["code"] for one in failed] if failed else [answer.json().get("code")]
    assert answer.status_code == 404 or failed, answer.text
    assert all(str(code).endswith("_not_found") for code in codes), answer.text


def with_foreign(body: Any, at: tuple[str, ...], theirs: Ids) -> Any:
    whole = copy.deepcopy(body)
    parts = [whole]
    for step in at[:-1]:
        flat = [one for part in parts for one in (part if isinstance(part, list) else [part])]
        parts = [part[step] for part in flat if step in part]
    for part in parts:
        for one in part if isinstance(part, list) else [part]:
            one[at[-1]] = (
                [theirs["location_id"]] if at[-1] == "locations" else theirs[NAMES[at[-1]]]
            )
    return whole


@IN_THE_MODULES_LOOP
@pytest.mark.parametrize(
    ("declared", "field"), IN_QUERY, ids=lambda v: v if isinstance(v, str) else name(v)
)
async def test_in_a_query_it_finds_nothing(owned: Owned, declared: Endpoint, field: str) -> None:
    for other in owned.others:
        await check_the_query(other, declared, field, owned.ids)


async def check_the_query(other: Tenant, declared: Endpoint, field: str, theirs: Ids) -> None:
    params = {
        given: theirs[NAMES[given]] if given in NAMES else value
        for given, value in {**(declared.example_query or {}), field: ""}.items()
    }
    path = filled(declared.path, theirs)
    answer = await other.call(declared.method, path, params=params, json=body_of(declared))
    if answer.status_code != 404:
        assert (answer.status_code, answer.json().get("data")) == (200, []), answer.text


def test_every_endpoint_is_called_by_a_stranger_or_concerns_only_its_caller() -> None:
    swept = {*map(name, WITH_ID), *map(name, LISTS)}
    swept |= {name(one) for one, _ in (*IN_BODY, *IN_QUERY)}
    own = {"POST /customers", "POST /market-sources", "POST /webhook-endpoints"}
    own |= {"GET /account", "GET /key", "GET /events/stream"}
    assert {name(one) for one in PRIVATE} - swept == own
