"""Which days a tariff counts as holidays (contract 2b, Holidays)."""

import calendar
from datetime import UTC, date, datetime, timedelta

import holidays as library
import pytest
from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tariff_bodies import body, entry, flat, hours
from wattyard.tariffs.domain.calendar import CalendarRegion, date_of, day_number, facts
from wattyard.tariffs.domain.holidays import (
    AS_DECREED,
    HolidayRules,
    Observed,
    holiday_day,
    holidays_of,
)
from wattyard.tariffs.domain.refusals import ScheduleRefused
from wattyard.tariffs.domain.samples import sample
from wattyard.tariffs.domain.schedule import patterns
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.warnings import warnings
from wattyard.tariffs.wire.rules import tariff_from_json

PLACES = [
    ("ES", "MD"),
    ("CA", "ON"),
    ("US", "AZ"),
    ("GB", "ENG"),
    ("DE", "BY"),
    ("AU", "NSW"),
    ("SE", None),
    ("GR", None),
    ("AE", None),
    ("JP", None),
]


def rules(
    observed: Observed = "AS_CALENDAR", calendar: str = "REGIONAL", **lists: str
) -> HolidayRules:
    days = {name: tuple(map(holiday_day, text.split(", "))) for name, text in lists.items()}
    return HolidayRules(calendar, observed=observed, **days)  # type: ignore[arg-type]


