"""What an endpoint's deliveries are proved by: secrets that are rotated, headers of one's own."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.delivery_workers import delivered, working
from tests.support.receivers import Received, Receiver
from tests.support.world import SETTINGS, Tenant, World, error
from wattyard import app
from wattyard.accounts.service import Accounts
from wattyard.events.domain.endpoints import EndpointDraft
from wattyard.events.service import Endpoints
from wattyard.kernel import instants
from wattyard.kernel.caps import LimitReached


def signature(secret: str, received: Received) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = ".".join(received.headers[name] for name in ("webhook-id", "webhook-timestamp"))
    digest = hmac.digest(key, signed.encode() + b"." + received.body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


async def sent(world: World, tenant: Tenant, endpoint: Any, receiver: Receiver) -> Received:
    """Send a test, and give what arrived."""
    event = (await tenant.post(f"/webhook-endpoints/{endpoint['id']}/test")).json()
    async with working(world):
        await delivered(tenant, "SUCCEEDED", event_id=event["id"])
    return receiver.received[-1]


async def test_a_secret_is_rotated_with_an_overlap(world: World, tenant: Tenant) -> None:
    async with Receiver() as receiver:
        made = await tenant.make("/webhook-endpoints", {"url": receiver.url})
        path = f"/webhook-endpoints/{made['id']}/rotate-secret"
        rotated = (await tenant.post(path, {"overlap_seconds": 3600})).json()
        old, new = made.pop("secret"), rotated.pop("secret")
        until = instants.text(world.clock() + timedelta(seconds=3600))
        assert (made.pop("previous_secret_until"), rotated["previous_secret_until"]) == (
            None,
            until,
        )
        assert (await tenant.get(f"/webhook-endpoints/{made['id']}")).json() == rotated
        assert (rotated, old != new) == ({**made, "previous_secret_until": until}, True)

        during = await sent(world, tenant, made, receiver)
        both = f"{signature(new, during)} {signature(old, during)}"
        assert during.headers["webhook-signature"] == both

        world.clock.now += timedelta(seconds=3600)
        await world.log_in_again(tenant)
        after = await sent(world, tenant, made, receiver)
        assert after.headers["webhook-signature"] == signature(new, after)


async def test_without_an_overlap_the_old_secret_signs_no_more(
    world: World, tenant: Tenant
) -> None:
    async with Receiver() as receiver:
        made = await tenant.make("/webhook-endpoints", {"url": receiver.url})
        path = f"/webhook-endpoints/{made['id']}/rotate-secret"
        new = (await tenant.post(path, {"overlap_seconds": 0})).json()["secret"]
        received = await sent(world, tenant, made, receiver)
    assert received.headers["webhook-signature"] == signature(new, received)


async def test_a_secret_of_another_account_is_not_rotated(world: World, tenant: Tenant) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    stranger = await world.tenant()
    error(await stranger.post(path, {}), 404, "webhook_endpoint_not_found")
    error(await tenant.twin.post(path, {}), 404, "webhook_endpoint_not_found")
    error(await tenant.post(path, {"overlap_seconds": 604_801}), 400, "overlap_seconds_invalid")


async def test_headers_of_ones_own_are_sent_and_never_shown(world: World, tenant: Tenant) -> None:
    async with Receiver() as receiver:
        made = await tenant.make(
            "/webhook-endpoints",
            {
                "url": receiver.url,
                "headers": {"X-Tenant": "hush 1", "X-Other": "hush 2"},
                "basic_auth": {"username": "me", "password": "hush:3"},
            },
        )
        path = f"/webhook-endpoints/{made['id']}"
        assert made["header_names"] == ["X-Tenant", "X-Other", "Authorization"]
        assert "hush" not in (await tenant.get(path)).text + str(made)

        first = await sent(world, tenant, made, receiver)
        assert (first.headers["x-tenant"], first.headers["x-other"]) == ("hush 1", "hush 2")
        credentials = first.headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(credentials) == b"me:hush:3"

        changes = {"headers": {"X-Other": None, "X-New": "n"}, "basic_auth": None}
        changed = (await tenant.patch(path, changes)).json()
        assert changed["header_names"] == ["X-Tenant", "X-New"]
        assert (await tenant.patch(path, {"description": "x"})).json()["header_names"] == [
            "X-Tenant",
            "X-New",
        ]
        second = await sent(world, tenant, made, receiver)
        assert (second.headers["x-tenant"], second.headers["x-new"]) == ("hush 1", "n")
        assert not {"authorization", "x-other"} & set(second.headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "elsewhere"},
        {"content-length": "1"},
        {"Webhook-Id": "evt_1"},
        {"flatpeak-signature": "v1=x"},
        {"Transfer-Encoding": "chunked"},
        {"": "x"},
        {"X Y": "x"},
        {"X-Line": "a\r\nInjected: b"},
        {"X-Empty": ""},
        {"X-A": "1", "x-a": "2"},
        {f"X-{n}": "1" for n in range(21)},
    ],
)
async def test_a_header_that_cannot_be_sent_is_refused(
    tenant: Tenant, headers: dict[str, str]
) -> None:
    body = {"url": "http://127.0.0.1:9/", "headers": headers}
    error(await tenant.post("/webhook-endpoints", body), 400, "headers_invalid", "headers")


async def test_webhooks_of_a_disabled_account_stop_until_it_is_enabled(
    world: World, tenant: Tenant
) -> None:
    async with Receiver() as receiver, Receiver() as other:
        await tenant.make("/webhook-endpoints", {"url": receiver.url})
        await tenant.make("/customers", {})
        neighbour = await world.tenant()
        await neighbour.make("/webhook-endpoints", {"url": other.url})
        await neighbour.make("/customers", {})
        accounts = world.services.get(Accounts)
        await accounts.disable(world.context, tenant.caller.account_id)
        async with working(world):
            await delivered(neighbour, "SUCCEEDED")
        assert (len(other.received), receiver.received) == (1, [])

        await accounts.enable(world.context, tenant.caller.account_id)
        world.clock.forward(seconds=1)
        await world.log_in_again(tenant)
        async with working(world):
            await delivered(tenant, "SUCCEEDED")
        assert len(receiver.received) == 1


async def test_an_account_has_so_many_endpoints_and_no_more(world: World, tenant: Tenant) -> None:
    settings = replace(SETTINGS, webhook_endpoints=2)
    few = app.services(world.db, settings, contexts=tenant.contexts).get(Endpoints)
    draft = EndpointDraft("http://127.0.0.1:9/")
    for _ in range(2):
        await few.add(tenant.context, draft)
    with pytest.raises(LimitReached, match=r"webhook_endpoints .* may be 2 at most"):
        await few.add(tenant.context, draft)
    await few.add(tenant.twin.context, draft)


async def test_events_are_listed_by_family_and_an_unknown_type_is_refused(tenant: Tenant) -> None:
    customer = await tenant.make("/customers", {})
    await tenant.patch(f"/customers/{customer['id']}", {"reference_id": "x"})
    await tenant.site()

    async def types(pattern: str) -> list[str]:
        answer = await tenant.get("/events", params={"event_type": pattern})
        return [one["type"] for one in answer.json()["data"]]

    assert await types("customer.*") == ["customer.update", "customer.create"]
    assert await types("customer.create") == ["customer.create"]
    assert len(await types("*")) == 4
    for unknown in (
        "customer",
        "customer.creat*",
        "customers.*",
        "x.*",
        "customer.*.*",
        "site.made",
    ):
        answer = await tenant.get("/events", params={"event_type": unknown})
        error(answer, 400, "event_type_invalid", "event_type")
