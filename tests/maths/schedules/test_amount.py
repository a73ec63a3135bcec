"""Plans by amount keep every rule, cost no more than a second solver's, and say what binds."""

from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.amount_rules import (
    QUARTER_US,
    START_US,
    check,
    cost_of,
    optimum,
    quarters,
)
from tests.maths.schedules.patient import by_amount
from wattyard.schedules.domain.by_amount import plan as amounts
from wattyard.schedules.domain.by_amount.question import (
    AmountQuestion,
    Held,
    Need,
    PowerLimits,
    Shaving,
)
from wattyard.schedules.domain.by_amount.shared_steps import alone, shared_steps
from wattyard.schedules.domain.by_amount.sharing import shared
from wattyard.schedules.domain.by_amount.stability import clipped
from wattyard.schedules.domain.prices import MINUTE_US, PriceSeries
from wattyard.schedules.domain.refusals import (
    EndTimeInvalid,
    EnergyInvalid,
    MinPowerInvalid,
)

LEVELS = [-0.05, 0.0, 0.1, 0.1, 0.2, 0.35]


def random_question(
    seed: int, *, devices: int = 3, steps: int = 12, least: bool = False, flat: bool = False
) -> AmountQuestion:
    rng = np.random.default_rng(seed)
    prices = np.full(steps, 0.2) if flat else rng.choice(LEVELS, steps)
    needs = []
    for _ in range(devices):
        first = int(rng.integers(0, (steps - 1) * 15))
        last = int(rng.integers(first + 1, steps * 15 + 1))
        power = float(rng.choice([2000.0, 3700.0, 7400.0, 11000.0]))
        full_wh = power * (last - first) / 60
        needs.append(
            Need(
                direction="IMPORT" if rng.random() < 0.75 else "EXPORT",
                start_us=START_US + first * MINUTE_US,
                end_us=START_US + last * MINUTE_US,
                max_power_w=power,
                energy_wh=round(float(rng.uniform(0, 1.1)) * full_wh, 1),
                min_power_w=0.6 * power if least and rng.random() < 0.7 else 0.0,
            )
        )
    limit = float(rng.choice([5000.0, 9000.0, 14000.0]))
    shaving = Shaving(relative=float(rng.uniform(0.3, 1)) if rng.random() < 0.3 else None)
    return AmountQuestion(
        needs=tuple(needs),
        prices={"IMPORT": quarters(prices), "EXPORT": quarters(prices - 0.03)},
        limits=PowerLimits(import_w=limit, export_w=limit),
        shaving=shaving,
    )


def one_car(per_kwh: list[float], **changes: object) -> AmountQuestion:
    need = Need("IMPORT", START_US, START_US + len(per_kwh) * QUARTER_US, 8000.0, 3000.0)
    return AmountQuestion((replace(need, **changes),), {"IMPORT": quarters(per_kwh)})  # type: ignore[arg-type]


def minutes(instants: list[int]) -> list[float]:
    return [(instant - START_US) / MINUTE_US for instant in instants]


@pytest.mark.parametrize("seed", range(80))
def test_a_joint_plan_keeps_the_rules_and_costs_what_a_second_solver_finds(seed: int) -> None:
    question = random_question(seed, devices=1 + seed % 5)

    plan = by_amount(question)

    check(question, plan)
    unmet_kwh, cost = optimum(question)
    assert sum(d.shortfall_wh for d in plan.devices) / 1000 == pytest.approx(unmet_kwh, abs=2e-5)
    assert plan.value.cost == pytest.approx(cost, abs=1e-6)
    assert plan.value.savings >= -1e-9
    assert plan.gap == 0.0


@pytest.mark.parametrize("seed", range(30))
def test_least_powers_are_held_and_the_plan_costs_no_more_than_a_second_solvers(seed: int) -> None:
    question = random_question(1000 + seed, devices=2 + seed % 3, steps=8, least=True)

    plan = by_amount(question)

    check(question, plan)
    unmet_kwh, cost = optimum(question)
    ours = sum(d.shortfall_wh for d in plan.devices) / 1000
    assert ours <= unmet_kwh + 2e-5
    if ours >= unmet_kwh - 2e-5:
        assert plan.value.cost <= cost + 1e-6


