"""Devices: added, listed, changed, moved, removed (contract 1, Devices)."""

import asyncio

import pytest

from tests.support.world import Tenant, World, error
from wattyard.kernel import ids
from wattyard.sites.service import Inspection

BATTERY = {
    "reference_id": "b",
    "type": "BATTERY_SYSTEM",
    "manufacturer": "Nova Systems",
    "model_code": "PICOXN2",
    "model_name": "Pico Ultimate",
    "properties": {
        "power_rating_import_kwh": 14.2,
        "capacity_kwh": 123,
        "install_date": "2024-02-29",
        "battery": {"round_trip_efficiency": 0.9},
    },
    "metadata": {"fleet": "a"},
}


async def test_a_device_is_added_and_shows_in_each_of_its_sites(tenant: Tenant) -> None:
    one, two = [await tenant.site() for _ in range(2)]

    device = await tenant.device(one["location_id"], two["id"], **BATTERY)

    assert device["locations"] == sorted([one["location_id"], two["location_id"]])
    assert device["properties"] == BATTERY["properties"]
    assert device["object"] == "device"
    assert device["flex_enabled"] is False
    assert (await tenant.get(f"/devices/{device['id']}")).json() == device
    for site in (one, two):
        shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"]
        assert [d["id"] for d in shown] == [device["id"]]
        assert shown[0]["properties"] == {
            "power_rating_import_kwh": 14.2,
            "capacity_kwh": 123,
            "power_rating_export_kwh": None,
        }
        location = (await tenant.get(f"/locations/{site['location_id']}")).json()
        assert location["devices"] == [device["id"]]


async def test_a_subsystems_rating_wins_in_the_summary(tenant: Tenant) -> None:
    site = await tenant.site()
    await tenant.device(
        site["id"],
        properties={
            "power_rating_import_kwh": 1,
            "battery": {"charge_power_kw": 5, "discharge_power_kw": 4, "capacity_kwh": 10},
        },
    )

    shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"][0]["properties"]

    assert shown == {
        "power_rating_import_kwh": 5,
        "capacity_kwh": 10,
        "power_rating_export_kwh": 4,
    }


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"reference_id": None}, "reference_id_invalid", "reference_id"),
        ({"type": "TOASTER"}, "type_invalid", "type"),
        ({"locations": []}, "locations_invalid", "locations"),
        ({"locations": ["dev_" + "0" * 32]}, "locations_invalid", "locations[0]"),
        ({"locations": "loc"}, "locations_invalid", "locations"),
        ({"properties": {"colour": "red"}}, "parameter_unknown", "properties.colour"),
        ({"properties": {"capacity_kwh": -1}}, "capacity_kwh_invalid", "properties.capacity_kwh"),
        ({"properties": {"power_rating_kw": "7"}}, "power_rating_kw_invalid", None),
        ({"properties": {"pv_azimuth": 181}}, "pv_azimuth_invalid", "properties.pv_azimuth"),
        ({"properties": {"pv_tilt": 91}}, "pv_tilt_invalid", "properties.pv_tilt"),
        ({"properties": {"install_date": "29.2.2024"}}, "install_date_invalid", None),
        ({"properties": {"install_date": "2023-02-29"}}, "install_date_invalid", None),
        (
            {"properties": {"battery": {"round_trip_efficiency": 0}}},
            "round_trip_efficiency_invalid",
            "properties.battery.round_trip_efficiency",
        ),
        (
            {"properties": {"battery": {"round_trip_efficiency": 1.01}}},
            "round_trip_efficiency_invalid",
            None,
        ),
        ({"properties": {"ev_charger": {"phases": 4}}}, "phases_invalid", None),
        ({"properties": {"heat_pump": {"colour": 1}}}, "parameter_unknown", None),
    ],
)  # fmt: skip
async def test_a_bad_device_is_refused_by_name(
    tenant: Tenant, change: dict, code: str, param: str | None
) -> None:
    site = await tenant.site()
    body = {**BATTERY, "locations": [site["id"]], **change}

    error(await tenant.post("/devices", body), 400, code, param)
    assert (await tenant.get("/devices")).json()["data"] == []


async def test_what_is_needed_is_said(tenant: Tenant) -> None:
    body = error(await tenant.post("/devices", {}), 400, "reference_id_missing")

    assert {fault["code"] for fault in body["errors"]} == {
        "reference_id_missing",
        "type_missing",
        "locations_missing",
    }


