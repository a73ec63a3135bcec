"""Customers and locations (contract 1)."""

import pytest

from tests.support.world import AMSTERDAM, Tenant, World, error


async def test_a_location_answers_all_its_fields(tenant: Tenant) -> None:
    customer = await tenant.make("/customers", {"reference_id": "c", "metadata": {"a": "b"}})
    body = {
        "reference_id": "home",
        "customer_id": customer["id"],
        "postal_address": {**AMSTERDAM, "address_line1": "Damrak 1", "verified": True},
        "geo_location": {"lat": 52.3764, "lng": 4.8987},
        "max_power_import_kw": 17.25,
        "max_power_export_kw": 0,
        "metadata": {"k": "v"},
    }

    made = await tenant.make("/locations", body)

    assert made == {
        "id": made["id"],
        "object": "location",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        **body,
        "postal_address": {
            "address_line1": "Damrak 1",
            "address_line2": None,
            "city": "Amsterdam",
            "state": None,
            "post_code": None,
            "country_code": "NL",
            "verified": True,
        },
        "timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "devices": [],
        "tariffs": [],
        "netting": None,
        "consents": {
            "provider_tariff": False,
            "provider_bills": False,
            "provider_postal_address": False,
            "provider_grid_meter": False,
            "device_telemetry": False,
            "device_control": False,
            "time_created": None,
        },
    }
    assert (await tenant.get(f"/locations/{made['id']}")).json() == made
    assert (await tenant.get("/locations?reference_id=home")).json()["data"] == [made]
    listed = (await tenant.get(f"/locations?customer_id={customer['id']}")).json()
    assert listed["data"] == [made]
    site = (await tenant.get(f"/sites/{made['id']}")).json()
    assert site["id"] == made["id"].replace("loc_", "ste_")
    assert (await tenant.get(f"/customers/{customer['id']}")).json()["locations"] == [made["id"]]


async def test_a_location_is_changed_and_deleted(tenant: Tenant) -> None:
    made = await tenant.make("/locations", {"postal_address": AMSTERDAM})
    path = f"/locations/{made['id']}"

    changed = (await tenant.patch(path, {"postal_address": {"post_code": "1011 AB"}})).json()

    assert changed["postal_address"]["post_code"] == "1011 AB"
    assert changed["postal_address"]["city"] == "Amsterdam"
    error(await tenant.patch(path, {"status": "INACTIVE"}), 400, "parameter_unknown", "status")
    gone = (await tenant.delete(path)).json()
    assert gone == {"id": made["id"], "object": "location", "deleted": True}
    error(await tenant.get(path), 404, "location_not_found")


@pytest.mark.parametrize(
    ("address", "zone", "currency"),
    [
        ({"country_code": "ES"}, "Europe/Madrid", "EUR"),
        ({"country_code": "PT"}, "Europe/Lisbon", "EUR"),
        ({"country_code": "US", "state": "TX"}, "America/Chicago", "USD"),
        ({"country_code": "US", "state": "US-TX"}, "America/Chicago", "USD"),
        ({"country_code": "US", "state": "Texas"}, "America/Chicago", "USD"),
        ({"country_code": "CA", "state": "NL"}, "America/St_Johns", "CAD"),
        ({"country_code": "ES", "state": "GC"}, "Atlantic/Canary", "EUR"),
        ({"country_code": "BG"}, "Europe/Sofia", "EUR"),
    ],
)
async def test_zone_and_currency_follow_from_the_address(
    tenant: Tenant, address: dict, zone: str, currency: str
) -> None:
    made = await tenant.make("/locations", {"postal_address": {"city": "X", **address}})

    assert (made["timezone"], made["currency_code"]) == (zone, currency)


async def test_the_point_decides_before_the_state(tenant: Tenant) -> None:
    body = {
        "postal_address": {"city": "El Paso", "state": "TX", "country_code": "US"},
        "geo_location": {"lat": 31.76, "lng": -106.49},
    }
    assert (await tenant.make("/locations", body))["timezone"] == "America/Denver"


async def test_a_deleted_customer_takes_its_locations_along(tenant: Tenant) -> None:
    customer = await tenant.make("/customers", {})
    device = {"reference_id": "d", "type": "OTHER"}
    theirs = [await tenant.site(customer_id=customer["id"], devices=[device]) for _ in range(2)]
    other = await tenant.site()

    gone = (await tenant.delete(f"/customers/{customer['id']}")).json()

    assert gone == {"id": customer["id"], "object": "customer", "deleted": True}
    assert [s["id"] for s in (await tenant.get("/sites")).json()["data"]] == [other["id"]]
    assert len((await tenant.get("/devices")).json()["data"]) == 2
    types = [e["type"] for e in (await tenant.get("/events?limit=5")).json()["data"]]
    assert sorted(types) == ["customer.delete", *["location.delete"] * 2, *["site.delete"] * 2]
    error(await tenant.get(f"/customers/{customer['id']}"), 404, "customer_not_found")
    assert theirs


async def test_a_customer_is_changed(tenant: Tenant) -> None:
    made = await tenant.make("/customers", {"reference_id": "a", "metadata": {"x": "1"}})
    path = f"/customers/{made['id']}"

    changed = (await tenant.patch(path, {"reference_id": "b", "metadata": {"y": "2"}})).json()

    assert changed == {**made, "reference_id": "b", "metadata": {"x": "1", "y": "2"}}
    assert (await tenant.get("/customers?reference_id=b")).json()["data"] == [changed]
    assert (await tenant.get("/customers?reference_id=a")).json()["data"] == []


async def test_strangers_find_no_customer(world: World, tenant: Tenant) -> None:
    made = await tenant.make("/customers", {})
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        path = f"/customers/{made['id']}"
        error(await other.get(path), 404, "customer_not_found")
        error(await other.patch(path, {}), 404, "customer_not_found")
        error(await other.delete(path), 404, "customer_not_found")
        body = {"postal_address": AMSTERDAM, "customer_id": made["id"]}
        error(await other.post("/sites", body), 404, "customer_not_found")
