"""What each price is made of (contract 2, `POST /prices/audit`)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import AMSTERDAM, Tenant

START = datetime(2026, 3, 2, tzinfo=UTC)
PARTS = ("commodity_import", "commodity_export", "non_commodity_import")


async def place(tenant: Tenant) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM}))["id"]


async def audit(tenant: Tenant, at: str, *, length: int = 1, **more: Any) -> Any:
    """Audit the prices of some hours of Monday, and check that they add up as told."""
    body = {
        "location_id": at,
        "start_time": text(START),
        "end_time": text(START + timedelta(hours=length)),
        **more,
    }
    answer = await tenant.post("/prices/audit", body)
    assert answer.status_code == 200, answer.text
    plain = (await tenant.post("/prices", body)).json()
    made = answer.json()
    assert_adds_up(made)
    assert [
        (one["valid_from"], one["valid_to"], one["price"]["total"]) for one in made["data"]
    ] == [(one["valid_from"], one["valid_to"], one["price"]["value"]) for one in plain["data"]]
    return made


def assert_adds_up(made: Any) -> None:
    for one in made["data"]:
        price = one["price"]
        parts = [part for name, part in price.items() if name != "total" and part]
        assert sum(Decimal(str(part["value"])) for part in parts) == Decimal(str(price["total"]))
        for number in (price["total"], *(part["value"] for part in parts)):
            assert Decimal(str(number)) == round(Decimal(str(number)), 6)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_the_answer_is_that_of_prices_with_parts(tenant: Tenant) -> None:
    at = await place(tenant)
    energy = await tenant.tariff(at, vat=0.21)
    fees = await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))

    made = await audit(tenant, at)

    assert made["id"].startswith("tra_")
    assert made == {
        "id": made["id"],
        "object": "price_audit",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        "location_id": at,
        "device_id": None,
        "location_timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "tariff_direction": "IMPORT",
        "last_updated": made["last_updated"],
        "next_update": made["next_update"],
        "data": made["data"],
        "charges": [],
    }
    (only,) = made["data"]
    shown = {name: only["price"][name] for name in (*PARTS, "total")}
    assert shown == {
        "commodity_import": {
            "value": 0.25,
            "vat": 0.043388,
            "confidence": 1,
            "temporary": False,
            "tariff_id": energy["id"],
        },
        "commodity_export": None,
        "non_commodity_import": {
            "value": 0.1,
            "vat": 0,
            "confidence": 1,
            "temporary": False,
            "tariff_id": fees["id"],
        },
        "total": 0.35,
    }


async def test_absent_parts_are_null(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)
    await tenant.tariff(at, direction="EXPORT", schedule=flat(0.07))
    await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))

    (only,) = (await audit(tenant, at, tariff_direction="EXPORT"))["data"]

    assert only["price"]["commodity_export"]["value"] == 0.07
    assert only["price"]["commodity_import"] is None
    assert only["price"]["non_commodity_import"] is None
    assert only["price"]["total"] == 0.07


async def test_fees_that_start_later_are_absent_before(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)
    await tenant.tariff(
        at,
        type="NON_COMMODITY",
        schedule=flat(0.1),
        contract_start_date=text(START + timedelta(minutes=30)),
    )

    before, after = (await audit(tenant, at))["data"]

    assert before["price"]["non_commodity_import"] is None
    assert after["price"]["non_commodity_import"]["value"] == 0.1
    assert (before["price"]["total"], after["price"]["total"]) == (0.25, 0.35)


async def test_the_vat_is_what_is_contained(tenant: Tenant) -> None:
    for fields, value, vat in (
        ({"vat": 0.2, "schedule": flat(0.24)}, 0.24, 0.04),
        ({"vat": 0.2, "vat_included": False, "schedule": flat(0.2)}, 0.24, 0.04),
        ({"vat": 0.2, "schedule": flat(-0.12)}, -0.12, -0.02),
        ({"vat": 0, "schedule": flat(0.2)}, 0.2, 0),
        ({"schedule": flat(0.2)}, 0.2, 0),
        ({"vat": 0.25, "vat_included": False, "cap_per_kwh": 0.1}, 0.125, 0.025),
    ):
        at = await place(tenant)
        await tenant.tariff(at, **fields)
        (only,) = (await audit(tenant, at))["data"]
        part = only["price"]["commodity_import"]
        assert (part["value"], part["vat"]) == (value, vat), fields


async def test_market_price_and_surcharge_are_told(tenant: Tenant) -> None:
    at = await place(tenant)
    source = await tenant.market_source(unit="KWH")
    hour = {"valid_from": text(START), "valid_to": text(START + timedelta(hours=1))}
    await tenant.publish(source["id"], [{**hour, "value": 0.1}])
    made = await tenant.tariff(
        at,
        market_rates=True,
        market_source_id=source["id"],
        schedule=flat([{"surcharge_fixed": 0.02, "surcharge_percentage": 0.25}]),
    )

    (only,) = (await audit(tenant, at))["data"]

    part = only["price"]["commodity_import"]
    assert part["value"] == 0.15
    assert part["tariff_id"] == made["id"]
    assert part["market"] == {"source_id": source["id"], "code": "EPEX_NL", "value": 0.1}
    assert part["surcharge"] == 0.05


async def test_a_forecast_is_told_with_its_part(tenant: Tenant) -> None:
    at = await place(tenant)
    source = await tenant.market_source(unit="KWH")
    days = [datetime(2026, 2, day, tzinfo=UTC) for day in (25, 26)]
    await tenant.publish(
        source["id"],
        [
            {
                "valid_from": text(day),
                "valid_to": text(day + timedelta(days=1)),
                "value": 0.1 * n,
            }
            for n, day in enumerate(days, start=1)
        ],
    )
    await tenant.tariff(
        at,
        market_rates=True,
        market_source_id=source["id"],
        schedule=flat([{"surcharge_fixed": 0.0}]),
    )
    await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))

    first = (await audit(tenant, at))["data"][0]["price"]

    assert first["commodity_import"]["value"] == 0.15
    assert first["commodity_import"]["confidence"] == 0.5
    assert first["non_commodity_import"]["confidence"] == 1
    assert first["total"] == 0.25


async def test_the_tier_is_told_where_there_are_several(tenant: Tenant) -> None:
    at = await place(tenant)
    tiers = [{"value": 0.1, "to_kwh": 100}, {"value": 0.2}]
    await tenant.tariff(at, schedule=flat(tiers))

    (only,) = (await audit(tenant, at))["data"]

    assert only["price"]["commodity_import"]["tier"] == 1
    assert only["price"]["total"] == 0.1


async def test_a_devices_part_names_its_tariff(tenant: Tenant) -> None:
    at = await place(tenant)
    car = (await tenant.device(at))["id"]
    await tenant.tariff(at)
    own = await tenant.tariff(at, devices=[car], schedule=flat(0.05))

    made = await audit(tenant, at, device_id=car)

    assert made["device_id"] == car
    assert made["data"][0]["price"]["commodity_import"]["tariff_id"] == own["id"]


async def test_times_are_in_the_form_of_the_request(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=[entry(("All", hours(("07:00", "07:00", 0.2))))])
    span = {"start_time": "2026-03-02T05:30:00Z", "end_time": "2026-03-02T07:00:00+01:00"}

    made = (await tenant.post("/prices/audit", {"location_id": at, **span})).json()

    assert made["data"][0]["valid_from"] == "2026-03-02T06:30:00+01:00"


@pytest.mark.parametrize("vat_included", [True, False])
async def test_parts_add_up_whatever_the_numbers_are(tenant: Tenant, vat_included: bool) -> None:
    at = await place(tenant)
    energy = await tenant.tariff(at)
    fees = await tenant.tariff(at, type="NON_COMMODITY")
    for n in range(12):
        for made, value in ((energy, f"{n + 1}/7/9"), (fees, f"-{n}/11/13")):
            change = {"schedule": flat(value), "vat": n / 37, "vat_included": vat_included}
            answer = await tenant.patch(f"/tariffs/{made['id']}", change)
            assert answer.status_code == 200, answer.text

        await audit(tenant, at)
