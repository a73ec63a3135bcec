"""Windows, peaks and billing periods of demand charges, one rule at a time (contract 2b)."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from tests.support.cost_engine import HOUR, Metered, hourly, readings_of
from tests.support.real_demand import BELGIUM
from tests.support.tariff_bodies import body, flat
from wattyard.costs.domain.demand import ChargedPeriods, periods_from
from wattyard.costs.domain.peaks import DemandWindows, Load
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.billing import Billing
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.demand import MOST_PERIODS, PricePerKw, PriceSteps, PriceTiers
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin")
INFINITE = float("inf")


def windows(zone: str, day: date, minutes: int, *readings: Metered) -> DemandWindows:
    region = CalendarRegion(zone)
    return Load.of(region, civil.day(day, region.zone), readings_of(readings)).windows(minutes)


def test_a_day_of_25_hours_has_25_windows_of_an_hour() -> None:
    day = date(2025, 10, 26)
    start = civil.day(day, BERLIN.zone).start

    found = windows("Europe/Berlin", day, 60, *hourly(start, *[1.0] * 25))

    assert found.mean_kw.tolist() == [1.0] * 25
    assert len(set(found.day.tolist())) == 1


def test_a_reading_of_hours_has_the_same_power_in_each_of_its_windows() -> None:
    at = datetime(2025, 3, 30, 0, 0, tzinfo=UTC)  # the clock goes forward an hour later

    found = windows("Europe/Berlin", date(2025, 3, 30), 15, Metered(at, at + 3 * HOUR, 6.0))

    assert found.mean_kw == pytest.approx([2.0] * 12)
    assert found.starts_us[0] == microseconds(at)


def test_a_reading_across_windows_is_shared_and_missing_time_counts_as_nothing() -> None:
    at = datetime(2025, 1, 8, 12, 50, tzinfo=UTC)

    found = windows("Europe/Berlin", date(2025, 1, 8), 30, Metered(at, at + HOUR / 3, 1.0))

    assert found.mean_kw.tolist() == pytest.approx([1.0, 1.0])  # half a kWh in each half hour
    assert [instant(at).minute for at in found.starts_us.tolist()] == [30, 0]


@pytest.mark.parametrize("zone", ["America/Santiago", "Africa/Cairo"])
def test_a_day_without_a_midnight_starts_with_its_first_window(zone: str) -> None:
    region = CalendarRegion(zone)
    day = next(
        d
        for d in (date(2025, 1, 1) + timedelta(days=n) for n in range(365))
        if civil.day(d, region.zone).duration < 24 * HOUR
    )
    span = civil.day(day, region.zone)

    found = windows(zone, day, 60, *hourly(span.start, *[1.0] * 23))

    assert found.starts_us.size == 23
    assert set(found.day.tolist()) == {(day - date(1970, 1, 1)).days}


def test_energy_is_neither_lost_nor_made_whatever_the_window() -> None:
    at = datetime(2025, 4, 5, 3, 7, tzinfo=UTC)
    for zone in ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"):
        region = CalendarRegion(zone)
        readings = readings_of([Metered(at, at + 37 * HOUR, 11.0)])
        span = Span(at - 48 * HOUR, at + 96 * HOUR)
        for minutes in (15, 30, 60):
            found = Load.of(region, span, readings).windows(minutes)
            assert float(found.energy_kwh.sum()) == pytest.approx(11.0), (zone, minutes)


def test_what_is_read_until_an_instant_has_the_energy_of_its_part() -> None:
    at = datetime(2025, 1, 8, 12, tzinfo=UTC)
    readings = readings_of([Metered(at, at + HOUR, 3.0), Metered(at + HOUR, at + 2 * HOUR, 8.0)])

    found = readings.until(at + HOUR * 1.25)

    assert found.energy_kwh.tolist() == [3.0, 2.0]
    assert found.ends_us[-1] == microseconds(at + HOUR * 1.25)


# Prices.


def test_a_peak_at_an_edge_is_in_the_step_from_there_on() -> None:
    steps = PriceSteps((2.0, 5.0, INFINITE), (175.0, 260.0, 439.0))
    sum_of_tenths = sum([0.1] * 50)  # 4.999999999999998
    kw = np.array([0.0, 1.999, 2.0, sum_of_tenths, 4.99])

    assert steps.amounts(kw).tolist() == [175, 175, 260, 439, 260]


def test_how_high_a_peak_may_rise_without_costing_more() -> None:
    assert PricePerKw(4.0).most_kw(3.0) == 3.0
    assert PricePerKw(0.0).most_kw(3.0) == INFINITE
    steps = PriceSteps((2.0, 5.0, 10.0, INFINITE), (175.0, 260.0, 260.0, 439.0))
    assert [steps.most_kw(kw) for kw in (0.0, 2.0, 5.0, 10.0)] == [2.0, 10.0, 10.0, INFINITE]
    tiers = PriceTiers((4.6, INFINITE), (0.0, 0.168))
    assert [tiers.most_kw(kw) for kw in (0.0, 4.6, 6.0)] == [4.6, 4.6, 6.0]
    cheaper = PriceTiers((2.0, 4.0, INFINITE), (1.0, -1.0, 2.0))
    assert cheaper.most_kw(2.0) == 5.0  # 2 kW save 2, the first kW above costs it again


# Earlier periods.


def test_a_bounded_number_of_earlier_periods_is_looked_at() -> None:
    charge = {**BELGIUM, "periods": MOST_PERIODS, "ratchet_percent": 50,
              "ratchet_periods": MOST_PERIODS}  # fmt: skip
    tariff = tariff_from_json(body(flat(0), charges=[charge]), BERLIN)
    now = datetime(2025, 6, 15, tzinfo=UTC)

    periods = ChargedPeriods.of(tariff, BERLIN, Span(now, now + HOUR))

    assert periods is not None
    assert periods.first == 2 * MOST_PERIODS - 1
    assert periods.edges_us.size == 2 * MOST_PERIODS + 1


def test_periods_that_were_read_rarely_are_found_as_far_as_they_are_near() -> None:
    quarterly = tuple(date(2023 + n // 4, 1 + n % 4 * 3, 7) for n in range(12))
    billing = Billing(first_days=quarterly)
    at = microseconds(datetime(2025, 10, 1, tzinfo=UTC))

    found = periods_from(billing, BERLIN, (at, at + 1), 3)

    assert len(found) == 4
    assert found.days.tolist() == [92, 90, 91, 92]
    yearly = Billing(first_days=tuple(date(2010 + n, 1, 1) for n in range(16)))
    assert len(periods_from(yearly, BERLIN, (at - 1, at), 24)) < 24
