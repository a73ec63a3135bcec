"""Whose plan is made next, and how many of one account are made at once."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from wattyard.schedules.service.solving import Solvers
from wattyard.schedules.service.turns import PlansInProgress, Shares, Turns


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_accounts_take_turns_and_each_keeps_its_order() -> None:
    turns, order = Turns(1), []

    async def plan(account: int, name: str) -> None:
        await turns.take(account)
        order.append(name)
        await asyncio.sleep(0)
        turns.give_back()

    await turns.take(9)
    names = [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (2, "b2")]
    plans = [asyncio.create_task(plan(*name)) for name in names]
    await settle()
    turns.give_back()
    await asyncio.gather(*plans)

    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_whoever_leaves_while_waiting_takes_no_turn() -> None:
    turns = Turns(1)
    await turns.take(1)
    waiting = [asyncio.create_task(turns.take(2)) for _ in range(3)]
    await settle()
    waiting[0].cancel()
    await settle()
    turns.give_back()
    waiting[1].cancel()  # in the very moment in which its turn has come
    await settle()
    assert [task.cancelled() for task in waiting[:2]] == [True, True]
    assert waiting[2].done()
    turns.give_back()
    async with asyncio.timeout(60):
        await turns.take(3)


async def test_a_slot_given_back_just_as_its_waiter_leaves_goes_to_the_next() -> None:
    turns = Turns(1)
    await turns.take(1)
    leaving, staying = (asyncio.create_task(turns.take(account)) for account in (2, 3))
    await settle()
    leaving.cancel()
    turns.give_back()  # before the one who leaves could say so
    await settle()

    assert leaving.cancelled()
    assert staying.done()
    turns.give_back()
    async with asyncio.timeout(60):
        await turns.take(4)


@asynccontextmanager
async def in_progress(shares: Shares, account: int, count: int) -> AsyncIterator[asyncio.Event]:
    """Have plans of an account in progress until the event is set."""
    end = asyncio.Event()

    async def plan() -> None:
        async with shares.one_of(account):
            await end.wait()

    plans = [asyncio.create_task(plan()) for _ in range(count)]
    await settle()
    yield end
    end.set()
    await asyncio.gather(*plans)


async def test_the_ninth_plan_of_an_account_waits_and_then_is_told_to_come_back() -> None:
    shares = Shares(8, wait_seconds=0.01)
    async with in_progress(shares, 1, 8):
        with pytest.raises(PlansInProgress) as told:
            async with shares.one_of(1):
                pass
        async with shares.one_of(2):
            pass
    assert told.value.first.code == "plans_in_progress"
    assert told.value.retry_after_seconds > 0
    async with shares.one_of(1):
        pass


async def test_the_ninth_plan_goes_on_when_another_ends() -> None:
    shares = Shares(8, wait_seconds=600)
    async with in_progress(shares, 1, 8) as end:
        ninth = asyncio.create_task(enter(shares))
        await settle()
        assert not ninth.done()
        end.set()
        async with asyncio.timeout(60):
            await ninth


async def enter(shares: Shares) -> None:
    async with shares.one_of(1):
        pass


class Gate:
    """Questions that are solved when they are let."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.solved: list[str] = []

    def solver(self) -> Callable[[str], str]:
        def solve(name: str) -> str:
            assert self.open.wait(60)
            self.solved.append(name)
            return name

        return solve


async def test_many_hard_plans_of_one_account_keep_another_waiting_for_one_of_them_only() -> None:
    gate, solvers = Gate(), Solvers()
    try:
        mine = [
            asyncio.create_task(solvers.run(gate.solver(), f"a{n}", account=1, hard=True))
            for n in range(8)
        ]
        await settle()
        other = asyncio.create_task(solvers.run(gate.solver(), "b", account=2, hard=True))
        await settle()
        gate.open.set()
        await asyncio.gather(*mine, other)
    finally:
        solvers.close()
    assert gate.solved.index("b") <= 4  # two ran, and one of account 1 came before


async def test_a_plan_that_nobody_waits_for_any_more_is_not_begun() -> None:
    gate, solvers = Gate(), Solvers()
    try:
        plans = [
            asyncio.create_task(solvers.run(gate.solver(), f"a{n}", account=1, hard=True))
            for n in range(4)
        ]
        await settle()
        plans[0].cancel()  # one that runs keeps its thread, and nobody else gets it meanwhile
        plans[3].cancel()
        await settle()
        gate.open.set()
        assert await plans[1] == "a1"
        assert await plans[2] == "a2"
    finally:
        solvers.close()
    assert "a3" not in gate.solved
