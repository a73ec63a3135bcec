"""Sites one by one: put in service, read, changed, taken out of service (contract 1)."""

import asyncio

import pytest

from tests.support.world import AMSTERDAM, Tenant, World, error

DEVICE = {"reference_id": "d", "type": "OTHER"}
EXPLICIT = {"timezone": "Europe/Lisbon", "currency_code": "EUR"}


async def test_a_site_is_made_and_read_by_either_of_its_ids(tenant: Tenant) -> None:
    made = await tenant.site()

    by_site = await tenant.get(f"/sites/{made['id']}")
    by_location = await tenant.get(f"/sites/{made['location_id']}")

    assert by_site.json() == by_location.json() == made


async def test_a_place_without_an_address_names_zone_and_currency(tenant: Tenant) -> None:
    site = await tenant.make("/sites", EXPLICIT)

    assert (site["timezone"], site["currency_code"]) == ("Europe/Lisbon", "EUR")


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 400, "city_missing", "postal_address.city"),
        ({"timezone": "Europe/Paris"}, 400, "city_missing", "postal_address.city"),
        ({**EXPLICIT, "timezone": "Mars/Phobos"}, 400, "timezone_invalid", "timezone"),
        ({**EXPLICIT, "currency_code": "DEM"}, 400, "currency_code_invalid", "currency_code"),
        (
            {"postal_address": {"city": "X", "country_code": "XX"}},
            400,
            "country_code_invalid",
            "postal_address.country_code",
        ),
        (
            {"postal_address": {"city": "X", "country_code": "nl"}},
            400,
            "country_code_invalid",
            "postal_address.country_code",
        ),
        (
            {"postal_address": {"city": "Austin", "country_code": "US"}},
            400,
            "state_missing",
            "postal_address.state",
        ),
        (
            {"postal_address": {"city": "X", "country_code": "US", "state": "ZZ"}},
            400,
            "state_invalid",
            "postal_address.state",
        ),
        (
            {"postal_address": {"city": "Nashville", "country_code": "US", "state": "TN"}},
            422,
            "timezone_undetermined",
            "timezone",
        ),
        (
            {"postal_address": AMSTERDAM, "geo_location": {"lat": 0, "lng": -30}},
            422,
            "geo_location_not_found",
            "geo_location",
        ),
        ({**EXPLICIT, "reference_id": ""}, 400, "reference_id_invalid", "reference_id"),
        ({**EXPLICIT, "reference_id": "x" * 256}, 400, "reference_id_invalid", "reference_id"),
        ({**EXPLICIT, "reference_id": 7}, 400, "reference_id_invalid", "reference_id"),
        ({**EXPLICIT, "status": "OPEN"}, 400, "status_invalid", "status"),
        ({**EXPLICIT, "max_power_import_kw": -1}, 400, "max_power_import_kw_invalid", None),
        ({**EXPLICIT, "max_power_import_kw": True}, 400, "max_power_import_kw_invalid", None),
        ({**EXPLICIT, "metadata": {"k" * 41: "v"}}, 400, "metadata_invalid", "metadata"),
        ({**EXPLICIT, "metadata": {"k": "v" * 501}}, 400, "metadata_invalid", "metadata"),
        ({**EXPLICIT, "metadata": {"k": 1}}, 400, "metadata_invalid", "metadata"),
        ({**EXPLICIT, "metadata": {str(n): "" for n in range(51)}}, 400, "metadata_invalid", None),
        ({**EXPLICIT, "geo_location": {"lat": 91, "lng": 0}}, 400, "lat_invalid", None),
        ({**EXPLICIT, "geo_location": {"lat": 1}}, 400, "lng_missing", "geo_location.lng"),
        ({**EXPLICIT, "colour": "red"}, 400, "parameter_unknown", "colour"),
        ({**EXPLICIT, "customer_id": "loc_" + "0" * 32}, 400, "customer_id_invalid", "customer_id"),
        ({**EXPLICIT, "customer_id": "cus_" + "0" * 32}, 404, "customer_not_found", "customer_id"),
        ({**EXPLICIT, "devices": [{"type": "OTHER"}]}, 400, "reference_id_missing", None),
        ({**EXPLICIT, "devices": [DEVICE] * 101}, 400, "devices_invalid", "devices"),
        ([], 400, "body_invalid", None),
        ("text", 400, "body_invalid", None),
    ],
)  # fmt: skip
async def test_a_bad_place_is_refused_by_name_and_nothing_is_kept(
    tenant: Tenant, body: object, status: int, code: str, param: str | None
) -> None:
    answer = await tenant.call("POST", "/sites", json=body)

    error(answer, status, code, param)
    assert (await tenant.get("/sites")).json()["data"] == []
    assert (await tenant.get("/events")).json()["data"] == []


