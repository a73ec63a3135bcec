"""Changing tariffs: merge patches, tags, suppliers' own ones (contract 2)."""

from typing import Any

from tests.support.tariff_bodies import EVERYTHING, entry, flat, hours
from tests.support.world import AMSTERDAM, Tenant, World, error
from wattyard.kernel import ids


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def events(tenant: Tenant, limit: int = 10) -> list[dict[str, Any]]:
    """The newest events, newest first."""
    return (await tenant.get(f"/events?limit={limit}")).json()["data"]


async def test_a_patch_merges_and_null_clears(tenant: Tenant) -> None:
    made = await tenant.make("/tariffs", {"location_id": await place(tenant), **EVERYTHING})
    path = f"/tariffs/{made['id']}"

    changed = await tenant.patch(
        path,
        {"display_name": None, "vat": 0.09, "metadata": {"more": "x"}, "cap_per_kwh": None},
    )

    assert changed.status_code == 200, changed.text
    assert changed.json() == {
        **made,
        "display_name": None,
        "vat": 0.09,
        "metadata": {"contract": "A-1", "more": "x"},
        "cap_per_kwh": None,
    }
    without = (await tenant.patch(path, {"metadata": {"contract": None}})).json()
    assert without["metadata"] == {"more": "x"}
    assert (await tenant.get(path)).json() == without


async def test_a_schedule_is_replaced_whole_and_judged_again(tenant: Tenant) -> None:
    made = await tenant.make("/tariffs", {"location_id": await place(tenant), **EVERYTHING})
    path = f"/tariffs/{made['id']}"
    half = [entry(("All", hours(("00:00", "12:00", 0.1))))]

    error(await tenant.patch(path, {"schedule": half}), 422, "gap_in_time_period")
    assert (await tenant.get(path)).json() == made
    changed = (await tenant.patch(path, {"schedule": flat(0.3)})).json()

    assert len(changed["schedule"]) == 1
    assert changed["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"] == [{"value": 0.3}]
    error(await tenant.patch(path, {"schedule": []}), 400, "schedule_invalid", "schedule")
    error(await tenant.patch(path, {"schedule": None}), 400, "schedule_invalid", "schedule")


async def test_a_longer_term_is_judged_for_the_days_it_adds(tenant: Tenant) -> None:
    months = ["Jan", "Feb", "Mar"]
    winter = [{**flat(0.1)[0], "months": months}]
    made = await tenant.tariff(
        await place(tenant),
        schedule=winter,
        contract_start_date="2026-01-01",
        contract_end_date="2026-04-01",
    )

    longer = await tenant.patch(f"/tariffs/{made['id']}", {"contract_end_date": "2026-05-01"})

    refused = error(longer, 422, "incomplete_time_period")
    assert "2026-04-01" in refused["message"]


BAD_CHANGES: list[Any] = [
    ({"id": "trf_" + "0" * 32}, "parameter_unknown", "id"),
    ({"status": "ERROR"}, "parameter_unknown", "status"),
    ({"connection_type": "DIRECT"}, "parameter_unknown", "connection_type"),
    ({"timezone": "Europe/Paris"}, "parameter_unknown", "timezone"),
    ({"contract_end_date": "2019-01-01"}, "contract_end_date_invalid", "contract_end_date"),
    ({"vat": 1.5}, "vat_invalid", "vat"),
    ({"metadata": {"k": "v" * 501}}, "metadata_invalid", "metadata"),
    ({"direction": None}, "direction_invalid", "direction"),
]


async def test_bad_changes_are_refused(tenant: Tenant) -> None:
    made = await tenant.tariff(await place(tenant))
    path = f"/tariffs/{made['id']}"

    for change, code, param in BAD_CHANGES:
        error(await tenant.patch(path, change), 400, code, param)

        assert (await tenant.get(path)).json() == made