def listed(place: tuple[str | None, str | None], own: HolidayRules, year: int) -> list[str]:
    return [f"{day:%m-%d}" for day in holidays_of(*place, own, year)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("year", [2021, 2022, 2024, 2027])
def test_without_rules_they_are_those_of_the_calendar(
    place: tuple[str, str | None], year: int
) -> None:
    expected = library.country_holidays(place[0], subdiv=place[1], years=year, expand=False)

    assert list(holidays_of(*place, AS_DECREED, year)) == sorted(expected)


@pytest.mark.parametrize("place", PLACES)
def test_what_the_calendar_observes_instead_is_left_out_except_as_it_does(
    place: tuple[str, str | None],
) -> None:
    for year in (2021, 2022, 2023):
        plain = library.country_holidays(
            place[0], subdiv=place[1], years=year, observed=False, expand=False
        )
        assert list(holidays_of(*place, rules("NONE"), year)) == sorted(plain)


def test_the_spanish_network_tariff_counts_national_days_of_a_fixed_date() -> None:
    """2.0TD in 2025: the national days without Good Friday, and none of the region."""
    own = rules(calendar="NATIONAL", remove="EASTER-2")

    assert listed(("ES", "MD"), own, 2025) == [
        *("01-01", "01-06", "05-01", "08-15", "11-01", "12-06", "12-08", "12-25")
    ]


def test_ontario_adds_the_civic_holiday_and_keeps_days_on_weekends_on_the_next_workday() -> None:
    """The holidays of the Ontario Energy Board's time-of-use prices."""
    own = rules("NEXT_WORKDAY", add="AUG-MON-1")

    assert listed(("CA", "ON"), own, 2022) == [
        *("01-01", "01-03", "02-21", "04-15", "05-23", "07-01", "08-01", "09-05", "10-10"),
        *("12-25", "12-26", "12-27"),
    ]
    assert "07-03" in listed(("CA", "ON"), own, 2023)


def test_an_american_utility_observes_six_days_on_the_nearest_workday() -> None:
    six = "01-01, MAY-MON-LAST, 07-04, SEP-MON-1, NOV-THU-4, 12-25"
    own = rules("NEAREST_WORKDAY", "NONE", only=six)

    assert listed(("US", "AZ"), own, 2021) == [
        *("01-01", "05-31", "07-04", "07-05", "09-06", "11-25", "12-24", "12-25"),
        "12-31",  # New Year's Day of 2022 is a Saturday
    ]


def test_substitutes_go_on_to_a_day_that_is_not_counted_already_the_earliest_first() -> None:
    """Two days on one weekend, and a holiday on the Monday after."""
    own = rules("NEXT_WORKDAY", "NONE", only="2025-08-02, 2025-08-03, 2025-08-04")

    found = holidays_of("US", None, own, 2025)

    assert [str(day)[5:] for day in found] == ["08-02", "08-03", "08-04", "08-05", "08-06"]


def test_weekends_are_those_of_the_country() -> None:
    """A Saturday in the Emirates before 2022: the working week began on Sunday."""
    own = rules("NEXT_WORKDAY", "NONE", only="2021-05-01, 2023-05-06")

    assert listed(("AE", None), own, 2021) == ["05-01", "05-02"]
    assert listed(("AE", None), own, 2023) == ["05-06", "05-08"]


def test_names_are_looked_up_in_the_regional_calendar_in_its_language_or_in_english() -> None:
    """`remove` comes before `add`, and `only` takes names although the calendar is NONE."""
    own = rules("NONE", "NONE", only="viernes santo, Madrid Day, 12-25", add="Epiphany")
    assert listed(("ES", "MD"), own, 2025) == ["01-06", "04-18", "05-02", "12-25"]

    both = rules("NONE", "NATIONAL", remove="Good Friday", add="EASTER-2")
    assert "04-18" in listed(("ES", "MD"), both, 2025)


def test_a_name_means_its_observed_day_too_as_the_calendar_has_it() -> None:
    without = rules(remove="Christmas Day")

    assert listed(("US", None), AS_DECREED, 2022)[-2:] == ["12-25", "12-26"]
    assert "12-25" not in (own := listed(("US", None), without, 2022))
    assert "12-26" not in own


def test_without_a_country_rules_count_and_the_weekend_is_saturday_and_sunday() -> None:
    own = rules("NEXT_WORKDAY", add="EASTER, 05-01, ORTHODOX_EASTER+1")

    assert listed((None, None), own, 2021) == ["04-04", "04-05", "05-01", "05-03", "05-04"]


@settings(deadline=None)
@given(st.integers(1900, 2199), st.integers(-60, 60))
def test_days_from_easter_are_those_of_an_independent_calculation(year: int, after: int) -> None:
    for name, method in (("EASTER", EASTER_WESTERN), ("ORTHODOX_EASTER", EASTER_ORTHODOX)):
        (found,) = holiday_day(f"{name}{after:+d}").dates(year)  # type: ignore[union-attr]
        assert found == easter(year, method) + timedelta(days=after)


@settings(deadline=None)
@given(
    st.integers(1970, 2199), st.integers(1, 12), st.integers(0, 6), st.sampled_from([1, 2, 5, -1])
)
def test_weekdays_of_a_month_are_those_of_its_calendar(
    year: int, month: int, weekday: int, nth: int
) -> None:
    column = [week[weekday] for week in calendar.monthcalendar(year, month) if week[weekday]]
    expected = column[nth - 1 : nth] if nth > 0 else column[-1:]
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    day = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"][weekday]
    text = f"{months[month - 1]}-{day}-{'LAST' if nth < 0 else nth}"

    found = holiday_day(text).dates(year)  # type: ignore[union-attr]

    assert found == [date(year, month, own) for own in expected]


@settings(deadline=None)
@given(
    st.sampled_from(PLACES),
    st.integers(2000, 2060),
    st.sampled_from(["NEXT_WORKDAY", "NEAREST_WORKDAY"]),
)
def test_substitutes_are_workdays_and_each_holiday_on_a_weekend_has_its_own(
    place: tuple[str, str | None], year: int, observed: Observed
) -> None:
    plain = library.country_holidays(
        place[0], subdiv=place[1], years=range(year - 1, year + 2), observed=False, expand=False
    )
    base = {day for day in plain if day.year == year}
    on_weekends = [day for day in plain if plain.is_weekend(day)]

    found = set(holidays_of(*place, rules(observed), year))

    assert base <= found
    more = found - base
    assert not any(plain.is_weekend(day) for day in more)
    near = [day for day in on_weekends if day.year == year]
    assert abs(len(more) - len(near)) <= 4  # some of the turn of the year change sides
    assert all(any(abs((day - one).days) <= 9 for one in on_weekends) for day in more)


def test_a_year_of_facts_marks_them_on_the_days() -> None:
    region = CalendarRegion("America/Phoenix", "US", "AZ", rules("NONE", "NONE", only="07-04"))
    first = day_number(date(2026, 1, 1))

    found = facts(region, first, first + 364)

    assert [str(date_of(found.days[n])) for n in found.holiday.nonzero()[0]] == ["2026-07-04"]


def test_single_dates_come_before_yearly_ones_before_holidays_before_days_of_the_month() -> None:
    """Christmas 2026 is a holiday, the 25th, every 25 December, and a single date."""
    kinds = [[25], ["Holidays"], ["12-25"], ["2026-12-25"]]
    every = [entry(("All", hours(("00:00", "00:00", n))), dates=kinds[n]) for n in range(4)]
    region = CalendarRegion("America/New_York", "US", "NY")

    for top in range(4):
        schedule = [*flat(9.0), *every[: top + 1]]
        tariff = tariff_from_json(body(schedule), region)
        day = day_number(date(2026, 12, 25))
        (lines,) = patterns(tariff.schedule, facts(region, day, day)).lines
        assert lines == (top + 1,)


def test_an_entry_is_as_specific_as_the_most_specific_of_its_dates_that_match() -> None:
    mixed = entry(("All", hours(("00:00", "00:00", 0.1))), dates=[25, "2026-12-25"])
    yearly = entry(("All", hours(("00:00", "00:00", 0.2))), dates=["12-25"])
    region = CalendarRegion("America/New_York", "US", "NY")

    tariff = tariff_from_json(body([*flat(9.0), mixed, yearly]), region)

    of_day = {}
    for year in (2025, 2026):
        day = day_number(date(year, 12, 25))
        of_day[year] = patterns(tariff.schedule, facts(region, day, day)).lines
    assert of_day == {2025: ((2,),), 2026: ((1,),)}


def test_names_that_the_calendar_does_not_have_are_refused_by_place() -> None:
    said = {"add": ["Guy Fawkes Night", "Boxing Day"], "remove": ["AUG-MON-6"]}
    given_ = body(flat(0.1), holidays=said)

    with pytest.raises(ScheduleRefused) as refused:
        tariff_from_json(given_, CalendarRegion("Europe/London", "GB", "ENG"))

    assert [(one.code, one.param) for one in refused.value.faults] == [
        ("holiday_unknown", "holidays.add[0]"),
        ("holiday_unknown", "holidays.remove[0]"),
    ]


@pytest.mark.parametrize("observed", ["AS_CALENDAR", "NONE", "NEXT_WORKDAY", "NEAREST_WORKDAY"])
def test_the_last_years_of_the_calendar_have_holidays_too(observed: Observed) -> None:
    own = rules(observed, add="EASTER+300, DEC-FRI-LAST, 12-31, Christmas Day, 9999-12-25")

    for year in (9998, 9999):
        assert date(year, 12, 31) in holidays_of("GB", "ENG", own, year)


def test_a_contract_of_the_last_years_is_judged_and_sampled() -> None:
    said = {"add": ["EASTER+300"], "remove": ["DEC-FRI-LAST"], "observed": "NEXT_WORKDAY"}
    region = CalendarRegion("Pacific/Kiritimati", "KI")
    own = body(flat(0.1), holidays=said, contract_start_date="9999-12-01", contract_end_date=None)

    tariff = tariff_from_json(own, region)

    assert [one.code for one in warnings(tariff, region, "AUD")] == ["holiday_not_there"]
    shown = sample(tariff, region, markets=Markets({}, datetime(2026, 3, 1, tzinfo=UTC)))
    assert (shown.lowest, shown.highest) == (0.1, 0.1)


def test_a_name_needs_a_country() -> None:
    with pytest.raises(ScheduleRefused, match="country_code"):
        tariff_from_json(
            body(flat(0.1), holidays={"only": ["Easter Monday"]}), CalendarRegion("UTC")
        )


def test_years_that_the_library_knows_in_part_are_looked_up_in_silence() -> None:
    assert holidays_of("IN", "MH", AS_DECREED, 2040)  # the library warns of what it leaves out


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2027-12-27", False),
        ("2027-12-25", False),
        ("Boxing Day", False),
        ("2027-12-29", True),
        ("MAY-TUE-1", True),
    ],
)
def test_a_day_to_remove_that_is_no_holiday_nor_its_substitute_is_told(
    day: str, *, told: bool
) -> None:
    region = CalendarRegion("Europe/London", "GB", "ENG")
    tariff = tariff_from_json(body(flat(0.1), holidays={"remove": [day]}), region)

    codes = [one.code for one in warnings(tariff, region, "GBP")]
    assert codes == (["holiday_not_there"] if told else [])
