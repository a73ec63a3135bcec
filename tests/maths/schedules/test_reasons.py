"""What a plan tells of its slots is so: nothing is called limited where the price is the least."""

from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.charge_cases import BATTERY, CAR, ask
from tests.maths.schedules.patient import by_amount, by_charge, plan_site
from tests.maths.schedules.site_cases import QUARTER_US, START_US, random_site
from tests.maths.schedules.test_amount import random_question
from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.site.devices import SiteStorage, StorageTarget
from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion, Weights


def site(per_kwh: list[float], *storages: SiteStorage, **changes: object) -> SiteQuestion:
    edges_us = START_US + np.arange(len(per_kwh) + 1) * QUARTER_US
    question = SiteQuestion(edges_us, np.array(per_kwh), storages=storages, explain=True)
    return replace(question, **changes)  # type: ignore[arg-type]


def car(steps: int, *, needs_wh: float) -> SiteStorage:
    target = StorageTarget(START_US + steps * QUARTER_US, needs_wh, None)
    return SiteStorage("car", 20_000.0, 0.0, charge_w=8_000.0, targets=(target,))


def whys(plan: SitePlan, device: str) -> list[tuple[int, str | None]]:
    return [
        ((slot.start_us - START_US) // QUARTER_US, slot.why) for slot in plan.device(device).slots
    ]


def test_the_cheapest_step_is_no_limit_when_full_and_the_dearer_one_after_it_is() -> None:
    limit_w = np.full(4, 6_000.0)
    question = site([0.3, 0.1, 0.2, 0.4], car(4, needs_wh=2_500.0), import_limit_w=limit_w)

    assert whys(plan_site(question), "car") == [(1, "cheapest"), (2, "site_limit")]


def test_under_one_price_nothing_is_kept_from_better_times() -> None:
    limit_w = np.full(4, 6_000.0)
    question = site([0.2] * 4, car(4, needs_wh=4_000.0), import_limit_w=limit_w)
    charge = replace(ask(CAR, [0.3] * 5), limits=PowerLimits(6_000.0), explain=True)

    assert {why for _, why in whys(plan_site(question), "car")} == {"cheapest"}
    assert {slot.why for slot in by_charge(charge).storages[0].slots} == {"cheapest"}


def test_a_battery_that_was_full_in_between_is_not_kept_from_an_earlier_time() -> None:
    battery = replace(BATTERY, energy_wh=9_500.0, charge_w=4_000.0, end_wh=10_000.0)
    question = ask(battery, [0.1, 0.9, 0.9, 0.2, 0.2], base_load_w=[3000, 4000, 4000, 0, 0])
    plan = by_charge(replace(question, limits=PowerLimits(5_000.0), explain=True))

    (own,) = plan.storages
    assert own.held_wh[0] == pytest.approx(10_000.0, abs=1.0)
    assert [slot.why for slot in own.slots if slot.flow == "CHARGE"] == ["cheapest"] * 2


def test_a_car_that_a_battery_charges_at_night_is_not_said_to_take_sun() -> None:
    battery = SiteStorage("battery", 10_000.0, 10_000.0, charge_w=4_000.0, discharge_w=4_000.0)
    question = site([0.3] * 4, battery, replace(car(4, needs_wh=1_000.0), charge_w=2_000.0))
    plan = plan_site(replace(question, load_w=np.full(4, 500.0)))

    assert not plan.flows.import_w.any()
    assert {why for _, why in whys(plan, "car")} == {"cheapest"}


@pytest.mark.parametrize("seed", range(36))
def test_what_a_plan_of_a_site_tells_of_limits_and_sun_is_so(seed: int) -> None:
    question = replace(random_site(seed), explain=True, weights=Weights())
    plan, prices = plan_site(question), question.import_per_kwh
    full = plan.flows.import_w >= question.import_limit_w - 0.2
    told = [
        (int(np.searchsorted(question.edges_us, slot.start_us, side="right")) - 1, slot.why)
        for one in question.storages
        for slot in plan.device(one.device).slots
        if slot.power_w > 0.0
    ]
    for step, why in told:
        if why == "site_limit":
            assert prices[full].min() < prices[step]
        if why == "solar":
            assert plan.flows.solar_w[step] > plan.flows.load_w[step]


@pytest.mark.parametrize("seed", range(20))
def test_what_a_plan_by_amount_tells_of_limits_is_so(seed: int) -> None:
    question = replace(random_question(seed), explain=True)
    prices = question.prices["IMPORT"]
    plan = by_amount(question)
    limited = [slot for one in plan.devices for slot in one.slots if slot.why == "site_limit"]
    for slot in limited:
        at = np.array([slot.start_us], dtype=np.int64)
        assert prices.per_kwh[prices.at(at)][0] > prices.per_kwh.min()
