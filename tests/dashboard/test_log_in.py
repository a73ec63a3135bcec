"""Coming into the dashboard and leaving it, as a browser does."""

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, words
from tests.support.world import SETTINGS, Tenant, World
from wattyard.people.domain import Invitation, Role, SignedIn
from wattyard.people.service import LogIn, People, Sessions
from wattyard.platform.db import Database
from wattyard.platform.logs import Lines, RequestLog
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry

PASSWORD = "correct horse battery"


@pytest.fixture
async def world(db: Database, clock: FakeClock) -> AsyncIterator[World]:
    """A server that lets people in over plain HTTP, and so at the tests' address."""
    settings = replace(SETTINGS, insecure_dashboard=1)
    async with World(db, clock, {Settings: settings}) as world:
        yield world


@pytest.fixture
async def visitor(world: World, tenant: Tenant) -> Browser:
    """A browser that is not logged in."""
    browser = await Browser.of(world, tenant)
    browser.token = ""
    return browser


async def link(world: World, tenant: Tenant, email: str = "", *, by_operator: bool = True) -> str:
    """Invite somebody to the tenant's account: the path of the link."""
    email = email or f"{world.context.new_id().hex}@example.com"
    by = None
    if not by_operator:
        (owner, *_) = await world.services.get(People).members(tenant.context)
        by = owner.person
    invitation = Invitation(email, "Ada", tenant.caller.account, Role.OWNER)
    _, token = await world.services.get(People).invite(tenant.context, invitation, by)
    return f"/dashboard/link/{token}"


def cookie(answer: httpx.Response) -> Any:
    """The session's cookie that an answer sets."""
    for header in answer.headers.get_list("set-cookie"):
        found = SimpleCookie(header)
        if "wattyard" in found:
            return found["wattyard"]
    return None


async def come(visitor: Browser, path: str) -> httpx.Response:
    answer = await visitor.post(path)
    found = cookie(answer)
    visitor.token = found.value if found else visitor.token
    return answer


