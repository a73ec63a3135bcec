"""Readings outside the span move the tier counters, and are asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.cost_engine import (
    BERLIN,
    Metered,
    berlin,
    elements_of,
    hourly,
    lines,
    readings_of,
    total,
)
from tests.support.tariff_bodies import body, entry, flat, hours
from wattyard.costs.domain.answer import Costs
from wattyard.costs.domain.contracts import FOR_EVER, history_needed
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.sources import Markets

TWO_TIERS = [{"value": 0.1, "to_kwh": 10}, {"value": 0.2}]
DAY = Span(datetime(2025, 1, 14, 23, tzinfo=UTC), datetime(2025, 1, 15, 23, tzinfo=UTC))


def of_the_day(bodies: list[dict[str, Any]], readings: list[Metered]) -> Costs:
    return costs(
        elements_of(bodies, BERLIN),
        BERLIN,
        CostQuestion("IMPORT", DAY),
        readings_of(readings),
        markets=Markets({}, DAY.start),
    )


def needed(*bodies: dict[str, Any], span: Span = DAY) -> Span | None:
    return history_needed(elements_of(bodies, BERLIN), BERLIN, CostQuestion("IMPORT", span))


def test_earlier_readings_move_the_counter_and_are_not_answered() -> None:
    # 8 kWh before: 2 more at 0.1, then 2 at 0.2. The reading across midnight counts half.
    before = hourly(berlin(2025, 1, 3, 5), 6.0)
    across = Metered(berlin(2025, 1, 14, 22), berlin(2025, 1, 15, 2), 4.0)
    readings = [*before, across, *hourly(berlin(2025, 1, 15, 9), 2.0, 1.0)]

    answer = of_the_day([body(flat(TWO_TIERS))], readings)

    (item,) = answer.data
    assert item.energy_kwh == 5.0
    assert lines(answer) == [
        ("ENERGY", 0, 2.0, pytest.approx(0.1), 0.2),
        ("ENERGY", 0, 3.0, pytest.approx(0.2), 0.6),
    ]
    assert [line.tier for line in item.lines] == [0, 1]


def test_each_window_counts_by_itself_or_shares_the_month() -> None:
    # Night 8 kWh before, and 4 kWh by day. PERIOD: 4 x 0.3. SHARED, with 4 kWh on a later day:
    # 10 of 16 kWh in the first tier: 4 x (10 x 0.3 + 6 x 0.6) / 16.
    by_day = [{"value": 0.3, "to_kwh": 10}, {"value": 0.6}]
    windows = entry(("All", hours(("23:00", "07:00", TWO_TIERS), ("07:00", "23:00", by_day))))
    readings = [
        *hourly(berlin(2025, 1, 3, 5), 8.0),
        *hourly(berlin(2025, 1, 15, 9), 4.0),
        *hourly(berlin(2025, 1, 20, 9), 4.0),
    ]
    for scope, expected in (("PERIOD", 1.2), ("SHARED", 1.65), ("TARIFF", 2 * 0.3 + 2 * 0.6)):
        answer = of_the_day([body([windows], tier_scope=scope)], readings)
        assert total(answer) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reset", "scope", "start", "end"),
    [
        ("DAY", "TARIFF", None, None),
        ("MONTH", "TARIFF", berlin(2025, 1, 1), DAY.end),
        ("MONTH", "PERIOD", berlin(2025, 1, 1), DAY.end),
        ("YEAR", "TARIFF", berlin(2025, 1, 1), DAY.end),
        ("CONTRACT", "TARIFF", berlin(2024, 1, 1), DAY.end),
        ("DAY", "SHARED", None, None),
        ("MONTH", "SHARED", berlin(2025, 1, 1), berlin(2025, 2, 1)),
        ("YEAR", "SHARED", berlin(2025, 1, 1), berlin(2026, 1, 1)),
        ("CONTRACT", "SHARED", berlin(2024, 1, 1), FOR_EVER),
    ],
)
def test_the_history_goes_back_to_the_reset_and_shared_tiers_need_all_of_the_period(
    reset: str, scope: str, start: datetime | None, end: datetime | None
) -> None:
    tiered = body(flat(TWO_TIERS), tier_reset=reset, tier_scope=scope)

    assert needed(tiered) == (Span(start, end) if start and end else None)


def test_without_tiers_no_history_is_needed_demand_or_not() -> None:
    demand = {"kind": "DEMAND", "amount_per_kw": 4, "window_minutes": 15}

    assert needed(body(flat(0.2), charges=[demand])) is None


@pytest.mark.parametrize(
    ("reset", "start", "end"),
    [
        ("MONTH", berlin(2025, 1, 1), berlin(2025, 2, 1)),
        ("CONTRACT", berlin(2025, 1, 10), berlin(2025, 1, 20)),
    ],
)
def test_only_with_contract_the_history_ends_where_another_contract_is_responsible(
    reset: str, start: datetime, end: datetime
) -> None:
    shared = {"tier_scope": "SHARED", "tier_reset": reset}
    old = body(flat(TWO_TIERS), contract_end_date="2025-01-10", **shared)
    new = body(flat(TWO_TIERS), contract_start_date="2025-01-10", **shared)
    later = body(flat(TWO_TIERS), contract_start_date="2025-01-20", contract_end_date="2026-01-01")
    new |= {"contract_end_date": "2025-01-20"}

    assert needed(old, new, later) == Span(start, end)


@pytest.mark.parametrize(("reset", "cost"), [("MONTH", 0.2 + 0.4), ("CONTRACT", 0.4)])
def test_a_counter_runs_on_through_a_change_of_contract_unless_it_is_the_contracts(
    reset: str, cost: float
) -> None:
    # 8 kWh in January under the old contract: 2 more at 0.1, then 2 at 0.2.
    old = body(flat(TWO_TIERS), contract_end_date="2025-01-10")
    new = body(flat(TWO_TIERS), contract_start_date="2025-01-10", tier_reset=reset)
    readings = [*hourly(berlin(2025, 1, 3, 5), 8.0), *hourly(berlin(2025, 1, 15, 9), 4.0)]

    assert total(of_the_day([old, new], readings)) == pytest.approx(cost)


def test_energy_given_back_runs_the_counter_backwards() -> None:
    # 9 kWh, then 3: 1 at 0.1, 2 at 0.2; then 4 back: 2 at 0.2, 2 at 0.1.
    readings = [
        *hourly(berlin(2025, 1, 14, 12), 9.0),
        *hourly(berlin(2025, 1, 15, 9), 3.0, -4.0),
    ]

    answer = of_the_day([body(flat(TWO_TIERS))], readings)

    assert total(answer) == pytest.approx(0.5 - 0.6)
