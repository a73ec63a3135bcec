"""Many devices at one site: what a change costs, and how many there may be."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.clock import FakeClock
from tests.support.world import SETTINGS, Tenant, World, error
from wattyard.sites.domain.gathering import GATHERED_FOR
from wattyard.sites.service import GatheredEvents

DEVICES = 60


@pytest.fixture
async def site(tenant: Tenant) -> Any:
    devices = [{"reference_id": f"d{number}", "type": "OTHER"} for number in range(DEVICES)]
    return await tenant.site(devices=devices)


async def written(world: World, tenant: Tenant) -> tuple[Counter[str], int]:
    """The events of an account by type, and the bytes of all of them."""
    async with world.db.reading() as db:
        rows = await db.fetch(
            "SELECT type, count(*), sum(length(data)) FROM events WHERE account = $1 GROUP BY type",
            tenant.caller.account,
        )
    return Counter({row[0]: row[1] for row in rows}), sum(row[2] for row in rows)


async def test_changes_that_a_site_does_not_show_write_no_event_of_the_site(
    world: World, tenant: Tenant, site: Any
) -> None:
    before, bytes_before = await written(world, tenant)
    for device in site["devices"]:
        changes = {"metadata": {"shelf": "7"}, "manufacturer": device["manufacturer"]}
        assert (await tenant.patch(f"/devices/{device['id']}", changes)).status_code == 200

    after, bytes_after = await written(world, tenant)
    assert after - before == {"device.update": DEVICES}
    assert bytes_after - bytes_before < DEVICES * 1_000
    assert (await tenant.get(f"/sites/{site['id']}")).json() == site


async def test_a_change_that_a_site_shows_writes_one_event_of_the_site(
    world: World, tenant: Tenant, site: Any
) -> None:
    before, _ = await written(world, tenant)
    device = site["devices"][7]["id"]
    await tenant.patch(f"/devices/{device}", {"model_name": "Pico", "metadata": {"x": "y"}})

    after, _ = await written(world, tenant)
    assert after - before == {"device.update": 1, "site.update": 1}
    shown = (await tenant.get(f"/sites/{site['id']}")).json()
    assert next(one for one in shown["devices"] if one["id"] == device)["model_name"] == "Pico"
    event = (await tenant.get("/events", params={"event_type": "site.update"})).json()["data"][0]
    assert event["data"] == shown


async def test_a_change_is_shown_at_every_site_of_a_device(world: World, tenant: Tenant) -> None:
    sites = [await tenant.site() for _ in range(3)]
    device = await tenant.device(*(site["location_id"] for site in sites))
    before, _ = await written(world, tenant)
    await tenant.patch(f"/devices/{device['id']}", {"model_name": "Pico"})
    after, _ = await written(world, tenant)
    assert after - before == {"device.update": 1, "site.update": 3}
    await tenant.patch(f"/devices/{device['id']}", {"metadata": {"x": "y"}})
    assert (await written(world, tenant))[0] - after == {"device.update": 1}


async def recorded(world: World, tenant: Tenant) -> list[str]:
    """Record the events that are due, of all accounts; gives the types of this one's."""
    before, _ = await written(world, tenant)
    while await world.services.get(GatheredEvents).record(world.context):
        pass
    return sorted(((await written(world, tenant))[0] - before).elements())


async def test_devices_added_one_by_one_do_not_write_their_whole_site_each_time(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    site = await tenant.site(
        devices=[{"reference_id": str(n), "type": "OTHER"} for n in range(100)]
    )
    before, bytes_before = await written(world, tenant)
    for _ in range(30):
        await tenant.device(site["id"])

    after, bytes_after = await written(world, tenant)
    assert after - before == {"device.create": 30}
    assert bytes_after - bytes_before < 30 * 1_000
    shown = (await tenant.get(f"/sites/{site['id']}")).json()
    assert len(shown["devices"]) == 130

    clock.now += GATHERED_FOR - timedelta(milliseconds=1)
    assert await recorded(world, tenant) == []
    clock.now += timedelta(milliseconds=1)
    assert await recorded(world, tenant) == ["location.update", "site.update"]
    of_site, of_location = (await tenant.get("/events?limit=2")).json()["data"]
    assert of_site["data"] == shown
    assert len(of_location["data"]["devices"]) == 130
    assert await recorded(world, tenant) == []


async def test_what_is_due_of_a_large_site_is_what_changed(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    site = await tenant.site(
        devices=[{"reference_id": str(n), "type": "OTHER"} for n in range(100)]
    )
    added = await tenant.device(site["id"])
    clock.now += GATHERED_FOR
    await recorded(world, tenant)

    for name in ("one", "other"):
        await tenant.patch(f"/devices/{added['id']}", {"model_name": name})
    clock.now += GATHERED_FOR
    assert await recorded(world, tenant) == ["site.update"]

    await tenant.patch(f"/devices/{added['id']}", {"model_name": "last"})
    await tenant.delete(f"/sites/{site['id']}")
    clock.now += GATHERED_FOR
    assert await recorded(world, tenant) == []


async def test_a_site_has_so_many_devices_and_a_location_so_many_tariffs(
    world: World, tenant: Tenant
) -> None:
    capped = world.another(replace(SETTINGS, site_devices=2, site_tariffs=1))
    few = replace(
        tenant,
        http=httpx.AsyncClient(transport=httpx.ASGITransport(app=capped), base_url="http://test"),
    )
    full, free = await few.site(), await few.site()
    for _ in range(2):
        await few.device(full["location_id"])
    other = await few.device(free["location_id"])

    body = {"reference_id": "d", "type": "OTHER", "locations": [full["location_id"]]}
    refused = error(await few.post("/devices", body), 422, "limit_reached")
    assert "site_devices" in refused["message"]
    moved = {"locations": [free["location_id"], full["location_id"]]}
    error(await few.patch(f"/devices/{other['id']}", moved), 422, "limit_reached")
    assert len((await few.get(f"/sites/{full['id']}")).json()["devices"]) == 2

    first = await few.tariff(full["location_id"])
    again = {**{name: first[name] for name in ("location_id", "type")}, "direction": "EXPORT"}
    answer = await few.post(
        "/tariffs",
        {
            **again,
            "contract_start_date": "2020-01-01",
            "contract_end_date": "2027-01-01",
            "schedule": first["schedule"],
        },
    )
    assert "site_tariffs" in error(answer, 422, "limit_reached")["message"]
    checked = await few.post("/tariffs/check", json.loads(answer.request.content))
    assert "site_tariffs" in error(checked, 422, "limit_reached")["message"]
    assert (await few.patch(f"/tariffs/{first['id']}", {"display_name": "x"})).status_code == 200
