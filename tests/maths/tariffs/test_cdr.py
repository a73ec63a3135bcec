"""Energy plans of the Australian Consumer Data Right."""

from typing import Any

import pytest

from tests.support.cdr_plans import (
    END,
    PERIOD,
    TIME_OF_USE,
    WEEK,
    demand,
    feed_in,
    imported,
    plan,
    price_at,
    stepped,
    use,
    with_period,
)
from wattyard.tariffs.domain.calendar import CalendarRegion


def test_time_of_use_rates_become_windows_with_gst_added() -> None:
    (body,) = imported(plan(TIME_OF_USE)).bodies

    assert price_at(body, 2025, 6, 2, 20, 59) == pytest.approx(0.44)
    assert price_at(body, 2025, 6, 2, 21, 0) == pytest.approx(0.22)
    assert price_at(body, 2025, 6, 1, 16, 0) == pytest.approx(0.22)
    assert body["contract_start_date"] == "2025-01-01"
    assert body["charges"] == [{"kind": "DAILY", "amount": 1.1, "name": "daily supply charge"}]


def test_steps_become_tiers_counted_over_their_period() -> None:
    stepped = {
        "rateBlockUType": "singleRate",
        "singleRate": {
            "period": "P1D",
            "rates": [
                {"unitPrice": "0.30", "volume": 10},
                {"unitPrice": "0.25", "volume": 5},
                {"unitPrice": "0.20"},
            ],
        },
    }
    (body,) = imported(plan(stepped)).bodies

    rate = body["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"]
    assert [tier.get("to_kwh") for tier in rate] == [10, 15, None]
    assert body["tier_reset"] == "DAY"


def test_seasons_and_public_holidays_are_kept() -> None:
    summer = {
        **TIME_OF_USE,
        "startDate": "11-01",
        "endDate": "03-31",
        "timeOfUseRates": [
            use("0.50", (WEEK, "00:00", "24:00")),
            use("0.10", ([*END, "PUBLIC_HOLIDAYS"], "00:00", "00:00")),
        ],
    }
    winter = {**TIME_OF_USE, "startDate": "04-01", "endDate": "10-31"}
    (body,) = imported(plan(summer, winter)).bodies

    assert price_at(body, 2025, 12, 24, 12, 0) == pytest.approx(0.55)
    assert price_at(body, 2025, 12, 25, 12, 0) == pytest.approx(0.11)
    assert price_at(body, 2025, 4, 1, 12, 0) == pytest.approx(0.22)


def test_a_season_within_months_is_kept_by_its_dates() -> None:
    flat = {"rateBlockUType": "singleRate", "dailySupplyCharge": "1"}
    first = {**flat, "startDate": "12-16", "endDate": "02-28", "singleRate": _single("0.3")}
    rest = {**flat, "startDate": "03-01", "endDate": "12-15", "singleRate": _single("0.2")}

    (body,) = imported(plan(first, rest)).bodies

    assert price_at(body, 2028, 2, 29, 12, 0) == pytest.approx(0.33)
    assert price_at(body, 2028, 12, 15, 12, 0) == pytest.approx(0.22)


def _single(price: str) -> dict[str, Any]:
    return {"rates": [{"unitPrice": price}]}


def test_a_monthly_demand_charge_is_kept_with_its_hours() -> None:
    demand = {
        "displayName": "Peak demand",
        "amount": "9.90",
        "measureUnit": "KW",
        "days": WEEK,
        "startTime": "15:00",
        "endTime": "21:00",
        "measurementPeriod": "MONTH",
        "chargePeriod": "MONTH",
    }
    (body,) = imported(plan({**TIME_OF_USE, "demandCharges": [demand]})).bodies

    charge = body["charges"][1]
    assert (charge["kind"], charge["amount_per_kw"], charge["window_minutes"]) == (
        "DEMAND",
        9.9,
        30,
    )
    assert charge["schedule"][0]["days_and_hours"][0]["days"] == ["Mon", "Tue", "Wed", "Thu", "Fri"]


def test_a_monthly_peak_that_is_charged_by_the_day_is_kept() -> None:
    daily = demand(chargePeriod="DAY", maxDemand="0.00")

    (body,) = imported(with_period(demandCharges=[daily])).bodies

    assert (body["charges"][1]["per"], body["charges"][1]["amount_per_kw"]) == ("DAY", 9.9)


def test_steps_of_a_year_that_starts_in_july_are_kept_and_nulls_are_absent() -> None:
    period = {
        "startDate": "07-01",
        "endDate": "06-30",
        "dailySupplyCharge": "0.7924",
        "dailySupplyChargeType": "SINGLE",
        "bandedDailySupplyCharges": None,
        "timeOfUseRates": None,
        "rateBlockUType": "singleRate",
        "singleRate": stepped(3900, None, period="P1Y"),
    }
    (body,) = imported(plan(period, solarFeedInTariff=None, controlledLoad=None)).bodies

    assert body["schedule"][0]["months"] == ["All"]
    assert (body["tier_reset"], body["tier_scope"]) == ("YEAR", "TARIFF")
    assert price_at(body, 2025, 6, 2, counter_kwh=3899) == pytest.approx(0.11)
    assert price_at(body, 2025, 6, 2, counter_kwh=3900) == pytest.approx(0.22)
    assert body["charges"][0]["amount"] == 0.7924


