"""The screen Site: prices, readings, devices, costs, plan and events of one place."""

import re
from datetime import date

import pytest

from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, words
from tests.support.tariff_bodies import entry, hours
from tests.support.world import Tenant, World
from wattyard.people.domain import Role
from wattyard.web.dashboard.screens.site_readings import Period


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


async def test_a_new_site_says_what_to_do_next(tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site(reference_id="home")
    shown = words(await browser.get(f"/sites/{site['id']}"))
    for says in (
        "No tariff is linked",
        "There are no readings for this time",
        "No device stands here yet",
        "none stands here",
        "Site created",
    ):
        assert says in shown


async def test_prices_readings_and_costs_stand_in_the_places_time_and_money(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site(reference_id="home")
    await tenant.tariff(site["location_id"], display_name="Flat")
    record = {
        "location_id": site["location_id"],
        "energy_flow_direction": "INBOUND",
        "start_time": "2026-03-01T02:00:00Z",
        "end_time": "2026-03-01T03:00:00Z",
        "energy_kwh": 4,
    }
    export = record | {"energy_flow_direction": "OUTBOUND", "energy_kwh": 1.5}
    assert (await tenant.call("PUT", "/meters/interval", json=[record, export])).status_code == 200
    page = await browser.get(f"/sites/{site['id']}?by=month")
    shown = plain(words(page))
    assert "€0.2500 per kWh now, until at least " in shown
    assert "times of Europe/Amsterdam" in shown
    why = re.search(r'href="([^"]+)#audit" aria-label="Why', page.text)
    assert why is not None
    assert "?at=2026-03-01T11%3A00" in why[1]
    assert (await browser.get(why[1])).status_code == 200
    assert re.search(r'/tariffs/trf_\w+#audit" data-why>Why the price at another time', page.text)
    assert "4 kWh from the grid" in shown
    assert "1.5 kWh into the grid" in shown
    assert "Costs in March 2026 so far All months €1.00 for 4 kWh" in shown
    assert "Flat" in shown
    assert page.text.count("<svg") >= 2
    german = Browser(browser.http, browser.base, browser.person, browser.token, "de-DE")
    assert "0,2500 €" in plain(words(await german.get(f"/sites/{site['id']}")))


@pytest.mark.parametrize(
    ("windows", "cheapest"),
    [
        ((("00:00", "10:00", 0.3), ("10:00", "12:00", 0.1), ("12:00", "00:00", 0.3)), None),
        ((("00:00", "14:00", 0.3), ("14:00", "15:00", 0.1), ("15:00", "00:00", 0.3)), "14:00"),
    ],
)
async def test_the_cheapest_time_ahead_is_one_that_is_cheaper_than_now(
    windows: tuple[tuple[str, str, float], ...],
    cheapest: str | None,
    tenant: Tenant,
    browser: Browser,
) -> None:
    site = await tenant.site()
    await tenant.tariff(site["location_id"], schedule=[entry(("All", hours(*windows)))])
    shown = words(await browser.get(f"/sites/{site['id']}"))
    assert ("cheapest ahead" in shown) == (cheapest is not None)
    assert cheapest is None or f"cheapest ahead, {cheapest}" in shown


async def test_costs_so_far_are_those_of_the_screen_costs_standing_charges_included(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site()
    await tenant.tariff(site["location_id"], charges=[{"kind": "DAILY", "amount": 2.4}])
    shown = plain(words(await browser.get(f"/sites/{site['id']}")))
    assert "Costs in March 2026 so far All months €2.40 for 0 kWh" in shown  # at 11:00 on the first
    costs = plain(words(await browser.get(f"/costs?location={site['location_id']}")))
    assert "€2.40 March 2026 so far" in costs


async def test_a_device_shows_its_state_and_whether_it_is_silent(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    devices = [
        {"type": "BATTERY_SYSTEM", "reference_id": "b1", "model_name": "Pico"},
        {"type": "PV_SYSTEM", "reference_id": "never"},
    ]
    site = await tenant.site(devices=devices)
    state = {
        "time": "2026-03-01T10:00:00Z",
        "state_of_charge_percent": 41.5,
        "battery_power_kw": -2,
    }
    await tenant.call("PUT", f"/devices/{site['devices'][0]['id']}/state", json=state)
    shown = plain(words(await (await Browser.of(world, tenant)).get(f"/sites/{site['id']}")))
    assert "41.5 %, discharging 2 kW" in shown
    assert "silent" not in shown
    clock.forward(hours=26)
    shown = words(await (await Browser.of(world, tenant)).get(f"/sites/{site['id']}"))
    assert "1 day ago silent" in shown


async def test_readings_of_a_device_are_not_called_those_of_the_grid(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site(devices=[{"type": "EV_CHARGER", "reference_id": "c1"}])
    (device,) = site["devices"]
    record = {
        "device_id": device["id"],
        "location_id": site["location_id"],
        "start_time": "2026-03-01T02:00:00Z",
        "end_time": "2026-03-01T03:00:00Z",
        "energy_kwh": 4,
    }
    assert (await tenant.call("PUT", "/meters/interval", json=[record])).status_code == 200
    shown = plain(words(await browser.get(f"/sites/{site['id']}?meter={device['id']}")))
    assert "4 kWh into the device" in shown
    assert "from the grid" not in shown


async def test_the_location_of_a_site_leads_to_it(tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site()
    page = await browser.get(f"/sites/{site['location_id']}")
    assert page.status_code == 303
    assert page.headers["location"].endswith(site["id"])


@pytest.mark.parametrize("query", ["by=x&on=x", "on=0001-01-01&by=year", "on=9999-12-31&meter=x"])
async def test_an_address_that_makes_no_sense_shows_the_page(
    query: str, tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site()
    page = await browser.get(f"/sites/{site['id']}?{query}")
    assert page.status_code == 200
    assert re.search(r"id=.readings", page.text)


@pytest.mark.parametrize(
    ("shown", "first", "end"),
    [
        ("day", date(2026, 3, 29), date(2026, 3, 30)),
        ("week", date(2026, 3, 23), date(2026, 3, 30)),
        ("month", date(2026, 3, 1), date(2026, 4, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods_touch(shown: str, first: date, end: date) -> None:
    period = Period.around(shown, date(2026, 3, 29))  # type: ignore[arg-type]  # one of its words
    assert (period.first, period.end) == (first, end)
    after = Period.around(period.shown, period.beside(later=True))
    before = Period.around(period.shown, period.beside(later=False))
    assert (before.end, after.first) == (first, end)


async def test_costs_of_a_month_and_the_charging_plan_of_a_device_are_one_step_away(
    world: World, tenant: Tenant
) -> None:
    devices = [
        {"type": "BATTERY_SYSTEM", "reference_id": "cellar"},
        {"type": "PV_SYSTEM", "reference_id": "roof"},
    ]
    site = await tenant.site(devices=devices)
    await tenant.tariff(site["location_id"], charges=[{"kind": "DAILY", "amount": 0.5}])
    (battery,) = [one["id"] for one in site["devices"] if one["type"] == "BATTERY_SYSTEM"]
    at = site["location_id"]

    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    page = await viewer.get(f"/sites/{site['id']}")
    months = await viewer.get(f"/costs?location={at}")

    for name, path in (
        ("Charging plan", f"/plans?location={at}"),
        ("Charging plan", f"/plans?location={at}&amp;device={battery}"),
        ("Costs", f"/costs?location={at}"),
        ("March 2025", None),
        ("February 2026", f"/costs?location={at}&amp;month=2026-02"),
    ):
        if path is None:
            assert name not in page.text
        else:
            assert re.search(rf'href="[^"]*{re.escape(path)}"[^>]*>{name}</a>', page.text), path
    assert page.text.count(">Charging plan</a>") == 2
    assert re.search(r'month=2025-04"[^>]*>April 2025</a>', months.text)
    assert "Charging plans" in words(page)
