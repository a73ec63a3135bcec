"""Two tenants, one of whom calls everything with the ids of the other: nothing gets across.

Some hundred calls here, always the same; very many in `make fuzz`. An answer that was granted
may name nothing of the other's, and what the other has must be as it was.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.support.declared import objects_of
from tests.support.doctored import confusing, through
from tests.support.fuzzing import calls_wanted, crossed, seed_wanted
from tests.support.world import Tenant, World

LISTS = (
    "/sites",
    "/locations",
    "/customers",
    "/devices",
    "/tariffs",
    "/market-sources",
    "/meters/batches",
    "/events",
    "/webhook-endpoints",
    "/webhook-deliveries",
    "/account",
)


async def everything_of(tenant: Tenant) -> dict[str, str]:
    """Read all that a tenant has."""
    return {path: (await tenant.get(path, params={"limit": "100"})).text for path in LISTS[:-1]}


async def violations(
    caller: Tenant, chance: random.Random, own: dict[str, str], theirs: dict[str, str], count: int
) -> list[str]:
    """Make random calls; list the granted ones that name what is the other's.

    The ids of records that a batch refuses are only those that it was sent.
    """
    named_alike = {"session_reference_id"}  # both chose the same text
    foreign = {id_.partition("_")[2] for kind, id_ in theirs.items() if kind not in named_alike}
    found = []
    for _ in range(count):
        method, path, params, body = crossed(chance, own, theirs)
        answer = await caller.call(method, path, params=params, json=body)
        granted = answer.status_code < 400
        told = path + (_without_failed(answer.text) if granted else "")
        if granted and any(one in told for one in foreign):
            found.append(f"{method} {path} {params} {body}: {answer.text[:300]}")
        assert answer.status_code < 500, (method, path, params, body, answer.text)
    return found


def _without_failed(text: str) -> str:
    def without(members: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in members.items() if name != "failed_records"}

    return str(json.loads(text, object_hook=without)) if text.startswith("{") else text


def pieces(count: int, size: int = 300) -> Iterator[int]:
    while count > 0:
        yield min(size, count)
        count -= size


async def test_nothing_of_another_tenant_is_read_or_changed(world: World, tenant: Tenant) -> None:
    seed = seed_wanted()
    chance = random.Random(seed)
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    theirs = await objects_of(tenant)
    before = await everything_of(tenant)
    for caller in (stranger, tenant.twin):
        own = await objects_of(caller)
        for count in pieces(calls_wanted(600) // 2):
            await world.log_in_again(caller)
            found = await violations(caller, chance, own, theirs, count)
            assert found == [], f"WATTYARD_FUZZ_SEED={seed}"
    await world.log_in_again(tenant)
    assert await everything_of(tenant) == before


async def test_a_planted_leak_is_found(world: World, tenant: Tenant) -> None:
    """Every hundredth call is taken for the other's."""
    stranger = await world.tenant("a stranger")
    theirs, own = await objects_of(tenant), await objects_of(stranger)
    leaky, calls = confusing(world.app, tenant), 0

    async def sometimes(scope: Any, receive: Any, send: Any) -> None:
        nonlocal calls
        calls += 1
        await (leaky if calls % 20 == 0 else world.app)(scope, receive, send)

    chance = random.Random(3)
    assert await violations(through(stranger, sometimes), chance, own, theirs, 200)
