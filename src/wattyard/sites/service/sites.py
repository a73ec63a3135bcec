"""Use-cases of sites: put in service, read, change, take out of service."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel import ids
from wattyard.kernel.caps import within
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import WriteConnection
from wattyard.sites.domain.devices import Device, DeviceDraft
from wattyard.sites.domain.netting import Netting
from wattyard.sites.domain.sites import (
    CustomerNotFound,
    LinkedTariff,
    LocationNotFound,
    Site,
    SiteDraft,
    SiteNotFound,
    Status,
)
from wattyard.sites.service.ports import (
    SiteUseCases,
    device_event,
    lock_present,
    lock_sites,
    site_events,
)
from wattyard.sites.store import customers as customer_store
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import sites as site_store

Opened = tuple[Site, Sequence[Device]]
Guard = Callable[[Site, Sequence[Device]], None]
"""Raises when the stored object is not the one that the caller expects (`If-Match`)."""
NotFound = type[LocationNotFound] | type[SiteNotFound]
"""Whether a missing site is reported as a site or as a location."""


class Sites(SiteUseCases):
    """The sites of every account."""

    async def summaries(
        self,
        context: Context,
        window: PageWindow,
        *,
        reference_id: str | None = None,
        status: Status | None = None,
        customer_id: UUID | None = None,
    ) -> Page[bytes]:
        """Read one page of sites as they are shown, newest first."""
        filters = {
            "reference_id = {}": reference_id,
            "status = {}": status,
            "customer_id = {}": customer_id,
            site_store.AMONG: context.site_ids,
        }
        async with self.db.reading() as db:
            return await site_store.summary_page(
                db, context.account, context.live_mode, window, filters
            )

    async def counts(self, context: Context) -> dict[str, int]:
        """Count what the caller has: `sites`, `connected_sites`, `devices`, `customers`."""
        async with self.db.reading() as db:
            return await site_store.count(db, context.account, context.live_mode)

    async def summary(self, context: Context, site_id: UUID) -> bytes:
        """Read one site as it is shown.

        Raises:
            SiteNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            found = await site_store.summary(db, context.account, context.live_mode, site_id)
        if found is None or not context.may_see(site_id):
            raise SiteNotFound(f"there is no site {ids.wire('ste', site_id)}")
        return found

    async def page(
        self,
        context: Context,
        window: PageWindow,
        *,
        reference_id: str | None = None,
        customer_id: UUID | None = None,
    ) -> Page[tuple[Site, Sequence[UUID]]]:
        """Read one page of sites with the ids of their devices, newest first."""
        filters = {
            "reference_id = {}": reference_id,
            "customer_id = {}": customer_id,
            site_store.AMONG: context.site_ids,
        }
        async with self.db.reading() as db:
            page = await site_store.page(db, context.account, context.live_mode, window, filters)
            devices = await site_store.device_ids(
                db, context.account, context.live_mode, [site.id for site in page.items]
            )
        return Page([(site, devices[site.id]) for site in page.items], page.has_more)

    async def site(self, context: Context, site_id: UUID) -> tuple[Site, Sequence[UUID]]:
        """Read one site with the ids of its devices.

        Raises:
            LocationNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            found = await site_store.by_ids(db, context.account, context.live_mode, [site_id])
            if not found or not context.may_see(site_id):
                raise LocationNotFound(f"there is no location {ids.wire('loc', site_id)}")
            devices = await site_store.device_ids(db, context.account, context.live_mode, [site_id])
        return found[0], devices[site_id]

    async def open(
        self, context: Context, draft: SiteDraft, devices: Sequence[DeviceDraft] = ()
    ) -> Opened:
        """Put a site in service with its devices, all or nothing.

        Raises:
            Malformed, StateForbids: when the draft cannot be settled.
            CustomerNotFound: when it names a customer that the caller does not have.
            LimitReached: when a site may not have so many devices.
        """
        draft.check()
        now = context.now
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            await self._check_customer(db, context, draft)
            within(self.caps.site_devices, len(devices), "site_devices (devices at a site)")
            site = draft.settled(context.new_id(), now)
            made = [device.made(context.new_id(), now, [site.id]) for device in devices]
            await site_store.insert(
                db, account, live, [(site, self.serializers.site(context.caller, site, made))]
            )
            if made:
                await device_store.insert(db, account, live, made)
            new_events = site_events(self.serializers, context, "create", site, made)
            new_events += [
                device_event(self.serializers, context, "create", device) for device in made
            ]
            await self.events.record(context, new_events)
        return site, made

    async def change(
        self,
        context: Context,
        site_id: UUID,
        *,
        change: Callable[[Site], SiteDraft],
        guard: Guard | None = None,
        missing: NotFound = LocationNotFound,
    ) -> Opened:
        """Change a site; a change without effect records no event.

        Raises:
            CustomerNotFound, `missing`, and what `change` and `guard` raise.
        """
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            before, devices = await self._locked(db, context, site_id, missing)
            if guard is not None:
                guard(before, devices)
            draft = change(before)
            draft.check()
            if draft.customer_id != before.customer_id:
                await self._check_customer(db, context, draft)
            after = draft.settled(before.id, before.time_created, before.tariffs)
            if after != before:
                await site_store.update(
                    db,
                    account,
                    live,
                    [(after, self.serializers.site(context.caller, after, devices))],
                )
                if after.timezone != before.timezone:
                    await self.follow_zones(context, [after])
                await self.events.record(
                    context, site_events(self.serializers, context, "update", after, devices)
                )
        return after, devices

    async def start_netting(self, context: Context, site_id: UUID, netting: Netting) -> bool:
        """Net a site's import and export from now on, unless it does or may not export.

        Returns whether it nets so afterwards.

        Raises:
            LocationNotFound: when the caller has none of that id.
        """
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            before, devices = await self._locked(db, context, site_id, LocationNotFound)
            if before.netting is not None or before.max_power_export_kw == 0:
                return before.netting == netting
            after = replace(before, netting=netting)
            shown = self.serializers.site(context.caller, after, devices)
            await site_store.update(db, account, live, [(after, shown)])
            await self.events.record(
                context, site_events(self.serializers, context, "update", after, devices)
            )
        return True

    async def close(
        self,
        context: Context,
        site_id: UUID,
        *,
        guard: Guard | None = None,
        missing: NotFound = LocationNotFound,
    ) -> None:
        """Delete a site and all that belongs to it; its devices stay.

        Raises:
            `missing`: when the caller has none of that id, and what `guard` raises.
        """
        async with self.db.transaction() as db:
            site, devices = await self._locked(db, context, site_id, missing)
            if guard is not None:
                guard(site, devices)
            new_events = await self.removal_events(context, [site])
            new_events += site_events(self.serializers, context, "delete", site, devices)
            await site_store.delete(db, context.account, context.live_mode, [site.id])
            await self.events.record(context, new_events)

    async def locked(self, context: Context, site_id: UUID, *, param: str) -> Site:
        """Lock a site for the transaction that the caller is in, so that no other changes it.

        Raises:
            LocationNotFound: when the caller has none of that id.
        """
        (site,) = await lock_sites(self.db.joined(), context, [site_id], param=param)
        return site

    async def locked_present(
        self, context: Context, site_ids: Collection[UUID]
    ) -> dict[UUID, Site]:
        """Lock those of the sites that exist, in the order of their ids, by id."""
        found = await lock_present(self.db.joined(), context, site_ids)
        return {site.id: site for site in found}

    async def held(self, context: Context, site_ids: Collection[UUID]) -> set[UUID]:
        """Keep sites from being deleted in the caller's transaction; gives those that it sees."""
        db = self.db.joined()
        seen = [site_id for site_id in site_ids if context.may_see(site_id)]
        return await site_store.hold(db, context.account, context.live_mode, seen)

    async def supplies(self, context: Context, site_ids: Collection[UUID]) -> dict[UUID, Site]:
        """Read those of the sites that the caller sees, by id."""
        seen = [site_id for site_id in site_ids if context.may_see(site_id)]
        async with self.db.reading() as db:
            found = await site_store.by_ids(db, context.account, context.live_mode, seen)
        return {site.id: site for site in found}

    async def supply(self, context: Context, site_id: UUID, *, param: str) -> Site:
        """Read one site without its devices.

        Raises:
            LocationNotFound: when the caller has none of that id.
        """
        found = await self.supplies(context, [site_id])
        if site_id not in found:
            raise LocationNotFound(f"there is no location {ids.wire('loc', site_id)}", param=param)
        return found[site_id]

    async def check_sites(self, context: Context, site_ids: Collection[UUID]) -> None:
        """Refuse sites that the caller does not have.

        Raises:
            LocationNotFound: naming one of them.
        """
        missing = set(site_ids) - (await self.supplies(context, site_ids)).keys()
        if missing:
            raise LocationNotFound(
                f"there is no location {ids.wire('loc', min(missing))} in this account and mode",
                param="location_ids",
            )

    async def show_tariffs(
        self, context: Context, site: Site, tariffs: Sequence[LinkedTariff]
    ) -> None:
        """Replace the tariffs of a locked site; records an event only where the list changes."""
        after = replace(site, tariffs=tuple(tariffs))
        if after == site:
            return
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            await site_store.set_tariffs(db, account, live, site.id, after.tariffs)
            devices = await site_store.device_ids(db, account, live, [site.id])
            shown = self.serializers.location(context.caller, after, devices[site.id])
            await self.events.record(
                context, [NewEvent("location.update", ids.wire("loc", site.id), shown)]
            )

    async def _locked(
        self, db: WriteConnection, context: Context, site_id: UUID, missing: NotFound
    ) -> Opened:
        account, live = context.account, context.live_mode
        found = await site_store.locked(db, account, live, [site_id])
        if not found:
            prefix = "ste" if missing is SiteNotFound else "loc"
            raise missing(f"there is no {ids.NAMES[prefix]} {ids.wire(prefix, site_id)}")
        devices = await device_store.at_sites(db, account, live, [site_id])
        return found[0], devices[site_id]

    async def _check_customer(
        self, db: WriteConnection, context: Context, draft: SiteDraft
    ) -> None:
        customer_id = draft.customer_id
        if customer_id is None:
            return
        if not await customer_store.lock(db, context.account, context.live_mode, customer_id):
            raise CustomerNotFound(
                f"there is no customer {ids.wire('cus', customer_id)}", param="customer_id"
            )
