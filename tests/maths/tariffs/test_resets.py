"""Counters start again at the local start of the day, month, year or contract."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tariff_bodies import ZONES
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.tariff import TierReset
from wattyard.tariffs.domain.tiers import counted_since, reset_edges

BERLIN = CalendarRegion("Europe/Berlin", "DE")
TERM = Span(datetime(2025, 3, 10, 11, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("reset", "at", "since"),
    [
        ("DAY", "2025-03-30T12:00+00:00", "2025-03-29T23:00+00:00"),
        ("MONTH", "2025-04-30T21:59+00:00", "2025-03-31T22:00+00:00"),
        ("MONTH", "2025-04-30T22:00+00:00", "2025-04-30T22:00+00:00"),
        ("MONTH", "2025-03-20T00:00+00:00", "2025-03-10T11:00+00:00"),
        ("YEAR", "2026-07-01T00:00+00:00", "2025-12-31T23:00+00:00"),
        ("CONTRACT", "2026-07-01T00:00+00:00", "2025-03-10T11:00+00:00"),
    ],
)
def test_the_counter_runs_since_the_local_start_but_never_before_the_contract(
    reset: TierReset, at: str, since: str
) -> None:
    found = counted_since(reset, TERM, BERLIN, datetime.fromisoformat(at))

    assert found == datetime.fromisoformat(since)


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["DAY", "MONTH", "YEAR"]),
    st.integers(0, 700),
    st.integers(1, 500 * 24),
)
def test_edges_are_the_first_instants_of_local_days(
    region: tuple[str, str | None, str | None], reset: TierReset, day: int, hours: int
) -> None:
    where = CalendarRegion(*region)
    start = datetime(2024, 1, 1, 7, 20, tzinfo=UTC) + timedelta(days=day)
    end = start + timedelta(hours=hours)
    dates = [civil.date_at(start, where.zone) + timedelta(days=n) for n in range(hours // 24 + 3)]
    firsts = [own for own in dates if _is_first(reset, own)]
    expected = [civil.start_of_day(own, where.zone) for own in firsts]

    edges = reset_edges(reset, where, (microseconds(start), microseconds(end)))

    assert [instant(edge) for edge in edges] == [at for at in expected if start < at < end]


def _is_first(reset: TierReset, day: date) -> bool:
    return reset == "DAY" or (day.day == 1 and (reset == "MONTH" or day.month == 1))
