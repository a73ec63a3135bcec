"""Who logs in, or shows a token, takes no more connections to the database than who calls."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from tests.http.test_connections import listening
from tests.http.test_idempotency import served
from tests.support.hanging_up import hung_up
from tests.support.world import SETTINGS, Tenant, World, basic, error
from wattyard.kernel.callers import on_behalf_of
from wattyard.platform.http import Access, endpoint
from wattyard.platform.settings import Settings

CALLS = 10


@asynccontextmanager
async def held(url: str, statement: str, *arguments: object) -> AsyncIterator[None]:
    """Hold a lock until the block ends."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(statement, *arguments)
            yield
    finally:
        await connection.close()


async def at_rest(world: World) -> None:
    """Return when nothing has a connection: the use of a key is noted beside the log-in."""
    async with asyncio.timeout(60):
        while world.db.usage.lent:  # noqa: ASYNC110 (a count)
            await asyncio.sleep(0)


async def most_lent(world: World, calls: Sequence[Coroutine[Any, Any, Any]]) -> int:
    """How many connections calls have that all wait for a lock; then they are broken off."""
    tasks = [asyncio.create_task(call) for call in calls]
    async with asyncio.timeout(60):
        while world.db.usage.lent + world.db.usage.waiting < len(tasks):  # noqa: ASYNC110 (a count)
            await asyncio.sleep(0)
    lent = world.db.usage.lent
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return lent


def log_in(http: httpx.AsyncClient, tenant: Tenant) -> Coroutine[Any, Any, httpx.Response]:
    return http.post(
        "/auth/tokens", headers={"Authorization": basic(tenant.account_id, tenant.secret)}
    )


async def test_log_ins_of_an_account_are_in_its_share(
    database_url: str, world: World, tenant: Tenant
) -> None:
    world.clock.forward(minutes=2)  # so that the use of the key is noted again
    lock = "SELECT FROM secret_keys WHERE account = $1 FOR UPDATE"
    async with held(database_url, lock, tenant.caller.account):
        lent = await most_lent(world, [log_in(world.http, tenant) for _ in range(CALLS)])

    assert lent == world.db.connections // 2


async def test_callers_of_whom_nothing_is_known_share_a_quarter(
    database_url: str, world: World, tenant: Tenant
) -> None:
    transport = httpx.ASGITransport(app=world.another(SETTINGS))  # a process that knows nobody
    stranger = await world.tenant("a stranger")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        await http.get("/sites", headers=stranger.headers)  # the secret of tokens is read
        await at_rest(world)
        async with held(database_url, "LOCK TABLE secret_keys"):
            headers = {"Authorization": basic(tenant.account_id, "sk_test_" + "x" * 40)}
            wrong = [http.post("/auth/tokens", headers=headers) for _ in range(CALLS)]
            by_key = await most_lent(world, wrong)
        await at_rest(world)
        async with held(database_url, "LOCK TABLE secret_keys"):
            calls = [http.get("/sites", headers=tenant.headers) for _ in range(CALLS)]
            by_token = await most_lent(world, calls)

    assert (by_key, by_token) == (1, 1)


async def test_tokens_of_an_account_are_verified_in_its_share(
    database_url: str, world: World, tenant: Tenant
) -> None:
    tokens = []
    for _ in range(CALLS):
        world.clock.forward(seconds=1)
        tokens.append((await log_in(world.http, tenant)).json()["bearer_token"])
    async with held(database_url, "LOCK TABLE secret_keys"):
        headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
        lent = await most_lent(world, [world.http.get("/sites", headers=one) for one in headers])

    assert lent == world.db.connections // 2


async def test_log_ins_have_a_rate_of_their_own(world: World, tenant: Tenant) -> None:
    transport = httpx.ASGITransport(app=world.another(Settings(rate_limit=2)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answers = [await log_in(http, tenant) for _ in range(5)]
        calls = [await http.get("/sites", headers=tenant.headers) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    body = error(answers[4], 429, "rate_limited")
    assert "log-ins" in body["message"]
    assert int(answers[4].headers["retry-after"]) >= 1
    assert [call.status_code for call in calls] == [200] * 4 + [429]


async def test_a_pipelined_request_is_in_nobodys_share_until_it_shows_whose_it_is(
    world: World, tenant: Tenant
) -> None:
    seen: list[int | None] = []

    @endpoint("GET", "/first", "first", access=Access.BEARER)
    async def first() -> bytes:
        """Answer whoever is known."""
        return b"{}"

    @endpoint("GET", "/second", "second", access=Access.PUBLIC)
    async def second() -> bytes:
        """Answer anybody."""
        seen.append(on_behalf_of.get())
        return b"{}"

    transport = served(world, first, second)._transport
    assert isinstance(transport, httpx.ASGITransport)
    world.app = transport.app  # type: ignore[assignment]
    async with listening(world) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        token = tenant.token.encode()
        writer.write(
            b"GET /first HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token + b"\r\n\r\n"
            b"GET /second HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        )
        async with asyncio.timeout(60):
            answers = await reader.read()
        await hung_up(writer)

    assert answers.count(b"HTTP/1.1 200") == 2
    assert seen == [None]


async def test_visitors_of_the_dashboard_who_are_not_known_share_a_quarter(
    database_url: str, world: World
) -> None:
    def visit(number: int) -> Coroutine[Any, Any, httpx.Response]:
        return world.http.get("/dashboard", headers={"Cookie": f"wattyard={number:043}"})

    await visit(0)  # loads the pages
    await at_rest(world)
    async with held(database_url, "LOCK TABLE person_sessions"):
        lent = await most_lent(world, [visit(number) for number in range(CALLS)])

    assert lent == world.db.connections // 4
