"""GET /sites, the page this project was created from."""

import pytest

from tests.support.world import AMSTERDAM, Tenant, World, error


async def test_an_empty_account_has_an_empty_list(tenant: Tenant) -> None:
    answer = await tenant.get("/sites")

    assert answer.status_code == 200
    assert answer.json() == {"object": "list", "url": "/sites", "has_more": False, "data": []}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["flatpeak-version"] == "2026-08-01.busbar"
    assert answer.headers["request-id"].startswith("req_")


async def test_a_site_is_listed_with_its_devices_as_documented(tenant: Tenant) -> None:
    made = await tenant.site(
        reference_id="home-1",
        metadata={"plan": "green"},
        devices=[
            {
                "reference_id": "battery-1",
                "type": "BATTERY_SYSTEM",
                "manufacturer": "Nova Systems",
                "model_code": "PICOXN2",
                "model_name": "Pico Ultimate",
                "properties": {
                    "power_rating_import_kwh": 14.2,
                    "capacity_kwh": 123,
                    "power_rating_export_kwh": 7,
                },
            },
            {"reference_id": "unknown-1", "type": "OTHER"},
        ],
    )

    listed = (await tenant.get("/sites")).json()

    (site,) = listed["data"]
    assert site == made
    assert listed["has_more"] is False
    first, second = site.pop("devices")
    assert first == {
        "id": first["id"],
        "type": "BATTERY_SYSTEM",
        "reference_id": "battery-1",
        "manufacturer": "Nova Systems",
        "model_code": "PICOXN2",
        "model_name": "Pico Ultimate",
        "time_created": "2026-03-01T10:00:00.123Z",
        "properties": {
            "power_rating_import_kwh": 14.2,
            "capacity_kwh": 123,
            "power_rating_export_kwh": 7,
        },
        "last_seen": None,
    }
    assert second["properties"] == {
        "power_rating_import_kwh": None,
        "capacity_kwh": None,
        "power_rating_export_kwh": None,
    }
    assert site == {
        "id": site["id"],
        "object": "site",
        "live_mode": False,
        "status": "ACTIVE",
        "time_created": "2026-03-01T10:00:00.123Z",
        "account_id": tenant.account_id,
        "reference_id": "home-1",
        "location_id": site["id"].replace("ste_", "loc_"),
        "timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "metadata": {"plan": "green"},
    }


async def test_the_default_page_has_thirty_and_the_newest_come_first(tenant: Tenant) -> None:
    made = [(await tenant.site())["id"] for _ in range(31)]

    page = (await tenant.get("/sites")).json()

    assert [site["id"] for site in page["data"]] == made[:0:-1]
    assert page["has_more"] is True


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1e2", "", "10.0", "1_0", "%D9%A1"])
async def test_a_limit_that_is_no_whole_number_from_1_to_100_is_refused(
    tenant: Tenant, limit: str
) -> None:
    body = error(await tenant.get(f"/sites?limit={limit}"), 400, "limit_invalid", "limit")

    assert "between 1 and 100" in body["message"]
    assert body["context"] == "api.site_list"
    assert body["type"] == "invalid_request"


async def test_a_page_can_hold_a_hundred(tenant: Tenant) -> None:
    assert (await tenant.get("/sites?limit=100")).status_code == 200


async def test_both_cursors_at_once_are_refused(tenant: Tenant) -> None:
    site = (await tenant.site())["id"]

    answer = await tenant.get(f"/sites?starting_after={site}&ending_before={site}")

    error(answer, 400, "parameters_exclusive")


@pytest.mark.parametrize("name", ["starting_after", "ending_before"])
@pytest.mark.parametrize(
    "cursor",
    ["", "nonsense", "ste_", "ste_123", "STE_" + "0" * 32, "dev_" + "0" * 32, "ste_" + "G" * 32],
)
async def test_a_malformed_or_foreign_cursor_is_refused(
    tenant: Tenant, name: str, cursor: str
) -> None:
    error(await tenant.get(f"/sites?{name}={cursor}"), 400, f"{name}_invalid", name)


async def test_a_location_id_is_a_cursor_too(tenant: Tenant) -> None:
    older, newer = [await tenant.site() for _ in range(2)]

    page = (await tenant.get(f"/sites?starting_after={newer['location_id']}")).json()

    assert [site["id"] for site in page["data"]] == [older["id"]]