def test_energy_and_demand_are_two_tariff_periods_of_the_same_dates() -> None:
    charged = {
        "displayName": "Demand",
        "startDate": "11-01",
        "endDate": "03-31",
        "rateBlockUType": "demandCharges",
        "demandCharges": [demand(days=[*WEEK, *END, "PUBLIC_HOLIDAYS"])],
    }
    made = imported(plan(TIME_OF_USE, charged))

    (body,) = made.bodies
    assert made.warnings == ()
    assert [one["kind"] for one in body["charges"]] == ["DAILY", "DEMAND"]
    (entry,) = body["charges"][1]["schedule"]
    assert entry["months"] == ["Nov", "Dec", "Jan", "Feb", "Mar"]
    assert entry["days_and_hours"][0]["hours"] == [
        {"valid_from": "15:00:00", "valid_to": "21:00:00"}
    ]


def test_a_period_is_what_its_kind_says_and_the_rest_is_named() -> None:
    both = with_period(singleRate=stepped(None), rateBlockUType="singleRate")

    made = imported(both, allow_partial=True)

    assert price_at(made.bodies[0], 2025, 6, 2, 16, 0) == pytest.approx(0.11)
    assert [own.param for own in made.warnings] == [f"{PERIOD}.timeOfUseRates"]


def by_use(*times: tuple[list[str], str, str]) -> dict[str, Any]:
    """Free at midday, in steps by the day at other times."""
    steps = [{"unitPrice": "0.20", "volume": 15}, {"unitPrice": "0.30"}]
    return with_period(
        timeOfUseRates=[
            use("0.0", ([*WEEK, *END], "11:00", "13:59")),
            use("0", *times, rates=steps, period="P1D"),
        ]
    )


def test_steps_by_time_of_use_count_the_energy_of_their_own_hours() -> None:
    made = imported(by_use(([*WEEK, *END], "14:00", "10:59")))

    (body,) = made.bodies
    assert made.warnings == ()
    assert (body["tier_reset"], body["tier_scope"]) == ("DAY", "PERIOD")
    _, evening = body["schedule"][0]["days_and_hours"][0]["hours"]
    assert [tier.get("to_kwh") for tier in evening["rate"]] == [15, None]


def test_steps_of_hours_that_differ_by_day_count_together() -> None:
    document = by_use((WEEK, "14:00", "10:59"), (END, "14:00", "23:59"), (END, "00:00", "10:59"))

    (body,) = imported(document).bodies

    assert body["tier_scope"] == "PERIOD"
    hours = [one for block in body["schedule"][0]["days_and_hours"] for one in block["hours"]]
    words = {one.get("counter") for one in hours if len(one["rate"]) > 1}
    assert (len(words), words & {None}) == (1, set())
    assert {one.get("counter") for one in hours if len(one["rate"]) == 1} == {None}


