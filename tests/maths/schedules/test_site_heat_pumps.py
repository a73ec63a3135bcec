"""Heat pumps in a site program: exact temperatures, comfort first, then the least cost.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (15 by default).
"""

import os
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.maths.schedules.patient import plan_site
from tests.maths.schedules.site_courses import HOUR_US
from wattyard.schedules.domain.site.devices import HeatPumpLoad, Stretch
from wattyard.schedules.domain.site.heat_pump import Warming
from wattyard.schedules.domain.site.question import SiteQuestion

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "15")),
    deadline=None,
    print_blob=True,
)
QUARTER_US = HOUR_US // 4


def room(count: int, **more: object) -> HeatPumpLoad:
    """A house that loses 150 W per degree and holds 8 kWh per degree, on a day around freezing."""
    settings = {
        "max_w": 3000.0,
        "resistance_k_per_kw": 6.7,
        "capacity_kwh_per_k": 2.0,
        "initial_c": 20.0,
        "outdoor_c": np.zeros(count),
        "cop": np.full(count, 3.0),
        "min_c": np.full(count, 19.0),
        "max_c": np.full(count, 23.0),
    }
    return HeatPumpLoad("pump", **(settings | more))  # type: ignore[arg-type]


@st.composite
def questions(draw: st.DrawFn) -> SiteQuestion:
    lengths = draw(st.lists(st.sampled_from((1, 2, 4)), min_size=2, max_size=5))
    count = len(lengths)
    edges_us = np.append(0, np.cumsum(lengths)) * QUARTER_US
    numbers = st.lists(st.integers(0, 10), min_size=count, max_size=count)
    min_c = 18.0 + np.array(draw(numbers)) / 5.0
    pump = room(
        count,
        initial_c=draw(st.sampled_from((15.0, 19.0, 20.0, 24.0))),
        capacity_kwh_per_k=draw(st.sampled_from((0.3, 1.0, 4.0))),
        outdoor_c=np.array(draw(numbers)) - 5.0,
        cop=2.0 + np.array(draw(numbers)) / 5.0,
        min_c=min_c,
        max_c=min_c + 2.0,
        blocked=(Stretch(0, QUARTER_US),) if draw(st.booleans()) else (),
        **draw(st.sampled_from(({}, {"levels_w": (1000.0, 3000.0)}, {"least_w": 800.0}))),
    )
    return SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=(np.array(draw(numbers)) - 2.0) / 20.0,
        load_w=np.full(count, 300.0),
        import_limit_w=np.full(count, draw(st.sampled_from((2000.0, 1e9)))),
        heat_pumps=(pump,),
    )


@TRIED
@given(questions())
def test_a_room_is_comfortable_first_and_then_cheap(question: SiteQuestion) -> None:
    (pump,) = question.heat_pumps
    outside, cost = cheapest_heat(question)

    plan = plan_site(question)

    after_c = plan.devices[0].temperature_c
    assert after_c is not None
    left = np.maximum(np.maximum(pump.min_c - after_c, after_c - pump.max_c), 0.0).sum()
    assert left == pytest.approx(outside, abs=1e-4)
    tolerance = 1e-4 + (2e-3 if outside > 1e-4 else 0.0)
    assert plan.cost.energy == pytest.approx(cost, abs=tolerance)


def cheapest_heat(question: SiteQuestion) -> tuple[float, float]:
    """The least sum of degrees outside the band, and then the least cost, by another model.

    Temperatures are written out as sums over powers; on and off, and levels, are tried one by one.
    """
    (pump,) = question.heat_pumps
    warming = Warming(pump, question.edges_us)
    most_kw = np.minimum(warming.most_kw, (question.import_limit_w - 300.0) / 1000.0)
    choices = [(0.0, level / 1000.0) for level in pump.levels_w] if pump.levels_w else []
    if choices:
        levels = sorted({kw for one in choices for kw in one})
        tried = [(kw, kw) for kw in levels]
    elif pump.least_w:
        tried = [(0.0, 0.0), (pump.least_w / 1000.0, pump.max_w / 1000.0)]
    else:
        tried = [(0.0, pump.max_w / 1000.0)]
    found = []
    for bounds in product(tried, repeat=question.steps):
        low, high = np.array(bounds).T
        high = np.minimum(high, most_kw)
        if (low <= high + 1e-9).all():
            found.append(best_within(question, warming, low, np.maximum(low, high)))
    best = min(one[0] for one in found)
    return best, min(cost for outside, cost in found if outside < best + 1e-6)


def best_within(
    question: SiteQuestion, warming: Warming, low: np.ndarray, high: np.ndarray
) -> tuple[float, float]:
    pump, count = warming.pump, question.steps
    base_c = warming.temperatures(np.zeros(count))
    each = np.eye(count)
    lifts = np.array([warming.temperatures(one) - base_c for one in each]).T  # (step, power)
    price = question.import_per_kwh * question.hours
    fixed = float(price.sum() * 0.3)
    if (low == high).all():
        after_c = base_c + lifts @ low
        outside = np.maximum(np.maximum(pump.min_c - after_c, after_c - pump.max_c), 0.0)
        return float(outside.sum()), float(price @ low) + fixed
    slack = np.eye(count)
    rows = np.vstack([np.hstack([-lifts, -slack]), np.hstack([lifts, -slack])])
    limits = np.append(base_c - pump.min_c, pump.max_c - base_c)
    bounds = [*zip(low, high, strict=True), *[(0, None)] * count]
    first = np.append(np.zeros(count), np.ones(count))
    outside = linprog(first, rows, limits, bounds=bounds).fun
    rows, limits = np.vstack([rows, first]), np.append(limits, outside + 1e-9)
    cost = linprog(np.append(price, np.zeros(count)), rows, limits, bounds=bounds).fun
    return float(outside), float(cost) + fixed


def test_temperature_in_a_step_is_that_of_many_small_ones() -> None:
    """The step is exact: a thousand times shorter steps of the differential equation agree."""
    pump = room(2, outdoor_c=np.array([3.0, -4.0]))
    after_c = Warming(pump, np.array([0, QUARTER_US, 3 * QUARTER_US])).temperatures(
        np.array([2.0, 0.5])
    )
    at_c, seen = 20.0, []
    for outdoor_c, power_kw, quarters in ((3.0, 2.0, 1), (-4.0, 0.5, 2)):
        for _ in range(quarters * 5000):
            gain_kw = 3.0 * power_kw + (outdoor_c - at_c) / 6.7
            at_c += gain_kw / 2.0 * 0.25 / 5000
        seen.append(at_c)
    assert after_c == pytest.approx(np.array(seen), abs=1e-4)


def test_a_cold_room_is_heated_at_full_power_until_it_is_warm_enough() -> None:
    count = 16
    question = SiteQuestion(
        edges_us=np.arange(count + 1) * QUARTER_US,
        import_per_kwh=np.linspace(0.5, 0.1, count),
        heat_pumps=(room(count, initial_c=16.0),),
    )

    plan = plan_site(question).devices[0]

    assert plan.temperature_c is not None
    cold = np.flatnonzero(plan.temperature_c < 19.0 - 1e-6)
    assert cold.size
    assert plan.power_w[cold] == pytest.approx(np.full(cold.size, 3000.0))
    assert cold.tolist() == list(range(cold.size))
    (shortfall,) = plan.shortfalls
    assert (shortfall.goal, shortfall.unit, shortfall.reason) == ("comfort", "C", "device_power")
    assert shortfall.missing == pytest.approx(19.0 - plan.temperature_c[0])
