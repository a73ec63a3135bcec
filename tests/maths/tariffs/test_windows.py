"""Which price an instant has: windows, special days, clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.engine import Interval, engine_prices
from tests.support.tariff_bodies import ZONES, bodies, body, entry, flat, hours

QUARTER = timedelta(minutes=15)
CHANGES_OF_2025 = {
    "Europe/London": (date(2025, 3, 30), date(2025, 10, 26)),
    "Europe/Berlin": (date(2025, 3, 30), date(2025, 10, 26)),
    "America/New_York": (date(2025, 3, 9), date(2025, 11, 2)),
    "Australia/Lord_Howe": (date(2025, 10, 5), date(2025, 4, 6)),
    "America/Santiago": (date(2025, 9, 7), date(2025, 4, 5)),
    "Africa/Cairo": (date(2025, 4, 25), date(2025, 10, 30)),
    "Asia/Kolkata": (date(2025, 3, 30), date(2025, 10, 26)),
}


def prices(
    tariff: dict[str, Any],
    start: datetime,
    end: datetime,
    region: tuple[str, str | None, str | None] = ("Europe/Berlin", "DE", "BY"),
) -> list[Interval]:
    return engine_prices(
        tariff,
        zone=region[0],
        country=region[1],
        state=region[2],
        start=start,
        end=end,
        market=[],
        market_unit="KWH",
        now=start,
        counter_kwh=0,
    )


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone))


def price_by_hand(tariff: dict[str, Any], at: datetime, region: tuple[str, Any, Any]) -> float:
    """Read the clock at one instant and look the price up, as a person would."""
    clock = at.astimezone(ZoneInfo(region[0]))
    country = region[1] and holidays.country_holidays(region[1], subdiv=region[2], years=clock.year)
    weekend = country.is_weekend(clock.date()) if country else clock.weekday() >= 5
    names = {"All", "Weekend" if weekend else "Weekday", "Weekends" if weekend else "Weekdays"}
    special = {clock.day, f"{clock:%m-%d}", f"{clock:%Y-%m-%d}"}
    if country and clock.date() in country:
        special.add("Holidays")
    matching = [
        (bool(part.get("dates")), block)
        for part in tariff["schedule"]
        if {"All", f"{clock:%b}"} & set(part.get("months", ["All"]))
        and (not part.get("dates") or special & set(part["dates"]))
        for block in part["days_and_hours"]
        if names & set(block["days"])
    ]
    first = [block for dated, block in matching if dated == any(dated for dated, _ in matching)]
    (value,) = [
        own["rate"][0]["value"]
        for block in first
        for own in block["hours"]
        if _owns(time.fromisoformat(own["valid_from"]), time.fromisoformat(own["valid_to"]), clock)
    ]
    return value


def _owns(start: time, end: time, clock: datetime) -> bool:
    now = clock.time()
    return start <= now < end if start < end else now >= start or now < end


@settings(deadline=None)
@given(
    bodies(market=False),
    st.sampled_from(ZONES),
    st.integers(0, 364),
    st.integers(1, 30 * 24 * 4),
    st.integers(-40, 40),
)
def test_every_quarter_hour_has_the_price_that_its_wall_clock_reading_asks_for(
    tariff: dict[str, Any], region: tuple[str, Any, Any], day: int, quarters: int, around: int
) -> None:
    for part in tariff["schedule"]:
        for block in part["days_and_hours"]:
            for own in block["hours"]:
                own["rate"] = [{"value": own["rate"][0]["value"]}]
    for limit in ("vat", "cap_per_kwh", "floor_per_kwh"):
        tariff.pop(limit, None)
    change = CHANGES_OF_2025[region[0]][day % 2]
    middle = datetime.combine(change, time(), tzinfo=UTC) + around * QUARTER
    start = middle if day % 3 else datetime(2024, 1, 3, tzinfo=UTC) + timedelta(days=day * 2.5)
    end = start + min(quarters, 500) * QUARTER

    series = prices(tariff, start, end, region)

    assert all(one.end == other.start for one, other in pairwise(series))
    for interval in series:
        at = interval.start
        while at < interval.end:
            assert interval.value == price_by_hand(tariff, at, region), at
            at += QUARTER


@settings(deadline=None)
@given(bodies(market=False), st.sampled_from(ZONES), st.integers(0, 700), st.data())
def test_a_request_cut_in_two_gives_the_same_intervals(
    tariff: dict[str, Any], region: tuple[str, Any, Any], day: int, data: st.DataObject
) -> None:
    start = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(days=day)
    minutes = data.draw(st.integers(2, 20 * 1440))
    end = start + timedelta(minutes=minutes)
    cut = start + timedelta(minutes=data.draw(st.integers(1, minutes - 1)))

    whole = prices(tariff, start, end, region)
    halves = prices(tariff, start, cut, region) + prices(tariff, cut, end, region)

    assert halves == cut_at(whole, cut)


def cut_at(series: list[Interval], cut: datetime) -> list[Interval]:
    parts = []
    for own in series:
        if own.start < cut < own.end:
            parts += [
                Interval(own.start, cut, own.value, own.confidence),
                Interval(cut, own.end, own.value, own.confidence),
            ]
        else:
            parts.append(own)
    return parts


NIGHT = body([entry(("All", hours(("00:00", "02:30", 0.1), ("02:30", "00:00", 0.3))))])


@pytest.mark.parametrize(
    ("zone", "day", "hours_at_night"),
    [
        ("Europe/Berlin", date(2025, 3, 30), 2.0),  # 02:00 is followed by 03:00
        ("Europe/Berlin", date(2025, 10, 26), 3.0),  # 02:00–02:30 comes twice
        ("Europe/London", date(2025, 3, 30), 1.5),  # 01:00 is followed by 02:00
        ("Europe/London", date(2025, 10, 26), 3.5),
        ("America/New_York", date(2025, 3, 9), 2.0),
        ("America/New_York", date(2025, 11, 2), 3.5),
        ("Australia/Lord_Howe", date(2025, 10, 5), 2.0),  # 02:00 is followed by 02:30
        ("Australia/Lord_Howe", date(2025, 4, 6), 3.0),  # 01:30–02:00 comes twice
        ("America/Santiago", date(2025, 9, 7), 1.5),  # the day starts at 01:00
        ("America/Santiago", date(2025, 4, 5), 2.5),  # the repeated hour is 23:00–24:00
        ("Africa/Cairo", date(2025, 4, 25), 1.5),  # the day starts at 01:00
        ("Africa/Cairo", date(2025, 10, 30), 2.5),
        ("Asia/Kolkata", date(2025, 3, 30), 2.5),
    ],
)
def test_a_skipped_hour_costs_nothing_and_a_repeated_hour_is_owned_twice(
    zone: str, day: date, hours_at_night: float
) -> None:
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)

    series = prices(NIGHT, start, end, (zone, None, None))

    cheap = sum(((own.end - own.start) for own in series if own.value == 0.1), timedelta())
    assert cheap / timedelta(hours=1) == hours_at_night
    assert series[0].start == start
    assert series[-1].end == end


def test_where_the_repeated_hour_is_cut_by_a_window_both_runs_are_cut() -> None:
    series = prices(
        NIGHT,
        datetime(2025, 10, 25, 22, tzinfo=UTC),
        datetime(2025, 10, 26, 23, tzinfo=UTC),
    )

    assert [(own.start.hour, own.start.minute, own.value) for own in series] == [
        (22, 0, 0.1),
        (0, 30, 0.3),
        (1, 0, 0.1),
        (1, 30, 0.3),
    ]


def test_a_window_over_midnight_is_one_interval_and_not_cut_at_midnight() -> None:
    tariff = body([entry(("All", hours(("23:00", "07:00", 0.1), ("07:00", "23:00", 0.3))))])

    series = prices(tariff, local("Europe/Berlin", 2025, 1, 6), local("Europe/Berlin", 2025, 1, 8))

    assert [own.start.astimezone(ZoneInfo("Europe/Berlin")).hour for own in series] == [
        0,
        7,
        23,
        7,
        23,
    ]


def test_hours_that_wrap_stay_within_the_day_that_they_match() -> None:
    tariff = body(
        [
            entry(
                ("Mon", hours(("22:00", "06:00", 0.1), ("06:00", "22:00", 0.3))),
                *((day, hours(("00:00", "00:00", 0.5))) for day in ("Weekend",)),
                *((d, hours(("00:00", "00:00", 0.7))) for d in ("Tue", "Wed", "Thu", "Fri")),
            )
        ]
    )

    series = prices(tariff, local("Europe/Berlin", 2025, 1, 5), local("Europe/Berlin", 2025, 1, 8))

    assert [own.value for own in series] == [0.5, 0.1, 0.3, 0.1, 0.7]
    assert series[3].end == local("Europe/Berlin", 2025, 1, 7)


def test_a_special_day_replaces_the_ordinary_day_as_a_whole() -> None:
    tariff = body(
        [
            entry(("All", hours(("00:00", "12:00", 0.1), ("12:00", "00:00", 0.3)))),
            entry(("All", hours(("00:00", "00:00", 0.05))), dates=["Holidays", "2025-05-02"]),
        ]
    )

    series = prices(tariff, local("Europe/Berlin", 2025, 4, 30), local("Europe/Berlin", 2025, 5, 4))

    assert [own.value for own in series] == [0.1, 0.3, 0.05, 0.05, 0.1, 0.3]


def test_a_dated_entry_without_hours_for_a_weekday_leaves_that_day_ordinary() -> None:
    tariff = body([*flat(0.3), entry(("Weekdays", hours(("00:00", "00:00", 0.1))), dates=[1, 2])])

    series = prices(tariff, local("Europe/Berlin", 2025, 7, 31), local("Europe/Berlin", 2025, 8, 4))

    assert [own.value for own in series] == [0.3, 0.1, 0.3]  # 2 August 2025 is a Saturday


def test_29_february_is_priced_in_leap_years_only() -> None:
    tariff = body([*flat(0.3), entry(("All", hours(("00:00", "00:00", 0.0))), dates=["02-29"])])

    leap = prices(tariff, local("Europe/Berlin", 2024, 2, 28), local("Europe/Berlin", 2024, 3, 2))
    plain = prices(tariff, local("Europe/Berlin", 2025, 2, 28), local("Europe/Berlin", 2025, 3, 2))

    assert [own.value for own in leap] == [0.3, 0.0, 0.3]
    assert [own.value for own in plain] == [0.3]


def test_weekend_days_follow_the_country_and_never_the_zone() -> None:
    tariff = body(
        [
            entry(
                ("Weekdays", hours(("00:00", "00:00", 0.3))),
                ("Weekends", hours(("00:00", "00:00", 0.1))),
            )
        ]
    )
    thursday, monday = local("Africa/Cairo", 2025, 1, 16), local("Africa/Cairo", 2025, 1, 20)

    egypt = prices(tariff, thursday, monday, ("Africa/Cairo", "EG", None))
    nowhere = prices(tariff, thursday, monday, ("Africa/Cairo", None, None))

    assert [(own.start, own.value) for own in egypt] == [
        (thursday, 0.3),
        (local("Africa/Cairo", 2025, 1, 17), 0.1),
        (local("Africa/Cairo", 2025, 1, 19), 0.3),
    ]
    assert [(own.start, own.value) for own in nowhere] == [
        (thursday, 0.3),
        (local("Africa/Cairo", 2025, 1, 18), 0.1),
    ]


def test_a_place_without_a_country_has_no_holidays() -> None:
    tariff = body([*flat(0.3), entry(("All", hours(("00:00", "00:00", 0.1))), dates=["Holidays"])])
    christmas = local("Europe/Berlin", 2025, 12, 24), local("Europe/Berlin", 2025, 12, 28)

    germany = prices(tariff, *christmas)
    nowhere = prices(tariff, *christmas, ("Europe/Berlin", None, None))

    assert [own.value for own in germany] == [0.3, 0.1, 0.1, 0.3]
    assert [own.value for own in nowhere] == [0.3]


def test_equal_prices_of_different_windows_are_not_merged() -> None:
    tariff = body([entry(("All", hours(("00:00", "12:00", 0.2), ("12:00", "00:00", 0.2))))])

    series = prices(tariff, local("Europe/Berlin", 2025, 1, 6), local("Europe/Berlin", 2025, 1, 7))

    assert [own.value for own in series] == [0.2, 0.2]
