"""Counters start again at the local start of the day, billing month or year, or of the contract."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tariff_bodies import ZONES, body, flat
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.resets import counted_since, reset_periods
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin", "DE")


def tariff(reset: str, region: CalendarRegion = BERLIN, **more: object) -> Tariff:
    start, end = "2025-03-10T11:00:00Z", "2027-01-01T00:00:00Z"
    said = {"contract_start_date": start, "contract_end_date": end, "tier_reset": reset, **more}
    return tariff_from_json(body(flat(0.1), **said), region)


@pytest.mark.parametrize(
    ("reset", "at", "since"),
    [
        ("DAY", "2025-03-30T12:00+00:00", "2025-03-29T23:00+00:00"),
        ("MONTH", "2025-04-30T21:59+00:00", "2025-03-31T22:00+00:00"),
        ("MONTH", "2025-04-30T22:00+00:00", "2025-04-30T22:00+00:00"),
        ("MONTH", "2025-03-20T00:00+00:00", "2025-02-28T23:00+00:00"),
        ("YEAR", "2025-07-01T00:00+00:00", "2024-12-31T23:00+00:00"),
        ("CONTRACT", "2026-07-01T00:00+00:00", "2025-03-10T11:00+00:00"),
    ],
)
def test_the_counter_runs_since_the_local_start_and_only_contract_starts_with_the_contract(
    reset: str, at: str, since: str
) -> None:
    found = counted_since(tariff(reset), BERLIN, datetime.fromisoformat(at))

    assert found == datetime.fromisoformat(since)


def test_months_run_from_the_billing_day_and_years_do_not() -> None:
    at = datetime(2026, 4, 9, tzinfo=UTC)

    monthly = counted_since(tariff("MONTH", billing_day=12), BERLIN, at)
    read = counted_since(tariff("MONTH", billing_periods=["2026-04-02"]), BERLIN, at)
    yearly = counted_since(tariff("YEAR", billing_day=12), BERLIN, at)

    assert monthly == datetime(2026, 3, 11, 23, tzinfo=UTC)
    assert read == datetime(2026, 4, 1, 22, tzinfo=UTC)
    assert yearly == datetime(2025, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "days"),
    [
        ("2026-03-10T11:00:00Z", 365.0),
        ("2025-03-30T10:00:00Z", 20.0),  # 12:00 by a clock that was set forward at 02:00
        ("2025-03-30T22:00:00Z", 20.5),
    ],
)
def test_the_days_of_a_contract_are_local_ones_and_part_days_go_by_elapsed_time(
    end: str, days: float
) -> None:
    own = tariff("CONTRACT", contract_end_date=end)
    start = microseconds(own.term.start)

    found = reset_periods(own, BERLIN, (start, start + 1))

    if end.startswith("2025-03-30T10"):  # eleven of the 23 hours of that day have passed
        days += 11 / 23 - 0.5
    assert found.days.tolist() == [pytest.approx(days)]


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["DAY", "MONTH", "YEAR"]),
    st.integers(0, 700),
    st.integers(1, 500 * 24),
)
def test_periods_run_between_the_first_instants_of_local_days(
    region: tuple[str, str | None, str | None], reset: str, day: int, hours: int
) -> None:
    where = CalendarRegion(*region)
    start = datetime(2024, 1, 1, 7, 20, tzinfo=UTC) + timedelta(days=day)
    end = start + timedelta(hours=hours)
    first = civil.date_at(start, where.zone) - timedelta(days=366)
    dates = [first + timedelta(days=n) for n in range(hours // 24 + 735)]
    firsts = [own for own in dates if _is_first(reset, own)]
    starts = [civil.start_of_day(own, where.zone) for own in firsts]
    since = max(n for n, at in enumerate(starts) if at <= start)
    until = min(n for n, at in enumerate(starts) if at >= end)

    found = reset_periods(tariff(reset, where), where, (microseconds(start), microseconds(end)))

    assert [instant(edge) for edge in found.edges_us] == starts[since : until + 1]
    days = [(firsts[n + 1] - firsts[n]).days for n in range(since, until)]
    assert found.days.tolist() == days


def _is_first(reset: str, day: date) -> bool:
    return reset == "DAY" or (day.day == 1 and (reset == "MONTH" or day.month == 1))
