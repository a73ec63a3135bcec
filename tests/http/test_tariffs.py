"""Tariffs: making, reading, listing, changing, deleting them, and what that tells (contract 2)."""

from typing import Any

import pytest

from tests.support.tariff_bodies import EVERYTHING, body, flat
from tests.support.world import AMSTERDAM, Tenant, World, error
from wattyard.kernel import ids


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def events(tenant: Tenant, limit: int = 10) -> list[dict[str, Any]]:
    """The newest events, newest first."""
    return (await tenant.get(f"/events?limit={limit}")).json()["data"]


async def test_a_tariff_answers_its_body_and_what_follows_from_it(tenant: Tenant) -> None:
    at = await place(tenant)

    answer = await tenant.post("/tariffs", {"location_id": at, **EVERYTHING})

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert ids.read(made["id"], "trf", param="id")
    assert made == {
        "id": made["id"],
        "object": "tariff",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        "location_id": at,
        **EVERYTHING,
        "minimum_charge": None,
        "provider_id": None,
        "market_source_id": None,
        "devices": [],
        "is_linked": False,
        "connection_type": "MANUAL",
        "status": "CONNECTED",
        "is_temporary": False,
        "timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
    }
    read = await tenant.get(f"/tariffs/{made['id']}")
    assert read.json() == made
    assert read.headers["etag"] == answer.headers["etag"]


async def test_what_is_left_out_has_its_documented_default(tenant: Tenant) -> None:
    made = await tenant.make("/tariffs", {"location_id": await place(tenant), **body(flat(0.2))})

    assert made["market_rates"] is False
    assert made["vat_included"] is True
    assert (made["tier_reset"], made["tier_scope"]) == ("MONTH", "TARIFF")
    assert (made["devices"], made["charges"], made["metadata"]) == ([], [], {})
    for name in ("vat", "cap_per_kwh", "floor_per_kwh", "display_name", "provider_id"):
        assert made[name] is None


async def test_a_tariff_that_follows_the_market_is_called_so(tenant: Tenant) -> None:
    source = await tenant.market_source()
    rate = [{"surcharge_fixed": 0.02, "surcharge_percentage": 0.21}]

    made = await tenant.tariff(
        await place(tenant), market_rates=True, market_source_id=source["id"], schedule=flat(rate)
    )

    assert (made["connection_type"], made["is_linked"]) == ("MARKET", False)
    assert made["market_source_id"] == source["id"]
    assert made["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"] == rate


async def test_the_id_of_a_site_is_taken_for_that_of_its_location(tenant: Tenant) -> None:
    at = await place(tenant)

    made = await tenant.tariff(at.replace("loc_", "ste_"))

    assert made["location_id"] == at


@pytest.mark.parametrize(
    ("kind", "direction"),
    [
        ("COMMODITY", "IMPORT"),
        ("COMMODITY", "EXPORT"),
        ("COMMODITY", "LOCAL"),
        ("NON_COMMODITY", "IMPORT"),
    ],
)
async def test_the_four_kinds_live_side_by_side(tenant: Tenant, kind: str, direction: str) -> None:
    at = await place(tenant)
    for other in (
        ("COMMODITY", "IMPORT"),
        ("COMMODITY", "EXPORT"),
        ("COMMODITY", "LOCAL"),
        ("NON_COMMODITY", "IMPORT"),
    ):
        if other != (kind, direction):
            await tenant.tariff(at, type=other[0], direction=other[1])

    made = await tenant.tariff(at, type=kind, direction=direction)

    assert (made["type"], made["direction"]) == (kind, direction)


@pytest.mark.parametrize("path", ["/tariffs", "/tariffs/check"])
async def test_network_fees_for_export_are_refused(tenant: Tenant, path: str) -> None:
    given = {"location_id": await place(tenant), **body(flat(0.1))}
    given |= {"type": "NON_COMMODITY", "direction": "EXPORT"}

    error(await tenant.post(path, given), 400, "tariff_type_invalid")


async def test_an_export_tariff_does_not_become_network_fees(tenant: Tenant) -> None:
    made = await tenant.tariff(await place(tenant), direction="EXPORT")

    refused = await tenant.patch(f"/tariffs/{made['id']}", {"type": "NON_COMMODITY"})

    error(refused, 400, "tariff_type_invalid")


