"""Objects as JSON, and ids that lead to what they name."""

import json
import re
from html import unescape

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.people.domain import Role


@pytest.fixture
async def viewer(world: World, tenant: Tenant) -> Browser:
    await Browser.of(world, tenant)
    return await Browser.of(world, tenant, role=Role.VIEWER)


async def test_whatever_the_api_answers_for_an_object_can_be_read_and_copied_whole(
    tenant: Tenant, viewer: Browser
) -> None:
    site = await tenant.site(devices=[{"type": "BATTERY_SYSTEM", "reference_id": "<b>1</b>"}])
    tariff = await tenant.tariff(site["location_id"])
    hook = await tenant.make("/webhook-endpoints", {"url": "https://hooks.example.com/"})
    (event, *_) = (await tenant.get("/events")).json()["data"]
    paths = {
        f"/sites/{site['id']}",
        f"/locations/{site['location_id']}",
        f"/devices/{site['devices'][0]['id']}",
        f"/tariffs/{tariff['id']}",
        f"/webhook-endpoints/{hook['id']}",
        f"/events/{event['id']}",
    }
    for path in paths:
        page = await viewer.get(f"/json/{path.rpartition('/')[2]}")
        call, whole = map(
            unescape, re.findall(r'<pre class="code".*?><code>(.*?)</code>', page.text, re.DOTALL)
        )
        assert json.loads(whole) == (await tenant.get(path)).json()
        assert f'"$WATTYARD_URL{path}"' in call
        assert "secret" not in json.loads(whole)


async def test_an_id_of_nothing_and_that_of_another_account_are_not_there(
    world: World, viewer: Browser
) -> None:
    other = await (await world.tenant()).site()
    for id_ in (other["id"], "per_01", "x", "trf_"):
        assert (await viewer.get(f"/json/{id_}")).status_code in (400, 404)
        assert "Not found" in words(await viewer.get(f"/json/{other['id']}"))


async def test_pages_and_the_audit_log_lead_to_what_they_name(world: World, tenant: Tenant) -> None:
    browser = await Browser.of(world, tenant)
    site = await tenant.site(devices=[{"type": "BATTERY_SYSTEM", "reference_id": "b1"}])
    tariff = await tenant.tariff(site["location_id"])
    for page, id_ in (
        (f"/sites/{site['id']}", site["id"]),
        (f"/sites/{site['id']}", site["devices"][0]["id"]),
        (f"/tariffs/{tariff['id']}", tariff["id"]),
    ):
        assert f'/json/{id_}"' in (await browser.get(page)).text
    assert f'/tariffs/{tariff["id"]}"' in (await browser.get("/developers/events")).text
    place = {"postal_address.city": "Leeds", "postal_address.country_code": "GB"}
    made = await browser.post("/sites/new", place)
    assert made.status_code == 303, words(made)
    new = made.headers["location"].rpartition("/")[2]
    assert f'/test/sites/{new}"' in (await browser.get("/settings/audit")).text
