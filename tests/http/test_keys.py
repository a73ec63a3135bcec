"""Keys that authenticate by themselves: as bearer, by HTTP Basic, in the path (contract 9)."""

import asyncio
import io
from datetime import timedelta

import pytest

from tests.http.test_authentication import Stopwatch, claims_of, elsewhere, stopwatch
from tests.support.clock import FakeClock
from tests.support.world import SETTINGS, Tenant, World, basic, error
from wattyard.accounts.service import Accounts
from wattyard.accounts.service.accounts import KeyNotFound
from wattyard.platform.db import Database
from wattyard.platform.http.front import FrontDoor
from wattyard.platform.logs import Lines, RequestLog
from wattyard.platform.telemetry import Telemetry

__all__ = ["elsewhere", "stopwatch"]  # fixtures


async def test_a_key_calls_as_bearer_and_by_basic(tenant: Tenant) -> None:
    site = await tenant.site()
    for authorization in (f"Bearer {tenant.secret}", basic(tenant.account_id, tenant.secret)):
        listed = await tenant.http.get("/sites", headers={"Authorization": authorization})
        assert [one["id"] for one in listed.json()["data"]] == [site["id"]]
        assert listed.headers["ratelimit"]


async def test_a_key_sees_its_own_mode_only(tenant: Tenant) -> None:
    site = await tenant.site()
    assert tenant.twin
    live = {"Authorization": f"Bearer {tenant.twin.secret}"}
    answer = await tenant.http.get(f"/sites/{site['id']}", headers=live)
    error(answer, 404, "site_not_found")


async def test_a_revoked_key_is_refused_within_five_seconds_elsewhere(
    world: World, tenant: Tenant, elsewhere: Tenant, stopwatch: Stopwatch
) -> None:
    elsewhere.token = tenant.secret
    assert (await elsewhere.get("/sites")).status_code == 200
    assert tenant.caller.key_id
    await world.services.get(Accounts).revoke(world.context, tenant.caller.key_id)
    stopwatch.now += 5

    error(await elsewhere.get("/sites"), 401, "key_revoked")


async def test_wrong_keys_are_throttled_and_right_ones_pass(world: World, tenant: Tenant) -> None:
    wrong = {"Authorization": "Bearer sk_test_" + "x" * 40}
    answers = [await world.http.get("/sites", headers=wrong) for _ in range(25)]
    assert answers[0].status_code == 401
    error(answers[-1], 429, "rate_limited")
    right = {"Authorization": f"Bearer {tenant.secret}"}
    assert (await world.http.get("/sites", headers=right)).status_code == 200


async def test_the_use_of_a_key_is_noted(world: World, tenant: Tenant) -> None:
    key = await world.restricted(tenant, "sites:read")
    world.clock.forward(minutes=5)
    while (await key.get("/key")).json()["last_used"] is None:  # noqa: ASYNC110 (noted beside)
        await asyncio.sleep(0.01)
    shown = (await key.get("/key")).json()
    assert shown == {
        **shown,
        "object": "key",
        "type": "RESTRICTED",
        "scopes": ["sites:read"],
        "location_ids": None,
        "time_expiry": None,
        "account_id": tenant.account_id,
        "live_mode": False,
    }
    own = (await tenant.get("/key")).json()
    assert (own["type"], own["scopes"]) == ("SECRET", None)


async def test_a_restricted_key_needs_its_scope_before_anything_is_read(
    world: World, tenant: Tenant
) -> None:
    key = await world.restricted(tenant, "prices:read")
    body = error(await key.get("/sites?colour=red"), 403, "scope_missing")
    assert "sites:read" in body["message"]
    closed = error(await key.post("/sites", "no object"), 403, "scope_missing")
    assert "secret key" in closed["message"]
    error(await key.post("/prices", {}), 400, "end_time_missing")


