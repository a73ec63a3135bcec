"""Charges, taxes, limits and tiers in the costs of a span (contract 3, Costs)."""

from datetime import timedelta

import pytest

from tests.support.costing import (
    DAILY,
    DAY,
    FEBRUARY,
    amount_of,
    costs_of,
    half_hours,
    interval,
    lines_of,
    periods,
    put,
    spans_of,
    total_of,
)
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


# Charges.


async def test_standing_charges_are_there_without_readings_and_days_add_up_to_months(
    tenant: Tenant, home: str
) -> None:
    monthly = {"kind": "MONTHLY", "amount": 14, "name": "meter"}
    yearly = {"kind": "YEARLY", "amount": 73, "name": "grid"}
    await tenant.tariff(home, charges=[DAILY, monthly, yearly])
    months = await interval(tenant, home, *FEBRUARY, "MONTH")
    (month,) = months["data"]
    assert [(line["name"], line["amount"], line["unit"]) for line in month["lines"]] == [
        ("standing charge", 14.0, "DAY"),
        ("meter", 14.0, "MONTH"),
        ("grid", 5.6, "YEAR"),
    ]
    days = await interval(tenant, home, *FEBRUARY, "DAY")
    assert len(days["data"]) == 28
    assert set(costs_of(days)) == {1.2}
    half = await interval(tenant, home, DAY[0], "2026-02-12T12:00:00+01:00", "DAY")
    assert costs_of(half) == [0.6]
    year = await interval(
        tenant, home, "2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00", "YEAR"
    )
    assert total_of(year) == 365 * 0.5 + 12 * 14 + 73


async def test_standing_charges_accrue_inside_the_contract_only(tenant: Tenant, home: str) -> None:
    await tenant.tariff(
        home,
        charges=[DAILY],
        contract_start_date="2026-02-10",
        contract_end_date="2026-02-15T12:00:00+01:00",
    )
    answer = await interval(tenant, home, *FEBRUARY)
    assert costs_of(answer) == [0.5] * 5 + [0.25]
    assert spans_of(answer)[0][0] == "2026-02-10T00:00:00+01:00"
    assert total_of(answer) == 2.75


async def test_a_demand_charge_is_the_highest_power_of_each_month(
    tenant: Tenant, home: str
) -> None:
    weekdays = [{"days_and_hours": [{"days": ["Weekdays"],
                 "hours": [{"valid_from": "08:00", "valid_to": "20:00"}]}]}]  # fmt: skip
    all_day = {"kind": "DEMAND", "amount_per_kw": 2, "window_minutes": 60, "reset": "MONTH",
               "name": "peak"}  # fmt: skip
    by_day = {**all_day, "amount_per_kw": 3, "name": "day peak", "schedule": weekdays}
    await tenant.tariff(home, charges=[all_day, by_day])
    await put(tenant, half_hours(home, "2026-01-20T22:00:00+01:00", [3.0, 1.0]))  # at night
    await put(tenant, half_hours(home, "2026-01-20T12:30:00+01:00", [2.0, 0.5]))  # two windows
    await put(tenant, half_hours(home, "2026-02-14T12:00:00+01:00", [5.0, 5.0]))  # Saturday
    span = ("2026-01-01T00:00:00+01:00", FEBRUARY[1])
    months = await interval(tenant, home, *span, "MONTH")
    found = [[(one["name"], one["quantity"], one["amount"]) for one in lines_of(item, "DEMAND")]
             for item in months["data"]]  # fmt: skip
    assert found == [[("peak", 4.0, 8.0), ("day peak", 2.0, 6.0)], [("peak", 10.0, 20.0)]]
    assert amount_of(months["total"], "DEMAND") == 34
    assert total_of(months) == sum(costs_of(months)) == 34 + 16.5 * 0.25
    year = await interval(tenant, home, *span, "YEAR")
    assert costs_of(year) == [total_of(months)]
    for aggregation in ("NONE", "HOUR", "DAY", "WEEK"):
        shorter = await interval(tenant, home, *span, aggregation)
        assert all(amount_of(item, "DEMAND") == 0 for item in shorter["data"])
        assert total_of(shorter) == total_of(months)


async def test_vat_is_the_last_line_and_on_charges_too(tenant: Tenant, home: str) -> None:
    demand = {"kind": "DEMAND", "amount_per_kw": 2, "window_minutes": 30, "reset": "MONTH"}
    await tenant.tariff(home, charges=[DAILY, demand], vat=0.21, vat_included=False)
    await put(tenant, half_hours(home, DAY[0], [2.0]))
    (month,) = (await interval(tenant, home, *FEBRUARY, "MONTH"))["data"]
    assert [(line["kind"], line["amount"]) for line in month["lines"]] == [
        ("ENERGY", 0.5),
        ("STANDING", 14.0),
        ("DEMAND", 8.0),
        ("VAT", 4.725),
    ]
    assert month["cost"]["value"] == 27.225


async def test_vat_that_prices_include_has_no_line(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, charges=[DAILY], vat=0.21)
    await put(tenant, half_hours(home, DAY[0], [2.0]))
    (day,) = (await interval(tenant, home, *DAY))["data"]
    assert [line["kind"] for line in day["lines"]] == ["ENERGY", "STANDING"]
    assert day["cost"]["value"] == 1.0


