"""Prices beyond what they are anywhere (contract 2b, Plausible prices)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.tariff_bodies import body, flat
from tests.support.world import AMSTERDAM, Tenant, error
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.plausible import USUAL_PER_KWH, implausible, limit_per_kwh
from wattyard.tariffs.wire.rules import tariff_from_json

EUR = limit_per_kwh("EUR")
VALUE = "schedule[0].days_and_hours[0].hours[0].rate[0].value"


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def checked(tenant: Tenant, given: dict[str, Any], query: str = "", **fields: Any) -> Any:
    at = await place(tenant, **fields)
    return await tenant.post(f"/tariffs/check{query}", {"location_id": at, **given})


def test_the_limit_is_ten_times_what_a_household_pays() -> None:
    assert limit_per_kwh("EUR") == pytest.approx(3.0)
    assert limit_per_kwh("AUD") == pytest.approx(3.5)
    assert limit_per_kwh("XAU") == float("inf")
    assert all(0.01 <= usual <= 2500 for usual in USUAL_PER_KWH.values())


async def test_cents_for_dollars_are_refused_by_the_check_with_what_was_meant(
    tenant: Tenant,
) -> None:
    answer = await checked(tenant, body(flat(34.86)), currency_code="AUD")

    message = error(answer, 422, "price_implausible", VALUE)["message"]
    for text in ("34.86 AUD per kWh", "3.5", "hundredths", "0.3486", "per MWh", "0.03486"):
        assert text in message


async def test_every_implausible_price_is_named(tenant: Tenant) -> None:
    given = body(
        flat([{"value": 0.2, "to_kwh": 5}, {"value": 95}]),
        charges=[
            {"kind": "DAILY", "amount": 0.5},
            {"kind": "MONTHLY", "amount": 9000},
            {"kind": "YEARLY", "amount": -100_000},
            {"kind": "DEMAND", "amount_per_kw": 5000, "window_minutes": 15},
        ],
    )

    answer = await checked(tenant, given)

    assert answer.status_code == 422
    assert [one["param"] for one in answer.json()["errors"]] == [
        VALUE.replace("rate[0]", "rate[1]"),
        "charges[1].amount",
        "charges[2].amount",
    ]


@pytest.mark.parametrize(
    ("value", "tax", "plausible"),
    [
        (EUR, {}, True),
        (-EUR, {}, True),
        (EUR * 1.000001, {}, False),
        (-EUR * 1.000001, {}, False),
        (EUR, {"vat": 0.21, "vat_included": True}, True),
        (EUR / 1.25, {"vat": 0.25, "vat_included": False}, True),
        (EUR / 1.24, {"vat": 0.25, "vat_included": False}, False),
        (f"{EUR} * 1", {}, True),
        (f"{EUR} * 1.01", {}, False),
    ],
)
async def test_the_limit_itself_is_plausible_taxes_included_and_whatever_its_sign(
    tenant: Tenant, value: Any, tax: dict[str, Any], plausible: bool
) -> None:
    answer = await checked(tenant, body(flat(value), **tax))

    assert answer.status_code == (200 if plausible else 422), answer.text


async def test_of_what_follows_a_market_the_constant_part_is_judged(tenant: Tenant) -> None:
    source = await tenant.market_source()
    await tenant.publish(
        source["id"],
        [
            {
                "valid_from": "2026-03-01T00:00:00Z",
                "valid_to": "2026-03-01T01:00:00Z",
                "value": 90_000.0,
            }
        ],
    )
    market = {"market_rates": True, "market_source_id": source["id"]}
    cents = body(flat([{"surcharge_fixed": 12.5}]), **market)
    formula = body(flat([{"value": "$p / 1000 + 12.5", "variables": {"p": "EPEX_NL"}}]))
    fine = body(flat([{"value": "12.5 * $p / 1000", "variables": {"p": "EPEX_NL"}}]))
    inverse = body(flat([{"value": "100 / $p", "variables": {"p": "EPEX_NL"}}]))

    refused = await checked(tenant, cents)
    error(refused, 422, "price_implausible", VALUE.replace("value", "surcharge_fixed"))
    error(await checked(tenant, formula), 422, "price_implausible", VALUE)
    for given in (fine, inverse):
        assert (await checked(tenant, given)).status_code == 200


async def test_what_is_meant_is_taken_with_a_warning(tenant: Tenant) -> None:
    given = body(flat(34.86))

    answer = await checked(tenant, given, "?allow_implausible=true")

    assert answer.status_code == 200
    (warning,) = answer.json()["warnings"]
    assert (warning["code"], warning["param"]) == ("price_implausible", VALUE)
    wrong = await checked(tenant, given, "?allow_implausible=yes")
    error(wrong, 400, "allow_implausible_invalid", "allow_implausible")


async def test_connecting_and_changing_only_warn_and_the_tariff_is_as_it_is_read(
    tenant: Tenant,
) -> None:
    at = await place(tenant)
    answer = await tenant.post("/tariffs", {"location_id": at, **body(flat(34.86))})
    assert answer.status_code == 201
    made = answer.json()
    (warning,) = made.pop("warnings")
    assert warning["code"] == "price_implausible"
    read = await tenant.get(f"/tariffs/{made['id']}")
    assert read.json() == made
    # The answer with its warnings is large enough to be compressed, which makes its tag weak.
    assert answer.headers["etag"] == f"W/{read.headers['etag']}"

    changed = await tenant.patch(
        f"/tariffs/{made['id']}",
        {"schedule": flat(95.0)},
        headers={"If-Match": answer.headers["etag"]},
    )

    assert [one["code"] for one in changed.json()["warnings"]] == ["price_implausible"]
    mended = await tenant.patch(f"/tariffs/{made['id']}", {"schedule": flat(0.95)})
    assert "warnings" not in mended.json()


async def test_importers_refuse_and_never_convert(tenant: Tenant) -> None:
    """A URDB rate in cents: 12.5 dollars a kWh."""
    at = await place(tenant, currency_code="USD")
    document = {
        "name": "Residential",
        "energyratestructure": [[{"rate": 12.5}]],
        "energyweekdayschedule": [[0] * 24] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
    }
    path = f"/tariffs/import?format=urdb&location_id={at}&contract_start_date=2026-01-01"

    error(await tenant.post(path, document), 422, "price_implausible", VALUE)
    assert (await tenant.get("/tariffs")).json()["data"] == []

    taken = await tenant.post(f"{path}&allow_implausible=true", document)
    assert taken.status_code == 201
    assert [one["code"] for one in taken.json()["warnings"]] == ["price_implausible"]


async def test_a_currency_without_a_usual_price_is_not_judged(tenant: Tenant) -> None:
    answer = await checked(tenant, body(flat(5_000.0)), currency_code="XOF")

    assert answer.status_code == 200


@pytest.mark.parametrize("code", sorted(USUAL_PER_KWH))
def test_a_price_of_just_the_limit_is_plausible_in_every_currency(code: str) -> None:
    limit = float(Decimal(repr(USUAL_PER_KWH[code])) * 10)
    region = CalendarRegion("UTC")

    assert not list(implausible(tariff_from_json(body(flat(limit)), region), code))
    assert list(implausible(tariff_from_json(body(flat(limit * 1.001)), region), code))
