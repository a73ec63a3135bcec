"""Plans of one account past those in progress, and plans whose caller has gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.declared import named, objects_of
from tests.support.world import Tenant, World, error
from wattyard.platform.db import Database
from wattyard.platform.http.call import Call, CallerGone, while_there
from wattyard.schedules.service import Solvers
from wattyard.schedules.service.turns import Shares
from wattyard.schedules.wire.examples import CHARGE_BODY

IN_PROGRESS = 2


@pytest.fixture
async def solvers() -> AsyncIterator[Solvers]:
    """Two plans in progress for each account; a third waits for a moment."""
    solvers = Solvers(Shares(IN_PROGRESS, wait_seconds=0.05))
    yield solvers
    solvers.close()


@pytest.fixture
async def world(db: Database, clock: FakeClock, solvers: Solvers) -> AsyncIterator[World]:
    async with World(db, clock, {Solvers: solvers}) as world:
        yield world


async def test_a_plan_past_those_in_progress_is_told_to_come_back_and_not_kept(
    tenant: Tenant, world: World, solvers: Solvers
) -> None:
    body = named(CHARGE_BODY, await objects_of(tenant))
    other = await world.tenant("another")
    key = {"Idempotency-Key": "once"}
    async with AsyncExitStack() as held:
        for _ in range(IN_PROGRESS):
            await held.enter_async_context(solvers.planning(tenant.caller.account))
        refused = await tenant.post("/schedules/soc", body, headers=key)
        theirs = await other.post("/schedules/soc", named(CHARGE_BODY, await objects_of(other)))

    told = error(refused, 429, "plans_in_progress")
    assert (told["type"], refused.headers["retry-after"]) == ("rate_limit", "2")
    assert theirs.status_code == 200, theirs.text
    again = await tenant.post("/schedules/soc", body, headers=key)
    assert again.status_code == 200, again.text
    assert "idempotent-replayed" not in again.headers


async def test_a_plan_whose_caller_has_gone_leaves_its_place_in_the_line(
    db: Database, clock: FakeClock
) -> None:
    solvers = Solvers(Shares(1, wait_seconds=600))
    async with World(db, clock, {Solvers: solvers}) as world:
        tenant = await world.tenant()
        body = named(CHARGE_BODY, await objects_of(tenant))
        async with solvers.planning(tenant.caller.account):
            async with asyncio.timeout(60):
                await call_and_leave(world, tenant, "/schedules/soc", body)
        answer = await tenant.post("/schedules/soc", body)
    solvers.close()
    assert answer.status_code == 200, answer.text


async def call_and_leave(world: World, tenant: Tenant, path: str, body: Any) -> None:
    """Send a request, close the connection, and wait for the server to be done with it."""
    messages = [
        {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(_: Any) -> None:
        return

    headers = {**tenant.headers, "Content-Type": "application/json", "Host": "test"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await world.app(scope, receive, send)


def a_call(*messages: str) -> Call:
    left = [*messages]

    async def receive() -> Any:
        if not left:
            await asyncio.Event().wait()
        return {"type": left.pop(0)}

    async def send(_: Any) -> None:
        return

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    return Call(scope, receive, send, "req_0", datetime(2026, 3, 1, tzinfo=UTC))


async def test_work_ends_with_its_caller() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(CallerGone):
        await while_there(a_call("http.request", "http.disconnect"), work())
    assert ended.is_set()
    await asyncio.sleep(0)  # nothing of the cancellation is left over


async def test_work_of_a_caller_who_stays_is_done() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await while_there(a_call(), work()) == 7


async def test_the_end_of_the_server_is_not_the_caller_leaving() -> None:
    task = asyncio.create_task(while_there(a_call(), asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_plans_under_way_share_the_seconds_of_the_solver() -> None:
    solvers = Solvers()

    def seconds_of(question: int, seconds: float) -> float:
        return seconds

    alone = await solvers.run_bounded(seconds_of, 0, account=1)
    together = await asyncio.gather(
        *(solvers.run_bounded(seconds_of, n, account=n % 2) for n in range(1, 13))
    )
    solvers.close()

    assert alone == 2.0
    assert all(0.25 <= one <= 2.0 for one in together)
    assert min(together) == 0.25
