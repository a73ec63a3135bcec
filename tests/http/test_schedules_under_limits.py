"""What chargers and connections cannot do holds in every plan (contract 4, Rules)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.charging import (
    BATTERY,
    CAR,
    MONDAY,
    PRICES,
    START,
    home,
    hourly_load,
    metered,
    plan,
    refused,
    slots,
)
from tests.support.tariff_bodies import entry, flat
from tests.support.world import Tenant, error


def charger(**properties: Any) -> Any:
    rated = {"max_power_kw": 11, **properties}
    return {"type": "EV_CHARGER", "properties": {"ev_charger": rated}}


async def moving(tenant: Tenant, at: str, *devices: str, kwh: float = 12, **more: Any) -> Any:
    window = {"start_time": START, "end_time": "2026-03-02T06:00:00Z"}
    energy = {"units": "KWH", "value": kwh}
    items = [{"device_id": one, "energy": energy, **window, **more} for one in devices]
    answer = await tenant.post("/schedules/amount", {"location_id": at, "data": items})
    assert answer.status_code == 200, answer.text
    return answer.json()


def powers(part: Any) -> list[float]:
    return [slot["power"]["value"] for slot in part["schedule"]]


async def test_a_plan_by_amount_leaves_the_place_its_usual_load(tenant: Tenant) -> None:
    at, device = await home(tenant, charger(), max_power_import_kw=11)
    until = MONDAY - timedelta(days=1)
    await metered(tenant, at, hourly_load(5, days=2, until=until))
    await metered(tenant, at, hourly_load(1, days=2, until=until), device_id=device)

    answer = await moving(tenant, at, device)

    assert max(powers(answer)) <= 7_001
    assert (answer["status"], answer["cost"]["value"]) == ("COMPLETE", 1.7)


async def test_a_charger_runs_at_its_least_power_or_not_at_all(tenant: Tenant) -> None:
    at, said = await home(tenant, charger(min_power_kw=6), max_power_import_kw=11)
    by_phases = (await tenant.device(at, **charger(phases=3)))["id"]
    switching = (await tenant.device(at, **charger(phases=3, phase_switching=True)))["id"]

    answer = await moving(tenant, at, said, by_phases, switching, kwh=9)
    slower = await moving(tenant, at, by_phases, max_power={"units": "KW", "value": 3})
    asked = await moving(tenant, at, by_phases, min_power={"units": "KW", "value": 9})

    least = [min(powers(part)) for part in answer["data"]]
    assert answer["status"] == "COMPLETE"
    assert all(low >= known - 1 for low, known in zip(least, (6_000, 4_140, 1_380), strict=True))
    assert (slower["data"][0]["status"], slower["data"][0]["reason"]) == ("PARTIAL", "device_power")
    assert min(powers(asked)) >= 8_999


async def test_a_car_is_charged_at_its_least_power_or_not_at_all(tenant: Tenant) -> None:
    car = {**CAR, "properties": {**CAR["properties"], "ev_charger": {"min_power_kw": 4.14}}}
    _, device = await home(tenant, car)

    answer = await plan(
        tenant,
        device,
        state_of_charge_percent=50,
        target_state_of_charge_percent=71,
        efficiency=1,
    )

    assert slots(answer) == [
        ("04:00", "05:00", "IMPORT", 10_000, 70.0),
        ("05:00", "05:07", "IMPORT", 4_140, 71.0),
    ]
    assert answer["data"][0]["cost"]["value"] == pytest.approx(1.1, abs=1e-5)
    assert answer["savings"]["value"] == pytest.approx(10.5 * 0.3 - 1.1, abs=1e-5)


@pytest.mark.parametrize("said", [{}, {"end_state_of_charge_percent": 60}], ids=["default", "said"])
async def test_a_missed_deadline_does_not_end_the_plan(tenant: Tenant, said: Any) -> None:
    _, car = await home(tenant, CAR)

    answer = await plan(
        tenant,
        car,
        state_of_charge_percent=40,
        target_state_of_charge_percent=60,
        ready_by="2026-03-02T00:30:00Z",
        efficiency=1,
        **said,
    )

    assert slots(answer) == [
        ("00:00", "00:30", "IMPORT", 10_000, 50.0),
        ("04:00", "04:30", "IMPORT", 10_000, 60.0),
    ]
    assert (answer["status"], answer["reason"]) == ("PARTIAL", "window_too_short")
    assert answer["shortfall"]["value"] == 5_000


async def test_sun_that_the_export_limit_holds_back_costs_nothing(tenant: Tenant) -> None:
    at, battery = await home(tenant, BATTERY, [-0.05] * 24, max_power_export_kw=0)
    await tenant.tariff(at, direction="EXPORT", schedule=flat([{"value": -0.2}]))
    until = MONDAY - timedelta(days=1)
    await metered(tenant, at, hourly_load(1, days=2, until=until))
    noon = {"start_time": "2026-03-02T12:00:00Z", "end_time": "2026-03-02T14:00:00Z"}
    sun = [{**noon, "energy_kwh": 9, "confidence": 0.9}]
    await metered(tenant, at, sun, tariff_direction="LOCAL")

    answer = await plan(tenant, battery, state_of_charge_percent=100, export_allowed=False)

    assert (slots(answer), answer["data"][0]["cost"]["value"]) == ([], 0)


async def test_a_plan_goes_as_far_as_prices_are_known_and_says_so(tenant: Tenant) -> None:
    at, car = await home(tenant, CAR, PRICES[:10])
    wish = {"state_of_charge_percent": 40, "target_state_of_charge_percent": 60, "efficiency": 1}
    known = "2026-03-02T10:00:00Z"

    due = await plan(tenant, car, **wish, ready_by="2026-03-02T08:00:00Z", schedule_horizon=...)
    long = await plan(tenant, car, **wish)
    later = await plan(tenant, car, **wish, ready_by="2026-03-02T20:00:00Z")
    moved = await moving(tenant, at, car, kwh=10)
    window = {"start_time": START, "end_time": "2026-03-03T00:00:00Z", "segment": "LOW"}
    listed = (
        await tenant.post("/schedules/duration", {"location_id": at, "duration": 60, **window})
    ).json()
    unknown = await refused(tenant, car, **wish, start_time=known)

    for answer in (due, long, later):
        assert (answer["status"], answer["prices_until"]) == ("COMPLETE", known)
        assert answer["request"] == {"schedule_horizon": 10}
        assert answer["data"][0]["cost"]["value"] == pytest.approx(1.0)
    assert (moved["status"], moved["prices_until"]) == ("COMPLETE", None)
    assert [one["price"]["value"] for one in listed["data"]] == [0.1]
    assert listed["prices_until"] == known
    error(unknown, 422, "no_price_data")


async def test_a_window_that_prices_do_not_reach_is_left_short(tenant: Tenant) -> None:
    at, car = await home(tenant, CAR, PRICES[:2])
    later = (await tenant.device(at, **CAR))["id"]
    items = [
        {
            "device_id": device,
            "energy": {"units": "KWH", "value": 30},
            "start_time": f"2026-03-02T0{hour}:00:00Z",
            "end_time": "2026-03-02T06:00:00Z",
        }
        for device, hour in ((car, 0), (later, 4))
    ]

    answer = (await tenant.post("/schedules/amount", {"location_id": at, "data": items})).json()

    assert answer["prices_until"] == "2026-03-02T02:00:00Z"
    assert [part["energy"]["value"] for part in answer["data"]] == [20_000, 0]
    assert {part["reason"] for part in answer["data"]} == {"window_too_short"}


async def charged_for_demand(tenant: Tenant, device: Any, **site: Any) -> tuple[str, str]:
    """Make a place that pays 0.3 a kWh, and 4 for each kW of the month's highest quarter hour."""
    at = (await tenant.site(**site))["location_id"]
    demand = {
        "kind": "DEMAND",
        "amount_per_kw": 4.0,
        "window_minutes": 15,
        "reset": "MONTH",
        "schedule": [entry(("All", [{"valid_from": "00:00:00", "valid_to": "00:00:00"}]))],
    }
    await tenant.tariff(at, schedule=flat([{"value": 0.3}]), charges=[demand])
    return at, (await tenant.device(at, **device))["id"]


async def test_a_plan_by_amount_raises_the_demand_charge_least(tenant: Tenant) -> None:
    at, device = await charged_for_demand(tenant, charger())

    answer = await moving(tenant, at, device, kwh=6.6)

    assert max(powers(answer)) == pytest.approx(1_100, abs=1)
    assert answer["cost"]["value"] == pytest.approx(6.6 * 0.3 + 1.1 * 4.0, abs=1e-3)
    assert answer["savings"]["value"] == pytest.approx((11 - 1.1) * 4.0, abs=1e-3)


async def test_a_plan_by_state_of_charge_raises_the_demand_charge_least(tenant: Tenant) -> None:
    _, car = await charged_for_demand(tenant, CAR)

    answer = await plan(
        tenant,
        car,
        schedule_horizon=10,
        state_of_charge_percent=40,
        target_state_of_charge_percent=60,
        efficiency=1,
    )

    assert {power for *_, power, _ in slots(answer)} == {1_000}
    assert answer["data"][0]["cost"]["value"] == pytest.approx(3.0 + 4.0, abs=1e-3)
    assert answer["baseline"]["total"] == pytest.approx(3.0 + 40.0, abs=1e-3)
