"""Work off the event loop: two threads an account, until the work has really ended."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from wattyard.kernel.callers import on_behalf_of
from wattyard.platform.work import beside, in_turn
from wattyard.platform.work.shares import THREADS_OF_AN_ACCOUNT


class Pieces:
    """Pieces of work that go on until they are let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.running = 0

    def piece(self) -> None:
        self.running += 1
        self.begun.release()
        assert self.go_on.wait(60)
        self.running -= 1

    async def have_begun(self, number: int) -> None:
        for _ in range(number):
            assert await asyncio.to_thread(self.begun.acquire, timeout=60)


@contextmanager
def working_for(account: int | None) -> Iterator[None]:
    token = on_behalf_of.set(account)
    try:
        yield
    finally:
        on_behalf_of.reset(token)


async def test_an_account_has_two_threads_and_another_does_not_wait_for_them() -> None:
    pieces = Pieces()
    with working_for(1):
        many = [asyncio.create_task(beside(pieces.piece)) for _ in range(20)]
    await pieces.have_begun(THREADS_OF_AN_ACCOUNT)
    with working_for(2):
        assert await beside(sum, [1, 2]) == 3
    with working_for(None):
        assert await beside(sum, [1, 2], start=3) == 6
    assert pieces.running == THREADS_OF_AN_ACCOUNT
    pieces.go_on.set()
    await asyncio.gather(*many)


async def test_a_thread_counts_until_its_work_has_ended() -> None:
    pieces = Pieces()
    with working_for(1):
        left = [asyncio.create_task(beside(pieces.piece)) for _ in range(THREADS_OF_AN_ACCOUNT)]
        await pieces.have_begun(THREADS_OF_AN_ACCOUNT)
        called_off = asyncio.create_task(beside(pieces.piece))
        await asyncio.sleep(0)
        for task in (*left, called_off):
            task.cancel()
        await asyncio.gather(*left, called_off, return_exceptions=True)
        assert all(task.cancelled() for task in (*left, called_off))
        waiting = asyncio.create_task(beside(sum, [1]))
        await asyncio.sleep(0)
        assert pieces.running == THREADS_OF_AN_ACCOUNT
        assert not waiting.done()
        pieces.go_on.set()
        assert await waiting == 1


async def test_a_fault_is_raised_where_the_work_was_asked_for_and_frees_its_thread() -> None:
    with working_for(1):
        for _ in range(3 * THREADS_OF_AN_ACCOUNT):
            with pytest.raises(ValueError, match="invalid literal"):
                await beside(int, "x")
        assert await beside(int, "7") == 7


async def test_of_many_large_bodies_of_an_account_one_piece_is_taken_a_turn() -> None:
    taken: list[int] = []

    async def body() -> None:
        for _ in range(10):
            await in_turn()
            taken.append(turns)

    on_behalf_of.set(7)
    turns, bodies = 0, [asyncio.create_task(body()) for _ in range(8)]
    while not all(one.done() for one in bodies):
        await asyncio.sleep(0)
        turns += 1
    assert len(taken) == 80
    assert max(taken.count(turn) for turn in range(turns)) <= 2
