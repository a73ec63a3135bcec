"""Charging plans keep every rule and are as good as a second solver's."""

from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.charge_cases import BATTERY, CAR, a_day, ask
from tests.maths.schedules.charge_rules import (
    QUARTER_US,
    START_US,
    check,
    optimum,
    quarter_steps,
    random_house,
)
from tests.maths.schedules.patient import by_charge
from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.by_state_of_charge.charge_only import charge_only
from wattyard.schedules.domain.by_state_of_charge.meter import GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargePlan,
    ChargeQuestion,
    Storage,
)
from wattyard.schedules.domain.by_state_of_charge.reachable import reach_of
from wattyard.schedules.domain.by_state_of_charge.solution import best_powers


def same(one: ChargePlan, two: ChargePlan) -> bool:
    pairs = zip(one.storages, two.storages, strict=True)
    return all(a.slots == b.slots and (a.charge_w == b.charge_w).all() for a, b in pairs)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("storages", [1, 2])
@pytest.mark.parametrize("seed", range(45))
def test_a_plan_keeps_the_rules_and_is_worth_what_a_second_solver_finds(
    seed: int, storages: int, negative: bool
) -> None:
    question = random_house(seed, storages=storages, negative=negative)

    plan = by_charge(question)

    check(question, plan)
    missing_kwh, objective = optimum(question)
    (first, *_), (own, *_) = question.storages, plan.storages
    if storages == 1 and first.energy_wh >= first.reserve_wh:
        goals = len({goal.step for goal in reach_of(question, first).goals})
        assert own.shortfall_wh / 1000 <= missing_kwh + 2e-4
        assert goals > 1 or own.shortfall_wh / 1000 == pytest.approx(missing_kwh, abs=2e-4)
    base_w = question.steps.base_load_w - question.steps.pv_w
    if (base_w <= question.limits.import_w).all():
        assert plan.objective == pytest.approx(objective, rel=1e-6, abs=1e-6)
        assert plan.gap == 0.0


@pytest.mark.parametrize("negative", [False, True])
def test_a_day_of_one_battery_is_worth_what_a_second_solver_finds(negative: bool) -> None:
    storage = Storage(10_000.0, 3_000.0, 5_000.0, 5_000.0, 0.9, 1_000.0, end_wh=3_000.0)
    question = ChargeQuestion(
        (storage,), quarter_steps(**a_day(1, negative=negative)), export_allowed=True
    )

    plan = by_charge(question)

    check(question, plan)
    _, objective = optimum(question)
    assert plan.bill == pytest.approx(objective, abs=1e-6)
    assert same(plan, by_charge(question))


def test_a_house_with_battery_car_sun_and_load_keeps_its_connection() -> None:
    battery = Storage(10_000.0, 3_000.0, 5_000.0, 5_000.0, 0.9, 1_000.0, end_wh=3_000.0)
    car = Storage(
        60_000.0,
        20_000.0,
        7_400.0,
        0.0,
        0.9,
        target_wh=45_000.0,
        ready_us=START_US + 28 * QUARTER_US,
    )
    limits = PowerLimits(6_000.0, 4_000.0)
    question = ChargeQuestion((battery, car), quarter_steps(**a_day(2)), limits)

    plan = by_charge(question)

    check(question, plan)
    assert [storage.status for storage in plan.storages] == ["COMPLETE", "COMPLETE"]
    missing_kwh, objective = optimum(question)
    assert missing_kwh == pytest.approx(0, abs=1e-9)
    assert plan.bill == pytest.approx(objective, abs=1e-6)


