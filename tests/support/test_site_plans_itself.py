"""The second hand of contract 4b: pinned by hand (sums in comments), and held against itself."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from typing import Any

import numpy as np
import pytest

from tests.support.site_plans.answered import answered
from tests.support.site_plans.auditor import audited
from tests.support.site_plans.demand import rise
from tests.support.site_plans.demanded import random_demanded_site, rise_told
from tests.support.site_plans.dynamic import best_on_grid, grid_site
from tests.support.site_plans.question import (
    Absence,
    Circuit,
    DemandPeriod,
    DemandWindow,
    HeatPump,
    Load,
    Prices,
    Question,
    Store,
    Sun,
    Target,
    Wishes,
)
from tests.support.site_plans.random_sites import random_site
from tests.support.site_plans.reading import read
from tests.support.site_plans.reference import best_plan

INFINITE = float("inf")


def asked(buy: list[float], sell: list[float] | None = None, **more: Any) -> Question:
    """Hours of one length, without load and limits unless they are said."""
    count = len(buy)
    given = {
        "load_kw": (0.0,) * count,
        "import_kw": (INFINITE,) * count,
        "export_kw": (INFINITE,) * count,
    } | more
    return Question((1.0,) * count, Prices(tuple(buy), tuple(sell or [0.0] * count)), **given)


def battery(**more: Any) -> Store:
    known = {"capacity_kwh": 10.0, "held_kwh": 5.0, "charge_kw": 2.0, "discharge_kw": 2.0}
    return Store("battery", **(known | more))


def worth(question: Question) -> float:
    return best_plan(question).objective


def test_a_battery_buys_cheap_and_sells_dear_with_half_of_the_loss_each_way() -> None:
    """2 x 0.1 bought, 2 x 0.81 = 1.62 sold at 0.5."""
    store = battery(efficiency=0.81, targets=(Target(2, 5.0),))

    assert worth(asked([0.1, 1.0], [0.0, 0.5], stores=(store,))) == pytest.approx(0.2 - 0.81)


def test_the_next_priority_is_least_only_under_the_first() -> None:
    """9 kWh in two hours of 2 kW are not there: both of one priority share what is missing."""
    first, last = Target(2, 10.0, priority=1), Target(1, 5.0, 5.0, priority=9)

    best = best_plan(asked([0.1, 0.1], stores=(battery(targets=(last, first)),)))

    assert best.unmet_kwh == pytest.approx({-1: 0, 1: 1, 9: 2}, abs=1e-4)


def test_a_trip_leaves_less_and_standby_compounds() -> None:
    """5 x 0.9 - 1 = 3.5, then x 0.9 = 3.15: 1.85 are bought for the floor of 5."""
    store = battery(
        standby_percent_per_hour=10, absences=(Absence(0, 1, 1.0),), targets=(Target(2, 5.0),)
    )

    assert worth(asked([0.1, 0.2], stores=(store,))) == pytest.approx(1.85 * 0.2)


def test_a_least_power_may_take_more_than_is_asked_for() -> None:
    store = battery(least_kw=1.5, discharge_kw=0.0, targets=(Target(2, 6.0),))

    assert worth(asked([0.3, 0.2], stores=(store,))) == pytest.approx(1.5 * 0.2)


def test_only_what_may_is_held_back_from_a_price_below_0() -> None:
    """3 kW at -0.1; what may not be held back is spilled beyond the limit of 2 only."""
    bound, free = Sun("roof", (3.0,)), Sun("roof", (3.0,), curtailable=True)

    assert worth(asked([0.2], [-0.1], suns=(bound,))) == pytest.approx(0.3)
    assert worth(asked([0.2], [-0.1], suns=(free,))) == pytest.approx(0.0)
    limited = asked([0.2], [-0.1], suns=(bound,), export_kw=(2.0,))
    assert worth(limited) == pytest.approx(0.2)


def test_sun_is_not_spilled_to_buy_at_a_price_below_0() -> None:
    site = asked([-0.5], [0.0], suns=(Sun("roof", (3.0,)),), export_kw=(0.0,))

    assert worth(replace(site, load_kw=(1.0,))) == pytest.approx(0.0)


def test_stores_kept_from_the_grid_share_the_sun_and_the_load() -> None:
    """4 kW wanted, 3 of sun while the house draws 1: one of them is missing in priority 5."""
    one = battery(grid_charging=False, targets=(Target(1, 7.0),))
    site = asked([0.2], stores=(one, replace(one, name="other")), suns=(Sun("roof", (3.0,)),))

    best = best_plan(replace(site, load_kw=(1.0,)))

    assert best.unmet_kwh[5] == pytest.approx(1.0, abs=1e-4)
    assert best.objective == pytest.approx(0.2, abs=1e-4)


def test_a_fuse_inside_of_a_fuse_bounds_both() -> None:
    one = battery(targets=(Target(2, 8.0),))
    fuses = (Circuit("house", 2.5, ("battery",)), Circuit("garage", 1.0, ("other",), "house"))
    site = asked([0.1, 0.2], stores=(one, replace(one, name="other")), circuits=fuses)

    assert best_plan(site).unmet_kwh[5] == pytest.approx(1.0, abs=1e-4)


def test_a_load_ends_its_last_slot_early() -> None:
    """2.5 kWh at 1 kW: two whole hours, and half of the third."""
    load = Load("wash", 2.5, ((0, 4),), 1.0, levels_kw=(1.0,))

    assert worth(asked([0.4, 0.1, 0.2, 0.3], loads=(load,))) == pytest.approx(0.3 + 0.5 * 0.3)
    unbroken = replace(load, energy_kwh=2.0, contiguous=True, windows=((0, 2), (3, 4)))
    assert worth(asked([0.4, 0.1, 0.2, 0.3], loads=(unbroken,))) == pytest.approx(0.5)


def test_runs_pauses_and_starts_of_a_load_are_kept() -> None:
    load = Load("wash", 2.0, ((0, 4),), 1.0, levels_kw=(1.0,))
    site = asked([0.1, 0.5, 0.1, 0.5], loads=(load,))

    assert worth(site) == pytest.approx(0.2)
    for rule in ({"min_run_hours": 2.0}, {"min_pause_hours": 2.0}, {"max_starts": 1}):
        bound = replace(load, **rule)  # type: ignore[arg-type]
        assert worth(replace(site, loads=(bound,))) == pytest.approx(0.6)
    assert worth(replace(site, loads=(replace(load, start_cost=0.1),))) == pytest.approx(0.4)


def test_a_room_cools_and_is_heated_exactly() -> None:
    """From 20 °C at 0 outside: 20 a is left after an hour, and 2 x 3 x (1 - a) is added per kW."""
    a = exp(-1 / 4)
    pump = HeatPump("pump", 5.0, 2.0, 2.0, 20.0, (0.0,), (3.0,), (19.0,), (25.0,))

    assert worth(asked([1.0], pumps=(pump,))) == pytest.approx((19 - 20 * a) / (6 * (1 - a)))


def test_a_demand_charge_spreads_what_is_drawn() -> None:
    """2 kWh over two hours cost 1 kW; 0.4 kW are read already, and in steps 2 kW stay below 3."""
    windows = tuple(DemandWindow(((step, 1.0),), 0) for step in (0, 1))
    period = DemandPeriod(windows, ((0, 0.4),), tiers=((0.0, 4.0),))
    site = asked([0.1, 0.2], stores=(battery(targets=(Target(2, 7.0),)),), demand=(period,))

    assert worth(site) == pytest.approx(0.1 + 0.2 + 0.6 * 4)
    stepped = replace(period, tiers=(), steps=((0.0, 1.0), (3.0, 9.0)))
    assert worth(replace(site, demand=(stepped,))) == pytest.approx(0.2)
    assert rise(stepped, [3.0, 0.0]) == pytest.approx(8.0)


def test_preferences_have_their_price() -> None:
    """2 kWh in the first hour: half an hour later on average, 0.3 kg each."""
    site = asked([0.1, 0.09], stores=(battery(targets=(Target(2, 7.0),)),))
    carbon = replace(site.prices, carbon=(0.3, 0.3))
    wishes = Wishes(carbon_per_kg=1.0, sooner_per_kwh_hour=0.1)

    both = worth(replace(site, prices=carbon, wishes=wishes))

    assert both == pytest.approx(2 * (0.1 + 0.1 * 0.5 + 0.3))


@pytest.mark.parametrize("seed", range(6))
def test_the_branch_and_bound_and_the_dynamic_program_agree(seed: int) -> None:
    site, quantum_wh = grid_site(seed, 12)
    question = read(site)
    best = best_plan(question)

    if best.unmet_kwh[5] < 1e-5:
        assert best_on_grid(question, quantum_wh / 1000) == pytest.approx(best.objective, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_the_auditor_finds_nothing_wrong_with_the_second_hand_and_the_same_worth(seed: int) -> None:
    site = random_demanded_site(seed)
    best = best_plan(read(site.asked, site.demand))

    plan = answered(site.asked, best)
    audit = audited(site.asked, plan, site.demand)

    untold = ("shortfall", "COMPLETE", "told 0.0,", "load above the limit")
    assert [one for one in audit.faults if not any(word in one for word in untold)] == []
    assert audit.objective == pytest.approx(best.objective, abs=1e-4)
    assert rise_told(site.asked, plan.flows.import_w / 1000) == pytest.approx(
        sum(rise(period, list(plan.flows.import_w / 1000)) for period in site.demand), abs=1e-6
    )


def test_the_auditor_finds_what_is_doctored() -> None:
    asked_ = random_site(0, ("store", "sun"))
    plan = answered(asked_, best_plan(read(asked_)))
    store = next(one for one in plan.devices if one.held_wh is not None)
    more = replace(store, power_w=store.power_w + np.where(np.arange(asked_.steps) == 1, 700, 0))
    devices = tuple(more if one is store else one for one in plan.devices)

    faults = " ".join(audited(asked_, replace(plan, devices=devices)).faults)

    assert "balance of step 1" in faults
    assert "energy is told" in faults
    assert "slots differ from powers" in faults
