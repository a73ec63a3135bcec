"""When cars charge, and what is refused (contract 4, By state of charge)."""

from typing import Any

import pytest

from tests.support.charging import (
    BATTERY,
    CAR,
    START,
    home,
    plan,
    refused,
    slots,
)
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, World, error

# A car.


async def test_a_schedule_by_state_of_charge_has_its_fields(tenant: Tenant) -> None:
    at, car = await home(tenant, CAR)

    answer = await plan(
        tenant,
        car,
        state_of_charge_percent=40,
        target_state_of_charge_percent=60,
        efficiency=1,
    )

    assert answer["id"].startswith("ssc_")
    assert answer == {
        "id": answer["id"],
        "object": "schedule_soc",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        "location_id": at,
        "device_id": car,
        "location_timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "tariff_direction": "IMPORT",
        "next_update": answer["next_update"],
        "prices_until": None,
        "data": [
            {
                "start_time": START,
                "end_time": "2026-03-03T00:00:00Z",
                "energy": {"units": "WH", "value": 10_000},
                "cost": {"value": 1.0, "confidence": 1},
                "schedule": [
                    {
                        "start_time": "2026-03-02T04:00:00Z",
                        "end_time": "2026-03-02T05:00:00Z",
                        "direction": "IMPORT",
                        "power": {"units": "W", "value": 10_000},
                        "state_of_charge_percent": 60,
                        "vpp_event": False,
                    }
                ],
            }
        ],
        "request": {"schedule_horizon": 24},
        "status": "COMPLETE",
        "shortfall": {"units": "WH", "value": 0},
        "reason": None,
        "gap": 0,
        "kept": False,
        "baseline": {
            "total": 3.0,
            "description": "The car is charged at once at full power until its target.",
            "unmet": [],
            "stored_more_kwh": 0,
        },
        "savings": {"value": 2.0, "percentage": 66.67},
        "assumptions": {
            "efficiency": 1,
            "pv": {"source": "NONE", "confidence": 1},
            "base_load": {"source": "UNKNOWN", "confidence": 0},
            "carbon": None,
        },
    }


async def test_the_older_path_answers_the_same(tenant: Tenant) -> None:
    at, car = await home(tenant, CAR)
    state = {"state_of_charge_percent": 40, "start_time": START, "schedule_horizon": 24}
    first = await plan(tenant, car, **state)

    answer = await tenant.post(f"/schedules/soc/{car}", {"location_id": at, **state})

    assert {**answer.json(), "id": first["id"]} == first


async def test_a_car_is_ready_in_time_and_otherwise_full(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR)
    half = {"state_of_charge_percent": 50, "efficiency": 1}

    early = await plan(
        tenant, car, **half, target_state_of_charge_percent=70, ready_by="2026-03-02T03:00:00Z"
    )
    full = await plan(tenant, car, **half)

    assert slots(early) == [("00:00", "01:00", "IMPORT", 10_000, 70.0)]
    assert slots(full)[-1][-1] == 100.0


async def test_what_a_car_cannot_reach_is_told_with_the_reason(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR, max_power_import_kw=2)
    wish = {"state_of_charge_percent": 0, "target_state_of_charge_percent": 40, "efficiency": 1}

    short = await plan(tenant, car, **wish, ready_by="2026-03-02T01:00:00Z")
    place = await plan(tenant, car, **wish, ready_by="2026-03-02T04:00:00Z")

    assert (short["status"], short["reason"]) == ("PARTIAL", "window_too_short")
    assert short["shortfall"]["value"] == pytest.approx(18_000, abs=1)
    assert (place["status"], place["reason"]) == ("PARTIAL", "site_power")


async def test_a_target_below_the_present_charge_needs_nothing(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR)

    answer = await plan(tenant, car, state_of_charge_percent=80, target_state_of_charge_percent=50)

    assert (answer["status"], slots(answer)) == ("COMPLETE", [])
    assert answer["data"][0]["cost"] == {"value": 0, "confidence": 1}


async def test_a_reserve_above_the_target_is_kept_all_the_same(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR)

    answer = await plan(
        tenant,
        car,
        state_of_charge_percent=50,
        target_state_of_charge_percent=52,
        backup_reserve_percent=60,
    )

    assert slots(answer)[-1][-1] == 60.0
    assert slots(answer)[0][0] == "00:00"


async def test_the_newest_reported_state_counts_where_none_is_sent(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR)
    error(await refused(tenant, car), 422, "no_device_state")
    state = {
        "time": "2026-03-01T09:00:00Z",
        "state_of_charge_percent": 40,
        "target_state_of_charge_percent": 60,
    }
    await tenant.call("PUT", f"/devices/{car}/state", json=state)

    reported = await plan(tenant, car)
    further = await plan(tenant, car, target_state_of_charge_percent=80)

    assert slots(reported)[-1][-1] == 60.0
    assert slots(further)[-1][-1] == 80.0


async def test_a_capacity_can_follow_from_what_is_left(tenant: Tenant) -> None:
    _, car = await home(
        tenant, {"type": "EV_CHARGER", "properties": {"ev_charger": {"max_power_kw": 10}}}
    )
    half = {"state_of_charge_percent": 50, "efficiency": 1}

    error(await refused(tenant, car, **half), 422, "device_rating_missing")
    answer = await plan(
        tenant, car, **half, energy_remaining_kwh=20, target_state_of_charge_percent=75
    )

    assert answer["data"][0]["energy"]["value"] == pytest.approx(10_000, abs=1)


