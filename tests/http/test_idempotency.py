"""Idempotency keys (contract 0, Writing)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.support.faults import without_table
from tests.support.world import AMSTERDAM, Tenant, World, error
from wattyard.accounts.service import Accounts
from wattyard.app.assembly import authenticators_of
from wattyard.kernel.context import Context, Contexts
from wattyard.platform.http import Effect, Endpoint, endpoint
from wattyard.platform.http.binding import Bound
from wattyard.platform.http.call import Call
from wattyard.platform.http.fingerprints import fingerprint
from wattyard.platform.http.front import FrontDoor
from wattyard.platform.http.gate import Gate
from wattyard.platform.http.idempotency import KEPT_BYTES, Replays
from wattyard.platform.http.rate_limits import NoLimits

BODY = {"postal_address": AMSTERDAM, "reference_id": "once"}


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_the_same_key_answers_the_first_answer(tenant: Tenant) -> None:
    first = await tenant.post("/sites", BODY, headers=keyed("a"))
    again = await tenant.post("/sites", BODY, headers=keyed("a"))

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await tenant.get("/sites")).json()["data"]) == 1
    assert len((await tenant.get("/events")).json()["data"]) == 2


async def test_another_body_or_path_with_the_key_is_refused(tenant: Tenant) -> None:
    await tenant.post("/sites", BODY, headers=keyed("a"))

    other = await tenant.post("/sites", {**BODY, "reference_id": "two"}, headers=keyed("a"))
    error(other, 409, "idempotency_key_reused")
    error(await tenant.post("/customers", {}, headers=keyed("a")), 409, "idempotency_key_reused")
    assert len((await tenant.get("/sites")).json()["data"]) == 1


async def test_keys_belong_to_one_account_and_mode(world: World, tenant: Tenant) -> None:
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for one in (tenant, tenant.twin, stranger):
        answer = await one.post("/sites", BODY, headers=keyed("a"))
        assert "idempotent-replayed" not in answer.headers
        assert len((await one.get("/sites")).json()["data"]) == 1


async def test_a_refusal_is_kept_and_nothing_of_its_work(tenant: Tenant) -> None:
    body = {**BODY, "customer_id": "cus_" + "0" * 32}
    first = await tenant.post("/sites", body, headers=keyed("a"))
    again = await tenant.post("/sites", body, headers=keyed("a"))

    error(first, 404, "customer_not_found")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (await tenant.get("/sites")).json()["data"] == []


async def test_a_key_is_free_again_after_a_day(world: World, tenant: Tenant) -> None:
    await tenant.post("/customers", {}, headers=keyed("a"))
    world.clock.forward(hours=24, seconds=1)
    tenant = await _again(world, tenant)
    answer = await tenant.post("/customers", {"reference_id": "b"}, headers=keyed("a"))

    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers
    await tenant.post("/customers", {}, headers=keyed("b"))
    async with world.db.reading() as db:
        kept = await db.fetchval(
            "SELECT count(*) FROM idempotency_keys WHERE account = $1", tenant.caller.account
        )
    assert kept == 2


async def _again(world: World, tenant: Tenant) -> Tenant:
    return await world.log_in(tenant.account_id, tenant.secret)


async def test_two_at_once_do_the_work_once(tenant: Tenant) -> None:
    answers = await asyncio.gather(
        *(tenant.post("/sites", BODY, headers=keyed("a")) for _ in range(5))
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert statuses[0] == 201
    for answer in answers:
        if answer.status_code == 409:
            error(answer, 409, "idempotency_in_progress")
    assert len((await tenant.get("/sites")).json()["data"]) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ".encode(), "a\tb"])
async def test_a_bad_key_is_refused(tenant: Tenant, key: str | bytes) -> None:
    answer = await tenant.post("/sites", BODY, headers={"Idempotency-Key": key})  # type: ignore[dict-item]

    error(answer, 400, "idempotency_key_invalid")
    assert (await tenant.get("/sites")).json()["data"] == []


async def test_a_fault_of_ours_is_not_kept(world: World, tenant: Tenant) -> None:
    async with without_table(world.db, "events"):
        answer = await tenant.post("/sites", BODY, headers=keyed("a"))
        error(answer, 500, "internal_error")
    assert (await tenant.get("/sites")).json()["data"] == []
    answer = await tenant.post("/sites", BODY, headers=keyed("a"))
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            b'{"reference_id":"a","metadata":{"x":"1","y":"2"}}',
            b'{"metadata": {"y": "2",\n "x": "1"}, "reference_id": "a"}',
        ),
        (b'{"reference_id":"\xc3\xa9"}', rb'{"reference_id":"\u00e9"}'),
    ],
)
async def test_the_same_json_written_otherwise_is_the_same_request(
    tenant: Tenant, first: bytes, second: bytes
) -> None:
    headers = keyed("a") | {"Content-Type": "application/json"}
    one = await tenant.call("POST", "/customers", content=first, headers=headers)
    two = await tenant.call("POST", "/customers", content=second, headers=headers)

    assert one.status_code == two.status_code == 201
    assert two.content == one.content
    assert len((await tenant.get("/customers")).json()["data"]) == 1


async def test_numbers_are_compared_as_numbers(tenant: Tenant) -> None:
    headers = keyed("a") | {"Content-Type": "application/json"}
    raw = b'{"postal_address": {"city": "Amsterdam", "country_code": "NL"}, "max_power_import_kw": '
    for number in (b"11", b"11.0", b"1.1e1"):
        answer = await tenant.call("POST", "/sites", content=raw + number + b"}", headers=headers)
        assert answer.status_code == 201
    other = await tenant.call("POST", "/sites", content=raw + b"11.5}", headers=headers)
    error(other, 409, "idempotency_key_reused")
    assert len((await tenant.get("/sites")).json()["data"]) == 1


NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_a_query_is_compared_by_its_parameters() -> None:
    async def meaning(query: bytes) -> bytes:
        scope = {"method": "POST", "path": "/x", "query_string": query, "headers": []}
        return (await fingerprint(Call(scope, _never, _never, "req_1", NOW), b"{}")).meaning

    assert await meaning(b"a=1&b=x%20y") == await meaning(b"b=x+y&a=1")
    assert await meaning(b"a=1") != await meaning(b"a=2")
    assert await meaning(b"") == await meaning(b"&")


async def _never(*_: object) -> Any:
    raise AssertionError("nothing is read or sent")


async def test_an_answer_kept_by_an_earlier_release_is_known_by_its_bytes(
    world: World, tenant: Tenant
) -> None:
    await tenant.post("/customers", {"reference_id": "a"}, headers=keyed("a"))
    async with world.db.transaction() as db:
        await db.execute("UPDATE idempotency_keys SET meaning = NULL")

    again = await tenant.post("/customers", {"reference_id": "a"}, headers=keyed("a"))
    assert again.headers["idempotent-replayed"] == "true"
    other = await tenant.post("/customers", {"reference_id": "b"}, headers=keyed("a"))
    error(other, 409, "idempotency_key_reused")


class Turnstile:
    """Work of which the test says when it goes on."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()
        self.runs = 0

    async def __call__(self) -> None:
        self.runs += 1
        self.entered.set()
        await self.go_on.wait()


