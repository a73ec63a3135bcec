"""Demand and minimum charges over a year and more, held against the exact reference.

Readings are few and far between, so that every form of charge meets periods with and without
them, before, inside and after the request and the contract.
`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.cost_engine import engine_costs, exact
from tests.support.cost_reference import CostItem, reference_costs
from tests.support.demand_strategies import demand_charges, money
from tests.support.tariff_bodies import flat

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "6")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
ZONES = (
    "Europe/Brussels", "Europe/Oslo", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata",
)  # fmt: skip
START = datetime(2023, 11, 1, tzinfo=UTC)
MONTHS = [date(2023 + n // 12, n % 12 + 1, 1) for n in range(10, 27)]
MILLIONTH = Fraction(1, 10**6)


ENERGY = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2021-01-01",
    "contract_end_date": "2030-01-01",
    "schedule": flat(0.1),
}


@dataclass(frozen=True)
class Case:
    """A question over parts of 2023 to 2025, with 2024's leap day inside most."""

    zone: str
    body: dict[str, Any]
    readings: list[dict[str, Any]]
    start: datetime
    end: datetime
    aggregation: str

    def arguments(self) -> dict[str, Any]:
        return {
            "readings": self.readings,
            "tariff_bodies": [ENERGY, self.body],
            "zone": self.zone,
            "country": None,
            "state": None,
            "start": self.start,
            "end": self.end,
            "aggregation": self.aggregation,
            "market": [],
            "market_unit": "KWH",
            "now": self.end,
        }


def readings(random: Random, count: int) -> list[dict[str, Any]]:
    """Readings of a minute to five hours, most of whole quarters, some alike in energy."""
    found: list[dict[str, Any]] = []
    cursor = START - timedelta(days=200)
    for _ in range(count):
        cursor += timedelta(minutes=15 * random.randint(1, 1400))
        if random.random() < 0.2:
            cursor += timedelta(minutes=random.randint(1, 14))
        minutes = random.choice((15, 15, 30, 60, 60, 120, 300, 7))
        end = cursor + timedelta(minutes=minutes)
        found.append(
            {
                "location_id": "loc_reference",
                "start_time": cursor.isoformat(),
                "end_time": end.isoformat(),
                "energy_kwh": random.choice((0, 1, 2, 2.5, random.randint(1, 9999) / 1000)),
            }
        )
        cursor = end
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ZONES))
    windows = (15, 30) if zone == "Australia/Lord_Howe" else (15, 30, 60)
    body: dict[str, Any] = {
        "direction": "IMPORT",
        "type": "NON_COMMODITY",
        "contract_start_date": draw(st.sampled_from(("2021-01-01", "2024-01-17", "2024-02-29"))),
        "contract_end_date": draw(st.sampled_from(("2030-01-01", "2024-10-12", "2024-12-31"))),
        "schedule": flat(0.2),
        "vat": 0.25,
        "vat_included": draw(st.booleans()),
        "charges": [
            draw(demand_charges(windows)),
            {"kind": "MONTHLY", "amount": draw(money(1, 5_000))},
        ],
        **draw(st.fixed_dictionaries({}, optional={"billing_day": st.integers(2, 28)})),
        **draw(st.sampled_from(({}, {"billing_periods": ["2024-01-03", "2024-02-20", "2024-03-21",
                                                         "2024-07-02"]}))),
    }  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        per = draw(st.sampled_from(("DAY", "MONTH")))
        amount = draw(money(1, 200 if per == "DAY" else 6_000))
        body["minimum_charge"] = {"amount": amount, "per": per}
    start = START + timedelta(hours=draw(st.integers(0, 24 * 300)))
    random = Random(draw(st.integers(0, 2**32 - 1)))
    return Case(
        zone,
        body,
        readings(random, draw(st.integers(0, 90))),
        start,
        start + timedelta(hours=draw(st.integers(1, 24 * 200))),
        draw(st.sampled_from(("DAY", "MONTH", "MONTH", "YEAR"))),
    )


def assert_near(ours: Any, theirs: CostItem) -> None:
    expected = {
        "STANDING": theirs.standing_cost,
        "DEMAND": theirs.demand_cost,
        "MINIMUM": theirs.minimum_cost,
    }
    for kind, amount in expected.items():
        own = [exact(line.amount) for line in ours.lines if line.kind == kind]
        assert abs(sum(own, Fraction(0)) - amount) <= 2 * MILLIONTH, (kind, ours, float(amount))
    assert abs(exact(ours.cost) - theirs.cost) <= MILLIONTH


@TRIED
@given(cases())
def test_every_form_of_demand_and_minimum_charge_costs_what_the_reference_says(case: Case) -> None:
    ours, theirs = engine_costs(**case.arguments()), reference_costs(**case.arguments())

    for own, expected in zip(ours.data, theirs.data, strict=True):
        assert (own.start, own.end) == (expected.start, expected.end)
        assert_near(own, expected)
    (total,) = ours.total
    assert_near(total, theirs.total)
    for item in (*ours.data, total):
        for line in item.lines:
            shares = sum(share.amount for share in line.demand)
            assert not line.demand or abs(shares - line.amount) < 1e-5
