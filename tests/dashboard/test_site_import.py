"""The import of sites on a page: progress, counts, and faulty lines beside their reasons."""

import json
from typing import Any

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.people.domain import Role

CSV = """reference_id,city,country_code,devices.1.type,devices.1.reference_id
home-1,Leeds,GB,BATTERY_SYSTEM,b-1
home-2,Lyon,XX,,
home-3,Lyon,FR,TOASTER,t-1
home-4,Lyon,FR,,
"""


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def sent(browser: Browser, content: str, name: str = "fleet.csv", **fields: str) -> Any:
    return await browser.post("/sites/import", fields, files={"file": (name, content)})


async def references(tenant: Tenant) -> list[str]:
    found = (await tenant.get("/sites?limit=100")).json()["data"]
    return sorted(one["reference_id"] for one in found)


async def test_faulty_lines_are_shown_with_their_reasons_and_the_others_are_kept(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    page = await sent(browser, CSV)
    assert page.status_code == 200
    shown = words(page)
    assert "2 new" in shown
    assert "2 refused" in shown
    assert "3 postal_address.country_code" in shown
    assert "4 devices[0].type" in shown
    assert await references(tenant) == ["home-1", "home-4"]
    for header in ("content-security-policy", "x-content-type-options"):
        assert page.headers[header] == (await browser.get("/sites")).headers[header]
    async with world.db.reading() as db:
        noted = await db.fetchval(
            "SELECT count(*) FROM audit_log WHERE account = $1", tenant.caller.account
        )
    assert noted == 1
    again = words(await sent(browser, CSV))
    assert "2 as they were" in again
    assert "0 new" in again


async def test_a_file_is_checked_without_keeping_anything(tenant: Tenant, browser: Browser) -> None:
    page = await sent(browser, CSV, only_check="on")
    assert "2 would be new" in words(page)
    assert await references(tenant) == []


async def test_many_lines_come_in_batches_and_say_how_far_they_are(
    tenant: Tenant, browser: Browser
) -> None:
    lines = "".join(
        json.dumps({"reference_id": f"h{n}", "timezone": "Europe/Paris", "currency_code": "EUR"})
        + "\n"
        for n in range(300)
    )
    page = await sent(browser, lines, "fleet.ndjson")
    assert "250 of about 300 lines" in words(page)
    assert "300 new" in words(page)


@pytest.mark.parametrize(
    ("content", "name", "fault"),
    [
        ("", "fleet.csv", "Choose a file"),
        ("reference_id,colour\nx,red\n", "fleet.csv", "'colour'"),
        ("city\nLeeds\n", "fleet.csv", "Column reference_id is missing"),
    ],
    ids=["empty", "unknown column", "no reference"],
)
async def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    content: str, name: str, fault: str, browser: Browser
) -> None:
    page = await sent(browser, content, name)
    assert page.status_code == 422
    assert 'id="file-fault"' in page.text
    assert fault in words(page)


async def test_a_hostile_file_is_only_text(browser: Browser) -> None:
    evil = "<script>alert(1)</script>"
    page = await sent(browser, f'reference_id,status\n"{evil}",{evil}\n', f"{evil}.csv")
    assert page.status_code == 200
    assert "1 refused" in words(page)
    assert "<script>alert" not in page.text


async def test_a_viewer_imports_nothing(world: World, tenant: Tenant) -> None:
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    assert (await sent(viewer, CSV)).status_code == 403
    assert await references(tenant) == []
