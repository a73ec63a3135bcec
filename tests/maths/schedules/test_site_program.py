"""A site program plans all that stands behind one meter (contract 4b).

`WATTYARD_TEST_EXAMPLES` sets how many random sites are tried (12 by default).
"""

import os
from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.patient import plan_site
from tests.maths.schedules.site_cases import QUARTER_US, START_US, random_site
from tests.maths.schedules.site_rules import check
from wattyard.schedules.domain.site.devices import (
    Absence,
    Circuit,
    PvShare,
    SiteStorage,
    StorageTarget,
)
from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.question import HeldPlan, HeldSlot, SiteQuestion, Weights

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "12"))
END_US = START_US + 4 * QUARTER_US


def a_site(*storages: SiteStorage, **fields: object) -> SiteQuestion:
    """Four quarter hours: cheap, dear, cheap, dear."""
    edges_us = START_US + np.arange(5) * QUARTER_US
    prices = np.array([0.1, 0.4, 0.2, 0.3])
    known = {"edges_us": edges_us, "import_per_kwh": prices, "storages": storages, **fields}
    return SiteQuestion(**known)  # type: ignore[arg-type]


def powers(plan: SitePlan, device: str = "car") -> list[float]:
    return [round(float(power), 3) for power in plan.device(device).power_w]


def same(one: SitePlan, two: SitePlan) -> bool:
    pairs = zip(one.devices, two.devices, strict=True)
    return all(a.slots == b.slots and (a.power_w == b.power_w).all() for a, b in pairs)


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_a_plan_keeps_every_rule_and_is_the_same_each_time(seed: int) -> None:
    question = random_site(seed)

    plan = plan_site(question)

    check(question, plan)
    assert plan.gap == 0.0
    assert same(plan, plan_site(question))