async def test_a_location_that_is_not_the_callers_is_not_found(
    world: World, tenant: Tenant
) -> None:
    mine = await tenant.site()
    theirs = await (await world.tenant("a stranger")).site()
    assert tenant.twin
    live = await tenant.twin.site()
    for other in (theirs["id"], live["location_id"], "loc_" + "0" * 32):
        body = {**BATTERY, "locations": [mine["id"], other]}
        error(await tenant.post("/devices", body), 404, "location_not_found", "locations")
    assert (await tenant.get("/devices")).json()["data"] == []


async def test_devices_are_listed_and_filtered(tenant: Tenant) -> None:
    one, two = [await tenant.site() for _ in range(2)]
    first = await tenant.device(one["id"], reference_id="a", type="HEAT_PUMP")
    second = await tenant.device(one["id"], two["id"], reference_id="b", type="PV_SYSTEM")

    async def found(query: str) -> list[str]:
        return [d["id"] for d in (await tenant.get(f"/devices?{query}")).json()["data"]]

    assert await found("") == [second["id"], first["id"]]
    assert await found("reference_id=a") == [first["id"]]
    assert await found("type=PV_SYSTEM") == [second["id"]]
    assert await found(f"location_id={two['id']}") == [second["id"]]
    assert await found(f"location_id={one['location_id']}&limit=1") == [second["id"]]
    error(await tenant.get("/devices?type=TOASTER"), 400, "type_invalid")
    error(await tenant.get(f"/devices?location_id={first['id']}"), 400, "location_id_invalid")


async def test_a_device_is_changed_and_its_sites_show_it(tenant: Tenant) -> None:
    site = await tenant.site()
    device = await tenant.device(site["id"], **BATTERY)
    path = f"/devices/{device['id']}"

    changed = (
        await tenant.patch(
            path,
            {
                "model_name": None,
                "properties": {"capacity_kwh": 10, "battery": {"power_kw": 5}},
            },
        )
    ).json()

    assert changed == {
        **device,
        "model_name": None,
        "properties": {
            **BATTERY["properties"],
            "capacity_kwh": 10,
            "battery": {"round_trip_efficiency": 0.9, "power_kw": 5},
        },
    }
    shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"][0]
    assert (shown["model_name"], shown["properties"]["capacity_kwh"]) == (None, 10)
    error(await tenant.patch(path, {"reference_id": None}), 400, "reference_id_invalid")
    error(await tenant.patch(path, {"locations": []}), 400, "locations_invalid")


async def test_a_device_whose_sites_are_gone_can_still_be_changed(tenant: Tenant) -> None:
    site = await tenant.site()
    device = await tenant.device(site["id"])
    path = f"/devices/{device['id']}"
    await tenant.delete(f"/sites/{site['id']}")

    changed = await tenant.patch(path, {"metadata": {"k": "v"}})
    assert (changed.status_code, changed.json()["metadata"]) == (200, {"k": "v"})
    assert changed.json()["locations"] == []
    error(await tenant.patch(path, {"locations": []}), 400, "locations_invalid", "locations")
    other = await tenant.site()
    moved = await tenant.patch(path, {"locations": [other["id"]]})
    assert moved.json()["locations"] == [other["location_id"]]


@pytest.mark.parametrize("kind", ["ev_charger", "heat_pump"])
async def test_a_least_power_above_the_greatest_is_refused_by_name(
    tenant: Tenant, kind: str
) -> None:
    site = await tenant.site()
    wrong = {kind: {"max_power_kw": 3, "min_power_kw": 4}}
    body = {"reference_id": "d", "type": "OTHER", "properties": wrong}
    param = f"properties.{kind}.min_power_kw"

    answer = await tenant.post("/devices", {**body, "locations": [site["id"]]})
    error(answer, 400, "min_power_kw_invalid", param)
    answer = await tenant.post("/sites", {"currency_code": "EUR", "devices": [body]})
    error(answer, 400, "min_power_kw_invalid", f"devices[0].{param}")
    device = await tenant.device(site["id"], properties={kind: {"min_power_kw": 3}})
    answer = await tenant.patch(
        f"/devices/{device['id']}", {"properties": {kind: {"max_power_kw": 2.5}}}
    )
    error(answer, 400, "min_power_kw_invalid", param)
    same = {kind: {"max_power_kw": 3, "min_power_kw": 3}}
    assert (await tenant.device(site["id"], properties=same))["properties"][kind] == same[kind]