async def test_etags_guard_reads_changes_and_deletion(tenant: Tenant) -> None:
    made = await tenant.post("/tariffs", {"location_id": await place(tenant), **EVERYTHING})
    path, tag = f"/tariffs/{made.json()['id']}", made.headers["etag"]

    unchanged = await tenant.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    changed = await tenant.patch(path, {"vat": 0.2}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert (await tenant.get(path, headers={"If-None-Match": tag})).status_code == 200
    late = await tenant.patch(path, {"vat": 0.1}, headers={"If-Match": tag})
    error(late, 412, "precondition_failed")
    error(await tenant.delete(path, headers={"If-Match": tag}), 412, "precondition_failed")
    assert (await tenant.get(path)).json()["vat"] == 0.2
    gone = await tenant.delete(path, headers={"If-Match": changed.headers["etag"]})
    assert gone.json() == {"id": made.json()["id"], "object": "tariff", "deleted": True}
    error(await tenant.get(path), 404, "tariff_not_found")
    error(await tenant.delete(path), 404, "tariff_not_found")


async def test_a_repeated_key_makes_one_tariff(tenant: Tenant) -> None:
    given = {"location_id": await place(tenant), **EVERYTHING}
    key = {"Idempotency-Key": "once"}

    first = await tenant.post("/tariffs", given, headers=key)
    again = await tenant.post("/tariffs", given, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await tenant.get("/tariffs")).json()["data"]) == 1


async def test_a_suppliers_tariff_is_not_touched(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    path = f"/tariffs/{made['id']}"
    async with world.db.transaction() as db:
        await db.execute(
            "UPDATE tariffs SET connection_type = 'DIRECT' WHERE account = $1 AND id = $2",
            tenant.caller.account,
            ids.read(made["id"], "trf", param="id"),
        )

    error(await tenant.patch(path, {"display_name": "mine"}), 422, "tariff_linked")
    error(await tenant.delete(path), 422, "tariff_linked")

    kept = (await tenant.get(path)).json()
    assert kept == {**made, "connection_type": "DIRECT", "is_linked": True}


async def test_a_tariff_in_error_neither_prices_nor_stands_in_the_way(
    world: World, tenant: Tenant
) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    async with world.db.transaction() as db:
        await db.execute(
            "UPDATE tariffs SET status = 'ERROR' WHERE account = $1 AND id = $2",
            tenant.caller.account,
            ids.read(made["id"], "trf", param="id"),
        )
    question = {"location_id": at, "end_time": "2026-03-02T00:00:00Z"}

    error(await tenant.post("/prices", question), 422, "no_tariff_connected")
    (listed,) = (await tenant.get("/tariffs?status=ERROR")).json()["data"]
    assert listed == {**made, "status": "ERROR"}
    await tenant.tariff(at)
    assert (await tenant.post("/prices", question)).status_code == 200


async def test_a_suppliers_tariff_is_judged_after_the_shape_of_the_change(
    world: World, tenant: Tenant
) -> None:
    made = await tenant.tariff(await place(tenant))
    async with world.db.transaction() as db:
        await db.execute(
            "UPDATE tariffs SET connection_type = 'DIRECT' WHERE account = $1",
            tenant.caller.account,
        )

    answer = await tenant.patch(f"/tariffs/{made['id']}", {"vat": "much"})

    error(answer, 400, "vat_invalid", "vat")


async def test_a_name_can_change_although_another_zone_of_the_place_made_terms_meet(
    tenant: Tenant,
) -> None:
    site = await tenant.make("/sites", {"timezone": "Europe/Amsterdam", "currency_code": "EUR"})
    home = site["location_id"]
    days = {"contract_start_date": "2026-01-01", "contract_end_date": "2027-01-01"}
    dated = await tenant.tariff(home, **days)
    instants = {"contract_start_date": "2026-12-31T23:00:00Z", "contract_end_date": "2028-01-01"}
    await tenant.tariff(home, **instants)
    await tenant.patch(f"/sites/{site['id']}", {"timezone": "America/New_York"})

    named = await tenant.patch(f"/tariffs/{dated['id']}", {"display_name": "Old house"})
    assert (named.status_code, named.json().get("display_name")) == (200, "Old house")
    longer = await tenant.patch(f"/tariffs/{dated['id']}", {"contract_end_date": "2027-02-01"})
    error(longer, 422, "tariff_term_overlap")
