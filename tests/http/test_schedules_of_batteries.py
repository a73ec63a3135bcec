"""When batteries charge, and what the sun gives (contract 4, By state of charge)."""

from datetime import timedelta

from tests.support.charging import (
    BATTERY,
    CAR,
    MONDAY,
    home,
    hourly_load,
    metered,
    plan,
    refused,
    slots,
)
from tests.support.pricing import hourly
from tests.support.tariff_bodies import entry, hours
from tests.support.world import Tenant, error

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
