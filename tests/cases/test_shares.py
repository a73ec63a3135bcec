"""Shares of accounts in a process: turns on the loop, threads and rests while others want it."""

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any
from weakref import ReferenceType, ref

import pytest

from wattyard.kernel.refusals import TooMany
from wattyard.platform.work import in_its_share, shares
from wattyard.platform.work.computing import FullCollections

ATTACKER, VICTIM = 71, 72
TURNS = 12


class Turns:
    """Numbers the turns of the loop, and notes in which of them an account made steps."""

    def __init__(self) -> None:
        self.number = 0
        self.made: dict[int, Counter[int]] = {ATTACKER: Counter(), VICTIM: Counter()}

    async def count(self) -> None:
        while True:
            self.number += 1
            await asyncio.sleep(0)

    async def call(self, account: int, steps: int = TURNS) -> int:
        for _ in range(steps):
            self.made[account][self.number] += 1
            await asyncio.sleep(0)
        return account


async def most_at_once(*accounts: int) -> dict[int, int]:
    """Let each account make calls all at once: the most steps of it in one turn of the loop."""
    turns = Turns()
    counting = asyncio.create_task(turns.count())
    calls = [in_its_share(account, turns.call(account)) for account in accounts]
    assert await asyncio.gather(*calls) == list(accounts)
    counting.cancel()
    return {account: max(made.values()) for account, made in turns.made.items() if made}


async def test_an_account_that_is_alone_has_every_turn_for_all_its_calls() -> None:
    assert await most_at_once(*[ATTACKER] * 8) == {ATTACKER: 8}


async def test_beside_another_an_account_makes_one_step_of_all_its_calls_in_a_turn() -> None:
    shares.shares().contended_seconds = 60.0  # a busy machine pauses for longer than the usual
    found = await most_at_once(VICTIM, *[ATTACKER] * 8)
    assert found[VICTIM] == 1
    assert found[ATTACKER] <= 2  # one is made before the two have met


async def test_what_work_raises_is_raised_and_what_is_thrown_reaches_it() -> None:
    async def failing() -> None:
        await asyncio.sleep(0)
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        await in_its_share(ATTACKER, failing())

    reached = asyncio.Event()

    async def waiting() -> str:
        reached.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "cancelled"
        return "never"

    call = asyncio.create_task(in_its_share(ATTACKER, waiting()))
    await reached.wait()
    call.cancel()
    assert await call == "cancelled"


async def test_a_call_may_make_another_inside_of_its_share() -> None:
    shares.shares().contended_seconds = 60.0

    async def outer(account: int, inner: int) -> int:
        await asyncio.sleep(0)
        return await in_its_share(inner, Turns().call(inner))

    pairs = [(VICTIM, ATTACKER), (ATTACKER, VICTIM), (ATTACKER, ATTACKER)] * 2
    calls = [in_its_share(account, outer(account, inner)) for account, inner in pairs]
    async with asyncio.timeout(30):
        assert await asyncio.gather(*calls) == [inner for _, inner in pairs]


async def test_a_call_that_another_began_does_not_keep_those_before_it() -> None:
    begun: list[ReferenceType[asyncio.Task[Any]]] = []
    calls: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()

    async def call() -> None:
        if len(begun) < 4:  # as the answer to a request begins the one that was sent ahead
            task = asyncio.create_task(in_its_share(VICTIM, call()))
            begun.append(ref(task))
            calls.put_nowait(task)
            del task

    await in_its_share(VICTIM, call())
    last = None
    for _ in range(4):
        last = await calls.get()
        await last
    gc.collect()

    assert last is not None
    assert [one() is None for one in begun] == [True, True, False, False]


async def test_turns_are_passed_on_whoever_is_called_off() -> None:
    chance = random.Random(3)
    turns = Turns()
    for _ in range(30):
        calls = [
            asyncio.create_task(in_its_share(account, turns.call(account, chance.randrange(1, 9))))
            for account in (VICTIM, *[ATTACKER] * 6)
        ]
        for _ in range(chance.randrange(1, 6)):
            await asyncio.sleep(0)
        called_off = set(chance.sample(calls, 3))
        for one in called_off:
            one.cancel()
        async with asyncio.timeout(30):
            ended = await asyncio.gather(*calls, return_exceptions=True)
        for call, end in zip(calls, ended, strict=True):
            assert isinstance(end, int) or (call in called_off and call.cancelled()), end


