"""The cost engine on one core, beside a loop that asks zoneinfo once a reading."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.support.ground import SERVER_CORE, Ground, fastest, pin, verdict
from wattyard.costs.domain.answer import Costs
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.wire.rules import tariff_from_json

_REGION = CalendarRegion("Europe/London", "GB", "ENG")
_CAR = UUID(int=7)
_HALF_HOUR_US = 1_800_000_000
_YEAR = Span(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
Windows = Sequence[tuple[int, int, float]]
_WINDOWS = ((0, 7, 0.0912), (7, 16, 0.2345), (16, 24, 0.3871))
_TIER_KWH = 200.0
_BUDGET_MS = 3.0
_ROUNDS = 50


def run(ground: Ground) -> None:
    """Price a year of half hours of one device; every answer is checked against the loop's."""
    pin(os.getpid(), SERVER_CORE)
    readings = _readings()
    loop_ms, looped = fastest(lambda: _loop(readings), 3)
    print(f"   {readings.starts_us.size:,} readings: loop {loop_ms:.1f} ms")
    for aggregation in ("NONE", "DAY", "MONTH"):
        answer = _measure(aggregation, readings, loop_ms, tiered=False)
        assert abs(answer.total.cost[0] - sum(looped.values())) < 1e-6
        if aggregation == "MONTH":
            assert np.allclose(answer.data.cost, list(looped.values()), atol=1e-6)
    _measure("MONTH", readings, loop_ms, tiered=True)


def _measure(
    aggregation: Aggregation, readings: SeriesReadings, loop_ms: float, *, tiered: bool
) -> Costs:
    elements = [
        Element(UUID(int=1), tariff_from_json(windowed_body(_WINDOWS, tiered=tiered), _REGION))
    ]
    question = CostQuestion("IMPORT", _YEAR, aggregation, _CAR)
    markets = Markets({}, _YEAR.start)

    def engine() -> Costs:
        answer = costs(elements, _REGION, question, readings, markets=markets)
        assert answer.data.cost.size  # rounding is part of the work
        return answer

    engine_ms, answer = fastest(engine, _ROUNDS)
    if tiered:
        print(f"   the same with two tiers by {aggregation}: {engine_ms:.2f} ms")
        return answer
    name = f"year of half hours by {aggregation}"
    verdict(name, engine_ms, f"<= {_BUDGET_MS:g} ms", met=engine_ms <= _BUDGET_MS)
    ratio = loop_ms / engine_ms
    verdict("times faster than the loop", ratio, ">= 10", met=ratio >= 10)
    return answer


def _readings() -> SeriesReadings:
    starts = np.arange(microseconds(_YEAR.start), microseconds(_YEAR.end), _HALF_HOUR_US)
    energy_kwh = np.random.default_rng(1).gamma(2.0, 0.2, starts.size)
    return SeriesReadings(starts, starts + _HALF_HOUR_US, energy_kwh, np.ones(starts.size))


def windowed_body(windows: Windows, *, tiered: bool) -> dict[str, Any]:
    """A tariff of windows (from and to an hour, price); with tiers, what is beyond 200 kWh a month
    costs a fifth more."""
    hours = [
        {
            "valid_from": f"{start:02}:00",
            "valid_to": f"{end % 24:02}:00",
            "rate": [{"value": price, "to_kwh": _TIER_KWH}, {"value": price * 1.2}]
            if tiered
            else [{"value": price}],
        }
        for start, end, price in windows
    ]
    return {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2024-01-01",
        "contract_end_date": "2030-01-01",
        "schedule": [
            {"months": ["All"], "days_and_hours": [{"days": ["All"], "hours": hours}]},
        ],
    }


def _loop(readings: SeriesReadings) -> dict[int, float]:
    """Add up the months reading by reading: this one tariff written into the loop."""
    zone = _REGION.zone
    months: dict[int, float] = {}
    for at, energy_kwh in zip(
        readings.starts_us.tolist(), readings.energy_kwh.tolist(), strict=True
    ):
        local = instant(at).astimezone(zone)
        price = next(price for start, end, price in _WINDOWS if start <= local.hour < end)
        months[local.month] = months.get(local.month, 0.0) + energy_kwh * price
    return months
