"""What happened at each attempt of a delivery."""

from typing import Any

from tests.cases.test_deliveries import endpoint
from tests.support import receivers
from tests.support.delivery_workers import delivered, delivery_of, until, working
from tests.support.receivers import Receiver
from tests.support.world import Tenant, World
from wattyard.events.domain.deliveries import ATTEMPTS_KEPT


async def test_what_happened_at_earlier_attempts_is_shown(world: World, tenant: Tenant) -> None:
    answers = [receivers.status(503)] * ATTEMPTS_KEPT + [receivers.ok]

    async def scripted(received: receivers.Received, writer: Any) -> None:
        await answers.pop(0)(received, writer)

    async with Receiver(scripted) as receiver, working(world):
        one = await endpoint(tenant, receiver.url)
        await tenant.post(f"/webhook-endpoints/{one['id']}/test")
        for made in range(1, ATTEMPTS_KEPT + 1):
            await until(lambda made=made: has_attempts(tenant, made))
            found = await delivery_of(tenant)
            await tenant.post(f"/webhook-deliveries/{found['id']}/retry")
        found = await delivered(tenant, "SUCCEEDED")
    shown = found["recent_attempts"]
    assert len(shown) == ATTEMPTS_KEPT
    assert {one["error"] for one in shown[:-1]} == {"the receiver answered 503"}
    assert (shown[-1]["status_code"], shown[-1]["error"]) == (200, None)
    assert shown[-1]["time"] == found["last_attempt"]
    assert all(one["duration_ms"] >= 0 for one in shown)


async def has_attempts(tenant: Tenant, count: int) -> bool:
    found = await delivery_of(tenant)
    return found is not None and len(found["recent_attempts"]) >= count
