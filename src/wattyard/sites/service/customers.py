"""Use-cases of customers: add, read, change, remove with all their sites."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import WriteConnection
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Customer, CustomerDraft, CustomerNotFound, Site
from wattyard.sites.service.ports import SiteUseCases, site_events
from wattyard.sites.store import customers as customer_store
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import sites as site_store
from wattyard.sites.store import states as state_store

Guard = Callable[[Customer], None]
"""Raises when the stored object is not the one that the caller expects (`If-Match`)."""


class Customers(SiteUseCases):
    """The customers of every account."""

    async def page(
        self, context: Context, window: PageWindow, *, reference_id: str | None = None
    ) -> Page[Customer]:
        """Read one page, newest first; a key for some places sees no customers."""
        if context.site_ids is not None:
            return Page([], has_more=False)
        filters = {"reference_id = {}": reference_id}
        async with self.db.reading() as db:
            return await customer_store.page(
                db, context.account, context.live_mode, window, filters
            )

    async def customer(self, context: Context, customer_id: UUID) -> Customer:
        """Read one customer.

        Raises:
            CustomerNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            found = await customer_store.by_id(db, context.account, context.live_mode, customer_id)
        return _present(found if context.site_ids is None else None, customer_id)

    async def add(self, context: Context, draft: CustomerDraft) -> Customer:
        """Add a customer."""
        customer = Customer(context.new_id(), context.now, draft.reference_id, draft.metadata)
        async with self.db.transaction() as db:
            await customer_store.insert(db, context.account, context.live_mode, customer)
            await self._record(context, "create", customer)
        return customer

    async def change(
        self,
        context: Context,
        customer_id: UUID,
        *,
        change: Callable[[Customer], CustomerDraft],
        guard: Guard | None = None,
    ) -> Customer:
        """Change a customer; a change without effect records no event.

        Raises:
            CustomerNotFound, and what `change` and `guard` raise.
        """
        async with self.db.transaction() as db:
            before = await self._locked(db, context, customer_id)
            if guard is not None:
                guard(before)
            draft = change(before)
            after = replace(before, reference_id=draft.reference_id, metadata=draft.metadata)
            if after != before:
                await customer_store.update(db, context.account, context.live_mode, after)
                await self._record(context, "update", after)
        return after

    async def remove(
        self, context: Context, customer_id: UUID, *, guard: Guard | None = None
    ) -> None:
        """Delete a customer and all its sites; the devices there stay.

        Raises:
            CustomerNotFound: when the caller has none of that id, and what `guard` raises.
        """
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            customer = await self._locked(db, context, customer_id)
            if guard is not None:
                guard(customer)
            sites = await site_store.of_customer(db, account, live, customer_id)
            site_ids = [site.id for site in sites]
            devices = await device_store.at_sites(db, account, live, site_ids)
            new_events = await self.removal_events(context, sites)
            for site in sites:
                new_events += site_events(
                    self.serializers, context, "delete", site, devices[site.id]
                )
            await site_store.delete(db, account, live, site_ids)
            await customer_store.delete(db, account, live, customer_id)
            await self.events.record(context, new_events)
            await self._record(context, "delete", customer)

    async def belongings(
        self, context: Context, customer_id: UUID
    ) -> tuple[list[Site], list[Device]]:
        """Find the sites of a customer, and the devices that stand at no other."""
        async with self.db.transaction() as db:
            return await self._belongings(db, context, customer_id)

    async def erase(self, context: Context, customer_id: UUID) -> set[UUID]:
        """Delete a customer, its sites and the devices that stand at no other, and give all ids.

        The one event names ids alone: the customer's, and those of its locations.

        Raises:
            CustomerNotFound: when the caller has none of that id.
        """
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            customer = await self._locked(db, context, customer_id)
            sites, devices = await self._belongings(db, context, customer_id)
            site_ids = [site.id for site in sites]
            await state_store.forget_at(db, account, live, site_ids)
            for site_id in site_ids:  # each its own statement: readings of years are many rows
                await site_store.delete(db, account, live, [site_id])
            for device in devices:
                await device_store.delete(db, account, live, device.id)
            await customer_store.delete(db, account, live, customer_id)
            emptied = replace(customer, reference_id=None, metadata={})
            await self._record(context, "delete", emptied)
        return {customer_id, *site_ids, *(device.id for device in devices)}

    async def _belongings(
        self, db: WriteConnection, context: Context, customer_id: UUID
    ) -> tuple[list[Site], list[Device]]:
        account, live = context.account, context.live_mode
        sites = await site_store.of_customer(db, account, live, customer_id)
        at = await device_store.at_sites(db, account, live, [site.id for site in sites])
        own = {site.id for site in sites}
        found = {one.id: one for devices in at.values() for one in devices}
        return sites, [one for one in found.values() if own.issuperset(one.locations)]

    async def _record(self, context: Context, change: str, customer: Customer) -> None:
        data = self.serializers.customer(context.caller, customer)
        new_events = NewEvent(f"customer.{change}", ids.wire("cus", customer.id), data)
        await self.events.record(context, [new_events])

    async def _locked(self, db: WriteConnection, context: Context, customer_id: UUID) -> Customer:
        found = await customer_store.locked(db, context.account, context.live_mode, customer_id)
        return _present(found, customer_id)


def _present(found: Customer | None, customer_id: UUID) -> Customer:
    if found is None:
        raise CustomerNotFound(f"there is no customer {ids.wire('cus', customer_id)}")
    return found