# What is refused.


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"device_id": ...}, "device_id_missing"),
        ({"device_id": "loc_1"}, "device_id_invalid"),
        ({"state_of_charge_percent": 101}, "state_of_charge_percent_invalid"),
        ({"state_of_charge_percent": -1}, "state_of_charge_percent_invalid"),
        ({"target_state_of_charge_percent": 101}, "target_state_of_charge_percent_invalid"),
        ({"backup_reserve_percent": -0.1}, "backup_reserve_percent_invalid"),
        ({"end_state_of_charge_percent": 100.1}, "end_state_of_charge_percent_invalid"),
        ({"schedule_horizon": 0}, "schedule_horizon_invalid"),
        ({"schedule_horizon": 73}, "schedule_horizon_invalid"),
        ({"schedule_horizon": "24"}, "schedule_horizon_invalid"),
        ({"efficiency": 0}, "efficiency_invalid"),
        ({"efficiency": 1.01}, "efficiency_invalid"),
        ({"objective": "FUN"}, "objective_invalid"),
        ({"export_allowed": "yes"}, "export_allowed_invalid"),
        ({"start_time": "2026-03-02T00:00:00"}, "start_time_invalid"),
        ({"ready_by": START}, "ready_by_invalid"),
        ({"ready_by": "2026-03-03T00:00:01Z"}, "ready_by_invalid"),
        ({"ready_by": "2026-03-05T00:00:01Z", "schedule_horizon": ...}, "ready_by_invalid"),
        ({"keep_unless_saves": -1}, "keep_unless_saves_invalid"),
        ({"battery": {}}, "parameter_unknown"),
        (
            {
                "previous": [
                    {
                        "start_time": START,
                        "end_time": START,
                        "direction": "IMPORT",
                        "power": {"units": "W", "value": 1},
                    }
                ]
            },
            "end_time_invalid",
        ),
    ],
)
async def test_a_malformed_wish_is_refused(tenant: Tenant, fields: Any, code: str) -> None:
    nobody = "dev_" + "0" * 32
    error(await refused(tenant, nobody, **{"state_of_charge_percent": 50, **fields}), 400, code)


async def test_a_number_that_is_none_is_not_json(tenant: Tenant) -> None:
    answer = await tenant.call(
        "POST",
        "/schedules/soc",
        content=b'{"state_of_charge_percent": NaN}',
        headers={"Content-Type": "application/json"},
    )

    error(answer, 400, "json_invalid")


async def test_devices_and_places_that_are_not_there_have_no_plan(
    world: World, tenant: Tenant
) -> None:
    at, car = await home(tenant, CAR)
    other = (await tenant.site())["location_id"]
    two = (await tenant.device(at, other, **CAR))["id"]
    stranger = await world.tenant("a stranger")
    half = {"state_of_charge_percent": 50}

    error(await refused(stranger, car, **half), 404, "device_not_found", "device_id")
    nowhere = await refused(tenant, car, **half, location_id="loc_" + "0" * 32)
    error(nowhere, 404, "location_not_found", "location_id")
    away = await refused(tenant, car, **half, location_id=other)
    error(away, 422, "device_not_at_location", "location_id")
    error(await refused(tenant, two, **half), 400, "location_id_missing", "location_id")
    assert (await plan(tenant, two, **half, location_id=at))["location_id"] == at


async def test_without_service_tariff_or_market_there_is_no_plan(tenant: Tenant) -> None:
    at, battery = await home(tenant, BATTERY)
    site = await tenant.site(status="INACTIVE")
    idle = (await tenant.device(site["id"], **CAR))["id"]
    bare = (await tenant.site())["id"]
    free = (await tenant.device(bare, **CAR))["id"]
    half = {"state_of_charge_percent": 50}

    error(await refused(tenant, idle, **half), 422, "site_inactive")
    error(await refused(tenant, free, **half), 422, "no_tariff_connected")
    error(await refused(tenant, battery, **half, export_allowed=True), 422, "no_tariff_connected")
    unpublished = await refused(tenant, battery, **half, start_time="2026-02-01T00:00:00Z")
    error(unpublished, 422, "no_price_data")
    await tenant.tariff(at, direction="EXPORT", schedule=flat(0.1))
    assert (await refused(tenant, battery, **half, export_allowed=True)).status_code == 200


async def test_the_subsystems_value_wins_over_the_flat_one(tenant: Tenant) -> None:
    _, car = await home(
        tenant,
        {
            "type": "ELECTRIC_VEHICLE",
            "properties": {
                "power_rating_import_kwh": 22,
                "capacity_kwh": 90,
                "battery": {"capacity_kwh": 50, "charge_power_kw": 5},
            },
        },
    )

    answer = await plan(
        tenant, car, state_of_charge_percent=40, target_state_of_charge_percent=50, efficiency=1
    )

    assert slots(answer) == [("04:00", "05:00", "IMPORT", 5000, 50.0)]


async def test_a_car_gives_energy_back_only_where_it_can_and_may(tenant: Tenant) -> None:
    charger = {"max_power_kw": 10, "v2g_capable": True}
    dear_evening = [0.1] * 12 + [0.9] + [0.1] * 11
    at, car = await home(
        tenant,
        {
            "type": "EV_CHARGER",
            "properties": {"capacity_kwh": 50, "ev_charger": charger},
        },
        prices=dear_evening,
    )
    wish = {"state_of_charge_percent": 60, "target_state_of_charge_percent": 60, "efficiency": 1}

    before = await plan(tenant, car, **wish)
    await tenant.tariff(
        at,
        direction="EXPORT",
        schedule=[entry(("All", hours(("13:00", "14:00", 0.5), ("14:00", "13:00", 0.0))))],
    )
    after = await plan(tenant, car, **wish)

    assert slots(before) == []
    assert [slot[:4] for slot in slots(after) if slot[2] == "EXPORT"] == [
        ("12:00", "13:00", "EXPORT", 10_000)
    ]
    assert after["data"][0]["cost"]["value"] == pytest.approx(-4.0)
