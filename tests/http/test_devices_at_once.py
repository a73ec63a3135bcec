"""States and moves of devices at the same time (contract 1, Devices and Device state)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import thread_time
from typing import Any

import pytest

from tests.support.waiting import until_waited_for
from tests.support.world import Tenant, World, error
from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.work import shares
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Site
from wattyard.sites.domain.states import DeviceState, StateReport
from wattyard.sites.service import Inspection, Serializers, StateBatches, States
from wattyard.sites.service.ports import show_anew
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import sites as site_store


async def _home(tenant: Tenant, devices: int) -> Any:
    return await tenant.site(
        devices=[{"reference_id": f"b{n}", "type": "BATTERY_SYSTEM"} for n in range(devices)]
    )


def _report(tenant: Tenant, device: str, minute: int = 0, **fields: object) -> DeviceState:
    context = tenant.context
    time = context.now - timedelta(minutes=30 - minute)
    report = StateReport(time, state_of_charge_percent=float(minute), **fields)  # type: ignore[arg-type]  # as they are
    id_ = ids.read(device, "dev", param="device_id")
    return DeviceState(context.new_id(), id_, context.now, report)


async def _keep(world: World, tenant: Tenant, states: Sequence[DeviceState]) -> list[bool]:
    """Keep states in one batch."""
    batches = world.services.get(StateBatches)
    return await asyncio.gather(*(batches.keep(tenant.context, state) for state in states))


async def _check_summaries(world: World, tenant: Tenant) -> None:
    _, wrong = await world.services.get(Inspection).summaries(tenant.context)
    assert wrong == []


async def test_states_of_several_devices_are_kept_and_shown(world: World, tenant: Tenant) -> None:
    sites = [await _home(tenant, 2) for _ in range(3)]
    devices = [device["id"] for site in sites for device in site["devices"]]
    states = [_report(tenant, device, minute) for device in devices for minute in (3, 9, 6)]

    kept = await _keep(world, tenant, states)

    assert kept == [True] * len(states)
    for device in devices:
        assert (await tenant.get(f"/devices/{device}/state")).json()["state_of_charge_percent"] == 9
        assert len((await tenant.get(f"/devices/{device}/states")).json()["data"]) == 3
        assert (
            (await tenant.get(f"/devices/{device}"))
            .json()["last_seen"]
            .startswith("2026-03-01T09:39")
        )
    for site in sites:
        shown = (await tenant.get(f"/sites/{site['id']}")).json()["devices"]
        assert {one["last_seen"][11:16] for one in shown} == {"09:39"}
    await _check_summaries(world, tenant)


async def test_a_locked_site_delays_only_its_own_device(world: World, tenant: Tenant) -> None:
    locked, free = await _home(tenant, 1), await _home(tenant, 1)
    there, here = locked["devices"][0]["id"], free["devices"][0]["id"]
    site_id = ids.read(locked["id"], "ste", param="id")
    caller = tenant.caller

    async with world.db.transaction() as db:
        await site_store.locked(db, caller.account, caller.live_mode, [site_id])
        async with asyncio.timeout(2):  # a lock is waited for for 2.5 s
            kept = await asyncio.create_task(
                _keep(world, tenant, [_report(tenant, there), _report(tenant, here)])
            )

    assert kept == [False, True]
    await _check_summaries(world, tenant)


async def test_a_report_within_the_minute_needs_no_site(world: World, tenant: Tenant) -> None:
    site = await _home(tenant, 1)
    device = site["devices"][0]["id"]
    body = {"time": "2026-03-01T09:59:00Z", "state_of_charge_percent": 1}
    assert (await tenant.call("PUT", f"/devices/{device}/state", json=body)).status_code == 200
    caller, site_id = tenant.caller, ids.read(site["id"], "ste", param="id")
    states = [_report(tenant, device, minute) for minute in (29, 28)]

    async with world.db.transaction() as db:
        await site_store.locked(db, caller.account, caller.live_mode, [site_id])
        kept = await asyncio.create_task(_keep(world, tenant, states))

    assert kept == [True, True]
    await _check_summaries(world, tenant)


async def test_reports_that_come_together_are_kept_together(world: World, tenant: Tenant) -> None:
    devices = [device["id"] for device in (await _home(tenant, 20))["devices"]]
    body = {"time": "2026-03-01T09:30:00Z", "state_of_charge_percent": 1}
    answers = await asyncio.gather(
        *(tenant.call("PUT", f"/devices/{device}/state", json=body) for device in devices)
    )

    assert {answer.status_code for answer in answers} == {200}
    async with world.db.reading() as db:
        transactions = await db.fetchval(
            "SELECT count(DISTINCT xmin::text) FROM device_states WHERE account = $1",
            tenant.caller.account,
        )
    assert transactions < len(devices)


async def test_what_a_batch_leaves_is_answered_as_ever(world: World, tenant: Tenant) -> None:
    home, other = await _home(tenant, 4), await tenant.site()
    theirs = await (await world.tenant("a stranger")).site()
    first, second, third, fourth = (device["id"] for device in home["devices"])
    gone = "dev_" + "0" * 32

    async def put(device: str, **fields: object) -> Any:
        body = {"time": "2026-03-01T09:30:00Z", "state_of_charge_percent": 1, **fields}
        return await tenant.call("PUT", f"/devices/{device}/state", json=body)

    usual, again, elsewhere, stranger, missing, named, *_ = await asyncio.gather(
        put(first, record_reference_id="r"),
        put(first, record_reference_id="r", state_of_charge_percent=2),
        put(second, location_id=other["location_id"]),
        put(third, location_id=theirs["location_id"]),
        put(gone),
        put(fourth, location_id=home["location_id"]),
        *(put(fourth) for _ in range(5)),
    )

    assert usual.json() == again.json()
    assert [usual.status_code, elsewhere.status_code, named.status_code] == [200] * 3
    error(stranger, 404, "location_not_found", "location_id")
    error(missing, 404, "device_not_found")
    assert len((await tenant.get(f"/devices/{first}/states")).json()["data"]) == 1
    assert (await tenant.get(f"/devices/{third}/states")).json()["data"] == []
    await _check_summaries(world, tenant)


async def test_a_key_for_one_site_keeps_no_state_of_another(world: World, tenant: Tenant) -> None:
    own, other = await _home(tenant, 1), await _home(tenant, 1)
    key = await world.restricted(tenant, "states:write", locations=[own["location_id"]])
    states = [_report(tenant, site["devices"][0]["id"]) for site in (own, other)]

    assert await _keep(world, key, states) == [True, False]
    assert (await tenant.get(f"/devices/{other['devices'][0]['id']}/states")).json()["data"] == []


@pytest.mark.parametrize("by", ["states", "readings"])
async def test_a_device_that_moves_while_it_reports_is_shown_where_it_is_now(
    world: World, tenant: Tenant, by: str
) -> None:
    old, new = await _home(tenant, 1), await tenant.site()
    device = old["devices"][0]["id"]
    device_id = ids.read(device, "dev", param="id")
    old_id, new_id = (ids.read(one["id"], "ste", param="id") for one in (old, new))
    context, states = tenant.context, world.services.get(States)
    owner = context.account, context.live_mode
    first, later = context.now - timedelta(seconds=20), context.now

    async def report(time: datetime) -> None:
        if by == "readings":
            await states.see(context, {device_id: time})
        else:
            await states.report(context, device_id, StateReport(time, 50.0))

    async with world.db.transaction() as db:
        await device_store.lock(db, *owner, device_id)
        sites = await site_store.locked(db, *owner, [old_id, new_id])
        reporting = asyncio.create_task(report(first))
        await until_waited_for(db)
        await device_store.take_away(db, *owner, device_id, [old_id])
        await device_store.attach(db, *owner, [(device_id, new_id)])
        await show_anew(db, world.services.get(Serializers), context, sites)
    await reporting
    await report(later)

    (shown,) = (await tenant.get(f"/sites/{new['id']}")).json()["devices"]
    assert shown["last_seen"] == instants.text(first if by == "states" else later)
    await _check_summaries(world, tenant)


async def test_a_device_of_no_site_that_moves_while_it_changes_is_shown_where_it_is_now(
    world: World, tenant: Tenant
) -> None:
    gone, new = await _home(tenant, 1), await tenant.site()
    device = gone["devices"][0]["id"]
    device_id, site_id = ids.read(device, "dev", param="id"), ids.read(new["id"], "ste", param="id")
    assert (await tenant.delete(f"/sites/{gone['id']}")).status_code == 200
    context = tenant.context
    owner = context.account, context.live_mode

    async with world.db.transaction() as db:
        await device_store.lock(db, *owner, device_id)
        sites = await site_store.locked(db, *owner, [site_id])
        changing = asyncio.create_task(tenant.patch(f"/devices/{device}", {"model_name": "Two"}))
        await until_waited_for(db)
        await device_store.attach(db, *owner, [(device_id, site_id)])
        await show_anew(db, world.services.get(Serializers), context, sites)

    assert (await changing).json()["locations"] == [new["location_id"]]
    (shown,) = (await tenant.get(f"/sites/{new['id']}")).json()["devices"]
    assert shown["model_name"] == "Two"
    await _check_summaries(world, tenant)


async def test_devices_that_change_places_do_not_deadlock(tenant: Tenant) -> None:
    one, other = await _home(tenant, 1), await _home(tenant, 1)
    places = [one["location_id"], other["location_id"]]
    devices = [home["devices"][0]["id"] for home in (one, other)]

    for _ in range(10):
        places.reverse()
        answers = await asyncio.gather(
            *(
                tenant.patch(f"/devices/{device}", {"locations": [place]})
                for device, place in zip(devices, places, strict=True)
            )
        )
        assert [answer.status_code for answer in answers] == [200, 200]


class Costly:
    """Sites whose JSON takes 150 ms of the processor."""

    def __init__(self, usual: Serializers) -> None:
        self._usual = usual

    def site(self, caller: Caller, site: Site, devices: Sequence[Device]) -> bytes:
        begun = thread_time()
        while thread_time() - begun < 0.15:
            pass
        return self._usual.site(caller, site, devices)


async def test_a_batch_is_in_the_share_of_its_account(world: World, tenant: Tenant) -> None:
    device = (await _home(tenant, 1))["devices"][0]["id"]
    shares.shares().contended_seconds = 60.0  # of this test's event loop
    await (await world.tenant("a stranger")).site()  # another account is not quiet
    share = shares.shares().of(tenant.caller.account)
    while share.must_rest:  # noqa: ASYNC110 (it takes time, and nothing else)
        await asyncio.sleep(0.01)
    costly: Any = Costly(world.services.get(Serializers))
    batches = StateBatches(world.db, costly)

    assert await batches.keep(tenant.context, _report(tenant, device))
    assert share.must_rest
