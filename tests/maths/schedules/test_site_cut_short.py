"""Plans that the clock or numbers at the edge cut short: never empty-handed, always honest."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.site_plans.demanded import random_demanded_site
from tests.support.site_plans.random_sites import KINDS, random_site
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.schedules.domain.by_state_of_charge.device_storage import round_trip
from wattyard.schedules.domain.site.devices import Shiftable, SiteStorage, StorageTarget, Stretch
from wattyard.schedules.domain.site.dynamic import best_path, bounds_of
from wattyard.schedules.domain.site.planning import plan_site
from wattyard.schedules.domain.site.question import SiteQuestion


@pytest.mark.parametrize(
    "question",
    [random_site(seed, KINDS) for seed in (12, 85, 92, 101)] + [random_demanded_site(30017).asked],
)
def test_a_plan_without_time_is_a_plan_and_tells_a_finite_gap(question: SiteQuestion) -> None:
    hasty = plan_site(replace(question, seconds=0.001))
    patient = plan_site(replace(question, seconds=0.5))

    assert np.isfinite(hasty.gap)
    assert all(np.isfinite(device.power_w).all() for device in hasty.devices)
    if hasty.status == patient.status == "COMPLETE":
        assert hasty.bound <= patient.objective + 1e-6


def test_a_plan_without_time_is_no_worse_than_devices_at_rest() -> None:
    edges_us = np.arange(289) * (HOUR_US // 12)
    battery = SiteStorage(
        "battery",
        capacity_wh=10_000.0,
        energy_wh=5000.0,
        charge_w=5000.0,
        discharge_w=5000.0,
        efficiency=0.9,
        targets=(StorageTarget(int(edges_us[-1]), min_wh=5000.0),),
    )
    question = SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=np.repeat([0.3, 0.1, 0.4], 96),
        export_per_kwh=np.full(288, 0.05),
        storages=(battery,),
        seconds=0.001,
    )

    assert plan_site(question).cost.total <= 1e-6


@pytest.mark.parametrize("level_w", [1e-297, 1e-6])
def test_an_unbroken_load_too_weak_for_its_energy_is_left_out(level_w: float) -> None:
    day = Stretch(0, 24 * HOUR_US)
    load = Shiftable("load", 3000.0, (day,), max_w=level_w, levels_w=(level_w,), contiguous=True)

    plan = plan_site(SiteQuestion(np.arange(25) * HOUR_US, np.ones(24), loads=(load,)))

    assert plan.device("load").shortfalls[0].reason == "window_too_short"


def test_storage_that_gives_next_to_nothing_back_is_planned() -> None:
    battery = SiteStorage(
        "battery",
        capacity_wh=10_000.0,
        energy_wh=5000.0,
        charge_w=5000.0,
        discharge_w=5000.0,
        efficiency=round_trip(1e-300, 0.9),
    )

    plan = plan_site(SiteQuestion(np.arange(25) * HOUR_US, np.ones(24), storages=(battery,)))

    assert plan.status == "COMPLETE"


def test_the_way_of_a_single_storage_is_given_up_where_it_takes_too_long() -> None:
    battery = SiteStorage("battery", 10_000.0, 5000.0, charge_w=5000.0, discharge_w=5000.0)
    prices = np.tile([0.1, 0.4], 12)
    question = SiteQuestion(np.arange(25) * HOUR_US, prices, prices + 0.1, storages=(battery,))
    nothing = np.zeros(24)
    bounds = bounds_of(question, nothing, nothing, nothing)

    assert best_path(question, bounds) is not None
    assert best_path(question, bounds, seconds=0.0) is None
