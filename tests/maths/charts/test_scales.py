"""Scales and ticks: round numbers that cover what is drawn; hours of a day on any clock."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattyard.kernel import civil
from wattyard.kernel.clock_changes import HOUR_US, microseconds
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.scales import nice_ticks, value_scale
from wattyard.web.charts.times import TimeScale, day_names, time_ticks

VALUES = st.floats(-1e6, 1e6, allow_subnormal=False)
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "UTC"]


@settings(max_examples=100)
@given(VALUES, VALUES, st.integers(2, 8))
def test_ticks_cover_the_range_ascend_in_equal_steps_and_are_few(
    one: float, other: float, most: int
) -> None:
    low, high = sorted([one, other])
    ticks, decimals = nice_ticks(low, high, most)

    steps = np.diff(ticks)
    nearly = (high - low) * 1e-6 + 1e-9
    assert ticks[0] <= low + nearly
    assert ticks[-1] >= high - nearly
    assert np.all(steps > 0)
    assert np.allclose(steps, steps[0], rtol=1e-6)
    assert 2 <= len(ticks) <= most + 1
    assert all(float(f"{tick:.{decimals}f}") == tick for tick in ticks)


@pytest.mark.parametrize("value", [0.0, 1e-9, 0.3124, -0.05, 8.0e5])
def test_equal_values_have_a_scale_too(value: float) -> None:
    ticks, _ = nice_ticks(min(value, 0.0), max(value, 0.0), 5)

    assert ticks[0] <= value <= ticks[-1]
    assert len(ticks) >= 2


@settings(max_examples=50)
@given(st.lists(st.one_of(VALUES, st.just(float("nan"))), min_size=1, max_size=40))
def test_every_value_is_inside_its_panel_and_so_is_zero(values: list[float]) -> None:
    scale = value_scale([np.array(values)], panel_px=(20.0, 220.0))

    heights = scale.heights(np.array([*values, 0.0]))
    known = heights[np.isfinite(heights)]
    assert np.all((known >= 20.0 - 1e-6) & (known <= 220.0 + 1e-6))
    assert 0.0 in scale.ticks


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("days", [1, 2, 3, 4, 7, 14, 31, 61, 365, 800, 1500])
def test_ticks_of_time_ascend_inside_their_span(zone: str, days: int) -> None:
    where = ZoneInfo(zone)
    first = date(2026, 3, 1)
    scale = TimeScale(
        microseconds(civil.start_of_day(first, where)),
        microseconds(civil.start_of_day(date.fromordinal(first.toordinal() + days), where)),
    )

    ticks = time_ticks(scale, ChartReader(where))

    at = [tick.at_us for tick in ticks]
    assert at == sorted(set(at))
    assert scale.start_us <= at[0] <= at[-1] <= scale.end_us
    assert 3 <= len(ticks) <= 20
    assert sum(tick.narrow for tick in ticks) <= 7
    assert all(0.0 <= scale.x(one) <= 1.0 for one in at)


@pytest.mark.parametrize(
    ("day", "zone", "texts", "hours"),
    [
        (date(2026, 3, 29), "Europe/Berlin", "00 03 06 09 12 15 18 21 00", 23),
        (date(2026, 10, 25), "Europe/Berlin", "00 03 06 09 12 15 18 21 00", 25),
        # Midnight does not exist: the day begins at one o'clock.
        (date(2026, 9, 6), "America/Santiago", "01 03 06 09 12 15 18 21 00", 23),
    ],
)
def test_hours_of_clock_change_days_are_where_the_clock_shows_them(
    day: date, zone: str, texts: str, hours: int
) -> None:
    where = ZoneInfo(zone)
    span = civil.day(day, where)
    scale = TimeScale(microseconds(span.start), microseconds(span.end))

    ticks = time_ticks(scale, ChartReader(where))

    assert [tick.text for tick in ticks] == [f"{hour}:00" for hour in texts.split()]
    assert scale.end_us - scale.start_us == hours * HOUR_US
    noon = next(tick for tick in ticks if tick.text == "12:00")
    assert scale.end_us - noon.at_us == 12 * HOUR_US
    assert [one.at_us for one in day_names(scale, ChartReader(where))] == [scale.start_us]


def test_numbers_and_dates_are_those_of_the_reader() -> None:
    where = ZoneInfo("Europe/Berlin")
    german, british = ChartReader(where, "de"), ChartReader(where)
    at = microseconds(civil.start_of_day(date(2026, 3, 1), where))

    assert german.number(-1234.5, 2) == "−1.234,50"
    assert british.number(-1234.5, 2) == "−1,234.50"
    assert british.number(-0.0004, 2) == "0.00"
    assert german.stamp(at) == "So., 1. März, 00:00"
    assert british.short(12_500.0, 0) == "12.5k"
    assert british.exact(0.3, 6) == "0.30"
    assert british.exact(0.312401, 6) == "0.312401"
