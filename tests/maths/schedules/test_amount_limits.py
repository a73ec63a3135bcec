"""What a site's own load and the least powers of chargers leave of a limit, in plans by amount.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

import os
from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.amount_rules import START_US, check
from tests.maths.schedules.patient import by_amount
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.schedules.domain.by_amount.question import (
    AmountPlan,
    AmountQuestion,
    Held,
    Need,
    PowerLimits,
    UsualLoad,
)
from wattyard.schedules.domain.prices import PriceSeries

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "6"))
QUARTER_US = HOUR_US // 4


def hourly(per_kwh: list[float]) -> PriceSeries:
    edges_us = START_US + np.arange(len(per_kwh) + 1) * HOUR_US
    return PriceSeries(edges_us, np.array(per_kwh), np.ones(len(per_kwh)))


def car(hours: tuple[float, float], energy_wh: float, **more: float) -> Need:
    start_us, end_us = (START_US + round(hour * HOUR_US) for hour in hours)
    return Need(
        "IMPORT", start_us, end_us, **{"max_power_w": 11_000.0, **more}, energy_wh=energy_wh
    )


def usual(watts: list[float]) -> UsualLoad:
    """Load of each quarter hour."""
    return UsualLoad(START_US + np.arange(len(watts) + 1) * QUARTER_US, np.array(watts))


def together_w(plan: AmountPlan, at_us: int) -> float:
    slots = [slot for device in plan.devices for slot in device.slots]
    return sum(slot.power_w for slot in slots if slot.start_us <= at_us < slot.end_us)


def test_a_plan_leaves_the_site_its_own_load() -> None:
    question = AmountQuestion(
        (car((0, 4), 12_000.0),),
        {"IMPORT": hourly([0.3, 0.1, 0.2, 0.4])},
        PowerLimits(import_w=11_000.0),
        load=usual([5_000.0] * 16),
    )

    plan = by_amount(question)

    assert plan.value.cost == pytest.approx(1.8)
    assert [(slot.power_w, slot.energy_wh) for slot in plan.devices[0].slots] == [(6_000, 12_000)]


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_no_plan_breaks_the_limit_with_the_load_that_changes_within_a_price(seed: int) -> None:
    rng = np.random.default_rng(seed)
    load = usual(rng.choice([0.0, 2_000.0, 7_000.0, 12_000.0], 16).tolist())
    least_w = float(rng.choice([0.0, 4_140.0]))
    needs = tuple(
        car((rng.integers(0, 2), rng.integers(3, 5)), rng.uniform(0, 15_000), min_power_w=least_w)
        for _ in range(3)
    )
    prices = {"IMPORT": hourly(rng.choice([0.1, 0.2, 0.3], 4).tolist())}
    question = AmountQuestion(needs, prices, PowerLimits(import_w=11_000.0), load=load)

    plan = by_amount(question)

    check(question, plan)
    starts = {slot.start_us for device in plan.devices for slot in device.slots}
    for at_us in {*load.edges_us[:-1].tolist(), *starts}:
        room_w = max(0.0, 11_000.0 - float(load.at(np.array([at_us]))[0]))
        assert together_w(plan, at_us) <= room_w + 1
    held = replace(question, held=Held(tuple(device.slots for device in plan.devices)))
    assert by_amount(held).kept


def test_a_load_above_the_limit_leaves_nothing() -> None:
    question = AmountQuestion(
        (car((0, 1), 5_000.0),),
        {"IMPORT": hourly([0.3])},
        PowerLimits(import_w=11_000.0),
        load=usual([12_000.0] * 4),
    )

    (device,) = by_amount(question).devices

    assert (device.status, device.reason, device.shortfall_wh) == ("PARTIAL", "site_power", 5_000)


@pytest.mark.parametrize(("count", "limit_w"), [(2, 11_000.0), (3, 13_000.0), (5, 22_000.0)])
def test_chargers_of_a_least_power_share_a_limit_at_no_more_cost(
    count: int, limit_w: float
) -> None:
    need = car((0, 2), 7_400.0, max_power_w=7_400.0, min_power_w=4_140.0)
    question = AmountQuestion(
        (need,) * count, {"IMPORT": hourly([0.1, 0.3])}, PowerLimits(import_w=limit_w)
    )

    plan = by_amount(question)

    check(question, plan)
    in_the_first_hour_kwh = min(limit_w, count * 7_400.0) / 1_000
    wanted_kwh = count * 7.4
    assert plan.value.cost == pytest.approx(
        in_the_first_hour_kwh * 0.1 + (wanted_kwh - in_the_first_hour_kwh) * 0.3, rel=0.04
    )


@pytest.mark.parametrize("least_w", [0.0, 1_380.0, 4_140.0])
def test_what_is_saved_does_not_depend_on_a_least_power_that_does_not_bind(least_w: float) -> None:
    question = AmountQuestion(
        (
            car((0, 4), 12_000.0, min_power_w=least_w),
            car((1, 3), 9_000.0, min_power_w=least_w),
            car((0, 3), 7_000.0, min_power_w=least_w),
        ),
        {"IMPORT": hourly([0.3, 0.1, 0.2, 0.4])},
        PowerLimits(import_w=11_000.0),
    )

    plan = by_amount(question)

    check(question, plan)
    assert plan.value.cost == pytest.approx(5.1)
    assert plan.value.savings == pytest.approx(0.5)