async def test_a_deleted_cursor_keeps_its_place(tenant: Tenant) -> None:
    older, middle, newer = [await tenant.site() for _ in range(3)]
    await tenant.delete(f"/sites/{middle['id']}")

    after = (await tenant.get(f"/sites?starting_after={middle['id']}")).json()
    before = (await tenant.get(f"/sites?ending_before={middle['id']}")).json()

    assert [site["id"] for site in after["data"]] == [older["id"]]
    assert [site["id"] for site in before["data"]] == [newer["id"]]


async def test_another_accounts_cursor_is_only_a_position(world: World, tenant: Tenant) -> None:
    older = await tenant.site()
    stranger = await world.tenant("a stranger")
    theirs = await stranger.site()
    newer = await tenant.site()

    page = (await tenant.get(f"/sites?ending_before={theirs['id']}")).json()

    assert [site["id"] for site in page["data"]] == [newer["id"]]
    page = (await tenant.get(f"/sites?starting_after={theirs['id']}")).json()
    assert [site["id"] for site in page["data"]] == [older["id"]]


async def test_an_unknown_parameter_is_refused_by_name(tenant: Tenant) -> None:
    body = error(await tenant.get("/sites?page=2"), 400, "parameter_unknown", "page")

    assert "starting_after" in body["message"]


async def test_a_repeated_parameter_is_refused(tenant: Tenant) -> None:
    error(await tenant.get("/sites?limit=3&limit=3"), 400, "limit_invalid", "limit")


async def test_all_faults_of_a_query_are_reported_at_once(tenant: Tenant) -> None:
    body = error(await tenant.get("/sites?limit=0&status=open&x=1"), 400, "parameter_unknown")

    assert {fault["code"] for fault in body["errors"]} == {
        "parameter_unknown",
        "limit_invalid",
        "status_invalid",
    }


async def test_a_query_that_is_not_utf8_is_refused(tenant: Tenant) -> None:
    error(await tenant.get("/sites?reference_id=%ff"), 400, "query_invalid")


async def test_sites_are_found_by_reference(tenant: Tenant) -> None:
    wanted = await tenant.site(reference_id="ключ 🔑 x&y")
    await tenant.site(reference_id="other")

    page = (await tenant.get("/sites", params={"reference_id": "ключ 🔑 x&y"})).json()

    assert [site["id"] for site in page["data"]] == [wanted["id"]]
    assert (await tenant.get("/sites?reference_id=none")).json()["data"] == []


async def test_sites_are_found_by_status_and_customer(tenant: Tenant) -> None:
    customer = (await tenant.make("/customers", {"reference_id": "c"}))["id"]
    theirs = await tenant.site(customer_id=customer, status="INACTIVE")
    await tenant.site(status="INACTIVE")
    await tenant.site()

    async def found(query: str) -> int:
        return len((await tenant.get(f"/sites?{query}")).json()["data"])

    assert await found("status=INACTIVE") == 2
    assert await found("status=ACTIVE") == 1
    page = (await tenant.get(f"/sites?customer_id={customer}")).json()
    assert [site["id"] for site in page["data"]] == [theirs["id"]]
    error(await tenant.get("/sites?customer_id=ste_1"), 400, "customer_id_invalid")


async def test_test_and_live_data_are_apart(tenant: Tenant) -> None:
    assert tenant.twin
    await tenant.site()

    assert (await tenant.twin.get("/sites")).json()["data"] == []
    live = await tenant.twin.site()
    assert live["live_mode"] is True
    assert len((await tenant.get("/sites")).json()["data"]) == 1


async def test_a_stranger_sees_nothing(world: World, tenant: Tenant) -> None:
    await tenant.site()
    stranger = await world.tenant("a stranger")

    assert (await stranger.get("/sites")).json()["data"] == []


async def test_the_page_is_compressed_when_the_client_asks(tenant: Tenant) -> None:
    for _ in range(5):
        await tenant.make("/sites", {"postal_address": AMSTERDAM})

    plain = await tenant.get("/sites", headers={"Accept-Encoding": "identity"})
    packed = await tenant.get("/sites", headers={"Accept-Encoding": "br;q=1, gzip"})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "accept-encoding"
    assert packed.json() == plain.json()
    refused = await tenant.get("/sites", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
