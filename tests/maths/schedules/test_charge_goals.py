"""Charging plans say what binds, stay when held, and refuse what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.charge_cases import BATTERY, CAR, a_day, ask
from tests.maths.schedules.charge_rules import (
    QUARTER_US,
    START_US,
    check,
    quarter_steps,
    random_house,
)
from tests.maths.schedules.patient import by_charge
from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSlot,
    ChargeSteps,
    HeldCharge,
    Storage,
)
from wattyard.schedules.domain.prices import MINUTE_US
from wattyard.schedules.domain.refusals import StorageInvalid
from wattyard.schedules.domain.steps import mean_over, step_edges


@pytest.mark.parametrize(
    ("storage", "limits", "reason"),
    [
        (replace(CAR, target_wh=40_000.0), PowerLimits(), "window_too_short"),
        (replace(CAR, charge_w=0.0), PowerLimits(), "device_power"),
        (CAR, PowerLimits(import_w=5_000.0), "site_power"),
        (replace(BATTERY, reserve_wh=9_900.0), PowerLimits(), "reserve"),
    ],
)
def test_what_cannot_be_reached_is_approached_and_says_why(
    storage: Storage, limits: PowerLimits, reason: str
) -> None:
    question = replace(ask(storage, [0.3, 0.1, 0.3, 0.2]), limits=limits)

    plan = by_charge(question)

    check(question, plan)
    (own,) = plan.storages
    assert (own.status, own.reason) == ("PARTIAL", reason)
    freed = {
        "window_too_short": ask(storage, [0.3] * 24),
        "device_power": ask(CAR, [0.3] * 4),
        "site_power": replace(question, limits=PowerLimits()),
        "reserve": ask(replace(storage, reserve_wh=5_000.0), [0.3] * 4),
    }[reason]
    assert by_charge(freed).storages[0].status == "COMPLETE"


def test_two_cars_on_a_small_connection_miss_as_little_as_possible_together() -> None:
    question = replace(
        ChargeQuestion((CAR, CAR), quarter_steps([0.3, 0.1, 0.3, 0.2])),
        limits=PowerLimits(import_w=10_000.0),
    )

    plan = by_charge(question)

    check(question, plan)
    assert sum(own.shortfall_wh for own in plan.storages) == pytest.approx(2_000.0, abs=0.1)
    assert {own.reason for own in plan.storages if own.reason} == {"site_power"}


def test_a_battery_does_not_give_its_reserve_for_the_goal_of_a_car() -> None:
    battery = replace(BATTERY, reserve_wh=3_500.0, end_wh=None)
    question = ChargeQuestion(
        (battery, CAR), quarter_steps([0.2] * 4), PowerLimits(import_w=4_000.0)
    )

    plan = by_charge(question)

    check(question, plan)
    assert plan.storages[0].held_wh.min() == pytest.approx(3_500.0)
    assert plan.storages[1].shortfall_wh == pytest.approx(6_000 - 4_000 - 500)


def test_three_days_of_negative_noons_get_a_good_plan_in_bounded_time() -> None:
    day = a_day(1, negative=True)
    series = {name: np.tile(numbers, 3) for name, numbers in day.items()}
    storages = (replace(BATTERY, efficiency=0.9), replace(CAR, target_wh=50_000.0))
    question = ChargeQuestion(
        storages, quarter_steps(**series), PowerLimits(9_000.0, 9_000.0), export_allowed=True
    )

    plan = by_charge(question)

    check(question, plan)
    assert [storage.status for storage in plan.storages] == ["COMPLETE", "COMPLETE"]
    at_once = by_charge(replace(question, storages=(storages[1],)))
    assert plan.bill < at_once.bill


def test_a_store_below_its_reserve_is_charged_at_once() -> None:
    storage = replace(BATTERY, energy_wh=1_000.0, reserve_wh=2_500.0, end_wh=None)

    plan = by_charge(ask(storage, [0.9, 0.9, 0.1, 0.1], explain=True))

    (own,) = plan.storages
    assert own.charge_w.tolist() == [4000, 2000, 0, 0]
    assert own.status == "COMPLETE"
    assert {slot.why for slot in own.slots} == {"reserve"}


def test_a_goal_before_the_first_step_ends_is_judged_by_what_is_held_now() -> None:
    storage = replace(CAR, ready_us=START_US)

    (own,) = by_charge(ask(storage, [0.1, 0.2])).storages

    assert own.shortfall_wh == pytest.approx(6_000.0)
    assert own.reason == "window_too_short"


@pytest.mark.parametrize("seed", range(15))
def test_a_wider_connection_never_costs_more_and_scaled_prices_scale_the_bill(seed: int) -> None:
    question = replace(random_house(500 + seed), objective="COST", limits=PowerLimits(9_000, 9_000))
    wider = replace(question, limits=PowerLimits(20_000.0, 20_000.0))
    steps = question.steps
    doubled = replace(
        question,
        steps=replace(
            steps,
            import_per_kwh=2 * steps.import_per_kwh,
            export_per_kwh=2 * steps.export_per_kwh,
        ),
    )

    plan, more, twice = by_charge(question), by_charge(wider), by_charge(doubled)

    assert more.storages[0].shortfall_wh <= plan.storages[0].shortfall_wh + 1
    if more.storages[0].shortfall_wh >= plan.storages[0].shortfall_wh - 1:
        assert more.bill <= plan.bill + 1e-6
    assert twice.bill == pytest.approx(2 * plan.bill, abs=1e-6)


def test_a_window_of_one_minute_is_planned() -> None:
    steps = ChargeSteps(np.array([START_US, START_US + MINUTE_US]), np.array([0.2]))
    storage = replace(CAR, target_wh=20_100.0)

    plan = by_charge(ChargeQuestion((storage,), steps))

    assert plan.storages[0].charge_w.tolist() == pytest.approx([6000.0])


def test_a_held_plan_stays_until_a_new_one_saves_enough() -> None:
    old = by_charge(ask(CAR, [0.1, 0.1, 0.1, 0.3, 0.3])).storages[0].slots
    question = ask(CAR, [0.3, 0.2, 0.2, 0.2, 0.3])
    gain = 2 * 0.1

    stays = by_charge(replace(question, held=HeldCharge((old,), gain + 1e-6)))
    goes = by_charge(replace(question, held=HeldCharge((old,), gain - 1e-6)))

    assert stays.kept
    assert [(s.start_us, s.power_w) for s in stays.storages[0].slots] == [
        (s.start_us, s.power_w) for s in old
    ]
    assert not goes.kept
    assert goes.bill == pytest.approx(stays.bill - gain)


@pytest.mark.parametrize("seed", range(25))
def test_the_rest_of_a_plan_stays_when_it_is_asked_for_again_later(seed: int) -> None:
    question = random_house(700 + seed, negative=seed % 2 == 0)
    (storage,), steps = question.storages, question.steps
    (own,) = by_charge(question).storages
    rest = ChargeSteps(
        steps.edges_us[3:],
        *(getattr(steps, name)[3:] for name in ("import_per_kwh", "export_per_kwh")),
        *(getattr(steps, name)[3:] for name in ("confidence", "carbon_per_kwh")),
        *(getattr(steps, name)[3:] for name in ("pv_w", "base_load_w")),
    )
    later = replace(
        question,
        storages=(
            replace(storage, energy_wh=float(np.clip(own.held_wh[2], 0, storage.capacity_wh))),
        ),
        steps=rest,
        held=HeldCharge((own.slots,)),
        explain=True,
    )

    again = by_charge(later)

    assert again.kept
    check(later, again)
    assert again.storages[0].charge_w == pytest.approx(own.charge_w[3:], abs=0.01)


@pytest.mark.parametrize(
    "slot",
    [
        ChargeSlot(START_US, START_US + 3 * QUARTER_US, "CHARGE", 9_000.0),
        ChargeSlot(START_US, START_US + 3 * QUARTER_US, "DISCHARGE", 8_000.0),
        ChargeSlot(START_US, START_US + 2 * QUARTER_US, "CHARGE", 8_000.0),
    ],
)
def test_a_held_plan_that_breaks_a_limit_or_misses_the_goal_goes(slot: ChargeSlot) -> None:
    question = ask(CAR, [0.3, 0.2, 0.2, 0.2], held=HeldCharge(((slot,),), 1000.0))

    plan = by_charge(question)

    assert not plan.kept
    check(question, plan)


def test_each_slot_can_say_why_it_is_where_it_is() -> None:
    def whys(question: ChargeQuestion) -> set[str | None]:
        plan = by_charge(replace(question, explain=True))
        return {slot.why for slot in plan.storages[0].slots}

    assert whys(ask(CAR, [0.3, 0.1, 0.2, 0.3])) == {"cheapest"}
    assert whys(ask(CAR, [0.3, 0.1, 0.2])) == {"deadline"}
    assert whys(ask(CAR, [0.3] * 5, pv_w=[9000] * 5)) == {"solar"}
    fused = replace(ask(CAR, [0.3, 0.1, 0.1, 0.1, 0.3]), limits=PowerLimits(6_000.0))
    assert whys(fused) == {"site_limit", "cheapest"}
    selling = ask(BATTERY, [0.1, 0.4], export=[0.0, 0.3], export_allowed=True)
    assert whys(selling) == {"cheapest", "export"}


def test_confidence_is_weighted_by_energy() -> None:
    question = ask(CAR, [0.1, 0.2, 0.3, 0.9], confidence=[1.0, 0.5, 0.3, 0.1])

    assert by_charge(question).storages[0].confidence == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"capacity_wh": 0.0}, "capacity_wh"),
        ({"energy_wh": 70_000.0}, "energy_wh"),
        ({"charge_w": -1.0}, "charge_w"),
        ({"efficiency": 0.0}, "efficiency"),
        ({"target_wh": 61_000.0}, "target_wh"),
    ],
)
def test_a_store_outside_its_ranges_is_refused(changes: dict[str, float], param: str) -> None:
    with pytest.raises(StorageInvalid) as refused:
        replace(CAR, **changes)  # type: ignore[arg-type]
    assert refused.value.first.param == param


def test_steps_are_quarter_hours_cut_where_prices_change_and_where_a_car_leaves() -> None:
    prices = START_US + np.array([-60, 20, 80]) * MINUTE_US
    cut = START_US + 50 * MINUTE_US

    edges = step_edges(START_US + 5 * MINUTE_US, START_US + 60 * MINUTE_US, [prices], cuts_us=[cut])

    assert ((edges - START_US) // MINUTE_US).tolist() == [5, 15, 20, 30, 45, 50, 60]


def test_a_series_is_averaged_over_steps_and_goes_on_beyond_its_ends() -> None:
    edges = START_US + np.array([0, 30, 60]) * MINUTE_US
    onto = START_US + np.array([-30, 0, 15, 45, 60, 90]) * MINUTE_US

    means = mean_over(edges, np.array([100.0, 300.0]), onto)

    assert means.tolist() == pytest.approx([100, 100, 200, 300, 300])
