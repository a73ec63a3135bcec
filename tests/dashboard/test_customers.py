"""The page of a customer: its data is given out and erased, by owners alone."""

import json

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.people.domain import Role


@pytest.fixture
async def customer(tenant: Tenant) -> str:
    body = {"reference_id": "c-1042", "metadata": {"name": "Maartje"}}
    made = (await tenant.post("/customers", body)).json()
    await tenant.site(reference_id="home", customer_id=made["id"])
    return str(made["id"])


async def test_the_list_of_a_customers_sites_and_a_site_lead_to_its_page(
    world: World, tenant: Tenant, customer: str
) -> None:
    browser = await Browser.of(world, tenant, role=Role.VIEWER)
    listed = await browser.get(f"/sites?customer={customer}")
    assert "Sites of Maartje" in words(listed)
    assert f"/customers/{customer}" in listed.text
    page = words(await browser.get(f"/customers/{customer}"))
    assert "c-1042" in page
    assert "An owner of the account can give out and erase" in page


async def test_an_owner_exports_a_customer_as_a_file_and_the_log_says_so(
    world: World, tenant: Tenant, customer: str
) -> None:
    browser = await Browser.of(world, tenant)
    answer = await browser.post(f"/customers/{customer}/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="{customer}.json"'
    assert answer.headers["cache-control"] == "no-store"
    kept = json.loads(answer.text)
    assert kept["customer_id"] == customer
    assert [one["reference_id"] for one in kept["tables"]["sites"]] == ["home"]
    assert "customer.export" in words(await browser.get("/settings/audit"))


async def test_a_customer_is_erased_once_its_reference_is_typed(
    world: World, tenant: Tenant, customer: str
) -> None:
    browser = await Browser.of(world, tenant)
    path = f"/customers/{customer}/erase"
    for typed in ("", "c-1", customer):
        page = await browser.post(path, {"reference": typed})
        assert page.status_code == 422
        assert "nothing was erased" in words(page)
    assert (await tenant.get(f"/customers/{customer}")).status_code == 200
    answer = await browser.post(path, {"reference": "c-1042"})
    assert answer.status_code == 303
    assert (await tenant.get(f"/customers/{customer}")).status_code == 404
    assert "home" not in words(await browser.get("/sites"))
    log = words(await browser.get("/settings/audit"))
    assert f"customer.erase {customer}" in log
    assert "Maartje" not in log


async def test_developers_may_do_neither_and_a_strangers_customer_is_not_there(
    world: World, tenant: Tenant, customer: str
) -> None:
    developer = await Browser.of(world, tenant, role=Role.DEVELOPER)
    stranger = await Browser.of(world, await world.tenant("a stranger"))
    for deed in ("export", "erase"):
        path, typed = f"/customers/{customer}/{deed}", {"reference": "c-1042"}
        assert (await developer.post(path, typed)).status_code == 403
        assert (await stranger.post(path, typed)).status_code == 404
        foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        assert (await developer.post(path, typed, headers=foreign)).status_code == 403
    assert (await stranger.get(f"/customers/{customer}")).status_code == 404
    assert (await tenant.get(f"/customers/{customer}")).status_code == 200
