"""The pages where tariffs are written and imported."""

import json
from typing import Any

import pytest

from tests.support.dashboard import Browser, words
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, World
from wattyard.people.domain import Role
from wattyard.web.dashboard.screens.tariff_windows import COLUMNS

HOSTILE = "<script>alert(1)</script>\u202e\U0001f642"
URDB = {
    "name": "Residential",
    "energyratestructure": [[{"rate": 0.12}]],
    "energyweekdayschedule": [[0] * 24] * 12,
    "energyweekendschedule": [[0] * 24] * 12,
}


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def place(tenant: Tenant, **fields: Any) -> str:
    return str((await tenant.site(reference_id="house-1", **fields))["location_id"])


def typed(at: str, *rows: tuple[str, str, str], do: str = "save", **more: Any) -> dict[str, Any]:
    """A form as a browser sends it: rows of from, until and price."""
    columns: dict[str, list[str]] = {name: [] for name in COLUMNS}
    for start, end, price in (*rows, ("", "", "")):
        own = {"months": "All", "days": "All", "valid_from": start, "valid_to": end, "price": price}
        for name, column in columns.items():
            column.append(own.get(name, ""))
    return {
        "location": at,
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2026-01-01",
        "vat_included": "on",
        "tier_reset": "MONTH",
        "tier_scope": "TARIFF",
        "more": "{}",
        "do": do,
        **columns,
        **more,
    }


async def version_of(browser: Browser, tariff: str) -> dict[str, str]:
    """What the form of a tariff remembers of what it showed."""
    page = await browser.get(f"/tariffs/{tariff}/edit")
    assert page.status_code == 200, page.text
    tag = page.text.split('name="version" value="')[1].split('"')[0]
    return {"version": tag.replace("&#34;", '"').replace("&quot;", '"')}


async def test_a_new_tariff_is_checked_then_saved(tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)
    rows = (("07:00", "23:00", "0,30"), ("23:00", "07:00", "0.1 to 300; 0.2"))

    empty = await browser.get(f"/tariffs/new?location={at}")
    checked = await browser.post("/tariffs/new", typed(at, *rows, do="check", vat="21"))
    before = (await tenant.get("/tariffs")).json()["data"]
    saved = await browser.post("/tariffs/new", typed(at, *rows, vat="21", display_name=HOSTILE))

    assert "Prices are in EUR, times on the clock of Europe/Amsterdam." in words(empty)
    assert checked.status_code == 200
    assert "This can be saved." in words(checked)
    assert "Mon 07:00–23:00: 0.30 EUR per kWh" in checked.text
    assert 'value="0,30"' in checked.text
    assert before == []
    assert saved.status_code == 303
    (made,) = (await tenant.get("/tariffs")).json()["data"]
    assert (made["display_name"], made["vat"]) == (HOSTILE, 0.21)
    assert made["contract_end_date"] is None
    hours_ = made["schedule"][0]["days_and_hours"][0]["hours"]
    assert hours_[1]["rate"] == [{"value": 0.1, "to_kwh": 300.0}, {"value": 0.2}]
    page = await browser.get(f"/tariffs/{made['id']}")
    assert "<script>alert" not in page.text