async def test_lists_are_filtered_and_paged_newest_first(tenant: Tenant) -> None:
    here, there = await place(tenant), await place(tenant)
    a = await tenant.tariff(here)
    b = await tenant.tariff(here, type="NON_COMMODITY")
    c = await tenant.tariff(here, direction="EXPORT")
    d = await tenant.tariff(there)

    async def listed(query: str) -> list[str]:
        answer = (await tenant.get(f"/tariffs{query}")).json()
        assert (answer["object"], answer["url"]) == ("list", "/tariffs")
        return [one["id"] for one in answer["data"]]

    assert await listed("") == [d["id"], c["id"], b["id"], a["id"]]
    assert await listed(f"?location_id={here}") == [c["id"], b["id"], a["id"]]
    assert await listed(f"?location_id={here.replace('loc_', 'ste_')}&type=COMMODITY") == [
        c["id"],
        a["id"],
    ]
    assert await listed("?direction=EXPORT") == [c["id"]]
    assert await listed("?type=NON_COMMODITY&direction=IMPORT") == [b["id"]]
    assert await listed("?status=CONNECTED&limit=2") == [d["id"], c["id"]]
    assert await listed("?status=ERROR") == []
    first = (await tenant.get("/tariffs?limit=1")).json()
    assert (first["has_more"], first["data"]) == (True, [d])
    assert await listed(f"?starting_after={c['id']}") == [b["id"], a["id"]]
    assert await listed(f"?ending_before={a['id']}&limit=1") == [b["id"]]
    assert await listed(f"?ending_before={a['id']}&direction=EXPORT") == [c["id"]]


BAD_FILTERS: list[Any] = [
    ("type=GAS", "type_invalid"),
    ("direction=import", "direction_invalid"),
    ("status=ACTIVE", "status_invalid"),
    ("location_id=loc_1", "location_id_invalid"),
    ("limit=0", "limit_invalid"),
    ("starting_after=cus_" + "0" * 32, "starting_after_invalid"),
    (f"starting_after=trf_{'0' * 32}&ending_before=trf_{'0' * 32}", "parameters_exclusive"),
    ("colour=red", "parameter_unknown"),
]


async def test_bad_filters_are_refused(tenant: Tenant) -> None:
    for query, code in BAD_FILTERS:
        error(await tenant.get(f"/tariffs?{query}"), 400, code)


async def test_a_filter_by_a_strangers_location_shows_nothing(world: World, tenant: Tenant) -> None:
    stranger = await world.tenant("a stranger")
    at = await place(stranger)
    await stranger.tariff(at)

    answer = await tenant.get(f"/tariffs?location_id={at}")

    assert answer.status_code in (200, 404)
    assert answer.json().get("data", []) == []


async def test_the_list_goes_on_behind_a_deleted_tariff(tenant: Tenant) -> None:
    at = await place(tenant)
    old = await tenant.tariff(at)
    cursor = await tenant.tariff(at, direction="EXPORT")
    await tenant.delete(f"/tariffs/{cursor['id']}")

    page = (await tenant.get(f"/tariffs?starting_after={cursor['id']}")).json()

    assert [one["id"] for one in page["data"]] == [old["id"]]


async def test_strangers_and_the_other_mode_find_no_tariff(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    path = f"/tariffs/{made['id']}"
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        error(await other.get(path), 404, "tariff_not_found")
        error(await other.patch(path, {"vat": 0.1}), 404, "tariff_not_found")
        error(await other.delete(path), 404, "tariff_not_found")
        assert (await other.get("/tariffs")).json()["data"] == []
        given = {"location_id": at, **body(flat(0.1)), "direction": "EXPORT"}
        error(await other.post("/tariffs", given), 404, "location_not_found", "location_id")
        error(await other.post("/tariffs/check", given), 404, "location_not_found", "location_id")
        theirs = await other.tariff(await place(other))
        moved = await other.patch(f"/tariffs/{theirs['id']}", {"location_id": at})
        assert moved.status_code in (400, 404), moved.text
    assert (await tenant.get(path)).json() == made
