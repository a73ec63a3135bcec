"""Transport: versions, methods, media types, bodies that are not JSON (contract 0)."""

import gzip
import json

import pytest

from tests.support.faults import without_table
from tests.support.world import AMSTERDAM, Tenant, World, basic, error
from wattyard.platform.db import Database

JSON = {"Content-Type": "application/json"}


NOT_SERVED = [
    ("2025-09-14.anode", 422, "api_version_not_supported"),
    ("2026-07-31.busbar", 422, "api_version_not_supported"),
    ("2024-02-29.zero", 422, "api_version_not_supported"),
    ("2020-01-01.yotta", 422, "api_version_not_supported"),
    ("2026-08-01.anode", 400, "version_unknown"),
    ("2026-08-02.busbar", 400, "version_unknown"),
    ("2023-02-29.zero", 400, "version_unknown"),
    ("2025-13-01.busbar", 400, "version_unknown"),
    ("2025-09-14.cathode", 400, "version_unknown"),
    ("2025-09-14", 400, "version_unknown"),
    ("2025-09-14.busbar2", 400, "version_unknown"),
    ("\u0662\u0660\u0662\u0665-09-14.busbar", 400, "version_unknown"),
    ("", 400, "version_unknown"),
    ("latest", 400, "version_unknown"),
]


@pytest.mark.parametrize(("release", "status", "code"), NOT_SERVED)
async def test_a_release_that_is_not_served_is_refused(
    world: World, tenant: Tenant, release: str, status: int, code: str
) -> None:
    headers = {"Flatpeak-Version": release.encode()}
    for path in ("/sites", "/health/live"):
        answer = await tenant.get(path, headers=headers)
        body = error(answer, status, code, "Flatpeak-Version")
        assert "2026-08-01.busbar" in body["message"]
        assert answer.headers["flatpeak-version"] == "2026-08-01.busbar"
        assert (body["context"] == "api") is (status == 422)


async def test_the_served_release_is_accepted(tenant: Tenant) -> None:
    served = await tenant.get("/sites", headers={"Flatpeak-Version": "2026-08-01.busbar"})
    assert served.status_code == 200


async def test_a_release_is_judged_after_the_token(world: World, tenant: Tenant) -> None:
    old = {"Flatpeak-Version": "2025-09-14.anode"}
    error(await world.http.get("/sites", headers=old), 401, "token_missing")
    error(await world.http.post("/auth/tokens", headers=old), 401, "credentials_invalid")
    credentials = {"Authorization": basic(tenant.account_id, tenant.secret)}
    answer = await world.http.post("/auth/tokens", headers=old | credentials)
    error(answer, 422, "api_version_not_supported")


async def test_an_unknown_path_is_404(world: World) -> None:
    for path in ("/x", "/site", "/sites/", "/v1/sites", "/sites/x/y"):
        error(await world.http.get(path), 404, "path_unknown")


async def test_a_wrong_method_is_405_with_the_right_ones(world: World) -> None:
    answer = await world.http.put("/sites")

    error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_a_body_of_another_media_type_is_415(tenant: Tenant) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await tenant.call(
            "POST", "/sites", content=b"{}", headers={"Content-Type": media_type}
        )
        error(answer, 415, "media_type_unsupported")


async def test_a_compressed_body_is_415_where_none_is_read(tenant: Tenant) -> None:
    answer = await tenant.call(
        "POST",
        "/customers",
        content=gzip.compress(b"{}"),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )

    assert "Content-Encoding" in error(answer, 415, "media_type_unsupported")["message"]


@pytest.mark.parametrize("path", ["/market-sources", "/tariffs"])
async def test_an_answer_does_not_grow_with_the_faults_of_a_body(tenant: Tenant, path: str) -> None:
    answer = await tenant.post(path, {f"strange_{n}": n for n in range(20_000)})

    faults = error(answer, 400, "parameter_unknown", "strange_0")["errors"]
    assert len(faults) == 1000
    assert len(answer.content) < 1_000_000


