"""The screen Costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, words
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World
from wattyard.kernel import ids
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.meters.service import Records, read_once

HOSTILE = "<script>alert(1)</script>\u202e\U0001f642"


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def metered(tenant: Tenant, *, kwh: float = 100.0) -> Any:
    """A site that drew energy on 10 February and 1 March 2026."""
    site = await tenant.site(reference_id="house-1")
    records = [
        {
            "location_id": site["location_id"],
            "energy_flow_direction": "INBOUND",
            "tariff_direction": "IMPORT",
            "energy_kwh": kwh,
            "start_time": f"2026-{day}T00:00:00+01:00",
            "end_time": f"2026-{day}T06:00:00+01:00",
        }
        for day in ("02-10", "03-01")
    ]
    answer = await tenant.call("PUT", "/meters/interval", json=records)
    assert answer.status_code in (200, 201, 202), answer.text
    return site


async def test_months_and_lines_are_shown_with_their_money(
    tenant: Tenant, browser: Browser
) -> None:
    site = await metered(tenant)
    standing = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}
    await tenant.tariff(site["location_id"], display_name="Nice & flat", charges=[standing])
    page = await browser.get(f"/costs?location={site['location_id']}")
    shown = words(page)
    assert "Costs of house-1" in shown
    assert "the local days of Europe/Amsterdam" in shown
    assert "€39.00 100 kWh €0.3900" in shown
    assert "March 2026 all days €" in shown
    assert "Nice & flat 200 kWh €0.2500 per kWh €50.00" in shown
    assert "Standing charge" in shown
    assert "<svg" in page.text
    assert f"/costs/interval/{site['location_id']}" in shown.replace("\\", "")


async def test_a_month_leads_to_its_days_and_to_a_csv_file(
    tenant: Tenant, browser: Browser
) -> None:
    site = await metered(tenant)
    await tenant.tariff(site["location_id"])
    where = f"location={site['location_id']}"
    assert f"{where}&amp;month=2026-02" in (await browser.get(f"/costs?{where}")).text
    assert "10 Feb 2026 25 % of the day €25.00 100 kWh €0.2500" in words(
        await browser.get(f"/costs?{where}&month=2026-02")
    )
    file = await browser.get(f"/costs/file?{where}&month=2026-02")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    assert file.text.splitlines()[0] == "start_time,end_time,energy_kwh,cost,confidence"
    assert "2026-02-10T00:00:00+01:00,2026-02-11T00:00:00+01:00,100.0,25.0" in file.text
    for month in ("2026-13", "9999-12", "0001-01", "march"):
        assert (await browser.get(f"/costs?{where}&month={month}")).status_code == 400


async def read_days(tenant: Tenant, at: str, *days: str) -> None:
    records = [
        {
            "location_id": at,
            "energy_kwh": 12,
            "start_time": f"2026-{day}T00:00:00+01:00",
            "end_time": f"2026-{day}T23:59:59.9+01:00",
        }
        for day in days
    ]
    answer = await tenant.call("PUT", "/meters/interval", json=records)
    assert answer.json()["records_processed"] == len(days), answer.text


async def test_days_without_readings_are_told_beside_the_total_in_table_and_chart(
    world: World, tenant: Tenant, browser: Browser, clock: FakeClock
) -> None:
    site = await tenant.site()
    at = site["location_id"]
    await tenant.tariff(at, charges=[{"kind": "DAILY", "amount": 0.5}])
    await read_days(tenant, at, *(f"02-{day:02}" for day in (*range(1, 13), 20)))

    months = await browser.get(f"/costs?location={at}")
    days = await browser.get(f"/costs?location={at}&month=2026-02")
    none = words(await browser.get(f"/costs?location={at}&month=2025-12"))

    shown = words(months)
    missing = "13–19 Feb 2026 and 21–28 Feb 2026"
    assert "days with readings This total is not complete: readings for 13 of 334 days" in shown
    assert f"February 2026 13 of 28 days (missing {missing}) €53.00 156 kWh" in shown
    assert "January 2026 no readings €15.50 – –" in shown
    assert "No readings, as a share of the time" in shown
    shown = words(days)
    assert f"readings for 13 of 28 days; missing {missing}. Energy for the time" in shown
    assert "12 Feb 2026 all day €3.50 12 kWh" in shown
    assert "13 Feb 2026 no readings €0.50 – –" in shown
    assert "Fri 13 Feb: no readings for 100 % of the time" in days.text
    assert "This total is not complete: no readings for 31 days." in none
    clock.forward(days=2)
    later = await Browser.of(world, tenant)
    assert "This is not complete: no readings for 2 days." in words(
        await later.get(f"/sites/{site['id']}")
    )


async def test_the_day_under_way_is_not_missing_and_whole_days_are_complete(
    tenant: Tenant, browser: Browser
) -> None:
    at = (await tenant.site())["location_id"]
    await tenant.tariff(at, contract_start_date="2026-02-27")
    await read_days(tenant, at, "02-27", "02-28")

    shown = words(await browser.get(f"/costs?location={at}&month=2026-02"))
    march = words(await browser.get(f"/costs?location={at}&month=2026-03"))

    assert "readings for 2 of 28 days; missing 1–26 Feb 2026" in shown
    assert "There are no readings and no charges in this time" in march


async def test_another_tariff_is_compared_for_the_same_readings(
    tenant: Tenant, browser: Browser
) -> None:
    site, other = await metered(tenant), await tenant.site()
    await tenant.tariff(site["location_id"])
    cheap = await tenant.tariff(
        other["location_id"],
        schedule=flat(0.2),
        display_name="Cheap",
        contract_start_date="2026-03-01",
        charges=[{"kind": "DAILY", "amount": 0.1}],
    )
    where = f"/costs?location={site['location_id']}"
    assert f'value="{cheap["id"]}"' in (await browser.get(where)).text
    shown = words(await browser.get(f"{where}&with={cheap['id']}"))
    assert "the same energy would have cost €7.10 less" in shown
    assert "From 1 Feb 2026 to 1 Mar 2026 the same" in shown
    assert "In all €50.00 €42.90 -€7.10" in shown


@pytest.mark.parametrize("other", ["unknown", "selling", "another currency", "no id"])
async def test_a_tariff_that_cannot_be_compared_is_refused_beside_its_field(
    other: str, tenant: Tenant, browser: Browser
) -> None:
    site = await metered(tenant)
    await tenant.tariff(site["location_id"])
    id_ = {"unknown": f"trf_{0:032x}", "no id": HOSTILE}.get(other)
    if id_ is None:
        place = {"postal_address": {"city": "Leeds", "country_code": "GB"}}
        at = await tenant.site(**(place if other == "another currency" else {}))
        direction = "EXPORT" if other == "selling" else "IMPORT"
        id_ = (await tenant.tariff(at["location_id"], direction=direction))["id"]
    page = await browser.get("/costs", params={"location": site["location_id"], "with": id_})
    assert page.status_code == 200
    assert 'class="fault"' in page.text
    assert "<script>alert" not in page.text
    assert "€50.00" in words(page)


async def test_a_site_without_tariff_or_readings_says_what_to_do(
    tenant: Tenant, browser: Browser
) -> None:
    assert "There are no sites yet" in words(await browser.get("/costs"))
    site = await tenant.site()
    where = f"/costs?location={site['location_id']}"
    page = await browser.get(where)
    assert page.status_code == 200
    assert "Link a tariff" in words(page)
    await tenant.tariff(site["location_id"])
    assert "upload meter readings" in words(await browser.get(where))


async def test_a_site_is_found_by_what_it_begins_with_and_hostile_names_are_text(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    place = {"city": HOSTILE, "country_code": "NL"}
    site = await tenant.site(
        reference_id=HOSTILE, postal_address=place, timezone="Europe/Amsterdam"
    )
    await tenant.site(reference_id="other")
    await tenant.tariff(site["location_id"], display_name=HOSTILE)
    page = await browser.get("/costs", params={"text": "<script"})
    assert f"location={site['location_id']}" in page.text
    assert "other" not in words(page)
    for shown in (page, await browser.get(f"/costs?location={site['location_id']}")):
        assert "<script>alert" not in shown.text
        assert "alert(1)" in words(shown)
    stranger = await Browser.of(world, await world.tenant())
    assert (await stranger.get(f"/costs?location={site['location_id']}")).status_code == 404
    assert (await stranger.get(f"/costs/file?location={site['location_id']}")).status_code == 404


async def test_questions_that_share_what_was_read_see_the_same(
    world: World, tenant: Tenant
) -> None:
    site = await metered(tenant)
    records, site_id = world.services.get(Records), ids.read(site["id"], "ste", param="site")
    months = [datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3, 4)]
    edges_us = np.array([microseconds(one) for one in months])

    async def covered_hours() -> list[float]:
        found = await records.covered(tenant.context, site_id, "IMPORT", edges_us)
        return [one / 3.6e9 for one in found.tolist()]

    with read_once():
        around = Span(months[0] - timedelta(days=1), months[2])
        first = await records.of_object(
            tenant.context, around, site_id=site_id, device_id=None, direction="IMPORT"
        )
        await tenant.call("DELETE", f"/sites/{site['id']}")
        again = await records.of_object(
            tenant.context, around, site_id=site_id, device_id=None, direction="IMPORT"
        )
        assert again is first
        assert await covered_hours() == [7.0, 5.0]
    assert await covered_hours() == [0.0, 0.0]
