"""Prices that follow a market, published or forecast (contract 2, Prices)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.pricing import (
    FOLLOWS,
    HOUR,
    confidences,
    edges,
    hourly,
    market,
    place,
    quote,
    text,
    values,
)
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
"""The fake clock says 10:00:00.123Z on this Sunday."""


async def test_market_intervals_are_shown_as_published_equal_ones_too(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MARCH, [0.1, 0.1, 0.2, -0.05]))

    answer = await quote(tenant, at, "2026-03-01T00:30:00Z", "2026-03-01T04:00:00Z")

    assert values(answer) == [0.1, 0.1, 0.2, -0.05]
    assert confidences(answer) == [1, 1, 1, 1]
    assert edges(answer)[:2] == ["2026-03-01T00:30:00Z", "2026-03-01T01:00:00Z"]


async def test_the_present_price_needs_none_of_the_days_to_come(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MARCH + 10 * HOUR, [0.1, 0.2]))

    now = (await tenant.get("/prices/now", params={"location_id": at})).json()

    assert (now["value"], now["end_time"]) == (0.1, "2026-03-01T11:00:00Z")
    assert (now["next"]["value"], now["next"]["end_time"]) == (0.2, "2026-03-01T12:00:00Z")


async def test_surcharges_and_units_are_applied(tenant: Tenant) -> None:
    at = await place(tenant)
    source = await tenant.market_source(unit="MWH")
    await tenant.publish(source["id"], hourly(MARCH, [100.0, -20.0]))
    rate = [{"surcharge_fixed": 0.02, "surcharge_percentage": 0.5}]
    await tenant.tariff(
        at,
        market_rates=True,
        market_source_id=source["id"],
        schedule=flat(rate),
        floor_per_kwh=0.0,
        vat=0.1,
        vat_included=False,
    )

    answer = await quote(tenant, at, text(MARCH), text(MARCH + 2 * HOUR))

    assert values(answer) == [0.198, 0.0]


async def test_a_price_corrected_later_is_the_price(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    source = await market(tenant, at, hourly(MARCH, [0.1]))
    before = await quote(tenant, at, text(MARCH), text(MARCH + HOUR))
    world.clock.forward(minutes=5)
    await tenant.publish(source["id"], hourly(MARCH, [0.4]))

    after = await quote(tenant, at, text(MARCH), text(MARCH + HOUR))

    assert (values(before), values(after)) == ([0.1], [0.4])
    assert before["last_updated"] == "2026-03-01T10:00:00.123Z"
    assert after["last_updated"] == "2026-03-01T10:05:00.123Z"


async def test_a_price_not_published_is_the_mean_of_days_of_its_kind(tenant: Tenant) -> None:
    at = await place(tenant)
    days = {
        datetime(2026, 2, 18, tzinfo=UTC): 9.0,
        datetime(2026, 2, 23, tzinfo=UTC): 0.1,
        datetime(2026, 2, 24, tzinfo=UTC): 0.2,
        datetime(2026, 2, 25, tzinfo=UTC): 0.3,
        datetime(2026, 2, 26, tzinfo=UTC): 0.4,
        datetime(2026, 2, 28, tzinfo=UTC): 5.0,
    }
    prices = [one for day, value in days.items() for one in hourly(day, [value] * 24)]
    await market(tenant, at, prices)

    monday = await quote(tenant, at, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")
    assert (values(monday), confidences(monday)) == ([0.25], [0.5])
    sunday = await quote(tenant, at, "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
    assert (values(sunday), confidences(sunday)) == ([5.0], [0.3])


async def test_one_day_of_the_kind_is_a_weak_forecast_and_none_in_two_weeks_no_price(
    tenant: Tenant,
) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(datetime(2026, 2, 26, tzinfo=UTC), [0.4] * 24))

    monday = await quote(tenant, at, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")
    assert (values(monday), confidences(monday)) == ([0.4], [0.3])
    old = await place(tenant)
    await market(tenant, old, hourly(datetime(2026, 2, 1, tzinfo=UTC), [0.4] * 24), code="OLD")
    body = {"location_id": old, "end_time": "2026-03-02T11:00:00Z"}
    refused = error(await tenant.post("/prices", body), 422, "no_price_data")
    assert "2026-03-01T1" in refused["message"]
    empty = await place(tenant)
    await market(tenant, empty, [], code="EMPTY")
    error(await tenant.post("/prices", {**body, "location_id": empty}), 422, "no_price_data")


async def test_a_far_future_is_forecast_in_time(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(datetime(2026, 2, 26, tzinfo=UTC), [0.4] * 48))
    before = time.process_time()

    answer = await quote(tenant, at, "2199-01-01T00:00:00Z", "2199-01-02T00:00:00Z")

    assert time.process_time() - before < 1
    assert (set(values(answer)), set(confidences(answer))) == ({0.4}, {0.2})


async def test_prices_by_the_second_are_answered_for_days_not_for_months(tenant: Tenant) -> None:
    """A few uploads and a short question must not fill the server's memory."""
    at = await place(tenant)
    second = timedelta(seconds=1)
    await market(tenant, at, hourly(MARCH, [0.1] * 86_400, second), publishes_at=None)
    a_day, months = text(MARCH + 24 * HOUR), text(MARCH + 89 * 24 * HOUR)
    body = {"location_id": at, "start_time": text(MARCH), "end_time": months}

    day = await quote(tenant, at, text(MARCH), a_day)
    assert len(day["data"]) == 86_400
    for path in ("/prices", "/prices/audit"):
        fault = error(await tenant.post(path, body), 400, "end_time_invalid", "end_time")
        assert "end_time must be nearer to start_time" in fault["message"]
    days = {**body, "end_time": text(MARCH + 4 * 24 * HOUR)}
    error(await tenant.post("/prices", days), 400, "end_time_invalid", "end_time")
    (kept,) = (await tenant.get("/tariffs")).json()["data"]
    rules = {name: kept[name] for name in ("direction", "type", "schedule", "market_rates")}
    span = {"contract_start_date": "2030-01-01", "contract_end_date": "2031-01-01"}
    given = {**rules, **span, "location_id": at, "market_source_id": kept["market_source_id"]}
    checked = await tenant.post("/tariffs/check", given)
    assert checked.status_code == 200, checked.text
    assert checked.json()["mean"] is None
    assert len(checked.content) < 100_000


