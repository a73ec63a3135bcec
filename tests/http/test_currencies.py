"""Markets in one currency, bills in another (contract 2b, Currencies)."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.tariff_bodies import body, flat
from tests.support.world import Tenant, error

STOCKHOLM = {"country_code": "SE", "city": "Stockholm"}
HOUR = ("2026-03-01T08:00:00+01:00", "2026-03-01T09:00:00+01:00")


async def place(tenant: Tenant) -> str:
    given = {"postal_address": STOCKHOLM, "timezone": "Europe/Stockholm", "currency_code": "SEK"}
    return (await tenant.make("/locations", given))["id"]


async def source(tenant: Tenant, code: str, currency: str, unit: str, *prices: Any) -> Any:
    made = await tenant.market_source(
        code=code, currency_code=currency, unit=unit, timezone="Europe/Stockholm", publishes_at=None
    )
    if prices:
        listed = [{"valid_from": a, "valid_to": b, "value": value} for a, b, value in prices]
        await tenant.publish(made["id"], listed)
    return made


async def market(tenant: Tenant) -> Any:
    """270 EUR per MWh from 8 to 9."""
    return await source(tenant, "SE4", "EUR", "MWH", (*HOUR, 270.0))


async def rates(tenant: Tenant, days: dict[str, float], currency: str = "SEK") -> Any:
    """A rate for each day, such as the European Central Bank's."""
    listed = []
    for day, value in days.items():
        until = date.fromisoformat(day) + timedelta(days=1)
        listed.append((f"{day}T00:00:00+01:00", f"{until}T00:00:00+01:00", value))
    return await source(tenant, "ECB_SEK", currency, "RATE", *listed)


def following(made: Any, **more: Any) -> dict[str, Any]:
    rate = [{"surcharge_fixed": 0.5, "surcharge_percentage": 0.25}]
    return {"market_rates": True, "market_source_id": made["id"], "schedule": flat(rate), **more}


def by_formula(text: str, **variables: Any) -> dict[str, Any]:
    return {"schedule": flat([{"value": text, "variables": variables}])}


async def asked(tenant: Tenant, at: str, start: str = HOUR[0], end: str = HOUR[1]) -> Any:
    return await tenant.post("/prices", {"location_id": at, "start_time": start, "end_time": end})


async def price(tenant: Tenant, at: str) -> float:
    answer = await asked(tenant, at)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["data"]
    assert one["price"]["confidence"] == 1.0
    return float(one["price"]["value"])


async def test_a_number_converts_the_market_before_the_surcharges(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, **following(await market(tenant), currency_conversion=11.6))

    assert await price(tenant, at) == pytest.approx((0.27 * 11.6 + 0.5) * 1.25)


async def test_a_source_of_rates_converts_and_its_value_holds_for_seven_days(
    tenant: Tenant,
) -> None:
    at = await place(tenant)
    await rates(tenant, {"2026-02-20": 11.0, "2026-02-23": 11.5})
    await tenant.tariff(at, **following(await market(tenant), currency_conversion="ECB_SEK"))

    assert await price(tenant, at) == pytest.approx((0.27 * 11.5 + 0.5) * 1.25)
    (one,) = (await audit(tenant, at))["data"]
    part = one["price"]["commodity_import"]
    assert part["market"]["code"] == "SE4"
    assert part["market"]["value"] == pytest.approx(0.27 * 11.5)


async def audit(tenant: Tenant, at: str) -> Any:
    body = {"location_id": at, "start_time": HOUR[0], "end_time": HOUR[1]}
    return (await tenant.post("/prices/audit", body)).json()


async def test_a_rate_that_is_older_than_seven_days_converts_nothing(tenant: Tenant) -> None:
    """That of the 22nd holds until the 1st, 00:00; in between there is a hole."""
    at = await place(tenant)
    await rates(tenant, {"2026-02-22": 11.0})
    await tenant.tariff(at, **following(await market(tenant), currency_conversion="ECB_SEK"))

    refused = error(await asked(tenant, at), 422, "no_price_data")

    assert "07:00" in refused["message"]


async def test_a_rate_published_for_longer_holds_to_its_end(tenant: Tenant) -> None:
    at = await place(tenant)
    month = ("2026-02-01T00:00:00+01:00", "2026-03-01T08:30:00+01:00", 11.0)
    await source(tenant, "ECB_SEK", "EUR", "RATE", month)
    await tenant.tariff(at, **following(await market(tenant), currency_conversion="ECB_SEK"))

    assert (await asked(tenant, at, end="2026-03-01T08:30:00+01:00")).status_code == 200
    refused = error(await asked(tenant, at), 422, "no_price_data")
    assert "07:30" in refused["message"]


async def test_a_new_rate_inside_a_market_interval_divides_it(tenant: Tenant) -> None:
    at = await place(tenant)
    half = "2026-03-01T08:30:00+01:00"
    await source(tenant, "ECB_SEK", "SEK", "RATE", (HOUR[0], half, 10.0), (half, HOUR[1], 20.0))
    await tenant.tariff(at, **following(await market(tenant), currency_conversion="ECB_SEK"))

    data = (await asked(tenant, at)).json()["data"]

    assert [(one["valid_from"], one["price"]["value"]) for one in data] == [
        (HOUR[0], pytest.approx((2.7 + 0.5) * 1.25)),
        (half, pytest.approx((5.4 + 0.5) * 1.25)),
    ]


