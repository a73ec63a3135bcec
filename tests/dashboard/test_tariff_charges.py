"""Standing charges as fields of the form of a tariff."""

import html
import re
from typing import Any

import pytest

from tests.dashboard.test_tariff_edit import typed, version_of
from tests.support.dashboard import Browser, words
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World
from wattyard.web.dashboard.screens.tariff_charges import ChargeRow, divided

ROW = ("00:00:00", "00:00:00", "0.25")
DEMAND = {"kind": "DEMAND", "amount_per_kw": 5.0, "window_minutes": 15}
DAILY = {"kind": "DAILY", "amount": 0.53, "name": "standing charge"}


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


def standing(*rows: tuple[str, str, str]) -> dict[str, Any]:
    """The fields of rows of name, amount and kind."""
    names = ("charge_name", "charge_amount", "charge_kind")
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}


def shown_fields(page: str) -> dict[str, str]:
    """What the JSON of the form says."""
    (more,) = re.findall(r'<textarea[^>]*name="more"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return {"more": html.unescape(more)}


async def test_standing_charges_are_typed_as_amounts_for_a_day_a_month_or_a_year(
    tenant: Tenant, browser: Browser
) -> None:
    at = (await tenant.site())["location_id"]
    rows = standing(("Meter", "4,90", "MONTHLY"), ("", "0.2", "DAILY"), ("", "", "MONTHLY"))
    browser.language = "de-DE"

    saved = await browser.post("/tariffs/new", typed(at, ROW, **rows))

    assert saved.status_code == 303, words(saved)
    (made,) = (await tenant.get("/tariffs")).json()["data"]
    assert [(one["kind"], one["amount"], one.get("name")) for one in made["charges"]] == [
        ("MONTHLY", 4.9, "Meter"),
        ("DAILY", 0.2, None),
    ]


async def test_charges_that_rows_cannot_say_stay_json_and_a_save_loses_none(
    tenant: Tenant, browser: Browser
) -> None:
    at = (await tenant.site())["location_id"]
    made = await tenant.tariff(at, schedule=flat(0.25), charges=[DAILY, DEMAND, DAILY])
    page = (await browser.get(f"/tariffs/{made['id']}/edit")).text
    version = await version_of(browser, made["id"])

    form = typed(
        at,
        ROW,
        **version,
        **shown_fields(page),
        **standing(("standing charge", "0.53", "DAILY"), ("", "", "MONTHLY")),
        contract_start_date=made["contract_start_date"],
        contract_end_date=made["contract_end_date"],
    )
    saved = await browser.post(f"/tariffs/{made['id']}/edit", form)

    assert 'name="charge_amount" value="0.53"' in re.sub(r"\s+", " ", page)
    assert page.count('name="charge_amount"') == 2
    assert saved.status_code == 303, words(saved)
    assert (await tenant.get(f"/tariffs/{made['id']}")).json()["charges"] == made["charges"]


async def test_rows_stay_where_the_json_beside_them_has_null_for_charges(
    tenant: Tenant, browser: Browser
) -> None:
    at = (await tenant.site())["location_id"]
    form = typed(at, ROW, more='{"charges": null}', **standing(("Meter", "5", "MONTHLY")))
    assert (await browser.post("/tariffs/new", form)).status_code == 303
    (made,) = (await tenant.get("/tariffs")).json()["data"]
    assert [one["name"] for one in made["charges"]] == ["Meter"]


async def test_a_faulty_amount_is_told_at_its_row_and_kept_as_typed(
    tenant: Tenant, browser: Browser
) -> None:
    at = (await tenant.site())["location_id"]
    rows = standing(("Meter", "5", "MONTHLY"), ("Grid", "a lot", "YEARLY"))

    page = await browser.post("/tariffs/new", typed(at, ROW, **rows))

    assert page.status_code == 422
    assert 'value="a lot"' in page.text
    assert 'id="charge-1-fault"' in page.text
    assert "charges[" not in words(page).split("As API")[0]
    assert '<option value="YEARLY" selected' in page.text


def test_rows_are_those_before_the_first_charge_that_only_json_says() -> None:
    named = {**DAILY, "name": None}

    rows, rest = divided([DAILY, named, DEMAND, DAILY])

    assert rows == [ChargeRow("standing charge", "0.53", "DAILY"), ChargeRow("", "0.53", "DAILY")]
    assert rest == [DEMAND, DAILY]
