"""What a place usually takes, learnt from readings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattyard.kernel.clock_changes import DAY_US, HOUR_US, microseconds
from wattyard.meters.domain.readings import Metered
from wattyard.schedules.domain.forecasts.base_load import (
    LEARNT_US,
    MeteredSteps,
    metered_over,
    usual_load,
)
from wattyard.schedules.domain.forecasts.surroundings import expected, load_for, replaced
from wattyard.schedules.domain.steps import STEP_US
from wattyard.tariffs.domain.calendar import CalendarRegion

BERLIN = CalendarRegion("Europe/Berlin", "DE", "BE")
UNTIL = datetime(2026, 3, 2, tzinfo=UTC)
UNTIL_US = microseconds(UNTIL)


def metered(starts_us: Any, ends_us: Any, energy_kwh: Any) -> Metered:
    count = len(starts_us)
    return Metered(
        np.zeros(count, np.int64),
        np.array(starts_us, np.int64),
        np.array(ends_us, np.int64),
        np.array(energy_kwh, np.float64),
        np.ones(count),
        [None] * count,
        [None] * count,
    )


def by_clock(kwh: Any, days: int = 28, step_us: int = HOUR_US) -> Metered:
    """Make readings whose energy is a function of the local time of their start."""
    starts = np.arange(-days * DAY_US // step_us, 0) * step_us + UNTIL_US
    zone = ZoneInfo("Europe/Berlin")
    walls = [(UNTIL + timedelta(microseconds=int(at - UNTIL_US))).astimezone(zone) for at in starts]
    return metered(starts, starts + step_us, [kwh(wall) for wall in walls])


def day_of(start: datetime, hours: int = 24) -> Any:
    return microseconds(start) + np.arange(hours * 4 + 1) * STEP_US


def test_the_load_is_that_of_the_same_local_time() -> None:
    readings = by_clock(lambda wall: 2.0 if wall.hour == 18 else 0.5)
    monday = day_of(datetime(2026, 3, 1, 23, tzinfo=UTC))

    watts = usual_load([readings], [], BERLIN, monday, until_us=UNTIL_US)

    assert watts is not None
    assert watts[18 * 4 : 19 * 4] == pytest.approx(2000)
    assert np.delete(watts, np.s_[18 * 4 : 19 * 4]) == pytest.approx(500)


def test_weekends_and_holidays_have_a_load_of_their_own() -> None:
    readings = by_clock(lambda wall: 1.0 if wall.weekday() >= 5 else 0.2)
    saturday = day_of(datetime(2026, 3, 6, 23, tzinfo=UTC))
    good_friday = day_of(datetime(2026, 4, 2, 22, tzinfo=UTC))
    thursday = day_of(datetime(2026, 4, 1, 22, tzinfo=UTC))

    for edges_us, expected_w in ((saturday, 1000), (good_friday, 1000), (thursday, 200)):
        watts = usual_load([readings], [], BERLIN, edges_us, until_us=UNTIL_US)
        assert watts == pytest.approx(expected_w)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)],
)
def test_a_day_of_a_clock_change_follows_the_wall(day: datetime, hours: int) -> None:
    readings = by_clock(lambda wall: float(wall.hour))

    watts = usual_load([readings], [], BERLIN, day_of(day, hours), until_us=UNTIL_US)

    assert watts is not None
    zone = ZoneInfo("Europe/Berlin")
    walls = [(day + timedelta(hours=n)).astimezone(zone).hour for n in range(hours)]
    assert watts[::4] == pytest.approx([1000 * hour for hour in walls])


def test_what_the_planned_device_took_is_left_out() -> None:
    house, own = by_clock(lambda _: 1.5), by_clock(lambda _: 1.0, days=7)

    watts = usual_load([house], [own], BERLIN, day_of(UNTIL, 4), until_us=UNTIL_US)

    assert watts is not None
    assert (watts < 1500).all()


def test_less_than_a_day_of_readings_is_too_little() -> None:
    assert usual_load([], [], BERLIN, day_of(UNTIL), until_us=UNTIL_US) is None
    for hours, known in ((23, False), (24, True)):
        starts = UNTIL_US - HOUR_US * np.arange(hours, 0, -1)
        readings = metered(starts, starts + HOUR_US, np.ones(hours))
        watts = usual_load([readings], [], BERLIN, day_of(UNTIL), until_us=UNTIL_US)
        assert (watts is not None) is known


def test_readings_older_than_four_weeks_do_not_count() -> None:
    starts = UNTIL_US - LEARNT_US - HOUR_US * np.arange(48, 0, -1)
    readings = metered(starts, starts + HOUR_US, np.ones(48))

    assert usual_load([readings], [], BERLIN, day_of(UNTIL), until_us=UNTIL_US) is None


@given(
    lengths=st.lists(st.integers(1, 5 * 60), min_size=1, max_size=30),
    gaps=st.lists(st.integers(0, 90), min_size=30, max_size=30),
    kwh=st.lists(st.floats(0, 10), min_size=30, max_size=30),
)
@settings(deadline=None)
def test_no_energy_and_no_time_is_lost_in_spreading(
    lengths: list[int], gaps: list[int], kwh: list[float]
) -> None:
    ends, starts, at = [], [], UNTIL_US
    for length, gap in zip(lengths, gaps, strict=False):
        at += gap * 60_000_000
        starts.append(at)
        at += length * 60_000_000
        ends.append(at)
    readings = metered(starts, ends, kwh[: len(starts)])
    edges_us = np.arange(UNTIL_US, at + 2 * STEP_US, STEP_US)

    steps = metered_over([readings], edges_us)
    energy_wh, hours = steps.energy_wh, steps.hours

    assert energy_wh.sum() == pytest.approx(1000 * sum(kwh[: len(starts)]))
    assert hours.sum() == pytest.approx(sum(lengths) / 60)
    assert (hours <= 0.25 + 1e-9).all()


def test_what_was_metered_stands_in_for_a_forecast_where_it_is_whole() -> None:
    forecast = expected(np.array([100.0, 200.0]), "CLEAR_SKY", 0.4)

    half, energy_wh = np.array([0.25, 0.125]), np.array([7.0, 8.0])
    quarters, sure = np.array([0.25, 0.25]), np.array([0.9, 1.0])
    part = replaced(forecast, MeteredSteps(energy_wh, half, sure), quarters)
    whole = replaced(forecast, MeteredSteps(energy_wh, quarters, sure), quarters)

    assert part.watts.tolist() == [28.0, 200.0]
    assert (part.source, part.confidence.tolist()) == ("CLEAR_SKY", [0.9, 0.4])
    assert (whole.source, whole.least_confidence) == ("READINGS", 0.9)


def test_the_confidence_of_readings_is_kept() -> None:
    readings = metered([UNTIL_US], [UNTIL_US + 2 * STEP_US], [1.0])._replace(
        confidence=np.array([0.5])
    )

    steps = metered_over([readings], UNTIL_US + np.arange(4) * STEP_US)

    assert steps.confidence.tolist() == [0.5, 0.5, 1.0]


def test_an_assumed_load_leaves_the_sun_to_the_battery() -> None:
    assumed = load_for(3000.0, expected(np.array([0.0, 500.0]), "CLEAR_SKY", 0.4))

    assert assumed.watts.tolist() == [3000.0, 0.0]
    assert assumed.source == "ASSUMED"
