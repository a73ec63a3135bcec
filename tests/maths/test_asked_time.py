"""The time that a GET asks for: local dates over clock changes and skipped days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from wattyard.kernel import asked_time, civil
from wattyard.kernel.asked_time import AskedTime, DateInvalid
from wattyard.kernel.refusals import Malformed

NOW = datetime(2026, 3, 1, 10, 7, 30, 500_000, tzinfo=UTC)
LONG = timedelta(days=90)


def hours_of(zone: str, asked: AskedTime) -> float:
    span = asked.at(civil.zone(zone), now=NOW, hours=48, longest=LONG).span
    return span.duration / timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Amsterdam", date(2026, 3, 28), 24),
        ("Europe/Amsterdam", date(2026, 3, 29), 23),
        ("Europe/Amsterdam", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("Asia/Kolkata", date(2028, 2, 29), 24),
    ],
)
def test_a_day_is_whole_by_the_clock_of_its_zone(zone: str, day: date, hours: float) -> None:
    assert hours_of(zone, AskedTime(day=day)) == hours
    by_dates = AskedTime(start=day, end=day + timedelta(days=1))
    assert hours_of(zone, by_dates) == hours
    assert hours_of(zone, AskedTime(day=day, hours=24)) == 24


def test_without_a_time_it_is_48_hours_from_this_second() -> None:
    asked = AskedTime().at(civil.zone("Europe/Amsterdam"), now=NOW, hours=48, longest=LONG)
    assert asked.span.start == NOW.replace(microsecond=0)
    assert asked.span.duration == timedelta(hours=48)
    assert asked.form.utcoffset() == timedelta(0)


def test_local_dates_are_answered_in_the_offset_of_their_end() -> None:
    asked = AskedTime(day=date(2026, 3, 29)).at(
        civil.zone("Europe/Amsterdam"), now=NOW, hours=48, longest=LONG
    )
    assert asked.form.utcoffset() == timedelta(hours=2)
    assert AskedTime(day=date(2026, 3, 29)).is_local
    assert not AskedTime(start=NOW, end=NOW).is_local


@pytest.mark.parametrize(
    "asked", [AskedTime(day=date(2011, 12, 30)), AskedTime(start=date(2011, 12, 30), hours=1)]
)
def test_a_date_that_the_zone_skipped_is_refused(asked: AskedTime) -> None:
    with pytest.raises(DateInvalid, match="skipped") as refused:
        asked.at(civil.zone("Pacific/Apia"), now=NOW, hours=48, longest=LONG)
    assert refused.value.first.code == "date_invalid"


def test_hours_beyond_the_longest_span_are_refused() -> None:
    with pytest.raises(Malformed, match=r"2,160") as refused:
        hours_of("UTC", AskedTime(hours=2161))
    assert refused.value.first.code == "hours_invalid"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-3-1",
        "20260301",
        "2026-W09-7",
        "2026-03-01T10:00:00",
        "2026-03-01T10:00Z",
        "now",
        "1899-12-31",
        "0000-01-01",
        "２０２６-03-01",
        "2026-03-01T10:00:00+25:00",
        "",
    ],
)
def test_neither_a_date_nor_an_instant_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        asked_time.read("start_time", text)
    assert refused.value.first.code == "start_time_invalid"
    with pytest.raises(DateInvalid):
        asked_time.read_day(text)


def test_an_instant_may_come_with_a_plus_that_became_a_space() -> None:
    expected = datetime.fromisoformat("2026-03-01T10:00:00+01:00")
    assert asked_time.read("end_time", "2026-03-01T10:00:00 01:00") == expected
    assert asked_time.read("end_time", "2026-03-01t09:00:00z") == expected