async def test_a_call_off_reaches_whoever_waits_for_a_thread() -> None:
    share = shares.shares().of(ATTACKER)
    for _ in range(shares.THREADS_OF_AN_ACCOUNT):
        await share.take_thread()
    waiting = asyncio.create_task(share.take_thread())
    await asyncio.sleep(0)
    waiting.cancel()
    share.give_thread()  # in the same turn: it passes over who is called off
    with pytest.raises(asyncio.CancelledError):
        await waiting
    share.give_thread()
    assert share.threads == 0


async def beside_another(work: Callable[[], Awaitable[object]]) -> None:
    """Do work while another account makes one step after the other."""

    async def busy() -> None:
        for _ in count():
            await asyncio.sleep(0)

    usual, shares.shares().contended_seconds = shares.shares().contended_seconds, 60.0
    other = asyncio.create_task(in_its_share(VICTIM, busy()))
    await asyncio.sleep(0)
    await in_its_share(ATTACKER, Turns().call(ATTACKER))
    try:
        await work()
    finally:
        other.cancel()
        shares.shares().contended_seconds = usual


async def test_whoever_took_much_begins_nothing_new_until_the_others_are_quiet() -> None:
    share = shares.shares().of(ATTACKER)

    async def another_call() -> None:
        share.charge(shares.DEBT_SECONDS)
        call = asyncio.create_task(in_its_share(ATTACKER, Turns().call(ATTACKER)))
        for _ in range(TURNS):
            await asyncio.sleep(0)
        assert not call.done()
        begun.append(call)

    begun: list[asyncio.Task[int]] = []
    await beside_another(another_call)
    assert await begun[0] == ATTACKER


async def test_a_single_call_does_not_wait_until_all_is_paid_for() -> None:
    share = shares.shares().of(ATTACKER)

    async def another_call() -> None:
        share.charge(shares.DEBT_SECONDS)
        await share.admitted()
        assert not share.is_idle  # it still owes some of it

    await beside_another(another_call)


async def test_where_several_calls_wait_all_that_was_taken_is_paid_for() -> None:
    share = shares.shares().of(ATTACKER)

    async def other_calls() -> None:
        share.charge(shares.DEBT_SECONDS / 10)
        await asyncio.wait(
            [asyncio.create_task(share.admitted()) for _ in range(2)],
            return_when=asyncio.FIRST_COMPLETED,
        )
        assert share.is_idle  # it owes nothing any more

    await beside_another(other_calls)


async def test_beside_another_an_account_has_one_thread_also_while_its_calls_only_wait() -> None:
    shares.shares().contended_seconds = 60.0
    share = shares.shares().of(ATTACKER)
    await share.take_thread()  # alone so far, and it makes no step from now on
    await in_its_share(VICTIM, Turns().call(VICTIM))
    second = asyncio.create_task(share.take_thread())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert not second.done()
    share.give_thread()
    await second
    share.give_thread()


def test_no_full_collection_is_made_while_a_thread_computes_unless_for_long() -> None:
    usual = gc.get_threshold()
    collections = FullCollections()
    with collections:
        with collections:
            assert gc.get_threshold() == (*usual[:2], 2**31 - 1)
        assert gc.get_threshold() != usual
    assert gc.get_threshold() == usual
    impatient, callbacks = FullCollections(at_most_seconds=0), [*gc.callbacks]
    with impatient:
        gc.collect(0)  # as it happens to whoever makes objects, in the midst of one computation
        assert gc.get_threshold() == usual
    assert gc.callbacks == callbacks


async def test_a_call_that_may_not_begin_in_time_is_refused_and_told_when_to_come_back() -> None:
    share = shares.shares().of(ATTACKER)

    async def another_call() -> None:
        share.charge(shares.DEBT_SECONDS)
        with pytest.raises(TooMany, match="than its share") as refused:
            await share.admitted(at_most_seconds=0)
        assert refused.value.retry_after_seconds == 1

    await beside_another(another_call)
    await share.admitted()


async def test_shares_of_accounts_that_do_nothing_are_forgotten() -> None:
    all_ = shares.shares()
    for account in range(3 * shares.KEPT):
        all_.of(account)
    assert len(all_) <= shares.KEPT