async def test_reading_everything_writes_nothing(world: World, tenant: Tenant) -> None:
    key = await world.restricted(tenant, "*:read")
    for path in ("/sites", "/customers", "/tariffs", "/webhook-endpoints", "/events"):
        assert (await key.get(path)).status_code == 200
    error(await key.call("PUT", "/meters/interval", json=[]), 403, "scope_missing")
    site = await tenant.site()
    await tenant.tariff(site["location_id"])
    cost = {
        "location_id": site["location_id"],
        "start_time": "2026-02-01T10:00:00Z",
        "end_time": "2026-02-01T11:00:00Z",
        "energy_kwh": 1,
        "tariff_direction": "IMPORT",
        "energy_flow_direction": "INBOUND",
    }
    body = error(await key.post("/costs/instant", cost), 403, "scope_missing")
    assert "meters:write" in body["message"]


async def test_an_expired_key_is_refused_and_so_are_its_tokens(
    world: World, tenant: Tenant
) -> None:
    key = await world.restricted(
        tenant, "sites:read", expires=world.clock() + timedelta(minutes=10)
    )
    log_in = await world.http.post(
        "/auth/tokens", headers={"Authorization": basic(key.account_id, key.secret)}
    )
    token = log_in.json()
    assert 590 <= token["expires_in"] <= 600
    by_token = {"Authorization": f"Bearer {token['bearer_token']}"}
    assert (await key.get("/sites")).status_code == 200
    assert (await world.http.get("/sites", headers=by_token)).status_code == 200
    world.clock.forward(minutes=10)

    error(await key.get("/sites"), 401, "key_revoked")
    error(await world.http.get("/sites", headers=by_token), 401, "token_expired")


async def test_a_token_of_a_restricted_key_may_no_more_than_the_key(
    world: World, tenant: Tenant
) -> None:
    own, other = await tenant.site(), await tenant.site()
    key = await world.restricted(tenant, "sites:read", locations=[own["location_id"]])
    by_token = await world.log_in(key.account_id, key.secret)
    assert claims_of(by_token.token)["scope"] == "sites:read"
    listed = (await by_token.get("/sites")).json()["data"]
    assert [one["id"] for one in listed] == [own["id"]]
    error(await by_token.get(f"/sites/{other['id']}"), 404, "site_not_found")
    error(await by_token.get("/events"), 403, "scope_missing")


async def test_a_key_cannot_be_made_for_a_place_of_others(world: World, tenant: Tenant) -> None:
    stranger = await world.tenant("a stranger")
    theirs = await stranger.site()
    with pytest.raises(Exception, match="no location") as refused:
        await world.restricted(tenant, "sites:read", locations=[theirs["location_id"]])
    assert refused.value.first.code == "location_not_found"  # type: ignore[attr-defined]


