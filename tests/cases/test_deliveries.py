"""Webhooks on their way: who is told, how often, in which order, and who is not waited for."""

import asyncio
import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support import receivers
from tests.support.clock import FakeClock
from tests.support.delivery_workers import delivered, delivery_of, eventually, until, working
from tests.support.receivers import Receiver
from tests.support.world import Tenant, World
from wattyard.events.domain import Event, NewEvent
from wattyard.events.domain.deliveries import PAUSES
from wattyard.events.service import Events, Outbox, Retention, Streams, WebhookSigner
from wattyard.events.service.outbox import FIRST_LANE, LEASE, ClaimRequest
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts


async def endpoint(tenant: Tenant, url: str, *types: str) -> Any:
    body = {"url": url, **({"event_types": list(types)} if types else {})}
    return await tenant.make("/webhook-endpoints", body)


async def test_a_change_is_told_to_those_who_want_it_and_nobody_else(
    world: World, tenant: Tenant
) -> None:
    stranger = await world.tenant("a stranger")
    async with Receiver() as all_, Receiver() as some, Receiver() as other:
        await endpoint(tenant, all_.url)
        await endpoint(tenant, some.url, "site.*")
        await endpoint(stranger, other.url)
        assert tenant.twin
        await endpoint(tenant.twin, other.url)
        async with working(world):
            await tenant.site()
            await eventually(lambda: len(all_.received) == 2 and len(some.received) == 1)
    assert {one.event["type"] for one in all_.received} == {"location.create", "site.create"}
    assert some.received[0].event["type"] == "site.create"
    assert other.received == []
    event = all_.received[0].event
    assert (await tenant.get(f"/events/{event['id']}")).content == all_.received[0].body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (receivers.status(500), "the receiver answered 500"),
        (receivers.status(301, "Location: /elsewhere"), "the receiver answered 301"),
        (receivers.hang, "no answer within 2 s"),
        (receivers.close, "the connection was closed without an answer"),
    ],
    ids=["500", "301", "hang", "close"],
)
async def test_what_is_not_2xx_in_time_is_tried_again(
    world: World, tenant: Tenant, answer: receivers.Answer, error: str
) -> None:
    async with Receiver(answer) as receiver:
        one = await endpoint(tenant, receiver.url)
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        async with working(world, seconds=2 if answer is receivers.hang else 60):
            await eventually(lambda: receiver.received)
            await until(lambda: is_tried(tenant))
    found = await delivery_of(tenant)
    assert found["status"] == "PENDING"
    assert found["last_error"] == error
    assert found["next_attempt"] == "2026-03-01T10:00:30.123Z"
    assert [one.path for one in receiver.received] == ["/hook"]
    shown = (await tenant.get(f"/webhook-endpoints/{one['id']}")).json()
    assert shown["failing_since"] == "2026-03-01T10:00:00.123Z"


async def test_the_doctor_tells_of_deliveries_that_nobody_sends(
    world: World, clock: FakeClock, tenant: Tenant
) -> None:
    start = clock.now

    async def overdue(minutes: float) -> int:
        """Count at a time after the start, those of other tests too."""
        clock.now = start + timedelta(minutes=minutes)
        said = await world.services.get(Outbox).complaints(world.context)
        clock.now = start
        return int(said[0].split()[0].replace(",", "")) if said else 0

    before = await overdue(15), await overdue(15.1)
    one = await endpoint(tenant, "https://receiver.example/hook")
    await tenant.post(f"/webhook-endpoints/{one['id']}/test")

    assert (await overdue(15), await overdue(15.1)) == (before[0], before[1] + 1)
    await tenant.patch(f"/webhook-endpoints/{one['id']}", {"status": "DISABLED"})
    assert await overdue(15.1) == before[1]


@pytest.mark.parametrize("answer", [receivers.endless, receivers.drip], ids=["body", "head"])
async def test_a_2xx_counts_although_what_follows_does_not_end(
    world: World, tenant: Tenant, answer: receivers.Answer
) -> None:
    async with Receiver(answer) as receiver:
        one = await endpoint(tenant, receiver.url)
        async with working(world):
            await tenant.post(f"/webhook-endpoints/{one['id']}/test")
            found = await delivered(tenant, "SUCCEEDED")
    assert (found["attempts"], found["last_status_code"], found["last_error"]) == (1, 200, None)


