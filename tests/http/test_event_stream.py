"""`GET /events/stream`: events as they happen, resumed without a gap, ended with its token."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.world import Tenant, World, error
from wattyard.events.domain import NewEvent
from wattyard.events.service import Events, Retention
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts


class Stream:
    """A client of the stream, on bare ASGI: httpx would wait for its end."""

    def __init__(self) -> None:
        self.status = 0
        self.text = ""
        self.ended = False
        self.left = asyncio.Event()
        self._more = asyncio.Event()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message["body"].decode()
            self.ended = not message.get("more_body", False)
        self._more.set()

    @property
    def events(self) -> list[Any]:
        blocks = [block.split("\n") for block in self.text.split("\n\n")]
        found = []
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block if ": " in line)
            if "data" in fields:
                event = json.loads(fields["data"])
                assert event["id"] == fields["id"]
                found.append(event)
        return found

    async def wait(self, true: Any) -> None:
        async with asyncio.timeout(60):
            while not true():
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def following(tenant: Tenant, last: str = "", query: str = "") -> AsyncIterator[Stream]:
    stream = Stream()
    headers = [(b"host", b"test"), (b"authorization", f"Bearer {tenant.token}".encode())]
    if last:
        headers.append((b"last-event-id", last.encode()))
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/events/stream",
        "raw_path": b"/events/stream",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }
    app = tenant.http._transport.app  # type: ignore[attr-defined]  # httpx's ASGITransport
    task = asyncio.create_task(app(scope, stream.receive, stream.send))
    try:
        await stream.wait(lambda: stream.text or task.done())
        yield stream
    finally:
        stream.left.set()
        await task
    assert stream.ended


async def test_a_stream_gives_what_happens_from_now_on(tenant: Tenant) -> None:
    await tenant.make("/customers", {})
    async with following(tenant) as stream:
        made = await tenant.site()
        await stream.wait(lambda: len(stream.events) == 2)
    assert {event["type"] for event in stream.events} == {"location.create", "site.create"}
    site = next(event for event in stream.events if event["type"] == "site.create")
    assert site["data"] == made
    assert site == (await tenant.get(f"/events/{site['id']}")).json()


async def test_a_stream_goes_on_after_the_last_event(tenant: Tenant) -> None:
    for _ in range(5):
        await tenant.make("/customers", {})
    events = (await tenant.get("/events")).json()["data"][::-1]
    async with following(tenant, events[1]["id"]) as stream:
        await stream.wait(lambda: len(stream.events) == 3)
        assert stream.events == events[2:]


async def test_a_stream_shows_nothing_of_others(world: World, tenant: Tenant) -> None:
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    async with (
        following(stranger) as others,
        following(tenant.twin) as twins,
        following(tenant) as own,
    ):
        await tenant.make("/customers", {})
        await own.wait(lambda: own.events)
        await stranger.make("/customers", {})
        await others.wait(lambda: others.events)
    assert len(others.events) == 1
    assert twins.events == []


async def test_no_event_is_passed_over_when_a_long_transaction_ends_late(
    world: World, tenant: Tenant
) -> None:
    db, events = world.db, world.services.get(Events)
    async with following(tenant) as stream:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            async with db.transaction():
                await events.record(
                    tenant.context, [NewEvent("site.update", "ste_slow", b'{"id":"slow"}')]
                )
                begun.set()
                await go_on.wait()

        task = asyncio.create_task(slow())
        await begun.wait()
        async with db.transaction():
            await events.record(
                tenant.context, [NewEvent("site.update", "ste_fast", b'{"id":"fast"}')]
            )
        go_on.set()
        await task
        await stream.wait(lambda: len(stream.events) == 2)
    assert [event["data"]["id"] for event in stream.events] == ["slow", "fast"]


async def test_a_stream_ends_with_its_token(world: World, tenant: Tenant) -> None:
    async with following(tenant) as stream:
        world.clock.forward(hours=1)
        async with asyncio.timeout(60):
            await stream.wait(lambda: stream.ended)
    assert ": the stream ends: token_expired" in stream.text


async def test_a_signed_stream_has_the_headers_of_a_webhook(tenant: Tenant) -> None:
    async with following(tenant, query="signed=true") as stream:
        await tenant.make("/customers", {})
        await stream.wait(lambda: stream.events)
    line = next(line for line in stream.text.split("\n") if line.startswith("headers: "))
    assert set(json.loads(line.removeprefix("headers: "))) == {
        "Flatpeak-Signature",
        "Flatpeak-Signature-Scheme",
        "Flatpeak-Timestamp",
        "Flatpeak-Key-ID",
        "Flatpeak-Version",
    }


@pytest.mark.parametrize("last", ["evt_1", "ste_" + "0" * 32, "x"])
async def test_a_stream_goes_on_after_events_only(tenant: Tenant, last: str) -> None:
    answer = await tenant.get("/events/stream", headers={"Last-Event-ID": last})

    error(answer, 400, "last_event_id_invalid", "last_event_id")


async def test_an_event_that_was_deleted_is_still_a_place(world: World, tenant: Tenant) -> None:
    gone = ids.wire("evt", world.services.get(Contexts).new_id())
    made = await tenant.make("/customers", {})
    async with following(tenant, gone) as stream:
        await stream.wait(lambda: stream.events)
    assert [event["data"]["id"] for event in stream.events] == [made["id"]]


async def test_old_events_are_forgotten_and_not_before_their_time(
    world: World, tenant: Tenant
) -> None:
    await tenant.make("/webhook-endpoints", {"url": "https://hooks.example.com"})
    await tenant.make("/customers", {})
    world.clock.forward(days=29, hours=23)
    await world.log_in_again(tenant)
    await tenant.make("/customers", {})
    await world.services.get(Retention).forget(world.context)
    assert len((await tenant.get("/events")).json()["data"]) == 2
    assert len((await tenant.get("/webhook-deliveries")).json()["data"]) == 2

    world.clock.forward(hours=2)
    await world.log_in_again(tenant)
    await world.services.get(Retention).forget(world.context)
    assert len((await tenant.get("/events")).json()["data"]) == 1
    assert len((await tenant.get("/webhook-deliveries")).json()["data"]) == 1


async def test_events_after_a_time_are_found_without_reading_all_others(
    world: World, tenant: Tenant
) -> None:
    for _ in range(3):
        await tenant.make("/customers", {})
        world.clock.forward(seconds=60)
    before = (await tenant.get("/events")).json()["data"]

    found = (
        await tenant.get("/events", params={"created_after": before[1]["time_created"]})
    ).json()

    assert found["data"] == before[:1]
    everything = {"created_after": "2026-03-01T09:00:00+01:00"}
    assert (await tenant.get("/events", params=everything)).json()["data"] == before
