"""Civil time for arrays agrees with the clock asked one instant at a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattyard.kernel import civil, clock_changes
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.quantities import all_rounded, rounded

NAMES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Havana",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "UTC",
)
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


@settings(deadline=None)
@given(
    st.sampled_from(NAMES),
    st.floats(0, 1),
    st.lists(st.integers(0, 400 * 1440), min_size=1, max_size=50),
)
def test_wall_clocks_read_as_zoneinfo_reads_them(
    name: str, where: float, minutes: list[int]
) -> None:
    zone = ZoneInfo(name)
    start = FIRST + (LAST - FIRST) * where
    instants = [start + timedelta(minutes=minute) for minute in minutes]
    counts = np.array([microseconds(at) for at in instants])
    table = clock_changes.between(zone, int(counts.min()), int(counts.max()) + 1)

    walls = table.wall_us(counts)

    assert [instant(wall).replace(tzinfo=None) for wall in walls] == [
        at.astimezone(zone).replace(tzinfo=None) for at in instants
    ]
    assert [table.wall_at(int(count)) for count in counts] == walls.tolist()


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.floats(0, 1), st.integers(0, 365 * 96))
def test_a_reading_is_found_at_the_first_instant_that_shows_it(
    name: str, where: float, quarters: int
) -> None:
    zone = ZoneInfo(name)
    middle = (FIRST + (LAST - FIRST) * where).replace(minute=0, second=0, microsecond=0)
    wall = (middle + timedelta(minutes=15 * quarters)).replace(tzinfo=None)
    count = microseconds(wall.replace(tzinfo=UTC))
    table = clock_changes.between(zone, count, count + 1)

    found = table.first_shown(np.array([count]))

    assert instant(found.instants_us[0]) == civil.first_at(wall, zone)
    earlier = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    assert found.shown[0] == (earlier.astimezone(zone).replace(tzinfo=None) == wall)


@pytest.mark.parametrize(
    ("name", "wall", "expected"),
    [
        ("Europe/Berlin", "2025-03-30T02:30", "2025-03-30T01:00+00:00"),
        ("Europe/Berlin", "2025-10-26T02:30", "2025-10-26T00:30+00:00"),
        ("Australia/Lord_Howe", "2025-10-05T02:15", "2025-10-04T15:30+00:00"),
        ("America/Santiago", "2025-09-07T00:00", "2025-09-07T04:00+00:00"),
    ],
)
def test_a_skipped_reading_stands_for_the_clock_change_and_a_repeated_one_for_its_first(
    name: str, wall: str, expected: str
) -> None:
    found = civil.first_at(datetime.fromisoformat(wall), ZoneInfo(name))

    assert found == datetime.fromisoformat(expected)


@given(
    st.lists(
        st.one_of(
            st.floats(min_value=-1e6, max_value=1e6),
            st.integers(-(10**8), 10**8).map(lambda n: n / 2e6),
            st.integers(-(10**8), 10**8).map(lambda n: n * 5e-7),
            st.floats(min_value=-1e15, max_value=1e15),
        ),
        max_size=50,
    )
)
def test_arrays_are_rounded_exactly_as_single_numbers(numbers: list[float]) -> None:
    result = all_rounded(np.array(numbers, dtype=np.float64), 6)

    assert result.tolist() == [rounded(number, 6) for number in numbers]
    assert "-0.0" not in map(str, result.tolist())


@settings(deadline=None)
@given(st.sets(st.integers(0, 60), min_size=1), st.sets(st.integers(0, 60)))
def test_the_step_of_an_instant_is_the_last_that_starts_no_later(
    starts: set[int], instants: set[int]
) -> None:
    steps, later = sorted(starts), [at for at in sorted(instants) if at >= min(starts)]

    for asked in (later, steps):
        found = clock_changes.step_of(np.array(steps), np.array(asked, np.int64))
        assert [steps[step] for step in found] == [
            max(start for start in steps if start <= at) for at in asked
        ]
