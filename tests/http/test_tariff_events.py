"""What is told of tariffs, and what places show of them (contracts 1, 2 and 5)."""

from typing import Any

from tests.support.tariff_bodies import body, flat
from tests.support.world import AMSTERDAM, Tenant, World, error
from wattyard.tariffs.service import Listings


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def events(tenant: Tenant, limit: int = 10) -> list[dict[str, Any]]:
    """The newest events, newest first."""
    return (await tenant.get(f"/events?limit={limit}")).json()["data"]


async def test_every_change_is_told_with_whole_objects(tenant: Tenant) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    told = await events(tenant)
    assert [one["type"] for one in told if one["type"].startswith("tariff")] == ["tariff.create"]
    assert next(one for one in told if one["type"] == "tariff.create")["data"] == made
    updates = [one for one in told if one["type"] == "location.update"]
    assert len(updates) == 1
    assert updates[0]["data"] == (await tenant.get(f"/locations/{at}")).json()
    assert [one["tariff_id"] for one in updates[0]["data"]["tariffs"]] == [made["id"]]

    changed = (await tenant.patch(f"/tariffs/{made['id']}", {"vat": 0.1})).json()
    (latest,) = (await tenant.get("/events?event_type=tariff.update")).json()["data"]
    assert latest["data"] == changed

    await tenant.delete(f"/tariffs/{made['id']}")
    (latest,) = (await tenant.get("/events?event_type=tariff.delete")).json()["data"]
    assert latest["data"] == changed
    updates = (await tenant.get("/events?event_type=location.update")).json()["data"]
    assert updates[0]["data"]["tariffs"] == []
    by_object = (await tenant.get(f"/events?object_id={made['id']}")).json()["data"]
    assert [one["type"] for one in by_object] == ["tariff.delete", "tariff.update", "tariff.create"]


async def test_a_refused_or_idle_change_tells_nothing(tenant: Tenant) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    before = await events(tenant)

    error(
        await tenant.post("/tariffs", {"location_id": at, **body(flat(0.1))}),
        422,
        "tariff_term_overlap",
    )
    await tenant.patch(f"/tariffs/{made['id']}", {"vat": None})
    await tenant.patch(f"/tariffs/{made['id']}", {"vat": 7})
    checked = {"location_id": at, **body(flat(0.1)), "direction": "EXPORT"}
    assert (await tenant.post("/tariffs/check", checked)).status_code == 200

    assert await events(tenant) == before


async def test_a_place_shows_its_tariffs(tenant: Tenant) -> None:
    at = await place(tenant)
    first = await tenant.tariff(at, display_name="one")
    second = await tenant.tariff(at, direction="EXPORT")
    await tenant.tariff(await place(tenant))

    async def shown() -> list[dict[str, Any]]:
        return (await tenant.get(f"/locations/{at}")).json()["tariffs"]

    assert [one["tariff_id"] for one in await shown()] == [first["id"], second["id"]]
    assert (await shown())[0] == {
        "tariff_id": first["id"],
        "location_id": at,
        "type": "COMMODITY",
        "direction": "IMPORT",
        "status": "CONNECTED",
        "connection_type": "MANUAL",
        "display_name": "one",
        "is_temporary": False,
        "provider": None,
    }
    listed = (await tenant.get("/locations")).json()["data"][1]
    assert listed["tariffs"] == await shown()
    await tenant.patch(f"/tariffs/{first['id']}", {"display_name": "uno"})
    assert [one["display_name"] for one in await shown()] == ["uno", None]
    (told, *_) = (await tenant.get("/events?event_type=location.update")).json()["data"]
    assert told["data"]["tariffs"] == await shown()
    await tenant.patch(f"/locations/{at}", {"reference_id": "kept"})
    assert len(await shown()) == 2
    await tenant.delete(f"/tariffs/{first['id']}")
    assert [one["tariff_id"] for one in await shown()] == [second["id"]]


async def test_a_tariff_that_moves_is_shown_where_it_is(tenant: Tenant) -> None:
    here, there = await place(tenant), await place(tenant)
    made = await tenant.tariff(here)

    moved = await tenant.patch(f"/tariffs/{made['id']}", {"location_id": there})

    assert moved.status_code == 200, moved.text
    assert moved.json() == {**made, "location_id": there}
    assert (await tenant.get(f"/tariffs/{made['id']}")).json() == moved.json()
    assert (await tenant.get(f"/locations/{here}")).json()["tariffs"] == []
    (shown,) = (await tenant.get(f"/locations/{there}")).json()["tariffs"]
    assert (shown["tariff_id"], shown["location_id"]) == (made["id"], there)
    told = (await tenant.get("/events?event_type=location.update")).json()["data"][:2]
    assert {one["data"]["id"] for one in told} == {here, there}


async def test_a_tariff_does_not_move_where_another_is(tenant: Tenant) -> None:
    here, there = await place(tenant), await place(tenant)
    made, other = await tenant.tariff(here), await tenant.tariff(there)

    moved = await tenant.patch(f"/tariffs/{made['id']}", {"location_id": there})

    assert other["id"] in error(moved, 422, "tariff_term_overlap")["message"]


async def test_a_deleted_location_takes_its_tariffs_along(tenant: Tenant) -> None:
    at, other = await place(tenant), await place(tenant)
    made, kept = await tenant.tariff(at), await tenant.tariff(other)

    await tenant.delete(f"/locations/{at}")

    error(await tenant.get(f"/tariffs/{made['id']}"), 404, "tariff_not_found")
    assert (await tenant.get("/tariffs")).json()["data"] == [kept]
    told = (await tenant.get("/events?event_type=tariff.delete")).json()["data"]
    assert [one["data"] for one in told] == [made]


async def test_a_deleted_customer_takes_its_places_tariffs_along(tenant: Tenant) -> None:
    customer = await tenant.make("/customers", {})
    made = [await tenant.tariff(await place(tenant, customer_id=customer["id"])) for _ in range(2)]

    await tenant.delete(f"/customers/{customer['id']}")

    assert (await tenant.get("/tariffs")).json()["data"] == []
    told = (await tenant.get("/events?event_type=tariff.delete")).json()["data"]
    assert {one["data"]["id"] for one in told} == {one["id"] for one in made}


async def test_the_doctor_finds_and_mends_a_location_that_lists_other_tariffs(
    world: World, tenant: Tenant
) -> None:
    home = (await tenant.site())["location_id"]
    made = await tenant.tariff(home)
    listings = world.services.get(Listings)
    assert await listings.differing(tenant.context) == []
    async with world.db.transaction() as db:
        await db.execute(
            "UPDATE sites SET tariffs = '[]' WHERE account = $1", tenant.caller.account
        )

    (wrong,) = await listings.differing(tenant.context, repair=True)

    assert f"loc_{wrong.hex}" == home
    assert await listings.differing(tenant.context) == []
    shown = (await tenant.get(f"/locations/{home}")).json()["tariffs"]
    assert [one["tariff_id"] for one in shown] == [made["id"]]
