"""Ids, instants, civil days, rounding."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from wattyard.kernel import civil, ids, instants
from wattyard.kernel.quantities import rounded
from wattyard.kernel.refusals import Malformed

EARLY, LATE = datetime(1980, 1, 1), datetime(2500, 1, 1)  # noqa: DTZ001 (hypothesis adds the zone)
ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Havana",
    "Asia/Beirut",
    "UTC",
)


def test_ids_are_in_order_and_never_repeat_whatever_the_clock_does() -> None:
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    make = ids.SortedIds(clock)
    made = []
    for step in (0, 0, 5, -3600, 0, 1):
        clock.forward(seconds=step)
        made += [make() for _ in range(1000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_full_counter_borrows_from_the_next_millisecond() -> None:
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    make = ids.SortedIds(clock, random_bits=lambda bits: (1 << bits) - 1)
    made = [make() for _ in range(3)]
    make._counter = (1 << 42) - 1
    made += [make() for _ in range(3)]

    assert made == sorted(set(made))


@given(st.datetimes(EARLY, LATE, timezones=st.just(UTC)))
def test_an_id_is_a_uuid7_that_carries_its_time(now: datetime) -> None:
    id_ = ids.SortedIds(lambda: now)()

    assert id_.version == 7
    assert id_.variant == "specified in RFC 4122"
    assert abs(ids.time_of(id_) - now) < timedelta(milliseconds=1.01)
    assert ids.read(ids.wire("ste", id_), "loc", "ste", param="id") == id_


@pytest.mark.parametrize(
    "text", ["", "ste", "ste_", "ste_" + "0" * 31, "ste_" + "0" * 33, "ste_" + "A" * 32, "ste_0\n"]
)
def test_a_malformed_id_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        ids.read(text, "ste", param="data[3].site_id")
    assert caught.value.first.code == "site_id_invalid"
    assert caught.value.first.param == "data[3].site_id"


@pytest.mark.parametrize(
    ("micro", "text"),
    [(0, "05"), (120000, "05.120"), (120001, "05.120001"), (1, "05.000001")],
)
def test_instants_are_written_in_utc(micro: int, text: str) -> None:
    berlin = civil.zone("Europe/Berlin")
    instant = datetime(2026, 7, 1, 4, 3, 5, micro, tzinfo=berlin)

    assert instants.text(instant) == f"2026-07-01T02:03:{text}Z"


def test_a_span_is_half_open_and_in_utc() -> None:
    start = datetime(2026, 1, 1, tzinfo=civil.zone("Asia/Kolkata"))
    span = instants.Span(start, start + timedelta(hours=1))

    assert span.start.tzinfo is UTC
    assert start in span
    assert span.end not in span
    with pytest.raises(ValueError, match="after"):
        instants.Span(start, start)
    with pytest.raises(ValueError, match="offset"):
        instants.Span(datetime(2026, 1, 1), start)  # noqa: DTZ001 (a naive time is the case)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/London", date(2025, 3, 30), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("America/Santiago", date(2026, 4, 4), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("America/Havana", date(2024, 11, 3), 25),
        ("Asia/Kolkata", date(2028, 2, 29), 24),
        ("America/Toronto", date(1919, 3, 31), 23.5),
    ],
)
def test_a_civil_day_has_the_hours_that_its_clocks_show(zone: str, day: date, hours: float) -> None:
    assert civil.day(day, civil.zone(zone)).duration == timedelta(hours=hours)


def test_a_day_without_midnight_starts_at_one() -> None:
    start = civil.start_of_day(date(2026, 9, 6), civil.zone("America/Santiago"))

    assert start.astimezone(civil.zone("America/Santiago")).hour == 1


def test_a_day_that_a_zone_skipped_is_no_day() -> None:
    apia = civil.zone("Pacific/Apia")
    with pytest.raises(ValueError, match="after"):
        civil.day(date(2011, 12, 30), apia)
    assert civil.start_of_day(date(2011, 12, 30), apia) == civil.start_of_day(
        date(2011, 12, 31), apia
    )


@given(st.dates(date(1995, 1, 1), date(2037, 12, 30)), st.sampled_from(ZONES))
def test_days_touch_and_hold_only_their_own_date(day: date, name: str) -> None:
    zone = civil.zone(name)
    start = civil.start_of_day(day, zone)
    end = civil.start_of_day(day + timedelta(days=1), zone)

    assert start <= end
    if start < end:
        assert civil.date_at(start, zone) == day
        assert civil.date_at(end - timedelta(seconds=1), zone) == day
        assert civil.date_at(start - timedelta(seconds=1), zone) < day


def test_a_zone_must_be_spelled_as_in_the_database() -> None:
    assert civil.is_zone("Europe/Berlin")
    for name in ("Mars/Phobos", "europe/berlin", "", "../etc/passwd", "localtime"):
        assert not civil.is_zone(name)
        with pytest.raises(ValueError, match="no time zone"):
            civil.zone(name)


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_rounding_is_half_even_on_the_digits_shown_and_never_minus_zero(
    number: float, decimals: int
) -> None:
    exact = Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)

    assert rounded(number, decimals) == float(exact)
    assert str(rounded(number, decimals)) != "-0.0"


def test_rounding_takes_the_even_neighbour() -> None:
    assert [rounded(x, 6) for x in (5e-7, 1.5e-6, -4e-7, 0.1234565)] == [0, 2e-6, 0, 0.123456]