async def test_a_device_of_an_earlier_release_with_such_powers_can_still_be_changed(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site()
    powers = {"max_power_kw": 4, "min_power_kw": 3}
    device = await tenant.device(site["id"], properties={"ev_charger": powers})
    async with world.db.transaction() as db:
        stored = '{"ev_charger": {"max_power_kw": 3, "min_power_kw": 4}}'
        await db.execute(
            "UPDATE devices SET properties = $1 WHERE id = $2",
            stored,
            ids.read(device["id"], "dev", param="id"),
        )

    path, param = f"/devices/{device['id']}", "properties.ev_charger.min_power_kw"
    changed = await tenant.patch(
        path, {"model_name": "Pico", "properties": {"ev_charger": {"phases": 3}}}
    )
    assert (changed.status_code, changed.json()["model_name"]) == (200, "Pico")
    still = await tenant.patch(path, {"properties": {"ev_charger": {"min_power_kw": 3.5}}})
    error(still, 400, "min_power_kw_invalid", param)
    mended = await tenant.patch(path, {"properties": {"ev_charger": {"min_power_kw": 3}}})
    assert mended.status_code == 200


async def test_a_device_moves_between_sites(tenant: Tenant) -> None:
    one, two, three = [await tenant.site() for _ in range(3)]
    device = await tenant.device(one["id"], two["id"])

    moved = await tenant.patch(f"/devices/{device['id']}", {"locations": [two["id"], three["id"]]})

    assert moved.json()["locations"] == [two["location_id"], three["location_id"]]
    for site, count in ((one, 0), (two, 1), (three, 1)):
        assert len((await tenant.get(f"/sites/{site['id']}")).json()["devices"]) == count


async def test_a_deleted_device_leaves_its_sites(tenant: Tenant) -> None:
    site = await tenant.site(devices=[{"reference_id": "keep", "type": "OTHER"}])
    device = await tenant.device(site["id"])

    answer = await tenant.delete(f"/devices/{device['id']}")

    assert answer.json() == {"id": device["id"], "object": "device", "deleted": True}
    shown = (await tenant.get(f"/sites/{site['id']}")).json()
    assert [d["id"] for d in shown["devices"]] == [site["devices"][0]["id"]]
    error(await tenant.get(f"/devices/{device['id']}"), 404, "device_not_found")
    types = [event["type"] for event in (await tenant.get("/events?limit=3")).json()["data"]]
    assert types == ["site.update", "location.update", "device.delete"]


async def test_strangers_find_no_device(world: World, tenant: Tenant) -> None:
    device = await tenant.device((await tenant.site())["id"])
    assert tenant.twin
    for other in (await world.tenant("a stranger"), tenant.twin):
        path = f"/devices/{device['id']}"
        error(await other.get(path), 404, "device_not_found")
        error(await other.patch(path, {"model_name": "x"}), 404, "device_not_found")
        error(await other.delete(path), 404, "device_not_found")


async def test_a_site_deleted_while_devices_are_added_ends_whole(tenant: Tenant) -> None:
    for _ in range(5):
        site = await tenant.site()
        body = {"reference_id": "d", "type": "OTHER", "locations": [site["id"]]}
        answers = await asyncio.gather(
            *(tenant.post("/devices", body) for _ in range(3)),
            tenant.delete(f"/sites/{site['id']}"),
            *(tenant.post("/devices", body) for _ in range(3)),
        )
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(200) == 1
        assert set(statuses) <= {200, 201, 404}
        for answer in answers:
            if answer.status_code == 201:
                left = (await tenant.get(f"/devices/{answer.json()['id']}")).json()
                assert left["locations"] == []


async def test_changes_from_every_side_at_once_end_whole(world: World, tenant: Tenant) -> None:
    sites = [await tenant.site() for _ in range(3)]
    everywhere = [site["id"] for site in sites]
    devices = [await tenant.device(*everywhere, reference_id=str(n)) for n in range(3)]

    async def work(number: int) -> int:
        device = f"/devices/{devices[number % 3]['id']}"
        site = f"/sites/{sites[number % 3]['id']}"
        state = {"time": f"2026-03-01T0{number % 9}:00:00Z", "state_of_charge_percent": 1}
        answers = [
            await tenant.patch(device, {"model_name": f"m{number}"}),
            await tenant.patch(site, {"metadata": {f"k{number}": "v"}}),
            await tenant.call("PUT", f"{device}/state", json=state),
            await tenant.patch(device, {"locations": everywhere[: 1 + number % 3]}),
        ]
        return sum(answer.status_code not in (200, 503) for answer in answers)

    assert sum(await asyncio.gather(*(work(number) for number in range(12)))) == 0
    _, wrong = await world.services.get(Inspection).summaries(tenant.context)
    assert wrong == []
    for site in sites:
        kept = (await tenant.get(f"/sites/{site['id']}")).json()["metadata"]
        assert len(kept) == 4


async def test_devices_added_at_once_all_show(tenant: Tenant) -> None:
    site = await tenant.site()

    made = await asyncio.gather(*(tenant.device(site["id"], reference_id=str(n)) for n in range(9)))

    shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"]
    assert [d["id"] for d in shown] == sorted(d["id"] for d in made)