@pytest.mark.parametrize("seed", range(30))
def test_the_closed_form_of_one_device_agrees_with_the_linear_programme(seed: int) -> None:
    question = random_question(2000 + seed, devices=1, steps=30)
    (need,) = question.needs
    steps = shared_steps(question, need.direction)

    exact = alone(steps, steps.cheapest_first, steps.allowed, steps.needed_wh)
    by_programme = shared(steps, steps.cheapest_first, steps.allowed, steps.needed_wh)

    assert exact == pytest.approx(by_programme, abs=1e-3)


def test_a_single_device_fills_the_cheapest_time_and_the_earliest_part_of_the_last() -> None:
    plan = by_amount(one_car([0.3, 0.1, 0.2, 0.1], energy_wh=4500.0))

    (car,) = plan.devices
    assert minutes([car.slots[0].start_us, car.slots[0].end_us]) == [15, 30 + 3.75]
    assert minutes([car.slots[1].start_us, car.slots[1].end_us]) == [45, 60]
    assert plan.value.cost == pytest.approx(2 * 2 * 0.1 + 0.5 * 0.2)
    assert plan.value.savings == pytest.approx(2 * 0.3 + 2 * 0.1 + 0.5 * 0.2 - 0.5)


@pytest.mark.parametrize("count", [1, 3, 12])
def test_with_a_flat_price_devices_start_at_once_in_the_order_named(count: int) -> None:
    need = Need("IMPORT", START_US, START_US + 96 * QUARTER_US, 4000.0, 4000.0)
    question = AmountQuestion(
        (need,) * count, {"IMPORT": quarters([0.2] * 96)}, PowerLimits(import_w=4000.0)
    )

    plan = by_amount(question)

    check(question, plan)
    starts = [device.slots[0].start_us for device in plan.devices]
    assert starts == [START_US + hour * 4 * QUARTER_US for hour in range(count)]
    assert all(len(device.slots) == 1 for device in plan.devices)
    assert plan.value.savings == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", range(2, 14))
@pytest.mark.parametrize("limit_w", [11_000.0, 22_000.0, 22_080.0])
def test_equal_devices_share_a_limit_side_by_side(count: int, limit_w: float) -> None:
    hour = np.array([START_US, START_US + 4 * QUARTER_US])
    price = PriceSeries(hour, np.array([0.2]), np.array([1.0]))
    need = Need("IMPORT", int(hour[0]), int(hour[1]), max_power_w=7_000.0, energy_wh=1_000.0)
    question = AmountQuestion((need,) * count, {"IMPORT": price}, PowerLimits(import_w=limit_w))
    plan = by_amount(question)
    check(question, plan)
    assert plan.energy_wh == pytest.approx(min(count * 1_000.0, limit_w), abs=1)


def test_fifty_devices_on_one_fuse_share_it_without_breaking_it() -> None:
    rng = np.random.default_rng(7)
    needs = tuple(
        Need(
            "IMPORT",
            START_US + int(rng.integers(0, 60)) * QUARTER_US,
            START_US + int(rng.integers(100, 193)) * QUARTER_US,
            float(rng.choice([3700, 7400, 11000])),
            float(rng.uniform(5000, 30000)),
        )
        for _ in range(50)
    )
    prices = quarters(rng.normal(0.2, 0.1, 192).round(4))
    question = AmountQuestion(needs, {"IMPORT": prices}, PowerLimits(import_w=40_000.0))

    plan = by_amount(question)

    check(question, plan)
    assert all(device.status == "COMPLETE" for device in plan.devices)
    assert plan.value.cost == pytest.approx(optimum_of_linear(question), abs=1e-6)
    assert by_amount(question) == plan


def optimum_of_linear(question: AmountQuestion) -> float:
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    per_kwh = question.prices["IMPORT"].per_kwh
    names = [
        (d, s)
        for d, need in enumerate(question.needs)
        for s in range(per_kwh.size)
        if need.start_us <= START_US + s * QUARTER_US < need.end_us
    ]
    columns = np.arange(len(names))
    owner, step = np.array(names).T
    ones = np.ones(columns.size)
    answer = linprog(
        per_kwh[step],
        A_ub=coo_array((ones, (step, columns)), shape=(per_kwh.size, columns.size)),
        b_ub=np.full(per_kwh.size, question.limits.import_w / 4000),
        A_eq=coo_array((ones, (owner, columns)), shape=(len(question.needs), columns.size)),
        b_eq=[need.energy_wh / 1000 for need in question.needs],
        bounds=[(0, question.needs[d].max_power_w / 4000) for d in owner],
    )
    return float(answer.fun)


