"""The worker: crashed jobs start again, all of them stop in time, and one process has the turn."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from wattyard.platform.db import Database, Listener, Notifier
from wattyard.platform.work import Periodic, Worker, turn_on


class Crashing:
    """Crashes a few times before it works."""

    name = "crashing"

    def __init__(self, crashes: int) -> None:
        self.crashes = crashes
        self.works = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        if self.crashes:
            self.crashes -= 1
            raise RuntimeError("as it was told")
        self.works.set()
        await stop.wait()


class Deaf:
    """Does not hear that it should stop."""

    name = "deaf"

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.Event().wait()


async def test_a_crashed_job_starts_again_and_the_others_go_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    crashing, steady = Crashing(3), Crashing(0)
    stop = asyncio.Event()
    task = asyncio.create_task(Worker([crashing, steady], first_pause_seconds=0.01).run(stop))
    async with asyncio.timeout(60):
        await steady.works.wait()
        await crashing.works.wait()
        stop.set()
        await task
    assert "as it was told" in "".join(capfd.readouterr())


async def test_a_job_that_does_not_stop_is_broken_off() -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Worker([Deaf()], grace_seconds=0.05).run(stop))
    stop.set()
    async with asyncio.timeout(60):
        await task


async def test_periodic_work_is_done_again_and_alone(db: Database) -> None:
    counts = [0, 0]
    often = asyncio.Event()

    def job(number: int) -> Periodic:
        async def work() -> None:
            counts[number] += 1
            if counts[number] == 3:
                often.set()

        return Periodic("counting", 0.01, work, alone=lambda: db.alone("tests: counting"))

    stop = asyncio.Event()
    async with db.alone("tests: counting") as mine:
        assert mine
        task = asyncio.create_task(Worker([job(0)]).run(stop))
        async with db.alone("tests: counting") as also:
            assert not also
    async with asyncio.timeout(60):
        await often.wait()
        stop.set()
        await task


async def test_one_process_has_the_turn_until_it_gives_it_up(tmp_path: Path) -> None:
    file, stop = tmp_path / "turn", asyncio.Event()
    async with turn_on(file, stop) as mine:
        assert mine
        waiting = asyncio.create_task(_turn(file, stop))
        await asyncio.sleep(0)
        assert not waiting.done()
    async with asyncio.timeout(60):
        assert await waiting
    async with turn_on(file, stop):
        waiting = asyncio.create_task(_turn(file, stop))
        await asyncio.sleep(0)
        stop.set()
        async with asyncio.timeout(60):
            assert not await waiting


async def _turn(file: Path, stop: asyncio.Event) -> bool:
    async with turn_on(file, stop) as mine:
        return mine


async def test_a_bell_is_heard_after_the_commit_and_not_before(db: Database) -> None:
    notifier, listener = Notifier(db, "tests_bell"), Listener(db, "tests_bell")
    heard = asyncio.Event()
    listening = asyncio.create_task(listener.listen())
    try:
        with listener.calling(heard.set):
            async with asyncio.timeout(60):
                await heard.wait()  # it listens
                heard.clear()
                async with db.transaction():
                    notifier.notify_after_commit()
                    async with db.transaction():
                        notifier.notify_after_commit()
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(heard.wait(), 0.1)
                await heard.wait()
                heard.clear()
                await _notify_in_vain(db, notifier)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(heard.wait(), 0.1)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _notify_in_vain(db: Database, notifier: Notifier) -> None:
    with suppress(ZeroDivisionError):
        async with db.transaction():
            notifier.notify_after_commit()
            raise ZeroDivisionError