@pytest.mark.parametrize("seed", range(EXAMPLES // 2))
def test_a_plan_that_the_client_holds_stays(seed: int) -> None:
    question = random_site(seed)
    plan = plan_site(question)
    storages = {one.device for one in question.storages}
    held = HeldPlan(
        {
            one.device: tuple(HeldSlot(s.start_us, s.end_us, s.power_w) for s in one.slots)
            for one in plan.devices
            if one.device in storages
        }
    )
    dearer = replace(question, import_per_kwh=question.import_per_kwh * 1.0001, previous=held)

    again = plan_site(dearer)

    check(dearer, again)
    if again.kept:
        for name in storages:
            assert np.abs(again.device(name).power_w - plan.device(name).power_w).max() <= 1.0
    assert plan_site(replace(question, previous=held)).kept


def test_a_missed_target_does_not_end_the_plan() -> None:
    targets = (StorageTarget(START_US + QUARTER_US, 5_000.0), StorageTarget(END_US, 3_000.0))

    plan = plan_site(a_site(SiteStorage("car", 10_000, 0, charge_w=4_000, targets=targets)))

    assert powers(plan) == [4_000, 0, 4_000, 4_000]
    (missed,) = plan.device("car").shortfalls
    assert (missed.goal, missed.missing, missed.reason) == ("target:0", 4_000, "window_too_short")
    assert plan.status == "PARTIAL"


def test_the_first_priority_is_served_first() -> None:
    cars = [
        SiteStorage(
            name, 10_000, 0, charge_w=4_000, targets=(StorageTarget(END_US, 3_000, None, priority),)
        )
        for name, priority in (("late", 9), ("first", 1), ("middle", 5))
    ]

    plan = plan_site(a_site(*cars, import_limit_w=np.full(4, 4_000.0)))

    ends = {name: float(plan.device(name).held_wh[-1]) for name in ("first", "middle", "late")}
    assert ends == pytest.approx({"first": 3_000, "middle": 1_000, "late": 0}, abs=0.1)


def test_the_reserve_wins_over_a_ceiling_and_below_it_only_discharging_is_barred() -> None:
    storage = SiteStorage(
        "battery",
        10_000,
        1_000,
        4_000,
        4_000,
        reserve_wh=2_000,
        targets=(StorageTarget(END_US, None, 0),),
    )

    plan = plan_site(a_site(storage, load_w=np.full(4, 1_000.0)))

    assert powers(plan, "battery") == [0, 0, 0, 0]
    assert plan.status == "COMPLETE"


def test_a_car_that_comes_home_has_used_energy_and_a_target_meanwhile_is_for_departure() -> None:
    away = Absence(START_US + QUARTER_US, START_US + 2 * QUARTER_US, 1_500.0)
    targets = (StorageTarget(away.start_us + 1, 2_000.0), StorageTarget(END_US, 2_000.0))

    plan = plan_site(
        a_site(SiteStorage("car", 10_000, 1_500, charge_w=6_000, absences=(away,), targets=targets))
    )

    assert plan.device("car").held_wh[0] >= 2_000
    assert plan.device("car").power_w[1] == 0
    assert plan.device("car").held_wh[-1] == pytest.approx(2_000)
    assert plan.status == "COMPLETE"


def test_a_trip_that_needs_more_than_there_is_comes_home_empty() -> None:
    away = Absence(START_US + QUARTER_US, START_US + 2 * QUARTER_US, 3_000.0)

    plan = plan_site(a_site(SiteStorage("car", 10_000, 500, charge_w=4_000, absences=(away,))))

    (missed,) = plan.device("car").shortfalls
    assert (missed.goal, round(missed.missing)) == ("absence:0", 1_500)
    assert plan.device("car").held_wh[1] == 0


def test_load_alone_above_the_limit_is_told_and_least() -> None:
    battery = SiteStorage("battery", 10_000, 500, 4_000, 4_000)
    site = a_site(
        battery,
        load_w=np.array([1_000.0, 3_000.0, 1_000.0, 1_000.0]),
        import_limit_w=np.full(4, 2_000.0),
    )

    plan = plan_site(replace(site, storages=()))

    (excess,) = plan.shortfalls
    assert (plan.status, excess.reason, excess.missing) == ("PARTIAL", "site_power", 1_000)
    assert plan_site(site).shortfalls == ()


def test_sun_beyond_the_export_limit_is_spilled_and_earns_nothing() -> None:
    site = a_site(
        export_per_kwh=np.full(4, 0.1),
        sun_w=np.full(4, 5_000.0),
        load_w=np.full(4, 1_000.0),
        export_limit_w=np.full(4, 1_500.0),
        pv=(PvShare("roof", 1.0),),
    )

    plan = plan_site(site)

    assert plan.device("roof").curtailed_w.tolist() == [2_500] * 4
    assert plan.cost.export == pytest.approx(0.15)


@pytest.mark.parametrize(("curtailable", "exported"), [(True, 0.0), (False, 4_000.0)])
def test_sun_is_held_back_by_choice_only_where_it_may_be(
    curtailable: bool, exported: float
) -> None:
    site = a_site(
        export_per_kwh=np.full(4, -0.1),
        sun_w=np.full(4, 5_000.0),
        load_w=np.full(4, 1_000.0),
        pv=(PvShare("roof", 1.0, curtailable=curtailable),),
    )

    assert plan_site(site).flows.export_w.tolist() == [exported] * 4


def test_a_power_is_nothing_or_at_least_the_least() -> None:
    car = SiteStorage(
        "car", 10_000, 0, charge_w=4_000, least_w=1_400, targets=(StorageTarget(END_US, 1_100),)
    )

    plan = plan_site(a_site(car))

    assert powers(plan) == [3_000, 0, 1_400, 0]


def test_circuits_bound_what_is_inside_of_them() -> None:
    cars = [
        SiteStorage(name, 10_000, 0, charge_w=4_000, targets=(StorageTarget(END_US, 1_000),))
        for name in ("one", "two", "free")
    ]
    circuits = (Circuit("garage", 3_000, ("one",)), Circuit("box", 1_000, ("two",), parent=0))

    plan = plan_site(a_site(*cars, circuits=circuits))

    assert powers(plan, "two") == [1_000] * 4
    assert powers(plan, "free") == [4_000, 0, 0, 0]
    assert (plan.device("one").power_w <= 2_000).all()


def test_what_may_not_charge_from_the_grid_charges_from_the_sun_even_while_the_house_draws() -> (
    None
):
    storage = SiteStorage(
        "battery", 10_000, 0, 4_000, targets=(StorageTarget(END_US, 900),), grid_charging=False
    )
    site = a_site(storage, sun_w=np.array([0.0, 900.0, 900.0, 900.0]), load_w=np.full(4, 2_000.0))

    plan = plan_site(site)

    assert powers(plan, "battery") == [0, 900, 900, 900]
    assert plan.device("battery").shortfalls[0].reason == "site_power"


def test_what_may_not_feed_the_grid_serves_the_load_and_other_devices() -> None:
    storage = SiteStorage("battery", 10_000, 5_000, 4_000, 4_000, grid_discharging=False)
    site = a_site(storage, export_per_kwh=np.full(4, 0.5), load_w=np.full(4, 1_000.0))

    plan = plan_site(site)

    assert powers(plan, "battery") == [-1_000] * 4


def test_preferences_have_their_price_and_the_answer_says_what_they_cost() -> None:
    car = SiteStorage("car", 10_000, 0, charge_w=4_000, targets=(StorageTarget(END_US, 1_000),))
    sooner = Weights(sooner_per_kwh_hour=1.0)

    plan = plan_site(replace(a_site(car, import_per_kwh=np.array([0.3, 0.2, 0.1, 0.1]))))
    soon = plan_site(a_site(car, import_per_kwh=np.array([0.3, 0.2, 0.1, 0.1]), weights=sooner))

    assert powers(plan) == [0, 0, 4_000, 0]
    assert powers(soon) == [4_000, 0, 0, 0]
    assert soon.cost.preferences == pytest.approx(0.125)


def test_selling_above_what_buying_costs_all_day_is_proven_without_a_tree_search() -> None:
    hours = np.arange(96) // 4
    buy = 0.6 + 0.04 * np.cos(hours / 24 * 4 * np.pi).round(2)
    edges_us = START_US + np.arange(97) * QUARTER_US
    end = StorageTarget(int(edges_us[-1]), 5_000)
    battery = SiteStorage("battery", 10_000, 5_000, 5_000, 5_000, efficiency=0.9, targets=(end,))

    plan = plan_site(SiteQuestion(edges_us, buy, buy + 0.15, storages=(battery,)))

    assert plan.gap <= 1e-4
    assert plan.solver.binaries == 0
    assert plan.objective < -5.0


def test_a_car_park_of_hundreds_keeps_its_limit_and_least_powers() -> None:
    rng = np.random.default_rng(7)
    edges_us = START_US + np.arange(49) * QUARTER_US
    cars = tuple(
        SiteStorage(
            f"car {number}",
            60_000,
            10_000,
            charge_w=7_000,
            least_w=1_380,
            targets=(
                StorageTarget(int(edges_us[-1 - number % 9]), 10_000 + rng.uniform(3_000, 9_000)),
            ),
        )
        for number in range(320)
    )
    prices = rng.uniform(0.1, 0.4, 48).round(3)
    limit_w = np.full(48, 300_000.0)

    plan = plan_site(SiteQuestion(edges_us, prices, storages=cars, import_limit_w=limit_w))

    check(SiteQuestion(edges_us, prices, storages=cars, import_limit_w=limit_w), plan)
    assert plan.status == "COMPLETE"
    assert plan.gap <= 0.01