def serving(
    world: World, effect: Effect, work: Callable[[], Awaitable[object]], answer: bytes = b'{"n":1}'
) -> httpx.AsyncClient:
    """A client of one endpoint of an effect, which waits for `work` and then answers."""

    @endpoint("POST", "/work", "work", effect=effect)
    async def handler(context: Context) -> bytes:
        """Work."""
        await work()
        return answer

    return served(world, handler)


def served(world: World, *handlers: Endpoint) -> httpx.AsyncClient:
    """A client of a few endpoints."""
    gate = Gate(
        world.services.get(Contexts),
        authenticators_of(world.services.get(Accounts)),
        NoLimits(),
        world.services.get(Replays),
    )
    app = FrontDoor(
        [Bound(handler, {}, gate) for handler in handlers],
        contexts=world.services.get(Contexts),
        begun=lambda: None,
        finished=lambda call, fault: None,
        failed=lambda scope, fault: None,
        lifespan=lambda app: nullcontext(),  # type: ignore[arg-type, return-value]
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def work_on(http: httpx.AsyncClient, tenant: Tenant, **more: str) -> httpx.Response:
    return await http.post("/work", headers=tenant.headers | keyed("a") | more)


BESIDE = [Effect.COMPUTES, Effect.EXTERNAL]


@pytest.mark.parametrize("effect", BESIDE)
async def test_no_connection_is_held_while_it_computes_or_waits_for_others(
    world: World, tenant: Tenant, effect: Effect
) -> None:
    work = Turnstile()
    async with serving(world, effect, work) as http:
        first = asyncio.create_task(work_on(http, tenant))
        await work.entered.wait()
        async with asyncio.timeout(60):
            while world.db.usage.lent:  # noqa: ASYNC110 (the use of the key is noted beside)
                await asyncio.sleep(0.01)
        meanwhile = await work_on(http, tenant)
        other = await http.post("/work", json={}, headers=tenant.headers | keyed("a"))
        work.go_on.set()
        done = await first
        again = await work_on(http, tenant)

    error(meanwhile, 409, "idempotency_in_progress")
    error(other, 409, "idempotency_key_reused")
    assert done.json() == again.json() == {"n": 1}
    assert "idempotent-replayed" not in done.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert work.runs == 1


@pytest.mark.parametrize("effect", BESIDE)
async def test_a_mark_that_a_crash_left_ends_by_itself(
    world: World, tenant: Tenant, effect: Effect
) -> None:
    crashed, work = Turnstile(), Turnstile()
    work.go_on.set()
    async with serving(world, effect, crashed) as before, serving(world, effect, work) as http:
        lost = asyncio.create_task(work_on(before, tenant))
        await crashed.entered.wait()  # and never goes on, as after `kill -9`
        error(await work_on(http, tenant), 409, "idempotency_in_progress")
        world.clock.forward(minutes=2, seconds=1)
        repeated = await work_on(http, tenant)
        crashed.go_on.set()
        late = await lost

    assert repeated.status_code == 200
    assert work.runs == 1
    assert late.headers["idempotent-replayed"] == "true"  # the first answer that was kept counts


@pytest.mark.parametrize("effect", BESIDE)
async def test_work_that_failed_or_was_broken_off_can_be_repeated_at_once(
    world: World, tenant: Tenant, effect: Effect
) -> None:
    async def broken() -> None:
        raise RuntimeError("broken")

    stuck, fine = Turnstile(), Turnstile()
    fine.go_on.set()
    async with serving(world, effect, broken) as http:
        error(await work_on(http, tenant), 500, "internal_error")
    async with serving(world, effect, stuck) as http:
        task = asyncio.create_task(work_on(http, tenant))
        await stuck.entered.wait()
        task.cancel()
        await asyncio.wait([task])
        while world.db._besides:
            await asyncio.wait(world.db._besides)
    async with serving(world, effect, fine) as http:
        assert (await work_on(http, tenant)).status_code == 200


async def test_a_fault_of_ours_is_not_kept_and_nothing_of_its_work(
    world: World, tenant: Tenant
) -> None:
    async def renamed() -> None:
        async with world.db.transaction() as db:
            await db.execute(
                "UPDATE accounts SET name = 'renamed' WHERE account = $1", tenant.caller.account
            )

    async def broken() -> None:
        await renamed()
        raise RuntimeError("broken")

    async def name() -> str:
        return str((await tenant.get("/account")).json()["name"])

    before = await name()
    async with serving(world, Effect.WRITES, broken) as http:
        error(await work_on(http, tenant), 500, "internal_error")
    assert await name() == before
    async with serving(world, Effect.WRITES, renamed) as http:
        again = await work_on(http, tenant)
    assert again.status_code == 200
    assert "idempotent-replayed" not in again.headers
    assert await name() == "renamed"


async def test_an_answer_above_a_mebibyte_is_not_kept(world: World, tenant: Tenant) -> None:
    answer = b'{"n":"' + b"x" * KEPT_BYTES + b'"}'
    work = Turnstile()
    work.go_on.set()
    async with serving(world, Effect.COMPUTES, work, answer) as http:
        assert (await work_on(http, tenant)).content == answer
        again = await work_on(http, tenant)
        other = await http.post("/work", json={}, headers=tenant.headers | keyed("a"))

    assert again.content == answer
    assert "idempotent-replayed" not in again.headers
    assert work.runs == 2
    error(other, 409, "idempotency_key_reused")


async def test_a_write_whose_answer_is_too_large_to_keep_is_not_done_twice(
    world: World, tenant: Tenant
) -> None:
    work = Turnstile()
    work.go_on.set()
    async with serving(world, Effect.WRITES, work, b'"' + b"x" * KEPT_BYTES + b'"') as http:
        assert (await work_on(http, tenant)).status_code == 200
        error(await work_on(http, tenant), 409, "idempotency_answer_too_large")

    assert work.runs == 1


async def test_the_answers_of_quiet_accounts_are_forgotten_after_their_day(
    world: World, tenant: Tenant
) -> None:
    await tenant.post("/customers", {}, headers=keyed("a"))
    world.clock.forward(hours=23)
    stranger = await world.tenant("a stranger")
    await stranger.post("/customers", {}, headers=keyed("b"))
    world.clock.forward(hours=1)
    await world.services.get(Replays).forget()

    async with world.db.reading() as db:
        left = await db.fetchval(
            "SELECT array_agg(key) FROM idempotency_keys WHERE account = ANY($1)",
            [tenant.caller.account, stranger.caller.account],
        )
    assert left == ["b"]
