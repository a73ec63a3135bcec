"""One plan for everything behind one meter (contract 4b)."""

import pytest

from tests.support.site_houses import BATTERY, CAR, PANELS, hour, house, plan, slots, steady
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant


async def test_a_car_and_a_battery_share_the_cheap_hours_under_the_sites_limit(
    tenant: Tenant,
) -> None:
    prices = [0.4] * 2 + [0.1] * 2 + [0.5] * 20
    at, (battery, car) = await house(tenant, BATTERY, CAR, prices=prices, max_power_import_kw=12)

    answer = await plan(
        tenant,
        at,
        devices=[
            {"device_id": battery, "state_of_charge_percent": 0},
            {
                "device_id": car,
                "state_of_charge_percent": 0,
                "efficiency": 1,
                "targets": [{"time": hour(8), "min_percent": 30}],
            },
        ],
        forecasts={"load": steady(1)},
    )

    assert answer["object"] == "schedule_site"
    assert answer["id"].startswith("spn_")
    assert answer["status"] == "COMPLETE"
    assert [one["device_id"] for one in answer["devices"]] == [battery, car]
    assert max(one["import"]["value"] for one in answer["site"]) <= 12_000 + 1
    assert answer["cost"]["total"] == pytest.approx(
        (2 + 3) * 0.4 + 2 * 12 * 0.1 + (19 - 10) * 0.5, abs=1e-6
    )


async def test_every_cost_follows_from_the_sites_steps_and_prices(tenant: Tenant) -> None:
    at, (battery, _) = await house(tenant, BATTERY, PANELS, prices=[0.1, 0.4, 0.2] * 8)
    await tenant.tariff(at, direction="EXPORT")

    answer = await plan(
        tenant,
        at,
        devices=[{"device_id": battery, "state_of_charge_percent": 50, "wear_per_kwh": 0.01}],
        forecasts={"load": steady(1), "solar": steady(0.5, until=12)},
    )

    kwh = [0.25 / 1000] * len(answer["site"])
    energy = sum(
        one["import"]["value"] * h * one["price_import"]
        for one, h in zip(answer["site"], kwh, strict=True)
    )
    income = sum(
        one["export"]["value"] * h * one["price_export"]
        for one, h in zip(answer["site"], kwh, strict=True)
    )
    cost = answer["cost"]
    assert cost["energy"] == pytest.approx(energy, abs=1e-5)
    assert cost["export"] == pytest.approx(income, abs=1e-5)
    assert cost["total"] == pytest.approx(cost["energy"] - cost["export"] + cost["wear"], abs=2e-6)
    assert slots(answer)


async def test_a_demand_charge_flattens_the_plan_and_is_part_of_its_cost(tenant: Tenant) -> None:
    at = (await tenant.site(timezone="UTC"))["location_id"]
    demand = {"kind": "DEMAND", "amount_per_kw": 4, "window_minutes": 15, "reset": "MONTH"}
    await tenant.tariff(at, schedule=flat(0.3), charges=[demand])
    car = (await tenant.device(at, **CAR))["id"]
    due = [{"time": hour(10), "min_percent": 22}]
    wish = {"device_id": car, "state_of_charge_percent": 0, "efficiency": 1, "targets": due}

    answer = await plan(tenant, at, schedule_horizon=10, devices=[wish])

    assert max(one["import"]["value"] for one in answer["site"]) == pytest.approx(1100, abs=1)
    assert answer["cost"]["demand"] == pytest.approx(4.4, abs=1e-3)
    assert answer["cost"]["total"] == pytest.approx(3.3 + 4.4, abs=1e-3)


async def test_savings_compare_with_nobody_planning(tenant: Tenant) -> None:
    at, (car,) = await house(tenant, CAR, prices=[0.4] * 4 + [0.1] * 20)
    due = [{"time": hour(8), "min_percent": 20}]
    wish = {"device_id": car, "state_of_charge_percent": 0, "efficiency": 1, "targets": due}

    answer = await plan(tenant, at, devices=[wish])

    assert answer["cost"]["total"] == pytest.approx(1.0)
    assert answer["baseline"]["total"] == pytest.approx(4.0)
    assert answer["baseline"]["unmet"] == []
    assert answer["savings"] == {"value": 3.0, "percentage": 75.0}
