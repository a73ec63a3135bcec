"""Use-cases of devices: add, read, change, move, remove."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel import ids
from wattyard.kernel.caps import within
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import WriteConnection
from wattyard.sites.domain.devices import (
    Device,
    DeviceDraft,
    DeviceNotAtLocation,
    DeviceType,
    LocationIdMissing,
)
from wattyard.sites.domain.gathering import GATHERED_ABOVE_DEVICES, GATHERED_FOR
from wattyard.sites.domain.sites import Site
from wattyard.sites.service.ports import (
    SiteUseCases,
    device_event,
    lock_device,
    lock_sites,
    no_device,
    show_anew,
    site_events,
)
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import gathered as gathered_store

Guard = Callable[[Device], None]
"""Raises when the stored object is not the one that the caller expects (`If-Match`)."""


class Devices(SiteUseCases):
    """The devices of every account."""

    async def page(
        self,
        context: Context,
        window: PageWindow,
        *,
        reference_id: str | None = None,
        type_: DeviceType | None = None,
        site_id: UUID | None = None,
    ) -> Page[Device]:
        """Read one page, newest first."""
        filters = {
            "reference_id = {}": reference_id,
            "type = {}": type_,
            device_store.AT_LOCATION: site_id,
            device_store.AT_ONE_OF: context.site_ids,
        }
        if site_id is not None and not context.may_see(site_id):
            return Page([], has_more=False)
        async with self.db.reading() as db:
            page = await device_store.page(db, context.account, context.live_mode, window, filters)
        return Page([_seen(context, device) for device in page.items], page.has_more)

    async def device(self, context: Context, device_id: UUID) -> Device:
        """Read one device.

        Raises:
            DeviceNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            found = await device_store.by_id(db, context.account, context.live_mode, device_id)
        device = _seen(context, _present(found, device_id))
        return _present(device if device.locations or context.site_ids is None else None, device_id)

    async def at_site(self, context: Context, site_id: UUID) -> list[Device]:
        """Read all devices of a site, oldest first."""
        async with self.db.reading() as db:
            found = await device_store.at_sites(db, context.account, context.live_mode, [site_id])
        return found.get(site_id, [])

    async def site_id_of(self, context: Context, device_id: UUID, named: UUID | None) -> UUID:
        """Find the site that a question about a device means: the one named, or its only one.

        Raises:
            DeviceNotFound: when the caller has none of that id.
            LocationIdMissing: when it is at several, and none is named.
            DeviceNotAtLocation: when it is not at the one named, or at none.
        """
        at = (await self.device(context, device_id)).locations
        if named is None and len(at) > 1:
            raise LocationIdMissing(
                f"device {ids.wire('dev', device_id)} is at {len(at)} locations; name one of them",
                param="location_id",
            )
        if not at or named not in (None, *at):
            where = "any location" if named is None else f"location {ids.wire('loc', named)}"
            raise DeviceNotAtLocation(f"device {ids.wire('dev', device_id)} is not at {where}")
        return named or at[0]

    async def present(self, context: Context, device_ids: Collection[UUID]) -> set[UUID]:
        """Find which of the devices belong to the caller."""
        if not device_ids:
            return set()
        account, live = context.account, context.live_mode
        async with self.db.reading() as db:
            if context.site_ids is None:
                return await device_store.present(db, account, live, device_ids)
            return await device_store.present_at(db, account, live, device_ids, context.site_ids)

    async def add(
        self, context: Context, draft: DeviceDraft, locations: Collection[UUID]
    ) -> Device:
        """Add a device at one or more sites.

        Raises:
            LocationNotFound: when the caller does not have one of them.
            LimitReached: when one of them has as many devices as it may.
        """
        device = draft.made(context.new_id(), context.now, locations)
        async with self.db.transaction() as db:
            sites = await lock_sites(db, context, device.locations, param="locations")
            await device_store.insert(db, context.account, context.live_mode, [device])
            new_events = [device_event(self.serializers, context, "create", device)]
            at = {site.id for site in sites}
            new_events += await self._show_sites(db, context, sites, moved=at, arrived=at)
            await self.events.record(context, new_events)
        return device

    async def change(
        self,
        context: Context,
        device_id: UUID,
        *,
        change: Callable[[Device], tuple[DeviceDraft, Collection[UUID]]],
        guard: Guard | None = None,
    ) -> Device:
        """Change or move a device; a change without effect records no event.

        Raises:
            DeviceNotFound, LocationNotFound, LimitReached, and what `change` and `guard` raise.
        """
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            present = _present(await device_store.by_id(db, account, live, device_id), device_id)
            if guard is not None:
                guard(present)
            _, wanted = change(present)
            before, sites = await lock_device(db, context, device_id, also=wanted)
            if guard is not None:
                guard(before)
            draft, locations = change(before)
            after = draft.onto(before, locations)
            if after != before:
                after = await self._save(db, context, before, after, sites)
        return after

    async def remove(
        self, context: Context, device_id: UUID, *, guard: Guard | None = None
    ) -> None:
        """Delete a device; its readings stay for the history of its sites.

        Raises:
            DeviceNotFound: when the caller has none of that id, and what `guard` raises.
        """
        async with self.db.transaction() as db:
            device, sites = await lock_device(db, context, device_id)
            if guard is not None:
                guard(device)
            await device_store.delete(db, context.account, context.live_mode, device.id)
            new_events = [device_event(self.serializers, context, "delete", device)]
            new_events += await self._show_sites(db, context, sites, moved={p.id for p in sites})
            await self.events.record(context, new_events)

    async def _save(
        self,
        db: WriteConnection,
        context: Context,
        before: Device,
        after: Device,
        sites: Sequence[Site],
    ) -> Device:
        """Save a changed device; `sites` are its present ones, locked."""
        account, live = context.account, context.live_mode
        old, new = set(before.locations), set(after.locations)
        if new - old:
            joined = await lock_sites(db, context, new - old, param="locations")
            sites = [*sites, *joined]
        if replace(after, locations=before.locations) != before:
            await device_store.update(db, account, live, [after])
        if old - new:
            await device_store.take_away(db, account, live, after.id, old - new)
        if new - old:
            await device_store.attach(db, account, live, [(after.id, site) for site in new - old])
        new_events = [device_event(self.serializers, context, "update", after)]
        if old != new or self._looks_different(before, after):
            new_events += await self._show_sites(
                db, context, sites, moved=old ^ new, arrived=new - old
            )
        await self.events.record(context, new_events)
        return after

    def _looks_different(self, before: Device, after: Device) -> bool:
        """Whether a change is visible in the summary of a site: most are not."""
        looks = self.serializers.device_at_site
        return looks(before) != looks(after)

    async def _show_sites(
        self,
        db: WriteConnection,
        context: Context,
        sites: Iterable[Site],
        *,
        moved: Collection[UUID],
        arrived: Collection[UUID] = (),
    ) -> list[NewEvent]:
        """Rewrite the summaries: a site's event, and its location's where a device moved.

        Those of large sites are only noted, and recorded soon for all changes until then.

        Raises:
            LimitReached: when a site that a device moved to has too many.
        """
        new_events: list[NewEvent] = []
        gathered: dict[UUID, bool] = {}
        for site, devices, _ in await show_anew(db, self.serializers, context, sites):
            if site.id in arrived:
                within(self.caps.site_devices, len(devices), "site_devices (devices at a site)")
            if len(devices) > GATHERED_ABOVE_DEVICES:
                gathered[site.id] = site.id in moved
                continue
            of_location, of_site = site_events(self.serializers, context, "update", site, devices)
            new_events += [of_location, of_site] if site.id in moved else [of_site]
        if gathered:
            due = context.now + GATHERED_FOR
            await gathered_store.note(db, context.account, context.live_mode, gathered, due)
        return new_events


def _seen(context: Context, device: Device) -> Device:
    """A device at those of its places that the caller's key is for."""
    if context.site_ids is None:
        return device
    return replace(device, locations=tuple(filter(context.may_see, device.locations)))


def _present(found: Device | None, device_id: UUID) -> Device:
    if found is None:
        raise no_device(device_id)
    return found
