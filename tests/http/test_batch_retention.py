"""The reports of meter batches are kept for some time, their readings for good (contract 3)."""

import pytest

from tests.http.test_meters import kept, put, reading
from tests.support.world import Tenant, World, error
from wattyard.app.background import jobs
from wattyard.meters.service import BatchRetention
from wattyard.platform.settings import SettingInvalid, Settings


async def test_a_batch_is_forgotten_after_its_days_and_its_readings_stay(
    world: World, tenant: Tenant
) -> None:
    live = tenant.twin
    assert live
    both = (tenant, live)
    homes = [(await one.site())["location_id"] for one in both]
    old = [
        (await put(one, [reading(home, 1)]))["id"] for one, home in zip(both, homes, strict=True)
    ]
    world.clock.forward(days=89, hours=23)
    for one in both:
        await world.log_in_again(one)
    young = (await put(tenant, [reading(homes[0], 2)]))["id"]
    retention = world.services.get(BatchRetention)

    await retention.forget(world.context)
    assert (await tenant.get(f"/meters/batches/{old[0]}")).status_code == 200
    world.clock.forward(hours=1, seconds=1)
    for one in both:
        await world.log_in_again(one)
    assert await retention.forget(world.context) >= 2
    assert await retention.forget(world.context) == 0

    for one, id_ in zip(both, old, strict=True):
        error(await one.get(f"/meters/batches/{id_}"), 404, "meter_batch_not_found")
    listed = (await tenant.get("/meters/batches")).json()["data"]
    assert [one["id"] for one in listed] == [young]
    assert len(await kept(tenant, homes[0])) == 2


async def test_old_batches_are_looked_for_by_the_worker(world: World) -> None:
    assert "forgetting old meter batches" in {job.name for job in jobs(world.services)}


def test_batches_are_kept_for_a_week_at_least() -> None:
    with pytest.raises(SettingInvalid, match="must be 7 or more"):
        Settings(batch_days=6)