async def test_410_ends_it_and_the_account_is_told(world: World, tenant: Tenant) -> None:
    async with Receiver(receivers.status(410)) as gone, Receiver() as other:
        one = await endpoint(tenant, gone.url, "customer.*")
        await endpoint(tenant, other.url, "webhook_endpoint.*")
        async with working(world):
            await tenant.make("/customers", {})
            await delivered(tenant, "FAILED", endpoint_id=one["id"])
            await eventually(lambda: other.received)
    told = other.received[0].event
    assert told["type"] == "webhook_endpoint.disabled"
    assert told["data"]["id"] == one["id"]
    assert told["data"]["status"] == "DISABLED"
    assert "secret" not in told["data"]
    assert (await tenant.get(f"/webhook-endpoints/{one['id']}")).json() == told["data"]


async def test_the_timetable_is_kept_to_its_end(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    start = clock.now
    async with Receiver(receivers.status(503)) as receiver:
        one = await endpoint(tenant, receiver.url)
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        async with working(world, chance=1.0):
            for count, pause in enumerate((*PAUSES, None), start=1):
                await eventually(lambda count=count: len(receiver.received) == count)
                found = await delivery_of(tenant)
                while found["attempts"] < count:
                    found = await delivery_of(tenant)
                if pause is None:
                    break
                assert found["status"] == "PENDING"
                clock.forward(seconds=pause.total_seconds() * 1.1 - 0.01)
                world.services.get(Streams).listener.wake()
                await asyncio.sleep(0.05)
                assert len(receiver.received) == count, "it came too early"
                clock.forward(seconds=0.02)
                await world.log_in_again(tenant)
                world.services.get(Streams).listener.wake()
    assert found["status"] == "FAILED"
    assert found["next_attempt"] is None
    assert found["attempts"] == 6
    assert clock.now - start > timedelta(hours=43) * 1.09


async def test_five_days_of_failure_disable_and_what_was_missed_can_be_replayed(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    async with Receiver(receivers.status(500)) as receiver:
        one = await endpoint(tenant, receiver.url)
        path = f"/webhook-endpoints/{one['id']}"
        async with working(world):
            first = (await tenant.post(f"{path}/test")).json()
            await until(lambda: is_tried(tenant))  # the outcome is dated before the clock moves
            clock.forward(days=5, seconds=1)
            await world.log_in_again(tenant)
            world.services.get(Streams).listener.wake()
            await until(lambda: is_disabled(tenant, path))
            missed = await tenant.make("/customers", {})
            assert (await tenant.post(f"{path}/test")).status_code == 422
            receiver.answer = receivers.ok
            receiver.received.clear()
            enabled = (await tenant.patch(path, {"status": "ENABLED"})).json()
            assert (enabled["status"], enabled["failing_since"]) == ("ENABLED", None)
            replay = (await tenant.post(f"{path}/replay", {"from": first["id"]})).json()
            assert replay["has_more"] is False
            await eventually(lambda: receiver.of("customer.create"))
            await delivered(tenant, "SUCCEEDED", endpoint_id=one["id"])
    assert [event["data"]["id"] for event in receiver.of("customer.create")] == [missed["id"]]
    told = [event["type"] for event in (await tenant.get("/events")).json()["data"]]
    assert told.count("webhook_endpoint.disabled") == 1


async def test_the_events_of_one_object_come_in_order(world: World, tenant: Tenant) -> None:
    device = await tenant.device((await tenant.site())["id"])
    async with Receiver() as receiver:
        await endpoint(tenant, receiver.url, "device.update")
        async with working(world), working(world):
            for number in range(40):
                await tenant.patch(f"/devices/{device['id']}", {"reference_id": f"d-{number}"})
            await eventually(lambda: len(receiver.received) >= 40)
    seen = [event["data"]["reference_id"] for event in receiver.of("device.update")]
    assert seen == [f"d-{number}" for number in range(40)]


async def test_later_events_wait_for_the_first_retry_and_no_longer(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    device = await tenant.device((await tenant.site())["id"])
    path = f"/devices/{device['id']}"
    async with Receiver(receivers.status(500)) as receiver:
        await endpoint(tenant, receiver.url, "device.update")
        async with working(world):
            await tenant.patch(path, {"reference_id": "one"})
            await until(lambda: is_tried(tenant))
            await tenant.patch(path, {"reference_id": "two"})
            other = await tenant.device((await tenant.site())["id"])
            await tenant.patch(f"/devices/{other['id']}", {"reference_id": "other"})
            await eventually(lambda: len(receiver.received) == 2)
            await until(
                lambda: are_tried(tenant, 2)
            )  # the outcomes are dated before the clock moves
            assert [e["data"]["reference_id"] for e in receiver.of("device.update")] == [
                "one",
                "other",
            ]
            clock.forward(seconds=31)
            world.services.get(Streams).listener.wake()
            await eventually(lambda: len(receiver.received) == 5)
    seen = [event["data"]["reference_id"] for event in receiver.of("device.update")]
    assert sorted(seen[2:]) == ["one", "other", "two"]
    assert seen[2:].index("one") < seen[2:].index("two")


async def is_disabled(tenant: Tenant, path: str) -> bool:
    return bool((await tenant.get(path)).json()["status"] == "DISABLED")


async def is_tried(tenant: Tenant) -> bool:
    return bool((await delivery_of(tenant))["attempts"])


async def are_tried(tenant: Tenant, number: int) -> bool:
    """Say whether so many of the newest deliveries have an attempt, whatever their order."""
    answer = await tenant.get("/webhook-deliveries")
    assert answer.status_code == 200, answer.text
    return sum(bool(delivery["attempts"]) for delivery in answer.json()["data"]) == number


async def test_two_workers_never_hold_the_same_delivery(world: World, tenant: Tenant) -> None:
    for number in range(5):
        await endpoint(tenant, f"http://127.0.0.1:{9000 + number}/")
    await asyncio.gather(*(tenant.make("/customers", {}) for _ in range(20)))
    outbox = world.services.get(Outbox)
    workers = [world.services.get(Contexts).new_id() for _ in range(4)]

    async def claim_all(holder: Any) -> list[Any]:
        taken: list[Any] = []
        while some := await outbox.claim(world.context, holder, ClaimRequest(FIRST_LANE, 7, 3, 3)):
            taken += some
        return taken

    taken = await asyncio.gather(*(claim_all(holder) for holder in workers))
    ids = [
        delivery.id
        for some in taken
        for delivery in some
        if delivery.account == tenant.caller.account
    ]
    assert len(ids) == len(set(ids)) == 100


async def test_what_a_dead_worker_held_is_taken_over_when_its_lease_is_over(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    async with Receiver() as receiver:
        one = await endpoint(tenant, receiver.url)
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        dead = world.services.get(Contexts).new_id()
        held = await world.services.get(Outbox).claim(
            world.context, dead, ClaimRequest(FIRST_LANE, 100, 9, 9)
        )
        assert held
        async with working(world):
            world.services.get(Streams).listener.wake()
            await asyncio.sleep(0.1)
            assert receiver.received == []
            clock.forward(seconds=LEASE.total_seconds())
            world.services.get(Streams).listener.wake()
            await eventually(lambda: receiver.received)
            await delivered(tenant, "SUCCEEDED")
        assert await world.services.get(Outbox).renew(world.context, dead, held) == set()


async def test_at_the_end_what_hangs_is_handed_back_untried(world: World, tenant: Tenant) -> None:
    async with Receiver(receivers.hang) as receiver:
        one = await endpoint(tenant, receiver.url)
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        async with working(world):
            await eventually(lambda: receiver.received)
    found = await delivery_of(tenant)
    assert (found["status"], found["attempts"]) == ("PENDING", 0)
    async with Receiver() as receiver:
        await tenant.patch(f"/webhook-endpoints/{one['id']}", {"url": receiver.url})
        async with working(world):
            await eventually(lambda: receiver.received)


async def test_receivers_that_hang_delay_nobody(world: World, tenant: Tenant) -> None:
    async with Receiver(receivers.hang) as hanging, Receiver() as healthy:
        for number in range(300):
            await endpoint(tenant, f"{hanging.url}/{number}", "customer.create")
        await endpoint(tenant, healthy.url, "webhook.test", "customer.create")
        async with working(world, seconds=600, stop_after=False):
            for count in range(1, 12):
                await tenant.make("/customers", {})
                await eventually(lambda count=count: len(healthy.received) == count, 60)
            await eventually(lambda: len(hanging.received) >= 200, 60)


async def test_no_secret_and_no_address_is_in_the_log(
    world: World, tenant: Tenant, capfd: pytest.CaptureFixture[str]
) -> None:
    async with Receiver(receivers.status(500)) as receiver:
        one = await endpoint(tenant, f"{receiver.url}?token=hush-hush")
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        async with working(world):
            await until(lambda: is_tried(tenant))
    log = "".join(capfd.readouterr())
    assert "not delivered" in log
    for secret in (one["secret"], one["secret"].removeprefix("whsec_"), "hush-hush", "PRIVATE"):
        assert secret not in log


@pytest.mark.parametrize("change", [{"status": "DISABLED"}, {"url": "http://127.0.0.1:9/"}, None])
async def test_what_is_held_for_an_endpoint_that_changed_is_not_sent_as_it_was(
    world: World, tenant: Tenant, change: Any
) -> None:
    one = await endpoint(tenant, "http://127.0.0.1:8/", "customer.create")
    other = await endpoint(tenant, "http://127.0.0.1:8/", "customer.create")
    await tenant.make("/customers", {})
    holder = world.services.get(Contexts).new_id()
    before = (tenant.caller.account, tenant.caller.live_mode, UUID(int=0))
    held = await world.services.get(Outbox).claim(
        world.context, holder, ClaimRequest(before, 2, 9, 9)
    )
    assert {ids.wire("whe", delivery.endpoint_id) for delivery in held} == {one["id"], other["id"]}
    assert await world.services.get(Outbox).renew(world.context, holder, held) == {
        delivery.id for delivery in held
    }

    path = f"/webhook-endpoints/{one['id']}"
    await (tenant.patch(path, change) if change else tenant.delete(path))

    kept = await world.services.get(Outbox).renew(world.context, holder, held)
    assert [ids.wire("whe", p.endpoint_id) for p in held if p.id in kept] == [other["id"]]


async def test_large_events_are_not_kept_in_memory_for_their_signatures(
    world: World, tenant: Tenant
) -> None:
    made = await tenant.make("/customers", {})
    event = Event(
        world.services.get(Contexts).new_id(), "customer.create", made["id"], b"{}", world.clock.now
    )
    tracemalloc.start()
    try:
        for number in range(20):
            body = str(number).encode() * 500_000
            await world.services.get(WebhookSigner).headers(world.context, event, body, None)
        del body
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()


async def test_what_was_being_written_for_an_endpoint_that_was_deleted_goes_too(
    world: World, tenant: Tenant
) -> None:
    one = await endpoint(tenant, "http://127.0.0.1:8/")
    other = await endpoint(tenant, "http://127.0.0.1:8/")
    begun, deleted = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with world.db.transaction():
            await world.services.get(Events).record(
                tenant.context,
                [NewEvent("site.update", "ste_1", b"{}"), NewEvent("site.update", "x", b"{}")],
            )
            begun.set()
            await deleted.wait()

    writing = asyncio.create_task(write())
    await begun.wait()
    await tenant.delete(f"/webhook-endpoints/{one['id']}")
    deleted.set()
    await writing

    await world.services.get(Retention).forget(world.context)

    left = (await tenant.get("/webhook-deliveries")).json()["data"]
    assert [found["endpoint_id"] for found in left] == [other["id"]] * 2


async def test_a_new_endpoint_does_not_wait_for_hundreds_that_hang(
    world: World, tenant: Tenant
) -> None:
    async with Receiver(receivers.hang) as hanging, Receiver() as healthy:
        for number in range(450):
            await endpoint(tenant, f"{hanging.url}/{number}", "customer.create")
        await endpoint(tenant, healthy.url, "customer.create")
        await tenant.make("/customers", {})
        async with working(world, seconds=600, stop_after=False):
            await eventually(lambda: healthy.received, 60)
