"""How people come in, what their role lets them do, and how they leave."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Window
from tests.browser.served import Served

PASSWORD = "correct horse battery staple"


def with_password(served: Served, page: Page, email: str, **given: Any) -> None:
    """Come in by a link and choose a password."""
    served.log_in(page, email, **given)
    page.goto(f"{served.url}/dashboard/person")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()


def log_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.locator("header details.person summary").click()
    page.get_by_role("button", name="Log out").click()


def test_the_first_log_in_is_by_a_link_that_looking_at_does_not_use_up(
    served: Served, window: Window
) -> None:
    page, link = window(state=None), served.link("first@example.com")
    for _ in range(2):
        page.goto(link)
        expect(page.locator("main form button")).to_be_visible()
    page.locator("main form button").click()
    expect(page.locator(".told")).to_contain_text("Choose a password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    log_out(page)
    expect(page.locator(".told")).to_have_text("You are logged out.")

    page.goto(f"{served.home}/sites")
    log_in(page, "first@example.com")

    page.wait_for_url(f"{served.home}/sites")
    log_out(page)
    page.goto(link)
    expect(page.locator("main form button")).to_have_count(0)


def test_a_wrong_password_says_so_and_keeps_the_address(served: Served, window: Window) -> None:
    page = window(state=None)
    page.goto(f"{served.url}/dashboard/login")
    log_in(page, "nobody@example.com")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("nobody@example.com")
    expect(page.get_by_label("Password")).to_have_value("")


def test_an_owner_invites_a_viewer_who_sees_and_cannot_change(
    served: Served, window: Window
) -> None:
    owner, viewer = window(), window(state=None)
    owner.goto(f"{served.home}/settings")
    owner.get_by_label("E-mail").fill("viewer@example.com")
    owner.get_by_role("textbox", name="Name").fill("Vera Viewer")
    owner.get_by_role("button", name="Make a link").click()
    (link,) = set(re.findall(r"http://\S+?/dashboard/link/[\w-]+", owner.content()))

    viewer.goto(link)
    viewer.locator("main form button").click()
    viewer.goto(f"{served.home}/sites")

    expect(viewer.locator("main tbody tr").first).to_be_visible()
    expect(viewer.get_by_role("link", name="New site")).to_have_count(0)
    answer = viewer.goto(f"{served.home}/sites/new")
    assert answer is not None
    assert answer.status == 403
    viewer.goto(f"{served.home}/settings")
    expect(viewer.get_by_role("button", name="Make a link")).to_have_count(0)


def test_a_session_elsewhere_is_ended(served: Served, window: Window) -> None:
    here, there = window(state=None), window(state=None)
    with_password(served, here, "two@example.com")
    there.goto(f"{served.url}/dashboard/login")
    log_in(there, "two@example.com")
    there.wait_for_url(re.compile("/dashboard/acc_"))

    here.goto(f"{served.url}/dashboard/person")
    here.get_by_role("button", name="End", exact=True).click()
    there.goto(f"{served.home}/sites")

    expect(there.get_by_label("Password")).to_be_visible()
    here.goto(f"{served.home}/sites")
    expect(here.locator("h1")).to_have_text("Sites")


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    served: Served, window: Window
) -> None:
    page = window(state=None)
    with_password(served, page, "slow@example.com")
    page.goto(f"{served.home}/sites/new")
    page.get_by_label("Reference").first.fill("typed-before")
    page.get_by_label("City", exact=True).fill("Leeds")
    page.get_by_label("Country").fill("GB")
    page.context.clear_cookies()
    page.get_by_role("button", name="Put in service").click()

    log_in(page, "slow@example.com")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("h1")).to_contain_text("typed-before")
