"""The life of the sample fleet: enough to look at, and nothing of it twice."""

from datetime import datetime
from typing import Any

from tests.support.world import Tenant, World
from wattyard.cli.sample import bring_up_to_now
from wattyard.cli.sample_life import RECEIVER, add_receiver
from wattyard.cli.sample_tariffs import ENDING_SITE, LATE_CODE

KINDS = ("/sites", "/customers", "/tariffs", "/market-sources", "/webhook-endpoints", "/events")


async def everything(tenant: Tenant, path: str) -> list[Any]:
    found: list[Any] = []
    page = (await tenant.get(path, params={"limit": 100})).json()
    while True:
        found += page["data"]
        if not page["has_more"]:
            return found
        after = {"limit": 100, "starting_after": found[-1]["id"]}
        page = (await tenant.get(path, params=after)).json()


async def test_the_fleet_has_much_to_look_at_and_later_starts_add_what_is_missing(
    world: World, tenant: Tenant
) -> None:
    lines = await bring_up_to_now(world.services, tenant.context)
    for _ in range(2):
        await add_receiver(world.services, tenant.context)
    await _has_much_to_look_at(tenant, *lines, now=world.clock())
    await _adds_nothing_twice(world, tenant, lines)
    await _is_topped_up_a_week_later(world, tenant, lines[1])


async def _has_much_to_look_at(
    tenant: Tenant, location_id: str, battery_id: str, *, now: datetime
) -> None:
    sites = await everything(tenant, "/sites")
    devices = [one for site in sites if site["status"] == "ACTIVE" for one in site["devices"]]
    seen = sorted(one["last_seen"] or "" for one in devices)
    hour_ago, day_ago = (
        f"{now.replace(day=now.day - n, hour=h):%Y-%m-%dT%H}" for n, h in ((0, 9), (0, 0))
    )
    assert 0.85 < sum(one > hour_ago for one in seen) / len(seen) < 0.97
    assert sum("" < one < day_ago for one in seen) > 10
    assert seen[0] == ""

    tariffs = await everything(tenant, "/tariffs")
    ending = [one for one in tariffs if one["contract_end_date"] == "2026-03-06"]
    assert len(ending) == 1
    with_tariff = {one["location_id"] for one in tariffs}
    assert [s["reference_id"] for s in sites if s["location_id"] not in with_tariff] == [
        f"sample-{number:04}" for number in (250, 200, 150, 100, 50)
    ]
    assert {one["kind"] for t in tariffs for one in t.get("charges") or ()} == {"DAILY", "DEMAND"}
    assert any(one["direction"] == "EXPORT" for one in tariffs)

    plan = (await tenant.get(f"/devices/{battery_id}/plan")).json()
    assert plan["location_id"] == location_id
    assert plan["stale"] is False
    assert len(plan["data"][0]["schedule"]) > 3
    states = (await tenant.get(f"/devices/{battery_id}/states", params={"limit": 100})).json()
    assert len(states["data"]) == 25

    costs = await tenant.get(
        f"/costs/interval/{location_id}",
        params={"start_time": "2026-01-01", "end_time": "2026-03-01", "aggregation": "MONTH"},
    )
    assert [one["energy"]["value"] > 50 for one in costs.json()["data"]] == [True, True]

    (endpoint,) = await everything(tenant, "/webhook-endpoints")
    assert endpoint["url"] == RECEIVER
    (late,) = (s for s in await everything(tenant, "/market-sources") if s["code"] == LATE_CODE)
    assert late["published_until"] < day_ago


async def _adds_nothing_twice(world: World, tenant: Tenant, lines: tuple[str, str]) -> None:
    before = {path: await everything(tenant, path) for path in KINDS}
    plan = (await tenant.get(f"/devices/{lines[1]}/plan")).json()
    assert await bring_up_to_now(world.services, tenant.context) == lines
    for path in KINDS:
        assert await everything(tenant, path) == before[path], path
    assert (await tenant.get(f"/devices/{lines[1]}/plan")).json() == plan


async def _is_topped_up_a_week_later(world: World, tenant: Tenant, battery_id: str) -> None:
    silent = {
        one["id"]: one["last_seen"]
        for site in await everything(tenant, "/sites")
        for one in site["devices"]
        if (one["last_seen"] or "") < "2026-02-28"
    }
    world.clock.forward(days=7)
    await world.log_in_again(tenant)
    await bring_up_to_now(world.services, tenant.context)
    sites = await everything(tenant, "/sites")
    for site in sites:
        for one in site["devices"]:
            assert silent.get(one["id"], "2026-03-08") in (one["last_seen"], "2026-03-08")
    plan = (await tenant.get(f"/devices/{battery_id}/plan")).json()
    assert plan["time_made"] > "2026-03-08"
    (place,) = (s for s in sites if s["reference_id"] == f"sample-{ENDING_SITE:04}")
    tariffs = await tenant.get("/tariffs", params={"location_id": place["location_id"]})
    terms = [(t["contract_start_date"], t["contract_end_date"]) for t in tariffs.json()["data"]]
    assert terms == [("2026-03-06", "2026-03-13"), ("2024-01-01", "2026-03-06")]
