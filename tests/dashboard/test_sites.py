"""The screen Sites: the search, its pages, and the forms of a site."""

import re
from html import unescape

import pytest

from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, words
from tests.support.world import AMSTERDAM, Tenant, World
from wattyard.people.domain import Role

HOSTILE = ("<script>alert(1)</script>", "\N{GRINNING FACE}" * 255, "\u202eegnaro\u202c")


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


def links(text: str) -> dict[str, str]:
    """The addresses of a page's links, by their words."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(?:<bdi[^>]*>)?([^<]+)<', text)
    return {unescape(says): unescape(address) for address, says in found}


def inputs(text: str) -> dict[str, str]:
    """The values of a page's inputs, by name."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[unescape(name[1])] = unescape(value[1]) if value else ""
    return found


async def test_an_account_without_sites_is_told_what_a_site_is(browser: Browser) -> None:
    page = await browser.get("/sites")
    assert "There are no sites yet" in words(page)
    assert {"New site", "Import a file"} <= links(page.text).keys()


async def test_a_viewer_is_offered_nothing_that_changes(world: World, tenant: Tenant) -> None:
    site = await tenant.site()
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    for path in ("/sites", f"/sites/{site['id']}"):
        page = await viewer.get(path)
        assert page.status_code == 200
        assert (
            not {"New site", "Import a file", "Change", "Link a tariff"} & links(page.text).keys()
        )
    assert (await viewer.get("/sites/new")).status_code == 403


async def test_pages_of_a_search_go_on_and_back(tenant: Tenant, browser: Browser) -> None:
    for number in range(35):
        await tenant.site(reference_id=f"home-{number:02}")
    await tenant.site(reference_id="other")
    first = await browser.get("/sites?q=HOME")
    assert "home-00" in first.text
    assert "home-29" in first.text
    assert "home-30" not in first.text
    second = await browser.get(links(first.text)["Next page"])
    assert re.findall(r"home-\d\d", second.text) == [f"home-{n}" for n in range(30, 35)]
    assert "Next page" not in links(second.text)
    back = await browser.get(links(second.text)["Previous page"])
    assert re.findall(r"home-\d\d", back.text) == re.findall(r"home-\d\d", first.text)
    assert 'value="HOME"' in first.text


async def test_as_api_shows_the_list_that_the_page_shows(tenant: Tenant, browser: Browser) -> None:
    for number in range(32):
        await tenant.site(reference_id=f"home-{number:02}", status="INACTIVE")
    first = await browser.get("/sites?status=INACTIVE")
    older = await browser.get(links(first.text)["Next page"])
    newer = await browser.get(links(older.text)["Previous page"])
    for page in (first, older, newer):
        shown = unescape(page.text)
        (address,) = re.findall(r'WATTYARD_URL(/sites[^"]*)"', shown)
        listed = (await tenant.get(address)).json()
        references = [one["reference_id"] for one in listed["data"]]
        table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert re.findall(r"home-\d\d", table) == references
        assert listed["data"][0]["id"] in shown.partition("As API")[2]


async def test_what_nobody_has_is_not_found_and_the_way_out_is_shown(
    tenant: Tenant, browser: Browser
) -> None:
    await tenant.site(reference_id="home")
    page = await browser.get("/sites?q=nowhere")
    assert "No site matches" in words(page)
    assert "Show all sites" in links(page.text)
    for nonsense in ("status=x&type=y&devices=z", "at=%00", "tariff=ENDING&at=x~y", "customer=q"):
        assert (await browser.get(f"/sites?{nonsense}")).status_code == 200