async def test_levies_are_lines_of_their_own_tariff(tenant: Tenant, home: str) -> None:
    energy = await tenant.tariff(home, schedule=flat(0.2))
    levy = await tenant.tariff(
        home, type="NON_COMMODITY", schedule=flat(0.05), vat=0.2, vat_included=False
    )
    await put(tenant, half_hours(home, DAY[0], [2.0]))
    (day,) = (await interval(tenant, home, *DAY))["data"]
    assert [(one["kind"], one["tariff_id"], one["amount"]) for one in day["lines"]] == [
        ("ENERGY", energy["id"], 0.4),
        ("ENERGY", levy["id"], 0.1),
        ("VAT", levy["id"], 0.02),
    ]
    assert day["cost"]["value"] == 0.52


@pytest.mark.parametrize(("limit", "cost"), [({"cap_per_kwh": 0.2}, 0.2 + 0.1),
                                             ({"floor_per_kwh": 0.15}, 0.3 + 0.15)])  # fmt: skip
async def test_caps_and_floors_limit_the_price_before_vat(
    tenant: Tenant, home: str, limit: dict[str, float], cost: float
) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT, vat=0.5, vat_included=False, **limit)
    await put(tenant, half_hours(home, "2026-02-12T06:30:00+01:00", [1.0, 1.0]))
    assert total_of(await interval(tenant, home, *DAY)) == pytest.approx(cost * 1.5, abs=1e-9)


# Tiers.

TIERS = [{"value": 0.2, "to_kwh": 10}, {"value": 0.4}]
NIGHT_TIERS = [{"value": 0.1, "to_kwh": 10}, {"value": 0.3}]
TIERED = [entry(("All", hours(("12:00", "00:00", TIERS), ("00:00", "12:00", NIGHT_TIERS))))]


@pytest.mark.parametrize(
    ("scope", "cost"),
    [
        # Mornings 8 and 8, afternoons 4 and 4, in turn, in one month of 24 kWh.
        ("TARIFF", 8 * 0.1 + 2 * 0.2 + 2 * 0.4 + 8 * 0.3 + 4 * 0.4),
        ("PERIOD", 10 * 0.1 + 6 * 0.3 + 8 * 0.2),
        ("SHARED", 16 * (0.1 * 10 + 0.3 * 14) / 24 + 8 * (0.2 * 10 + 0.4 * 14) / 24),
    ],
)
async def test_tiers_in_their_three_scopes(
    tenant: Tenant, home: str, scope: str, cost: float
) -> None:
    await tenant.tariff(home, schedule=TIERED, tier_scope=scope)
    half_days = periods(home, "2026-02-12T00:00:00+01:00", timedelta(hours=12), [8, 4, 8, 4])
    await put(tenant, half_days)
    months = await interval(tenant, home, *FEBRUARY, "MONTH")
    assert total_of(months) == pytest.approx(cost, abs=1e-6)
    days = await interval(tenant, home, *FEBRUARY, "DAY")
    assert sum(costs_of(days)) == pytest.approx(cost, abs=2e-6)
    assert {line["tier"] for line in months["data"][0]["lines"]} == {1, 2}
    # A question about the second day alone knows of the first, and of the month.
    second = await interval(tenant, home, "2026-02-13T00:00:00+01:00", "2026-02-14T00:00:00+01:00")
    assert costs_of(second) == [days["data"][1]["cost"]["value"]]


@pytest.mark.parametrize(
    ("reset", "whole", "last"),
    [("DAY", 3.2, 0.8), ("MONTH", 3.2, 0.8), ("YEAR", 4.4, 1.6), ("CONTRACT", 4.4, 1.6)],
)
async def test_counters_start_again_with_their_local_period(
    tenant: Tenant, home: str, reset: str, whole: float, last: float
) -> None:
    """4 kWh on each of the last two days of January and the first two of February."""
    await tenant.tariff(home, schedule=flat(TIERS), tier_reset=reset)
    day = timedelta(days=1)
    await put(tenant, periods(home, "2026-01-30T00:00:00+01:00", day, [4, 4, 4, 4]))
    span = ("2026-01-30T00:00:00+01:00", "2026-02-03T00:00:00+01:00")
    assert total_of(await interval(tenant, home, *span)) == pytest.approx(whole)
    last_day = await interval(tenant, home, "2026-02-02T00:00:00+01:00", span[1])
    assert costs_of(last_day) == [pytest.approx(last)]


async def test_what_a_device_uses_or_what_is_sold_moves_no_counter_of_the_place(
    tenant: Tenant, home: str
) -> None:
    device = (await tenant.device(home))["id"]
    await tenant.tariff(home, schedule=flat(TIERS))
    await put(tenant, half_hours(home, DAY[0], [50.0], device_id=device))
    await put(tenant, half_hours(home, DAY[0], [50.0], energy_flow_direction="OUTBOUND"))
    await put(tenant, half_hours(home, DAY[0], [50.0], tariff_direction="LOCAL"))
    await put(tenant, half_hours(home, "2026-02-12T12:00:00+01:00", [8.0]))
    assert costs_of(await interval(tenant, home, *DAY)) == [1.6]
    assert costs_of(await interval(tenant, device, *DAY)) == [pytest.approx(10 * 0.2 + 40 * 0.4)]
