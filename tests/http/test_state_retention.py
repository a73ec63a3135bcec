"""Device states are kept for good, or for some days where the operator says so (contract 1)."""

from datetime import datetime, timedelta

import pytest

from tests.support.world import Tenant, World
from wattyard.app.background import jobs
from wattyard.kernel.moves import MoveStage
from wattyard.platform.db.faults import MOVING
from wattyard.platform.settings import SettingInvalid, Settings
from wattyard.sites.service import StateRetention

DAYS = timedelta(days=30)


async def battery(tenant: Tenant) -> str:
    site = await tenant.site(devices=[{"reference_id": "b", "type": "BATTERY_SYSTEM"}])
    return f"/devices/{site['devices'][0]['id']}"


async def report(tenant: Tenant, path: str, time: datetime, **body: object) -> str:
    body = {"time": time.isoformat(), "state_of_charge_percent": 50, **body}
    answer = await tenant.call("PUT", f"{path}/state", json=body)
    assert answer.status_code == 200, answer.text
    id_: str = answer.json()["id"]
    return id_


async def kept(tenant: Tenant, path: str) -> list[str]:
    return [one["id"] for one in (await tenant.get(f"{path}/states")).json()["data"]]


async def test_states_go_after_their_days_and_the_current_one_of_a_device_stays(
    world: World, tenant: Tenant
) -> None:
    busy, silent = await battery(tenant), await battery(tenant)
    retention = StateRetention(world.db, DAYS)
    now = world.clock()
    old = [await report(tenant, busy, now - timedelta(minutes=n)) for n in range(3)]
    ahead = await report(tenant, silent, now + timedelta(minutes=4))
    await report(tenant, silent, now - timedelta(hours=1))  # received later, but not current
    world.clock.forward(days=29)
    await world.log_in_again(tenant)
    young = await report(tenant, busy, world.clock())

    await retention.forget(world.context)
    assert await kept(tenant, busy) == [young, *reversed(old)]
    world.clock.forward(days=1, seconds=1)
    await world.log_in_again(tenant)
    assert (await retention.measures(world.context))[0].value >= 2
    assert await retention.forget(world.context) >= 4
    assert await retention.forget(world.context) == 0
    assert (await retention.measures(world.context))[0].value == 0

    assert await kept(tenant, busy) == [young]
    assert await kept(tenant, silent) == [ahead]
    assert (await tenant.get(f"{silent}/state")).json()["id"] == ahead


async def test_a_state_is_kept_for_its_days_however_old_its_own_time_is(
    world: World, tenant: Tenant
) -> None:
    path = await battery(tenant)
    late = await report(tenant, path, world.clock() - timedelta(days=300))
    current = await report(tenant, path, world.clock())

    await StateRetention(world.db, DAYS).forget(world.context)

    assert await kept(tenant, path) == [current, late]


async def test_states_of_an_account_that_moves_wait_until_it_has_moved(
    world: World, tenant: Tenant
) -> None:
    path = await battery(tenant)
    await report(tenant, path, world.clock() - timedelta(minutes=1))
    current = await report(tenant, path, world.clock())
    world.clock.forward(days=31)
    await world.log_in_again(tenant)
    retention = StateRetention(world.db, DAYS)
    stage = "UPDATE accounts SET move_stage = $2 WHERE account = $1"
    account = tenant.caller.account
    async with world.db.transaction() as db:
        await db.execute(stage, account, MoveStage.DRAINING.value)

    await retention.forget(world.context)
    async with world.db.transaction() as db:
        await db.execute(stage, account, None)
    assert len(await kept(tenant, path)) == 2
    await retention.forget(world.context)

    assert await kept(tenant, path) == [current]


async def test_an_account_that_is_refused_as_it_leaves_keeps_nobody_else_from_the_work(
    world: World, tenant: Tenant
) -> None:
    other = await world.tenant()  # its turn is after the one that leaves
    paths = [await battery(one) for one in (tenant, other)]
    for one, path in zip((tenant, other), paths, strict=True):
        for minutes in (1, 0):
            await report(one, path, world.clock() - timedelta(minutes=minutes))
    world.clock.forward(days=31)
    for one in (tenant, other):
        await world.log_in_again(one)
    async with world.db.transaction() as db:
        await db.execute(
            f"""
            CREATE FUNCTION leaves() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'it is leaving' USING ERRCODE = '{MOVING}'; END $$;
            CREATE TRIGGER leaves BEFORE DELETE ON device_states FOR EACH ROW
            WHEN (OLD.account = {tenant.caller.account}) EXECUTE FUNCTION leaves()
            """
        )
    try:
        assert await StateRetention(world.db, DAYS).forget(world.context) >= 1
    finally:
        async with world.db.transaction() as db:
            await db.execute("DROP TRIGGER leaves ON device_states; DROP FUNCTION leaves()")

    counts = [len(await kept(one, path)) for one, path in zip((tenant, other), paths, strict=True)]
    assert counts == [2, 1]


async def test_by_default_states_are_kept_for_good(world: World, tenant: Tenant) -> None:
    path = await battery(tenant)
    for minutes in (1, 0):
        await report(tenant, path, world.clock() - timedelta(minutes=minutes))
    world.clock.forward(days=3650)
    await world.log_in_again(tenant)
    retention = world.services.get(StateRetention)

    assert await retention.forget(world.context) == 0
    assert await retention.measures(world.context) == []
    assert len(await kept(tenant, path)) == 2
    assert "forgetting old device states" in {job.name for job in jobs(world.services)}


def test_states_are_kept_for_a_week_at_least_where_not_for_good() -> None:
    with pytest.raises(SettingInvalid, match="must be 0, which keeps all, or 7 or more; got 6"):
        Settings(state_days=6)
    assert Settings(state_days=7).state_days == 7
