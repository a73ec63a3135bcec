"""Readings uploaded on the page of a site: kept, refused with the place, and in costs at once."""

from typing import Any

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World

CSV = """start_time,end_time,energy_kwh
2026-02-01T00:00:00+01:00,2026-02-01T01:00:00+01:00,1.5
2026-02-01T01:00:00+01:00,2026-02-01T02:00:00+01:00,much
2026-02-01T02:00:00+01:00,2026-02-01T03:00:00+01:00,2.5
"""
NEM12 = """100,NEM12,202602010000,MDP,RETAILER
200,6123456789,E1,E1,E1,,1234,KWH,30,
300,20260201,{},A,,,20260202000000,
900
""".format(",".join(["0.25"] * 48))


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def sent(browser: Browser, site: Any, content: str, **fields: str) -> Any:
    usual = {"start": "start_time", "end": "end_time", "value": "energy_kwh"}
    file = {"file": ("readings.csv", content)}
    return await browser.post(f"/sites/{site['id']}/upload", usual | fields, files=file)


async def kept_kwh(tenant: Tenant, site: Any, **body: Any) -> float:
    found = await tenant.post(
        "/meters/records",
        {"location_id": site["location_id"], "start_time": "2026-01-01T00:00:00Z", **body},
    )
    return float(sum(one["energy"]["value"] for one in found.json()["data"]))


async def test_readings_are_kept_and_a_refused_one_names_its_line(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site(reference_id="home")
    page = await sent(browser, site, CSV)
    assert page.status_code == 200
    shown = words(page)
    assert "2 readings kept" in shown
    assert "1 refused" in shown
    assert "line 3" in shown
    assert await kept_kwh(tenant, site) == 4
    assert "4 kWh" in words(
        await browser.get(f"/sites/{site['id']}?by=month&on=2026-02-01")
    ).replace("\N{NO-BREAK SPACE}", " ")


async def test_a_length_of_periods_a_unit_and_a_device_are_taken(
    tenant: Tenant, browser: Browser
) -> None:
    device = {"type": "PV_SYSTEM", "reference_id": "roof"}
    site = await tenant.site(devices=[device])
    content = "at;watts\n01/02/2026 00:00;1000\n01/02/2026 00:30;3000\n"
    fields = {
        "start": "at", "end": "", "minutes": "30", "value": "watts", "unit": "W",
        "direction": "OUTBOUND", "dates": "day", "device": site["devices"][0]["id"],
    }  # fmt: skip
    page = await sent(browser, site, content, **fields)
    assert "2 readings kept" in words(page)
    assert await kept_kwh(tenant, site, device_id=site["devices"][0]["id"]) == 2


async def test_a_file_of_a_network_operator_needs_no_columns(
    tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site()
    page = await sent(browser, site, NEM12)
    assert "48 readings kept" in words(page)
    assert await kept_kwh(tenant, site) == 12


@pytest.mark.parametrize(
    ("content", "fields", "field"),
    [
        ("", {}, "file"),
        ("%PDF-1.7 a bill", {}, "file"),
        (CSV, {"minutes": "often"}, "minutes"),
        (CSV, {"start": "", "end": ""}, "start"),
        (CSV.replace("1.5", "900000"), {}, "value"),
    ],
    ids=["no file", "a PDF", "no number", "no times", "a power station"],
)
async def test_a_faulty_upload_keeps_the_form_with_the_fault_beside_its_field(
    content: str, fields: dict[str, str], field: str, tenant: Tenant, browser: Browser
) -> None:
    site = await tenant.site()
    page = await sent(browser, site, content, **{"value": "energy_kwh", **fields})
    assert page.status_code == 422
    assert f'id="{field}-fault"' in page.text
    assert 'value="energy_kwh"' in page.text
    assert await kept_kwh(tenant, site) == 0


async def test_nothing_is_uploaded_to_a_stranger(world: World, browser: Browser) -> None:
    other = await (await world.tenant()).site()
    assert (await sent(browser, other, CSV)).status_code == 404