async def test_a_media_type_with_parameters_is_read(tenant: Tenant) -> None:
    answer = await tenant.call(
        "POST",
        "/sites",
        content=json.dumps({"postal_address": AMSTERDAM}).encode(),
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert answer.status_code == 201


async def test_a_body_over_the_limit_is_413_before_it_is_read_whole(tenant: Tenant) -> None:
    answer = await tenant.call("POST", "/sites", content=b" " * 1_153_434, headers=JSON)
    error(answer, 413, "body_too_large")

    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 65536
            yield b" " * 65536

    error(
        await tenant.call("POST", "/sites", content=endless(), headers=JSON), 413, "body_too_large"
    )
    assert sent < 2_000_000


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"status": "ACTIVE", ', "line 1 column"),
        (b'{\n  "status": NaN}', "line 2 column 13: NaN"),
        (b'{"max_power_import_kw": Infinity}', "Infinity"),
        (b"", "line 1 column 1"),
        (b"{'a': 1}", "line 1 column 2"),
        (b'{"a": 1}{}', "line 1 column"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "UTF-8"),
        (b'{"reference_id": "a\x00b"}', "line 1 column"),
        (b"[" * 10_000, "nested too deeply"),
        (b'{"devices":' * 10_000, "nested too deeply"),
        (b'{"max_power_import_kw": ' + b"9" * 5000 + b"}", "not valid JSON"),
    ],
)
async def test_what_is_not_json_is_refused_with_its_place(
    tenant: Tenant, raw: bytes, says: str
) -> None:
    body = error(
        await tenant.call("POST", "/sites", content=raw, headers=JSON), 400, "json_invalid"
    )

    assert says in body["message"]


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (rb'{"reference_id": "a\u0000b"}', "reference_id"),
        (rb'{"reference_id": "a\ud800b"}', "reference_id"),
        (rb'{"metadata": {"k": "a\u0000b"}}', "metadata"),
        (rb'{"metadata": {"\udfff": "v"}}', "metadata"),
        (rb'{"max_power_import_kw": 1e400}', "max_power_import_kw"),
        (rb'{"postal_address": {"city": "a\u0007"}}', "postal_address.city"),
        (rb'{"reference_id": "line\n"}', "reference_id"),
    ],
)
async def test_text_that_cannot_be_kept_is_refused_by_name(
    tenant: Tenant, raw: bytes, param: str
) -> None:
    code = f"{param.rpartition('.')[2]}_invalid"
    answer = await tenant.call("POST", "/sites", content=raw, headers=JSON)

    error(answer, 400, code, param)


async def test_a_backslash_before_u0000_is_only_text(tenant: Tenant) -> None:
    site = await tenant.site(reference_id="a\\u0000b")

    assert site["reference_id"] == "a\\u0000b"


async def test_head_is_answered_like_get(tenant: Tenant) -> None:
    assert (await tenant.call("HEAD", "/sites")).status_code == 200


async def test_health_and_documents_need_no_token(world: World) -> None:
    for path in ("/health/live", "/health/ready", "/openapi.json", "/docs"):
        assert (await world.http.get(path)).status_code == 200


async def test_a_server_without_its_database_says_so(database_url: str, world: World) -> None:
    from tests.support.clock import FakeClock

    away = Database(database_url.replace("wattyard-", "nowhere-"))
    broken = World(away, FakeClock(world.clock.now))
    answer = await broken.http.get("/health/ready")

    assert answer.headers["retry-after"] == "1"
    body = error(answer, 503, "unavailable")
    assert body["type"] == "api_error"


async def test_our_own_fault_is_told_without_its_innards(world: World, tenant: Tenant) -> None:
    async with without_table(world.db, "sites"):
        answer = await tenant.get("/sites")

    body = error(answer, 500, "internal_error")
    assert body["type"] == "api_error"
    assert "relation" not in answer.text
    assert "SELECT" not in answer.text


@pytest.mark.parametrize("text", ["2026", "0", "1e9", "2026-01-01", "2026-01-01T00:00:00"])
async def test_a_time_in_a_query_is_no_number_and_has_an_offset(tenant: Tenant, text: str) -> None:
    error(await tenant.get(f"/events?created_after={text}"), 400, "created_after_invalid")
