"""What restricted keys reach: every endpoint is open to a key with its scope, and to no other."""

import re
from typing import Any, get_args

from tests.support.declared import (
    body_of,
    filled,
    name,
    named,
    objects_of,
)
from tests.support.world import Tenant, World, error
from wattyard.accounts.wire import ScopeName
from wattyard.app import ENDPOINTS
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import Access, Endpoint

KNOWN = [one for one in ENDPOINTS if one.access in (Access.BEARER, Access.BASIC)]
READING = [one for one in KNOWN if one.scope is not None and one.operation != "event_stream"]
KINDS = ("site_id", "location_id", "device_id", "tariff_id", "customer_id", "market_source_id")


def test_every_scope_opens_something() -> None:
    assert set(get_args(ScopeName)) == set(Scope)
    assert {one.scope for one in KNOWN if one.scope} == set(Scope)


def test_what_only_reads_is_what_a_key_that_reads_may_do() -> None:
    writing = {"PUT", "PATCH", "DELETE"}
    for one in READING:
        assert one.scope is not None
        assert (one.method in writing) == one.scope.endswith(":write"), name(one)


async def test_a_key_without_the_scope_is_told_which_one_it_lacks(
    world: World, tenant: Tenant
) -> None:
    keys = [await world.restricted(tenant, one) for one in (Scope.STATES_WRITE, Scope.EVENTS_READ)]
    for declared in KNOWN:
        key = next(one for one in keys if declared.scope not in (one.caller.scopes or ()))
        path = filled(declared.path, dict.fromkeys(re.findall(r"{(\w+)}", declared.path), "x"))
        answer = await key.call(declared.method, path, json=body_of(declared))
        if declared.any_key:
            assert answer.status_code == 200, name(declared)
            continue
        body = error(answer, 403, "scope_missing")
        assert body["context"] == declared.context
        assert declared.scope is None or declared.scope.value in body["message"]


async def test_a_key_with_the_scope_may_and_one_for_another_place_finds_nothing(
    world: World, tenant: Tenant
) -> None:
    ids, elsewhere = await objects_of(tenant), await tenant.site()
    every = ("*:read", "meters:write", "states:write")
    here = await world.restricted(tenant, *every)
    there = await world.restricted(tenant, *every, locations=[elsewhere["location_id"]])
    for declared in READING:
        request = {
            "method": declared.method,
            "path": filled(declared.path, ids),
            "json": named(body_of(declared), ids),
            "params": named(declared.example_query, ids),
        }
        assert declared.scope is not None
        if declared.scope.endswith(":read") and declared.further_scope is None:
            await check_that_one_scope_is_enough(world, tenant, declared, request)
        allowed, refused = await here.call(**request), await there.call(**request)
        assert allowed.json().get("code") != "scope_missing", name(declared)
        if "{" in declared.path:
            assert refused.status_code == 404, (name(declared), refused.text)
            assert refused.json()["code"].endswith("_not_found")
        for kind in KINDS if refused.status_code == 200 and declared.method == "GET" else ():
            assert ids[kind] not in refused.text, name(declared)


async def check_that_one_scope_is_enough(
    world: World, tenant: Tenant, declared: Endpoint, request: dict[str, Any]
) -> None:
    """Ask with a key of that scope alone: what it may not is no matter of scopes."""
    key = await world.restricted(tenant, str(declared.scope))
    answer = await key.call(**request)
    assert answer.status_code in (declared.status, 404, 422), (name(declared), answer.text)


async def test_a_device_at_two_locations_shows_the_one_that_the_key_is_for(
    world: World, tenant: Tenant
) -> None:
    here, there = await tenant.site(), await tenant.site()
    device = await tenant.device(here["location_id"], there["location_id"])
    key = await world.restricted(
        tenant, "sites:read", "events:read", locations=[here["location_id"]]
    )
    shown = (await key.get(f"/devices/{device['id']}")).json()
    listed = (await key.get("/devices")).json()["data"]
    assert shown["locations"] == [here["location_id"]]
    assert listed == [shown]
    events = (await key.get("/events")).json()["data"]
    assert {one["type"] for one in events} >= {"site.create", "device.create", "site.update"}
    assert there["location_id"] not in str(events)
    assert there["id"] not in str(events)
    elsewhere = {"location_id": there["location_id"]}
    assert (await key.get("/devices", params=elsewhere)).json()["data"] == []
