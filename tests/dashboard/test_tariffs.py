"""The screens of tariffs: their list, one of them, and the parts of a price."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.dashboard import Browser, words
from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, World
from wattyard.people.domain import Role

HOSTILE = "<script>alert(1)</script>\u202e\U0001f642"
SUMMER = ["Apr", "May", "Jun", "Jul", "Aug", "Sep"]
WINTER = ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]
NIGHT = hours(("07:00", "23:00", 0.3), ("23:00", "07:00", 0.2))


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def place(tenant: Tenant, **fields: Any) -> str:
    return str((await tenant.site(reference_id="house-1", **fields))["location_id"])


async def test_tariffs_are_listed_with_their_sites(tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)
    other = (await tenant.site(reference_id="house-2"))["location_id"]
    await tenant.tariff(at, display_name=HOSTILE, contract_end_date=None)
    await tenant.tariff(other, display_name="Flat", direction="EXPORT")

    page = await browser.get("/tariffs")
    one = words(await browser.get(f"/tariffs?location={at}"))
    sold = words(await browser.get("/tariffs?direction=EXPORT"))

    shown = words(page)
    assert HOSTILE in shown
    assert "<script>alert" not in page.text
    assert "house-1 energy, bought from the grid from 1 Jan 2020" in shown
    assert "house-2 energy, sold to the grid 1 Jan 2020 to 1 Jan 2027 (exclusive)" in shown
    assert "house-2" not in one
    assert "house-1" not in sold


async def test_an_empty_list_says_what_to_do_and_a_viewer_is_not_asked_to(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    shown = words(await browser.get("/tariffs"))
    seen = words(await (await Browser.of(world, tenant, role=Role.VIEWER)).get("/tariffs"))

    assert "No tariff is connected yet" in shown
    assert "New tariff Import" in shown
    assert "New tariff" not in seen


async def test_a_tariff_shows_its_weeks_by_season_special_days_tiers_and_charges(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    tiers = [{"value": 0.1, "to_kwh": 300}, {"value": 0.15}]
    made = await tenant.tariff(
        at,
        display_name="Seasons",
        contract_end_date=None,
        vat=0.21,
        schedule=[
            entry(("All", NIGHT), months=WINTER),
            entry(("Weekdays", NIGHT), ("Weekends", hours(("00:00", "00:00", tiers))),
                  months=SUMMER),
            entry(("All", hours(("00:00", "00:00", 0.05))), dates=["12-24"]),
        ],
        charges=[{"kind": "DAILY", "amount": 0.53, "name": "standing charge"}],
    )  # fmt: skip

    page = await browser.get(f"/tariffs/{made['id']}")

    shown = words(page)
    assert page.status_code == 200
    assert "Site house-1" in shown
    assert "VAT 21 %, contained in its rates" in shown.replace("\xa0", " ")
    assert "Oct to Mar" in shown
    assert "Apr to Sep" in shown
    assert "Mon 07:00–23:00: 0.30 EUR per kWh" in page.text
    assert "Sat 00:00–24:00: 0.10 EUR per kWh" in page.text
    assert "24 Dec 2026" in shown
    assert "the clock changes: 25 hours" in shown.replace("\xa0", " ")
    assert shown.index("the clock changes") < shown.index("24 Dec 2026")
    assert "Nieuwjaarsdag" in shown
    assert "Apr to Sep, Weekends all day up to 300 kWh €0.1000 per kWh" in shown.replace(
        "\xa0", " "
    )
    assert "above that €0.1500 per kWh" in shown
    assert "standing charge 0.53 for each day (EUR)" in shown
    assert f"/tariffs/check?tariff_id={made['id']}" in page.text


async def test_a_tariff_that_follows_a_market_shows_the_coming_days(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    prices = hourly(datetime(2026, 3, 1, tzinfo=UTC), [0.1, 0.2] * 24)
    await market(tenant, at, prices, code="EPEX_NL")
    (made,) = (await tenant.get(f"/tariffs?location_id={at}")).json()["data"]

    page = await browser.get(f"/tariffs/{made['id']}?at=2026-03-01T10:30")

    shown = words(page)
    assert "Sun 1 Mar" in page.text
    assert "The coming days" in page.text
    assert "Energy: EPEX_NL" in shown
    assert "€0.2000 per kWh from" in shown


async def test_a_price_is_shown_in_its_parts_which_add_up(tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at, schedule=flat(0.2), vat=0.25, vat_included=False)
    fees = await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1), vat=0.25)

    page = await browser.get(f"/tariffs/{made['id']}?at=2026-03-01T18:00")

    shown = words(page)
    assert "€0.3500 per kWh from 1 Mar 2026" in shown.replace("\xa0", " ")
    assert "3 parts come to 0.35 EUR per kWh." in shown
    for part in ("Energy 0.200000", "Network fees and levies 0.080000", "VAT 0.070000"):
        assert part in shown
    assert f"/tariffs/{fees['id']}" in page.text
    assert "/prices/audit" in page.text


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (
            "2026-03-02T18:00",
            "Two times: weekdays, 07:00 to 23:00, €0.3000 per kWh; plus 19 % VAT.",
        ),
        (
            "2026-03-02T23:30",
            "Two times: weekdays, 23:00 to 07:00, €0.2000 per kWh; plus 19 % VAT.",
        ),
        ("2026-03-07T18:00", "Two times: weekends, all day, €0.1000 per kWh, tier 1 of 2: up to"),
        ("2026-04-27T12:00", "Two times: only on public holidays, all day, €0.0500 per kWh"),
        ("2026-12-24T12:00", "Two times: Oct to Mar, only on 24 Dec, all day, €0.0700 per kWh"),
    ],
)
async def test_a_price_names_the_window_and_rule_that_give_it(
    at: str, says: str, tenant: Tenant, browser: Browser
) -> None:
    tiers = hours(("00:00", "00:00", [{"value": 0.1, "to_kwh": 300}, {"value": 0.15}]))
    made = await tenant.tariff(
        await place(tenant),
        display_name="Two times",
        vat=0.19,
        vat_included=False,
        schedule=[
            entry(("Weekdays", NIGHT), ("Weekends", tiers)),
            entry(("All", hours(("00:00", "00:00", 0.05))), dates=["Holidays"]),
            entry(("All", hours(("00:00", "00:00", 0.07))), dates=["12-24"], months=WINTER),
        ],
        charges=[{"kind": "DAILY", "amount": 0.53, "name": "standing charge"}],
    )

    shown = words(await browser.get(f"/tariffs/{made['id']}?at={at}")).replace("\xa0", " ")

    assert says.replace("\xa0", " ") in shown.replace(" : ", ": ")
    assert "Not in the price per kWh: standing charge, " in shown


async def test_a_tier_without_readings_is_said_to_follow_from_none(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    rates = hours(("00:00", "00:00", [{"value": 0.1, "to_kwh": 300}, {"value": 0.15}]))
    made = await tenant.tariff(at, schedule=[entry(("All", rates))])
    untiered = await tenant.tariff((await tenant.site())["location_id"])
    reading = {
        "location_id": at,
        "energy_flow_direction": "INBOUND",
        "tariff_direction": "IMPORT",
        "energy_kwh": 400.0,
    }
    february = {"start_time": "2026-02-10T00:00:00Z", "end_time": "2026-02-10T06:00:00Z"}
    march = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-01T06:00:00Z"}
    address = f"/tariffs/{made['id']}?at=2026-03-02T12:00"
    says = (
        "The site's own meter has no readings of this direction from 1 Mar 2026 onwards yet, so "
        "the tier is chosen as if nothing had been used."
    )
    charger = {**reading, "device_id": (await tenant.device(at))["id"]}
    sold = {**reading, "energy_flow_direction": "OUTBOUND", "tariff_direction": "EXPORT"}
    uncounted = [{**reading, **february}, {**charger, **march}, {**sold, **march}]

    sent = await tenant.call("PUT", "/meters/interval", json=uncounted)
    unread = words(await browser.get(address))
    await tenant.call("PUT", "/meters/interval", json=[{**reading, **march}])
    read = words(await browser.get(address))
    other = words(await browser.get(f"/tariffs/{untiered['id']}"))

    assert sent.json()["records_failed"] == 0
    assert unread.count(says) == 1
    assert "tier 1 of 2" in unread
    assert "no readings" not in read
    assert "tier 2 of 2" in read
    assert "at the tiers that the site has reached" in read
    assert "€0.2500 per kWh from 1 Mar 2026" in other.replace("\xa0", " ")
    assert "at the tiers" not in other


async def test_a_flat_price_and_a_market_price_say_so(tenant: Tenant, browser: Browser) -> None:
    made = await tenant.tariff(await place(tenant), display_name="Flat", vat=0.21, cap_per_kwh=0.5)
    at = await place(tenant)
    await market(tenant, at, hourly(datetime(2026, 3, 1, tzinfo=UTC), [0.1] * 48))
    (following,) = (await tenant.get(f"/tariffs?location_id={at}")).json()["data"]

    always = words(await browser.get(f"/tariffs/{made['id']}")).replace("\xa0", " ")
    by_market = words(await browser.get(f"/tariffs/{following['id']}")).replace("\xa0", " ")

    assert "Flat : one price at all times, €0.2500 per kWh, at most €0.5000 per kWh; VAT of 21" in (
        always
    )
    assert ": one price at all times" not in by_market
    assert ": at all times, the market’s price (EPEX_NL at €0.1000 per kWh)." in by_market


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("soon", "This is not a date and time"),
        ("0001-01-01", "This is not a date and time"),
        ("9999-12-31T23:59-01:00", "This is not a date and time"),
        ("1999-01-01T00:00", "tariff"),
    ],
)
async def test_an_instant_that_has_no_price_is_said(
    at: str, says: str, tenant: Tenant, browser: Browser
) -> None:
    made = await tenant.tariff(await place(tenant))

    page = await browser.get(f"/tariffs/{made['id']}?at={at}")

    assert page.status_code == 200
    assert says in words(page)
    assert f'value="{at}"' in page.text


async def test_of_an_hour_that_the_clock_shows_twice_the_one_that_is_asked_for_is_explained(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    prices = [0.1, 0.5] + [0.2] * 22  # from 2 o'clock in summer time, and from 2 in winter time
    await market(tenant, at, hourly(datetime(2026, 10, 25, tzinfo=UTC), prices))
    (made,) = (await tenant.get(f"/tariffs?location_id={at}")).json()["data"]

    summer = await browser.get(f"/tariffs/{made['id']}?at=2026-10-25T02:30%2B02:00")
    winter = await browser.get(f"/tariffs/{made['id']}?at=2026-10-25T01:30Z")

    assert "€0.1000 per kWh from" in words(summer)
    assert "€0.5000 per kWh from" in words(winter)
    assert 'value="2026-10-25T02:30"' in winter.text


async def test_a_tariff_is_deleted_and_who_did_it_is_kept(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at, display_name="Flat")
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)

    refused = await viewer.post(f"/tariffs/{made['id']}/delete")
    done = await browser.post(f"/tariffs/{made['id']}/delete")

    assert refused.status_code == 403
    assert done.status_code == 303
    assert (await tenant.get(f"/tariffs/{made['id']}")).status_code == 404
    async with world.db.reading() as db:
        entries = await db.fetch(
            "SELECT action FROM audit_log WHERE account = $1", tenant.caller.account
        )
        actions = [one["action"] for one in entries]
    assert actions == [f"DELETE /tariffs/{made['id']}"]


async def test_tariffs_of_others_are_not_there(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    other = await world.tenant("another maker")
    made = await other.tariff((await other.site())["location_id"])

    assert (await browser.get(f"/tariffs/{made['id']}")).status_code == 404
    assert (await browser.post(f"/tariffs/{made['id']}/delete")).status_code == 404
    listed = await browser.get(f"/tariffs?location={made['location_id']}")
    assert made["id"] not in listed.text


async def test_a_german_reader_sees_german_numbers_and_days(
    tenant: Tenant, browser: Browser
) -> None:
    made = await tenant.tariff(await place(tenant), schedule=[entry(("All", NIGHT))])
    browser.language = "de-DE"

    page = await browser.get(f"/tariffs/{made['id']}?at=2026-03-01T18:00")

    assert "Mo. 07:00–23:00: 0,30 EUR per kWh" in page.text
    assert "So., 1. März, 18:00" in page.text
    assert "0,3000\xa0€ per kWh" in page.text