async def test_a_kept_answer_is_not_replayed_to_another_restricted_key(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site()
    await tenant.tariff(site["location_id"])
    body = {"location_id": site["location_id"], "end_time": "2026-03-02T00:00:00Z"}
    once = {"Idempotency-Key": "again"}
    first, second = [await world.restricted(tenant, "prices:read") for _ in range(2)]
    ids = [
        (await one.post("/prices", body, headers=once)).json()["id"]
        for one in (tenant, first, first, second)
    ]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3
    lacking = await world.restricted(tenant, "sites:read")
    error(await lacking.post("/prices", body, headers=once), 403, "scope_missing")


async def test_a_token_for_an_account_without_keys_is_refused(world: World, tenant: Tenant) -> None:
    accounts = world.services.get(Accounts)
    context, account_id = world.context, tenant.caller.account_id
    text, seconds = await accounts.token_of(context, account_id, live_mode=False)
    assert seconds == 3600
    called = await world.http.get("/sites", headers={"Authorization": f"Bearer {text}"})
    assert called.status_code == 200
    assert tenant.caller.key_id
    await accounts.revoke(context, tenant.caller.key_id)
    with pytest.raises(KeyNotFound):
        await accounts.token_of(context, account_id, live_mode=False)


async def test_a_key_in_the_path_reads_and_leaves_no_trace(db: Database, clock: FakeClock) -> None:
    lines = Lines(stream := io.BytesIO())
    recorded = {Telemetry: Telemetry(db, RequestLog(lines))}
    async with World(db, clock, recorded) as world:
        tenant = await world.tenant()
        site = await tenant.site()
        key = await world.restricted(tenant, "sites:read")
        for method in ("GET", "HEAD"):
            answer = await world.http.request(method, f"/k/{key.secret}/sites")
            assert answer.status_code == 200
            assert answer.headers.get_list("cache-control") == ["private, no-store"]
            assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
        listed = (await world.http.get(f"/k/{key.secret}/sites")).json()
        assert (listed["url"], listed["data"][0]["id"]) == ("/sites", site["id"])
        unknown = await world.http.get(f"/k/{key.secret}/nothing")
        error(unknown, 404, "path_unknown")
        metrics = await world.http.get("/metrics")
        lines.flush()
        assert b'"route":"/k/***/sites"' in stream.getvalue()
        for text in (unknown.text, stream.getvalue().decode(), metrics.text, str(listed)):
            assert key.secret not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_a_key_in_the_path_changes_nothing(world: World, tenant: Tenant, method: str) -> None:
    key = await world.restricted(tenant, "*:read", "meters:write")
    answer = await world.http.request(method, f"/k/{key.secret}/sites")
    body = error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["cache-control"] == "private, no-store"
    assert key.secret not in body["message"]


async def test_only_a_restricted_key_may_be_in_the_path(world: World, tenant: Tenant) -> None:
    answer = await world.http.get(f"/k/{tenant.secret}/sites")
    error(answer, 404, "path_unknown")
    assert tenant.secret not in answer.text
    error(await world.http.get("/k/"), 404, "path_unknown")
    wrong = await world.http.get(f"/k/rk_test_{'x' * 40}/sites")
    error(wrong, 401, "credentials_invalid")
    assert wrong.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/v1/k/{}/sites", "/K/{}", "/k/rk_test_x/k/{}/sites"])
async def test_a_key_in_a_path_that_leads_nowhere_is_not_shown(
    world: World, tenant: Tenant, path: str
) -> None:
    key = await world.restricted(tenant, "sites:read")
    for secret in (key.secret, tenant.secret):
        body = error(await world.http.get(path.format(secret)), 404, "path_unknown")
        assert secret not in body["message"]
        assert "***" in body["message"]


async def test_pages_may_use_a_restricted_key_but_no_secret_one(
    world: World, tenant: Tenant
) -> None:
    app: FrontDoor = world.app
    app.open_to(frozenset({b"https://app.example.com"}))
    try:
        key = await world.restricted(tenant, "sites:read")
        origin = {"Origin": "https://app.example.com"}
        for path, headers, opened in (
            ("/sites", {"Authorization": f"Bearer {key.secret}"}, True),
            (f"/k/{key.secret}/sites", {}, True),
            (f"/k/{key.secret}/nothing", {}, True),
            ("/sites", {"Authorization": f"Bearer {tenant.secret}"}, False),
            ("/sites", {"Authorization": basic(key.account_id, key.secret)}, False),
            (f"/k/{tenant.secret}/sites", {}, False),
            ("/sites", {"Authorization": f"Bearer {key.secret}", "Cookie": "a=b"}, False),
        ):
            answer = await world.http.get(path, headers=origin | headers)
            assert ("access-control-allow-origin" in answer.headers) is opened, path
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in answer.headers["vary"].title()
        asked = origin | {"Access-Control-Request-Method": "GET"}
        preflight = await world.http.options(f"/k/{key.secret}/sites", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-max-age"] == "600"
    finally:
        app.open_to(SETTINGS.origins)
