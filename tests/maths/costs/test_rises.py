"""What a plan adds to demand charges, held against the exact reference of demand charges.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import localcontext
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.charge_reference import Load as ReferenceLoad
from tests.support.cost_engine import elements_of, from_json
from tests.support.demand_reference import DemandCharge as ReferenceCharge
from tests.support.demand_strategies import demand_charges
from tests.support.market_reference import Market
from tests.support.period_reference import clipped
from tests.support.reading_reference import load_of
from tests.support.region_reference import Region
from tests.support.tariff_bodies import flat
from tests.support.tariff_reference import EXACT, Tariff
from wattyard.costs.domain.demand import demand_span
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.rises import DemandRise, rises
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "6")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ZONES = ("Europe/Brussels", "Europe/Oslo", "America/Santiago", "Australia/Lord_Howe")
STARTS = (
    datetime(2024, 2, 29, 20, 0, tzinfo=UTC),
    datetime(2024, 3, 31, 0, 10, tzinfo=UTC),
    datetime(2024, 4, 6, 12, 0, tzinfo=UTC),
    datetime(2024, 6, 14, 21, 35, tzinfo=UTC),
    datetime(2024, 10, 26, 22, 0, tzinfo=UTC),
)


@dataclass(frozen=True)
class Case:
    """A plan of `power_kw` in steps between `edges`, after readings, under one charge."""

    zone: str
    body: dict[str, Any]
    readings: list[dict[str, Any]]
    edges: list[datetime]
    power_kw: list[float]

    @property
    def energy_kwh(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array(self.power_kw) * np.diff(self.edges_us) / 3.6e9

    @property
    def edges_us(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array([microseconds(at) for at in self.edges], dtype=np.int64)

    def rises(self) -> list[DemandRise]:
        region = CalendarRegion(self.zone)
        elements = elements_of([self.body], region)
        span = Span(self.edges[0], self.edges[-1])
        looked_at = demand_span(elements, region, span)
        if looked_at is None:
            return []
        load = Load.of(region, looked_at, from_json(self.readings, "IMPORT").until(span.start))
        return rises(elements, load, span)


def tariff_body(charge: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2021-01-01",
        "contract_end_date": "2030-01-01",
        "schedule": flat(0.2),
        "vat": 0.25,
        "vat_included": True,
        "charges": [charge],
    } | more


def reading(start: datetime, minutes: int, energy_kwh: float) -> dict[str, Any]:
    end = start + timedelta(minutes=minutes)
    return {
        "location_id": "loc_reference",
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        "energy_kwh": energy_kwh,
    }


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ZONES))
    charge = draw(demand_charges((15, 30) if zone == "Australia/Lord_Howe" else (15, 30, 60)))
    body = tariff_body(
        charge,
        vat_included=draw(st.booleans()),
        contract_end_date=draw(st.sampled_from(("2030-01-01", "2024-10-27"))),
        **draw(st.fixed_dictionaries({}, optional={"billing_day": st.integers(2, 28)})),
    )
    start = draw(st.sampled_from(STARTS))
    random = Random(draw(st.integers(0, 2**32 - 1)))
    readings, until = [], start
    for _ in range(draw(st.integers(0, 40))):
        minutes = random.choice((15, 15, 30, 60))
        until -= timedelta(minutes=minutes + random.choice((0, 0, 15, 60 * random.randint(1, 90))))
        readings.append(reading(until, minutes, random.choice((0, 1, random.random() * 3))))
    minutes = draw(st.sampled_from((5, 15, 30, 60)))
    step = timedelta(minutes=minutes)
    edges = [start, start + step - timedelta(minutes=start.minute % minutes)]
    edges += [edges[-1] + step * n for n in range(1, draw(st.integers(1, 60)))]
    powers = [random.choice((0.0, 1.5, 10 * random.random())) for _ in edges[1:]]
    return Case(zone, body, readings[::-1], edges, powers)


@pytest.mark.filterwarnings("ignore:Requested Holidays")
@TRIED
@given(cases())
def test_a_plan_adds_what_the_bill_of_each_period_rises_by(case: Case) -> None:
    with localcontext(EXACT):
        for rise in case.rises():
            expected = float(reference_rise(case, rise.period))
            amount = rise.amount(case.edges_us, case.energy_kwh)
            assert amount == pytest.approx(expected, abs=1e-6, rel=1e-9)


@TRIED
@given(cases())
def test_the_windows_of_a_plan_have_the_powers_that_the_bill_sees(case: Case) -> None:
    """The peak that a program models is the peak that is billed."""
    for rise in case.rises():
        windows = rise.windows(case.edges_us)
        power_kw = windows.mean_kw(np.array(case.power_kw))
        high = dict(rise.running.high_of_days)
        for day, kw in zip(windows.day.tolist(), power_kw.tolist(), strict=True):
            high[day] = max(high.get(day, 0.0), kw)
        best = sorted(high.values(), reverse=True)[: rise.charge.days or 1] or [0.0]
        raw_kw = np.array([sum(best) / len(best)])
        running = rise.running
        inside = np.clip(case.edges_us, *running.span_us)
        after = np.append(0.0, np.cumsum(case.energy_kwh))
        further = np.diff(np.interp(inside[[0, -1]], case.edges_us, after))
        charged = float(running.charged(running.billed(raw_kw), further)[0])
        assert rise.amount(case.edges_us, case.energy_kwh) == pytest.approx(
            rise.times * (charged - running.charged_so_far), abs=1e-6
        )


def reference_rise(case: Case, period: Span) -> Fraction:
    region = Region(case.zone, None, None)
    market = Market([], "KWH", region, case.edges[-1])
    tariff, charge = Tariff(case.body, region, market), case.body["charges"][0]
    days = region.wall(period.start).date(), region.wall(period.end).date()
    metered = [load_of(one) for one in case.readings]
    planned = [*metered, *planned_loads(case, period)]
    before, after = (
        ReferenceCharge(tariff, charge, loads, loads).whole_amount(days)
        for loads in (metered, planned)
    )
    gross = Fraction(1) if case.body["vat_included"] else 1 + Fraction("0.25")
    return (after - before) * charge.get("periods", 1) * gross


def planned_loads(case: Case, period: Span) -> Iterator[ReferenceLoad]:
    """The steps of the plan inside a period, cut at its edges."""
    for start, end, kw in zip(case.edges[:-1], case.edges[1:], case.power_kw, strict=True):
        inside = clipped((start, end), (period.start, period.end))
        if inside[0] < inside[1]:
            hours = Fraction((inside[1] - inside[0]) // timedelta(seconds=1), 3600)
            yield ReferenceLoad(*inside, Fraction(kw) * hours)


def test_a_peak_below_that_of_the_month_so_far_adds_nothing() -> None:
    start = datetime(2024, 6, 14, 10, tzinfo=UTC)
    body = tariff_body({"kind": "DEMAND", "amount_per_kw": 4, "window_minutes": 15})
    edges = [start, start + timedelta(hours=1)]
    (rise,) = Case(
        "Europe/Brussels", body, [reading(start - timedelta(days=2), 15, 1.0)], edges, []
    ).rises()

    assert rise.amount(microsecond_edges(edges), np.array([4.0])) == 0.0
    assert rise.amount(microsecond_edges(edges), np.array([5.0])) == pytest.approx(4.0)


def test_a_rise_under_a_mean_of_twelve_months_is_paid_in_each_of_them() -> None:
    start = datetime(2024, 6, 14, 10, tzinfo=UTC)
    body = tariff_body({"kind": "DEMAND", "amount_per_kw": 4, "window_minutes": 15, "periods": 12})
    readings = [
        reading(datetime(2024, month, 2, tzinfo=UTC), 15, 1.0) for month in range(1, 7)
    ]  # six months of 4 kW
    edges = [start, start + timedelta(hours=1)]
    (rise,) = Case("Europe/Brussels", body, readings, edges, []).rises()

    assert rise.amount(microsecond_edges(edges), np.array([5.0])) == pytest.approx(12 * 4 / 6)


def microsecond_edges(edges: list[datetime]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([microseconds(at) for at in edges], dtype=np.int64)
