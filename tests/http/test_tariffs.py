"""Tariffs: making, reading, listing, changing, deleting them, and what that tells (contract 2)."""

import asyncio
from typing import Any

import pytest

from tests.support.tariff_bodies import body, entry, flat, hours
from tests.support.world import AMSTERDAM, Tenant, World, error
from wattyard.kernel import ids

FULL: dict[str, Any] = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2026-01-01",
    "contract_end_date": "2027-01-01T00:00:00+01:00",
    "display_name": "Day & night",
    "schedule": [
        {
            "months": ["All"],
            "dates": [],
            "days_and_hours": [
                {
                    "days": ["Weekdays"],
                    "hours": [
                        {
                            "valid_from": "07:00:00",
                            "valid_to": "23:00:00",
                            "rate": [{"value": 0.1934, "to_kwh": 300.0}, {"value": 0.2210}],
                        },
                        {
                            "valid_from": "23:00:00",
                            "valid_to": "07:00:00",
                            "rate": [{"value": 0.15}],
                        },
                    ],
                },
                {
                    "days": ["Weekends"],
                    "hours": [
                        {
                            "valid_from": "00:00:00",
                            "valid_to": "00:00:00",
                            "rate": [{"value": 0.12}],
                        }
                    ],
                },
            ],
        }
    ],
    "market_rates": False,
    "vat": 0.21,
    "vat_included": False,
    "tier_reset": "YEAR",
    "tier_scope": "PERIOD",
    "cap_per_kwh": 0.4,
    "floor_per_kwh": 0.0,
    "charges": [
        {"kind": "DAILY", "name": "standing charge", "amount": 0.53},
        {
            "kind": "DEMAND",
            "name": "peaks",
            "amount_per_kw": 4.5,
            "window_minutes": 15,
            "reset": "MONTH",
            "schedule": [
                {
                    "months": ["All"],
                    "dates": [],
                    "days_and_hours": [
                        {
                            "days": ["Weekdays"],
                            "hours": [{"valid_from": "17:00:00", "valid_to": "20:00:00"}],
                        }
                    ],
                }
            ],
        },
    ],
    "metadata": {"contract": "A-1"},
}


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def events(tenant: Tenant, limit: int = 10) -> list[dict[str, Any]]:
    """The newest events, newest first."""
    return (await tenant.get(f"/events?limit={limit}")).json()["data"]


async def test_a_tariff_answers_its_body_and_what_follows_from_it(tenant: Tenant) -> None:
    at = await place(tenant)

    answer = await tenant.post("/tariffs", {"location_id": at, **FULL})

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
        **FULL,
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


# Lists.


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


# Changing.


async def test_a_patch_merges_and_null_clears(tenant: Tenant) -> None:
    made = await tenant.make("/tariffs", {"location_id": await place(tenant), **FULL})
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
    made = await tenant.make("/tariffs", {"location_id": await place(tenant), **FULL})
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
    ({"contract_end_date": None}, "contract_end_date_invalid", "contract_end_date"),
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
    made = await tenant.post("/tariffs", {"location_id": await place(tenant), **FULL})
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
    given = {"location_id": await place(tenant), **FULL}
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


# Terms.

TERM = {"contract_start_date": "2026-01-01", "contract_end_date": "2027-01-01"}


@pytest.mark.parametrize(
    ("start", "end", "meets"),
    [
        ("2027-01-01", "2028-01-01", False),
        ("2025-01-01", "2026-01-01", False),
        ("2026-12-31T23:00:00Z", "2028-01-01", False),
        ("2026-12-31T22:59:59Z", "2028-01-01", True),
        ("2025-01-01", "2026-01-01T00:00:01+01:00", True),
        ("2025-01-01", "2030-01-01", True),
        ("2026-05-01", "2026-05-02", True),
        ("2026-01-01", "2027-01-01", True),
    ],
)
async def test_terms_of_one_kind_do_not_overlap(
    tenant: Tenant, start: str, end: str, meets: bool
) -> None:
    at = await place(tenant)
    first = await tenant.tariff(at, **TERM)
    given = {"location_id": at, **body(flat(0.3))}
    given |= {"contract_start_date": start, "contract_end_date": end}

    for path in ("/tariffs/check", "/tariffs"):
        answer = await tenant.post(path, given)
        if meets:
            assert first["id"] in error(answer, 422, "tariff_term_overlap")["message"]
        else:
            assert answer.status_code in (200, 201), answer.text


