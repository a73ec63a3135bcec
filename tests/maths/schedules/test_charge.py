"""Charging plans keep every rule, are as good as a second solver's, and say what binds."""

from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.charge_rules import (
    QUARTER_US,
    START_US,
    check,
    optimum,
    quarter_steps,
    random_house,
    worth,
)
from wattyard.schedules.domain.amount import PowerLimits
from wattyard.schedules.domain.charge import (
    ChargePlan,
    ChargeQuestion,
    ChargeSlot,
    ChargeSteps,
    HeldCharge,
    Store,
)
from wattyard.schedules.domain.charge_only import charge_only
from wattyard.schedules.domain.charge_plan import by_charge
from wattyard.schedules.domain.charge_solution import best_powers
from wattyard.schedules.domain.meter import Meter
from wattyard.schedules.domain.prices import MINUTE_US
from wattyard.schedules.domain.reach import reach_of
from wattyard.schedules.domain.refusals import StoreInvalid
from wattyard.schedules.domain.steps import mean_over, step_edges

CAR = Store(60_000.0, 20_000.0, 8_000.0, target_wh=26_000.0)
BATTERY = Store(10_000.0, 4_000.0, 4_000.0, 4_000.0, end_wh=4_000.0)


def ask(store: Store, per_kwh: list[float], **changes: object) -> ChargeQuestion:
    export = np.array(changes.pop("export", np.zeros(len(per_kwh))), dtype=np.float64)
    series = {
        name: np.array(changes.pop(name), dtype=np.float64)
        for name in ("pv_w", "base_load_w", "carbon_per_kwh", "confidence")
        if name in changes
    }
    steps = quarter_steps(per_kwh, export_per_kwh=export, **series)
    return replace(ChargeQuestion((store,), steps), **changes)  # type: ignore[arg-type]


def a_day(seed: int, *, negative: bool = False) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    hour = np.arange(96) / 4
    buy = 0.25 + 0.1 * np.sin((hour - 10) / 24 * 4 * np.pi) + rng.normal(0, 0.02, 96)
    buy -= 0.35 * ((hour > 12) & (hour < 15) & negative)
    return {
        "per_kwh": buy.round(4),
        "export_per_kwh": (buy - 0.08).round(4),
        "pv_w": np.maximum(0, 5000 * np.sin((hour - 6) / 12 * np.pi)).round(),
        "base_load_w": rng.uniform(200, 1500, 96).round(),
    }


def same(one: ChargePlan, two: ChargePlan) -> bool:
    pairs = zip(one.stores, two.stores, strict=True)
    return all(a.slots == b.slots and (a.charge_w == b.charge_w).all() for a, b in pairs)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("stores", [1, 2])
@pytest.mark.parametrize("seed", range(45))
def test_a_plan_keeps_the_rules_and_is_worth_what_a_second_solver_finds(
    seed: int, stores: int, negative: bool
) -> None:
    question = random_house(seed, stores=stores, negative=negative)

    plan = by_charge(question)

    check(question, plan)
    missing_kwh, objective = optimum(question)
    (first, *_), (own, *_) = question.stores, plan.stores
    if stores == 1 and first.energy_wh >= first.reserve_wh:
        goals = len({goal.step for goal in reach_of(question, first).goals})
        assert own.shortfall_wh / 1000 <= missing_kwh + 2e-4
        assert goals > 1 or own.shortfall_wh / 1000 == pytest.approx(missing_kwh, abs=2e-4)
    base_w = question.steps.base_load_w - question.steps.pv_w
    if (base_w <= question.limits.import_w).all():
        assert worth(question, plan) == pytest.approx(objective, rel=1e-6, abs=1e-6)
        assert plan.gap == 0.0


@pytest.mark.parametrize("negative", [False, True])
def test_a_day_of_one_battery_is_worth_what_a_second_solver_finds(negative: bool) -> None:
    store = Store(10_000.0, 3_000.0, 5_000.0, 5_000.0, 0.9, 1_000.0, end_wh=3_000.0)
    question = ChargeQuestion(
        (store,), quarter_steps(**a_day(1, negative=negative)), export_allowed=True
    )

    plan = by_charge(question)

    check(question, plan)
    _, objective = optimum(question)
    assert plan.bill == pytest.approx(objective, abs=1e-6)
    assert same(plan, by_charge(question))


