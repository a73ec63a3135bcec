"""Webhook endpoints over HTTP: made, read, changed, deleted, and which addresses are refused."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from tests.support.delivery_workers import delivery_of
from tests.support.world import Tenant, World, error
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.lookup import Ask, SystemLookup

URL = "https://hooks.example.com/wattyard"


async def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(tenant: Tenant) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL})
    path = f"/webhook-endpoints/{made['id']}"

    assert made.pop("secret").startswith("whsec_")
    assert made == (await tenant.get(path)).json()
    assert made["event_types"] == ["*"]
    assert made["status"] == "ENABLED"
    assert (await tenant.get("/webhook-endpoints")).json()["data"] == [made]


async def test_an_endpoint_is_changed_and_deleted(tenant: Tenant) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL, "description": "ours"})
    path = f"/webhook-endpoints/{made['id']}"
    tag = (await tenant.get(path)).headers["etag"]

    changed = await tenant.patch(
        path, {"description": None, "event_types": ["tariff.*", "tariff.*", "site.update"]}
    )
    assert changed.json()["description"] is None
    assert changed.json()["event_types"] == ["tariff.*", "site.update"]
    stale = await tenant.patch(path, {"status": "DISABLED"}, headers={"If-Match": tag})
    error(stale, 412, "precondition_failed")
    deleted = (await tenant.delete(path)).json()
    assert deleted == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    error(await tenant.get(path), 404, "webhook_endpoint_not_found")


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[2002:a00:1::]/",
        "https://224.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "http://example.com/",
        "http://10.0.0.1/",
        "ftp://example.com/",
        "https://user:pass@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com\\@127.0.0.1/",
        "https:///path",
        "example.com",
        "https://exa mple.com/",
        "https://ex\u00e4mple.com/",
        "https://" + "a" * 2048,
    ],
)
async def test_an_address_that_may_not_be_reached_is_refused(tenant: Tenant, url: str) -> None:
    answer = await tenant.post("/webhook-endpoints", {"url": url})

    error(answer, 400, "url_invalid", "url")


async def test_the_address_is_judged_again_when_it_changes(tenant: Tenant) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL})

    answer = await tenant.patch(f"/webhook-endpoints/{made['id']}", {"url": "https://10.0.0.1/"})

    error(answer, 400, "url_invalid", "url")


@pytest.mark.parametrize("types", [["Site.update"], ["site..update"], ["*.update"], [""], ["a b"]])
async def test_event_types_are_names_or_families(tenant: Tenant, types: list[str]) -> None:
    answer = await tenant.post("/webhook-endpoints", {"url": URL, "event_types": types})

    assert answer.status_code == 400
    assert answer.json()["param"].startswith("event_types[0]")


async def test_no_types_at_all_are_refused_and_null_means_all(tenant: Tenant) -> None:
    body = {"url": URL, "event_types": []}
    error(await tenant.post("/webhook-endpoints", body), 400, "event_types_invalid")
    made = await tenant.make("/webhook-endpoints", {"url": URL, "event_types": ["site.*"]})

    changed = await tenant.patch(f"/webhook-endpoints/{made['id']}", {"event_types": None})

    assert changed.json()["event_types"] == ["*"]


@asynccontextmanager
async def strict(world: World, tenant: Tenant, ask: Ask) -> AsyncIterator[Tenant]:
    """The tenant at a node that allows no address of this machine, and looks names up by `ask`."""
    given = {SystemLookup: SystemLookup(ask), AddressPolicy: AddressPolicy()}
    async with World(world.db, world.clock, given) as other:
        yield replace(tenant, http=other.http)


async def test_an_endpoint_can_be_disabled_wherever_its_name_leads_by_now(
    world: World, tenant: Tenant
) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
    path = f"/webhook-endpoints/{made['id']}"
    async with strict(world, tenant, lambda host: [host]) as elsewhere:
        changed = await elsewhere.patch(path, {"status": "DISABLED"})
        refused = await elsewhere.patch(path, {"url": "http://127.0.0.1:8/"})

    assert changed.json()["status"] == "DISABLED"
    error(refused, 400, "url_invalid")


async def test_names_that_nobody_answers_for_keep_four_registrations_of_an_account_waiting(
    world: World, tenant: Tenant
) -> None:
    """Others are answered meanwhile, and the one refused can be sent again with its key."""
    answered = threading.Event()

    def looking(host: str) -> list[str]:
        assert answered.wait(60)
        return ["1.1.1.1"]

    async with strict(world, tenant, looking) as elsewhere:

        async def register(key: int) -> httpx.Response:
            headers = {"Idempotency-Key": f"{tenant.account_id}-{key}"}
            return await elsewhere.post("/webhook-endpoints", {"url": URL}, headers=headers)

        waiting = [asyncio.create_task(register(n)) for n in range(5)]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        refused = done.pop().result()
        error(refused, 429, "rate_limited")
        assert refused.headers["retry-after"] == "2"
        assert (await elsewhere.get("/sites")).status_code == 200

        answered.set()
        answers = await asyncio.gather(*waiting)
        assert sorted(one.status_code for one in answers) == [201, 201, 201, 201, 429]
        again = await register([one.status_code for one in answers].index(429))
        assert again.status_code == 201


async def test_a_test_is_told_to_this_endpoint_only(tenant: Tenant) -> None:
    await tenant.make("/webhook-endpoints", {"url": URL})
    other = await tenant.make("/webhook-endpoints", {"url": URL, "event_types": ["site.*"]})

    event = await tenant.make(f"/webhook-endpoints/{other['id']}/test", None)

    assert event["type"] == "webhook.test"
    assert event["data"]["id"] == other["id"]
    found = (await tenant.get("/webhook-deliveries")).json()["data"]
    assert [one["endpoint_id"] for one in found] == [other["id"]]
    assert found[0]["event_id"] == event["id"]
    assert (found[0]["status"], found[0]["attempts"]) == ("PENDING", 0)


async def test_a_disabled_endpoint_is_told_nothing(tenant: Tenant) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL, "status": "DISABLED"})
    await tenant.make("/customers", {})

    assert (await tenant.get("/webhook-deliveries")).json()["data"] == []
    for action, body in (("test", None), ("replay", {"from": "2026-01-01T00:00:00Z"})):
        answer = await tenant.post(f"/webhook-endpoints/{made['id']}/{action}", body)
        error(answer, 422, "webhook_endpoint_disabled")


async def test_deliveries_are_listed_by_endpoint_event_and_status(tenant: Tenant) -> None:
    one = await tenant.make("/webhook-endpoints", {"url": URL})
    two = await tenant.make("/webhook-endpoints", {"url": URL})
    await tenant.make("/customers", {})
    event = (await tenant.get("/events")).json()["data"][0]

    async def ids(**filters: str) -> list[str]:
        answer = await tenant.get("/webhook-deliveries", params=filters)
        return [found["endpoint_id"] for found in answer.json()["data"]]

    assert await ids(endpoint_id=one["id"]) == [one["id"]]
    assert set(await ids(event_id=event["id"])) == {one["id"], two["id"]}
    assert len(await ids(status="PENDING")) == 2
    assert await ids(status="SUCCEEDED") == []
    for param, value in (("endpoint_id", event["id"]), ("event_id", "evt_1"), ("status", "LOST")):
        answer = await tenant.get("/webhook-deliveries", params={param: value})
        error(answer, 400, f"{param}_invalid", param)


@pytest.mark.parametrize("start", ["yesterday", "2026-01-01T00:00:00", "ste_1", "evt_1"])
async def test_a_replay_needs_an_event_or_a_time(tenant: Tenant, start: str) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL})

    answer = await tenant.post(f"/webhook-endpoints/{made['id']}/replay", {"from": start})

    error(answer, 400, "from_invalid", "from")


async def test_a_replay_does_not_double_what_still_waits(tenant: Tenant) -> None:
    await tenant.make("/customers", {})
    made = await tenant.make("/webhook-endpoints", {"url": URL, "event_types": ["customer.*"]})
    await tenant.site()
    await tenant.make("/customers", {})
    path = f"/webhook-endpoints/{made['id']}/replay"

    first = (await tenant.post(path, {"from": "2026-01-01T00:00:00Z"})).json()
    again = (await tenant.post(path, {"from": "2026-01-01T00:00:00Z"})).json()

    assert (first["deliveries"], again["deliveries"]) == (1, 0)
    events = (await tenant.get("/events", params={"event_type": "customer.create"})).json()["data"]
    assert first["last_event_id"] == events[-1]["id"]


async def test_replays_at_the_same_time_do_not_double_each_other(tenant: Tenant) -> None:
    for _ in range(20):
        await tenant.make("/customers", {})
    made = await tenant.make("/webhook-endpoints", {"url": URL, "event_types": ["customer.*"]})
    path = f"/webhook-endpoints/{made['id']}/replay"

    await asyncio.gather(*(tenant.get("/events") for _ in range(8)))  # connections are open

    answers = await asyncio.gather(
        *(tenant.post(path, {"from": "2026-01-01T00:00:00Z"}) for _ in range(4))
    )

    assert sorted(answer.json()["deliveries"] for answer in answers) == [0, 0, 0, 20]


async def test_a_retry_makes_a_delivery_due_now(world: World, tenant: Tenant) -> None:
    made = await tenant.make("/webhook-endpoints", {"url": URL})
    await tenant.make(f"/webhook-endpoints/{made['id']}/test", None)
    found = await delivery_of(tenant)
    world.clock.forward(seconds=5)

    again = (await tenant.post(f"/webhook-deliveries/{found['id']}/retry")).json()

    assert again == {**found, "next_attempt": "2026-03-01T10:00:05.123Z"}


async def test_the_public_keys_are_for_everybody(world: World) -> None:
    keys = (await world.http.get("/jwks.json")).json()["keys"]

    assert keys
    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {("RSA", "PS256", "sig")}
    assert all(set(key) == {"kid", "kty", "use", "alg", "n", "e"} for key in keys)
