"""The receiver's guide: its examples are run against real deliveries."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from tests.support.clock import FakeClock
from tests.support.delivery_workers import eventually, working
from tests.support.receivers import Received, Receiver
from tests.support.world import Tenant, World
from wattyard.events.domain.keys import PUBLISHED_FOR
from wattyard.events.service import SigningKeys

GUIDE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()


@pytest.fixture
def clock() -> FakeClock:
    """The library of Standard Webhooks reads the real time."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
def guide(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Everything that the guide's Python blocks define; their clock is the world's."""
    found: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL):
        exec(block, found)  # noqa: S102 (our own text)
    monkeypatch.setattr("time.time", lambda: world.clock().timestamp())
    return found


async def delivered(world: World, tenant: Tenant) -> tuple[str, Received]:
    async with Receiver() as receiver:
        made = await tenant.make("/webhook-endpoints", {"url": receiver.url})
        await tenant.make(f"/webhook-endpoints/{made['id']}/test", None)
        async with working(world):
            await eventually(lambda: receiver.received)
    return made["secret"], receiver.received[0]


async def test_the_guides_receiver_knows_the_servers_signature(
    world: World, tenant: Tenant, guide: dict[str, Any]
) -> None:
    _, received = await delivered(world, tenant)
    jwks = (await world.http.get("/jwks.json")).json()
    keys = guide["public_keys"](jwks)
    is_genuine: Callable[..., bool] = guide["is_genuine"]

    assert is_genuine(keys, received.headers, received.body)
    assert not is_genuine(keys, received.headers, received.body + b" ")
    later = received.headers | {"flatpeak-timestamp": str(int(world.clock().timestamp()) + 1)}
    assert not is_genuine(keys, later, received.body)
    world.clock.forward(minutes=6)
    assert not is_genuine(keys, received.headers, received.body)
    assert received.headers["flatpeak-signature-scheme"] == "v1"
    assert received.headers["flatpeak-version"] == "2026-08-01.busbar"


async def test_the_guides_receiver_knows_the_secret(
    world: World, tenant: Tenant, guide: dict[str, Any]
) -> None:
    secret, received = await delivered(world, tenant)
    verified = guide["verified"]

    assert verified(secret, received.headers, received.body) == received.event
    assert received.headers["webhook-id"] == received.event["id"]
    with pytest.raises(WebhookVerificationError):
        verified(secret, received.headers, received.body + b" ")
    with pytest.raises(WebhookVerificationError):
        verified("whsec_" + "A" * 43 + "=", received.headers, received.body)


async def test_a_rotated_key_signs_and_the_old_one_is_known_for_a_week(
    world: World, tenant: Tenant, guide: dict[str, Any]
) -> None:
    _, before = await delivered(world, tenant)
    new = await world.services.get(SigningKeys).rotate(world.context)
    world.services.get(SigningKeys)._fresh_until = 0.0
    _, after = await delivered(world, tenant)
    keys = guide["public_keys"]((await world.http.get("/jwks.json")).json())

    assert after.headers["flatpeak-key-id"] == new.id != before.headers["flatpeak-key-id"]
    for received in (before, after):
        assert guide["is_genuine"](keys, received.headers, received.body)
    world.clock.forward(seconds=PUBLISHED_FOR.total_seconds() + 1)
    kids = [key["kid"] for key in (await world.http.get("/jwks.json")).json()["keys"]]
    assert before.headers["flatpeak-key-id"] not in kids
    assert new.id in kids