def test_a_house_with_battery_car_sun_and_load_keeps_its_connection() -> None:
    battery = Store(10_000.0, 3_000.0, 5_000.0, 5_000.0, 0.9, 1_000.0, end_wh=3_000.0)
    car = Store(
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
    assert [store.status for store in plan.stores] == ["COMPLETE", "COMPLETE"]
    missing_kwh, objective = optimum(question)
    assert missing_kwh == pytest.approx(0, abs=1e-9)
    assert plan.bill == pytest.approx(objective, abs=1e-6)


@pytest.mark.parametrize("seed", range(25))
def test_the_closed_form_of_a_charger_agrees_with_the_programme(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held = float(rng.uniform(0, 50_000))
    store = Store(
        60_000.0,
        held,
        11_000.0,
        efficiency=float(rng.choice([0.85, 1.0])),
        target_wh=min(60_000.0, held + float(rng.uniform(0, 30_000))),
        ready_us=START_US + int(rng.integers(1, 25)) * QUARTER_US,
    )
    prices = rng.choice([0.0, 0.1, 0.1, 0.2, 0.3], 24)
    limits = PowerLimits(import_w=float(rng.choice([6_000.0, np.inf])))
    question = ChargeQuestion((store,), quarter_steps(prices), limits)
    meter, reach = Meter(question), reach_of(question, store)

    exact = charge_only(question, meter, reach)
    by_programme = best_powers(question, meter, [reach])

    assert exact is not None
    assert exact == pytest.approx(by_programme.charge_w[0], abs=0.1)
    check(question, by_charge(question))


def test_a_charger_takes_the_cheapest_steps_before_the_car_leaves() -> None:
    store = replace(CAR, ready_us=START_US + 4 * QUARTER_US)

    (car,) = by_charge(ask(store, [0.3, 0.1, 0.3, 0.2, 0.01])).stores

    assert car.charge_w.tolist() == [8000, 8000, 0, 8000, 0]
    assert car.cost == pytest.approx(2 * (0.3 + 0.1 + 0.2))
    assert [slot.held_wh for slot in car.slots] == pytest.approx([24_000, 26_000])


def test_a_negative_price_fills_the_car_beyond_its_target() -> None:
    (car,) = by_charge(ask(CAR, [0.3, 0.1, 0.3, 0.2, -0.1])).stores

    assert car.charge_w.tolist() == [0, 8000, 0, 8000, 8000]


def test_a_battery_buys_cheap_and_serves_the_load_when_it_is_dear() -> None:
    question = ask(BATTERY, [0.1, 0.1, 0.4, 0.4], base_load_w=[0, 0, 3000, 3000])

    (battery,) = by_charge(question).stores

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
    store = replace(BATTERY, efficiency=efficiency)
    plan = by_charge(ask(store, [0.2] * 288, export=[0.2] * 288, export_allowed=True))

    assert plan.stores[0].slots == ()


def test_negative_prices_do_not_make_a_battery_burn_energy_both_ways_at_once() -> None:
    store = replace(BATTERY, efficiency=0.5, energy_wh=10_000.0, end_wh=10_000.0)
    question = ask(store, [-0.5] * 6, export=[-0.5] * 6, base_load_w=[500] * 6, export_allowed=True)

    plan = by_charge(question)

    check(question, plan)
    assert plan.objective == pytest.approx(optimum(question)[1], abs=1e-6)
    both = (plan.stores[0].charge_w > 0) & (plan.stores[0].discharge_w > 0)
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

    assert cost.stores[0].discharge_w.sum() > 0
    assert not carbon.stores[0].slots
    assert carbon.objective == pytest.approx(2 * 100)


def test_self_consumption_keeps_the_sun_even_where_selling_pays_more() -> None:
    series = {"pv_w": [4000, 4000, 0, 0], "base_load_w": [0, 0, 2000, 2000]}
    question = ask(BATTERY, [0.2] * 4, export=[0.3] * 4, objective="SELF_CONSUMPTION", **series)

    (battery,) = by_charge(question).stores

    assert battery.charge_w.sum() > 0
    assert battery.discharge_w.tolist() == [0, 0, 2000, 2000]


@pytest.mark.parametrize(
    ("store", "limits", "reason"),
    [
        (replace(CAR, target_wh=40_000.0), PowerLimits(), "window_too_short"),
        (replace(CAR, charge_w=0.0), PowerLimits(), "device_power"),
        (CAR, PowerLimits(import_w=5_000.0), "site_power"),
        (replace(BATTERY, reserve_wh=9_900.0), PowerLimits(), "reserve"),
    ],
)
def test_what_cannot_be_reached_is_approached_and_says_why(
    store: Store, limits: PowerLimits, reason: str
) -> None:
    question = replace(ask(store, [0.3, 0.1, 0.3, 0.2]), limits=limits)

    plan = by_charge(question)

    check(question, plan)
    (own,) = plan.stores
    assert (own.status, own.reason) == ("PARTIAL", reason)
    freed = {
        "window_too_short": ask(store, [0.3] * 24),
        "device_power": ask(CAR, [0.3] * 4),
        "site_power": replace(question, limits=PowerLimits()),
        "reserve": ask(replace(store, reserve_wh=5_000.0), [0.3] * 4),
    }[reason]
    assert by_charge(freed).stores[0].status == "COMPLETE"


def test_two_cars_on_a_small_connection_miss_as_little_as_possible_together() -> None:
    question = replace(
        ChargeQuestion((CAR, CAR), quarter_steps([0.3, 0.1, 0.3, 0.2])),
        limits=PowerLimits(import_w=10_000.0),
    )

    plan = by_charge(question)

    check(question, plan)
    assert sum(own.shortfall_wh for own in plan.stores) == pytest.approx(2_000.0, abs=0.1)
    assert {own.reason for own in plan.stores if own.reason} == {"site_power"}


def test_a_store_below_its_reserve_is_charged_at_once() -> None:
    store = replace(BATTERY, energy_wh=1_000.0, reserve_wh=2_500.0, end_wh=None)

    plan = by_charge(ask(store, [0.9, 0.9, 0.1, 0.1], explain=True))

    (own,) = plan.stores
    assert own.charge_w.tolist() == [4000, 2000, 0, 0]
    assert own.status == "COMPLETE"
    assert {slot.why for slot in own.slots} == {"reserve"}


def test_a_goal_before_the_first_step_ends_is_judged_by_what_is_held_now() -> None:
    store = replace(CAR, ready_us=START_US)

    (own,) = by_charge(ask(store, [0.1, 0.2])).stores

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

    assert more.stores[0].shortfall_wh <= plan.stores[0].shortfall_wh + 1
    if more.stores[0].shortfall_wh >= plan.stores[0].shortfall_wh - 1:
        assert more.bill <= plan.bill + 1e-6
    assert twice.bill == pytest.approx(2 * plan.bill, abs=1e-6)


def test_a_window_of_one_minute_is_planned() -> None:
    steps = ChargeSteps(np.array([START_US, START_US + MINUTE_US]), np.array([0.2]))
    store = replace(CAR, target_wh=20_100.0)

    plan = by_charge(ChargeQuestion((store,), steps))

    assert plan.stores[0].charge_w.tolist() == pytest.approx([6000.0])


def test_a_held_plan_stays_until_a_new_one_saves_enough() -> None:
    old = by_charge(ask(CAR, [0.1, 0.1, 0.1, 0.3, 0.3])).stores[0].slots
    question = ask(CAR, [0.3, 0.2, 0.2, 0.2, 0.3])
    gain = 2 * 0.1

    stays = by_charge(replace(question, held=HeldCharge((old,), gain + 1e-6)))
    goes = by_charge(replace(question, held=HeldCharge((old,), gain - 1e-6)))

    assert stays.kept
    assert [(s.start_us, s.power_w) for s in stays.stores[0].slots] == [
        (s.start_us, s.power_w) for s in old
    ]
    assert not goes.kept
    assert goes.bill == pytest.approx(stays.bill - gain)


@pytest.mark.parametrize("seed", range(25))
def test_the_rest_of_a_plan_stays_when_it_is_asked_for_again_later(seed: int) -> None:
    question = random_house(700 + seed, negative=seed % 2 == 0)
    (store,), steps = question.stores, question.steps
    (own,) = by_charge(question).stores
    rest = ChargeSteps(
        steps.edges_us[3:],
        *(getattr(steps, name)[3:] for name in ("import_per_kwh", "export_per_kwh")),
        *(getattr(steps, name)[3:] for name in ("confidence", "carbon_per_kwh")),
        *(getattr(steps, name)[3:] for name in ("pv_w", "base_load_w")),
    )
    later = replace(
        question,
        stores=(replace(store, energy_wh=float(np.clip(own.held_wh[2], 0, store.capacity_wh))),),
        steps=rest,
        held=HeldCharge((own.slots,)),
        explain=True,
    )

    again = by_charge(later)

    assert again.kept
    check(later, again)
    assert again.stores[0].charge_w == pytest.approx(own.charge_w[3:], abs=0.01)


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
        return {slot.why for slot in plan.stores[0].slots}

    assert whys(ask(CAR, [0.3, 0.1, 0.2, 0.3])) == {"cheapest"}
    assert whys(ask(CAR, [0.3, 0.1, 0.2])) == {"deadline"}
    assert whys(ask(CAR, [0.3] * 5, pv_w=[9000] * 5)) == {"solar"}
    assert whys(replace(ask(CAR, [0.3] * 5), limits=PowerLimits(6_000.0))) == {"site_limit"}
    selling = ask(BATTERY, [0.1, 0.4], export=[0.0, 0.3], export_allowed=True)
    assert whys(selling) == {"cheapest", "export"}


def test_confidence_is_weighted_by_energy() -> None:
    question = ask(CAR, [0.1, 0.2, 0.3, 0.9], confidence=[1.0, 0.5, 0.3, 0.1])

    assert by_charge(question).stores[0].confidence == pytest.approx(0.6)


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
    with pytest.raises(StoreInvalid) as refused:
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
