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
from wattyard.sites.domain.netting import Netting
from wattyard.tariffs.domain.netting import GrossEnergy, GrossFlows, net_shares, netted_time
from wattyard.tariffs.domain.refusals import TooManyPrices
from wattyard.tariffs.domain.schedule import MONTHS, WEEKDAYS
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
    price(tariff, every_minute(days), Span(START + timedelta(days=first), after(days)))


def of_hours(tariff: dict[str, Any], days: int) -> None:
    """Price so many days that are metered by the hour."""
    read = every_minute(days)
    hourly = SeriesReadings(
        read.starts_us[::60], read.ends_us[59::60], read.energy_kwh[::60], read.confidence[::60]
    )
    price(tariff, hourly, Span(START, after(days)))


def after(days: int) -> datetime:
    return START + timedelta(days=days)


def price(tariff: dict[str, Any], readings: SeriesReadings, span: Span) -> None:
    elements, question = elements_of([tariff], BERLIN), CostQuestion("IMPORT", span)
    costs(elements, BERLIN, question, readings, markets=Markets({}, START))


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


def test_very_many_limits_by_the_day_are_refused_before_they_are_laid_out() -> None:
    by_day = [{"value": 1, "to_kwh_per_day": n} for n in range(1, 50)] + [{"value": 2}]
    times = [f"{n:02}:00" for n in range(24)]
    blocks = [
        (day, hours(*zip(times, [*times[1:], "00:00"], [by_day, *[1.0] * 23], strict=True)))
        for day in WEEKDAYS
    ]
    tariff = body([entry(*blocks, months=[month]) for month in MONTHS], tier_reset="DAY")

    of_hours(tariff, 10)
    tracemalloc.start()
    try:
        with pytest.raises(TooManyPrices):
            of_hours(tariff, 200)
        assert tracemalloc.get_traced_memory()[1] < 50 * MIB
    finally:
        tracemalloc.stop()


def test_what_is_carried_on_is_netted_from_the_first_reading_on_not_from_the_contract() -> None:
    elements = elements_of([body(flat(0.1), contract_start_date="1900-01-01")], BERLIN)
    netting = Netting("QUARTER_HOUR", "CARRY")
    day = Span(START, START + timedelta(days=1))
    read = every_minute(1)
    flow = GrossEnergy(read.starts_us, read.ends_us, read.energy_kwh, read.confidence)
    half = GrossEnergy(read.starts_us, read.ends_us, read.energy_kwh / 2, read.confidence)

    whole = netted_time(netting, elements, BERLIN, day)
    assert whole is not None
    assert whole.start.year == 1899
    found = net_shares(netting, elements, BERLIN, whole, GrossFlows((flow,), (half,)))

    assert found.imported.tolist() == pytest.approx([0.5] * 96)
    assert found.edges_us[0] == read.starts_us[0]