async def test_the_formula_converts_with_a_number_or_with_a_source_of_rates(
    tenant: Tenant,
) -> None:
    at, other = await place(tenant), await place(tenant)
    await market(tenant)
    await rates(tenant, {"2026-02-27": 11.5})
    text, said = "($p / 1000 * $fx + 0.73744) * 1.25", {"currency_conversion": "FORMULA"}

    await tenant.tariff(at, **by_formula(text, p="SE4", fx=11.6), **said)
    await tenant.tariff(other, **by_formula(text, p="SE4", fx="ECB_SEK"), **said)

    assert await price(tenant, at) == pytest.approx((0.27 * 11.6 + 0.73744) * 1.25)
    assert await price(tenant, other) == pytest.approx((0.27 * 11.5 + 0.73744) * 1.25)


async def test_values_are_converted_before_a_formula_sees_them(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant)
    await source(tenant, "LOCAL", "SEK", "KWH", (*HOUR, 1.0))
    given = by_formula("$p / 1000 + $own", p="SE4", own="LOCAL")

    await tenant.tariff(at, **given, currency_conversion=10)

    assert await price(tenant, at) == pytest.approx(2.7 + 1.0)


async def test_costs_are_in_the_money_of_the_place(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, **following(await market(tenant), currency_conversion=11.6))
    record = {"location_id": at, "start_time": HOUR[0], "end_time": HOUR[1], "energy_kwh": 10}
    await tenant.call("PUT", "/meters/interval", json=[record])

    answer = await tenant.post(
        f"/costs/interval/{at}", {"start_time": HOUR[0], "end_time": HOUR[1]}
    )

    assert answer.json()["currency_code"] == "SEK"
    assert answer.json()["total"]["cost"]["value"] == pytest.approx(10 * (0.27 * 11.6 + 0.5) * 1.25)


async def test_what_nothing_converts_is_refused_and_the_field_is_named(tenant: Tenant) -> None:
    at = await place(tenant)
    given = following(await market(tenant))
    refused = error(
        await tenant.post("/tariffs", {"location_id": at, **body([]), **given}),
        422,
        "market_currency_mismatch",
        "market_source_id",
    )
    assert "currency_conversion" in refused["message"]

    left = {**given, "currency_conversion": "FORMULA"}
    error(
        await tenant.post("/tariffs", {"location_id": at, **body([]), **left}),
        422,
        "market_currency_mismatch",
    )


async def test_a_rate_is_no_price_and_a_price_no_rate(tenant: Tenant) -> None:
    at = await place(tenant)
    prices = await market(tenant)
    exchange = await rates(tenant, {"2026-02-27": 11.5})
    wrong = [
        ({**following(exchange)}, 422, "market_unit_mismatch", "market_source_id"),
        (
            following(prices, currency_conversion="SE4"),
            422,
            "market_unit_mismatch",
            "currency_conversion",
        ),
        (
            following(prices, currency_conversion="NOWHERE"),
            404,
            "market_source_not_found",
            "currency_conversion",
        ),
        (following(prices, currency_conversion=0), 400, "currency_conversion_invalid", None),
        (following(prices, currency_conversion=-11), 400, "currency_conversion_invalid", None),
        (following(prices, currency_conversion="a b"), 400, "currency_conversion_invalid", None),
    ]
    for given, status, code, param in wrong:
        answer = await tenant.post("/tariffs", {"location_id": at, **body([]), **given})
        error(answer, status, code, param or "currency_conversion")


async def test_a_rate_is_above_zero(tenant: Tenant) -> None:
    made = await rates(tenant, {"2026-02-27": 11.5})
    wrong = [{"valid_from": HOUR[0], "valid_to": HOUR[1], "value": 0}]

    answer = await tenant.call("PUT", f"/market-sources/{made['id']}/prices", json=wrong)

    error(answer, 400, "value_invalid", "[0].value")


async def test_one_rate_converts_one_currency_and_must_be_of_it(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant)
    await source(tenant, "NO1", "NOK", "MWH", (*HOUR, 900.0))
    await rates(tenant, {"2026-02-27": 1.3}, currency="USD")
    both = by_formula("($a + $b) / 1000", a="SE4", b="NO1")
    one = by_formula("$a / 1000", a="SE4")

    for given, conversion in ((both, 11.6), (one, "ECB_SEK")):
        body_ = {"location_id": at, **body([]), **given, "currency_conversion": conversion}
        error(
            await tenant.post("/tariffs", body_),
            422,
            "market_currency_mismatch",
            "currency_conversion",
        )


async def test_a_code_that_a_conversion_names_does_not_change(tenant: Tenant) -> None:
    at = await place(tenant)
    exchange = await rates(tenant, {"2026-02-27": 11.5})
    await tenant.tariff(at, **following(await market(tenant), currency_conversion="ECB_SEK"))

    answer = await tenant.patch(f"/market-sources/{exchange['id']}", {"code": "OTHER"})

    error(answer, 422, "market_source_in_use")
