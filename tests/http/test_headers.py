"""Headers that keep pages and secrets from others, and metrics of the server itself."""

import re
from http import HTTPMethod

import pytest

from tests.support.declared import filled
from tests.support.world import Tenant, World
from wattyard.app import ENDPOINTS


async def test_every_page_may_load_only_what_it_holds(world: World) -> None:
    pages = [one for one in ENDPOINTS if one.media_type.startswith("text/html")]
    assert pages
    for page in pages:
        answer = await world.http.get(filled(page.path, {"page": "webhooks"}))
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
            "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert not re.search(r"<style|<[^>]+ (style|on[a-z]+)=", answer.text)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(("method", "path"), [("POST", "/auth/tokens"), ("GET", "/login")])
async def test_no_cache_keeps_a_token(
    world: World, tenant: Tenant, method: HTTPMethod, path: str
) -> None:
    right = await world.http.request(method, path, auth=(tenant.account_id, tenant.secret))
    wrong = await world.http.request(method, path, auth=(tenant.account_id, "no"))
    assert (right.status_code, wrong.status_code) == (200, 401)
    assert {one.headers["cache-control"] for one in (right, wrong)} == {"no-store"}


async def test_no_cache_keeps_a_webhook_secret(tenant: Tenant) -> None:
    body = {"url": "https://example.com/hook", "event_types": ["*"]}
    made = await tenant.post("/webhook-endpoints", body, headers={"Idempotency-Key": "a"})
    assert made.json()["secret"]
    assert made.headers["cache-control"] == "no-store"


async def test_metrics_tell_of_the_server_itself(world: World) -> None:
    text = (await world.http.get("/metrics")).text
    assert re.search(r'^wattyard_build_info{version="\d[^"]*"} 1.0$', text, re.MULTILINE)
    assert re.search(r"^wattyard_requests_in_flight 1.0$", text, re.MULTILINE)
    for name in ("process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"):
        assert re.search(rf"^{name} \d", text, re.MULTILINE)