@pytest.mark.parametrize("seed", range(25))
def test_the_closed_form_of_a_charger_agrees_with_the_programme(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held = float(rng.uniform(0, 50_000))
    storage = Storage(
        60_000.0,
        held,
        11_000.0,
        efficiency=float(rng.choice([0.85, 1.0])),
        target_wh=min(60_000.0, held + float(rng.uniform(0, 30_000))),
        ready_us=START_US + int(rng.integers(1, 25)) * QUARTER_US,
    )
    prices = rng.choice([0.0, 0.1, 0.1, 0.2, 0.3], 24)
    limits = PowerLimits(import_w=float(rng.choice([6_000.0, np.inf])))
    question = ChargeQuestion((storage,), quarter_steps(prices), limits)
    meter, reach = GridMeter(question), reach_of(question, storage)

    exact = charge_only(question, meter, reach)
    by_programme = best_powers(question, meter, [reach])

    assert exact is not None
    assert exact == pytest.approx(by_programme.charge_w[0], abs=0.1)
    check(question, by_charge(question))


def test_a_charger_takes_the_cheapest_steps_before_the_car_leaves() -> None:
    storage = replace(CAR, ready_us=START_US + 4 * QUARTER_US)

    (car,) = by_charge(ask(storage, [0.3, 0.1, 0.3, 0.2, 0.01])).storages

    assert car.charge_w.tolist() == [8000, 8000, 0, 8000, 0]
    assert car.cost == pytest.approx(2 * (0.3 + 0.1 + 0.2))
    assert [slot.held_wh for slot in car.slots] == pytest.approx([24_000, 26_000])


def test_a_negative_price_fills_the_car_beyond_its_target() -> None:
    (car,) = by_charge(ask(CAR, [0.3, 0.1, 0.3, 0.2, -0.1])).storages

    assert car.charge_w.tolist() == [0, 8000, 0, 8000, 8000]


def test_a_battery_buys_cheap_and_serves_the_load_when_it_is_dear() -> None:
    question = ask(BATTERY, [0.1, 0.1, 0.4, 0.4], base_load_w=[0, 0, 3000, 3000])

    (battery,) = by_charge(question).storages

    assert battery.charge_w.tolist() == [4000, 2000, 0, 0]
    assert battery.discharge_w.tolist() == [0, 0, 3000, 3000]
    assert battery.cost == pytest.approx(1.5 * 0.1 - 1.5 * 0.4)


def test_a_battery_feeds_the_grid_only_where_that_is_allowed() -> None:
    question = ask(BATTERY, [0.1, 0.1, 0.4, 0.4], export=[0, 0, 0.3, 0.3])
    exporting = replace(question, export_allowed=True)

    assert by_charge(question).bill == 0.0
    plan = by_charge(exporting)
    assert plan.bill == pytest.approx(2 * (0.1 - 0.3))
    assert plan.export_w.tolist() == [0, 0, 4000, 4000]


@pytest.mark.parametrize("efficiency", [0.8, 1.0])
def test_a_flat_price_moves_nothing(efficiency: float) -> None:
    storage = replace(BATTERY, efficiency=efficiency)
    plan = by_charge(ask(storage, [0.2] * 288, export=[0.2] * 288, export_allowed=True))

    assert plan.storages[0].slots == ()


def test_negative_prices_do_not_make_a_battery_burn_energy_both_ways_at_once() -> None:
    storage = replace(BATTERY, efficiency=0.5, energy_wh=10_000.0, end_wh=10_000.0)
    question = ask(
        storage, [-0.5] * 6, export=[-0.5] * 6, base_load_w=[500] * 6, export_allowed=True
    )

    plan = by_charge(question)

    check(question, plan)
    assert plan.objective == pytest.approx(optimum(question)[1], abs=1e-6)
    both = (plan.storages[0].charge_w > 0) & (plan.storages[0].discharge_w > 0)
    assert not both.any()


def test_selling_above_the_buying_price_does_not_buy_and_sell_at_once() -> None:
    question = ask(BATTERY, [0.1] * 4, export=[0.3] * 4, base_load_w=[500] * 4, export_allowed=True)

    plan = by_charge(question)

    check(question, plan)
    assert not ((plan.import_w > 1e-6) & (plan.export_w > 1e-6)).any()
    assert plan.bill == pytest.approx(optimum(question)[1], abs=1e-6)


def test_the_objective_decides_when_a_battery_runs() -> None:
    series = {"base_load_w": [0, 0, 4000, 4000], "carbon_per_kwh": [400, 400, 100, 100]}
    cost = by_charge(ask(BATTERY, [0.1, 0.1, 0.4, 0.4], **series))
    carbon = by_charge(ask(BATTERY, [0.1, 0.1, 0.4, 0.4], objective="CARBON", **series))

    assert cost.storages[0].discharge_w.sum() > 0
    assert not carbon.storages[0].slots
    assert carbon.objective == pytest.approx(2 * 100)


def test_self_consumption_keeps_the_sun_even_where_selling_pays_more() -> None:
    series = {"pv_w": [4000, 4000, 0, 0], "base_load_w": [0, 0, 2000, 2000]}
    question = ask(BATTERY, [0.2] * 4, export=[0.3] * 4, objective="SELF_CONSUMPTION", **series)

    (battery,) = by_charge(question).storages

    assert battery.charge_w.sum() > 0
    assert battery.discharge_w.tolist() == [0, 0, 2000, 2000]
