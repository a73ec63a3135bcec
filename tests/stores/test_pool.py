"""The connections of a process: whatever happens in whatever order, none is ever lost."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import pytest
import structlog.testing
import uvloop
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from wattyard.kernel.refusals import TooMany, Unavailable
from wattyard.platform.db.pool import ConnectionPool

LIMIT, SHARE = 4, 2
WAIT_SECONDS = 0.001
TURNS_TO_REST = 12

ACCOUNTS = st.sampled_from([None, None, 1, 1, 1, 2])
NUMBERS = st.integers(0, 30)
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["lend", "lend now"]), ACCOUNTS),
    st.tuples(st.sampled_from(["give back", "give back", "breaks", "lose", "cancel"]), NUMBERS),
    st.tuples(st.sampled_from(["time passes", "idle ones are closed", "nobody answers"])),
)


class Wire:
    """A connection that is open until something closes it."""

    def __init__(self) -> None:
        self.closed = False

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return False

    def terminate(self) -> None:
        self.closed = True

    async def close(self, **_: float) -> None:
        self.closed = True


class Pool(RuleBasedStateMachine):
    """Everything that can happen to a pool, several things within one turn of the loop."""

    new_loop: Callable[[], asyncio.AbstractEventLoop]

    def __init__(self) -> None:
        super().__init__()
        self.loop = type(self).new_loop()
        self.wires: list[Wire] = []
        self.answers = True
        self.tasks: dict[asyncio.Task[Any], int | None] = {}
        self.held: list[tuple[Wire, int | None]] = []
        self.faults: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.faults.append(context))
        self.pool: Any = self.loop.run_until_complete(self.made())

    @staticmethod
    async def opened() -> Wire:
        return Wire()

    async def made(self) -> ConnectionPool:
        connect: Any = self.connect
        return ConnectionPool(connect, LIMIT, wait_seconds=WAIT_SECONDS)

    async def connect(self) -> Wire:
        await asyncio.sleep(0)
        if not self.answers:
            raise Unavailable("nobody answers")
        self.wires.append(Wire())
        return self.wires[-1]

    @rule(actions=st.lists(ACTIONS, min_size=1, max_size=6))
    def one_turn(self, actions: list[tuple[Any, ...]]) -> None:
        self.answers = True
        for name, *given in actions:
            self.loop.call_soon(getattr(self, name.replace(" ", "_")), *given)
        self.turn()

    def lend(self, account: int | None) -> None:
        self.tasks[self.loop.create_task(self.pool.lend(account))] = account

    def lend_now(self, account: int | None) -> None:
        async def lent() -> Any:
            return self.pool.lend_now(account) or await self.pool.lend(account)

        self.tasks[self.loop.create_task(lent())] = account

    def give_back(self, number: int, *, broken: bool = False) -> None:
        self.collect()
        if self.held:
            wire, account = self.held.pop(number % len(self.held))
            self.pool.take_back(wire, account, broken=broken)

    def lose(self, number: int) -> None:
        self.give_back(number, broken=True)

    def breaks(self, number: int) -> None:
        if self.held:
            self.held[number % len(self.held)][0].closed = True

    def cancel(self, number: int) -> None:
        if self.tasks:
            list(self.tasks)[number % len(self.tasks)].cancel()

    def time_passes(self) -> None:
        """Let every time-out fall due, without a turn of the loop."""
        until = monotonic() + 2.5 * WAIT_SECONDS
        while monotonic() < until:
            pass

    def idle_ones_are_closed(self) -> None:
        held = [wire for wire, _ in self.held]
        for wire in self.wires:
            wire.closed |= all(wire is not one for one in held) and self.is_idle(wire)

    def is_idle(self, wire: Wire) -> bool:
        return wire in self.pool._idle

    def nobody_answers(self) -> None:
        self.answers = False

    def turn(self) -> None:
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        self.collect()
        assert not self.faults

    def collect(self) -> None:
        """Take note of what the tasks got."""
        for task in [task for task in self.tasks if task.done()]:
            account = self.tasks.pop(task)
            if not task.cancelled():
                with suppress(Unavailable, TooMany):
                    self.held.append((task.result(), account))

    def rest(self) -> None:
        """Take turns until nothing has changed for a while, whatever falls due meanwhile."""
        quiet, before = 0, None
        while quiet < TURNS_TO_REST:
            self.turn()
            now = self.pool.lent, self.pool.idle, self.pool.waiting, len(self.tasks), len(self.held)
            quiet, before = (quiet + 1 if now == before else 0), now

    @rule()
    def all_are_accounted_for(self) -> None:
        self.rest()
        assert self.pool.lent == len(self.held)
        assert len(self.held) + self.pool.idle <= LIMIT
        opened = sum(not wire.closed for wire in self.wires)
        assert opened <= LIMIT
        counted = Counter(account for _, account in self.held if account is not None)
        assert max(counted.values(), default=0) <= SHARE
        assert self.pool.waiting == len(self.tasks)
        for account in self.tasks.values():  # nobody waits for what is there
            kept_by_share = account is not None and counted[account] == SHARE
            assert self.pool.lent == LIMIT or kept_by_share

    def teardown(self) -> None:
        """Lent, idle and openable ones are as many as at the beginning."""
        self.answers = True
        for task in self.tasks:
            task.cancel()
        self.rest()
        while self.held:
            self.give_back(0)
        assert self.pool.lent == self.pool.waiting == 0
        for accounts in ([None] * LIMIT, [1, 2] * SHARE):
            for account in accounts:
                self.lend(account)
            self.rest()
            assert len(self.held) == LIMIT
            while self.held:
                self.give_back(0)
        self.loop.run_until_complete(self.pool.close())
        assert all(wire.closed for wire in self.wires)
        self.loop.close()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_no_connection_is_ever_lost(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    machine = type("PoolOnALoop", (Pool,), {"new_loop": staticmethod(new_loop)})
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=20, deadline=None))


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_one_given_back_as_its_waiter_gives_up_is_lent_again(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    machine = type("PoolOnALoop", (Pool,), {"new_loop": staticmethod(new_loop)})()
    machine.one_turn([("lend", None)] * LIMIT)
    machine.rest()
    for _ in range(2 * LIMIT):
        machine.one_turn([("lend", None)])
        machine.one_turn([("time passes",), ("give back", 0)])
        machine.one_turn([("give back", 0)])
        machine.rest()
        machine.one_turn([("lend", None)] * LIMIT)
        machine.all_are_accounted_for()
    machine.teardown()


async def test_one_account_waits_behind_its_own_calls_only() -> None:
    connect: Any = Pool.opened
    pool = ConnectionPool(connect, LIMIT, wait_seconds=0.05)
    mine = [await pool.lend(1) for _ in range(SHARE)]
    waiting = asyncio.create_task(pool.lend(1))
    await asyncio.sleep(0)
    others = [await pool.lend(2), await pool.lend(None)]
    assert pool.waiting == 1
    assert len(mine) + len(others) == LIMIT
    with pytest.raises(TooMany, match="this account's other calls"):
        await waiting
    with pytest.raises(Unavailable, match="too busy"):
        await pool.lend(2)


async def test_a_long_wait_is_logged_once() -> None:
    connect: Any = Pool.opened
    with structlog.testing.capture_logs() as logged:
        pool = ConnectionPool(connect, 1, wait_seconds=0.05, long_seconds=0.01)
        await pool.lend(7)
        found = await asyncio.gather(*(pool.lend(7) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [TooMany] * 3
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("long wait for a connection", "warning")
    assert (line["lent"], line["waiting"], line["busiest_accounts"]) == (1, 3, [7])
