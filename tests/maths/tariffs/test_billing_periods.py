"""Billing periods: from a day of the month, or between the days on which a meter was read."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tariff_bodies import ZONES
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.tariffs.domain.billing import Billing, BillingInvalid, billing_periods
from wattyard.tariffs.domain.calendar import date_of

BRUSSELS = ZoneInfo("Europe/Brussels")


def periods(
    billing: Billing, start: str, end: str, zone: ZoneInfo = BRUSSELS
) -> list[tuple[str, int]]:
    span = [datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end)]
    found = billing_periods(billing, zone, (microseconds(span[0]), microseconds(span[1])))
    firsts = [instant(at).astimezone(zone) for at in found.edges_us]
    assert [at.date() for at in firsts] == [date_of(day) for day in found.first_days]
    return [(str(at.date()), int(n)) for at, n in zip(firsts, [*found.days, 0], strict=True)]


def test_the_months_run_from_the_billing_day() -> None:
    assert periods(Billing(15), "2024-02-20", "2024-03-15") == [
        ("2024-02-15", 29),
        ("2024-03-15", 0),
    ]
    assert periods(Billing(15), "2025-02-14", "2025-02-16") == [
        ("2025-01-15", 31),
        ("2025-02-15", 28),
        ("2025-03-15", 0),
    ]
    assert periods(Billing(), "2025-12-31", "2026-01-01T00:01") == [
        ("2025-12-01", 31),
        ("2026-01-01", 31),
        ("2026-02-01", 0),
    ]


def test_between_the_days_read_by_hand_no_other_period_starts_and_the_rule_goes_on_after() -> None:
    read = Billing(10, (date(2025, 1, 30), date(2025, 3, 3), date(2025, 4, 1)))

    assert periods(read, "2025-01-01", "2025-05-11") == [
        ("2024-12-10", 31),
        ("2025-01-10", 20),
        ("2025-01-30", 32),
        ("2025-03-03", 29),
        ("2025-04-01", 9),
        ("2025-04-10", 30),
        ("2025-05-10", 31),
        ("2025-06-10", 0),
    ]


@pytest.mark.parametrize("day", [0, 29, 31])
def test_a_day_that_not_every_month_has_is_refused(day: int) -> None:
    with pytest.raises(BillingInvalid, match="between 1 and 28"):
        Billing(day)


@pytest.mark.parametrize("first", [date(1, 1, 1), date(1899, 12, 31), date(9999, 1, 1)])
def test_a_day_that_no_clock_of_all_zones_shows_is_refused(first: date) -> None:
    with pytest.raises(BillingInvalid, match="from 1900-01-01"):
        Billing(1, (first,))


@pytest.mark.parametrize("second", [date(2025, 1, 30), date(2025, 1, 29)])
def test_first_days_that_do_not_ascend_are_refused(second: date) -> None:
    with pytest.raises(BillingInvalid, match="must ascend") as refused:
        Billing(1, (date(2025, 1, 30), second))

    assert refused.value.first.param == "billing_periods[1]"


def test_a_period_of_more_than_two_years_is_refused() -> None:
    first = date(2025, 1, 30)
    Billing(1, (first, first + timedelta(days=732)))
    with pytest.raises(BillingInvalid, match="at most 732 days") as refused:
        Billing(1, (first, first + timedelta(days=733)))

    assert refused.value.first.param == "billing_periods[1]"


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(1, 28),
    st.sets(st.integers(0, 500), max_size=8),
    st.integers(0, 400 * 24),
    st.integers(1, 200 * 24),
)
def test_periods_touch_cover_the_span_and_start_where_they_should(
    region: tuple[str, str | None, str | None], day: int, read: set[int], since: int, length: int
) -> None:
    zone = ZoneInfo(region[0])
    listed = tuple(date(2024, 1, 1) + timedelta(days=n) for n in sorted(read))
    start = datetime(2023, 12, 1, 7, tzinfo=zone) + timedelta(hours=since)
    end = start + timedelta(hours=length)

    found = billing_periods(Billing(day, listed), zone, (microseconds(start), microseconds(end)))

    dates = [date_of(first) for first in found.first_days]
    assert [instant(at) for at in found.edges_us] == [civil.start_of_day(d, zone) for d in dates]
    assert instant(found.edges_us[0]) <= start < instant(found.edges_us[1])
    assert instant(found.edges_us[-2]) < end <= instant(found.edges_us[-1])
    between = [dates[0] + timedelta(days=n) for n in range((dates[-1] - dates[0]).days + 1)]
    assert dates == [d for d in between if _starts(d, day, listed)]
    assert found.days.tolist() == [(b - a).days for a, b in pairwise(dates)]


def _starts(day: date, billing_day: int, listed: tuple[date, ...]) -> bool:
    if listed and listed[0] <= day <= listed[-1]:
        return day in listed
    return day.day == billing_day
