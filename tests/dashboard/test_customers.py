"""The page of a customer: its data is given out and erased, by owners alone."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.dashboard import OWN_PAGE, Browser, words
from tests.support.world import Tenant, World
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import Unavailable
from wattyard.people.domain import Role
from wattyard.sites.service import Customers, PersonalData


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
    assert "An owner of the account can export and erase" in page


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


class BrokenOff(PersonalData):
    """Loses the database after a piece of an export, and the server once all was erased."""

    fault: Exception = RuntimeError("the server is killed")

    async def document(self, context: Context, customer_id: UUID) -> AsyncGenerator[str, None]:
        pieces = super().document(context, customer_id)
        yield await anext(pieces)
        yield await anext(pieces)
        raise Unavailable("the database cannot be reached")

    async def erase(self, context: Context, customer_id: UUID) -> dict[str, int]:
        await super().erase(context, customer_id)
        raise self.fault


class LostOver(BrokenOff):
    """Loses the database in the midst of an erasure."""

    fault = Unavailable("it is away; nothing was changed")


@pytest.fixture
async def breaking(world: World) -> World:
    customers = world.services.get(Customers)
    broken = BrokenOff(world.db, world.services, customers, settled=timedelta())
    return World(world.db, world.clock, {PersonalData: broken})


async def test_the_log_names_who_erased_a_customer_also_where_the_server_died_over_it(
    world: World, breaking: World, tenant: Tenant, customer: str
) -> None:
    browser = await Browser.of(breaking, tenant)
    answer = await browser.post(f"/customers/{customer}/erase", {"reference": "c-1042"})
    assert answer.status_code == 500
    assert "may have been erased only in part" in words(answer)
    assert "nothing was changed" not in words(answer).lower()
    assert (await tenant.get(f"/customers/{customer}")).status_code == 404
    log = await browser.get("/settings/audit")
    assert f"customer.erase {customer}" in words(log)
    assert f'/customers/{customer}"' not in log.text


async def test_a_database_that_is_lost_over_an_erasure_is_no_promise_that_nothing_was_changed(
    world: World, customer: str, tenant: Tenant
) -> None:
    customers = world.services.get(Customers)
    lost = LostOver(world.db, world.services, customers, settled=timedelta())
    losing = World(world.db, world.clock, {PersonalData: lost})
    browser = await Browser.of(losing, tenant)
    answer = await browser.post(f"/customers/{customer}/erase", {"reference": "c-1042"})
    assert answer.status_code == 503
    assert "may have been erased only in part" in words(answer)
    assert "nothing was changed" not in words(answer)


async def test_an_export_that_breaks_off_is_not_taken_for_a_whole_one(
    breaking: World, tenant: Tenant, customer: str
) -> None:
    browser = await Browser.of(breaking, tenant)
    sent: list[Any] = []
    asked = [{"type": "http.request", "body": b"", "more_body": False}]
    headers = {"host": "test", "cookie": f"wattyard={browser.token}", **OWN_PAGE}

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return asked.pop() if asked else await never.wait()

    path = f"{browser.base}/customers/{customer}/export"
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 7),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    never = asyncio.Event()
    await breaking.app(scope, receive, send)
    start, *pieces = sent
    assert start["status"] == 200
    assert [one["type"] for one in pieces] == ["http.response.body"] * 2
    assert all(one["more_body"] for one in pieces)


async def test_a_reference_is_typed_as_the_page_shows_it(world: World, tenant: Tenant) -> None:
    made = (await tenant.post("/customers", {"reference_id": "Jan  de \u202eVries"})).json()
    browser = await Browser.of(world, tenant)
    typed = {"reference": "Jan de \u202eVries"}
    assert (await browser.post(f"/customers/{made['id']}/erase", typed)).status_code == 303
