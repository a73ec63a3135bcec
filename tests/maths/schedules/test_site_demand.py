"""Demand charges in a site program, held against every course of a load under each of their forms.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (8 by default).
"""

import os
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.maths.schedules.patient import plan_site
from tests.maths.schedules.site_courses import HOUR_US, cheapest
from tests.support.cost_engine import elements_of, from_json
from tests.support.demand_strategies import demand_charges
from tests.support.tariff_bodies import flat
from wattyard.costs.domain.demand import demand_span
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.rises import DemandRise, rises
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.schedules.domain.site.devices import Shiftable, SiteStorage, StorageTarget, Stretch
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.tariffs.domain.calendar import CalendarRegion

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "8")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
REGION = CalendarRegion("Europe/Brussels")
START = datetime(2024, 6, 30, 19, 0, tzinfo=UTC)  # three hours before July begins there
HALF_HOUR = timedelta(minutes=30)


def charged(
    charge: dict[str, Any], readings: list[dict[str, Any]], span: Span
) -> tuple[DemandRise, ...]:
    body = {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2021-01-01",
        "contract_end_date": "2030-01-01",
        "schedule": flat(0.2),
        "vat": 0.25,
        "vat_included": False,
        "charges": [{"kind": "DEMAND", "window_minutes": 15, **charge}],
    }
    elements = elements_of([body], REGION)
    looked_at = demand_span(elements, REGION, span)
    assert looked_at is not None
    load = Load.of(REGION, looked_at, from_json(readings, "IMPORT"))
    return tuple(rises(elements, load, span))


def metered(random: Random, count: int) -> list[dict[str, Any]]:
    """Readings of half an hour in the weeks before the plan."""
    steps = sorted(random.sample(range(1, 48 * 70), count), reverse=True)
    return [
        {
            "location_id": "loc_reference",
            "start_time": (START - HALF_HOUR * step).isoformat(),
            "end_time": (START - HALF_HOUR * (step - 1)).isoformat(),
            "energy_kwh": random.choice((0, 0.5, random.random() * 2)),
        }
        for step in steps
    ]


@st.composite
def questions(draw: st.DrawFn) -> SiteQuestion:
    """A load with two levels in five steps, some of them in the next month."""
    count, hours = 5, draw(st.sampled_from((0.5, 1.0)))
    edges_us = microseconds(START) + np.arange(count + 1) * int(hours * HOUR_US)
    span = Span(START, START + timedelta(hours=hours * count))
    prices = draw(st.lists(st.integers(-20, 40), min_size=count, max_size=count))
    load_w = draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    readings = metered(Random(draw(st.integers(0, 2**32 - 1))), draw(st.integers(0, 20)))
    return SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=np.array(prices) / 100.0,
        load_w=np.array(load_w) * 100.0,
        loads=(
            Shiftable(
                "load",
                energy_wh=draw(st.integers(1, 60)) * 100.0,
                windows=(Stretch(int(edges_us[0]), int(edges_us[-1])),),
                max_w=3000.0,
                levels_w=(1000.0, 3000.0),
            ),
        ),
        demand=charged(draw(demand_charges()), readings, span),
    )


@TRIED
@given(questions())
def test_a_plan_weighs_what_it_adds_to_demand_charges(question: SiteQuestion) -> None:
    plan = plan_site(question)
    _, cost = cheapest(question)

    assert plan.bound <= cost + 1e-4 * max(1.0, abs(cost))
    assert plan.cost.total == pytest.approx(cost, abs=(1e-4 + plan.gap) * max(1.0, abs(cost)))


def test_a_flat_price_and_a_charge_per_kw_spread_a_load_over_its_window() -> None:
    edges_us = microseconds(START) - 12 * HOUR_US + np.arange(41) * HOUR_US // 4
    span = Span(START - timedelta(hours=12), START - timedelta(hours=2))
    question = SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=np.full(40, 0.3),
        storages=(
            SiteStorage(
                "car", 50_000.0, 10_000.0, 11_000.0,
                targets=(StorageTarget(int(edges_us[-1]), min_wh=21_000.0),),
            ),
        ),
        demand=charged({"amount_per_kw": 4.0}, [], span),
    )  # fmt: skip

    plan = plan_site(question)

    assert plan.flows.import_w == pytest.approx(np.full(40, 1100.0), abs=1e-3)
    assert plan.cost.energy == pytest.approx(3.30)
    assert plan.cost.demand == pytest.approx(1.1 * 4.0 * 1.25)
    assert plan.gap == 0.0


def test_what_the_month_has_already_paid_for_is_free() -> None:
    edges_us = microseconds(START) - 12 * HOUR_US + np.arange(41) * HOUR_US // 4
    span = Span(START - timedelta(hours=12), START - timedelta(hours=2))
    peak = {
        "location_id": "loc_reference",
        "start_time": "2024-06-03T08:00:00Z",
        "end_time": "2024-06-03T08:15:00Z",
        "energy_kwh": 1.25,
    }
    question = SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=np.linspace(0.2, 0.3, 40),
        storages=(
            SiteStorage(
                "car", 50_000.0, 10_000.0, 11_000.0,
                targets=(StorageTarget(int(edges_us[-1]), min_wh=21_000.0),),
            ),
        ),
        demand=charged({"amount_per_kw": 4.0}, [peak], span),
    )  # fmt: skip

    plan = plan_site(question)

    assert plan.flows.import_w.max() == pytest.approx(5000.0, abs=1e-3)
    assert plan.cost.demand == pytest.approx(0.0, abs=1e-6)
