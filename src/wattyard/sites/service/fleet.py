"""The use-case of importing a fleet: updates known sites and creates new ones."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel import ids
from wattyard.kernel.caps import within
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import Refusal
from wattyard.kernel.values import dataclass, field
from wattyard.platform.db import WriteConnection
from wattyard.sites.domain.arrivals import Arrival, ImportTally, RefusedLine
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Site
from wattyard.sites.service.ports import (
    SiteUseCases,
    device_event,
    lock_present,
    show_anew,
    site_events,
)
from wattyard.sites.store import customers as customer_store
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import sites as site_store


@dataclass(slots=True)
class _Changes:
    """What one batch writes."""

    new_sites: list[tuple[Site, bytes]] = field(default_factory=list)
    sites: list[tuple[Site, bytes]] = field(default_factory=list)
    new_devices: list[Device] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    rezoned: list[Site] = field(default_factory=list)
    new_events: list[NewEvent] = field(default_factory=list)


class _OnlyTried(Exception):
    """Ends the transaction of a dry run."""


class Fleet(SiteUseCases):
    """Imports into every account."""

    async def bring_in(
        self, context: Context, batch: Sequence[Arrival], *, dry_run: bool = False
    ) -> ImportTally:
        """Import a batch of lines in one transaction; each line is applied whole or not at all.

        Two imports into the same account and mode take turns, batch by batch, so that no site
        is made twice. A dry run does the same work and undoes it.
        """
        tally = ImportTally()
        try:
            async with self.db.transaction() as db:
                await self._bring_in(db, context, batch, tally)
                if dry_run:
                    raise _OnlyTried
        except _OnlyTried:
            pass
        return tally

    async def _bring_in(
        self, db: WriteConnection, context: Context, batch: Sequence[Arrival], tally: ImportTally
    ) -> None:
        account, live = context.account, context.live_mode
        await site_store.one_import_at_a_time(db, account, live)
        known: dict[str, list[Site]] = defaultdict(list)
        references = [arrival.reference_id for arrival in batch]
        for site in await site_store.by_references(db, account, live, references):
            known[site.reference_id or ""].append(site)
        present = await device_store.at_sites(
            db, account, live, [site.id for sites in known.values() for site in sites]
        )
        customers = await self._customers(db, context, batch)
        changes = _Changes()
        for arrival in batch:
            try:
                sites = known[arrival.reference_id]
                self._judge(arrival, sites, customers)
                if sites:
                    self._update(context, arrival, sites[0], present[sites[0].id], changes, tally)
                else:
                    self._create(context, arrival, changes)
                    tally.created += 1
            except Refusal as refusal:
                reasons = "; ".join(fault.placed for fault in refusal.faults)
                tally.refused.append(RefusedLine(arrival.line, reasons))
        await self._write(db, context, changes)

    def _judge(self, arrival: Arrival, sites: Sequence[Site], customers: Collection[UUID]) -> None:
        if len(sites) > 1:
            raise Refusal(
                f"{len(sites)} sites have the reference_id {ids.shown(arrival.reference_id)}; "
                "change one of them first",
                code="reference_id_ambiguous",
            )
        customer_id = arrival.draft.customer_id
        if customer_id is not None and customer_id not in customers:
            raise Refusal(
                f"there is no customer {ids.wire('cus', customer_id)}", code="customer_not_found"
            )

    def _create(self, context: Context, arrival: Arrival, changes: _Changes) -> None:
        now = context.now
        within(self.caps.site_devices, len(arrival.devices), "site_devices (devices at a site)")
        site = arrival.draft.settled(context.new_id(), now)
        made = [d.draft.made(context.new_id(), now, [site.id]) for d in arrival.devices]
        changes.new_sites.append((site, self.serializers.site(context.caller, site, made)))
        changes.new_devices += made
        changes.new_events += site_events(self.serializers, context, "create", site, made)
        changes.new_events += [
            device_event(self.serializers, context, "create", device) for device in made
        ]

    def _update(
        self,
        context: Context,
        arrival: Arrival,
        site: Site,
        present: Sequence[Device],
        changes: _Changes,
        tally: ImportTally,
    ) -> None:
        after = arrival.onto(site).settled(site.id, site.time_created, site.tariffs)
        by_reference: Mapping[str, Device] = {d.reference_id: d for d in reversed(present)}
        made, changed = [], []
        for arriving in arrival.devices:
            old = by_reference.get(arriving.draft.reference_id)
            if old is None:
                made.append(arriving.draft.made(context.new_id(), context.now, [site.id]))
            elif (new := arriving.onto(old).onto(old)) != old:
                changed.append(new)
        if after == site and not made and not changed:
            tally.unchanged += 1
            return
        if made:
            within(
                self.caps.site_devices,
                len(present) + len(made),
                "site_devices (devices at a site)",
            )
        replaced = {device.id: device for device in changed}
        devices = [*(replaced.get(d.id, d) for d in present), *made]
        changes.sites.append((after, self.serializers.site(context.caller, after, devices)))
        if after.timezone != site.timezone:
            changes.rezoned.append(after)
        changes.new_devices += made
        changes.devices += changed
        changes.new_events += site_events(self.serializers, context, "update", after, devices)
        changes.new_events += [device_event(self.serializers, context, "create", d) for d in made]
        changes.new_events += [
            device_event(self.serializers, context, "update", d) for d in changed
        ]
        tally.updated += 1

    async def _write(self, db: WriteConnection, context: Context, changes: _Changes) -> None:
        account, live = context.account, context.live_mode
        if changes.new_sites:
            await site_store.insert(db, account, live, changes.new_sites)
        if changes.new_devices:
            await device_store.insert(db, account, live, changes.new_devices)
        if changes.devices:
            await device_store.update(db, account, live, changes.devices)
        if changes.sites:
            await site_store.update(db, account, live, changes.sites)
        await self.follow_zones(context, changes.rezoned)
        changes.new_events += await self._show_elsewhere(db, context, changes.devices)
        await self.events.record(context, changes.new_events)

    async def _show_elsewhere(
        self, db: WriteConnection, context: Context, changed: Sequence[Device]
    ) -> list[NewEvent]:
        """Rewrite the summaries of all sites of changed devices that are at several."""
        site_ids = {id_ for d in changed if len(d.locations) > 1 for id_ in d.locations}
        sites = await lock_present(db, context, site_ids)
        new_events: list[NewEvent] = []
        for site, devices, _ in await show_anew(db, self.serializers, context, sites):
            new_events += site_events(self.serializers, context, "update", site, devices)[1:]
        return new_events

    async def _customers(
        self, db: WriteConnection, context: Context, batch: Sequence[Arrival]
    ) -> Collection[UUID]:
        """Find which of the batch's customers exist, and keep them from being deleted."""
        named = {arrival.draft.customer_id for arrival in batch} - {None}
        account, live = context.account, context.live_mode
        return {c for c in named if c and await customer_store.lock(db, account, live, c)}
