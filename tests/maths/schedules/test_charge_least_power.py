"""A charger runs at its least power or more, or not at all, and for a part of a step at the end.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (8 by default).
"""

import os
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from tests.maths.schedules.charge_cases import ask
from tests.maths.schedules.charge_rules import check, optimum, random_house
from tests.maths.schedules.patient import by_charge
from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargePlan,
    ChargeQuestion,
    HeldCharge,
    Storage,
)

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "8"))
CAR = Storage(50_000.0, 25_000.0, 11_000.0, target_wh=29_000.0, least_w=4_140.0, car=True)


def test_what_the_least_power_does_not_divide_ends_the_last_slot_early() -> None:
    question = ask(replace(CAR, target_wh=28_000.0), [0.3] * 4)

    plan = by_charge(question)

    check(question, plan)
    assert plan.bill == pytest.approx(0.9)
    assert [slot.power_w for slot in plan.storages[0].slots] == pytest.approx(
        [11_000, 4_140], abs=1
    )


def test_the_sun_alone_does_not_run_a_charger_that_needs_more() -> None:
    question = ask(CAR, [0.3] * 16, export=[0.1] * 16, pv_w=[2_000.0] * 16)

    plan = by_charge(question)

    check(question, plan)
    running_hours = 4 / 4.14
    grid = running_hours * (2.14 * 0.3 + 2 * 0.1)
    assert plan.storages[0].cost == pytest.approx(grid, abs=1e-5)
    assert len(plan.storages[0].slots) == 1


def test_a_least_power_above_the_connection_charges_nothing() -> None:
    question = replace(ask(CAR, [0.3] * 4), limits=PowerLimits(import_w=4_000.0))

    (car,) = by_charge(question).storages

    assert (car.slots, car.status, car.reason) == ((), "PARTIAL", "site_power")


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_a_plan_with_a_least_power_costs_no_more_than_one_that_holds_it_all_step_long(
    seed: int, negative: bool
) -> None:
    question = with_least_power(random_house(seed, negative=negative))

    plan = by_charge(question)

    check(question, plan)
    freely = by_charge(freed(question))
    if not comparable(question, freely):
        return
    missing_kwh, objective = optimum(question)
    assert plan.storages[0].shortfall_wh / 1000 <= missing_kwh + 2e-4
    if missing_kwh < 1e-6:
        assert plan.objective <= objective + 1e-5 * max(1.0, abs(objective))
        assert plan.objective >= freely.objective - 1e-5


def comparable(question: ChargeQuestion, freely: ChargePlan) -> bool:
    """Whether a plan is exact: it only charges, and nothing tempts to both ways at once."""
    steps, (storage,) = question.steps, question.storages
    return (
        storage.discharge_w == 0.0
        and question.objective == "COST"
        and freely.storages[0].status == "COMPLETE"
        and bool((steps.export_per_kwh <= steps.import_per_kwh).all())
        and bool((np.minimum(steps.import_per_kwh, steps.export_per_kwh) >= 0.0).all())
        and bool((steps.net_w <= question.limits.import_w).all())
    )


def with_least_power(question: ChargeQuestion) -> ChargeQuestion:
    (storage,) = question.storages
    return replace(question, storages=(replace(storage, least_w=0.4 * storage.charge_w),))


def freed(question: ChargeQuestion) -> ChargeQuestion:
    return replace(question, storages=(replace(question.storages[0], least_w=0.0),))


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_with_a_least_power_stays_when_it_is_asked_for_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prices = rng.choice([0.1, 0.2, 0.3], 16).tolist()
    question = ask(CAR, prices, export=[0.05] * 16, pv_w=rng.uniform(0, 6_000, 16).tolist())
    plan = by_charge(question)

    again = by_charge(replace(question, held=HeldCharge((plan.storages[0].slots,), 1e-6)))

    assert again.kept
    assert [(s.start_us, s.end_us) for s in again.storages[0].slots] == [
        (s.start_us, s.end_us) for s in plan.storages[0].slots
    ]
    assert question.limits.import_w == inf
