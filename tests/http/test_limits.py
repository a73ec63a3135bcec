"""Rate limits, throttled log-ins, the account, metrics."""

from io import BytesIO

import httpx
import pytest

from tests.support.world import SETTINGS, Tenant, World, basic, error
from wattyard import app
from wattyard.kernel.buckets import Buckets
from wattyard.platform.logs import Lines, RequestLog
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry


async def test_a_bucket_fills_at_its_rate_and_holds_its_burst() -> None:
    now = 0.0
    buckets = Buckets(rate=2, burst=3, now=lambda: now)

    assert [buckets.take("a").admitted for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b").admitted
    now = 0.5
    assert buckets.take("a").admitted
    refused = buckets.take("a")
    assert not refused.admitted
    assert refused.retry_after_seconds == pytest.approx(0.5)
    now = 100
    assert buckets.take("a").remaining == 2


async def test_an_account_past_its_rate_is_told_when_to_come_back(
    world: World, tenant: Tenant
) -> None:
    app = world.another(Settings(rate_limit=2))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as http:
        answers = [await http.get("/sites", headers=tenant.headers) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429]
        assert answers[0].headers["ratelimit-policy"] == '"default";q=4;w=2'
        assert answers[0].headers["ratelimit"] == '"default";r=3;t=1'
        body = error(answers[4], 429, "rate_limited")
        assert body["type"] == "rate_limit"
        assert int(answers[4].headers["retry-after"]) >= 1
        assert tenant.twin
        other = await http.get("/sites", headers=tenant.twin.headers)
        assert other.status_code == 200


async def test_no_limit_sends_no_headers(world: World, tenant: Tenant) -> None:
    app = world.another(Settings(rate_limit=0))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as http:
        assert "ratelimit" not in (await http.get("/sites", headers=tenant.headers)).headers


async def test_failed_log_ins_are_throttled_and_right_ones_pass(
    world: World, tenant: Tenant
) -> None:
    wrong = {"Authorization": basic(tenant.account_id, "sk_test_" + "x" * 40)}
    right = {"Authorization": basic(tenant.account_id, tenant.secret)}
    codes = [(await world.http.post("/auth/tokens", headers=wrong)).status_code for _ in range(25)]

    assert codes == [401] * 20 + [429] * 5
    throttled = await world.http.post("/auth/tokens", headers=wrong)
    error(throttled, 429, "rate_limited")
    assert int(throttled.headers["retry-after"]) >= 1
    assert (await world.http.post("/auth/tokens", headers=right)).status_code == 200
    world.clock.forward(seconds=6)
    assert (await world.http.post("/auth/tokens", headers=wrong)).status_code == 401


async def test_the_account_tells_its_name_and_what_it_has(tenant: Tenant) -> None:
    await tenant.site(status="INACTIVE")
    await tenant.site(devices=[{"reference_id": "d", "type": "OTHER"}])
    await tenant.make("/customers", {})

    assert (await tenant.get("/account")).json() == {
        "id": tenant.account_id,
        "object": "account",
        "name": "a maker",
        "live_mode": False,
        "time_created": "2026-03-01T10:00:00.123Z",
        "usage": {"sites": 2, "connected_sites": 1, "devices": 1, "customers": 1},
    }


async def test_metrics_are_for_this_machine_or_the_operators_token(
    world: World, tenant: Tenant
) -> None:
    await tenant.site()
    await tenant.get("/sites?limit=0")
    text = (await world.http.get("/metrics")).text
    assert 'wattyard_requests_total{operation="site_create",status="201"} 1.0' in text
    assert 'wattyard_requests_total{operation="site_list",status="400"} 1.0' in text
    assert 'wattyard_request_seconds_bucket{le="+Inf",operation="site_create"} 1.0' in text
    assert 'wattyard_events_total{type="site.create"} 1.0' in text
    assert 'wattyard_database_connections{state="idle"}' in text
    assert "wattyard_database_waiting 0.0" in text
    assert "wattyard_database_pool_size 6.0" in text
    assert tenant.account_id not in text

    async def ask(app: object, address: str, **headers: str) -> int:
        transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return (await http.get("/metrics", headers=headers)).status_code

    assert await ask(world.app, "192.0.2.7") == 404
    guarded = world.another(Settings(metrics_token="operator"))
    assert await ask(guarded, "127.0.0.1") == 404
    assert await ask(guarded, "192.0.2.7", Authorization="Bearer operator") == 200
    assert await ask(guarded, "192.0.2.7", Authorization="Bearer other") == 404
    for header in ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"):
        passed_on = {header: "127.0.0.1"}
        assert await ask(world.app, "127.0.0.1", **passed_on) == 404, header
        passed_on["Authorization"] = "Bearer operator"
        assert await ask(guarded, "127.0.0.1", **passed_on) == 200, header


async def test_a_log_line_tells_the_request_and_no_secret(world: World, tenant: Tenant) -> None:
    stream = BytesIO()
    request_log = RequestLog(Lines(stream))
    telemetry = Telemetry(world.db, request_log)
    front = app.assemble(
        app.services(world.db, SETTINGS, contexts=tenant.contexts, given={Telemetry: telemetry})
    )
    tenant.http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=front), base_url="http://test"
    )
    async with tenant.http:
        answer = await tenant.post(
            "/sites", {"timezone": "UTC", "currency_code": "EUR", "reference_id": "hush"}
        )
    request_log.flush()
    said = stream.getvalue().decode()

    for part in (
        answer.headers["request-id"],
        tenant.account_id,
        '"route":"/sites"',
        '"status":201',
        '"ms":',
    ):
        assert part in said
    for secret in ("hush", tenant.token, tenant.secret):
        assert secret not in said