def test_fifty_devices_with_least_powers_get_a_good_plan_however_short_the_time() -> None:
    needs = tuple(
        Need("IMPORT", START_US, START_US + 24 * QUARTER_US, 7000.0, 2000.0 + 40 * k, 4000.0)
        for k in range(50)
    )
    rng = np.random.default_rng(3)
    question = AmountQuestion(
        needs,
        {"IMPORT": quarters(rng.normal(0.2, 0.1, 24))},
        PowerLimits(import_w=30_000.0),
        seconds=0.05,
    )

    plan = amounts.by_amount(question)

    check(question, plan)
    assert all(device.status == "COMPLETE" for device in plan.devices)
    assert plan.value.cost <= 1.2 * optimum_of_linear(question)
    assert 0.0 <= plan.gap <= 1.0


@pytest.mark.parametrize(
    ("changes", "limits", "shaving", "reason"),
    [
        ({"energy_wh": 9000.0}, PowerLimits(), Shaving(), "window_too_short"),
        ({"max_power_w": 0.0}, PowerLimits(), Shaving(), "device_power"),
        ({"energy_wh": 7000.0}, PowerLimits(import_w=4000.0), Shaving(), "site_power"),
        ({"min_power_w": 5000.0}, PowerLimits(import_w=4000.0), Shaving(), "site_power"),
        ({"energy_wh": 7000.0}, PowerLimits(), Shaving(absolute=0.2), "price_limit"),
    ],
)
def test_what_cannot_be_reached_is_planned_as_far_as_it_goes_and_says_why(
    changes: dict[str, object], limits: PowerLimits, shaving: Shaving, reason: str
) -> None:
    question = replace(one_car([0.1, 0.2, 0.3, 0.4], **changes), limits=limits, shaving=shaving)

    (car,) = by_amount(question).devices

    check(question, by_amount(question))
    assert (car.status, car.reason) == ("PARTIAL", reason)
    assert car.shortfall_wh > 0
    freed = {
        "window_too_short": one_car([0.1] * 8, **changes),
        "device_power": one_car([0.1] * 4, **{**changes, "max_power_w": 8000.0}),
        "site_power": replace(question, limits=PowerLimits()),
        "price_limit": replace(question, shaving=Shaving()),
    }[reason]
    assert by_amount(freed).devices[0].status == "COMPLETE"


@pytest.mark.parametrize("seed", range(20))
def test_a_more_generous_limit_never_costs_more_and_scaled_prices_scale_the_cost(
    seed: int,
) -> None:
    question = random_question(3000 + seed, devices=4, steps=16)
    plan = by_amount(question)
    limits = question.limits
    wider = replace(question, limits=PowerLimits(limits.import_w * 1.5, limits.export_w * 1.5))
    tripled = replace(
        question, prices={d: replace(p, per_kwh=p.per_kwh * 3) for d, p in question.prices.items()}
    )

    more = by_amount(wider)

    unmet, less_unmet = (sum(d.shortfall_wh for d in p.devices) for p in (plan, more))
    assert less_unmet <= unmet + 0.1
    if less_unmet >= unmet - 0.1:
        assert more.value.cost <= plan.value.cost + 1e-6
    assert by_amount(tripled).value.cost == pytest.approx(3 * plan.value.cost, abs=1e-6)


def test_a_window_of_one_minute_is_planned() -> None:
    question = one_car([0.2], end_us=START_US + MINUTE_US, energy_wh=100.0)

    (car,) = by_amount(question).devices

    assert car.status == "COMPLETE"
    assert minutes([car.slots[0].start_us, car.slots[0].end_us]) == [0, 0.75]


