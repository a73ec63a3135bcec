"""What is wrong with a tariff is said with its code, its place, the day and the time."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tariff_bodies import bodies, body, entry, flat, hours
from wattyard.kernel.refusals import Fault, Malformed, StateForbids
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.wire.rules import tariff_from_json

LONDON = CalendarRegion("Europe/London", "GB", "ENG")
WEEKDAYS = entry(("Weekdays", hours(("00:00", "00:00", 0.1))))
ALL_DAY = hours(("00:00", "00:00", 0.1))


def faults(tariff: dict[str, Any], region: CalendarRegion = LONDON) -> tuple[Fault, ...]:
    with pytest.raises((Malformed, StateForbids)) as refused:
        tariff_from_json(tariff, region)
    return refused.value.faults


@settings(deadline=None)
@given(bodies())
def test_random_valid_tariffs_are_taken(tariff: dict[str, Any]) -> None:
    assert tariff_from_json(tariff, LONDON)


def test_every_gap_of_a_day_is_named_with_the_first_day_that_has_it() -> None:
    found = faults(body([entry(("All", hours(("05:00:00", "23:30:00", 0.1))))]))

    assert [fault.code for fault in found] == ["gap_in_time_period"] * 2
    assert found[0].param == "schedule[0].days_and_hours[0].hours"
    assert "2024-01-01 (Monday) has no price from 00:00 to 05:00" in found[0].message
    assert "from 23:30 to 24:00" in found[1].message


def test_time_priced_twice_is_named_with_both_windows() -> None:
    (found,) = faults(
        body([entry(("All", hours(("23:00", "07:00", 0.1), ("06:30", "23:00", 0.3))))])
    )

    assert found.code == "time_period_overlap"
    assert found.param == "schedule[0].days_and_hours[0].hours[1]"
    assert "2024-01-01 (Monday) is priced twice from 06:30 to 07:00" in found.message


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=5))
def test_a_day_is_taken_exactly_when_each_of_its_hours_has_one_price(
    windows: list[tuple[int, int]],
) -> None:
    named = ((f"{start:02}:00", f"{end:02}:00", 0.1) for start, end in windows)
    owners = [0] * 24
    for start, end in windows:
        owned = range(start, end) if start < end else [*range(end), *range(start, 24)]
        for hour in owned:
            owners[hour] += 1

    codes = set()
    try:
        tariff_from_json(body([entry(("All", hours(*named)))]), LONDON)
    except StateForbids as refusal:
        codes = {fault.code for fault in refusal.faults}

    assert ("gap_in_time_period" in codes) == (0 in owners)
    assert ("time_period_overlap" in codes) == (max(owners) > 1)


def test_entries_that_match_the_same_day_are_judged_together() -> None:
    winter = entry(("All", ALL_DAY), months=["Dec", "Jan", "Feb"])
    (found,) = faults(body([*flat(0.1), winter]))

    assert found.code == "time_period_overlap"
    assert found.param == "schedule[1].days_and_hours[0].hours[0]"
    assert "from 00:00 to 24:00" in found.message


def test_the_first_date_that_nothing_matches_is_named() -> None:
    (found,) = faults(body([WEEKDAYS]))

    assert (found.code, found.param) == ("incomplete_time_period", "schedule")
    assert "2024-01-06 (Saturday)" in found.message


def test_a_leap_day_late_in_the_term_is_missed_by_nobody() -> None:
    dates = [f"02-{day:02}" for day in range(1, 29)]
    months = ["Jan", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    schedule = [entry(("All", ALL_DAY), months=months), entry(("All", ALL_DAY), dates=dates)]
    term = {"contract_start_date": "2025-01-01", "contract_end_date": "2028-03-01"}

    (found,) = faults(body(schedule, **term))

    assert found.code == "incomplete_time_period"
    assert "2028-02-29 (Tuesday)" in found.message
    assert tariff_from_json(body(schedule, **{**term, "contract_end_date": "2028-02-29"}), LONDON)


def test_a_special_day_must_cover_its_day_too_and_only_within_the_term() -> None:
    special = entry(("All", hours(("00:00", "12:00", 0.1))), dates=["2025-05-05"])

    (found,) = faults(body([*flat(0.1), special]))

    assert found.code == "gap_in_time_period"
    assert found.param == "schedule[1].days_and_hours[0].hours"
    assert "2025-05-05 (Monday) has no price from 12:00 to 24:00" in found.message
    ended = body([*flat(0.1), special], contract_end_date="2025-05-05")
    assert tariff_from_json(ended, LONDON)


def test_a_date_that_a_very_long_term_names_is_judged() -> None:
    special = entry(("All", hours(("00:00", "12:00", 0.1))), dates=["2099-05-05"])

    (found,) = faults(body([*flat(0.1), special], contract_end_date="9999-12-31"))

    assert "2099-05-05 (Tuesday)" in found.message


def test_holidays_of_the_country_are_special_days_of_the_check() -> None:
    special = entry(("All", hours(("00:00", "23:00", 0.1))), dates=["Holidays"])

    (found,) = faults(body([*flat(0.1), special]))

    assert "2024-01-01 (Monday) has no price from 23:00 to 24:00" in found.message
    assert tariff_from_json(body([*flat(0.1), special]), CalendarRegion("Europe/London"))


def test_a_formula_is_refused_where_it_stands_and_the_rest_is_judged_too() -> None:
    found = faults(body([entry(("All", hours(("00:00", "12:00", "1 +"))))]))

    assert [fault.code for fault in found] == ["formula_invalid", "gap_in_time_period"]
    assert found[0].param == "schedule[0].days_and_hours[0].hours[0].rate[0].value"
    assert "column 4" in found[0].message


def test_a_constant_formula_above_every_price_is_refused_on_write() -> None:
    (found,) = faults(body(flat("10 ** 12")))

    assert (found.code, found.param) == (
        "formula_invalid",
        "schedule[0].days_and_hours[0].hours[0].rate[0].value",
    )
    assert "1,000,000,000 at most" in found.message


def test_a_megabyte_of_formula_is_refused_as_a_formula() -> None:
    (found,) = faults(body(flat("1+" * 500_000 + "1")))

    assert found.code == "formula_invalid"
    assert len(found.message) < 300


LAST = {"value": 3}
RATE = "schedule[0].days_and_hours[0].hours[0].rate"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"type": "NON_COMMODITY", "direction": "EXPORT"}, "tariff_type_invalid", "type"),
        ({"type": "NON_COMMODITY", "direction": "LOCAL"}, "tariff_type_invalid", "type"),
        ({"type": "ENERGY"}, "type_invalid", "type"),
        ({"contract_end_date": "2024-01-01"}, "contract_end_date_invalid", "contract_end_date"),
        (
            {"contract_start_date": "2024-01-01T00:00:00"},
            "contract_start_date_invalid",
            "contract_start_date",
        ),
        ({"vat": 20}, "vat_invalid", "vat"),
        ({"cap_per_kwh": 0.1, "floor_per_kwh": 0.2}, "floor_per_kwh_invalid", "floor_per_kwh"),
        ({"schedule": []}, "schedule_invalid", "schedule"),
        ({"schedule": flat([{}])}, "value_missing", f"{RATE}[0].value"),
        (
            {"schedule": flat([{"value": 1, "fixed": 1}])},
            "parameters_exclusive",
            f"{RATE}[0].fixed",
        ),
        (
            {"schedule": flat([{"value": 1, "surcharge_fixed": 1}])},
            "surcharge_fixed_invalid",
            f"{RATE}[0].surcharge_fixed",
        ),
        (
            {"schedule": flat([{"value": 1, "variables": {"a": 1}}])},
            "variables_invalid",
            f"{RATE}[0].variables",
        ),
        (
            {"schedule": flat([{"value": 1, "to_kwh": 5}])},
            "to_kwh_invalid",
            f"{RATE}[0].to_kwh",
        ),
        (
            {"schedule": flat([{"value": 1}, {"value": 2}])},
            "to_kwh_invalid",
            f"{RATE}[0].to_kwh",
        ),
        (
            {
                "schedule": flat(
                    [{"value": 1, "to_kwh": 9}, {"value": 2, "to_kwh": 9}, {"value": 3}]
                )
            },
            "to_kwh_invalid",
            f"{RATE}[1].to_kwh",
        ),
        (
            {"schedule": flat([{}]), "market_rates": True},
            "market_source_id_missing",
            "market_source_id",
        ),
        (
            {"schedule": [entry(("All", ALL_DAY), dates=[0])]},
            "dates_invalid",
            "schedule[0].dates[0]",
        ),
        (
            {"schedule": [entry(("All", ALL_DAY), dates=["02-30"])]},
            "dates_invalid",
            "schedule[0].dates[0]",
        ),
        (
            {"schedule": [entry(("All", ALL_DAY), dates=["2025-02-29"])]},
            "dates_invalid",
            "schedule[0].dates[0]",
        ),
        (
            {"schedule": [entry(("Someday", ALL_DAY))]},
            "days_invalid",
            "schedule[0].days_and_hours[0].days[0]",
        ),
        (
            {"schedule": [entry(("All", hours(("25:00", "00:00", 1))))]},
            "valid_from_invalid",
            "schedule[0].days_and_hours[0].hours[0].valid_from",
        ),
        ({"charges": [{"kind": "DAILY"}]}, "amount_missing", "charges[0].amount"),
        (
            {"charges": [{"kind": "DEMAND", "amount_per_kw": 1, "window_minutes": 5}]},
            "window_minutes_invalid",
            "charges[0].window_minutes",
        ),
        ({"currency": "EUR"}, "parameter_unknown", "currency"),
    ],
)
def test_a_fault_of_form_is_malformed_with_its_code_and_place(
    change: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(Malformed) as refused:
        tariff_from_json({**body(flat(0.2)), **change}, LONDON)

    assert (refused.value.first.code, refused.value.first.param) == (code, param)


def test_faults_of_form_are_all_reported_at_once() -> None:
    schedule = [
        entry(("All", hours(("00:00", "12:00", [{}]), ("12:00", "00:00", 0.2))), dates=[40, "x"])
    ]

    found = faults(body(schedule, contract_start_date="soon"))

    assert [fault.code for fault in found] == [
        "value_missing",
        "dates_invalid",
        "dates_invalid",
        "contract_start_date_invalid",
    ]
