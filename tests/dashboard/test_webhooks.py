"""The screen Developers: webhook endpoints, deliveries and why they failed, events as they come."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.dashboard import Browser, fragments, words
from tests.support.world import Tenant, World
from wattyard.people.domain import Role
from wattyard.platform.outbound.addresses import ADDRESS_REFUSED
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens.delivery_words import words_of

HOSTILE = "<script>alert(1)</script>\u202e\U0001f642"
URL = "https://hooks.example.com/wattyard"
HOOKS = "/developers/webhooks"


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant, role=Role.DEVELOPER)


async def hook(tenant: Tenant, **fields: Any) -> Any:
    return await tenant.make("/webhook-endpoints", {"url": URL, **fields})


async def failed(world: World, tenant: Tenant, code: int | None, why: str | None = None) -> Any:
    """A delivery that was given up, with how its last attempt ended."""
    await tenant.site()
    async with world.db.transaction() as db:
        await db.execute(
            """
            UPDATE webhook_deliveries
            SET status = 'FAILED', attempts = 6, last_attempt = $2, status_code = $3, error = $4
            WHERE account = $1
            """,
            tenant.caller.account, world.clock(), code, why,
        )  # fmt: skip
    return (await tenant.get("/webhook-deliveries")).json()["data"][-1]


async def test_an_endpoint_is_made_and_its_secret_shown_once(
    tenant: Tenant, browser: Browser
) -> None:
    empty = words(await browser.get(HOOKS))
    assert "No program is notified of events" in empty
    fields = {
        "url": URL,
        "event_types": "site.*\ndevice.update\n",
        "description": HOSTILE,
        "headers": "X-Key: 7a2f\nX-Other: b: c",
        "username": "ada",
        "password": "horse",
    }
    answer = await browser.post(HOOKS, fields)
    assert answer.status_code == 201, words(answer)
    (secret,) = set(re.findall(r"whsec_[\w+/=-]+", answer.text))
    (one,) = (await tenant.get("/webhook-endpoints")).json()["data"]
    assert (one["url"], one["event_types"]) == (URL, ["site.*", "device.update"])
    assert sorted(one["header_names"]) == ["Authorization", "X-Key", "X-Other"]
    for path in (HOOKS, f"{HOOKS}/{one['id']}"):
        page = await browser.get(path)
        for hidden in (secret, "7a2f", "horse", "<script>alert"):
            assert hidden not in page.text
    rotated = await browser.post(f"{HOOKS}/{one['id']}/rotate", {"overlap_seconds": "3600"})
    assert "whsec_" in rotated.text
    assert secret not in rotated.text


async def test_faults_stand_beside_their_fields(browser: Browser) -> None:
    answer = await browser.post(HOOKS, {"url": "ftp://x", "event_types": "Nothing!"})
    assert 400 <= answer.status_code < 500
    assert 'id="url-fault"' in answer.text
    assert 'value="ftp://x"' in answer.text
    assert "Nothing!" in answer.text
    answer = await browser.post(
        HOOKS, {"url": URL, "headers": "Host: x", "username": "a", "password": "p-7"}
    )
    assert 'id="headers-fault"' in answer.text
    assert "p-7" not in answer.text


@pytest.mark.parametrize(
    ("code", "why", "says"),
    [
        (503, "the receiver answered 503", "the receiver answered 503 Service Unavailable."),
        (404, "the receiver answered 404", "There is nothing at the endpoint's address"),
        (302, "the receiver answered 302", "Redirects are not followed"),
        (
            None,
            "the certificate has expired",
            "the certificate has expired. The receiver was not reached",
        ),
        (None, ADDRESS_REFUSED, "the setting WATTYARD_WEBHOOK_ALLOW lists networks"),
        (None, HOSTILE, "<script>alert(1)</script>"),
        (799, "the receiver answered 799", "answered 799. The fault is on the receiver's side"),
    ],
)
async def test_why_a_webhook_did_not_arrive_is_said_in_words(
    world: World, tenant: Tenant, browser: Browser, code: int | None, why: str, says: str
) -> None:
    endpoint = await hook(tenant)
    delivery = await failed(world, tenant, code, why)
    for path in (
        f"{HOOKS}/{endpoint['id']}?status=FAILED",
        f"/developers/events/{delivery['event_id']}",
    ):
        page = await browser.get(path)
        assert "After 6 attempts it was given up" in words(page)
        assert says in words(page)
        assert "<script>alert" not in page.text
    nothing = words(await browser.get(f"{HOOKS}/{endpoint['id']}?status=SUCCEEDED"))
    assert "or nothing that fits" in nothing


def delivery(status: str, attempts: int, code: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "attempts": attempts,
        "last_attempt": "2026-03-01T10:00:00Z" if attempts or code else None,
        "next_attempt": "2026-03-01T11:00:00Z" if status == "PENDING" else None,
        "last_status_code": code,
        "last_error": None,
        **more,
    }


@pytest.mark.parametrize(
    ("one", "state", "says"),
    [
        (delivery("PENDING", 0), "waiting", "The first attempt is due at"),
        (delivery("PENDING", 2, 500), "failing", "Attempt 2 of at most 6"),
        (delivery("PENDING", 0, 500), "failing", "The last attempt, at"),
        (delivery("SUCCEEDED", 1, 204), "delivered", "with 204 No Content"),
        (delivery("FAILED", 1, 410), "given up", "After one attempt"),
        (delivery("FAILED", 6, last_error="no such host."), "given up", ": no such host."),
    ],
)
def test_every_state_of_a_delivery_has_its_words(one: Any, state: str, says: str) -> None:
    found = words_of(one, Formats("en-GB"))
    text = " ".join(str(part) for part in found.sentence)
    assert (found.state, says in text, ".." in text) == (state, True, False)
    assert bool(found.remedy) == (state in ("failing", "given up"))


async def test_a_failed_delivery_is_sent_again(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    await hook(tenant)
    delivery = await failed(world, tenant, 503)
    answer = await browser.post(f"/developers/deliveries/{delivery['id']}/retry")
    assert answer.headers["location"].endswith(f"/developers/events/{delivery['event_id']}")
    after = (await tenant.get("/webhook-deliveries")).json()["data"]
    assert [one["id"] for one in after if one["status"] == "PENDING"] == [delivery["id"]]


async def test_an_endpoint_is_tested_replayed_disabled_and_deleted(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    endpoint = await hook(tenant)
    at = f"{HOOKS}/{endpoint['id']}"
    sent = await browser.post(f"{at}/test")
    page = await browser.get(urlsplit(sent.headers["location"]).path)
    assert "webhook.test" in words(page)
    assert "The first attempt is due" in words(page)

    await tenant.site()
    for start in ("2026-03-01T09:00", "2026-03-01T09:00:00Z"):
        answer = await browser.post(f"{at}/replay", {"from": start})
        assert answer.status_code == 303, words(answer)
    wrong = await browser.post(f"{at}/replay", {"from": "yesterday"})
    assert wrong.status_code == 400
    assert 'id="from-fault"' in wrong.text

    await browser.post(f"{at}/status", {"status": "DISABLED"})
    assert "disabled" in words(await browser.get(at))
    refused = await browser.post(f"{at}/test")
    assert refused.status_code == 422
    await browser.post(f"{at}/status", {"status": "ENABLED"})
    assert (await browser.post(f"{at}/delete")).status_code == 303
    assert (await browser.get(at)).status_code == 404


async def test_of_two_people_the_second_is_told_what_the_first_has_changed(
    tenant: Tenant, browser: Browser
) -> None:
    endpoint = await hook(tenant, description="one")
    at = f"{HOOKS}/{endpoint['id']}"
    form = fields_of((await browser.get(at)).text)
    await tenant.patch(f"/webhook-endpoints/{endpoint['id']}", {"description": "two"})

    late = await browser.post(at, {**form, "description": "three"})
    assert late.status_code == 412
    assert "Somebody else has changed this endpoint" in words(late)
    assert 'description "one" "two"' in words(late)
    assert 'value="three"' in late.text
    again = await browser.post(at, {**fields_of(late.text), "description": "three"})
    assert again.status_code == 303
    (after,) = (await tenant.get("/webhook-endpoints")).json()["data"]
    assert after["description"] == "three"


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form that changes an endpoint, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    hidden = dict(reversed(found))  # of several forms the first
    return {
        "version": hidden["version"].replace("&#34;", '"').replace("&quot;", '"'),
        "seen": hidden["seen"].replace("&#34;", '"').replace("&quot;", '"'),
        "url": URL,
        "event_types": "*",
    }


async def test_a_viewer_reads_and_strangers_find_nothing(world: World, tenant: Tenant) -> None:
    endpoint = await hook(tenant)
    delivery = await failed(world, tenant, 503)
    paths = (f"{HOOKS}/{endpoint['id']}", f"/developers/events/{delivery['event_id']}")
    writes = [f"{paths[0]}/{one}" for one in ("test", "rotate", "replay", "delete", "status")]
    writes += [HOOKS, paths[0], f"/developers/deliveries/{delivery['id']}/retry"]
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    for path in paths:
        page = await viewer.get(path)
        assert page.status_code == 200
        assert page.text.count('method="post"') == 1  # the log-out
    for path in writes:
        assert (await viewer.post(path)).status_code == 403

    stranger = await Browser.of(world, await world.tenant("a stranger"))
    for path in paths:
        assert (await stranger.get(path)).status_code == 404
    for path in (*writes[:4], writes[-1]):
        answer = await stranger.post(path, {"from": "2026-03-01T09:00", "overlap_seconds": "0"})
        assert answer.status_code == 404
    assert (await tenant.get(f"/webhook-endpoints/{endpoint['id']}")).status_code == 200


async def test_a_fault_in_a_form_hides_no_change_by_somebody_else(
    tenant: Tenant, browser: Browser
) -> None:
    """The version that its reader saw stays in the form until they are shown another one."""
    endpoint = await hook(tenant)
    path = f"{HOOKS}/{endpoint['id']}"

    seen = fields_of((await browser.get(path)).text)
    await tenant.patch(f"/webhook-endpoints/{endpoint['id']}", {"description": "theirs"})

    assert (await browser.post(path, {**seen, "version": "\N{GRINNING FACE}"})).status_code == 412
    refused = await browser.post(path, {**seen, "url": "", "description": "mine"})
    assert 'id="url-fault"' in refused.text
    assert fields_of(refused.text) == seen
    stale = await browser.post(path, {**fields_of(refused.text), "description": "mine"})
    assert stale.status_code == 412
    assert "Somebody else has changed this endpoint" in words(stale)
    assert fields_of(stale.text)["version"] != seen["version"]


async def test_events_are_listed_by_type_and_appear_while_the_page_is_open(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    await tenant.site()
    await tenant.post("/customers", {})
    page = await browser.get("/developers/events?type=customer.create")
    assert 'id="event-list"' in page.text
    table = words(page).split("Time Event Object", 1)[1]
    assert ("customer.create" in table, "site.create" in table) == (True, False)
    (live,) = re.findall(r'data-live="([^"]+)"', page.text)
    assert live.endswith("/developers/events/live?type=customer.create")

    stream = fragments(world, browser, live)
    first = await anext(stream)
    assert first["id"] == "event-list"
    assert first["html"].count("customer.create") == 1
    await tenant.post("/customers", {})
    assert (await anext(stream))["html"].count("customer.create") == 2
    await stream.aclose()
    older = await browser.get(f"/developers/events?starting_after=evt_{'f' * 32}")
    assert "data-live" not in older.text
