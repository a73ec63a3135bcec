"""What storage costs with nobody planning: a car at once, a battery with the sun and the load."""

from dataclasses import replace

import pytest

from tests.maths.schedules.charge_cases import BATTERY, CAR, ask
from tests.maths.schedules.charge_rules import random_house
from tests.maths.schedules.patient import by_charge
from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.by_state_of_charge.baseline import nobody_planning

AT_HOME = replace(CAR, car=True)


def test_a_car_is_charged_at_once_at_full_power() -> None:
    question = ask(replace(AT_HOME, target_wh=25_000.0), [0.3, 0.2, 0.1, 0.4])

    baseline = nobody_planning(question)

    assert baseline.cost == pytest.approx(2 * 0.3 + 2 * 0.2 + 1 * 0.1)
    assert baseline.unmet_wh == 0.0


def test_a_car_with_nobody_planning_keeps_the_limits() -> None:
    question = ask(AT_HOME, [0.3, 0.2, 0.1, 0.4], base_load_w=[0, 2_000, 5_000, 0])
    question = replace(question, limits=PowerLimits(import_w=6_000.0))
    slow = replace(question, storages=(replace(AT_HOME, least_w=4_140.0),))

    assert nobody_planning(question).unmet_wh == pytest.approx(6_000 - 1_500 - 1_000 - 250 - 1_500)
    assert nobody_planning(slow).unmet_wh == pytest.approx(6_000 - 1_500 - 1_500)
    assert nobody_planning(question).reason == "site_power"


def test_a_battery_takes_surplus_sun_and_serves_the_house() -> None:
    storage = replace(BATTERY, efficiency=1.0, end_wh=None)
    question = ask(
        storage,
        [0.3] * 4,
        export=[0.1] * 4,
        pv_w=[6_000, 0, 0, 0],
        base_load_w=[0, 1_000, 9_000, 9_000],
        export_allowed=True,
    )

    baseline = nobody_planning(question)

    served_kwh = 0.25 + 1 + 1
    assert baseline.cost == pytest.approx(1 * 0.1 - served_kwh * 0.3)
    assert baseline.held_wh == pytest.approx(storage.energy_wh + 1_000 - 1_000 * served_kwh)


def test_what_a_battery_misses_is_charged_in_the_latest_steps() -> None:
    storage = replace(BATTERY, end_wh=5_500.0)
    question = ask(storage, [0.1, 0.1, 0.3, 0.4], base_load_w=[1_000, 0, 0, 0])

    baseline = nobody_planning(question)

    served = -0.25 * 0.1
    assert baseline.cost == pytest.approx(served + 0.75 * 0.3 + 1 * 0.4)
    assert baseline.unmet_wh == 0.0


@pytest.mark.parametrize("car", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_a_plan_costs_no_more_than_nobody_planning(seed: int, car: bool) -> None:
    house = random_house(seed)
    storage = replace(house.storages[0], car=car)
    question = replace(house, storages=(storage,), objective="COST")

    plan = by_charge(question)

    (own,) = plan.storages
    if plan.baseline.unmet_wh <= own.shortfall_wh + 1.0 and storage.energy_wh >= storage.reserve_wh:
        assert own.cost <= plan.baseline.cost + 1e-4
