"""Two people who change the same thing: the second is told, and shown the difference."""

import asyncio
import re
import threading
from html import unescape
from typing import Any

import httpx

from tests.support.charging import CAR
from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.kernel import ids
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.lookup import SystemLookup
from wattyard.schedules.service import Solvers
from wattyard.schedules.service.turns import Shares

URL = "https://hooks.example.com/wattyard"
HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'idle in transaction' AND datname = current_database()
"""


def form_to(page: httpx.Response, address: str) -> dict[str, str]:
    """What a browser sends of the form that is sent to an address, its button included."""
    (form,) = re.findall(
        rf'<form[^>]*action="[^"]*{re.escape(address)}".*?</form>', page.text, re.DOTALL
    )
    fields = re.findall(r'name="([^"]+)"[^>]*?value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


async def test_whoever_takes_a_changed_site_out_of_service_is_told_first(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site(reference_id="home")
    browser = await Browser.of(world, tenant)
    path = f"/sites/{site['id']}"
    seen = form_to(await browser.get(path), "/status")
    await tenant.patch(f"/sites/{site['id']}", {"reference_id": "house"})
    stale = await browser.post(f"{path}/status", seen)
    assert stale.status_code == 409
    assert 'reference_id "home" "house"' in words(stale)
    assert (await tenant.get(path)).json()["status"] == "ACTIVE"
    assert (await browser.post(f"{path}/status", form_to(stale, "/status"))).status_code == 303
    assert (await tenant.get(path)).json()["status"] == "INACTIVE"


async def test_a_device_that_reports_meanwhile_is_nobodys_change(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    site = await tenant.site(devices=[{"type": "BATTERY_SYSTEM", "reference_id": "b1"}])
    browser = await Browser.of(world, tenant)
    seen = form_to(await browser.get(f"/sites/{site['id']}"), "/status")
    state: Any = {"time": clock().isoformat(), "state_of_charge_percent": 40}
    await tenant.call("PUT", f"/devices/{site['devices'][0]['id']}/state", json=state)
    assert (await browser.post(f"/sites/{site['id']}/status", seen)).status_code == 303
    assert (await tenant.get(f"/sites/{site['id']}")).json()["status"] == "INACTIVE"


async def test_a_webhook_that_was_changed_is_neither_disabled_nor_deleted_unseen(
    world: World, tenant: Tenant
) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL})
    browser = await Browser.of(world, tenant)
    path = f"/developers/webhooks/{made['id']}"
    page = await browser.get(path)
    await tenant.patch(f"/webhook-endpoints/{made['id']}", {"description": "billing"})
    for deed, status in (("status", "ENABLED"), ("delete", "DISABLED")):
        stale = await browser.post(f"{path}/{deed}", form_to(page, f"/{deed}"))
        assert stale.status_code == 409
        assert 'description – "billing"' in words(stale)
        present = (await tenant.get(f"/webhook-endpoints/{made['id']}")).json()
        assert present["status"] == status
        assert (await browser.post(f"{path}/{deed}", form_to(stale, f"/{deed}"))).status_code == 303
    assert (await tenant.get(f"/webhook-endpoints/{made['id']}")).status_code == 404


async def test_of_two_people_who_make_a_new_secret_the_second_is_told_first(
    world: World, tenant: Tenant
) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL})
    browser = await Browser.of(world, tenant)
    path = f"/developers/webhooks/{made['id']}"
    page = await browser.get(path)
    seen = {**form_to(page, "/rotate"), "overlap_seconds": "3600"}

    first = await browser.post(f"{path}/rotate", seen)
    second = await browser.post(f"{path}/rotate", seen)
    again = {**form_to(page, "/replay"), "from": "2026-01-01T00:00"}
    replayed = await browser.post(f"{path}/replay", again)

    assert "whsec_" in first.text
    for told in (second, replayed):
        assert told.status_code == 409
        assert "previous_secret_until –" in words(told)
        assert "whsec_" not in told.text
    assert "Its secret before signs, too, until" in words(await browser.get(path))
    anew = {**form_to(second, "/rotate"), "overlap_seconds": "0"}
    assert "whsec_" in (await browser.post(f"{path}/rotate", anew)).text
    anew = {**form_to(await browser.get(path), "/replay"), "from": "2026-01-01T00:00"}
    assert (await browser.post(f"{path}/replay", anew)).status_code == 303


async def test_a_tariff_that_was_changed_is_not_deleted_unseen(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site()
    tariff = await tenant.tariff(site["location_id"], display_name="Night saver")
    browser = await Browser.of(world, tenant)
    path = f"/tariffs/{tariff['id']}"
    page = await browser.get(path)
    await tenant.patch(path, {"display_name": "Day saver"})

    stale = await browser.post(f"{path}/delete", form_to(page, "/delete"))

    assert stale.status_code == 409
    assert 'display_name "Night saver" "Day saver"' in words(stale)
    assert (await tenant.get(path)).status_code == 200
    assert (await browser.post(f"{path}/delete", form_to(stale, "/delete"))).status_code == 303
    assert (await tenant.get(path)).status_code == 404


async def test_a_role_that_somebody_else_changed_is_left_and_named(
    world: World, tenant: Tenant
) -> None:
    owner, other, third = [await Browser.of(world, tenant) for _ in range(3)]
    path = f"/settings/people/{ids.wire('per', third.person)}/role"
    seen = form_to(await owner.get("/settings"), path)
    await other.post(path, {"seen": "owner", "role": "viewer"})
    answer = await owner.post(path, {"seen": seen["seen"], "role": "developer"})
    assert answer.status_code == 303
    told = httpx.URL("?" + answer.headers["set-cookie"]).query.decode()
    assert "viewer" in told
    assert "owner" in told
    assert (await third.get("/sites/new")).status_code == 403


async def test_no_transaction_is_open_while_the_name_of_a_webhook_is_looked_up(
    world: World, tenant: Tenant
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def ask(host: str) -> list[str]:
        asked.set()
        answer.wait(120)
        return ["93.184.215.14"]

    made = await tenant.make("/webhook-endpoints", {"url": "https://1.1.1.1/"})
    given = {SystemLookup: SystemLookup(ask), AddressPolicy: AddressPolicy()}
    async with World(world.db, world.clock, given) as other:
        browser = await Browser.of(other, tenant)
        for path in ("/developers/webhooks", f"/developers/webhooks/{made['id']}"):
            asked.clear(), answer.clear()
            sending = asyncio.create_task(browser.post(path, {"url": URL}))
            assert await asyncio.to_thread(asked.wait, 60)
            async with asyncio.timeout(60), world.db.reading() as db:  # it looks up for longer
                while await db.fetchval(HELD):  # noqa: ASYNC110 (another's is over in a moment)
                    await asyncio.sleep(0.01)
            assert not sending.done()
            answer.set()
            assert (await sending).status_code in (201, 303)


async def test_no_transaction_is_open_while_a_plan_that_is_to_be_kept_is_computed(
    world: World, tenant: Tenant
) -> None:
    begun = asyncio.Event()

    class Watched(Solvers):
        def planning(self, account: int) -> Any:
            begun.set()
            return super().planning(account)

    solvers = Watched(Shares(1))
    site = await tenant.site()
    at = site["location_id"]
    await tenant.tariff(at)
    device = await tenant.device(at, **CAR)
    async with World(world.db, world.clock, {Solvers: solvers}) as other:
        browser = await Browser.of(other, tenant)
        form = {"location": at, "device": device["id"], "state_of_charge_percent": "50"}
        async with solvers.planning(tenant.caller.account):
            begun.clear()
            keeping = asyncio.create_task(browser.post("/plans", form))
            await begun.wait()
            async with asyncio.timeout(8), world.db.reading() as db:  # it waits for longer
                while await db.fetchval(HELD):  # noqa: ASYNC110 (another's is over in a moment)
                    await asyncio.sleep(0.01)
            assert not keeping.done()
        assert (await keeping).status_code == 303
    assert (await tenant.get(f"/devices/{device['id']}/plan")).status_code == 200
    solvers.close()


async def test_what_a_form_says_was_seen_may_be_anything_and_is_no_fault_of_ours(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site(reference_id="home")
    tariff = await tenant.tariff(site["location_id"])
    browser = await Browser.of(world, tenant)
    for seen in ('{"postal_address":"x"}', '{"reference_id":"\\ud800"}', "[" * 10_000, "1"):
        form = {"version": '"another"', "seen": seen, "status": "ACTIVE", "do": "save"}
        for path in (f"/sites/{site['id']}/edit", f"/sites/{site['id']}/status"):
            assert (await browser.post(path, form)).status_code == 409, (path, seen[:30])
        page = await browser.post(f"/tariffs/{tariff['id']}/edit", form)
        assert page.status_code < 500, seen[:30]
