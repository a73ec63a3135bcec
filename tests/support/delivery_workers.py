"""Workers of webhooks in this process, and waiting for what they do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from tests.support.world import Tenant, World
from wattyard.events.adapters.sender import Sender
from wattyard.events.jobs.delivery import DeliveryDependencies, DeliveryJob
from wattyard.events.service import EndpointSecrets, Outbox, Streams, WebhookSigner
from wattyard.kernel.context import Contexts
from wattyard.platform.outbound.addresses import AddressPolicy

LOCAL = AddressPolicy.read("127.0.0.0/8")


async def local_lookup(host: str) -> list[str]:
    return {"localhost": ["127.0.0.1"]}.get(host, [host])


@asynccontextmanager
async def working(
    world: World, *, seconds: float = 10, chance: float = 0.5, stop_after: bool = True
) -> AsyncIterator[asyncio.Task[None]]:
    """Deliver inside the block, with attempts of at most so many seconds."""
    services = world.services
    dependencies = DeliveryDependencies(
        services.get(Outbox),
        services.get(WebhookSigner),
        services.get(EndpointSecrets),
        lambda: Sender(local_lookup, LOCAL, seconds=seconds),
        services.get(Streams).listener,
        services.get(Contexts),
        lambda: chance,
    )
    stop = asyncio.Event()
    hearing = asyncio.create_task(services.get(Streams).listener.listen())
    task = asyncio.create_task(DeliveryJob(dependencies).run(stop))
    try:
        yield task
    finally:
        if stop_after:
            stop.set()
            await task
        task.cancel()
        hearing.cancel()
        await asyncio.gather(task, hearing, return_exceptions=True)


async def eventually(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something is true, and give it."""
    deadline = monotonic() + seconds
    while not (found := true()):
        assert monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)
    return found


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait until the server says so."""
    deadline = monotonic() + seconds
    while not await true():
        assert monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


async def delivery_of(tenant: Tenant, **filters: str) -> Any:
    """The newest delivery that the filters leave."""
    answer = await tenant.get("/webhook-deliveries", params={"limit": "1", **filters})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    return data[0] if data else None


async def delivered(tenant: Tenant, status: str, seconds: float = 60, **filters: str) -> Any:
    """Wait until the newest delivery has a status, and give it."""
    deadline = monotonic() + seconds
    while True:
        found = await delivery_of(tenant, **filters)
        if found and found["status"] == status:
            return found
        assert monotonic() < deadline, found
        await asyncio.sleep(0.02)