async def test_faults_stand_at_their_rows_and_nothing_typed_is_lost(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    rows = (("00:00", "07:00", "cheap*"), ("7 o'clock", "24:00", "0.3"))

    page = await browser.post(
        "/tariffs/new", typed(at, *rows, contract_start_date="soon", vat="lots", display_name="N")
    )

    shown = words(page)
    assert page.status_code == 422
    for value in ("cheap*", "7 o&#39;clock", "soon", "lots", "N"):
        assert f'value="{value}"' in page.text
    assert 'id="row-1-fault"' in page.text
    assert 'id="vat-fault"' in page.text
    assert "Please look at the fields that are marked." in shown
    assert "The start must be a wall-clock time HH:mm or HH:mm:ss" in shown
    assert "The VAT must be a number between 0 and 100, in per cent." in shown
    assert "schedule[0]" not in shown.split("As API")[0]


async def test_a_date_that_is_none_is_named_at_its_field(tenant: Tenant, browser: Browser) -> None:
    form = typed(await place(tenant), ("00:00", "24:00", "0.3"), contract_start_date="soon")

    page = await browser.post("/tariffs/new", form)

    assert page.status_code == 422
    assert 'id="contract_start_date-fault"' in page.text


async def test_a_gap_is_named_beside_the_windows(tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)

    page = await browser.post("/tariffs/new", typed(at, ("07:00", "22:00", "0.3"), do="check"))

    assert page.status_code == 422
    assert 'id="row-0-fault"' in page.text


@pytest.mark.parametrize("more", ["{", "[]", '{"charges": "many"}'])
async def test_the_part_in_json_is_judged_too(more: str, tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)

    page = await browser.post("/tariffs/new", typed(at, ("00:00", "24:00", "0.3"), more=more))

    assert page.status_code == 422
    assert 'id="more-fault"' in page.text


async def test_more_rows_keep_what_was_typed(tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)

    page = await browser.post("/tariffs/new", typed(at, ("00:00", "24:00", "0.3"), do="rows"))

    assert page.status_code == 200
    assert page.text.count('name="price"') == 7
    assert 'value="0.3"' in page.text


async def test_a_tariff_is_changed_after_its_check_is_content(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    charge = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}
    made = await tenant.tariff(at, charges=[charge], schedule=flat(0.25))
    seen = await version_of(browser, made["id"])
    form = {
        **typed(at, ("00:00", "24:00", "0.5")),
        **seen,
        "more": json.dumps({"charges": [charge]}),
    }

    checked = await browser.post(f"/tariffs/{made['id']}/edit", {**form, "do": "check"})
    saved = await browser.post(f"/tariffs/{made['id']}/edit", form)

    assert "This can be saved." in words(checked)
    assert f"tariff_id={made['id']}" in checked.text
    assert saved.status_code == 303
    changed = (await tenant.get(f"/tariffs/{made['id']}")).json()
    assert changed["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"] == [{"value": 0.5}]
    assert changed["charges"][0]["amount"] == 0.5
    async with world.db.reading() as db:
        actions = await db.fetch(
            "SELECT action FROM audit_log WHERE account = $1", tenant.caller.account
        )
    assert [one["action"] for one in actions] == [f"PATCH /tariffs/{made['id']}"]


async def test_a_saved_form_that_nobody_touched_changes_nothing(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    market = await tenant.market_source(code="EPEX_NL")
    made = await tenant.tariff(
        at,
        vat=0.21,
        market_rates=True,
        market_source_id=market["id"],
        billing_day=15,
        holidays={"add": ["12-24"]},
        schedule=[
            entry(
                ("Weekdays", hours(("00:00", "00:00", [{"surcharge_fixed": 0.02}]))),
                ("Weekends", hours(("00:00", "00:00", [{"surcharge_percentage": 0.05}]))),
            )
        ],
    )
    page = await browser.get(f"/tariffs/{made['id']}/edit")
    form: dict[str, Any] = {}
    for name, value in fields_of(page.text):
        form.setdefault(name, []).append(value)

    saved = await browser.post(f"/tariffs/{made['id']}/edit", {**form, "do": "save"})

    assert saved.status_code == 303, words(saved)
    assert (await tenant.get(f"/tariffs/{made['id']}")).json() == made


async def test_a_stale_form_is_not_saved_and_the_difference_is_shown(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at, display_name="Old")
    page = await browser.get(f"/tariffs/{made['id']}/edit")
    form: dict[str, Any] = {}
    for name, value in fields_of(page.text):
        form.setdefault(name, []).append(value)
    await tenant.patch(f"/tariffs/{made['id']}", {"display_name": "Theirs"})

    stale = await browser.post(
        f"/tariffs/{made['id']}/edit", {**form, "display_name": "Mine", "do": "save"}
    )

    shown = words(stale)
    assert stale.status_code == 409
    assert "Somebody else changed this tariff" in shown
    assert '"Old" "Theirs"' in shown
    assert 'value="Mine"' in stale.text
    assert (await tenant.get(f"/tariffs/{made['id']}")).json()["display_name"] == "Theirs"


async def test_a_document_is_imported_from_a_file_or_as_text(
    tenant: Tenant, browser: Browser
) -> None:
    address = {"city": "Chicago", "state": "IL", "country_code": "US"}
    site = await tenant.site(postal_address=address, timezone="America/Chicago")
    at = site["location_id"]
    dates = {"contract_start_date": "2026-01-01", "contract_end_date": "2027-01-01"}
    later = {"contract_start_date": "2027-01-01", "contract_end_date": "2028-01-01"}
    form = {"location": at, "format": "urdb"}

    asked = await browser.get(f"/tariffs/import?location={at}")
    filed = await browser.post(
        "/tariffs/import", {**form, **dates}, files={"file": ("r.json", json.dumps(URDB).encode())}
    )
    pasted = await browser.post("/tariffs/import", {**form, **later, "document": json.dumps(URDB)})

    assert "There is no library of tariffs on this server yet" in words(asked)
    assert (filed.status_code, pasted.status_code) == (303, 303)
    assert len((await tenant.get(f"/tariffs?location_id={at}")).json()["data"]) == 2


@pytest.mark.parametrize(
    ("document", "says"),
    [("", "Choose a file, or paste the document."), ("{", "document"), ('{"name": "x"}', "")],
)
async def test_a_faulty_document_is_refused_and_kept_in_the_form(
    document: str, says: str, tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)

    page = await browser.post(
        "/tariffs/import", {"location": at, "format": "urdb", "document": document}
    )

    assert page.status_code == 422
    assert says in words(page)
    assert 'class="fault"' in page.text


async def test_a_viewer_and_a_stranger_write_nothing(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    stranger = await Browser.of(world, await world.tenant("another maker"))
    form = typed(at, ("00:00", "24:00", "0.3"))

    assert (await viewer.post("/tariffs/new", form)).status_code == 403
    assert (await viewer.get(f"/tariffs/{made['id']}/edit")).status_code == 403
    assert (await stranger.post("/tariffs/new", form)).status_code == 404
    assert (await stranger.get(f"/tariffs/{made['id']}/edit")).status_code == 404
    assert (await stranger.get(f"/tariffs/import?location={at}")).status_code == 404


def fields_of(html: str) -> list[tuple[str, str]]:
    """The fields that a browser would send of the form of a page, as they are."""
    from html.parser import HTMLParser

    found: list[tuple[str, str]] = []

    class Parser(HTMLParser):
        area = choice = ""

        def handle_starttag(self, tag: str, given: Any) -> None:
            own = dict(given)
            kind = own.get("type")
            if tag == "input" and own.get("name") and (kind != "checkbox" or "checked" in own):
                found.append((own["name"], own.get("value") or ""))
            if tag == "select":
                self.choice = own["name"]
            if tag == "option" and "selected" in own:
                found.append((self.choice, own["value"]))
            if tag == "textarea":
                self.area = own["name"]

        def handle_data(self, data: str) -> None:
            if self.area:
                found.append((self.area, data))
                self.area = ""

    Parser().feed(html)
    return found


async def test_the_editor_says_what_a_change_does_to_past_costs_before_it_is_saved(
    tenant: Tenant, browser: Browser
) -> None:
    at = await place(tenant)
    body = {"schedule": flat(0.25), "contract_start_date": "2026-01-01", "contract_end_date": None}
    made = await tenant.tariff(at, display_name="Flat", **body)
    edit, row = f"/tariffs/{made['id']}/edit", ("00:00:00", "00:00:00", "0.25")
    version = await version_of(browser, made["id"])

    def changed(*rows: tuple[str, str, str], **more: str) -> dict[str, Any]:
        return typed(at, *rows, do="check", **version, **more)

    opened = words(await browser.get(edit))
    renamed = words(await browser.post(edit, changed(row, display_name="Other")))
    dearer = words(await browser.post(edit, changed((*row[:2], "0.3"))))
    later = words(await browser.post(edit, changed(row, contract_start_date="2026-02-01")))
    ended = words(await browser.post(edit, changed(row, contract_end_date="2026-02-15")))

    assert "changes the costs of past months too, from 1 Jan – 28 Feb 2026" in opened
    assert "This change leaves the costs of all time that is over as they are." in renamed
    assert "Costs of the past change: those of 1 Jan – 28 Feb 2026 are worked out anew" in dearer
    assert "1–31 Jan 2026 is no longer priced by this tariff" in later
    assert "15–28 Feb 2026 is after the end of the contract then" in ended
    assert f"/tariffs/new?location={at}" in (await browser.get(edit)).text


async def test_a_tariff_to_come_changes_no_past_costs(tenant: Tenant, browser: Browser) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at, contract_start_date="2026-06-01", contract_end_date=None)

    shown = words(await browser.get(f"/tariffs/{made['id']}/edit"))

    assert "The tariff begins on 1 Jun 2026: no cost of time that is over depends on it" in shown
