"""Plans that are kept, and renewed when prices are published (contract 9, `keep=true`)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.charging import MONDAY
from tests.support.pricing import hourly
from tests.support.site_houses import CAR, WASHER, asked, hour, house
from tests.support.world import Tenant, World, error
from wattyard.kernel.context import Context, Contexts
from wattyard.schedules.domain.by_amount.kept_plans import KeptPlan
from wattyard.schedules.routes.kept_plans import Replanning
from wattyard.schedules.service import KeptPlans

HALF = {"state_of_charge_percent": 40, "efficiency": 1}
DUE = [{"time": hour(12), "min_percent": 60}]


async def kept(tenant: Tenant, path: str, body: Any) -> Any:
    answer = await tenant.post(f"{path}?keep=true", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def plan_of(tenant: Tenant, device: str) -> Any:
    answer = await tenant.get(f"/devices/{device}/plan")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def remake(world: World, tenant: Tenant) -> int:
    """Do the work of the job for a tenant; the database has plans of other tests, too."""
    plans, replan = world.services.get(KeptPlans), world.services.get(Replanning)
    count = 0
    while due := await plans.claim(world.context):
        own = [one for one in due if one.owner.account == tenant.caller.account]
        for one in own:
            await plans.remake(world.services.get(Contexts).operator(), one, replan)
        count += len(own)
    return count


async def test_a_kept_plan_is_made_anew_after_prices_are_published(
    world: World, tenant: Tenant
) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    wish = {"device_id": car, **HALF, "targets": DUE}
    made = await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    same = await plan_of(tenant, car)
    world.clock.now = MONDAY + timedelta(hours=2, minutes=10)
    await world.log_in_again(tenant)
    state = {"time": hour(2), "state_of_charge_percent": 50}
    assert (await tenant.call("PUT", f"/devices/{car}/state", json=state)).status_code == 200
    assert await remake(world, tenant) == 0
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=9), [0.1]))

    stale = await plan_of(tenant, car)
    assert await remake(world, tenant) == 1
    anew = await plan_of(tenant, car)

    assert {**made, "time_made": made["time_created"], "stale": False} == same
    assert (stale["stale"], stale["id"]) == (True, made["id"])
    assert (anew["stale"], anew["object"]) == (False, "schedule_site")
    assert anew["site"][0]["start_time"] == "2026-03-02T02:10:00Z"
    assert anew["site"][-1]["end_time"] == made["site"][-1]["end_time"]
    (slot,) = anew["devices"][0]["slots"]
    assert (slot["start_time"], slot["state_of_charge_percent"]) == (hour(9), 60)
    assert slot["end_time"] == hour(9.5)
    assert await remake(world, tenant) == 0


async def test_a_plan_whose_worker_died_over_it_is_made_anew_by_another(
    world: World, tenant: Tenant
) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    wish = {"device_id": car, **HALF, "targets": DUE}
    await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    world.clock.forward(minutes=10)
    await world.log_in_again(tenant)
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=9), [0.1]))
    while await world.services.get(KeptPlans).claim(world.context):
        pass  # the worker dies here

    assert await remake(world, tenant) == 0
    world.clock.forward(minutes=3)
    assert await remake(world, tenant) == 1
    assert await remake(world, tenant) == 0
    world.clock.forward(minutes=3)
    await world.log_in_again(tenant)
    assert await remake(world, tenant) == 0
    assert not (await plan_of(tenant, car))["stale"]


async def test_a_plan_that_breaks_the_job_is_not_tried_again_at_every_turn(
    world: World, tenant: Tenant
) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    wish = {"device_id": car, **HALF, "targets": DUE}
    await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    world.clock.forward(minutes=10)
    await world.log_in_again(tenant)
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=9), [0.1]))
    plans = world.services.get(KeptPlans)

    async def broken(_: Context, plan: KeptPlan) -> None:
        raise RuntimeError(f"a fault of ours with {plan.id}")

    while due := await plans.claim(world.context):
        for one in due:
            if one.owner.account == tenant.caller.account:
                with pytest.raises(RuntimeError, match="a fault of ours"):
                    await plans.remake(world.context, one, broken)
    world.clock.forward(minutes=3)
    assert await remake(world, tenant) == 0


async def test_plans_by_amount_and_by_charge_are_kept_too(world: World, tenant: Tenant) -> None:
    at, (car, washer) = await house(tenant, CAR, WASHER, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    item = {
        "device_id": washer,
        "start_time": hour(0),
        "end_time": hour(12),
        "energy": {"units": "KWH", "value": 6},
    }
    await kept(tenant, "/schedules/amount", {"location_id": at, "data": [item]})
    body = {"start_time": hour(0), "ready_by": hour(12), **HALF}
    await kept(tenant, f"/schedules/soc/{car}", {**body, "target_state_of_charge_percent": 100})
    world.clock.now = MONDAY + timedelta(hours=2)
    await world.log_in_again(tenant)
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=9), [0.1] * 3))

    assert await remake(world, tenant) == 2

    amount, charge = await plan_of(tenant, washer), await plan_of(tenant, car)
    assert amount["object"] == "schedule_amount"
    assert amount["energy"]["value"] == pytest.approx(2000)
    assert amount["schedule"][0]["start_time"] == hour(9)
    assert charge["object"] == "schedule_soc"
    assert charge["data"][0]["schedule"][0]["start_time"] == hour(9)


async def test_what_was_moved_before_a_plan_was_made_anew_stays_moved(
    world: World, tenant: Tenant
) -> None:
    at, (washer,) = await house(tenant, WASHER, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    wish = {"device_id": washer, "energy_kwh": 6}
    await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    for passed, cheap in ((2, 9), (3, 10)):
        world.clock.now = MONDAY + timedelta(hours=passed)
        await world.log_in_again(tenant)
        await tenant.publish(source, hourly(MONDAY + timedelta(hours=cheap), [0.1]))
        assert await remake(world, tenant) == 1

    (device,) = (await plan_of(tenant, washer))["devices"]

    assert [(one["start_time"], one["end_time"]) for one in device["slots"]] == [
        (hour(9), hour(10))
    ]


async def test_a_store_that_reports_nothing_is_held_to_have_followed_its_plan(
    world: World, tenant: Tenant
) -> None:
    at, (car, other) = await house(tenant, CAR, CAR, prices=[0.1] * 3 + [0.4] * 21)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    wish = {"device_id": car, **HALF, "targets": [{"time": hour(12), "min_percent": 100}]}
    await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    body = {"start_time": hour(0), "ready_by": hour(12), **HALF}
    await kept(tenant, f"/schedules/soc/{other}", {**body, "target_state_of_charge_percent": 100})
    world.clock.now = MONDAY + timedelta(hours=1.5)
    await world.log_in_again(tenant)
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=9), [0.05]))

    assert await remake(world, tenant) == 2

    for device in (car, other):  # 40 % and 1.5 of 3 hours by 20 % of 50 kWh an hour
        anew = await plan_of(tenant, device)
        whole = sum(
            one["power"]["value"] * _hours(one)
            for run in anew.get("devices") or anew["data"]
            for one in run.get("slots", run.get("schedule"))
        )
        assert whole == pytest.approx(15_000, abs=2)


def _hours(slot: Any) -> float:
    start, end = (datetime.fromisoformat(slot[name]) for name in ("start_time", "end_time"))
    return (end - start) / timedelta(hours=1)


async def test_what_a_device_moved_in_one_window_is_not_taken_from_its_next(
    world: World, tenant: Tenant
) -> None:
    at, (washer,) = await house(tenant, WASHER, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    items = [
        {
            "device_id": washer,
            "start_time": hour(start),
            "end_time": hour(end),
            "energy": {"units": "KWH", "value": 2},
        }
        for start, end in ((0, 5), (6, 12))
    ]
    await kept(tenant, "/schedules/amount", {"location_id": at, "data": items})
    world.clock.now = MONDAY + timedelta(hours=2)
    await world.log_in_again(tenant)
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=9), [0.1]))

    assert await remake(world, tenant) == 1

    anew = await plan_of(tenant, washer)
    assert [one["energy"]["value"] for one in anew["data"]] == [2000]
    assert anew["data"][0]["schedule"][0]["start_time"] == hour(9)


async def test_the_newest_request_of_a_device_counts_until_its_last_deadline(
    world: World, tenant: Tenant
) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.4] * 24)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    wish = {"device_id": car, **HALF, "targets": DUE}
    await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    newest = await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    world.clock.now = MONDAY + timedelta(hours=12)
    await world.log_in_again(tenant)
    await tenant.publish(source, hourly(MONDAY + timedelta(hours=13), [0.1]))

    assert await remake(world, tenant) == 0

    over = await plan_of(tenant, car)
    assert (over["id"], over["stale"]) == (newest["id"], True)


async def test_only_what_was_kept_is_found_and_by_its_account_alone(
    world: World, tenant: Tenant
) -> None:
    at, (car, washer) = await house(tenant, CAR, WASHER)
    wish = {"device_id": car, **HALF, "targets": DUE}
    await kept(tenant, "/schedules/site", asked(at, devices=[wish]))
    stranger = await world.tenant("a stranger")

    error(await tenant.get(f"/devices/{washer}/plan"), 404, "plan_not_found")
    error(await stranger.get(f"/devices/{car}/plan"), 404, "device_not_found")
    maybe = await tenant.post("/schedules/site?keep=maybe", asked(at))
    error(maybe, 400, "keep_invalid", "keep")
    assert (await tenant.delete(f"/devices/{car}")).status_code == 200
    error(await tenant.get(f"/devices/{car}/plan"), 404, "device_not_found")
