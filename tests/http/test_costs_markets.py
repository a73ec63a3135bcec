"""Costs under market prices, without prices, and after corrections (contract 3, Costs)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.costing import (
    DAILY,
    DAY,
    FEBRUARY,
    amount_of,
    confidences_of,
    costs_of,
    energies_of,
    half_hours,
    interval,
    periods,
    put,
    refused,
)
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant

FOLLOWS = flat([{"surcharge_fixed": 0.0}])


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


# Markets and what is not certain.


async def market(tenant: Tenant, home: str, prices: list[Any]) -> Any:
    source = await tenant.market_source(unit="KWH")
    await tenant.publish(source["id"], prices)
    await tenant.tariff(home, market_rates=True, market_source_id=source["id"], schedule=FOLLOWS)
    return source


def published(start: str, values: list[float]) -> list[dict[str, Any]]:
    hourly = periods("", start, timedelta(hours=1), values)
    return [
        {"valid_from": one["start_time"], "valid_to": one["end_time"], "value": one["energy_kwh"]}
        for one in hourly
    ]


async def test_a_reading_over_several_market_prices_is_split_by_time(
    tenant: Tenant, home: str
) -> None:
    source = await market(tenant, home, published(DAY[0], [0.1, -0.2, 0.4, 0.3] * 6))
    await put(tenant, periods(home, "2026-02-12T00:30:00+01:00", timedelta(hours=2), [4.0]))
    assert costs_of(await interval(tenant, home, *DAY)) == [0.1]  # 0.1 - 0.4 + 0.4
    # A price that the market corrects changes its own share, and nothing else.
    await tenant.publish(source["id"], published("2026-02-12T01:00:00+01:00", [0.2]))
    assert costs_of(await interval(tenant, home, *DAY)) == [0.9]


async def test_a_forecast_price_is_half_certain_weighed_by_energy(
    tenant: Tenant, home: str
) -> None:
    days = published("2026-02-09T00:00:00+01:00", [0.1] * 24 * 3)  # Monday to Wednesday
    await market(tenant, home, days)
    await put(tenant, half_hours(home, "2026-02-11T23:30:00+01:00", [3.0, 1.0]))
    answer = await interval(tenant, home, "2026-02-11T00:00:00+01:00", DAY[1])
    assert costs_of(answer) == [pytest.approx(0.3), pytest.approx(0.1)]
    assert confidences_of(answer) == [1.0, 0.5]
    assert answer["total"]["cost"]["confidence"] == 0.88


async def test_energy_without_a_price_is_refused_and_without_readings_it_is_not(
    tenant: Tenant, home: str
) -> None:
    await market(tenant, home, published(DAY[0], [0.1] * 24))
    old = ("2026-01-10T00:00:00+01:00", "2026-01-11T00:00:00+01:00")
    assert (await interval(tenant, home, *old))["data"] == []
    await put(tenant, half_hours(home, "2026-01-10T12:00:00+01:00", [1.0]))
    body = await refused(tenant, home, *old, 422, "no_price_data")
    assert "2026-01-10T11:00:00Z" in body["message"]


async def test_energy_before_the_contract_has_no_price(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, contract_start_date="2026-02-12", charges=[DAILY])
    await put(tenant, half_hours(home, "2026-02-11T23:00:00+01:00", [1.0] * 4))
    body = await refused(tenant, home, *FEBRUARY, 422, "no_price_data")
    assert "2026-02-11T22:00:00Z" in body["message"]
    after = await interval(tenant, home, DAY[0], FEBRUARY[1])
    assert amount_of(after["total"], "ENERGY") == 0.5


async def test_a_reading_across_the_start_of_a_contract_is_asked_for_from_there(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, contract_start_date="2026-02-12")
    await put(tenant, periods(home, "2026-02-11T22:00:00+01:00", timedelta(hours=4), [4.0]))
    await refused(tenant, home, *FEBRUARY, 422, "no_price_data")
    assert energies_of(await interval(tenant, home, *DAY)) == [2.0]


async def test_a_contract_that_follows_another_takes_over(tenant: Tenant, home: str) -> None:
    first = await tenant.tariff(home, contract_end_date="2026-02-12", charges=[DAILY])
    second = await tenant.tariff(
        home, contract_start_date="2026-02-12", schedule=flat(0.5),
        charges=[{**DAILY, "amount": 0.1}],
    )  # fmt: skip
    await put(tenant, half_hours(home, "2026-02-11T23:00:00+01:00", [1.0] * 4))
    answer = await interval(tenant, home, *FEBRUARY)
    assert amount_of(answer["total"], "ENERGY") == 2 * 0.25 + 2 * 0.5
    assert amount_of(answer["total"], "STANDING") == pytest.approx(11 * 0.5 + 17 * 0.1)
    owners = {line["tariff_id"] for line in answer["total"]["lines"]}
    assert owners == {first["id"], second["id"]}


async def test_no_tariff_is_said(tenant: Tenant, home: str) -> None:
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    await refused(tenant, home, *DAY, 422, "no_tariff_connected")
    await tenant.tariff(home)
    await refused(tenant, home, *DAY, 422, "no_tariff_connected", tariff_direction="EXPORT")


@pytest.mark.parametrize(
    ("readings", "confidence"),
    [
        ([(1.0, 1.0), (1.0, 0.5)], 0.75),
        ([(3.0, 1.0), (1.0, 0.5)], 0.88),
        ([(999.0, 1.0), (1.0, 0.9)], 0.99),
        ([(0.0, 0.5), (1.0, 1.0)], 0.99),
        ([(0.0, 0.5), (0.0, 1.0)], 0.75),
        ([(1.0, 1.0), (2.0, 1.0)], 1.0),
    ],
)
async def test_confidence_is_weighed_by_energy_and_1_only_if_all_is_certain(
    tenant: Tenant, home: str, readings: list[tuple[float, float]], confidence: float
) -> None:
    await tenant.tariff(home)
    made = half_hours(home, DAY[0], [energy for energy, _ in readings])
    await put(
        tenant,
        [one | {"confidence": sure} for one, (_, sure) in zip(made, readings, strict=True)],
    )
    answer = await interval(tenant, home, *DAY)
    assert confidences_of(answer) == [confidence]
    assert answer["total"]["cost"]["confidence"] == confidence


async def test_after_the_contract_prices_are_less_certain(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, contract_end_date="2026-02-12")
    await put(tenant, half_hours(home, DAY[0], [1.0], confidence=0.5))
    answer = await interval(tenant, home, *DAY)
    assert (costs_of(answer), confidences_of(answer)) == ([0.25], [0.4])


# Corrections.


async def test_a_corrected_reading_changes_its_own_share_and_a_sent_again_one_nothing(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    readings = half_hours(home, DAY[0], [1.0] * 96)
    await put(tenant, readings)
    span = (DAY[0], "2026-02-14T00:00:00+01:00")
    before = await interval(tenant, home, *span)
    await put(tenant, readings)
    again = await interval(tenant, home, *span)
    assert (again["data"], again["total"]) == (before["data"], before["total"])
    await put(tenant, [readings[20] | {"energy_kwh": 2.0}])
    corrected = await interval(tenant, home, *span)
    first, second = costs_of(before)
    assert costs_of(corrected) == [pytest.approx(first + 0.3, abs=1e-9), second]


async def test_a_changed_tariff_changes_later_answers(tenant: Tenant, home: str) -> None:
    made = await tenant.tariff(home)
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    assert costs_of(await interval(tenant, home, *DAY)) == [0.25]
    changed = await tenant.patch(f"/tariffs/{made['id']}", {"schedule": flat(0.5)})
    assert changed.status_code == 200, changed.text
    assert costs_of(await interval(tenant, home, *DAY)) == [0.5]