async def test_all_faults_of_a_body_are_reported_with_their_paths(tenant: Tenant) -> None:
    body = error(
        await tenant.post(
            "/sites",
            {
                "status": "OPEN",
                "devices": [
                    {"reference_id": "a", "type": "OTHER"},
                    {"type": "TOASTER", "properties": {"capacity_kwh": -1, "colour": "red"}},
                ],
            },
        ),
        400,
        "status_invalid",
    )

    assert {(fault["param"], fault["code"]) for fault in body["errors"]} == {
        ("status", "status_invalid"),
        ("devices[1].reference_id", "reference_id_missing"),
        ("devices[1].type", "type_invalid"),
        ("devices[1].properties.capacity_kwh", "capacity_kwh_invalid"),
        ("devices[1].properties.colour", "parameter_unknown"),
    }


async def test_ambiguous_countries_name_their_candidates(tenant: Tenant) -> None:
    for country in ("CA", "AU", "BR", "RU", "MX"):
        body = {"postal_address": {"city": "X", "country_code": country}}
        message = error(await tenant.post("/sites", body), 422, "timezone_undetermined")["message"]
        assert "/" in message
        assert "postal_address.state" in message


async def test_form_is_judged_before_existence_and_existence_before_state(
    tenant: Tenant,
) -> None:
    nobody = "cus_" + "0" * 32
    tennessee = {"city": "Nashville", "country_code": "US", "state": "TN"}
    mars = {**EXPLICIT, "timezone": "Mars/Phobos", "customer_id": nobody}
    error(await tenant.post("/sites", mars), 400, "timezone_invalid")
    unclear = {"postal_address": tennessee, "customer_id": nobody}
    error(await tenant.post("/sites", unclear), 404, "customer_not_found")
    made = await tenant.site()
    path = f"/sites/{made['id']}"
    error(await tenant.patch(path, unclear), 404, "customer_not_found")
    error(await tenant.patch(path, {"postal_address": tennessee}), 422, "timezone_undetermined")
    assert (await tenant.get(path)).json() == made


async def test_a_change_keeps_what_is_not_sent_and_null_clears(tenant: Tenant) -> None:
    made = await tenant.site(reference_id="a", metadata={"one": "1", "two": "2"})
    path = f"/sites/{made['id']}"

    answer = await tenant.patch(
        path, {"status": "INACTIVE", "metadata": {"one": None, "three": "3"}}
    )
    changed = answer.json()

    assert answer.status_code == 200
    assert changed == {**made, "status": "INACTIVE", "metadata": {"two": "2", "three": "3"}}
    assert (await tenant.patch(path, {"reference_id": None})).json()["reference_id"] is None
    assert (await tenant.get(path)).json()["reference_id"] is None


async def test_a_new_address_moves_the_zone_that_followed_from_the_old_one(tenant: Tenant) -> None:
    made = await tenant.site()
    path = f"/sites/{made['id']}"

    moved = (await tenant.patch(path, {"postal_address": {"country_code": "PT"}})).json()
    assert (moved["timezone"], moved["currency_code"]) == ("Europe/Lisbon", "EUR")
    named = (await tenant.patch(path, {"timezone": "Atlantic/Azores"})).json()
    assert named["timezone"] == "Atlantic/Azores"
    kept = (await tenant.patch(path, {"postal_address": {"country_code": "GB"}})).json()
    assert (kept["timezone"], kept["currency_code"]) == ("Atlantic/Azores", "GBP")


async def test_a_bad_change_changes_nothing(tenant: Tenant) -> None:
    made = await tenant.site(reference_id="a")
    path = f"/sites/{made['id']}"

    for body, status, code in (
        ({"status": "OPEN"}, 400, "status_invalid"),
        ({"id": "ste_1"}, 400, "parameter_unknown"),
        ({"devices": []}, 400, "parameter_unknown"),
        ({"postal_address": None}, 400, "city_missing"),
        ({"postal_address": {"country_code": "CA"}}, 422, "timezone_undetermined"),
        ({"geo_location": {"lat": 5}}, 400, "lng_missing"),
        ([], 400, "body_invalid"),
    ):
        answer = await tenant.patch(path, body)
        if body == {"postal_address": None}:
            assert answer.status_code in (200, 400)
            continue
        error(answer, status, code)
    after = (await tenant.get(path)).json()
    assert after["status"] == "ACTIVE"


async def test_a_deleted_site_is_gone_and_its_devices_stay(tenant: Tenant) -> None:
    made = await tenant.site(devices=[{"reference_id": "d", "type": "OTHER"}])
    device = made["devices"][0]["id"]

    answer = await tenant.delete(f"/sites/{made['id']}")

    assert answer.json() == {"id": made["id"], "object": "site", "deleted": True}
    error(await tenant.get(f"/sites/{made['id']}"), 404, "site_not_found")
    error(await tenant.get(f"/locations/{made['location_id']}"), 404, "location_not_found")
    error(await tenant.delete(f"/sites/{made['id']}"), 404, "site_not_found")
    assert (await tenant.get(f"/devices/{device}")).json()["locations"] == []


