"""Who comes into the dashboard, and what its answers allow."""

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.people.domain import Role
from wattyard.web.dashboard.declare import Audience, DashboardPage
from wattyard.web.dashboard.mount import Dashboard
from wattyard.web.dashboard.screens import PAGES

MEMBERS = [one for one in PAGES if one.audience is Audience.MEMBER]


def address(page: DashboardPage, account: str, mode: str = "test") -> str:
    """A path of a page, with any names in it."""
    path = page.route.replace("{account}", account).replace("{mode}", mode)
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def title(page: DashboardPage) -> str:
    return f"{page.method} {page.route}"


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


def test_everything_that_a_page_asks_for_is_provided(world: World) -> None:
    Dashboard(world.services, world.app.route).open()


@pytest.mark.parametrize("page", MEMBERS, ids=title)
async def test_a_page_of_another_account_is_not_there(
    page: DashboardPage, world: World, browser: Browser
) -> None:
    other = await world.tenant("another maker")
    send = browser.get if page.method == "GET" else browser.post
    answer = await send(address(page, other.account_id))
    assert answer.status_code == 404
    assert "another maker" not in answer.text


@pytest.mark.parametrize("page", PAGES, ids=title)
async def test_a_page_is_shown_to_nobody_who_is_not_signed_in(
    page: DashboardPage, tenant: Tenant, browser: Browser
) -> None:
    if page.audience is Audience.ANYBODY:
        return
    browser.token = ""
    where = address(page, tenant.account_id)
    if page.method == "GET":
        answer = await browser.get(where)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/dashboard/login?next=%2Fdashboard")
    else:
        answer = await browser.post(where, {"a field": "typed <before>"})
        assert answer.status_code == 401
        assert "typed &lt;before&gt;" in answer.text.replace("&amp;", "&")


@pytest.mark.parametrize("page", [one for one in PAGES if one.method == "POST"], ids=title)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://test", "Sec-Fetch-Site": "same-site"},
        {"Origin": "", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=["foreign", "a neighbour", "nowhere"],
)
async def test_a_form_of_another_site_changes_nothing(
    page: DashboardPage, headers: dict[str, str], tenant: Tenant, browser: Browser
) -> None:
    answer = await browser.post(address(page, tenant.account_id), headers=headers)
    assert answer.status_code == 403
    assert "does not come from a page of this dashboard" in words(answer)


@pytest.mark.parametrize("page", [one for one in MEMBERS if one.role > Role.VIEWER], ids=title)
async def test_a_role_that_is_too_low_is_refused(
    page: DashboardPage, world: World, tenant: Tenant
) -> None:
    viewer = await Browser.of(world, tenant, role=Role(page.role - 1))
    send = viewer.get if page.method == "GET" else viewer.post
    answer = await send(address(page, tenant.account_id))
    assert answer.status_code == 403
    assert "an owner of the account can change it" in words(answer)


@pytest.mark.parametrize(
    "page", [one for one in PAGES if one.audience is Audience.OPERATOR], ids=title
)
async def test_an_operators_page_is_there_for_operators_only(
    page: DashboardPage, browser: Browser
) -> None:
    send = browser.get if page.method == "GET" else browser.post
    assert (await send(address(page, ""))).status_code == 404


async def test_a_page_may_load_and_send_to_this_server_only(browser: Browser) -> None:
    answer = await browser.get("/dashboard/nowhere")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 404
    assert policy.startswith("default-src 'none';")
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_person_with_one_account_is_led_to_it(browser: Browser) -> None:
    answer = await browser.get("/dashboard")
    assert (answer.status_code, answer.headers["location"]) == (303, browser.base)


async def test_a_person_with_two_accounts_chooses(world: World, browser: Browser) -> None:
    other = await world.tenant("a second maker")
    async with world.db.transaction() as db:
        await db.execute(
            """
            INSERT INTO memberships (account, person_id, role, time_created)
            VALUES ($1, $2, 1, $3)
            """,
            other.caller.account,
            browser.person,
            world.clock(),
        )
    answer = await browser.get("/dashboard")
    assert "a second maker" in words(answer)
    assert f"/dashboard/{other.account_id}/test" in answer.text


async def test_whoever_is_not_signed_in_sends_little(tenant: Tenant, browser: Browser) -> None:
    browser.token = ""
    much = {"email": "x" * 300_000}
    assert (await browser.post("/dashboard/login", much)).status_code == 413
    answer = await browser.post("/dashboard/person", much)
    assert answer.status_code == 401
    assert len(answer.content) < 10_000


async def test_a_path_that_is_none_and_a_mode_that_is_none_are_not_there(
    tenant: Tenant, browser: Browser
) -> None:
    for path in ("/dashboard/x", "/dashboard//", f"/dashboard/{tenant.account_id}/prod"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post("/dashboard")).status_code == 405


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/dashboard?" + "&".join(f"p{n}=1" for n in range(150)), {}),
        ("/dashboard/login?next=%00", {}),
        ("/dashboard/login", {"Host": "[not an address"}),
    ],
    ids=["many parameters", "a NUL", "a host that is none"],
)
async def test_an_address_that_makes_no_sense_is_no_fault_of_the_server(
    path: str, headers: dict[str, str], browser: Browser
) -> None:
    answer = await browser.http.get(path, headers=headers)
    assert answer.status_code < 500


async def test_a_filter_may_hold_any_character(browser: Browser) -> None:
    for path in ("/developers/requests?endpoint=%00", "/developers/events?type=%00"):
        assert (await browser.get(path)).status_code < 500
