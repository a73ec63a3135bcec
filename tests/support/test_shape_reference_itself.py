"""The reference of contract 2b is pinned by examples worked out by hand (sums in comments)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from .cost_reference import CostAnswer, reference_costs
from .holiday_reference import TariffDays
from .period_reference import billing_period
from .region_reference import Region, instant_of
from .test_cost_reference_itself import JANUARY, costs, reading
from .test_reference_itself import WHOLE_DAY, entry, hours, prices, rated, shown, tariff

Json = dict[str, Any]
UTC = "Africa/Abidjan"  # a zone whose local days are those of UTC
ONTARIO = Region("America/Toronto", "CA", "ON")
ARIZONA = Region("America/Phoenix", "US", "AZ")
MADRID = Region("Europe/Madrid", "ES", "MD")


def months(first: str, end: str) -> Json:
    return {"aggregation": "MONTH", "start": f"{first}T00:00:00Z", "end": f"{end}T00:00:00Z"}


def peaks(*readings: tuple[str, float], minutes: int = 60) -> list[Json]:
    """Readings of one window each: `MM-DDTHH:MM` in 2025, kWh."""
    return [reading(f"2025-{start}:00Z", minutes, kwh) for start, kwh in readings]


def demand(charge: Json, readings: list[Json], end: str = "2025-02-01", **more: Any) -> list[Any]:
    """The cost of every month of 2025 up to an end, in which only a demand charge costs."""
    own = {"kind": "DEMAND", "window_minutes": 60} | charge
    body = rated({"value": 0}, charges=[own], **more)
    return [one.cost for one in costs(readings, [body], UTC, **months("2025-01-01", end)).data]


def test_demand_by_minimum_and_mean_of_periods() -> None:
    # Peaks 2, 6 and 4, at least 2.5, x 4: 4 x 2.5; 4 x (2.5 + 6) / 2; 4 x (2.5 + 6 + 4) / 3.
    readings = peaks(("01-14T17:00", 2), ("02-14T17:00", 6), ("03-14T17:00", 4))
    charge = {"amount_per_kw": 4, "minimum_kw": 2.5, "periods": 12}
    assert demand(charge, readings, "2025-04-01") == [10, 17, Fraction(50, 3)]
    # January and March without a reading: the minimum; then the mean of 6 alone, and of 6 and 3.
    gappy = peaks(("02-14T17:00", 6), ("04-14T17:00", 3))
    assert demand(charge, gappy, "2025-05-01") == [10, 24, 10, 18]


def test_demand_by_steps_tiers_and_days() -> None:
    steps = [{"to_kw": 2, "amount": 175}, {"to_kw": 5, "amount": 260}, {"amount": 439}]
    readings = peaks(
        ("01-05T17:00", 8), ("01-05T18:00", 7.9), ("01-11T17:00", 7), ("01-20T17:00", 6)
    )
    # Three different days: (8 + 7 + 6) / 3 = 7. Five days wanted, three there: 7 too.
    for days in (3, 5):
        mean = {"peak": "MEAN_OF_DAYS", "days": days}
        assert demand({"amount_per_kw": 1} | mean, readings) == [7]
        assert demand({"steps": steps} | mean, readings) == [439]
    # The end of a step is not in it: 5 kW pay the last one. No reading at all pays the first.
    assert demand({"steps": steps}, peaks(("01-05T17:00", 5))) == [439]
    assert demand({"steps": steps}, []) == [175]
    # 8 kW: 2 x 1 + 3 x 2 + 3 x 4 = 20.
    tiers = [{"to_kw": 2, "amount_per_kw": 1}, {"to_kw": 5, "amount_per_kw": 2}]
    assert demand({"tiers": [*tiers, {"amount_per_kw": 4}]}, readings) == [20]


def test_demand_by_weights_ratchet_cap_and_days_of_the_period() -> None:
    night = [entry("All", [{"valid_from": "22:00", "valid_to": "06:00"}])]
    readings = peaks(("01-05T23:00", 8), ("01-06T12:00", 3))
    weighted = {"amount_per_kw": 1, "weights": [{"schedule": night, "factor": 0.5}]}
    assert demand(weighted, readings) == [4]
    # 80 % of 8 kW of January in the two months after it, then 1 kW.
    ratchet = {"amount_per_kw": 1, "ratchet_percent": 80, "ratchet_periods": 2}
    later = peaks(("02-05T12:00", 1), ("03-05T12:00", 1), ("04-05T12:00", 1))
    assert demand(ratchet, readings + later, "2025-05-01") == [
        8,
        Fraction("6.4"),
        Fraction("6.4"),
        1,
    ]
    # 8 kW x 10 = 80, but at most 2 a kWh of 11 kWh; 0.1 a day is 31 x 0.8 = 24.8, at most 22.
    assert demand({"amount_per_kw": 10, "cap_per_kwh": 2}, readings) == [22]
    assert demand({"amount_per_kw": 0.1, "per": "DAY"}, readings) == [Fraction("24.8")]
    assert demand({"amount_per_kw": 0.1, "per": "DAY", "cap_per_kwh": 2}, readings) == [22]


def test_demand_of_a_whole_period_is_shared_by_days() -> None:
    # The peak (31 kW) lies after the request, which has 10 of 31 days; the term takes 5 of them.
    charge = {"kind": "DEMAND", "window_minutes": 60, "amount_per_kw": 1}
    readings = peaks(("01-20T12:00", 31))
    asked = months("2025-01-01", "2025-01-11")
    for start, days in (("2024-01-01", 10), ("2025-01-06", 5)):
        body = rated({"value": 0}, charges=[charge], contract_start_date=start)
        assert costs(readings, [body], UTC, **asked).total.cost == days
    # From the 14th, one peak of 62 kW in 31 days: 18 days in January, 13 in February.
    body = rated({"value": 0}, charges=[charge], billing_day=14)
    cycle = months("2025-01-14", "2025-02-14")
    answer = costs(peaks(("01-20T12:00", 62), ("02-05T12:00", 40)), [body], UTC, **cycle)
    assert [one.cost for one in answer.data] == [36, 26]


def test_billing_periods_are_listed_and_then_by_rule() -> None:
    body = {"billing_day": 10, "billing_periods": ["2025-01-14", "2025-02-12"]}
    for day, expected in (
        ("2025-01-12", ("2025-01-10", "2025-01-14")),
        ("2025-01-14", ("2025-01-14", "2025-02-12")),
        ("2025-02-20", ("2025-02-12", "2025-03-10")),
        ("2025-03-10", ("2025-03-10", "2025-04-10")),
    ):
        found = billing_period(body, date.fromisoformat(day))
        assert found == tuple(map(date.fromisoformat, expected))


def test_counters_run_on_through_a_change_of_tariff() -> None:
    # 8 kWh a day, 100 cheap ones a month: 100 x 0.1 + 20 x 0.2 + 120 x 0.22 = 40.4.
    readings = [reading(f"2025-06-{day:02}T00:00:00Z", 1380, 8) for day in range(1, 31)]
    first = rated({"value": 0.1, "to_kwh": 100}, {"value": 0.2}, contract_end_date="2025-06-16")
    second = rated(
        {"value": 0.11, "to_kwh": 100}, {"value": 0.22}, contract_start_date="2025-06-16"
    )
    june = months("2025-06-01", "2025-07-01") | {"step_minutes": 60}
    assert costs(readings, [first, second], UTC, **june).total.cost == Fraction("40.4")
    # A counter of the contract starts anew: 100 x 0.1 + 20 x 0.2 + 100 x 0.11 + 20 x 0.22 = 29.4.
    anew = [first, second | {"tier_reset": "CONTRACT"}]
    assert costs(readings, anew, UTC, **june).total.cost == Fraction("29.4")


def test_words_count_together_and_limits_follow_the_days_and_the_peak() -> None:
    peak: Json = {"rate": [{"value": 0.2, "to_kwh": 10}, {"value": 0.3}], "counter": "peak"}
    free: Json = {"rate": [{"value": 0}]}
    windows = [
        {"valid_from": "07:00", "valid_to": "09:00"} | peak,
        {"valid_from": "09:00", "valid_to": "17:00"} | free,
        {"valid_from": "17:00", "valid_to": "20:00"} | peak,
        {"valid_from": "20:00", "valid_to": "07:00"} | free,
    ]
    readings = [reading("2025-01-10T07:00:00Z", 120, 8), reading("2025-01-10T17:00:00Z", 180, 8)]
    body = tariff(entry("All", windows), tier_scope="PERIOD", tier_reset="DAY")
    # 10 x 0.2 + 6 x 0.3.
    assert costs(readings, [body], UTC, **JANUARY).total.cost == Fraction("3.8")
    # 16 kWh: 0.25 x 31 days = 7.75 x 0.1 + 8.25 x 0.2 = 2.425.
    by_days = rated({"value": 0.1, "to_kwh_per_day": 0.25}, {"value": 0.2})
    assert costs(readings, [by_days], UTC, **JANUARY).total.cost == Fraction("2.425")
    # The highest hour is 4 kW: 2 x 4 = 8 x 0.1 + 8 x 0.2 = 2.4; an estimate until February.
    by_peak = rated({"value": 0.1, "to_kwh_per_kw": 2}, {"value": 0.2})
    for now, confidence in (("2025-01-20T00:00:00Z", "0.8"), ("2025-02-01T00:00:00Z", "1")):
        total = costs(readings, [by_peak], UTC, **(JANUARY | {"now": now})).total
        assert (total.cost, total.confidence) == (Fraction("2.4"), Fraction(confidence))


def test_a_bill_is_raised_to_its_minimum() -> None:
    # 1 kWh x 0.2 + 31 x 0.1 standing = 3.3; at least 34.3: 1 a day more, 10 in ten days.
    daily = [{"kind": "DAILY", "amount": 0.1}]
    body = rated({"value": 0.2}, charges=daily, minimum_charge={"amount": 34.3, "per": "MONTH"})
    readings = [reading("2025-01-20T06:00:00Z", 30, 1)]
    total = costs(readings, [body], UTC, **months("2025-01-01", "2025-01-11")).total
    assert (total.minimum_cost, total.cost) == (10, 11)
    # 0.5 a day: 0.4 more on 30 days, 0.2 more on the one with 0.3.
    by_day = body | {"minimum_charge": {"amount": 0.5, "per": "DAY"}}
    assert costs(readings, [by_day], UTC, **JANUARY).total.minimum_cost == Fraction("12.2")


NET_DAY = {"start": "2025-05-10T00:00:00Z", "end": "2025-05-11T00:00:00Z"}


def netted(netting: Json, readings: list[Json], bodies: list[Json], **asked: Any) -> CostAnswer:
    values: Json = NET_DAY | {"aggregation": "DAY", "direction": "IMPORT"} | asked
    times = {name: instant_of(values[name]) for name in ("start", "end")}
    return reference_costs(
        readings, bodies, zone=UTC, country=None, state=None, market=[], market_unit="KWH",
        now=times["end"], netting=netting, **(values | times),
    )  # fmt: skip


def both(import_kwh: float, export_kwh: float, start: str) -> list[Json]:
    """Import in the hour from `start`, export in the hour after it."""
    after = (instant_of(start) + timedelta(hours=1)).isoformat()
    out = {"energy_flow_direction": "OUTBOUND"}
    return [reading(start, 60, import_kwh), reading(after, 60, export_kwh, **out)]


def test_import_and_export_of_a_period_cancel_out() -> None:
    buys = rated({"value": 0.2, "to_kwh": 5}, {"value": 0.4}, billing_day=10)
    sells = rated({"value": 0.1}, direction="EXPORT")
    readings = both(30, 20, "2025-05-10T10:00:00Z")
    # By the day 10 kWh are left: 5 x 0.2 + 5 x 0.4; nothing is sold. By the hour nothing nets.
    for period, cost, revenue in (("DAY", 3, 0), ("MONTH", 3, 0), ("HOUR", 11, 2)):
        rule = {"period": period, "surplus": "PAY"}
        assert netted(rule, readings, [buys, sells]).total.cost == cost
        exported = netted(rule, readings, [buys, sells], direction="EXPORT").total
        assert exported.cost == revenue
    # Two windows net each for itself: 30 - 0 and 0 - 20.
    windows = hours(("00:00", "11:00", 0.2), ("11:00", "00:00", 0.3))
    halves = tariff(entry("All", windows))
    assert netted({"period": "DAY"}, readings, [halves, sells]).total.cost == 6


def test_netting_enters_demand_where_its_period_is_no_longer_than_the_window() -> None:
    out = {"energy_flow_direction": "OUTBOUND"}
    start = "2025-05-10T10:00:00Z"
    readings = [reading(start, 30, 3), reading(start, 30, 1, **out)]
    for period, window, kw in (
        ("HALF_HOUR", 30, 4),
        ("HOUR", 30, 6),
        ("HOUR", 60, 2),
        ("DAY", 60, 3),
    ):
        charge = {"kind": "DEMAND", "amount_per_kw": 31, "window_minutes": window}
        body = rated({"value": 0}, charges=[charge])
        assert netted({"period": period}, readings, [body], aggregation="MONTH").total.cost == kw


def test_a_carried_sum_offsets_later_import_until_it_ends() -> None:
    buys, sells = rated({"value": 0.2}), rated({"value": 0.1}, direction="EXPORT")
    readings = [
        *both(1, 11, "2025-05-10T10:00:00Z"),  # 10 kWh are carried
        *both(4, 1, "2025-05-12T10:00:00Z"),  # 3 of them used
        *both(2, 2, "2025-06-02T10:00:00Z"),
        reading("2025-06-03T10:00:00Z", 60, 2),
    ]
    asked: Json = months("2025-05-01", "2025-07-01")
    rule = {"period": "DAY", "surplus": "CARRY", "carry_ends": None}
    assert netted(rule, readings, [buys, sells], **asked).total.cost == 0
    assert netted(rule, readings, [buys, sells], direction="EXPORT", **asked).total.cost == 0
    # At the end of May 7 kWh are paid at 0.1; June pays 2 kWh itself.
    rule = rule | {"carry_ends": 5}
    assert netted(rule, readings, [buys, sells], **asked).total.cost == Fraction("0.4")
    paid = netted(rule, readings, [buys, sells], direction="EXPORT", **asked)
    assert [(one.start.month, one.cost) for one in paid.data] == [(5, Fraction("0.7")), (6, 0)]


@pytest.mark.parametrize(
    ("region", "rules", "counted", "not_counted"),
    [
        (ONTARIO, {"add": ["AUG-MON-1"], "observed": "NEXT_WORKDAY"},
         "2025-08-04 2023-07-03 2022-12-27 2025-07-01", "2023-07-04 2025-08-05"),
        (MADRID, {"calendar": "NATIONAL", "remove": ["EASTER-2"]},
         "2026-01-06", "2026-04-03 2025-05-02"),
        (ARIZONA, {"calendar": "NONE", "only": ["01-01", "MAY-MON-LAST", "NOV-THU-4"]},
         "2025-01-01 2025-05-26 2025-11-27", "2025-01-20 2025-06-19 2025-07-04"),
        # 4 July 2026 is a Saturday: kept back on Friday; New Year 2028 on the old year's last day.
        (ARIZONA, {"only": ["Independence Day", "New Year's Day"], "observed": "NEAREST_WORKDAY"},
         "2026-07-03 2026-07-04 2027-12-31 2028-01-01", "2026-07-05 2026-07-06 2028-01-03"),
        # Christmas on a Saturday, Boxing Day on a Sunday: Monday, then Tuesday.
        (ONTARIO, {"only": ["12-25", "12-26"], "observed": "NEXT_WORKDAY"},
         "2027-12-25 2027-12-26 2027-12-27 2027-12-28", "2027-12-24 2027-12-29"),
        (ARIZONA, {"only": ["07-04"]}, "2026-07-04", "2026-07-03"),
        (ARIZONA, {}, "2026-07-04 2026-07-03", "2026-07-06"),
        (ARIZONA, {"observed": "NONE"}, "2026-07-04", "2026-07-03"),
        (ARIZONA, {"only": ["ORTHODOX_EASTER", "EASTER+1"]}, "2026-04-12 2026-04-06", "2026-04-05"),
    ],
)  # fmt: skip
def test_holidays(region: Region, rules: Json, counted: str, not_counted: str) -> None:
    days = TariffDays(region, rules)
    assert all(days.is_holiday(date.fromisoformat(day)) for day in counted.split())
    assert not any(days.is_holiday(date.fromisoformat(day)) for day in not_counted.split())


def test_dates_beat_each_other_and_a_clock_moves_them() -> None:
    by_date = tariff(
        entry("All", hours((*WHOLE_DAY, 0.1))),
        entry("All", hours((*WHOLE_DAY, 0.2)), [25]),
        entry("All", hours((*WHOLE_DAY, 0.3)), ["Holidays"]),
        entry("All", hours((*WHOLE_DAY, 0.4)), ["12-25"]),
        entry("All", hours((*WHOLE_DAY, 0.5)), ["2025-12-25"]),
    )
    place = {"country": "DE", "state": "BE"}
    for year, value in ((2025, "0.5"), (2026, "0.4")):
        start, end = f"{year}-12-25T00:00:00+01:00", f"{year}-12-25T12:00:00+01:00"
        assert [v for _, v in shown(prices(by_date, "Europe/Berlin", start, end, **place))] == [
            value
        ]
    # The 26th is a holiday, the 25th of November a day of the month.
    start, end = "2025-12-26T00:00:00+01:00", "2025-12-26T12:00:00+01:00"
    assert [v for _, v in shown(prices(by_date, "Europe/Berlin", start, end, **place))] == ["0.3"]
    # Economy 7: 00:30 to 07:30 UTC all the year.
    night = tariff(
        entry("All", hours(("00:30", "07:30", 0.1), ("07:30", "00:30", 0.3))), clock="UTC"
    )
    series = prices(
        night, "Europe/London", "2025-08-10T01:00:00+01:00", "2025-08-10T12:00:00+01:00"
    )
    assert shown(series) == [("10 00:00", "0.3"), ("10 00:30", "0.1"), ("10 07:30", "0.3")]


def test_a_contract_without_an_end_stays_certain() -> None:
    body = rated({"value": 0.2}, contract_end_date=None)
    (one,) = prices(body, UTC, "2099-01-01T00:00:00Z", "2099-01-02T00:00:00Z")
    assert (one.value, one.confidence) == (Fraction("0.2"), 1)
