"""What people come for: the jobs of the dashboard from the first click to the last."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.served import Served

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "emoji": "🔋" * 60,
}
"""References; the API takes no control characters in them."""
MONTHS = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"


def test_a_site_is_found_by_its_reference_and_by_its_city(served: Served, window: Window) -> None:
    page = window()
    page.goto(f"{served.home}/sites")
    page.get_by_label("Search").fill("sample-0042")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.get_by_label("Search").fill("Bengal")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main tbody tr").first).to_contain_text("Bengaluru")
    page.get_by_label("Last heard from").select_option(label="A device silent for more than a day")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("q=Bengal.*devices="))


def test_a_file_with_two_faults_says_which_lines_and_why(
    served: Served, window: Window, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.ndjson"
    place = '"postal_address": {"city": "Leeds", "country_code": '
    file.write_text(
        f'{{"reference_id": "imported-1", {place}"GB"}}}}\n'
        f'{{"reference_id": "imported-2", {place}"XX"}}}}\n'
        f'{{"reference_id": "imported-3", {place}"GB"}}\n'
    )
    page = window()
    page.goto(f"{served.home}/sites/import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("main")).to_contain_text("country_code")
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("2")
    expect(rows.nth(1)).to_contain_text("3")
    assert served.api("/sites", reference_id="imported-1")["data"]


def test_a_price_is_taken_apart(served: Served, window: Window) -> None:
    page = window()
    page.goto(f"{served.home}/tariffs/{served.ids['tariff']}")
    day = datetime.now(UTC).date() - timedelta(days=7)
    page.get_by_label(re.compile(r"^At ")).fill(f"{day}T18:30")
    page.get_by_role("button", name="Show").last.click()
    expect(page).to_have_url(re.compile(f"at={day}T18"))
    expect(page.locator("main")).to_contain_text("per kWh")
    page.get_by_text("Show as a table").last.click()
    expect(page.locator("details[open] table").last).to_contain_text("Price")


def test_the_price_of_the_time_that_is_clicked_in_the_chart_is_explained(
    served: Served, window: Window
) -> None:
    page = window()
    page.goto(f"{served.home}/sites/{served.ids['site']}")
    chart = page.locator("#prices svg.chart[data-chart]")
    expect(page.locator("#prices")).to_contain_text("Click the chart to choose one.")
    chart.click(position={"x": 200, "y": 100})
    why = page.get_by_role("link", name=re.compile("Why the price on .+[0-9]:[0-9]{2}"))
    asked = parse_qs(urlsplit(why.get_attribute("href") or "").query)
    chosen = datetime.fromisoformat(asked["at"][0])
    why.click()

    zone = ZoneInfo(served.api(f"/locations/loc_{served.ids['site'][4:]}")["timezone"])
    local = f"{chosen.astimezone(zone):%Y-%m-%dT%H:%M}"
    expect(page.get_by_label(re.compile(r"^At "))).to_have_value(local)
    expect(page.locator("#audit")).to_contain_text("per kWh from")


def test_a_tariff_is_edited_until_its_check_is_content(served: Served, window: Window) -> None:
    page = window()
    page.goto(f"{served.home}/tariffs/{served.ids['tariff']}")
    page.get_by_role("link", name="Change").first.click()
    price = page.get_by_label("Price per kWh, row 1")
    before = price.input_value()
    price.fill("thirty cents")
    page.get_by_role("button", name="Check").first.click()
    expect(page.locator("#row-0-fault")).to_contain_text("'thirty' is not a function")
    expect(price).to_have_value("thirty cents")
    expect(price).to_have_attribute("aria-invalid", "true")

    price.fill(before)
    page.get_by_role("button", name="Check").first.click()
    expect(page.locator("#check")).to_contain_text("This can be saved")
    expect(page.locator("#check svg").first).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".told")).to_contain_text("was changed")


def test_a_site_is_planned_again_for_a_day(served: Served, window: Window) -> None:
    page = window()
    page.goto(f"{served.home}/sites/{served.ids['site']}/plan")
    page.get_by_label(re.compile("Hours to plan")).fill("24")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page).to_have_url(re.compile("schedule_horizon=24"))
    expect(page.locator("main svg").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Without planning")
    page.get_by_label(re.compile("Hours to plan")).fill("1000")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator(".fault").first).to_be_visible()
    expect(page.get_by_label(re.compile("Hours to plan"))).to_have_value("1000")


def test_a_failed_delivery_is_sent_again(served: Served, window: Window) -> None:
    page = window()
    page.goto(f"{served.home}/developers/webhooks/{served.ids['endpoint']}")
    expect(page.locator("main")).to_contain_text("failing")
    page.get_by_role("button", name="Send again now").first.click()
    expect(page.locator(".told")).to_be_visible()


def test_a_restricted_key_is_made_shown_once_and_works(served: Served, window: Window) -> None:
    page = window()
    page.goto(f"{served.home}/developers/keys/new")
    page.get_by_label("Name").fill("Home Assistant")
    page.get_by_label(re.compile("^prices:read")).check()
    page.get_by_role("button", name="Make the key").click()
    (secret,) = set(re.findall(r"rk_test_[\w-]{20,}", page.content()))

    place = f"loc_{served.ids['site'][4:]}"
    assert served.api("/prices/now", secret, location_id=place)["value"]
    page.goto(f"{served.home}/developers")
    expect(page.locator("main")).to_contain_text("Home Assistant")
    assert secret not in page.content()


def test_the_second_of_two_who_change_a_site_is_told(served: Served, window: Window) -> None:
    first, second = window(), window()
    address = f"{served.home}/sites/{served.ids['site']}/edit"
    for page in (first, second):
        page.goto(address)
    first.get_by_label("City", exact=True).fill("Uppsala")
    first.get_by_role("button", name="Save").click()
    expect(first.locator(".told")).to_be_visible()
    second.get_by_label("City", exact=True).fill("Lund")
    second.get_by_role("button", name="Save").click()

    expect(second.locator("main")).to_contain_text("Uppsala")
    expect(second.get_by_label("City", exact=True)).to_have_value("Lund")


def test_without_script_a_site_is_found_and_made(served: Served, window: Window) -> None:
    page = window(java_script_enabled=False)
    page.goto(f"{served.home}/sites")
    page.get_by_label("Search").fill("sample-0007")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.locator("main tbody a").first.click()
    expect(page.locator("main svg").first).to_be_visible()
    page.goto(f"{served.home}/sites/new")
    page.get_by_label("Reference").first.fill("made-without-script")
    page.get_by_label("Country").fill("Atlantis")
    page.get_by_role("button", name="Put in service").click()
    expect(page.locator(".fault").first).to_be_visible()
    expect(page.get_by_label("Reference").first).to_have_value("made-without-script")
    page.get_by_label("Country").fill("GB")
    page.get_by_label("City", exact=True).fill("Leeds")
    page.get_by_role("button", name="Put in service").click()
    expect(page.locator("h1")).to_contain_text("made-without-script")


def test_numbers_and_dates_are_in_the_readers_language(served: Served, window: Window) -> None:
    page = window(locale="de-DE")
    place = f"loc_{served.ids['site'][4:]}"
    page.goto(f"{served.home}/costs?location={place}")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"\d\.\d{3},\d{2}"))
    expect(page.locator("main")).to_contain_text(re.compile(rf"\b({MONTHS}) 20\d\d\b"))


def test_hostile_names_are_text_on_every_screen(served: Served, window: Window) -> None:
    page = window()
    page.on("dialog", lambda dialog: (_ for _ in ()).throw(AssertionError(dialog.message)))
    for name in HOSTILE.values():
        body = {
            "reference_id": name,
            "postal_address": {"city": name[:60], "country_code": "GB", "address_line1": name},
            "timezone": "Europe/London",
            "currency_code": "GBP",
            "devices": [{"type": "OTHER", "reference_id": name, "manufacturer": name}],
        }
        made = served.send("POST", "/sites", body)
        assert made.status_code == 201, made.text
        site = made.json()["id"]
        for path in ("", "/sites", f"/sites/{site}", f"/sites/{site}/edit", "/developers/events"):
            page.goto(f"{served.home}{path}")
            assert page.locator("img[src=x]").count() == 0, path
        page.goto(f"{served.home}/sites/{site}")
        expect(page.locator("h1")).to_contain_text(name[:20])
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
        page.set_viewport_size({"width": 1280, "height": 900})
