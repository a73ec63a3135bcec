"""Bodies as large as a request may be: judged in bounded work, answered in bounded length."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.engine import engine_prices
from tests.support.tariff_bodies import body, entry, flat, hours
from wattyard.kernel.refusals import Fault, Malformed, StateForbids
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin", "DE", "BE")
MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
MONDAYS = entry(*[("Mon", hours(("00:00", "00:00", 1)))] * 100)
WORK_SECONDS = 6.0
"""Of processor time: far more than is needed, far less than the work of judging day by day."""


def judged(tariff: dict[str, Any]) -> tuple[Fault, ...]:
    """The faults of a body, found within the bound of work."""
    before = time.process_time()
    found: tuple[Fault, ...] = ()
    try:
        tariff_from_json(tariff, BERLIN)
    except (Malformed, StateForbids) as refusal:
        found = refusal.faults
    assert time.process_time() - before < WORK_SECONDS
    return found


def named_days(first: date, days: int, price: float = 0.2) -> list[dict[str, Any]]:
    """Entries of 2,000 single dates each, day after day."""
    every = [f"{first + timedelta(days=n)}" for n in range(days)]
    return [
        entry(("All", hours(("00:00", "00:00", price))), dates=every[n : n + 2000])
        for n in range(0, days, 2000)
    ]


def test_tens_of_thousands_of_dates_after_the_years_judged_whole_are_judged_together() -> None:
    days = named_days(date(2066, 1, 1), 20_000)
    long = body([*flat(0.1), *days], contract_end_date="9999-12-31")

    assert not judged(long)
    days[3]["days_and_hours"][0]["hours"][0]["valid_to"] = "12:00"
    (found,) = judged(long)
    assert "2082-06-06 (Saturday) has no price from 12:00 to 24:00" in found.message


def test_a_day_of_its_own_for_five_years_is_taken() -> None:
    days = [day for n in range(1999) for day in named_days(date(2024, 1, 1) + timedelta(n), 1)]

    assert not judged(body([*flat(0.1), *days], contract_end_date="9999-12-31"))


def many_patterns() -> list[dict[str, Any]]:
    """A window for every minute; ten of them in two versions, which of them by the day's number."""
    whole = [*zip(MINUTES, [*MINUTES[1:], "00:00"], [0.1] * 1440, strict=True)]
    entries = []
    for n in range(10):
        odd = [day for day in range(1, 32) if hash((n, day)) % 2]
        even = [day for day in range(1, 32) if day not in odd]
        entries += [entry(("All", hours(whole[n])), dates=days) for days in (odd, even)]
    return [*entries, entry(("All", hours(*whole[10:])), dates=[*range(1, 32)])]


@pytest.mark.parametrize(
    "schedule",
    [
        lambda: flat(0.1) * 2000,
        lambda: [entry(*[("Mon", hours(("00:00", "00:01", 0.1)))] * 20)] * 100,
        lambda: [
            *flat(0.1),
            *[entry(("All", hours(*[("00:00", "00:01", 1)] * 13)), dates=["2025-01-01"])] * 1300,
        ],
        lambda: [entry(("All", hours(*[(at, at, "+") for at in MINUTES])))] * 10,
        lambda: flat([{} for _ in range(50)]) * 200,
    ],
    ids=["same day", "same weekday", "same date", "formulas", "values"],
)
def test_a_body_full_of_faults_is_answered_with_a_hundred(
    schedule: Callable[[], list[dict[str, Any]]],
) -> None:
    assert 1 <= len(judged(body(schedule(), contract_end_date="9999-12-31"))) <= 100


def test_hundreds_of_windows_in_many_combinations_are_taken() -> None:
    assert not judged(body(many_patterns(), contract_end_date="9999-12-31"))


def test_more_blocks_than_a_schedule_may_have_are_refused_by_number() -> None:
    (found,) = judged(body([*flat(0.1), *[MONDAYS] * 20]))

    assert (found.code, found.param) == ("schedule_invalid", "schedule")
    assert "2,000" in found.message
    assert "2,001" in found.message


def test_an_unknown_name_among_thousands_of_variables_gives_a_short_message() -> None:
    variables = {f"a{n}": 1 for n in range(10_000)}

    (found,) = judged(body(flat([{"value": "$zz", "variables": variables}])))

    assert found.code == "formula_invalid"
    assert len(found.message) < 400


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland"])
def test_a_contract_without_an_end_is_priced_up_to_the_last_second_of_9999(zone: str) -> None:
    endless = body(flat(0.1), contract_end_date="9999-12-31")
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    series = engine_prices(
        endless,
        zone=zone,
        country="DE",
        state=None,
        start=end - timedelta(days=90),
        end=end,
        market=[],
        market_unit="KWH",
        now=end,
        counter_kwh=Decimal(0),
    )

    assert (series[0].confidence, series[-1].confidence) == (1.0, 0.8)
    assert series[-1].end == end


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("contract_end_date", "9999-12-31T23:59:59Z"),  # the year 10000 in Berlin
        ("contract_end_date", "9999-12-31T23:59:59-12:00"),
        ("contract_start_date", "0001-01-01"),
        ("contract_start_date", "1899-12-31"),
    ],
)
def test_a_date_beyond_the_calendar_is_malformed(field: str, text: str) -> None:
    (found,) = judged(body(flat(0.1), **{field: text}))

    assert (found.code, found.param) == (f"{field}_invalid", field)
    assert "from 1900-01-01 to 9999-12-31" in found.message
