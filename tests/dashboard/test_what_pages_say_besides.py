"""What the dashboard says in headers, and what it notes of people who change themselves."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.dashboard import OWN_PAGE, Browser
from tests.support.world import SETTINGS, Tenant, World
from wattyard.kernel import ids
from wattyard.kernel.pages import PageWindow
from wattyard.people.service import AuditLog, Sessions
from wattyard.platform.settings import Settings


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def noted(world: World, browser: Browser) -> list[tuple[str, Any, Any]]:
    """What the server's log has of the browser's person, oldest first."""
    page = await world.services.get(AuditLog).page_of_server(PageWindow(limit=100))
    own = [one for one in page.items if one.person_id == browser.person]
    return sorted((one.action, one.before, one.after) for one in own)


async def test_a_method_that_a_page_has_not_is_answered_with_those_it_has(
    browser: Browser,
) -> None:
    answer = await browser.post("/dashboard/login/")
    assert answer.status_code == 404
    answer = await browser._send("DELETE", "/dashboard/person", OWN_PAGE)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_whoever_tries_too_often_is_told_when_to_come_back(world: World) -> None:
    form = {"email": f"{world.context.new_id().hex}@example.com", "password": "wrong"}
    own = {**OWN_PAGE, "Origin": "http://localhost", "Host": "localhost"}
    for _ in range(11):
        answer = await world.http.post("/dashboard/login", data=form, headers=own)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("public_url", ["https://energy.example.com", ""])
async def test_what_is_told_once_travels_as_safely_as_the_session(
    world: World, browser: Browser, public_url: str
) -> None:
    settings = Settings(public_url=public_url, encryption_key=SETTINGS.encryption_key)
    origin = public_url or "http://test"
    own = {**OWN_PAGE, "Origin": origin}
    name = "__Host-wattyard" if public_url else "wattyard"
    headers = {**own, "Cookie": f"{name}={browser.token}"}
    transport = httpx.ASGITransport(app=world.another(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.post(
            "/dashboard/person", data={"name": "Zoë", "language": "de"}, headers=headers
        )
    assert answer.status_code == 303, answer.text
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"wattyard-told={quote('Saved.')}")
    assert cookie.endswith("; Secure") is bool(public_url)


async def test_what_people_change_of_themselves_is_noted_without_secrets(
    world: World, browser: Browser
) -> None:
    sessions = world.services.get(Sessions)
    await sessions.open(world.context, browser.person, address="", user_agent="elsewhere")
    newest, _ = await sessions.of_person(world.context, browser.person)
    await browser.post("/dashboard/person", {"name": " Zoë ", "language": "de"})
    await browser.post(f"/dashboard/person/sessions/{ids.wire('ses', newest.id)}")
    await browser.post("/dashboard/person/password", {"password": "a long new one"})

    assert await noted(world, browser) == [
        ("person.change", {"name": "Ada", "language": ""}, {"name": "Zoë", "language": "de"}),
        ("person.end_session", None, None),
        ("person.set_password", None, None),
    ]
