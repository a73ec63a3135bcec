"""What people see and change of themselves in the dashboard."""

import re

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.people.service import Sessions
from wattyard.web.dashboard.browsers import browser_name


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def test_a_person_changes_name_and_language(browser: Browser) -> None:
    answer = await browser.post("/dashboard/person", {"name": "Zoë <b>", "language": "de-AT"})
    assert answer.status_code == 303
    page = await browser.get("/dashboard/person")
    assert "Zoë &lt;b&gt;" in page.text
    assert '<option value="de-AT" selected>' in page.text

    await browser.post("/dashboard/person", {"name": "Zoë", "language": "tlh"})
    assert '<option value="" selected>' in (await browser.get("/dashboard/person")).text
    refused = await browser.post("/dashboard/person", {"name": ""})
    assert refused.status_code == 400
    assert "1 to 255 printable characters" in words(refused)


async def test_a_password_is_refused_with_the_rule_and_never_shown(
    world: World, browser: Browser
) -> None:
    short = await browser.post("/dashboard/person/password", {"password": "tooshort"})
    assert short.status_code == 400
    assert "at least 12 characters" in words(short)
    assert "tooshort" not in short.text

    first = await browser.post("/dashboard/person/password", {"password": "a longer password"})
    assert first.status_code == 303
    await world.services.get(Sessions).revoke_all(browser.person, besides=None)
    browser.token = await world.services.get(Sessions).open(
        world.context, browser.person, address="", user_agent=""
    )
    wrong = {"password": "another long password", "present_password": "a wrong password"}
    refused = await browser.post("/dashboard/person/password", wrong)
    assert refused.status_code == 401
    assert "The present password is wrong" in words(refused)


async def test_a_session_elsewhere_is_listed_and_ended(world: World, browser: Browser) -> None:
    sessions = world.services.get(Sessions)
    elsewhere = await sessions.open(
        world.context,
        browser.person,
        address="192.0.2.7",
        user_agent="Mozilla/5.0 <elsewhere> Firefox/149.0",
    )
    page = await browser.get("/dashboard/person")
    assert 'title="Mozilla/5.0 &lt;elsewhere&gt; Firefox/149.0">Firefox<' in page.text
    assert "192.0.2.7" in page.text
    (end,) = re.findall(r'action="(/dashboard/person/sessions/ses_\w+)"', page.text)

    assert (await browser.post(end)).status_code == 303
    assert await sessions.signed_in(world.context, elsewhere) is None
    assert (await browser.post(end)).status_code == 404
    assert (await browser.get("/dashboard/person")).status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) … Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; … Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) … Chrome/140.0 Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/149.0", "Firefox on Linux"),
        ("curl/8.11", "curl/8.11"),
        ("", "unknown"),
    ],
)
def test_a_browser_is_named_in_words_that_people_know(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


async def test_nobody_ends_the_session_of_somebody_else(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    other = await Browser.of(world, tenant)
    sessions = world.services.get(Sessions)
    (theirs,) = await sessions.of_person(world.context, other.person)
    answer = await browser.post(f"/dashboard/person/sessions/ses_{theirs.id.hex}")
    assert answer.status_code == 404
    assert await sessions.signed_in(world.context, other.token)
