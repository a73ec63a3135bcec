"""Feed-in tariffs of Australian energy plans."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.cdr_plans import (
    END,
    SOLAR,
    TIME_OF_USE,
    WEEK,
    feed_in,
    imported,
    plan,
    price_at,
    varying,
)


def test_a_feed_in_becomes_an_export_tariff_without_gst() -> None:
    feed_in = {
        "displayName": "Solar",
        "scheme": "OTHER",
        "tariffUType": "singleTariff",
        "singleTariff": {"rates": [{"unitPrice": "0.05"}]},
    }
    _, body = imported(plan(TIME_OF_USE, solarFeedInTariff=[feed_in])).bodies

    assert body["direction"] == "EXPORT"
    assert price_at(body, 2025, 6, 1, 12, 0) == 0.05


def test_hours_that_a_feed_in_does_not_name_earn_nothing_and_that_is_said() -> None:
    solar = varying(("0.082", "16:00", "20:59"), ("0.04", "21:00", "09:59"))

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=[solar]))

    sold = made.bodies[1]
    assert [price_at(sold, 2025, 6, 2, hour) for hour in (3, 9, 10, 15, 16, 20, 21)] == [
        0.04,
        0.04,
        0.0,
        0.0,
        0.082,
        0.082,
        0.04,
    ]
    assert [(own.code, own.param) for own in made.warnings] == [("not_priced", f"{SOLAR}[0]")]


def test_public_holidays_of_a_feed_in_are_kept() -> None:
    solar = varying(("0.05", "00:00", "23:59"))
    always = solar["timeVaryingTariffs"][0]["timeVariations"][0]
    holiday = {"days": ["PUBLIC_HOLIDAYS"], "startTime": "10:00", "endTime": "14:59"}
    solar["timeVaryingTariffs"].append(
        {"rates": [{"unitPrice": "-0.01"}], "timeVariations": [holiday]}
    )

    sold = imported(plan(TIME_OF_USE, solarFeedInTariff=[solar])).bodies[1]

    assert always["days"] == [*WEEK, *END]
    assert price_at(sold, 2025, 12, 24, 12) == 0.05
    assert price_at(sold, 2025, 12, 25, 12) == -0.01
    assert price_at(sold, 2025, 12, 25, 9) == 0.0


def test_a_feed_in_is_valid_between_its_own_dates_within_the_contract() -> None:
    solar = feed_in(startDate="2025-03-01", endDate="2027-06-30")

    bought, sold = imported(plan(TIME_OF_USE, solarFeedInTariff=[solar])).bodies

    assert bought["contract_start_date"] == "2025-01-01"
    assert (sold["contract_start_date"], sold["contract_end_date"]) == ("2025-03-01", "2027-07-01")


def test_the_first_feed_in_that_is_not_over_is_kept() -> None:
    over, valid = feed_in(endDate="2024-06-30"), varying(("0.07", "00:00", "23:59"))

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=[over, valid]), allow_partial=True)

    assert price_at(made.bodies[1], 2025, 6, 2, 12) == 0.07
    assert [own.param for own in made.warnings] == [f"{SOLAR}[0]"]


def band(price: str, start: str, end: str, *sizes: Any, **more: Any) -> dict[str, Any]:
    """A feed-in of one band, as an item of its own, without a list."""
    steps = [{"unitPrice": price, "measureUnit": "KWH", "volume": size} for size in sizes]
    own = {
        "type": "PEAK",
        "period": "P1D",
        "rates": steps or [{"unitPrice": price}],
        "timeVariations": [{"days": [*WEEK, *END], "startTime": start, "endTime": end}],
    }
    item = feed_in(tariffUType="timeVaryingTariffs", timeVaryingTariffs=own, **more)
    return {name: value for name, value in item.items() if name != "singleTariff"}


def test_items_of_one_feed_in_are_its_bands() -> None:
    items = [
        band("0.15", "16:00", "20:59", "0.00"),
        band("0.027", "10:00", "15:59", "0.00"),
        band("0.064", "21:00", "09:59", "0.00"),
    ]

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=items))

    sold = made.bodies[1]
    assert [price_at(sold, 2025, 6, 2, hour) for hour in (18, 12, 3)] == [0.15, 0.027, 0.064]
    assert made.warnings == ()


def single(price: str, size: Any, name: str = "Solar", period: str = "P1D") -> dict[str, Any]:
    step = {"unitPrice": price, "measureUnit": "KWH", "volume": size}
    return feed_in(displayName=name, singleTariff={"period": period, "rates": [step]})


@pytest.mark.parametrize("rest", ["0.00", None])
def test_items_of_one_feed_in_are_its_steps(rest: str | None) -> None:
    items = [single("0.10", "8.00", "0-8 kWh"), single("0.04", rest, "above 8 kWh")]

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=items))

    sold = made.bodies[1]
    assert (sold["tier_reset"], sold["tier_scope"]) == ("DAY", "TARIFF")
    (block,) = sold["schedule"][0]["days_and_hours"]
    assert block["hours"][0]["rate"] == [{"value": 0.1, "to_kwh": 8}, {"value": 0.04}]
    assert made.warnings == ()


def test_a_band_may_have_steps_of_its_own() -> None:
    items = [
        band("0.08", "10:00", "14:59", "6.85"),
        band("0.02", "10:00", "14:59", "0.00"),
        band("0.05", "15:00", "09:59"),
    ]

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=items))

    sold = made.bodies[1]
    assert sold["tier_scope"] == "PERIOD"
    rates = [hours["rate"] for hours in sold["schedule"][0]["days_and_hours"][0]["hours"]]
    assert rates == [[{"value": 0.08, "to_kwh": 6.85}, {"value": 0.02}], [{"value": 0.05}]]
    assert made.warnings == ()


def test_a_small_step_that_is_counted_by_the_year_is_told() -> None:
    items = [single("0.10", "8.00", period="P1Y"), single("0.04", None, period="P1Y")]

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=items))

    assert made.bodies[1]["tier_reset"] == "YEAR"
    assert [(own.code, own.param) for own in made.warnings] == [("not_priced", f"{SOLAR}[0]")]


def test_items_of_other_schemes_are_other_feed_ins() -> None:
    items = [single("0.10", None), {**single("0.44", None), "scheme": "PREMIUM"}]

    made = imported(plan(TIME_OF_USE, solarFeedInTariff=items), allow_partial=True)

    assert price_at(made.bodies[1], 2025, 6, 2, 12) == 0.1
    assert [own.param for own in made.warnings] == [f"{SOLAR}[1]"]


@given(st.lists(st.sampled_from(["0.01", "0.05", None]), min_size=48, max_size=48))
@settings(deadline=None)
def test_every_half_hour_of_a_feed_in_earns_what_its_window_says_or_nothing(
    prices: list[str | None],
) -> None:
    named = [
        (price, f"{n // 2:02}:{n % 2 * 30:02}", f"{n // 2:02}:{n % 2 * 30 + 29}")
        for n, price in enumerate(prices)
        if price is not None
    ]
    assume(named)

    sold = imported(plan(TIME_OF_USE, solarFeedInTariff=[varying(*named)])).bodies[1]

    (block,) = sold["schedule"][0]["days_and_hours"]
    earned: list[float | None] = [None] * 48
    for hours in block["hours"]:
        start, end = (_half_hour(hours[edge]) for edge in ("valid_from", "valid_to"))
        for n in range(start, end if end > start else end + 48):
            assert earned[n % 48] is None
            earned[n % 48] = hours["rate"][0]["value"]
    assert earned == [float(price or 0) for price in prices]


def _half_hour(text: str) -> int:
    return int(text[:2]) * 2 + int(text[3:5]) // 30
