"""What becomes of each kind of device in a site's plan, and of what is not known of it."""

from typing import Any

import pytest

from tests.support.site_houses import (
    BATTERY,
    CAR,
    PANELS,
    PUMP,
    WASHER,
    asked,
    hour,
    house,
    plan,
    slots,
    steady,
)
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

NIGHT = [0.4] * 2 + [0.1] * 4 + [0.4] * 18


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


async def test_a_battery_without_a_state_stays_idle_unless_it_is_named(tenant: Tenant) -> None:
    at, (battery, car) = await house(tenant, BATTERY, CAR)

    idle = await plan(tenant, at, devices=[{"device_id": car, "state_of_charge_percent": 50}])
    named = await tenant.post("/schedules/site", asked(at, device_ids=[battery]))
    wished = await tenant.post("/schedules/site", asked(at, devices=[{"device_id": battery}]))

    assert [(one["device_id"], one["status"]) for one in idle["devices"]] == [
        (battery, "NOT_PLANNED"),
        (car, "COMPLETE"),
    ]
    assert codes(idle) == ["device_not_planned", "load_unknown"]
    error(named, 422, "no_device_state", "device_ids[0]")
    error(wished, 422, "no_device_state", "devices[0].state_of_charge_percent")


async def test_the_newest_state_says_what_a_device_holds_and_is_to_reach(tenant: Tenant) -> None:
    at, (car,) = await house(tenant, CAR, prices=NIGHT)
    state = {
        "time": "2026-03-01T09:00:00Z",
        "state_of_charge_percent": 40,
        "target_state_of_charge_percent": 60,
    }
    assert (await tenant.call("PUT", f"/devices/{car}/state", json=state)).status_code == 200

    answer = await plan(tenant, at)

    (own,) = answer["devices"]
    assert own["slots"][-1]["state_of_charge_percent"] == 60
    assert all("02:00" <= start < "06:00" for start, *_ in slots(answer))


async def test_wishes_go_with_the_type_of_their_device(tenant: Tenant) -> None:
    at, (battery, panels) = await house(tenant, BATTERY, PANELS)
    away = {"start_time": hour(2), "end_time": hour(3)}

    refused = await tenant.post(
        "/schedules/site",
        asked(
            at,
            devices=[
                {"device_id": battery, "absences": [away], "curtailable": True},
                {"device_id": panels, "energy_kwh": 3},
            ],
        ),
    )

    body = error(refused, 400, "absences_invalid", "devices[0].absences")
    assert [one["param"] for one in body["errors"]] == [
        "devices[0].absences",
        "devices[0].curtailable",
        "devices[1].energy_kwh",
    ]


async def test_a_strangers_device_does_not_exist_wherever_it_is_named(
    world: World, tenant: Tenant
) -> None:
    at, _ = await house(tenant)
    other = await world.tenant("a stranger")
    _, (theirs,) = await house(other, CAR)
    elsewhere = (await tenant.device((await tenant.site())["location_id"], **CAR))["id"]

    for path, fields in {
        "devices[0].device_id": {"devices": [{"device_id": theirs}]},
        "device_ids[0]": {"device_ids": [theirs]},
        "circuits[0].devices[0]": {"circuits": [{"id": "a", "max_kw": 1, "devices": [theirs]}]},
        "previous[0].device_id": {"previous": [{"device_id": theirs, "slots": []}]},
    }.items():
        error(
            await tenant.post("/schedules/site", asked(at, **fields)), 404, "device_not_found", path
        )
    moved = await tenant.post("/schedules/site", asked(at, device_ids=[elsewhere]))
    error(moved, 422, "device_not_at_location", "device_ids[0]")
    error(await other.post("/schedules/site", asked(at)), 404, "location_not_found", "location_id")


async def test_a_washer_and_a_heat_pump_run_when_it_is_cheap(tenant: Tenant) -> None:
    at, (washer, pump) = await house(tenant, WASHER, PUMP, prices=NIGHT)
    thermal = {
        "resistance_k_per_kw": 10,
        "capacity_kwh_per_k": 2,
        "initial_c": 20,
        "outdoor_c": 10,
        "cop": 3,
    }

    answer = await plan(
        tenant,
        at,
        devices=[
            {"device_id": washer, "energy_kwh": 2, "contiguous": True},
            {"device_id": pump, "thermal": thermal, "comfort": {"min_c": 19, "max_c": 24}},
        ],
    )
    unasked = await plan(tenant, at)

    assert slots(answer, 0) == [("02:00", "03:00", "IMPORT", 2000)]
    warm = answer["devices"][1]["slots"]
    assert all(18.99 <= one["temperature_c"] <= 24.01 for one in warm)
    assert unasked["devices"] == []


