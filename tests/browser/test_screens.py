"""Every screen: accessible in light and dark, no wider than a phone, and pictures of each."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import SCREENS, WIDE, Window
from tests.browser.served import Served
from wattyard.web.dashboard.declare import Audience
from wattyard.web.dashboard.screens import PAGES

LEADING_ON = {"/costs/file", "/link/{token}"}
"""Files, and links that are used up; streams end with `/live`."""
PATHS = [
    (one.path, one.audience)
    for one in PAGES
    if one.method == "GET" and one.path not in LEADING_ON
    if not one.path.endswith("/live")
    if one.path or one.audience is Audience.MEMBER  # `/dashboard` itself leads to an account
]
PHONE = {"width": 390, "height": 844}
TOO_WIDE = """
document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".wide, pre"))
  .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 60)}`)
"""
"""What stands out of a page that is wider than its window, but for what scrolls by itself."""
AXE = Axe()
ONLY_VIOLATIONS = {"resultTypes": ["violations"]}
QUERIES = {"/costs": "?location={location}", "/sites": "?q=nothing-like-it"}
"""What is asked besides, in a second visit: other states of the same page."""


def violations(page: Page) -> list[str]:
    found: Any = AXE.run(page, options=ONLY_VIOLATIONS).response
    return [
        f"{one['id']}: {node['target']}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def picture(page: Page, name: str) -> None:
    SCREENS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


def checked(page: Page, address: str, name: str) -> None:
    """Look at a page in light, dark and on a phone."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, (address, answer.status)
    page.set_viewport_size(WIDE)
    picture(page, f"{name}-light")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    picture(page, f"{name}-dark")
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    assert page.evaluate(TOO_WIDE) == []
    picture(page, f"{name}-phone")


def named(path: str) -> str:
    return re.sub(r"\W+", "-", path.strip("/")) or "overview"


@pytest.mark.parametrize(("path", "audience"), PATHS, ids=[named(path) for path, _ in PATHS])
def test_a_screen_is_accessible_and_fits_a_phone(
    served: Served, window: Window, path: str, audience: Audience
) -> None:
    before = served.home if audience is Audience.MEMBER else f"{served.url}/dashboard"
    page = window() if path != "/login" else window(state=None)
    if "{request}" in path:
        served.send("POST", "/sites", {"no": "such field"})
        page.goto(f"{served.home}/developers/requests")
        while page.locator("main table tbody a").count() == 0:  # it is written within a second
            page.reload()
        address = page.locator("main table tbody a").first.get_attribute("href") or ""
        checked(page, served.url + address, named(path))
        return
    checked(page, before + path.format(**served.ids), named(path))


@pytest.mark.parametrize("path", QUERIES)
def test_another_state_of_a_screen_is_accessible(served: Served, window: Window, path: str) -> None:
    location = f"loc_{served.ids['site'][4:]}"
    address = f"{served.home}{path}{QUERIES[path].format(location=location)}"
    checked(window(), address, f"{named(path)}-more")
