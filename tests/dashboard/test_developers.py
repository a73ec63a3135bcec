"""The screen Developers: keys and the request log."""

import html
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World, error
from wattyard.accounts.service import Accounts
from wattyard.kernel import ids
from wattyard.people.domain import Role
from wattyard.requests.service import Recorder

HOSTILE = "<script>alert(1)</script>\U0001f642"
KEYS = "/developers/keys"
SECRET = re.compile(r"[rs]k_test_[0-9a-f]{16}_[\w-]{40}")


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant, role=Role.DEVELOPER)


@pytest.fixture
async def viewer(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant, role=Role.VIEWER)


async def made(browser: Browser, **fields: Any) -> str:
    """Make a key on the page, and give its secret."""
    answer = await browser.post(KEYS, {"name": "evcc", "type": "SECRET", **fields})
    assert answer.status_code == 201, words(answer)
    (secret,) = set(SECRET.findall(answer.text))
    return secret


async def flushed(world: World, answer: httpx.Response) -> str:
    """The id of a request that is in the log."""
    await world.services.get(Recorder).flush()
    return answer.headers["request-id"]


async def test_a_restricted_key_is_made_shown_once_and_works(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site()
    await tenant.site()
    secret = await made(
        browser,
        type="RESTRICTED",
        scopes=["sites:read", "prices:read"],
        location_ids=site["location_id"],
        time_expiry="2026-03-02T10:00",
    )
    assert secret.startswith("rk_test_")
    headers = {"Authorization": f"Bearer {secret}"}
    listed = await world.http.get("/sites", headers=headers)
    assert [one["id"] for one in listed.json()["data"]] == [site["id"]]
    key = (await world.http.get("/key", headers=headers)).json()
    assert (key["name"], key["time_expiry"]) == ("evcc", "2026-03-02T10:00:00Z")

    page = await browser.get("/developers")
    assert "evcc" in words(page)
    assert "prices:read, sites:read at 1 locations" in words(page)
    for path in ("/developers", "/developers/keys/new", "/developers/requests", "/settings"):
        assert secret not in (await browser.get(path)).text


async def test_what_is_wrong_with_a_key_stands_beside_its_field_and_nothing_typed_is_lost(
    browser: Browser,
) -> None:
    for fields, says in (
        ({"name": ""}, "1 to 255 printable characters"),
        ({"type": "RESTRICTED"}, "at least one scope"),
        ({"type": "RESTRICTED", "scopes": "sites:write"}, "one that does not exist"),
        ({"type": "RESTRICTED", "scopes": "sites:read", "location_ids": "x"}, "id of a location"),
        (
            {"type": "RESTRICTED", "scopes": "sites:read", "location_ids": "loc_" + "0" * 32},
            "there is no location",
        ),
        ({"type": "RESTRICTED", "scopes": "sites:read", "time_expiry": "soon"}, "date and a time"),
        (
            {"type": "RESTRICTED", "scopes": "sites:read", "time_expiry": "2026-03-01T09:00"},
            "in the future",
        ),
    ):
        answer = await browser.post(KEYS, {"name": HOSTILE, "type": "SECRET", **fields})
        assert 400 <= answer.status_code < 500, says
        assert says.lower() in words(answer).lower()
        assert "<script>alert" not in answer.text
        if fields.get("name") != "":
            assert "&lt;script&gt;alert(1)" in answer.text


async def test_a_key_is_revoked_and_refused(world: World, tenant: Tenant, browser: Browser) -> None:
    secret = await made(browser)
    headers = {"Authorization": f"Bearer {secret}"}
    key = (await world.http.get("/key", headers=headers)).json()["id"]
    for _ in range(2):
        answer = await browser.post(f"{KEYS}/{key}/revoke")
        assert answer.status_code == 303
    world.clock.forward(seconds=5)
    page = words(await browser.get("/developers"))
    assert "revoked" in page
    assert page.count("Revoke …") == 1  # of the first key

    async with world.db.reading() as db:
        audit = await db.fetch(
            "SELECT action, after, before FROM audit_log WHERE account = $1 ORDER BY id",
            tenant.caller.account,
        )
    assert [row["action"] for row in audit] == ["key.create", "key.revoke"]
    assert secret not in str(audit)


async def test_a_bearer_token_is_made_and_shown_once(world: World, browser: Browser) -> None:
    answer = await browser.post("/developers/token")
    assert answer.status_code == 201
    assert "1 Mar 2026, 11:00" in words(answer)
    (token,) = re.findall(r"<code>(eyJ[\w.-]+)</code>", answer.text)
    headers = {"Authorization": f"Bearer {token}"}
    assert (await world.http.get("/sites", headers=headers)).status_code == 200
    assert token not in (await browser.get("/developers")).text


async def test_an_account_without_a_secret_key_is_told_so(tenant: Tenant, browser: Browser) -> None:
    assert tenant.caller.key_id
    await browser.post(f"{KEYS}/{ids.wire('key', tenant.caller.key_id)}/revoke")
    answer = await browser.post("/developers/token")
    assert answer.status_code == 303
    assert "no%20secret%20key" in answer.headers["set-cookie"]


async def test_keys_of_others_and_of_the_other_mode_are_not_revoked(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        assert other.caller.key_id
        key = ids.wire("key", other.caller.key_id)
        assert (await browser.post(f"{KEYS}/{key}/revoke")).status_code == 404
        assert (await other.get("/sites")).status_code == 200
    assert (await browser.post(f"{KEYS}/key_x/revoke")).status_code == 400


async def test_many_keys_are_shown_page_by_page(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    accounts = world.services.get(Accounts)
    for number in range(101):
        await accounts.create_key(
            world.context, tenant.caller.account_id, name=f"number {number}", live_mode=False
        )

    newest = await browser.get("/developers")
    oldest = await browser.get(link_of(newest, "Older"))
    again = await browser.get(link_of(oldest, "Newer"))

    assert ">number 100<" in newest.text
    assert ">number 1<" in newest.text
    assert ">number 0<" not in newest.text
    assert ">first test key<" not in newest.text
    assert ">number 0<" in oldest.text
    assert ">first test key<" in oldest.text
    assert ">Older<" not in oldest.text
    assert ">number 100<" in again.text
    assert ">number 1<" in again.text


def link_of(page: httpx.Response, words: str) -> str:
    """Find the one link of a page with these words."""
    (link,) = re.findall(rf'href="([^"]+)">{words}<', page.text)
    return html.unescape(link)


async def test_a_viewer_sees_keys_and_requests_and_changes_nothing(
    world: World, tenant: Tenant, viewer: Browser
) -> None:
    page = await viewer.get("/developers")
    assert page.status_code == 200
    assert "first test key" in words(page)
    assert "Revoke" not in words(page)
    assert "first live key" not in words(page)
    assert tenant.caller.key_id
    key = ids.wire("key", tenant.caller.key_id)
    for method, path in (
        ("GET", f"{KEYS}/new"),
        ("POST", KEYS),
        ("POST", f"{KEYS}/{key}/revoke"),
        ("POST", "/developers/token"),
    ):
        send = viewer.get if method == "GET" else viewer.post
        assert (await send(path)).status_code == 403
    request = await flushed(world, await tenant.post("/customers", {}))
    assert (await viewer.get(f"/developers/requests/{request}")).status_code == 200


async def test_a_failed_request_is_found_with_its_error_and_what_was_sent(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    await tenant.post("/customers", {})
    refused = await tenant.post("/customers", {"reference_id": 7, "colour": HOSTILE})
    request = await flushed(world, refused)

    page = await browser.get("/developers/requests?status=4")
    assert "POST /customers" in words(page)
    assert refused.json()["code"] in words(page)
    assert "201" not in words(page).split("Took", 1)[1]
    sought = await browser.get("/developers/requests", params={"id": request})
    assert sought.headers["location"].endswith(f"/developers/requests/{request}")

    shown = await browser.get(f"/developers/requests/{request}")
    text = words(shown)
    assert refused.json()["message"] in text
    assert '"reference_id": 7' in text
    assert "400 Bad Request" in text
    assert tenant.caller.key_id
    assert ids.wire("key", tenant.caller.key_id) in text
    assert "<script>alert" not in shown.text


async def test_requests_are_narrowed_by_endpoint_and_time_and_paged(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    await tenant.post("/sites", {"postal_address": {"city": "Leeds", "country_code": "GB"}})
    world.clock.forward(hours=2)
    await world.log_in_again(tenant)
    for _ in range(31):
        await tenant.post("/customers", {})
    await world.services.get(Recorder).flush()

    first = await browser.get("/developers/requests")
    assert words(first).count("(UTC) POST /customers") == 30
    (older,) = re.findall(r'href="([^"]+)">Older', first.text)
    rest = await browser.get(older.replace("&amp;", "&"))
    assert words(rest).count("(UTC) POST /customers") == 1
    assert "(UTC) POST /sites" in words(rest)
    assert ">Newer<" in rest.text

    sites = words(await browser.get("/developers/requests?endpoint=site_create"))
    assert "(UTC) POST /sites" in sites
    assert "(UTC) POST /customers" not in sites
    assert "(UTC) POST /sites" not in words(await browser.get("/developers/requests?hours=1"))
    nothing = await browser.get("/developers/requests?endpoint=nothing&status=5&hours=x")
    assert "No request in the log fits" in words(nothing)


async def test_ids_of_no_request_are_answered_in_words(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    wrong = await browser.get("/developers/requests", params={"id": "banana"})
    assert (wrong.status_code, "req_" in words(wrong)) == (400, True)
    stranger = await world.tenant("a stranger")
    request = await flushed(world, await stranger.post("/customers", {}))
    for id_ in (request, "banana", "req_" + "0" * 32):
        assert (await browser.get(f"/developers/requests/{id_}")).status_code == 404
    page = await browser.get("/developers/requests?starting_after=banana")
    assert page.status_code == 400


async def test_the_day_is_counted_and_old_requests_are_gone(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    refused = await tenant.get("/sites", params={"limit": "0"})
    error(refused, 400, "limit_invalid")
    request = await flushed(world, refused)
    page = words(await browser.get("/developers/requests"))
    assert "2 requests in 24 hours 1 refused (4xx)" in page
    world.clock.now += timedelta(hours=11)
    assert "1 refused (4xx)" in words(await browser.get("/developers/requests"))

    again = await Browser.of(world, tenant, name="Bo")
    world.clock.now += timedelta(days=6, hours=12)
    again = await Browser.of(world, tenant, name="Cy")
    assert (await again.get(f"/developers/requests/{request}")).status_code == 200
    world.clock.now += timedelta(hours=2)
    assert (await again.get(f"/developers/requests/{request}")).status_code == 404
