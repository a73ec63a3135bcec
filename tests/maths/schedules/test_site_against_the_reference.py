"""Plans for sites, held against a second hand's program written from contract 4b alone.

An auditor that knows only physics and prices looks for what a plan may not do, and computes its
states, shortfalls and cost again; scipy's branch and bound finds the least unmet energy, priority
by priority, and then the least objective. `WATTYARD_TEST_EXAMPLES` sets how many random sites of
each kind are tried (5 by default); a failure names the seed that draws its site.
"""

import os
from dataclasses import replace
from math import isfinite

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.site_plans.auditor import audited
from tests.support.site_plans.compared import differences
from tests.support.site_plans.demanded import random_demanded_site
from tests.support.site_plans.dynamic import best_on_grid, grid_site
from tests.support.site_plans.random_sites import Kind, random_site
from tests.support.site_plans.reading import read
from tests.support.site_plans.reference import best_plan
from wattyard.schedules.domain.site.plan import SiteDevicePlan, SitePlan
from wattyard.schedules.domain.site.planning import plan_site
from wattyard.schedules.domain.site.question import HeldPlan, HeldSlot, SiteQuestion

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "5")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
SEEDS = st.integers(0, 10**6)
KINDS: tuple[tuple[Kind, ...], ...] = (
    ("store", "sun"),
    ("load", "store", "sun"),
    ("heat", "store", "sun"),
)


@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
@TRIED
@given(seed=SEEDS)
def test_a_site_is_planned_as_a_second_hand_plans_it(kinds: tuple[Kind, ...], seed: int) -> None:
    asked = random_site(seed, kinds)

    assert differences(asked, unhurried(asked)) == []


@TRIED
@given(seed=SEEDS)
def test_a_demand_charge_of_any_shape_is_a_part_of_the_cost(seed: int) -> None:
    site = random_demanded_site(seed)

    assert differences(site.asked, unhurried(site.asked), site.demand) == []


@TRIED
@given(seed=SEEDS)
def test_a_day_of_one_battery_is_as_good_as_a_dynamic_program_over_its_energy(seed: int) -> None:
    asked, quantum_wh = grid_site(seed)

    plan = unhurried(asked)

    best = best_on_grid(read(asked), quantum_wh / 1000)
    within = 1e-4 * max(1.0, abs(best))
    assert plan.gap <= 1e-4
    assert plan.bound - within <= best <= plan.objective + within
    assert plan.objective <= best + within


@TRIED
@given(seed=SEEDS)
def test_a_plan_that_the_clock_cuts_short_keeps_every_rule(seed: int) -> None:
    site = random_demanded_site(seed)

    plan = plan_site(replace(site.asked, seconds=0.02))

    assert audited(site.asked, plan, site.demand).faults == []
    assert isfinite(plan.gap)


@TRIED
@given(seed=SEEDS)
def test_the_same_site_has_the_same_plan_twice(seed: int) -> None:
    one, other = unhurried(random_site(seed)), unhurried(random_site(seed))

    assert one.objective == other.objective
    for own, twin in zip(one.devices, other.devices, strict=True):
        assert own.slots == twin.slots
        assert np.array_equal(own.power_w, twin.power_w)


@TRIED
@given(seed=SEEDS)
def test_a_held_plan_stays_unless_a_new_one_saves_more(seed: int) -> None:
    """Prices move a little: what is held is answered again, or is worse by more than it may be."""
    asked, keep = random_site(seed), 0.02
    held = unhurried(asked)
    moved = np.random.default_rng(seed).normal(0, 0.01, asked.steps)
    later = replace(
        asked,
        import_per_kwh=asked.import_per_kwh + moved,
        previous=HeldPlan({one.device: slots_of(one) for one in held.devices}, keep),
    )

    plan = unhurried(later)

    within = 1e-3 + plan.gap * max(1.0, abs(plan.objective))
    best = best_plan(read(later)).objective
    assert audited(later, plan).faults == []
    assert plan.objective <= best + within + (keep if plan.kept else 0.0)
    if plan.kept:
        for own, before in zip(plan.devices, held.devices, strict=True):
            assert own.power_w == pytest.approx(before.power_w, abs=1.0)
    else:
        assert audited(later, held).objective > best + keep - within


def slots_of(device: SiteDevicePlan) -> tuple[HeldSlot, ...]:
    return tuple(HeldSlot(one.start_us, one.end_us, one.power_w) for one in device.slots)


def unhurried(asked: SiteQuestion) -> SitePlan:
    """A plan that a busy machine does not cut short."""
    return plan_site(replace(asked, seconds=60.0))
