"""The worker: it runs several jobs side by side, starts a crashed one again, and stops in time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from time import monotonic
from typing import Final, Protocol

from wattyard.platform import logs

_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 60.0
_APART_SECONDS: Final = 0.1
"""Jobs start one after another: at once, each would open a database connection of its own."""
_STEADY_SECONDS: Final = 60.0
"""A job that ran this long before it crashed starts again after the first pause."""

Alone = Callable[[], AbstractAsyncContextManager[bool]]
"""The port that tells whether this process may do a piece of work that only one may do."""


Succeeded = Callable[[str], Awaitable[None]]
"""The port that notes that the work of a job, of this name, was done."""


class Job(Protocol):
    """Work that goes on until it is told to stop."""

    @property
    def name(self) -> str:
        """What log lines call it."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, and then end within a few seconds."""


class Worker:
    """Runs jobs side by side in one event loop."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        grace_seconds: float = 5,
        first_pause_seconds: float = _FIRST_PAUSE_SECONDS,
        apart_seconds: float = _APART_SECONDS,
    ) -> None:
        self._jobs = jobs
        self._grace_seconds = grace_seconds
        self._first_pause_seconds = first_pause_seconds
        self._apart_seconds = apart_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Keep every job running until `stop` is set; then they have the grace to end."""
        if not self._jobs:
            await stop.wait()
            return
        tasks: list[asyncio.Task[None]] = []
        try:
            for job in self._jobs:
                tasks.append(asyncio.create_task(self._keep(job, stop), name=job.name))
                await wait_for(stop, self._apart_seconds)
            await stop.wait()
            await asyncio.wait(tasks, timeout=self._grace_seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, job: Job, stop: asyncio.Event) -> None:
        pause = self._first_pause_seconds
        while not stop.is_set():
            started = monotonic()
            try:
                await job.run(stop)
            except Exception as fault:  # noqa: BLE001 (whatever it was, the job must go on)
                if monotonic() - started > _STEADY_SECONDS:
                    pause = self._first_pause_seconds
                logs.error("job crashed", fault=fault, job=job.name, again_in_seconds=pause)
                await wait_for(stop, pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            else:
                await wait_for(stop, self._first_pause_seconds)


class Periodic:
    """A job that does its work at once and then again and again, `seconds` after the last time.

    Where `alone` is given, the work is done only in the process that it says yes to. `succeeded`
    is called after each time that the work was done.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        work: Callable[[], Awaitable[object]],
        *,
        alone: Alone | None = None,
    ) -> None:
        self.name = name
        self._seconds = seconds
        self._work = work
        self._alone = alone
        self.succeeded: Succeeded | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Do the work at intervals until `stop` is set; a run in progress is then cut off."""
        while not stop.is_set():
            working = asyncio.ensure_future(self._once())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not working.done():
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working
                return
            working.result()
            await wait_for(stop, self._seconds)

    async def _once(self) -> None:
        async with self._alone() if self._alone else nullcontext(enter_result=True) as mine:
            if not mine:
                return
            await self._work()
        if self.succeeded is not None:
            await self.succeeded(self.name)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Wait until an event is set, at most so long; tell whether it is."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
