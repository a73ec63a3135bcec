"""When batteries and cars charge (contract 4, By state of charge)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, World, error

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
START = "2026-03-02T00:00:00Z"
PRICES = [0.3] * 4 + [0.1, 0.2] + [0.4] * 18
CAR = {
    "type": "ELECTRIC_VEHICLE",
    "properties": {"power_rating_import_kwh": 10, "capacity_kwh": 50},
}
BATTERY = {
    "type": "BATTERY_SYSTEM",
    "properties": {
        "power_rating_import_kwh": 5,
        "power_rating_export_kwh": 5,
        "capacity_kwh": 10,
        "battery": {"round_trip_efficiency": 1},
    },
}


async def home(tenant: Tenant, device: Any, prices: list[float] = PRICES, **site: Any) -> Any:
    """Make a place with a market of a Monday, and a device at it."""
    at = (await tenant.site(**site))["location_id"]
    await market(tenant, at, hourly(MONDAY, prices))
    return at, (await tenant.device(at, **device))["id"]


def body(device: str, **more: Any) -> Any:
    wanted = {"device_id": device, "start_time": START, "schedule_horizon": 24, **more}
    return {name: value for name, value in wanted.items() if value is not ...}


async def plan(tenant: Tenant, device: str, **more: Any) -> Any:
    answer = await tenant.post("/schedules/soc", body(device, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(tenant: Tenant, device: str, **more: Any) -> Any:
    return await tenant.post("/schedules/soc", body(device, **more))


def slots(answer: Any) -> list[tuple[str, str, str, float, float]]:
    return [
        (
            one["start_time"][11:16],
            one["end_time"][11:16],
            one["direction"],
            round(one["power"]["value"]),
            round(one["state_of_charge_percent"], 1),
        )
        for one in answer["data"][0]["schedule"]
    ]


def hourly_load(kwh: float, days: int = 28, until: datetime = MONDAY) -> list[Any]:
    return [
        {
            "start_time": (until - timedelta(hours=n + 1)).isoformat(),
            "end_time": (until - timedelta(hours=n)).isoformat(),
            "energy_kwh": kwh,
        }
        for n in range(24 * days)
    ]


async def metered(tenant: Tenant, at: str, readings: list[Any], **stream: Any) -> None:
    """Send readings of a place that must be taken."""
    common = {
        "energy_flow_direction": "INBOUND",
        "tariff_direction": "IMPORT",
        "location_id": at,
        **stream,
    }
    answer = await tenant.call(
        "PUT", "/meters/interval", json=[{**common, **one} for one in readings]
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["records_accepted"] == len(readings), answer.text[:500]


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


# A battery.


async def test_a_battery_of_unknown_load_buys_low_and_serves_the_dear_hours(
    tenant: Tenant,
) -> None:
    _, battery = await home(tenant, BATTERY)

    answer = await plan(tenant, battery, state_of_charge_percent=20)

    assert answer["assumptions"]["base_load"] == {"source": "ASSUMED", "confidence": 0.3}
    assert {direction for _, _, direction, *_ in slots(answer)} == {"IMPORT", "EXPORT"}
    assert answer["data"][0]["cost"]["value"] < 0
    assert answer["data"][0]["cost"]["confidence"] == 0.3
    assert slots(answer)[-1][-1] >= 20.0


async def test_a_battery_serves_no_more_than_the_usual_load(tenant: Tenant) -> None:
    at, battery = await home(tenant, BATTERY)
    await metered(tenant, at, hourly_load(0.5, until=MONDAY - timedelta(days=1)))

    answer = await plan(tenant, battery, state_of_charge_percent=20)

    assert answer["assumptions"]["base_load"] == {"source": "READINGS", "confidence": 0.6}
    given = [power for _, _, direction, power, _ in slots(answer) if direction == "EXPORT"]
    assert given
    assert max(given) <= 501


async def test_what_the_device_itself_took_is_not_the_places_load(tenant: Tenant) -> None:
    at, battery = await home(tenant, BATTERY)
    until = MONDAY - timedelta(days=1)
    await metered(tenant, at, hourly_load(1.5, days=7, until=until))
    await metered(tenant, at, hourly_load(1.0, days=7, until=until), device_id=battery)

    answer = await plan(tenant, battery, state_of_charge_percent=20)

    given = [power for _, _, direction, power, _ in slots(answer) if direction == "EXPORT"]
    assert max(given) == 500


async def test_a_battery_sells_where_it_may(tenant: Tenant) -> None:
    at, battery = await home(tenant, BATTERY)
    await tenant.tariff(
        at,
        direction="EXPORT",
        schedule=[entry(("All", hours(("18:00", "19:00", 0.5), ("19:00", "18:00", 0.05))))],
    )
    twenty = {"state_of_charge_percent": 20, "explain": True}

    sells = await plan(tenant, battery, **twenty)
    keeps = await plan(tenant, battery, **twenty, export_allowed=False)

    sold = [one for one in sells["data"][0]["schedule"] if one["direction"] == "EXPORT"]
    assert [(one["start_time"][11:16], one["why"]) for one in sold] == [("17:00", "export")]
    assert sells["assumptions"]["base_load"]["source"] == "UNKNOWN"
    assert keeps["assumptions"]["base_load"]["source"] == "ASSUMED"


async def test_a_battery_keeps_its_reserve_and_its_end(tenant: Tenant) -> None:
    _, battery = await home(tenant, BATTERY)

    answer = await plan(
        tenant,
        battery,
        state_of_charge_percent=30,
        backup_reserve_percent=25,
        end_state_of_charge_percent=70,
    )

    charges = [percent for *_, percent in slots(answer)]
    assert min(charges) >= 25.0
    assert charges[-1] >= 70.0


async def test_without_a_horizon_a_plan_goes_as_far_as_prices_are_confirmed(
    tenant: Tenant,
) -> None:
    at, battery = await home(tenant, BATTERY)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    await tenant.publish(source, hourly(MONDAY - timedelta(days=20), [0.2] * 24 * 20))
    await tenant.publish(source, hourly(MONDAY + timedelta(days=1), [0.2] * 6))
    fixed = (await tenant.site())["location_id"]
    await tenant.tariff(fixed)
    car = (await tenant.device(fixed, **CAR))["id"]
    half = {"state_of_charge_percent": 50, "schedule_horizon": ...}

    known = await plan(tenant, battery, **half)
    least = await plan(tenant, battery, **half, start_time="2026-03-02T12:00:00Z")
    always = await plan(tenant, car, **half)
    ready = await plan(tenant, battery, **half, ready_by="2026-03-04T00:00:00Z")

    assert known["request"] == {"schedule_horizon": 30}
    assert least["request"] == {"schedule_horizon": 24}
    assert always["request"] == {"schedule_horizon": 72}
    assert ready["request"] == {"schedule_horizon": 48}
    assert at == known["location_id"]


async def test_a_market_that_knows_nothing_further_shortens_the_plan(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR)

    half = {"state_of_charge_percent": 50, "schedule_horizon": ...}
    past = {"start_time": "2026-03-01T23:00:00Z"}

    answer = await plan(tenant, car, **half)
    far = await refused(tenant, car, **half, **past, ready_by="2026-03-04T23:00:00Z")

    assert answer["request"]["schedule_horizon"] >= 24
    error(far, 422, "no_price_data")


async def test_times_are_answered_in_the_form_of_the_request(tenant: Tenant) -> None:
    at = (await tenant.site())["location_id"]
    await tenant.tariff(at)
    car = (await tenant.device(at, **CAR))["id"]

    answer = await plan(
        tenant,
        car,
        start_time="2026-03-29T00:00:00+01:00",
        schedule_horizon=23,
        state_of_charge_percent=50,
        target_state_of_charge_percent=60,
    )
    now = await plan(tenant, car, start_time=..., schedule_horizon=1, state_of_charge_percent=50)

    (own,) = answer["data"]
    assert own["end_time"] == "2026-03-29T23:00:00+01:00"
    assert now["data"][0]["start_time"] == "2026-03-01T10:00:00Z"


async def test_the_carbon_objective_is_least_import_while_nothing_better_is_known(
    tenant: Tenant,
) -> None:
    _, car = await home(tenant, CAR)

    answer = await plan(tenant, car, state_of_charge_percent=50, objective="CARBON")

    assert answer["assumptions"]["carbon"] == "CONSTANT"


async def test_a_plan_that_is_held_stays_unless_enough_is_saved(tenant: Tenant) -> None:
    _, car = await home(tenant, CAR)
    held = [
        {
            "start_time": "2026-03-02T05:00:00Z",
            "end_time": "2026-03-02T06:00:00Z",
            "direction": "IMPORT",
            "power": {"units": "KW", "value": 10},
        }
    ]
    wish = {
        "state_of_charge_percent": 40,
        "target_state_of_charge_percent": 60,
        "efficiency": 1,
        "previous": held,
    }

    stays = await plan(tenant, car, **wish, keep_unless_saves=1)
    goes = await plan(tenant, car, **wish, keep_unless_saves=0.99)

    assert (stays["kept"], slots(stays)[0][0]) == (True, "05:00")
    assert (goes["kept"], slots(goes)[0][0]) == (False, "04:00")


# The sun.


async def test_a_clear_sky_is_expected_where_a_place_has_panels(tenant: Tenant) -> None:
    at, battery = await home(
        tenant, BATTERY, prices=[0.3] * 24, geo_location={"lat": 52.37, "lng": 4.9}
    )
    await tenant.device(at, type="PV_SYSTEM", properties={"pv": {"peak_power_kw": 6}})

    answer = await plan(
        tenant,
        battery,
        state_of_charge_percent=20,
        end_state_of_charge_percent=100,
        explain=True,
    )

    assert answer["assumptions"]["pv"] == {"source": "CLEAR_SKY", "confidence": 0.4}
    charging = [one for one in answer["data"][0]["schedule"] if one["direction"] == "IMPORT"]
    assert {one["why"] for one in charging} == {"solar"}
    assert all("05:30" < one["start_time"][11:16] < "18:00" for one in charging)
    assert charging[-1]["state_of_charge_percent"] == 100.0


async def test_panels_of_unknown_place_or_size_are_left_out_and_told(tenant: Tenant) -> None:
    at, battery = await home(tenant, BATTERY, geo_location=None)
    await tenant.device(at, type="PV_SYSTEM", properties={"pv_tilt": 30})

    answer = await plan(tenant, battery, state_of_charge_percent=20)

    assert answer["assumptions"]["pv"] == {"source": "UNKNOWN", "confidence": 0}


async def test_what_was_metered_stands_in_for_the_forecast_of_the_sun(tenant: Tenant) -> None:
    at, car = await home(tenant, CAR, geo_location={"lat": 52.37, "lng": 4.9})
    panels = await tenant.device(at, type="PV_SYSTEM", properties={"pv": {"peak_power_kw": 6}})
    past = MONDAY - timedelta(days=2)
    source = (await tenant.get("/market-sources")).json()["data"][0]["id"]
    await tenant.publish(source, hourly(past, [0.3] * 24))
    await metered(
        tenant,
        at,
        hourly_load(1.0, days=1, until=past + timedelta(days=1)),
        device_id=panels["id"],
        energy_flow_direction="OUTBOUND",
        tariff_direction="LOCAL",
    )

    answer = await plan(
        tenant,
        car,
        start_time=past.isoformat(),
        state_of_charge_percent=50,
        target_state_of_charge_percent=70,
        efficiency=1,
        objective="SELF_CONSUMPTION",
    )

    assert answer["assumptions"]["pv"] == {"source": "READINGS", "confidence": 1}
    assert {power for *_, power, _ in slots(answer)} == {1000}
    assert answer["data"][0]["cost"] == {"value": 0, "confidence": 1}


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
