"""The background work of every capability, and where it is done."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from wattyard.app.services import Services
from wattyard.meters.jobs.months import months_ahead
from wattyard.platform.http.replays import Replays
from wattyard.platform.settings import Settings
from wattyard.platform.work import Job, Periodic, Worker, open_many, turn_on
from wattyard.tariffs.jobs.endings import endings

_FORGET_SECONDS: Final = 3600.0


def jobs(services: Services) -> list[Job]:
    """List the background work of every capability."""
    # The HTTP client is loaded only where it is used: it takes 15 MiB.
    from wattyard.events.adapters.sender import Sender  # noqa: PLC0415
    from wattyard.events.jobs.delivery import DeliveryDependencies, DeliveryJob  # noqa: PLC0415
    from wattyard.tariffs.jobs.fetching import fetching  # noqa: PLC0415

    dependencies = DeliveryDependencies(
        services.outbox,
        services.signer,
        services.endpoint_secrets,
        lambda: Sender(services.lookup, services.policy),
        services.streams.listener,
        services.now,
        services.new_id,
        random.random,
        services.watch.attempted,
    )
    return [
        DeliveryJob(dependencies),
        Periodic(
            "forgetting old events",
            _FORGET_SECONDS,
            services.retention.forget,
            alone=lambda: services.db.alone("wattyard: forgetting old events"),
        ),
        Periodic(
            "forgetting old idempotency answers",
            _FORGET_SECONDS,
            Replays(services.db, services.now, services.new_id).forget,
            alone=lambda: services.db.alone("wattyard: forgetting old idempotency answers"),
        ),
        fetching(services.markets),
        endings(services.endings),
        months_ahead(services.meters),
    ]


async def work(services: Services, settings: Settings, stop: asyncio.Event) -> None:
    """Do the background work until `stop` is set; where processes take turns, in this one's."""
    open_many()
    if not settings.worker_turn:
        await Worker(jobs(services)).run(stop)
        return
    async with turn_on(Path(settings.worker_turn), stop) as mine:
        if mine:
            await Worker(jobs(services)).run(stop)


@asynccontextmanager
async def listening(services: Services) -> AsyncIterator[None]:
    """Hear inside of the block what other processes wrote."""
    task = asyncio.create_task(services.streams.listener.listen())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def working(
    services: Services, settings: Settings, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Do the background work beside the block, where the settings say so."""
    if not settings.worker:
        yield
        return
    task = asyncio.create_task(work(services, settings, stop))
    try:
        yield
    finally:
        stop.set()
        await task
