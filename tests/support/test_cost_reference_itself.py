"""The cost reference, pinned by examples worked out by hand (the sums stand in comments)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .cost_reference import CostAnswer, reference_costs
from .cost_strategies import CostCase, cost_cases
from .region_reference import instant_of
from .tariff_reference import NoPriceData, NoTariffConnected
from .test_reference_itself import NIGHT_AND_DAY, WHOLE_DAY, entry, hours, rated, tariff

Json = dict[str, Any]


def reading(start: str, minutes: int, energy_kwh: float, **fields: object) -> Json:
    """A reading of the location."""
    since = instant_of(start)
    until = since + timedelta(minutes=minutes)
    times = {"start_time": str(since), "end_time": str(until)}
    return times | {"energy_kwh": energy_kwh} | fields


def costs(readings: list[Json], bodies: list[Json], zone: str, **asked: Any) -> CostAnswer:
    """The reference without market, in one day group, unless told."""
    values: Json = {
        "country": None, "state": None, "market": [], "market_unit": "KWH", "aggregation": "DAY",
        "now": asked["start"],
    } | asked  # fmt: skip
    times = {name: instant_of(values[name]) for name in ("start", "end", "now")}
    return reference_costs(readings, bodies, zone=zone, **(values | times))


JANUARY = {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"}
TWO_TIERS = [{"value": 0.1, "to_kwh": 10}, {"value": 0.2}]


def test_a_reading_across_two_prices_is_split_by_time() -> None:
    # 06:30-07:30: half at 0.2, half at 0.3: 0.5 x 0.2 + 0.5 x 0.3 = 0.25.
    body = tariff(entry("All", NIGHT_AND_DAY))
    answer = costs([reading("2025-01-10T06:30:00Z", 60, 1)], [body], "Europe/London", **JANUARY)
    assert (answer.total.cost, answer.total.energy_kwh) == (Fraction("0.25"), 1)
    assert answer.total.confidence == 1


def test_a_reading_across_midnight_and_the_request_is_split_too() -> None:
    # 22:00-02:00, 4 kWh, asked from 23:00: 1 kWh on the 10th (0.2), 2 kWh on the 11th (0.4).
    body = tariff(entry("All", hours((*WHOLE_DAY, 0.2))))
    answer = costs(
        [reading("2025-01-10T22:00:00Z", 240, 4)], [body], "Europe/London",
        start="2025-01-10T23:00:00Z", end="2025-01-13T00:00:00Z",
    )  # fmt: skip
    assert [(item.start.day, item.cost) for item in answer.data] == [
        (10, Fraction("0.2")), (11, Fraction("0.4")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "units", [{"units": "KW", "value": 2}, {"units": "W", "value": 2000},
              {"units": "WH", "value": 1000}, {"units": "KWH", "value": 1}],
)  # fmt: skip
def test_units(units: Json) -> None:
    # 2 kW for half an hour is 1 kWh.
    body = rated({"value": 0.2})
    one = reading("2025-01-10T06:00:00Z", 30, 0) | {"energy_kwh": None} | units
    assert costs([one], [body], "Europe/London", **JANUARY).total.energy_kwh == 1


def test_a_daily_charge_on_a_day_of_25_hours() -> None:
    # 0.50 over 25 hours is 0.02 an hour, 0.26 until noon (13 hours).
    body = rated({"value": 0.2}, charges=[{"kind": "DAILY", "amount": 0.5, "name": "standing"}])
    day = {"start": "2025-10-26T00:00:00+02:00", "end": "2025-10-27T00:00:00+01:00"}
    answer = costs([], [body], "Europe/Berlin", aggregation="HOUR", **day)
    assert [item.cost for item in answer.data] == [Fraction("0.02")] * 25
    assert answer.total.cost == Fraction("0.5")
    noon = costs([], [body], "Europe/Berlin", **(day | {"end": "2025-10-26T12:00:00+01:00"}))
    assert noon.total.cost == Fraction("0.26")


def test_monthly_and_yearly_charges_add_up_over_days() -> None:
    # 31 a month is 1 a day in January; 365 a year is 1 a day. The contract ends on the 11th.
    body = rated(
        {"value": 0.2},
        contract_end_date="2025-01-11",
        charges=[{"kind": "MONTHLY", "amount": 31}, {"kind": "YEARLY", "amount": 365}],
    )
    answer = costs([], [body], "Europe/London", **JANUARY)
    assert [item.cost for item in answer.data] == [2] * 10
    assert costs([], [body], "Europe/London", aggregation="MONTH", **JANUARY).data[0].cost == 20


def test_a_demand_charge_is_the_highest_window_of_the_month() -> None:
    # Half hours of 1, 0.25 and 0.5 kWh: 2 kW in a window of 30 minutes, x 5 = 10; in a window of
    # 60 minutes (08:00-09:00) 1.25 kW, x 5 = 6.25. Only the hour from 09:00 counted: 0.5 kW (2.5).
    half_hours = [
        reading(f"2025-01-10T{clock}:00Z", 30, energy_kwh)
        for clock, energy_kwh in (("08:00", 1), ("08:30", 0.25), ("09:00", 0.5))
    ]
    demand: Json = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 30, "reset": "MONTH"}
    later = [entry("Weekdays", [{"valid_from": "09:00", "valid_to": "00:00"}])]
    for change, expected in (
        ({}, "10"), ({"window_minutes": 60}, "6.25"),
        ({"window_minutes": 60, "schedule": later}, "2.5"),
    ):  # fmt: skip
        body = rated({"value": 0}, charges=[demand | change])
        month = costs(half_hours, [body], "Europe/London", aggregation="MONTH", **JANUARY)
        assert (month.data[0].cost, month.total.cost) == (Fraction(expected), Fraction(expected))
        days = costs(half_hours, [body], "Europe/London", aggregation="DAY", **JANUARY)
        assert (days.data[0].cost, days.total.cost) == (0, Fraction(expected))


def test_each_month_has_its_own_demand_peak() -> None:
    body = rated(
        {"value": 0}, charges=[{"kind": "DEMAND", "amount_per_kw": 1, "window_minutes": 60}]
    )
    readings = [reading("2025-01-31T23:30:00Z", 60, 4), reading("2025-02-20T00:00:00Z", 60, 3)]
    span = {"start": "2025-01-01T00:00:00Z", "end": "2025-03-01T00:00:00Z"}
    # 4 kWh across the month's edge is 4 kW for half a window on each side: 2 kW; February has 3.
    answer = costs(readings, [body], "Europe/London", aggregation="MONTH", **span)
    assert [item.cost for item in answer.data] == [2, 3]
    assert answer.total.cost == 5


def test_tiers_of_the_whole_tariff_are_consumed_in_time_order() -> None:
    # 8 + 4 kWh: 10 x 0.1 + 2 x 0.2 = 1.4. Asked for the second day alone: 2 x 0.1 + 2 x 0.2 = 0.6.
    readings = [reading("2025-01-11T00:00:00Z", 60, 4), reading("2025-01-10T00:00:00Z", 60, 8)]
    body = rated(*TWO_TIERS)
    assert costs(readings, [body], "Europe/London", **JANUARY).total.cost == Fraction("1.4")
    second = {"start": "2025-01-11T00:00:00Z", "end": "2025-01-12T00:00:00Z"}
    assert costs(readings, [body], "Europe/London", **second).total.cost == Fraction("0.6")
    # The counter falls to 0 every local day: 8 x 0.1 + 4 x 0.1 = 1.2.
    daily = rated(*TWO_TIERS, tier_reset="DAY")
    assert costs(readings, [daily], "Europe/London", **JANUARY).total.cost == Fraction("1.2")


def test_the_three_tier_scopes() -> None:
    # Night 8 kWh (0.1 to 10, then 0.2), day 4 kWh (0.3 to 10, then 0.6), night first.
    windows = [
        {"valid_from": "23:00", "valid_to": "07:00", "rate": TWO_TIERS},
        {"valid_from": "07:00", "valid_to": "23:00",
         "rate": [{"value": 0.3, "to_kwh": 10}, {"value": 0.6}]},
    ]  # fmt: skip
    readings = [reading("2025-01-10T00:00:00Z", 60, 8), reading("2025-01-10T08:00:00Z", 60, 4)]
    for scope, expected in (
        # 8 x 0.1 + 2 x 0.3 + 2 x 0.6 = 2.6
        ("TARIFF", Fraction("2.6")),
        # both below 10: 8 x 0.1 + 4 x 0.3 = 2.0
        ("PERIOD", Fraction("2.0")),
        # 10/12 in tier 1, 2/12 in tier 2: 8 x (1.4 / 12) + 4 x (4.2 / 12) = 28 / 12
        ("SHARED", Fraction(28, 12)),
    ):
        body = tariff(entry("All", windows), tier_scope=scope)
        assert costs(readings, [body], "Europe/London", **JANUARY).total.cost == expected


def test_vat_on_top_of_energy_and_charges() -> None:
    # (1 kWh x 0.2 + 0.5 standing) x 0.2 = 0.14 VAT, 0.84 in all; cap 0.15: (0.15 + 0.5) x 1.2.
    charges = [{"kind": "DAILY", "amount": 0.5}]
    day = {"start": "2025-01-10T00:00:00Z", "end": "2025-01-11T00:00:00Z"}
    readings = [reading("2025-01-10T06:00:00Z", 30, 1)]
    body = rated({"value": 0.2}, vat=0.2, vat_included=False, charges=charges)
    total = costs(readings, [body], "Europe/London", **day).total
    assert (total.energy_cost, total.standing_cost) == (Fraction("0.2"), Fraction("0.5"))
    assert (total.vat_cost, total.cost) == (Fraction("0.14"), Fraction("0.84"))
    capped = body | {"cap_per_kwh": 0.15}
    assert costs(readings, [capped], "Europe/London", **day).total.cost == Fraction("0.78")


def test_confidence_is_weighted_by_energy_and_one_only_for_certain() -> None:
    body = rated({"value": 0.2})
    # (2 x 1 + 1 x 0.5) / 3 = 0.8333; (999 + 0.5) / 1000 = 0.9995 rounds to 1.00 and is 0.99.
    for sure_kwh, expected in ((2, "0.83"), (999, "0.99")):
        readings = [
            reading("2025-01-10T06:00:00Z", 30, sure_kwh),
            reading("2025-01-10T07:00:00Z", 30, 1, confidence=0.5),
        ]
        answer = costs(readings, [body], "Europe/London", **JANUARY)
        assert answer.total.confidence == Decimal(expected)
    # After the contract (0.8) and estimated (0.5): 0.40.
    ended = rated({"value": 0.2}, contract_end_date="2025-01-10")
    answer = costs(readings[1:], [ended], "Europe/London", **JANUARY)
    assert answer.total.confidence == Decimal("0.40")


def test_devices_and_directions_have_their_own_readings_and_no_charges() -> None:
    body = rated({"value": 0.2}, charges=[{"kind": "DAILY", "amount": 0.5}])
    readings = [
        reading("2025-01-10T06:00:00Z", 30, 1),
        reading("2025-01-10T06:00:00Z", 30, 2, device_id="dev_1"),
        reading("2025-01-10T06:00:00Z", 30, 4, energy_flow_direction="OUTBOUND"),
        reading("2025-01-10T06:00:00Z", 30, 8, tariff_direction="LOCAL"),
    ]
    device = costs(readings, [body], "Europe/London", device_id="dev_1", **JANUARY).total
    assert (device.energy_kwh, device.cost) == (2, Fraction("0.4"))
    region = costs(readings, [body], "Europe/London", **JANUARY).total
    assert (region.energy_kwh, region.energy_cost) == (1, Fraction("0.2"))
    local = costs(readings, [body], "Europe/London", direction="LOCAL", **JANUARY).total
    assert (local.energy_kwh, local.cost, local.confidence) == (8, 0, 1)
    with pytest.raises(NoTariffConnected):
        costs(readings, [body], "Europe/London", direction="EXPORT", **JANUARY)


def test_energy_without_a_price_is_refused_and_silence_is_not() -> None:
    body = rated({"value": 0.2}, contract_start_date="2025-01-15")
    early = [reading("2025-01-14T23:30:00Z", 60, 1)]
    with pytest.raises(NoPriceData):
        costs(early, [body], "Europe/London", **JANUARY)
    assert costs([], [body], "Europe/London", **JANUARY).data == []


def test_instant_and_single_readings() -> None:
    # The counter knows the other reading (8 of 10 kWh used): 2 x 0.1 + 1 x 0.2 = 0.4.
    body = rated(*TWO_TIERS, charges=[{"kind": "DAILY", "amount": 0.5}])
    readings = [
        reading("2025-01-10T06:00:00Z", 30, 8),
        reading("2025-01-10T07:00:00Z", 30, 3, session_reference_id="s"),
    ]
    answer = costs(
        readings, [body], "Europe/London", aggregation="NONE", with_charges=False,
        only=lambda one: one.get("session_reference_id") == "s", **JANUARY,
    )  # fmt: skip
    assert [item.cost for item in answer.data] == [Fraction("0.4")]
    assert answer.data[0].start == instant_of("2025-01-10T07:00:00Z")


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(cost_cases())
def test_groups_add_up_to_the_total(case: CostCase) -> None:
    try:
        answer = reference_costs(**case.arguments())
    except NoPriceData:
        return
    assert sum(item.energy_kwh for item in answer.data) == answer.total.energy_kwh
    assert sum(item.energy_cost for item in answer.data) == answer.total.energy_cost
    if case.aggregation != "NONE":
        assert sum(item.standing_cost for item in answer.data) == answer.total.standing_cost