async def test_the_sum_is_as_sure_as_its_least_sure_part(tenant: Tenant) -> None:
    at = await place(tenant)
    prices = hourly(datetime(2026, 2, 26, tzinfo=UTC), [0.4] * 48)
    await market(tenant, at, prices)
    await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))

    answer = await quote(tenant, at, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")

    assert (values(answer), confidences(answer)) == ([0.5], [0.5])


async def test_the_next_update_is_when_the_market_publishes(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MARCH, [0.1] * 24), publishes_at="12:55")
    span = (text(MARCH), text(MARCH + HOUR))

    assert (await quote(tenant, at, *span))["next_update"] == "2026-03-01T11:55:00Z"
    world.clock.forward(hours=3)
    tenant = await world.log_in(tenant.account_id, tenant.secret)
    assert (await quote(tenant, at, *span))["next_update"] == "2026-03-02T11:55:00Z"


async def follow(
    tenant: Tenant, at: str, prices: list[Any], *, publishes_at: str, **fields: Any
) -> None:
    """Connect a tariff that follows a market of its own."""
    code = f"AT_{publishes_at}"
    source = await tenant.market_source(unit="KWH", code=code, publishes_at=publishes_at)
    await tenant.publish(source["id"], prices)
    rules = {"market_rates": True, "market_source_id": source["id"], "schedule": FOLLOWS}
    await tenant.tariff(at, **rules, **fields)


async def test_the_next_update_is_of_the_tariffs_that_are_asked_for(tenant: Tenant) -> None:
    """Neither a device's own tariff nor a market of an earlier contract counts for the place."""
    at = await place(tenant)
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    prices = hourly(MARCH, [0.1] * 48)
    earlier = {"contract_start_date": "2025-01-01", "contract_end_date": "2026-01-01"}
    await follow(tenant, at, prices, publishes_at="12:55", **earlier)
    await tenant.tariff(at, contract_start_date="2026-01-01", contract_end_date="2027-01-01")
    device = (await tenant.device(at))["id"]
    await follow(tenant, at, prices, publishes_at="12:00", devices=[device])

    assert (await quote(tenant, at, *span))["next_update"] == "2026-12-31T23:00:00Z"
    own = await quote(tenant, at, *span, device_id=device)
    assert own["next_update"] == "2026-03-01T11:00:00Z"


async def test_a_device_s_market_in_another_money_leaves_the_place_s_prices(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=flat(0.25))
    device = (await tenant.device(at))["id"]
    await follow(tenant, at, hourly(MARCH, [0.1] * 48), publishes_at="12:00", devices=[device])
    await tenant.patch(f"/locations/{at}", {"currency_code": "GBP"})
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")

    assert values(await quote(tenant, at, *span)) == [0.25]
    asked = {"location_id": at, "start_time": span[0], "end_time": span[1], "device_id": device}
    error(await tenant.post("/prices", asked), 422, "market_currency_mismatch")


async def test_without_market_and_next_edge_there_is_no_next_update(tenant: Tenant) -> None:
    at = await place(tenant)
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    await tenant.tariff(at, contract_start_date="2020-01-01", contract_end_date="2026-01-01")

    assert (await quote(tenant, at, *span))["next_update"] is None
