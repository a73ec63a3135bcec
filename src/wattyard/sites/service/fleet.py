"""The use-case of an import: a fleet arrives, known places are updated and new ones made."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Refusal
from wattyard.platform.db import WriteConnection
from wattyard.sites.domain.arrivals import Arrival, Refused, Tally
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import DEVICES_AT_ONCE, Site
from wattyard.sites.service.ports import (
    UseCases,
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
    """Everything that one batch will write."""

    new_sites: list[tuple[Site, bytes]] = field(default_factory=list)
    sites: list[tuple[Site, bytes]] = field(default_factory=list)
    new_devices: list[Device] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    rezoned: list[Site] = field(default_factory=list)
    new_events: list[NewEvent] = field(default_factory=list)


class _OnlyTried(Exception):
    """Ends the transaction of a dry run."""


class Fleet(UseCases):
    """Imports into every account."""

    async def bring_in(
        self, caller: Caller, batch: Sequence[Arrival], *, dry_run: bool = False
    ) -> Tally:
        """Take one batch of lines: each of them whole or not at all, all in one transaction.

        Two imports into the same account and mode take turns, batch by batch, so that no place
        is made twice. A dry run does the same work and undoes it.
        """
        tally = Tally()
        try:
            async with self.db.transaction() as db:
                await self._bring_in(db, caller, batch, tally)
                if dry_run:
                    raise _OnlyTried
        except _OnlyTried:
            pass
        return tally

    async def _bring_in(
        self, db: WriteConnection, caller: Caller, batch: Sequence[Arrival], tally: Tally
    ) -> None:
        account, live = caller.account, caller.live_mode
        await site_store.one_import_at_a_time(db, account, live)
        known: dict[str, list[Site]] = defaultdict(list)
        references = [arrival.reference_id for arrival in batch]
        for site in await site_store.by_references(db, account, live, references):
            known[site.reference_id or ""].append(site)
        present = await device_store.at_sites(
            db, account, live, [site.id for sites in known.values() for site in sites]
        )
        customers = await self._customers(db, caller, batch)
        changes = _Changes()
        for arrival in batch:
            try:
                sites = known[arrival.reference_id]
                self._judge(arrival, sites, customers)
                if sites:
                    self._update(caller, arrival, sites[0], present[sites[0].id], changes, tally)
                else:
                    self._create(caller, arrival, changes)
                    tally.created += 1
            except Refusal as refusal:
                reasons = "; ".join(fault.message for fault in refusal.faults)
                tally.refused.append(Refused(arrival.line, reasons))
        await self._write(db, caller, changes)

    def _judge(self, arrival: Arrival, sites: Sequence[Site], customers: Collection[UUID]) -> None:
        if len(sites) > 1:
            raise Refusal(
                f"{len(sites)} places have the reference_id {ids.shown(arrival.reference_id)}; "
                "change one of them first",
                code="reference_id_ambiguous",
            )
        customer_id = arrival.draft.customer_id
        if customer_id is not None and customer_id not in customers:
            raise Refusal(
                f"there is no customer {ids.wire('cus', customer_id)}", code="customer_not_found"
            )

    def _create(self, caller: Caller, arrival: Arrival, changes: _Changes) -> None:
        now = self.now()
        site = arrival.draft.settled(self.new_id(), now)
        made = [d.draft.made(self.new_id(), now, [site.id]) for d in arrival.devices]
        changes.new_sites.append((site, self.serializers.site(caller, site, made)))
        changes.new_devices += made
        changes.new_events += site_events(self.serializers, caller, "create", site, made)
        changes.new_events += [
            device_event(self.serializers, caller, "create", device) for device in made
        ]

    def _update(
        self,
        caller: Caller,
        arrival: Arrival,
        site: Site,
        present: Sequence[Device],
        changes: _Changes,
        tally: Tally,
    ) -> None:
        after = arrival.onto(site).settled(site.id, site.time_created, site.tariffs)
        by_reference: Mapping[str, Device] = {d.reference_id: d for d in reversed(present)}
        made, changed = [], []
        for arriving in arrival.devices:
            old = by_reference.get(arriving.draft.reference_id)
            if old is None:
                made.append(arriving.draft.made(self.new_id(), self.now(), [site.id]))
            elif (new := arriving.onto(old).onto(old)) != old:
                changed.append(new)
        if after == site and not made and not changed:
            tally.unchanged += 1
            return
        if len(present) + len(made) > DEVICES_AT_ONCE and made:
            raise Refusal(
                f"a place takes at most {DEVICES_AT_ONCE} devices", code="devices_invalid"
            )
        replaced = {device.id: device for device in changed}
        devices = [*(replaced.get(d.id, d) for d in present), *made]
        changes.sites.append((after, self.serializers.site(caller, after, devices)))
        if after.timezone != site.timezone:
            changes.rezoned.append(after)
        changes.new_devices += made
        changes.devices += changed
        changes.new_events += site_events(self.serializers, caller, "update", after, devices)
        changes.new_events += [device_event(self.serializers, caller, "create", d) for d in made]
        changes.new_events += [device_event(self.serializers, caller, "update", d) for d in changed]
        tally.updated += 1

    async def _write(self, db: WriteConnection, caller: Caller, changes: _Changes) -> None:
        account, live = caller.account, caller.live_mode
        if changes.new_sites:
            await site_store.insert(db, account, live, changes.new_sites)
        if changes.new_devices:
            await device_store.insert(db, account, live, changes.new_devices)
        if changes.devices:
            await device_store.update(db, account, live, changes.devices)
        if changes.sites:
            await site_store.update(db, account, live, changes.sites)
        await self.follow_zones(caller, changes.rezoned)
        changes.new_events += await self._show_elsewhere(db, caller, changes.devices)
        await self.events.record(caller, changes.new_events)

    async def _show_elsewhere(
        self, db: WriteConnection, caller: Caller, changed: Sequence[Device]
    ) -> list[NewEvent]:
        """Write anew the summaries of all places of changed devices that are at several."""
        site_ids = {id_ for d in changed if len(d.locations) > 1 for id_ in d.locations}
        sites = await lock_present(db, caller, site_ids)
        new_events: list[NewEvent] = []
        for site, devices, _ in await show_anew(db, self.serializers, caller, sites):
            new_events += site_events(self.serializers, caller, "update", site, devices)[1:]
        return new_events

    async def _customers(
        self, db: WriteConnection, caller: Caller, batch: Sequence[Arrival]
    ) -> Collection[UUID]:
        """Find which of the customers that the batch names are there, and keep them there."""
        named = {arrival.draft.customer_id for arrival in batch} - {None}
        account, live = caller.account, caller.live_mode
        return {c for c in named if c and await customer_store.lock(db, account, live, c)}
