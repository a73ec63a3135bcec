"""Pages in browsers: only those of listed origins read answers (contract 9, CORS)."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.support.world import SETTINGS, Tenant, World, basic
from wattyard.platform.settings import SettingInvalid, Settings

APP = "https://app.example.com"
ASKS = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    settings = replace(SETTINGS, cors_origins=f"{APP}, http://localhost:5173")
    transport = httpx.ASGITransport(app=world.another(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def allowed(answer: httpx.Response) -> dict[str, str]:
    return {n: v for n, v in answer.headers.items() if n.startswith("access-control-")}


@pytest.mark.parametrize("origin", [APP, "http://localhost:5173"])
async def test_a_browser_may_ask_for_a_page_of_a_listed_origin(
    http: httpx.AsyncClient, origin: str
) -> None:
    answer = await http.options("/sites", headers={"Origin": origin} | ASKS)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-max-age"] == "600"
    assert "Authorization" in answer.headers["access-control-allow-headers"].split(", ")
    assert "PATCH" in answer.headers["access-control-allow-methods"].split(", ")
    assert answer.headers["vary"] == "origin"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"), [("/sites", 200), ("/nowhere", 404), ("/sites?x=1", 400)]
)
async def test_a_page_of_a_listed_origin_reads_answers_and_errors(
    http: httpx.AsyncClient, tenant: Tenant, path: str, status: int
) -> None:
    answer = await http.get(path, headers=tenant.headers | {"Origin": APP})

    assert answer.status_code == status
    assert allowed(answer) == {
        "access-control-allow-origin": APP,
        "access-control-expose-headers": (
            "Request-Id, ETag, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, "
            "Flatpeak-Version"
        ),
    }
    assert "origin" in answer.headers["vary"]


async def test_a_page_may_learn_that_it_is_not_logged_in(http: httpx.AsyncClient) -> None:
    answer = await http.get("/sites", headers={"Origin": APP})
    assert (answer.status_code, allowed(answer)["access-control-allow-origin"]) == (401, APP)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{APP}.evil.example", APP.upper(), f"{APP}:8443", "null"]
)
async def test_pages_of_other_origins_read_nothing(
    http: httpx.AsyncClient, tenant: Tenant, origin: str
) -> None:
    asked = await http.options("/sites", headers={"Origin": origin} | ASKS)
    answer = await http.get("/sites", headers=tenant.headers | {"Origin": origin})
    assert (asked.status_code, answer.status_code) == (405, 200)
    assert allowed(asked) == allowed(answer) == {}
    assert answer.headers["vary"] == "origin"


async def test_no_page_reads_an_answer_to_a_secret_key_or_with_a_cookie(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    key = {"Authorization": basic(tenant.account_id, tenant.secret)}
    for method, path, headers in (
        ("POST", "/auth/tokens", key),
        ("GET", "/sites", {"Authorization": f"Bearer {tenant.secret}"}),
        ("GET", "/sites", tenant.headers | {"Cookie": "wattyard=1"}),
    ):
        answer = await http.request(method, path, headers=headers | {"Origin": APP})
        assert allowed(answer) == {}


async def test_without_origins_a_server_says_nothing_of_them(tenant: Tenant) -> None:
    answer = await tenant.get("/sites", headers={"Origin": APP})
    assert allowed(answer) == {}
    assert "vary" not in answer.headers
    asked = await tenant.http.options("/sites", headers={"Origin": APP} | ASKS)
    assert (asked.status_code, allowed(asked)) == (405, {})


@pytest.mark.parametrize("wrong", ["*", "null", f"{APP}/", "app.example.com", f"{APP} {APP}"])
def test_only_exact_origins_are_taken(wrong: str) -> None:
    with pytest.raises(SettingInvalid, match="WATTYARD_CORS_ORIGINS"):
        Settings(cors_origins=wrong)