# Shapes of older answers, and of text.


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [
        (["BUSINESS_DAYS"], "700", "2159"),
        (["BUSINESS_DAYS"], "0700", "2200"),
        (["BUSINESS_DAYS"], 700, 2159),
        (["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "07:00:00", "22:00:00"),
        ({"weekdays": True, "saturday": False, "sunday": False}, "07:00", "21:59"),
    ],
)
def test_hours_and_days_of_older_answers_are_read(days: Any, start: Any, end: Any) -> None:
    def hours(of: Any, since: Any, until: Any) -> dict[str, Any]:
        return {"days": of, "startTime": since, "endTime": until}

    rest = [hours(days, end, start), hours(["SATURDAY", "SUNDAY"], "0", "2359")]
    uses = [
        {"rates": [{"unitPrice": "0.40"}], "timeOfUse": [hours(days, start, end)]},
        {"rates": [{"unitPrice": "0.20"}], "timeOfUse": rest},
    ]
    if str(end).endswith("59"):
        rest[0]["startTime"], rest[0]["endTime"] = "2200", "659"
    (body,) = imported(with_period(timeOfUseRates=uses)).bodies

    prices = [price_at(body, 2025, 6, 2, hour) for hour in (6, 7, 21, 22)]
    assert prices == pytest.approx([0.22, 0.44, 0.44, 0.22])
    assert price_at(body, 2025, 6, 7, 12) == pytest.approx(0.22)


@pytest.mark.parametrize("written", [3900, 3900.0, "3900", "3900.00"])
def test_the_size_of_a_step_may_be_text(written: Any) -> None:
    single = stepped(written, None, period="P1Y")

    (body,) = imported(plan({"rateBlockUType": "singleRate", "singleRate": single})).bodies

    assert price_at(body, 2025, 6, 2, counter_kwh=3899) == pytest.approx(0.11)
    assert price_at(body, 2025, 6, 2, counter_kwh=3900) == pytest.approx(0.22)


def test_hours_of_standard_time_are_read_on_its_clock() -> None:
    every = [*WEEK, *END]
    peak = use("0.50", (every, "15:00", "20:00"))
    rest = use("0.20", (every, "20:00", "15:00"))
    document = with_period(timeOfUseRates=[peak, rest])
    told = document["data"]["electricityContract"]

    for zone in ("AEST", None):
        told["timeZone"] = zone
        (body,) = imported(document).bodies
        assert body["clock"] == "+10:00"

    told["timeZone"] = "LOCAL"
    (body,) = imported(document).bodies
    assert "clock" not in body


def test_hours_that_name_their_offset_are_read_on_its_clock() -> None:
    every = [*WEEK, *END]
    peak = use("0.50", (every, "T15:00+10:00", "T20:00+10:00"))
    rest = use("0.20", (every, "T20:00+1000", "T15:00+1000"))

    (body,) = imported(with_period(timeOfUseRates=[peak, rest])).bodies

    assert body["clock"] == "+10:00"


def test_the_size_of_a_last_step_is_said_to_have_no_end() -> None:
    single = stepped(1500)

    made = imported(plan({"rateBlockUType": "singleRate", "singleRate": single}))

    assert [(own.code, own.param) for own in made.warnings] == [
        ("not_priced", f"{PERIOD}.singleRate.rates")
    ]
    assert price_at(made.bodies[0], 2025, 6, 2, counter_kwh=9999) == pytest.approx(0.11)


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ("2026-03-31T13:00:00Z", "2026-04-01"),
        ("2026-03-20T00:00:00.000Z", "2026-03-20"),
        ("2026-07-01T00:00:00+10:00", "2026-07-01"),
        ("2026-07-01", "2026-07-01"),
    ],
)
def test_a_plan_starts_on_the_local_day_that_is_meant_and_does_not_end_with_its_offer(
    told: str, first: str
) -> None:
    document = plan(TIME_OF_USE)
    document["data"].update(effectiveFrom=told, effectiveTo="2026-12-31T13:00:00Z")

    made = imported(document)

    (body,) = made.bodies
    assert (body["contract_start_date"], body["contract_end_date"]) == (first, "2100-01-01")
    assert [own.param for own in made.warnings] == ["effectiveTo"]


def test_standard_time_is_the_local_clock_where_the_clock_never_changes() -> None:
    brisbane = CalendarRegion("Australia/Brisbane", "AU", "QLD")

    assert imported(plan(TIME_OF_USE, timeZone="AEST"), region=brisbane).warnings == ()
    assert imported(plan(TIME_OF_USE, timeZone=None), region=brisbane).warnings == ()


def test_a_plan_around_the_clock_needs_no_time_zone() -> None:
    flat = plan({"singleRate": stepped(None)}, timeZone=None, solarFeedInTariff=[feed_in()])

    assert imported(flat).warnings == ()


def test_a_plan_with_all_that_retailers_publish_is_kept_without_what_is_no_price() -> None:
    every, off_peak = [*WEEK, *END], (["SAT", "SUN"], "07:00", "21:59")
    period = {
        "displayName": "Time of Use Tariff Period",
        "startDate": "07-01",
        "endDate": "06-30",
        "dailySupplyCharge": "0.9",
        "dailySupplyChargeType": "SINGLE",
        "rateBlockUType": "timeOfUseRates",
        "timeOfUseRates": [
            use("0.43", (WEEK, "14:00", "19:59"), period="P1D", description="Peak"),
            use("0.21", (every, "22:00", "06:59"), period="P1D"),
            use("0.29", (WEEK, "07:00", "13:59"), (WEEK, "20:00", "21:59"), off_peak),
        ],
    }
    document = plan(
        period,
        isFixed=False,
        variation="may vary",
        terms="of use",
        meterTypes=["Type 4"],
        billFrequency=["P3M", "P1M"],
        paymentOption=["DIRECT_DEBIT"],
        coolingOffDays=10,
        eligibility=[{"type": "OTHER"}],
        fees=[{"type": "CONNECTION", "term": "FIXED", "amount": "118.16"}],
        incentives=[{"category": "OTHER", "displayName": "A ticket to the zoo"}],
    )
    document["links"], document["meta"] = {"self": "here"}, {}

    made = imported(document, allow_partial=True)

    (body,) = made.bodies
    assert {own.param for own in made.warnings} == {
        "electricityContract.fees",
        "electricityContract.incentives",
    }
    assert [price_at(body, 2025, 6, 2, hour) for hour in (6, 7, 14, 20, 22)] == pytest.approx(
        [0.231, 0.319, 0.473, 0.319, 0.231]
    )
    assert price_at(body, 2025, 6, 1, 15) == pytest.approx(0.319)
