"""Loads that may run later, held against every course that they could take.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (15 by default).
"""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.maths.schedules.patient import plan_site
from tests.maths.schedules.site_courses import HOUR_US, cheapest
from wattyard.schedules.domain.site.devices import Shiftable, Stretch
from wattyard.schedules.domain.site.question import SiteQuestion

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "15")),
    deadline=None,
    print_blob=True,
)
QUARTER_US = HOUR_US // 4


@st.composite
def questions(draw: st.DrawFn) -> SiteQuestion:
    """A load with one or two levels in up to seven steps of unequal length."""
    lengths = draw(st.lists(st.sampled_from((1, 2, 4)), min_size=2, max_size=7))
    edges_us = np.append(0, np.cumsum(lengths)) * QUARTER_US
    prices = draw(st.lists(st.integers(-20, 40), min_size=len(lengths), max_size=len(lengths)))
    levels = draw(st.lists(st.sampled_from((1000.0, 1500.0, 2500.0)), min_size=1, max_size=2))
    ends = st.integers(0, len(lengths))
    windows = [
        Stretch(int(edges_us[min(one)]), int(edges_us[max(one)]))
        for one in draw(st.lists(st.tuples(ends, ends), min_size=1, max_size=2))
        if one[0] != one[1]
    ] or [Stretch(0, int(edges_us[-1]))]
    quarters = st.integers(0, 5).map(lambda count: count * QUARTER_US)
    load = Shiftable(
        "load",
        energy_wh=draw(st.integers(1, 40)) * 100.0,
        windows=tuple(windows),
        max_w=max(levels),
        levels_w=tuple(levels),
        min_run_us=draw(quarters),
        min_pause_us=draw(quarters),
        max_starts=draw(st.sampled_from((None, None, 1, 2))),
        contiguous=draw(st.booleans()),
        start_cost=draw(st.sampled_from((0.0, 0.1))),
        blocked=tuple(windows[:0]) if draw(st.booleans()) else (Stretch(0, QUARTER_US),),
    )
    tight = draw(st.booleans())
    limits = draw(st.lists(st.sampled_from((800.0, 1600.0, 9e9)), min_size=7, max_size=7))
    return SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=np.array(prices) / 100.0,
        load_w=np.full(len(lengths), 500.0),
        import_limit_w=np.array(limits[: len(lengths)]) + 500.0 if tight else np.zeros(0),
        loads=(load,),
    )


@TRIED
@given(questions())
def test_a_load_runs_when_it_costs_least(question: SiteQuestion) -> None:
    plan = plan_site(question)
    unmet_wh, cost = cheapest(question)

    missing = sum(one.missing for one in plan.devices[0].shortfalls)
    assert missing == pytest.approx(unmet_wh, abs=0.6)
    assert plan.cost.total == pytest.approx(cost, abs=1e-4 + plan.gap * max(1.0, abs(cost)))
    assert plan.gap < 1e-6
