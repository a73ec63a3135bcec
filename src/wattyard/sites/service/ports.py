"""What the use-cases need besides the store: serializers, and the events of changes."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.events.service import Events
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.caps import Caps
from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.platform.composition import Contributions
from wattyard.platform.db import Database, WriteConnection
from wattyard.sites.domain.devices import Device, DeviceNotFound
from wattyard.sites.domain.sites import Customer, LocationNotFound, Site
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import sites as site_store


class Serializers(Protocol):
    """How objects look to clients, as JSON; filled by the app with the wire's mappings.

    Summaries are stored and events carry whole objects, so use-cases need them as bytes.
    """

    def site(self, caller: Caller, site: Site, devices: Sequence[Device]) -> bytes: ...

    def location(self, caller: Caller, site: Site, devices: Sequence[UUID]) -> bytes: ...

    def device(self, caller: Caller, device: Device) -> bytes: ...

    def device_at_site(self, device: Device) -> bytes:
        """How a device looks in the summary of its site."""
        ...

    def customer(self, caller: Caller, customer: Customer) -> bytes: ...


class Dependent(Protocol):
    """What belongs to sites but is stored by a capability above; filled by the app."""

    async def removal_events(self, context: Context, sites: Sequence[Site]) -> list[NewEvent]:
        """Give the events of what is deleted with locked sites, before it is."""

    async def zones_changed(self, context: Context, sites: Sequence[Site]) -> None:
        """Adapt to other time zones of locked sites.

        Raises:
            TimezoneNotPossible: when something cannot exist there.
        """


@dataclass
class SiteUseCases:
    """What every use-case of sites works with."""

    db: Database
    events: Events
    serializers: Serializers
    dependents: Contributions[Dependent]
    caps: Caps

    async def removal_events(self, context: Context, sites: Sequence[Site]) -> list[NewEvent]:
        """Give the events of what is deleted with sites that are about to be."""
        told = [await dependent.removal_events(context, sites) for dependent in self.dependents]
        return [new_events for part in told for new_events in part]

    async def follow_zones(self, context: Context, moved: Sequence[Site]) -> None:
        """Adapt what belongs to sites to their other time zones."""
        if moved:
            for dependent in self.dependents:
                await dependent.zones_changed(context, moved)


def site_events(
    serializers: Serializers, context: Context, change: str, site: Site, devices: Sequence[Device]
) -> list[NewEvent]:
    """Describe a change of a site as an event of its location and one of its site."""
    at_site = [device.id for device in devices]
    return [
        NewEvent(
            f"location.{change}",
            ids.wire("loc", site.id),
            serializers.location(context.caller, site, at_site),
        ),
        NewEvent(
            f"site.{change}",
            ids.wire("ste", site.id),
            serializers.site(context.caller, site, devices),
        ),
    ]


def device_event(
    serializers: Serializers, context: Context, change: str, device: Device
) -> NewEvent:
    """Describe a change of a device as an event."""
    return NewEvent(
        f"device.{change}", ids.wire("dev", device.id), serializers.device(context.caller, device)
    )


async def lock_present(
    db: WriteConnection, context: Context, site_ids: Collection[UUID]
) -> list[Site]:
    """Lock those of the sites that the caller sees, in the order of their ids, as everywhere."""
    seen = [site_id for site_id in site_ids if context.may_see(site_id)]
    return await site_store.locked(db, context.account, context.live_mode, seen)


async def lock_sites(
    db: WriteConnection, context: Context, site_ids: Collection[UUID], *, param: str
) -> list[Site]:
    """Lock sites that must all exist.

    Raises:
        LocationNotFound: naming one that is not there.
    """
    found = await lock_present(db, context, site_ids)
    missing = set(site_ids) - {site.id for site in found}
    if missing:
        raise LocationNotFound(f"there is no location {ids.wire('loc', min(missing))}", param=param)
    return found


async def lock_device(
    db: WriteConnection, context: Context, device_id: UUID, *, also: Collection[UUID] = ()
) -> tuple[Device, Sequence[Site]]:
    """Lock a device, the sites where it is, which are given, and `also` those that it is to be at.

    Sites first, as everywhere, and all at once, in the order of their ids: whoever locked them in
    two steps could wait for somebody who waits for those of the first. Only for a device that moves
    meanwhile is there a second step, which can end so: with 503.

    Raises:
        DeviceNotFound: when it is not there.
    """
    account, live = context.account, context.live_mode
    sites = await site_store.of_device(db, account, live, device_id, also)
    await device_store.lock(db, account, live, device_id)
    # Where it is now: a statement that waits for a lock sees the places as when it began to wait.
    device = await device_store.by_id(db, account, live, device_id)
    if device is None:
        raise no_device(device_id)
    if not {site.id for site in sites}.issuperset(device.locations):  # it moved meanwhile
        sites = await site_store.of_device(db, account, live, device_id, also)
    return device, [site for site in sites if site.id in device.locations]


def no_device(device_id: UUID) -> DeviceNotFound:
    """The refusal of a device that is not there."""
    return DeviceNotFound(f"there is no device {ids.wire('dev', device_id)}")


async def show_anew(
    db: WriteConnection, serializers: Serializers, context: Context, sites: Iterable[Site]
) -> list[tuple[Site, Sequence[Device], bytes]]:
    """Rewrite the summaries of locked sites; gives those that changed, with devices and summary."""
    sites = list(sites)
    devices = await device_store.at_sites(
        db, context.account, context.live_mode, [site.id for site in sites]
    )
    shown: list[tuple[Site, Sequence[Device], bytes]] = [
        (site, devices[site.id], serializers.site(context.caller, site, devices[site.id]))
        for site in sites
    ]
    summaries = {site.id: summary for site, _, summary in shown}
    if not summaries:
        return []
    changed = await site_store.set_summaries(db, context.account, context.live_mode, summaries)
    return [one for one in shown if one[0].id in changed]
