"""What telling costs: device updates without events, with them, and with a webhook for them."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from uuid import UUID

from benchmarks.support import fleets
from benchmarks.support.ground import verdict
from benchmarks.support.servers import ENCRYPTION_KEY
from wattyard import app
from wattyard.app import Services
from wattyard.events.domain import NewEvent
from wattyard.events.domain.endpoints import EndpointDraft
from wattyard.events.service import Endpoints, Events
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.pages import PageWindow
from wattyard.platform.db import Database
from wattyard.platform.settings import Settings
from wattyard.sites.domain.devices import Device, DeviceDraft
from wattyard.sites.service import Devices

_UPDATES = 1_500


class _Silent(Events):
    """Tells nobody."""

    async def record(self, context: Context, new_events: Sequence[NewEvent]) -> None:
        """Write nothing."""


async def measure(url: str) -> None:
    """Update devices, each variant in turn; an update tells of the device and of its site."""
    db = Database(url, connections=2)
    await db.open()
    services = app.services(
        db, Settings(webhook_allow="127.0.0.0/8", encryption_key=ENCRYPTION_KEY)
    )
    silent = app.services(db, given={Events: _Silent(db)})
    told, heard = await _fleet(url, services), await _fleet(url, services)
    await services.get(Endpoints).add(
        services.get(Contexts).of(heard[0]), EndpointDraft("http://127.0.0.1:9/")
    )
    variants = {
        "without events": (silent, *told),
        "with two events": (services, *told),
        "and a webhook": (services, *heard),
    }
    found: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(_UPDATES):
        for name, (used, caller, devices) in variants.items():
            device_id = devices[number % len(devices)]
            found[name].append(await _update(used, caller, device_id, f"{name} {number}"))
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM webhook_deliveries")
        await connection.execute("DELETE FROM webhook_endpoints")
    await db.close()
    _judge(*(statistics.median(seconds) for seconds in found.values()))


def _judge(without: float, told: float, heard: float) -> None:
    print(
        f"   device update without events {without * 1000:.3f} ms, with two {told * 1000:.3f} ms, "
        f"and two deliveries {heard * 1000:.3f} ms (use-case, without HTTP)"
    )
    share = (told / without - 1) / 2
    verdict("what an event adds to a device update", share, "<= 0.15", met=share <= 0.15)
    share = (heard / told - 1) / 2
    verdict("what a delivery adds to that", share, "<= 0.15", met=share <= 0.15)


async def _fleet(url: str, services: Services) -> tuple[Caller, list[UUID]]:
    _, _, caller = await asyncio.to_thread(fleets.build, url, 100, quiet=True)
    page = await services.get(Devices).page(services.get(Contexts).of(caller), PageWindow(100))
    return caller, [device.id for device in page.items]


async def _update(services: Services, caller: Caller, device_id: UUID, name: str) -> float:
    """Give a device another name: the seconds it took."""

    def change(device: Device) -> tuple[DeviceDraft, Sequence[UUID]]:
        draft = DeviceDraft(
            reference_id=device.reference_id,
            type=device.type,
            model_name=name,
            properties=device.properties,
        )
        return draft, device.locations

    begun = time.perf_counter()
    await services.get(Devices).change(services.get(Contexts).of(caller), device_id, change=change)
    return time.perf_counter() - begun
