"""No value in any place of any operation is our fault: everything is answered below 500.

Some hundred calls here, always the same; `make fuzz` sends very many, and every value in every
field. What was taken must not break what reads it later: everything is read now and then.
"""

import os
import random
from collections.abc import Iterable
from itertools import islice

from tests.support.declared import objects_of
from tests.support.faults import without_table
from tests.support.fuzzing import (
    WALKED,
    Hostile,
    calls_wanted,
    every_field,
    hostile_calls,
    seed_wanted,
)
from tests.support.world import Tenant, World
from tests.sweeps import test_every_endpoint as rules
from wattyard.platform.http import Access

READ_AFTER = 200
LONG = "WATTYARD_FUZZ_CALLS" in os.environ


async def faults(world: World, calls: Iterable[Hostile], tenant: Tenant) -> list[str]:
    """Send calls, and read everything now and then; list those that were our fault."""
    found = []
    for number, call in enumerate(calls, 1):
        answer = await call.sent_by(tenant)
        if answer.status_code >= 500:
            found.append(f"{call.declared.operation} {call.what}: {answer.status_code}")
        if number % READ_AFTER == 0:
            found += await unreadable(world, tenant)
    return found + await unreadable(world, tenant)


async def unreadable(world: World, tenant: Tenant) -> list[str]:
    """List what can no longer be read or reckoned with."""
    await world.log_in_again(tenant)
    found = []
    for declared in WALKED:
        if declared.access is Access.BEARER and declared.method == "GET":
            path = "/sites" if "{" in declared.path else declared.path
            answer = await tenant.get(path, params=declared.example_query or {})
            if answer.status_code >= 500:
                found.append(f"{path} cannot be read any more")
    return found


async def test_no_value_is_our_fault(world: World, tenant: Tenant) -> None:
    seed = seed_wanted()
    calls = hostile_calls(random.Random(seed), await objects_of(tenant))
    some = (next(calls) for _ in range(calls_wanted(250)))

    assert await faults(world, some, tenant) == [], f"WATTYARD_FUZZ_SEED={seed}"


async def test_every_value_in_every_field(world: World, tenant: Tenant) -> None:
    """One in three hundred of them here."""
    calls = islice(every_field(await objects_of(tenant)), 0, None, 1 if LONG else 307)
    assert await faults(world, calls, tenant) == []


async def test_a_planted_fault_is_found(world: World, tenant: Tenant) -> None:
    """Without its table of customers the server is at fault, whatever it is sent."""
    (declared,) = [one for one in rules.POSTS if one.path == "/customers"]
    call = Hostile("planted", declared, "/customers", content=b"{}")
    async with without_table(world.db, "customers"):
        assert len(await faults(world, [call], tenant)) >= 2