def test_a_held_plan_stays_until_a_new_one_saves_enough() -> None:
    question = one_car([0.3, 0.1, 0.2, 0.1])
    late = one_car([0.3, 0.3, 0.3, 0.1])
    held_slots = by_amount(late).devices[0].slots
    new = by_amount(question)
    held = by_amount(replace(question, held=Held((held_slots,), keep_unless_saves=10.0)))
    gain = held.value.cost - new.value.cost

    assert held.kept
    assert held.devices[0].slots == held_slots
    assert gain > 0
    assert held.value.cost == pytest.approx(cost_of(question, held))
    stays = by_amount(replace(question, held=Held((held_slots,), gain + 1e-6)))
    goes = by_amount(replace(question, held=Held((held_slots,), gain - 1e-6)))
    assert stays.kept
    assert not goes.kept
    assert goes.devices == new.devices


@pytest.mark.parametrize("seed", range(25))
def test_the_rest_of_a_plan_stays_when_it_is_asked_for_again_later(seed: int) -> None:
    question = replace(random_question(4000 + seed, devices=4), shaving=Shaving())
    plan = by_amount(question)
    later_us = START_US + 45 * MINUTE_US
    ahead = [
        (need, device)
        for need, device in zip(question.needs, plan.devices, strict=True)
        if need.end_us > later_us
    ]
    needs = tuple(
        replace(
            need,
            start_us=max(need.start_us, later_us),
            energy_wh=sum(slot.energy_wh for slot in clipped(device.slots, later_us, need.end_us)),
        )
        for need, device in ahead
    )
    held = Held(tuple(device.slots for _, device in ahead))

    again = by_amount(replace(question, needs=needs, held=held))

    assert again.kept
    check(replace(question, needs=needs), again)
    for (need, device), own in zip(ahead, again.devices, strict=True):
        rest = clipped(device.slots, max(need.start_us, later_us), need.end_us)
        assert own.slots == tuple(rest)


@pytest.mark.parametrize(
    "changes", [{"max_power_w": 4000.0}, {"energy_wh": 3500.0}, {"end_us": START_US + QUARTER_US}]
)
def test_a_held_plan_that_no_longer_fits_goes_whatever_it_saves(changes: dict[str, object]) -> None:
    slots = by_amount(one_car([0.3, 0.1, 0.2, 0.1])).devices[0].slots
    question = replace(one_car([0.3, 0.1, 0.2, 0.1], **changes), held=Held((slots,), 1000.0))

    plan = by_amount(question)

    assert not plan.kept
    check(question, plan)


def test_each_slot_can_say_why_it_is_where_it_is() -> None:
    cheapest = by_amount(replace(one_car([0.3, 0.1]), explain=True))
    flat_out = by_amount(replace(one_car([0.3, 0.1], energy_wh=4000.0), explain=True))
    shaved = by_amount(
        replace(one_car([0.3, 0.1], energy_wh=2000.0), shaving=Shaving(absolute=0.2), explain=True)
    )
    fused = by_amount(
        replace(one_car([0.3, 0.1]), limits=PowerLimits(import_w=6000.0), explain=True)
    )

    assert {slot.why for slot in cheapest.devices[0].slots} == {"cheapest"}
    assert {slot.why for slot in flat_out.devices[0].slots} == {"deadline"}
    assert {slot.why for slot in shaved.devices[0].slots} == {"price_limit"}
    assert [slot.why for slot in fused.devices[0].slots] == ["site_limit", "cheapest"]


def test_confidence_is_weighted_by_energy() -> None:
    prices = replace(quarters([0.1, 0.2]), confidence=np.array([1.0, 0.4]))
    question = replace(one_car([0.1, 0.2]), prices={"IMPORT": prices})

    assert by_amount(question).value.confidence == pytest.approx((2 * 1 + 1 * 0.4) / 3)


def test_contradictions_inside_a_need_are_refused() -> None:
    need = Need("IMPORT", 0, 1, 8000.0, 3000.0)
    for changes, refusal in (
        ({"end_us": 0}, EndTimeInvalid),
        ({"energy_wh": -1.0}, EnergyInvalid),
        ({"max_power_w": float("nan")}, EnergyInvalid),
        ({"min_power_w": 9000.0}, MinPowerInvalid),
    ):
        with pytest.raises(refusal):
            replace(need, **changes)