async def test_a_car_of_unknown_charge_takes_the_energy_that_it_is_to_have(tenant: Tenant) -> None:
    at, (car,) = await house(tenant, CAR, prices=NIGHT)
    window = {"start_time": hour(3), "end_time": hour(8)}

    answer = await plan(
        tenant, at, devices=[{"device_id": car, "energy_kwh": 5, "windows": [window]}]
    )

    assert answer["cost"]["total"] == pytest.approx(0.5)
    assert slots(answer)[0][0] == "03:00"


async def test_a_car_that_takes_so_much_energy_takes_none_while_it_is_away(tenant: Tenant) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.4, 0.1, 0.2] + [0.4] * 21)
    away = {"start_time": hour(1), "end_time": hour(2)}

    answer = await plan(
        tenant, at, devices=[{"device_id": car, "energy_kwh": 10, "absences": [away]}]
    )

    assert slots(answer) == [("02:00", "03:00", "IMPORT", 10_000)]


async def test_sun_is_held_back_where_selling_it_costs(tenant: Tenant) -> None:
    at, (panels,) = await house(tenant, PANELS)
    await tenant.tariff(at, direction="EXPORT", schedule=flat(-0.1))
    sunny = {"forecasts": {"solar": steady(2), "load": steady(0.5)}}

    held = await plan(tenant, at, **sunny)
    sold = await plan(tenant, at, **sunny, devices=[{"device_id": panels, "curtailable": False}])

    assert held["cost"]["total"] == 0
    assert {one["curtailed"]["value"] for one in held["site"]} == {1500.0}
    assert sold["cost"]["export"] == pytest.approx(-0.1 * 1.5 * 23)


async def test_limits_hold_where_they_are_and_nothing_where_there_are_none(tenant: Tenant) -> None:
    at, (car,) = await house(tenant, CAR, prices=NIGHT)
    order = {"start_time": hour(2), "end_time": hour(3), "import_kw": 2, "reason": "§ 14a EnWG"}
    strictest = {**order, "import_kw": 5}
    wish = {"device_id": car, "state_of_charge_percent": 0, "efficiency": 1}
    due = [{"time": hour(4), "min_percent": 24}]

    answer = await plan(tenant, at, limits=[order, strictest], devices=[{**wish, "targets": due}])

    assert slots(answer) == [
        ("02:00", "03:00", "IMPORT", 2000),
        ("03:00", "04:00", "IMPORT", 10000),
    ]


async def test_a_plan_ends_where_prices_do_and_says_so(tenant: Tenant) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.3, 0.1, 0.2])
    wish = {"device_id": car, "state_of_charge_percent": 0, "efficiency": 1}
    late = {**wish, "targets": [{"time": hour(8), "min_percent": 20}]}

    answer = await plan(tenant, at, schedule_horizon=20, devices=[late])
    default = await plan(tenant, at, schedule_horizon=..., devices=[wish])
    nothing = await tenant.post(
        "/schedules/site", asked(at, start_time="2026-02-01T00:00:00Z", schedule_horizon=2)
    )

    assert answer["request"] == {"schedule_horizon": 3, "step_minutes": 15}
    assert (answer["prices_until"], default["prices_until"]) == (hour(3), None)
    assert codes(answer)[:2] == ["prices_end", "target_after_end"]
    assert slots(answer) == [("01:00", "02:00", "IMPORT", 10000)]
    assert default["request"]["schedule_horizon"] == 3
    error(nothing, 422, "no_price_data")


async def test_a_forecast_that_ends_early_is_said(tenant: Tenant) -> None:
    at, _ = await house(tenant)

    answer = await plan(tenant, at, forecasts={"load": steady(1, until=4)})

    assert "forecast_ends_early" in codes(answer)
    assert answer["assumptions"]["base_load"]["source"] == "CLIENT"
    assert answer["cost"]["energy"] == pytest.approx(1.0)


async def test_a_car_gives_energy_back_only_where_it_can(tenant: Tenant) -> None:
    v2g = {**CAR, "properties": {**CAR["properties"], "ev_charger": {"v2g_capable": True}}}
    at, (plain, able) = await house(tenant, CAR, v2g, prices=NIGHT)
    full = {"state_of_charge_percent": 100, "efficiency": 1, "max_discharge_power_kw": 1}

    answer = await plan(
        tenant,
        at,
        devices=[{"device_id": plain, **full}, {"device_id": able, **full}],
        forecasts={"load": steady(1)},
    )

    assert "discharge_not_possible" in codes(answer)
    assert slots(answer, 0) == []
    assert {way for *_, way, _ in slots(answer, 1)} == {"EXPORT"}
    assert answer["cost"]["total"] == 0
