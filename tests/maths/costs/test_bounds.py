"""Tiers times intervals have a bound, judged before the work (a small request, much memory)."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.support.cost_engine import BERLIN, elements_of
from tests.support.tariff_bodies import body, entry, flat, hours
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.refusals import TooManyPrices
from wattyard.tariffs.domain.sources import Markets

START = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MIB = 2**20


def tiers(count: int) -> list[dict[str, Any]]:
    return [{"value": n / 1000, "to_kwh": n} for n in range(1, count)] + [{"value": 1}]


def every_minute(days: int) -> SeriesReadings:
    starts = microseconds(START) + np.arange(days * 1440, dtype=np.int64) * 60_000_000
    ones = np.ones(starts.size)
    return SeriesReadings(starts, starts + 60_000_000, ones, ones)


def of_minutes(tariff: dict[str, Any], days: int, first: int = 0) -> None:
    """Price the days from `first` on, of so many that are metered."""
    span = Span(START + timedelta(days=first), START + timedelta(days=days))
    question = CostQuestion("IMPORT", span)
    costs(
        elements_of([tariff], BERLIN),
        BERLIN,
        question,
        every_minute(days),
        markets=Markets({}, START),
    )


def test_very_many_readings_in_very_many_tiers_are_refused_before_they_are_split() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooManyPrices):
            of_minutes(body(flat(tiers(50))), 31)
        assert tracemalloc.get_traced_memory()[1] < 50 * MIB
    finally:
        tracemalloc.stop()
    of_minutes(body(flat(tiers(20))), 31)


def test_very_many_windows_of_very_many_tiers_are_refused_before_they_are_priced() -> None:
    minutes = [f"{n // 60:02}:{n % 60:02}" for n in range(0, 1440, 6)]
    rates = [[*tiers(50)[:-1], {"value": n}] for n in range(len(minutes))]
    windows = zip(minutes, [*minutes[1:], "00:00"], rates, strict=True)
    with pytest.raises(TooManyPrices):
        of_minutes(body([entry(("All", hours(*windows)))]), 200)


def test_a_long_time_since_the_last_reset_is_counted_and_not_refused() -> None:
    tariff = body(flat(tiers(5)), tier_reset="CONTRACT")
    of_minutes(tariff, 400, first=399)
    with pytest.raises(TooManyPrices, match="or tiers"):
        of_minutes(tariff, 400)
