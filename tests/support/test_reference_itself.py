"""The price reference, pinned by examples worked out by hand (the sums stand in comments)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .formula_reference import FormulaInvalid, FormulaUnavailable, evaluate
from .market_reference import Market, Row
from .region_reference import Region, instant_of, later_days
from .tariff_reference import (
    Interval,
    NoPriceData,
    NoTariffConnected,
    merged,
    reference_prices,
    reference_site_prices,
)
from .tariff_strategies import Features, PriceCase, price_cases

Json = dict[str, Any]
WHOLE_DAY = ("00:00:00", "00:00:00")


def hours(*windows: tuple[str, str, float]) -> list[Json]:
    """Windows `(from, to, value)` as the contract writes them."""
    return [
        {"valid_from": since, "valid_to": until, "rate": [{"value": value}]}
        for since, until, value in windows
    ]


def entry(days: str | list[str], windows: list[Json], dates: list[str | int] | None = None) -> Json:
    """A schedule entry for every month."""
    named = [days] if isinstance(days, str) else days
    groups = [{"days": named, "hours": windows}]
    return {"months": ["All"], "dates": dates or [], "days_and_hours": groups}


def tariff(*entries: Json, **fields: object) -> Json:
    """A tariff body of the years 2024..2030."""
    term = {"contract_start_date": "2024-01-01", "contract_end_date": "2030-01-01"}
    return {"type": "COMMODITY", "direction": "IMPORT", "schedule": list(entries)} | term | fields


def rated(*rate: Json, **fields: object) -> Json:
    """A tariff with one whole-day window of this rate."""
    window = {"valid_from": "00:00:00", "valid_to": "00:00:00", "rate": list(rate)}
    return tariff(entry("All", [window]), **fields)


def prices(body: Json, zone: str, start: str, end: str, **more: Any) -> list[Interval]:
    """The reference without market, at a counter of 0, unless told."""
    given_values: Json = {
        "country": None, "state": None, "market": [], "market_unit": "KWH",
        "now": instant_of(start), "counter_kwh": Decimal(0),
    }  # fmt: skip
    return reference_prices(
        body, zone=zone, start=instant_of(start), end=instant_of(end), **(given_values | more)
    )


def shown(series: list[Interval]) -> list[tuple[str, str]]:
    """`(start "DD HH:MM" in UTC, value)` of every interval."""
    return [(f"{one.start:%d %H:%M}", f"{one.value.normalize():f}") for one in series]


NIGHT_AND_DAY = hours(("23:00", "07:00", 0.2), ("07:00", "23:00", 0.3))


def test_the_skipped_hour_of_berlin_costs_nothing() -> None:
    # 30 March 2025 has 23 hours: night 00:00-07:00 is 6 hours (23:00Z-05:00Z), the day 16 hours
    # (07:00-23:00 CEST), and the night window runs on through midnight (22:00Z).
    series = prices(
        tariff(entry("All", NIGHT_AND_DAY)),
        "Europe/Berlin",
        "2025-03-30T00:00:00+01:00",
        "2025-03-31T02:00:00+02:00",
    )
    assert shown(series) == [("29 23:00", "0.2"), ("30 05:00", "0.3"), ("30 21:00", "0.2")]
    assert series[-1].end == datetime(2025, 3, 31, 0, tzinfo=UTC)


def test_the_repeated_hour_of_berlin_is_owned_twice() -> None:
    # 26 October 2025: 02:00-03:00 is 00:00Z-01:00Z and again 01:00Z-02:00Z, in one piece; the
    # window 02:30-03:00 alone comes twice, with a piece of the other between.
    body = tariff(entry("All", hours(("02:00", "03:00", 0.1), ("03:00", "02:00", 0.3))))
    series = prices(body, "Europe/Berlin", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z")
    assert shown(series) == [("25 22:00", "0.3"), ("26 00:00", "0.1"), ("26 02:00", "0.3")]
    body = tariff(entry("All", hours(("02:30", "03:00", 0.1), ("03:00", "02:30", 0.3))))
    series = prices(body, "Europe/Berlin", "2025-10-26T00:00:00Z", "2025-10-26T03:00:00Z")
    starts = ["26 00:00", "26 00:30", "26 01:00", "26 01:30", "26 02:00"]
    assert shown(series) == list(zip(starts, ["0.3", "0.1", "0.3", "0.1", "0.3"], strict=True))


def test_lord_howe_skips_and_repeats_half_an_hour() -> None:
    # 5 October 2025, 02:00 (+10:30) = 02:30 (+11) = 15:30Z: of 02:15-02:45 only 15 minutes exist.
    body = tariff(entry("All", hours(("02:15", "02:45", 0.1), ("02:45", "02:15", 0.3))))
    series = prices(body, "Australia/Lord_Howe", "2025-10-04T15:00:00Z", "2025-10-04T16:00:00Z")
    assert shown(series) == [("04 15:00", "0.3"), ("04 15:30", "0.1"), ("04 15:45", "0.3")]
    # 6 April 2025, 02:00 (+11) = 01:30 (+10:30) = 15:00Z: 01:45-02:00 is 14:45Z and 15:15Z.
    body = tariff(entry("All", hours(("01:45", "02:00", 0.1), ("02:00", "01:45", 0.3))))
    series = prices(body, "Australia/Lord_Howe", "2025-04-05T14:30:00Z", "2025-04-05T16:00:00Z")
    starts = ["05 14:30", "05 14:45", "05 15:00", "05 15:15", "05 15:30"]
    assert shown(series) == list(zip(starts, ["0.3", "0.1", "0.3", "0.1", "0.3"], strict=True))


@pytest.mark.parametrize(
    ("zone", "date", "start", "end"),
    [
        # 25 April 2025 in Cairo begins at 01:00 (+3) = 22:00Z and has 23 hours.
        ("Africa/Cairo", "04-25", "24 22:00", "25 21:00"),
        # 7 September 2025 in Santiago begins at 01:00 (-3) = 04:00Z and has 23 hours.
        ("America/Santiago", "09-07", "07 04:00", "08 03:00"),
        # 5 April 2025 in Santiago has 25 hours: 00:00 (-3) = 03:00Z until 00:00 (-4) = 04:00Z.
        ("America/Santiago", "04-05", "05 03:00", "06 04:00"),
    ],
)
def test_a_special_day_without_midnight(zone: str, date: str, start: str, end: str) -> None:
    special = entry("All", hours((*WHOLE_DAY, 0.05)), [date])
    body = tariff(special, entry("All", NIGHT_AND_DAY))
    around = instant_of(f"2025-{date}T00:00:00Z")
    series = prices(body, zone, str(around - timedelta(days=1)), str(around + timedelta(days=2)))
    own = [one for one in series if one.value == Decimal("0.05")]
    assert [(f"{one.start:%d %H:%M}", f"{one.end:%d %H:%M}") for one in own] == [(start, end)]


def test_a_wrap_window_stays_within_its_saturday() -> None:
    # Saturday 11 January 2025 in London: 23:00-07:00 is 00:00-07:00 and 23:00-24:00 of that day;
    # Friday night and Sunday morning belong to the other days.
    saturday = entry("Sat", hours(("23:00", "07:00", 0.1), ("07:00", "23:00", 0.3)))
    others = entry(["Mon", "Tue", "Wed", "Thu", "Fri", "Sun"], hours((*WHOLE_DAY, 0.2)))
    series = prices(
        tariff(saturday, others), "Europe/London", "2025-01-10T22:00:00Z", "2025-01-12T08:00:00Z"
    )
    assert shown(series) == [
        ("10 22:00", "0.2"), ("11 00:00", "0.1"), ("11 07:00", "0.3"), ("11 23:00", "0.1"),
        ("12 00:00", "0.2"),
    ]  # fmt: skip


def test_a_special_date_replaces_the_ordinary_day_as_a_whole() -> None:
    # Christmas in New York is 05:00Z to 05:00Z; its two neighbours keep night and day.
    special = entry("All", hours((*WHOLE_DAY, 0.05)), ["12-25"])
    body = tariff(entry("All", NIGHT_AND_DAY), special)
    series = prices(body, "America/New_York", "2025-12-25T04:30:00Z", "2025-12-26T06:00:00Z")
    assert shown(series) == [("25 04:30", "0.2"), ("25 05:00", "0.05"), ("26 05:00", "0.2")]


def test_two_special_days_in_a_row_keep_the_edge_between_them() -> None:
    special = entry("All", hours((*WHOLE_DAY, 0.05)), [25, "2025-12-26"])
    body = tariff(special, entry("All", NIGHT_AND_DAY))
    series = prices(body, "Europe/London", "2025-12-25T00:00:00Z", "2025-12-27T00:00:00Z")
    assert shown(series) == [("25 00:00", "0.05"), ("26 00:00", "0.05")]
    assert len(merged(series)) == 1


def test_holidays_follow_the_country_and_so_does_the_weekend() -> None:
    # 3 October 2025 (German Unity) is a Friday.
    free = entry("All", hours((*WHOLE_DAY, 0.1)), ["Holidays"])
    body = tariff(free, entry("All", hours((*WHOLE_DAY, 0.2))))
    friday = ("Europe/Berlin", "2025-10-03T10:00:00Z", "2025-10-03T11:00:00Z")
    assert shown(prices(body, *friday, country="DE")) == [("03 10:00", "0.1")]
    assert shown(prices(body, *friday)) == [("03 10:00", "0.2")]
    # Egypt's weekend is Friday and Saturday; without a country it is Saturday and Sunday.
    body = tariff(
        entry("Weekends", hours((*WHOLE_DAY, 0.1))), entry("Weekday", hours((*WHOLE_DAY, 0.2)))
    )
    days = ("Africa/Cairo", "2025-05-16T00:00:00+03:00", "2025-05-19T00:00:00+03:00")
    assert shown(prices(body, *days, country="EG")) == [("15 21:00", "0.1"), ("17 21:00", "0.2")]
    assert shown(prices(body, *days)) == [("15 21:00", "0.2"), ("16 21:00", "0.1")]


def test_exactly_at_the_tier_edge_the_next_tier_holds() -> None:
    body = rated({"value": 0.1934, "to_kwh": 300}, {"value": 0.221})
    span = ("Europe/London", "2025-05-01T00:00:00Z", "2025-05-01T01:00:00Z")
    for counter_kwh, value in (("0", "0.1934"), ("299.999", "0.1934"), ("300", "0.221")):
        series = prices(body, *span, counter_kwh=Decimal(counter_kwh))
        assert shown(series) == [("01 00:00", value)]


def test_cap_and_floor_come_before_vat() -> None:
    span = ("Europe/London", "2025-05-01T00:00:00Z", "2025-05-01T01:00:00Z")
    limits: Json = {"cap_per_kwh": 0.25, "floor_per_kwh": 0.05, "vat": 0.2}
    # 0.30 -> cap 0.25 -> x 1.2 = 0.30; -0.10 -> floor 0.05 -> x 1.2 = 0.06; 0.20 x 1.2 = 0.24.
    for value, net, gross in ((0.3, "0.25", "0.3"), (-0.1, "0.05", "0.06"), (0.2, "0.2", "0.24")):
        body = rated({"value": value}, vat_included=False, **limits)
        assert shown(prices(body, *span)) == [("01 00:00", gross)]
        assert shown(prices(rated({"fixed": value}, **limits), *span)) == [("01 00:00", net)]


def hourly(start: str, *values: object) -> list[Row]:
    """A market series of hours."""
    first = instant_of(start)
    step = timedelta(hours=1)
    return [
        (first + n * step, first + (n + 1) * step, Decimal(str(value)))
        for n, value in enumerate(values)
    ]


def test_a_formula_sees_the_price_in_the_unit_of_the_source() -> None:
    # ((0.03 x 250) - 3) x 0.01 x 0.12 = (7.5 - 3) x 0.0012 = 0.0054, with 250 per MWh.
    body = rated(
        {
            "value": "(((0.03 * $index) - 3) * $unitScale) * $tax",
            "variables": {"index": "BELPEX", "unitScale": 0.01, "tax": 0.12},
        }
    )
    series = prices(
        body, "Europe/Brussels", "2025-05-01T00:00:00Z", "2025-05-01T01:30:00Z",
        market=hourly("2025-05-01T00:00:00Z", 250, 100), market_unit="MWH",
    )  # fmt: skip
    # The second hour: (3 - 3) x ... = 0.
    assert shown(series) == [("01 00:00", "0.0054"), ("01 01:00", "0")]


def test_a_market_price_takes_its_surcharges_and_keeps_equal_neighbours_apart() -> None:
    # (100 / 1000 + 0.02) x 1.1 = 0.132, twice.
    body = rated({"surcharge_fixed": 0.02, "surcharge_percentage": 0.1}, market_rates=True)
    series = prices(
        body, "Europe/London", "2025-05-01T00:20:00Z", "2025-05-01T02:00:00Z",
        market=hourly("2025-05-01T00:00:00Z", 100, 100), market_unit="MWH",
    )  # fmt: skip
    assert shown(series) == [("01 00:20", "0.132"), ("01 01:00", "0.132")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2 ** 2", "-4"), ("2 ** 3 ** 2", "512"), ("2 ** -1", "0.5"), ("8 / 4 / 2", "1"),
        ("1 - 2 - 3", "-4"), ("2 + 3 * 4", "14"), ("- -3", "3"), ("min(3, 1, 2) + max(1,2)", "3"),
        ("floor(-1.5)", "-2"), ("ceil(1.2)", "2"), ("round(2.5)", "2"), ("abs(-.5)", "0.5"),
        ("round(1.235, 2)", "1.24"), ("1e3 * $x", "2000"), ("0 ** 0", "1"),
    ],
)  # fmt: skip
def test_formula_rules(text: str, value: str) -> None:
    assert evaluate(text, {"x": Decimal(2)}) == Decimal(value)


def test_formula_faults() -> None:
    for text in ("1 / 0", "1 / ($x - 2)", "10 ** 400", "(0 - 8) ** 0.5"):
        with pytest.raises(FormulaUnavailable):
            evaluate(text, {"x": Decimal(2)})
    for text in ("1 +", "$y", "abs", "2 3", "__import__", "(1", "1 % 2"):
        with pytest.raises(FormulaInvalid):
            evaluate(text, {"x": Decimal(2)})


def test_an_unpublished_price_is_the_mean_of_the_last_four_days_of_its_kind() -> None:
    # Tuesday 13 May 2025, 10:00Z, from Mon 12 (4), Fri 9 (3), Thu 8 (2), Wed 7 (1): 10 / 4 = 2.5;
    # the weekend (9, 9) and Tue 6 (8) do not count. Berlin's clock is +2 on every one of them.
    values = {6: 8, 7: 1, 8: 2, 9: 3, 10: 9, 11: 9, 12: 4}
    market = [hourly(f"2025-05-{day:02}T10:00:00Z", v)[0] for day, v in values.items()]
    body = rated({"surcharge_fixed": 0}, market_rates=True)
    asked = ("Europe/Berlin", "2025-05-13T10:00:00Z", "2025-05-13T11:00:00Z")
    assert prices(body, *asked, market=market, country="DE") == [
        Interval(instant_of(asked[1]), instant_of(asked[2]), Decimal("2.5"), Decimal("0.5"))
    ]
    # Saturday 17 May from Sun 11 and Sat 10: 9. With one day of the kind only: 0.3. None:
    # the last four days of any kind stand in at 0.3 (Fri 9 to Tue 6: 3, 2, 1, 8); no day: nothing.
    asked = ("Europe/Berlin", "2025-05-17T10:00:00Z", "2025-05-17T11:00:00Z")
    (two,) = prices(body, *asked, market=market)
    (one,) = prices(body, *asked, market=market[:5])
    assert (two.value, two.confidence) == (9, Decimal("0.5"))
    assert (one.value, one.confidence) == (9, Decimal("0.3"))
    (other,) = prices(body, *asked, market=market[:4])
    assert (other.value, other.confidence) == (Decimal("3.5"), Decimal("0.3"))
    with pytest.raises(NoPriceData):
        prices(body, *asked, market=[])


def test_a_forecast_looks_at_the_wall_clock_and_not_at_utc() -> None:
    # Monday 31 March 2025, 10:00 CEST = 08:00Z; Friday 28 March 10:00 CET = 09:00Z.
    body = rated({"surcharge_fixed": 0}, market_rates=True)
    asked = ("Europe/Berlin", "2025-03-31T08:00:00Z", "2025-03-31T09:00:00Z")
    (one,) = prices(body, *asked, market=hourly("2025-03-28T08:00:00Z", 7, 5, 6))
    assert (one.value, one.confidence) == (5, Decimal("0.3"))


def test_a_forecast_of_the_same_prices_changes_confidence_at_midnight() -> None:
    # London's Tue 6 and Wed 7 May 2025 at 23:30 are the midnights after them too. Friday 9 at
    # 23:59 has two days of its kind; Saturday 10 has none, and the same two prices stand in.
    body = rated({"surcharge_fixed": 0}, market_rates=True)
    market = [hourly(f"2025-05-0{day}T22:30:00Z", day)[0] for day in (6, 7)]
    asked = ("Europe/London", "2025-05-09T22:59:00Z", "2025-05-09T23:01:00Z")
    friday, saturday = prices(body, *asked, market=market)
    assert (friday.value, friday.confidence) == (Decimal("6.5"), Decimal("0.5"))
    assert (saturday.value, saturday.confidence) == (Decimal("6.5"), Decimal("0.3"))


def test_no_forecast_from_data_older_than_fourteen_days() -> None:
    body = rated({"surcharge_fixed": 0}, market_rates=True)
    asked = ("Europe/London", "2025-01-22T10:00:00Z", "2025-01-22T10:30:00Z")  # a Wednesday
    assert prices(body, *asked, market=hourly("2025-01-08T10:00:00Z", 1))[0].value == 1
    with pytest.raises(NoPriceData):
        prices(body, *asked, market=hourly("2025-01-07T10:00:00Z", 1))
    # Seen from the 10th, the 1st is within the last fourteen days.
    earlier = {"now": instant_of("2025-01-10T00:00:00Z")}
    assert prices(body, *asked, market=hourly("2025-01-02T10:00:00Z", 1), **earlier)[0].value == 1


def test_confidence_falls_every_ninety_days_after_the_contract() -> None:
    # 1 March 2025 00:00 CET is 28 February 23:00Z; 90 local days later is 30 May 00:00 CEST.
    body = rated({"value": 0.2}, contract_end_date="2025-03-01")
    # 02:37 of 29 March 2026 is skipped: 03:00 CEST, as a midnight that is skipped.
    assert later_days(instant_of("2025-07-02T00:37:00Z"), 270, Region("Europe/Berlin")) == (
        instant_of("2026-03-29T01:00:00Z")
    )
    assert later_days(
        instant_of("2025-02-28T23:00:00Z"), 90, Region("Europe/Berlin")
    ) == instant_of("2025-05-29T22:00:00Z")
    for around, before, after in (
        ("2025-02-28T23:00:00Z", "1", "0.8"), ("2025-05-29T22:00:00Z", "0.8", "0.6"),
        ("2025-08-27T22:00:00Z", "0.6", "0.4"), ("2025-11-25T23:00:00Z", "0.4", "0.2"),
    ):  # fmt: skip
        edge = instant_of(around)
        hour = timedelta(hours=1)
        series = prices(body, "Europe/Berlin", str(edge - hour), str(edge + hour))
        assert [(one.start, one.confidence) for one in series] == [
            (edge - hour, Decimal(before)), (edge, Decimal(after)),
        ]  # fmt: skip


def test_before_the_contract_there_is_no_tariff() -> None:
    body = rated({"value": 0.2}, contract_start_date="2025-05-01T00:00:00+02:00")
    with pytest.raises(NoTariffConnected):
        prices(body, "Europe/Berlin", "2025-04-30T21:59:00Z", "2025-04-30T23:00:00Z")
    assert len(prices(body, "Europe/Berlin", "2025-04-30T22:00:00Z", "2025-04-30T23:00:00Z")) == 1


def test_a_place_adds_its_elements_and_a_new_term_takes_over() -> None:
    old = rated({"value": 0.2}, contract_end_date="2025-05-01")
    new = rated({"value": 0.3}, contract_start_date="2025-05-02")
    grid_fee = tariff(entry("All", hours(("12:00", "00:00", 0.05), ("00:00", "12:00", 0.01))))
    region = Region("Europe/London")
    span = (instant_of("2025-05-01T00:00:00+01:00"), instant_of("2025-05-02T06:00:00+01:00"))
    series = reference_site_prices(
        [old, new, grid_fee | {"type": "NON_COMMODITY"}], direction="IMPORT", region=region,
        start=span[0], end=span[1], market=Market([], "KWH", region, span[0]),
        counter_kwh=Decimal(0),
    )  # fmt: skip
    # 0.2 + 0.01 and 0.2 + 0.05 after the old term (0.8), then 0.3 + 0.01 for certain.
    assert shown(series) == [("30 23:00", "0.21"), ("01 11:00", "0.25"), ("01 23:00", "0.31")]
    assert [str(one.confidence) for one in series] == ["0.8", "0.8", "1"]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(price_cases(Features(market=False)))
def test_generated_tariffs_cover_every_minute(case: PriceCase) -> None:
    series = reference_prices(**case.arguments())
    assert (series[0].start, series[-1].end) == (case.span.start, case.span.end)
    assert all(a.end == b.start for a, b in pairwise(series))
