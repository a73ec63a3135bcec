"""The list of the screen Costs: what each site has cost this month, and what sites are called."""

import re
from contextlib import aclosing
from html import unescape

from tests.dashboard.test_costs import metered
from tests.support.dashboard import Browser, fragments, words
from tests.support.world import AMSTERDAM, Tenant, World


async def test_each_site_of_the_list_gets_its_cost_of_the_month_or_why_there_is_none(
    world: World, tenant: Tenant
) -> None:
    priced = await metered(tenant)
    await tenant.tariff(priced["location_id"])
    unread = await tenant.site(reference_id="house-2")
    await tenant.tariff(unread["location_id"])
    without = await tenant.site(reference_id="house-3")
    browser = await Browser.of(world, tenant)
    page = await browser.get("/costs?text=house")
    (address,) = re.findall(r'data-live="([^"]+)"', page.text)
    shown = {}
    async with aclosing(fragments(world, browser, unescape(address))) as sent:
        async for part in sent:
            assert f'id="{part["id"]}"' in page.text
            shown[part["id"]] = re.sub("<[^>]+>", "", part["html"]).replace("\xa0", " ")
            if len(shown) == 3:
                break
    for site, says in ((priced, "€25.00 100 kWh"), (unread, "no readings"), (without, "no tariff")):
        assert shown[f"cost-{site['id'][4:]}"] == says


async def test_of_many_sites_those_that_have_readings_are_listed_with_their_costs(
    world: World, tenant: Tenant
) -> None:
    priced = await metered(tenant)
    await tenant.tariff(priced["location_id"])
    for number in range(2, 24):
        await tenant.site(reference_id=f"house-{number}")
    browser = await Browser.of(world, tenant)

    every = await browser.get("/costs")
    only = await browser.get("/costs?only=readings")
    named = await browser.get("/costs?only=readings&text=HOUSE")
    nothing = words(await browser.get("/costs?only=readings&text=house-2"))

    assert "house-1<" not in every.text
    for page in (only, named):
        table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert re.findall(r"house-\d+", table) == ["house-1"]
        assert '<option value="readings" selected>Sites with readings' in page.text
    assert "No site with readings begins with “house-2”." in nothing
    (address,) = re.findall(r'data-live="([^"]+)"', only.text)
    async with aclosing(fragments(world, browser, unescape(address))) as sent:
        first = await anext(aiter(sent))
    assert first["id"] == f"cost-{priced['id'][4:]}"


async def test_a_site_without_a_reference_is_called_by_its_address_and_not_by_its_id(
    world: World, tenant: Tenant
) -> None:
    place = {**AMSTERDAM, "address_line1": "Prinsengracht 263"}
    site = await tenant.site(reference_id=None, postal_address=place)
    tariff = await tenant.tariff(site["location_id"], display_name=None)
    browser = await Browser.of(world, tenant)
    for path in ("/sites", "/costs", f"/costs?location={site['location_id']}", ""):
        shown = words(await browser.get(path)).partition("As API")[0]
        assert "Prinsengracht 263" in shown, path
        assert site["id"] not in shown
        assert site["location_id"] not in shown
    page = words(await browser.get(f"/sites/{site['id']}")).partition("As API")[0]
    assert "Energy, bought from the grid" in page
    assert tariff["id"] not in page
