"""The screen Overview: numbers that lead to their lists, and what happens."""

import re

from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, fragments, words
from tests.support.world import Tenant, World

HOSTILE = "<script>alert(1)</script>"


async def a_fleet(tenant: Tenant, clock: FakeClock) -> None:
    """A device of each kind, a tariff that ends, a market that is late, an endpoint that is off."""
    device = {"type": "BATTERY_SYSTEM", "reference_id": "seen"}
    site = await tenant.site(reference_id="home", devices=[device])
    await tenant.site(devices=[{"type": "PV_SYSTEM", "reference_id": "never"}])
    await tenant.tariff(site["location_id"], contract_end_date="2026-03-20")
    state = {"time": "2026-03-01T10:00:00Z", "state_of_charge_percent": 40}
    await tenant.call("PUT", f"/devices/{site['devices'][0]['id']}/state", json=state)
    source = await tenant.market_source()
    await tenant.publish(
        source["id"],
        [{"valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-02-01T01:00:00Z", "value": 1}],
    )
    endpoint = await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/x"})
    await tenant.patch(f"/webhook-endpoints/{endpoint['id']}", {"status": "DISABLED"})


async def test_an_account_with_nothing_says_where_to_begin(world: World, tenant: Tenant) -> None:
    page = await (await Browser.of(world, tenant)).get()
    assert page.status_code == 200
    assert "Begin with a site" in words(page)
    assert "/sites/new" in page.text


async def test_each_number_leads_to_the_list_that_it_counts(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    await a_fleet(tenant, clock)
    browser = await Browser.of(world, tenant)
    page = await browser.get()
    shown = words(page)
    for says in (
        "2 sites",
        "1 device heard from in the last day",
        "0 devices silent for more than a day",
        "1 device never heard from",
        "1 site without a tariff",
        "1 tariff that ends within 30 days",
        "1 stale market",
        "1 failing webhook",
    ):
        assert says in shown
    lists = re.findall(r'class="figure[^"]*" href="([^"]+)"', page.text)
    for address in (one.replace("&amp;", "&") for one in lists if "/sites" in one):
        found = await browser.get(address)
        assert found.status_code == 200
    clock.forward(hours=30)
    later = words(await (await Browser.of(world, tenant)).get())
    assert "1 device silent for more than a day" in later
    assert "0 devices heard from in the last day" in later


async def test_what_happened_last_comes_first_and_leads_to_its_object(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site(reference_id=HOSTILE)
    page = await (await Browser.of(world, tenant)).get()
    assert "Site created" in words(page)
    assert HOSTILE not in page.text
    assert f'/sites/{site["id"]}"' in page.text


async def test_numbers_and_events_are_sent_to_whoever_looks(world: World, tenant: Tenant) -> None:
    await tenant.site(reference_id="first")
    browser = await Browser.of(world, tenant)
    (live,) = re.findall(r'data-live="([^"]+)"', (await browser.get()).text)
    stream = fragments(world, browser, live)
    both = {one["id"]: one["html"] for one in (await anext(stream), await anext(stream))}
    assert "<strong>1</strong><span>site</span>" in both["figures"]
    assert "first" in both["events"]
    await stream.aclose()