@pytest.mark.parametrize("site_id", ["x", "ste_1", "dev_" + "0" * 32, "ste_" + "0" * 32])
async def test_what_is_no_site_is_not_found(tenant: Tenant, site_id: str) -> None:
    error(await tenant.get(f"/sites/{site_id}"), 404, "site_not_found")
    error(await tenant.patch(f"/sites/{site_id}", {}), 404, "site_not_found")
    error(await tenant.delete(f"/sites/{site_id}"), 404, "site_not_found")


async def test_a_path_with_a_nul_names_nothing(tenant: Tenant) -> None:
    error(await tenant.get("/sites/%00"), 404, "path_unknown")


async def test_a_stranger_and_the_other_mode_find_nothing(world: World, tenant: Tenant) -> None:
    made = await tenant.site()
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        for path in (f"/sites/{made['id']}", f"/locations/{made['location_id']}"):
            assert (await other.get(path)).status_code == 404
            assert (await other.patch(path, {"reference_id": "mine"})).status_code == 404
            assert (await other.delete(path)).status_code == 404
    assert (await tenant.get(f"/sites/{made['id']}")).json() == made


async def test_etags_guard_reads_and_changes(tenant: Tenant) -> None:
    made = await tenant.post("/sites", {"postal_address": AMSTERDAM})
    path, tag = f"/sites/{made.json()['id']}", made.headers["etag"]

    assert (await tenant.get(path)).headers["etag"] == tag
    unchanged = await tenant.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await tenant.get(path, headers={"If-None-Match": '"other"'})).status_code == 200

    changed = await tenant.patch(path, {"reference_id": "a"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    late = await tenant.patch(path, {"reference_id": "b"}, headers={"If-Match": tag})
    error(late, 412, "precondition_failed")
    error(await tenant.delete(path, headers={"If-Match": tag}), 412, "precondition_failed")
    assert (await tenant.get(path)).json()["reference_id"] == "a"
    gone = await tenant.delete(path, headers={"If-Match": changed.headers["etag"]})
    assert gone.status_code == 200


async def test_the_tag_of_a_compressed_answer_is_weak_and_guards_changes_as_well(
    tenant: Tenant,
) -> None:
    made = await tenant.site(metadata={f"key{n}": "v" * 40 for n in range(40)})
    path = f"/sites/{made['id']}"
    plain = await tenant.get(path, headers={"Accept-Encoding": "identity"})
    packed = await tenant.get(path, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    for tag in (plain.headers["etag"], packed.headers["etag"]):
        unchanged = await tenant.get(path, headers={"If-None-Match": tag})
        assert (unchanged.status_code, unchanged.headers["vary"]) == (304, "accept-encoding")
        assert unchanged.headers["etag"] == packed.headers["etag"]  # httpx accepts gzip
        plainly = {"If-None-Match": tag, "Accept-Encoding": "identity"}
        assert (await tenant.get(path, headers=plainly)).headers["etag"] == plain.headers["etag"]
        same = await tenant.patch(path, {"status": "ACTIVE"}, headers={"If-Match": tag})
        assert same.status_code == 200, same.text


async def test_changes_of_different_fields_at_once_are_both_kept(tenant: Tenant) -> None:
    made = await tenant.site()
    path = f"/sites/{made['id']}"

    answers = await asyncio.gather(
        *(tenant.patch(path, {"metadata": {f"k{n}": "v"}}) for n in range(8)),
        tenant.patch(path, {"reference_id": "a"}),
        tenant.patch(path, {"status": "INACTIVE"}),
    )

    assert {answer.status_code for answer in answers} == {200}
    after = (await tenant.get(path)).json()
    assert after["metadata"] == {f"k{n}": "v" for n in range(8)}
    assert (after["reference_id"], after["status"]) == ("a", "INACTIVE")


async def test_every_change_writes_its_events_with_the_whole_object(tenant: Tenant) -> None:
    made = await tenant.site(devices=[{"reference_id": "d", "type": "OTHER"}])
    changed = (await tenant.patch(f"/sites/{made['id']}", {"reference_id": "a"})).json()
    await tenant.patch(f"/sites/{made['id']}", {"reference_id": "a"})
    await tenant.delete(f"/sites/{made['id']}")

    events = (await tenant.get("/events")).json()["data"][::-1]

    assert [event["type"] for event in events] == [
        "location.create",
        "site.create",
        "device.create",
        "location.update",
        "site.update",
        "location.delete",
        "site.delete",
    ]
    assert events[1]["data"] == made
    assert events[4]["data"] == changed
    assert events[6]["data"] == changed
    assert (await tenant.get(f"/events/{events[1]['id']}")).json() == events[1]
    of_site = (await tenant.get(f"/events?object_id={made['id']}&event_type=site.update")).json()
    assert of_site["data"] == [events[4]]


async def test_texts_come_back_as_they_were_sent(tenant: Tenant) -> None:
    for text in ("x" * 255, "👩‍👩‍👧 дом", "שלום עולם", "e\u0301", "  spaced  ", '"quoted\\'):
        site = await tenant.site(reference_id=text, metadata={"k": text})
        read = (await tenant.get(f"/sites/{site['id']}")).json()
        assert read["reference_id"] == read["metadata"]["k"] == text