async def test_another_place_type_or_direction_does_not_overlap(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)

    await tenant.tariff(at, direction="EXPORT")
    await tenant.tariff(at, type="NON_COMMODITY")
    await tenant.tariff(await place(tenant))

    again = {"location_id": at, **body(flat(0.1)), "type": "NON_COMMODITY"}
    error(await tenant.post("/tariffs", again), 422, "tariff_term_overlap")


async def test_a_tariff_does_not_move_onto_another(tenant: Tenant) -> None:
    at = await place(tenant)
    first = await tenant.tariff(at, **TERM)
    second = await tenant.tariff(
        at, contract_start_date="2027-01-01", contract_end_date="2028-01-01"
    )
    export = await tenant.tariff(at, direction="EXPORT", **TERM)

    early = {"contract_start_date": "2026-12-31"}
    refused = error(
        await tenant.patch(f"/tariffs/{second['id']}", early), 422, "tariff_term_overlap"
    )
    assert first["id"] in refused["message"]
    turned = await tenant.patch(f"/tariffs/{export['id']}", {"direction": "IMPORT"})
    assert first["id"] in error(turned, 422, "tariff_term_overlap")["message"]
    longer = await tenant.patch(f"/tariffs/{second['id']}", {"contract_end_date": "2029-01-01"})
    assert longer.status_code == 200, "a tariff does not overlap itself"


async def test_devices_have_terms_of_their_own(tenant: Tenant) -> None:
    at = await place(tenant)
    car, pump = [(await tenant.device(at))["id"] for _ in range(2)]
    await tenant.tariff(at)

    for_car = await tenant.tariff(at, devices=[car])
    assert for_car["devices"] == [car]
    both = {"location_id": at, **body(flat(0.3)), "devices": [pump, car]}
    refused = error(await tenant.post("/tariffs", both), 422, "tariff_term_overlap")
    assert for_car["id"] in refused["message"]
    for_pump = await tenant.tariff(at, devices=[pump])
    turned = await tenant.patch(f"/tariffs/{for_pump['id']}", {"devices": []})
    error(turned, 422, "tariff_term_overlap")


async def test_a_device_must_be_the_accounts_and_at_the_place(world: World, tenant: Tenant) -> None:
    at, elsewhere = await place(tenant), await place(tenant)
    stranger = await world.tenant("a stranger")
    theirs = (await stranger.device(await place(stranger)))["id"]
    far = (await tenant.device(elsewhere))["id"]
    given = {"location_id": at, **body(flat(0.3))}

    refused = await tenant.post("/tariffs", {**given, "devices": [theirs]})
    error(refused, 404, "device_not_found", "devices")
    answer = await tenant.post("/tariffs", {**given, "devices": [far]})
    error(answer, 422, "device_not_at_location")


async def test_a_tariff_of_a_device_that_is_gone_can_still_be_changed(tenant: Tenant) -> None:
    at = await place(tenant)
    car = (await tenant.device(at))["id"]
    made = await tenant.tariff(at, devices=[car])
    await tenant.delete(f"/devices/{car}")

    changed = await tenant.patch(f"/tariffs/{made['id']}", {"display_name": "the car's"})

    assert changed.status_code == 200, changed.text
    moved = await tenant.patch(f"/tariffs/{made['id']}", {"location_id": await place(tenant)})
    error(moved, 404, "device_not_found", "devices")


async def test_of_two_at_once_exactly_one_is_connected(tenant: Tenant) -> None:
    at = await place(tenant)
    given = {"location_id": at, **body(flat(0.3))}

    answers = await asyncio.gather(*(tenant.post("/tariffs", given) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 5]
    for answer in answers:
        if answer.status_code == 422:
            error(answer, 422, "tariff_term_overlap")
    assert len((await tenant.get("/tariffs")).json()["data"]) == 1


async def test_two_moved_onto_one_term_at_once_do_not_both_get_it(tenant: Tenant) -> None:
    at = await place(tenant)
    years = [("2026-01-01", "2027-01-01"), ("2028-01-01", "2029-01-01")]
    made = [
        await tenant.tariff(at, contract_start_date=start, contract_end_date=end)
        for start, end in years
    ]
    middle = [{"contract_end_date": "2028-01-01"}, {"contract_start_date": "2027-01-01"}]

    answers = await asyncio.gather(
        *(
            tenant.patch(f"/tariffs/{one['id']}", change)
            for one, change in zip(made, middle, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422]


# What is told.


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


# Strangers.


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
