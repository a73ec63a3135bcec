"""What should be gone by now, and when each background job did its work last."""

import asyncio
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.http.test_idempotency import keyed
from tests.support.world import SETTINGS, Tenant, World
from wattyard.app.background import jobs
from wattyard.app.job_runs import JobRuns
from wattyard.events.service import Retention
from wattyard.platform.http.idempotency import Replays
from wattyard.platform.work import Periodic

DAYS_KEPT = 30


async def values(world: World, name: str, label: str) -> dict[str, float]:
    """The values of a metric by a label, as a process that has just started tells them."""
    transport = httpx.ASGITransport(app=world.another(SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        text = (await http.get("/metrics")).text
    return {
        sample.labels[label]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def forgotten(world: World) -> None:
    await world.services.get(Retention).forget(world.context)
    await world.services.get(Replays).forget()


async def test_what_is_kept_past_its_time_is_counted_until_it_is_gone(
    world: World, tenant: Tenant
) -> None:
    world.clock.forward(days=3650)
    await forgotten(world)  # what other tests left
    await world.log_in_again(tenant)
    for n in range(3):
        await tenant.post("/customers", {}, headers=keyed(f"{n}"))
    assert await values(world, "wattyard_retention_overdue", "of") == {
        "events": 0,
        "idempotency_answers": 0,
    }

    world.clock.forward(days=DAYS_KEPT, hours=2)
    assert await values(world, "wattyard_retention_overdue", "of") == {
        "events": 3,
        "idempotency_answers": 3,
    }
    seconds = await values(world, "wattyard_retention_overdue_seconds", "of")
    assert seconds == {"events": 2 * 3600, "idempotency_answers": ((DAYS_KEPT - 1) * 24 + 2) * 3600}

    stage = "UPDATE accounts SET move_stage = $2 WHERE account = $1"
    async with world.db.transaction() as db:  # what has moved away is deleted by its purge
        await db.execute(stage, tenant.caller.account, "MOVED")
    assert set((await values(world, "wattyard_retention_overdue", "of")).values()) == {0}
    async with world.db.transaction() as db:
        await db.execute(stage, tenant.caller.account, None)

    await forgotten(world)
    assert set((await values(world, "wattyard_retention_overdue", "of")).values()) == {0}
    assert set((await values(world, "wattyard_retention_overdue_seconds", "of")).values()) == {0}


async def test_the_last_success_of_every_job_is_shown_and_one_that_is_long_ago_complained_of(
    world: World,
) -> None:
    async with world.db.transaction() as db:
        await db.execute("DELETE FROM job_runs")
    periodic = [job for job in jobs(world.services) if isinstance(job, Periodic)]
    stop = asyncio.Event()
    running = [asyncio.create_task(job.run(stop)) for job in periodic]
    name = "wattyard_job_last_success_timestamp_seconds"
    found: dict[str, float] = {}
    async with asyncio.timeout(60):
        while set(found) < {job.name for job in periodic}:
            found = await values(world, name, "job")
    stop.set()
    await asyncio.gather(*running)

    assert len(periodic) >= 5
    assert set(found.values()) == {world.clock().timestamp()}
    runs = world.services.get(JobRuns)
    assert await runs.complaints(world.context) == []
    world.clock.forward(hours=25)
    complaints: list[Any] = await runs.complaints(world.context)
    assert len(complaints) == len(found)
    assert "tariff-endings" in " ".join(complaints)