async def test_opening_a_link_changes_nothing_and_its_button_lets_in_once(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    path = await link(world, tenant)
    for _ in range(3):
        shown = await visitor.get(path)
        assert shown.status_code == 200
        assert shown.text.count("<form") == 1
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert cookie(shown) is None

    answer = await come(visitor, path)

    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/person")
    found = cookie(answer)
    assert (found["path"], found["samesite"], found["httponly"]) == ("/", "Lax", True)
    assert found["secure"] == ""
    assert (await visitor.get("/dashboard")).headers["location"] == visitor.base
    visitor.token = ""
    for again in (await visitor.post(path), await visitor.get(path)):
        assert again.status_code == 422
        assert "was used, or it has expired" in words(again)
        assert again.headers["referrer-policy"] == "no-referrer"
        assert cookie(again) is None


async def test_a_link_that_has_expired_says_so(
    world: World, tenant: Tenant, clock: FakeClock, visitor: Browser
) -> None:
    path = await link(world, tenant)
    clock.forward(hours=24)
    answer = await visitor.post(path)
    assert answer.status_code == 422
    assert "ask whoever sent it for another one" in words(answer)


async def test_the_token_of_a_link_is_in_no_log_and_no_metric(
    db: Database, clock: FakeClock
) -> None:
    lines = Lines(stream := io.BytesIO())
    settings = replace(SETTINGS, insecure_dashboard=1)
    given = {Settings: settings, Telemetry: Telemetry(db, RequestLog(lines))}
    async with World(db, clock, given) as world:
        tenant = await world.tenant()
        path = await link(world, tenant)
        visitor = Browser(world.http, "", UUID(int=0))
        for address in (path, f"{path}/more", f"{path}?x"):
            await visitor.get(address)
        await come(visitor, path)
        metrics = (await world.http.get("/metrics")).text
        lines.flush()
        logged = stream.getvalue().decode()
    assert '"route":"/dashboard/link/{token}"' in logged
    assert path.rpartition("/")[2] not in metrics + logged


async def test_a_browser_may_say_no_origin_on_the_pages_of_a_link_alone(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    """A page without a referrer sends `Origin: null`, says the Fetch standard."""
    path = await link(world, tenant)
    unnamed = {"Origin": "null"}
    for address, status in (
        (path, 303),
        ("/dashboard/login", 401),
        ("/dashboard/person", 403),
        ("/dashboard/logout", 303),
    ):
        answer = await visitor.post(address, headers=unnamed)
        assert answer.status_code == status
        foreign = await visitor.post(address, headers=unnamed | {"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403


async def test_a_browser_says_nothing_of_the_site_over_plain_http(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    """`Sec-Fetch-Site` is sent over trustworthy connections only, says Fetch Metadata."""
    path = await link(world, tenant)
    for address, origin, status in (
        ("/dashboard/login", "http://test", 401),
        ("/dashboard/login", "http://evil.example", 403),
        ("/dashboard/login", "null", 403),
        (path, "http://evil.example", 403),
        (path, "null", 303),
    ):
        answer = await visitor.http.post(address, headers={"Origin": origin})
        assert answer.status_code == status
    here = {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}
    assert (await visitor.http.post("/dashboard/login", headers=here)).status_code == 403


async def test_logging_in_makes_a_new_session_and_ends_the_one_before(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    await come(visitor, await link(world, tenant))
    before = visitor.token
    await come(visitor, await link(world, tenant))
    assert visitor.token != before
    sessions = world.services.get(Sessions)
    assert await sessions.signed_in(world.context, before) is None


async def test_a_session_that_somebody_else_chose_is_not_taken(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    visitor.token = "A" * 43
    answer = await come(visitor, await link(world, tenant))
    assert answer.status_code == 303
    assert visitor.token != "A" * 43


async def with_password(world: World, tenant: Tenant) -> str:
    """Make somebody with a password: their address."""
    email = f"{world.context.new_id().hex}@example.com"
    path = await link(world, tenant, email)
    log_in = world.services.get(LogIn)
    person = await log_in.by_link(world.context, path.rpartition("/")[2], present=None)
    session = SignedIn(person.id, person, (), by_link=True)
    await log_in.set_password(world.context, session, password=PASSWORD, present="")
    return email


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/dashboard/acc_1/test/sites?limit=3", "/dashboard/acc_1/test/sites?limit=3"),
        ("https://evil.example/dashboard", "/dashboard"),
        ("//evil.example/dashboard", "/dashboard"),
        ("/dashboard//evil.example", "/dashboard"),
        ("/dashboard/../docs", "/dashboard"),
        ("/dashboard/%2E%2e/docs", "/dashboard"),
        ("/dashboard.evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("/dashboard/\r\nSet-Cookie: a=b", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("", "/dashboard"),
    ],
)
async def test_a_log_in_leads_to_pages_of_the_dashboard_only(
    world: World, tenant: Tenant, wanted: str, led_to: str
) -> None:
    browser = await Browser.of(world, tenant)
    answer = await browser.get("/dashboard/login", params={"next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, led_to)


async def test_a_password_lets_in_and_a_wrong_one_keeps_what_was_typed(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    email = await with_password(world, tenant)
    wanted = f"{visitor.base}/sites"

    wrong = await visitor.post(
        "/dashboard/login", {"email": email, "password": "wrong", "next": wanted}
    )
    assert wrong.status_code == 401
    assert "do not match" in words(wrong)
    assert email in wrong.text
    assert wanted in wrong.text
    assert cookie(wrong) is None

    right = {"email": email, "password": PASSWORD, "next": wanted}
    answer = await visitor.post("/dashboard/login", right)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    assert cookie(answer) is not None


async def test_whoever_comes_to_another_cell_than_their_account_s_is_told_so(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    email, said = await with_password(world, tenant), "This log-in page is for cell c3 alone"
    wrong = {"email": email, "password": "wrong"}
    assert said not in words(await visitor.post("/dashboard/login", wrong))
    async with world.db.transaction() as db:
        await db.execute("INSERT INTO cells VALUES (true, 3)")
        await db.execute(
            "UPDATE accounts SET move_stage = 'MOVED' WHERE account = $1", tenant.caller.account
        )
    try:
        assert said in words(await visitor.post("/dashboard/login", wrong))
        answer = await visitor.post("/dashboard/login", wrong | {"password": PASSWORD})
        visitor.token = cookie(answer).value
        assert said in words(await visitor.get("/dashboard"))
    finally:
        async with world.db.transaction() as db:
            await db.execute("DELETE FROM cells")


async def test_a_form_that_outlived_its_session_is_shown_again_after_the_log_in(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    email = await with_password(world, tenant)
    lost = await visitor.post("/dashboard/person", {"name": "Zoë <3"})
    assert lost.status_code == 401
    kept = '{"to": "/dashboard/person", "fields": {"name": ["Zoë <3"]}}'
    answer = await visitor.post(
        "/dashboard/login", {"email": email, "password": PASSWORD, "kept": kept}
    )
    assert answer.status_code == 200
    assert "Zoë <3" in words(answer)
    assert 'action="/dashboard/person"' in answer.text
    assert cookie(answer) is not None


async def test_a_password_that_outlived_its_session_is_typed_again(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    email = await with_password(world, tenant)
    typed = {"present_password": "what I had", "password": "what I want"}
    lost = await visitor.post("/dashboard/person/password", typed)
    (kept,) = re.findall(r'name="kept" value="([^"]+)"', lost.text)
    answer = await visitor.post(
        "/dashboard/login", {"email": email, "password": PASSWORD, "kept": unescape(kept)}
    )
    assert 'action="/dashboard/person/password"' in answer.text
    for name, value in typed.items():
        assert value not in lost.text + answer.text
        assert f'<input id="{name}" name="{name}" type="password"' in answer.text


async def test_a_session_in_use_outlives_twelve_hours_in_the_browser_too(
    world: World, tenant: Tenant, clock: FakeClock, visitor: Browser
) -> None:
    kept = cookie(await come(visitor, await link(world, tenant)))
    for _ in range(3):
        clock.forward(hours=8)
        assert (await visitor.get("/dashboard/person")).status_code == 200
    assert int(kept["max-age"]) > 24 * 3600


async def test_too_many_attempts_are_refused_before_anything_is_hashed(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    asked = {"email": "nobody@example.com", "password": ""}
    log_in = world.services.get(LogIn)
    for _ in range(10):
        log_in._by_person.take("nobody@example.com")
    answer = await visitor.post("/dashboard/login", asked)
    assert answer.status_code == 429
    assert "too many attempts" in words(answer).lower()


async def test_an_invitation_of_an_owner_asks_somebody_known_to_log_in_first(
    world: World, tenant: Tenant, visitor: Browser
) -> None:
    email = await with_password(world, tenant)
    other = await world.tenant()
    await Browser.of(world, other)
    path = await link(world, other, email, by_operator=False)

    asked = await come(visitor, path)
    assert asked.status_code == 401
    assert f"log in as {email}" in words(asked).lower()
    assert path in asked.text

    answer = await visitor.post(
        "/dashboard/login", {"email": email, "password": PASSWORD, "next": path}
    )
    visitor.token = cookie(answer).value
    assert answer.headers["location"] == path
    assert (await come(visitor, path)).status_code == 303
    members = await world.services.get(People).members(other.context)
    assert email in [one.person.email for one in members]


async def test_logging_out_ends_the_session(world: World, tenant: Tenant, visitor: Browser) -> None:
    browser = await Browser.of(world, tenant)
    answer = await browser.post("/dashboard/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/login")
    assert cookie(answer)["max-age"] == "0"
    assert (await browser.get("/dashboard")).headers["location"].startswith("/dashboard/login")


@pytest.mark.parametrize(
    ("settings", "name", "secure"),
    [
        ({"public_url": "https://energy.example.com/yard"}, "__Host-wattyard", True),
        ({"public_url": "https://energy.example.com:443"}, "__Host-wattyard", True),
        ({"public_url": "http://energy.example.com", "insecure_dashboard": 1}, "wattyard", False),
        ({"insecure_dashboard": 1}, "wattyard", False),
        ({"public_url": "http://energy.example.com"}, "", False),
        ({}, "", False),
    ],
)
async def test_the_cookie_is_as_secure_as_the_address(
    world: World, tenant: Tenant, settings: dict[str, Any], name: str, secure: bool
) -> None:
    there = World(world.db, world.clock, {Settings: replace(SETTINGS, **settings)})
    path = await link(world, tenant)
    public = settings.get("public_url", "http://energy.example.com")
    origin = public.removesuffix("/yard").removesuffix(":443")
    headers = {"Host": "energy.example.com", "Origin": origin, "Sec-Fetch-Site": "same-origin"}

    answer = await there.http.post(path, headers=headers)

    if not name:
        assert answer.status_code == 403
        assert "WATTYARD_PUBLIC_URL" in answer.text
        assert "set-cookie" not in answer.headers
        return
    assert answer.status_code == 303
    prefix = "/yard" if public.endswith("/yard") else ""
    assert answer.headers["location"] == f"{prefix}/dashboard/person"
    found = SimpleCookie(answer.headers.get_list("set-cookie")[-1])
    headers_set = ";".join(answer.headers.get_list("set-cookie"))
    assert f"{name}=" in headers_set
    assert ("Secure" in headers_set) is secure
    assert found is not None


async def test_a_server_without_a_dashboard_has_nothing_there(world: World) -> None:
    there = World(world.db, world.clock, {Settings: replace(SETTINGS, dashboard=0)})
    for path in ("/dashboard", "/dashboard/login"):
        answer = await there.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "path_unknown")