async def test_an_id_leads_to_its_site_and_a_strangers_to_nothing(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site(devices=[{"type": "OTHER", "reference_id": "d"}])
    for id_ in (site["id"], site["location_id"], site["devices"][0]["id"]):
        page = await browser.get(f"/sites?q={id_}")
        assert page.status_code == 303
        assert page.headers["location"].endswith(f"/sites/{site['id']}")
    other = await (await world.tenant()).site(reference_id="not yours")
    page = await browser.get(f"/sites?q={other['id']}")
    assert "No site matches" in words(page)
    assert (await browser.get(f"/sites/{other['id']}")).status_code == 404
    assert (await browser.get(f"/sites/{other['id']}/edit")).status_code == 404
    changed = await browser.post(f"/sites/{other['id']}/edit", {"reference_id": "mine"})
    assert changed.status_code == 404


async def test_the_list_of_silent_devices_names_them_and_not_those_that_are_heard(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    devices = [{"type": "BATTERY_SYSTEM", "reference_id": name} for name in ("b1", "b2", "b3")]
    site = await tenant.site(reference_id="home", devices=devices)
    for device, hours in zip(site["devices"][:2], (0, 30), strict=True):
        clock.forward(hours=hours)
        await world.log_in_again(tenant)
        state = {"time": clock().isoformat(), "state_of_charge_percent": 40}
        await tenant.call("PUT", f"/devices/{device['id']}/state", json=state)
    browser = await Browser.of(world, tenant)
    for seen, name in (("SILENT", "b1"), ("SEEN", "b2"), ("NEVER", "b3")):
        shown = words(await browser.get(f"/sites?devices={seen}"))
        assert [one["reference_id"] for one in devices if f"{one['reference_id']}" in shown] == [
            name
        ]


async def test_the_list_of_all_sites_names_the_devices_that_are_silent(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    devices = [
        {"type": "BATTERY_SYSTEM", "reference_id": name} for name in ("b1", "b2", "b3", "b4")
    ]
    home = await tenant.site(reference_id="home", devices=devices)
    await tenant.site(reference_id="new", devices=[{"type": "OTHER", "reference_id": "n1"}])
    for device, hours in zip(home["devices"], (0, 0, 0, 30), strict=True):
        clock.forward(hours=hours)
        await world.log_in_again(tenant)
        state = {"time": clock().isoformat(), "state_of_charge_percent": 40}
        await tenant.call("PUT", f"/devices/{device['id']}/state", json=state)
    shown = words(await (await Browser.of(world, tenant)).get("/sites"))
    assert "3 silent b1 , battery b2 , battery and 1 more" in shown
    assert "b4" not in shown.partition("As API")[0]
    assert shown.count(" silent b") == 1


async def test_a_device_is_silent_everywhere_by_the_same_full_hour(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    site = await tenant.site(devices=[{"type": "BATTERY_SYSTEM", "reference_id": "b1"}])
    clock.forward(minutes=20)  # 10:20
    state = {"time": clock().isoformat(), "state_of_charge_percent": 40}
    await tenant.call("PUT", f"/devices/{site['devices'][0]['id']}/state", json=state)
    for minutes, is_silent in ((24 * 60 + 20, False), (20, True)):  # 10:40, and 11:00
        clock.forward(minutes=minutes)
        browser = await Browser.of(world, tenant)
        of_site = words(await browser.get(f"/sites/{site['id']}"))
        assert ("day ago silent" in of_site) == is_silent
        assert ("b1" in words(await browser.get("/sites?devices=SILENT"))) == is_silent
        assert ("b1" in words(await browser.get("/sites?devices=SEEN"))) != is_silent


async def test_tariffs_that_end_soon_are_listed_with_their_sites(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site(reference_id="home")
    await tenant.tariff(site["location_id"], contract_end_date="2026-03-20", display_name="Winter")
    page = await browser.get("/sites?tariff=ENDING")
    assert {"home", "Winter"} <= links(page.text).keys()
    assert "20 Mar 2026, 00:00 (Europe/Amsterdam)" in words(page)


@pytest.mark.parametrize("name", HOSTILE, ids=["a script", "emoji", "right to left"])
async def test_names_are_only_text(name: str, tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site(
        reference_id=name,
        postal_address={**AMSTERDAM, "city": name},
        devices=[{"type": "OTHER", "reference_id": name, "model_name": name}],
    )
    for path in ("", "/sites", f"/sites/{site['id']}", f"/sites/{site['id']}/edit"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    edit = inputs((await browser.get(f"/sites/{site['id']}/edit")).text)
    assert edit["reference_id"] == name


async def test_a_faulty_form_keeps_what_was_typed_with_the_fault_beside_its_field(
    browser: Browser,
) -> None:
    typed = {
        "reference_id": "home <1>",
        "postal_address.city": "Leeds",
        "postal_address.country_code": "XX",
        "max_power_import_kw": "much",
        "devices[0].type": "BATTERY_SYSTEM",
    }
    page = await browser.post("/sites/new", typed)
    assert page.status_code == 422
    assert inputs(page.text)["reference_id"] == "home <1>"
    assert inputs(page.text)["max_power_import_kw"] == "much"
    for field in ("max_power_import_kw", "devices[0].reference_id"):
        assert f'id="{field}-fault"' in page.text
    right = {**typed, "max_power_import_kw": "17.3", "devices[0].reference_id": "b1"}
    other = await browser.post("/sites/new", right)
    assert 'id="postal_address.country_code-fault"' in other.text
    made = await browser.post("/sites/new", {**right, "postal_address.country_code": "GB"})
    assert made.status_code == 303
    site = await browser.get(made.headers["location"])
    assert "17.3 kW" in words(site).replace("\N{NO-BREAK SPACE}", " ")
    assert "b1" in words(site)


async def test_a_change_says_only_what_the_person_changed(tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site(reference_id="home")
    path = f"/sites/{site['id']}/edit"
    form = inputs((await browser.get(path)).text)
    answer = await browser.post(
        path, form | {"postal_address.city": "London", "postal_address.country_code": "GB"}
    )
    assert answer.status_code == 303
    location = (await tenant.get(f"/locations/{site['location_id']}")).json()
    assert (location["timezone"], location["currency_code"]) == ("Europe/London", "GBP")
    assert location["reference_id"] == "home"


async def test_the_second_of_two_who_change_a_site_is_told_and_shown_the_difference(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site(reference_id="home", max_power_import_kw=10)
    path = f"/sites/{site['id']}/edit"
    form = inputs((await browser.get(path)).text)
    await tenant.patch(f"/sites/{site['id']}", {"max_power_import_kw": 20})
    stale = await browser.post(path, form | {"reference_id": "house"})
    assert stale.status_code == 409
    assert "Somebody else changed this site" in words(stale)
    assert "max_power_import_kw 10" in words(stale)
    again = inputs(stale.text)
    assert (again["reference_id"], again["max_power_import_kw"]) == ("house", "20.0")
    saved = await browser.post(path, again)
    assert saved.status_code == 303
    location = (await tenant.get(f"/locations/{site['location_id']}")).json()
    assert (location["reference_id"], location["max_power_import_kw"]) == ("house", 20)


async def test_a_site_is_taken_out_of_service_and_put_back(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site()
    for status in ("INACTIVE", "ACTIVE"):
        answer = await browser.post(f"/sites/{site['id']}/status", {"status": status})
        assert answer.status_code == 303
        assert (await tenant.get(f"/sites/{site['id']}")).json()["status"] == status
