"""The background work of every capability, and where it is done."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from wattyard.app.job_runs import JobRuns
from wattyard.events.service import Streams
from wattyard.kernel.refusals import Unavailable
from wattyard.platform import logs
from wattyard.platform.db import Database, schema
from wattyard.platform.services import Services
from wattyard.platform.settings import Settings
from wattyard.platform.work import Job, Periodic, Worker, open_many, turn_on
from wattyard.requests.service import Recorder

_RETRY_SECONDS: Final = 1.0
_LAST_BATCH_SECONDS: Final = 2.0
_NUMPY_SECONDS: Final = 0.5
"""After a start: it is ready then, and few have asked for a price."""


def jobs(services: Services) -> list[Job]:
    """The background work of every capability; of periodic work the last success is noted."""
    found = [services.call(job) for capability in services.capabilities for job in capability.jobs]
    for job in found:
        if isinstance(job, Periodic):
            job.succeeded = services.get(JobRuns).note
    return found


async def work(services: Services, stop: asyncio.Event) -> None:
    """Do the background work until `stop` is set; where processes take turns, in this one's."""
    open_many()
    settings = services.get(Settings)
    if not settings.worker_turn:
        await Worker(jobs(services)).run(stop)
        return
    async with turn_on(Path(settings.worker_turn), stop) as mine:
        if mine:
            await Worker(jobs(services)).run(stop)


@asynccontextmanager
async def listening(services: Services) -> AsyncIterator[None]:
    """Learn inside the block, without delay, what other processes wrote."""
    async with _beside(services.get(Streams).listener.listen()):
        yield


@asynccontextmanager
async def working(services: Services, stop: asyncio.Event) -> AsyncIterator[None]:
    """Do the background work alongside the block, where the settings say so."""
    if not services.get(Settings).worker:
        yield
        return
    task = asyncio.create_task(work(services, stop))
    try:
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def recording(services: Services) -> AsyncIterator[None]:
    """Write the request log alongside the block, and what is left of it after the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(services.get(Recorder).keep(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait((task,), timeout=_LAST_BATCH_SECONDS)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def import_numpy_soon(*, after_seconds: float = _NUMPY_SECONDS) -> None:
    """Import numpy off the event loop once the server is ready: no first price waits for it.

    Who ends the process waits for it: none is left in the midst of an import.
    """
    importing = threading.Thread(target=_import_numpy)
    asyncio.get_running_loop().call_later(after_seconds, importing.start)


def _import_numpy() -> None:
    try:
        import_module("numpy")
    except Exception as fault:  # noqa: BLE001 (it says so in many ways)
        logs.error("numpy cannot be imported", reason=str(fault))


@asynccontextmanager
async def schema_checked(db: Database) -> AsyncIterator[None]:
    """Open the database for the block once its schema is known to be this program's.

    While the database is away the block runs without it, as it does when the database goes away
    later: every call is answered with 503 until the database is there and its schema was checked.

    Raises:
        SchemaOutdated: when it can be seen at once.
    """
    try:
        await schema.check(db)
    except Unavailable:
        async with _beside(_open_when_checked(db)):
            yield
        return
    with suppress(Unavailable):
        await db.open()
    yield


async def _open_when_checked(db: Database) -> None:
    logged = ""
    while True:
        try:
            await schema.check(db)
            await db.open()
        except Unavailable:
            pass
        except schema.SchemaOutdated as outdated:
            if logged != str(outdated):
                logged = str(outdated)
                logs.error("database not used", reason=logged)
        else:
            return
        await asyncio.sleep(_RETRY_SECONDS)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
