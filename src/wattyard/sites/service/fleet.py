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
from wattyard.sites.domain.places import DEVICES_AT_ONCE, Place
from wattyard.sites.service.ports import (
    UseCases,
    device_event,
    lock_present,
    show_anew,
    site_events,
)
from wattyard.sites.store import customers as customer_store
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import places as place_store


@dataclass(slots=True)
class _Changes:
    """Everything that one batch will write."""

    new_places: list[tuple[Place, bytes]] = field(default_factory=list)
    places: list[tuple[Place, bytes]] = field(default_factory=list)
    new_devices: list[Device] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    rezoned: list[Place] = field(default_factory=list)
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
        await place_store.one_import_at_a_time(db, account, live)
        known: dict[str, list[Place]] = defaultdict(list)
        references = [arrival.reference_id for arrival in batch]
        for place in await place_store.by_references(db, account, live, references):
            known[place.reference_id or ""].append(place)
        present = await device_store.at_places(
            db, account, live, [place.id for places in known.values() for place in places]
        )
        customers = await self._customers(db, caller, batch)
        changes = _Changes()
        for arrival in batch:
            try:
                places = known[arrival.reference_id]
                self._judge(arrival, places, customers)
                if places:
                    self._update(caller, arrival, places[0], present[places[0].id], changes, tally)
                else:
                    self._create(caller, arrival, changes)
                    tally.created += 1
            except Refusal as refusal:
                reasons = "; ".join(fault.message for fault in refusal.faults)
                tally.refused.append(Refused(arrival.line, reasons))
        await self._write(db, caller, changes)

    def _judge(
        self, arrival: Arrival, places: Sequence[Place], customers: Collection[UUID]
    ) -> None:
        if len(places) > 1:
            raise Refusal(
                f"{len(places)} places have the reference_id {ids.shown(arrival.reference_id)}; "
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
        place = arrival.draft.settled(self.new_id(), now)
        made = [d.draft.made(self.new_id(), now, [place.id]) for d in arrival.devices]
        changes.new_places.append((place, self.serializers.site(caller, place, made)))
        changes.new_devices += made
        changes.new_events += site_events(self.serializers, caller, "create", place, made)
        changes.new_events += [
            device_event(self.serializers, caller, "create", device) for device in made
        ]

    def _update(
        self,
        caller: Caller,
        arrival: Arrival,
        place: Place,
        present: Sequence[Device],
        changes: _Changes,
        tally: Tally,
    ) -> None:
        after = arrival.onto(place).settled(place.id, place.time_created, place.tariffs)
        by_reference: Mapping[str, Device] = {d.reference_id: d for d in reversed(present)}
        made, changed = [], []
        for arriving in arrival.devices:
            old = by_reference.get(arriving.draft.reference_id)
            if old is None:
                made.append(arriving.draft.made(self.new_id(), self.now(), [place.id]))
            elif (new := arriving.onto(old).onto(old)) != old:
                changed.append(new)
        if after == place and not made and not changed:
            tally.unchanged += 1
            return
        if len(present) + len(made) > DEVICES_AT_ONCE and made:
            raise Refusal(
                f"a place takes at most {DEVICES_AT_ONCE} devices", code="devices_invalid"
            )
        replaced = {device.id: device for device in changed}
        devices = [*(replaced.get(d.id, d) for d in present), *made]
        changes.places.append((after, self.serializers.site(caller, after, devices)))
        if after.timezone != place.timezone:
            changes.rezoned.append(after)
        changes.new_devices += made
        changes.devices += changed
        changes.new_events += site_events(self.serializers, caller, "update", after, devices)
        changes.new_events += [device_event(self.serializers, caller, "create", d) for d in made]
        changes.new_events += [device_event(self.serializers, caller, "update", d) for d in changed]
        tally.updated += 1

    async def _write(self, db: WriteConnection, caller: Caller, changes: _Changes) -> None:
        account, live = caller.account, caller.live_mode
        if changes.new_places:
            await place_store.insert(db, account, live, changes.new_places)
        if changes.new_devices:
            await device_store.insert(db, account, live, changes.new_devices)
        if changes.devices:
            await device_store.update(db, account, live, changes.devices)
        if changes.places:
            await place_store.update(db, account, live, changes.places)
        await self.follow_zones(caller, changes.rezoned)
        changes.new_events += await self._show_elsewhere(db, caller, changes.devices)
        await self.events.record(caller, changes.new_events)

    async def _show_elsewhere(
        self, db: WriteConnection, caller: Caller, changed: Sequence[Device]
    ) -> list[NewEvent]:
        """Write anew the summaries of all places of changed devices that are at several."""
        sites = {site for d in changed if len(d.locations) > 1 for site in d.locations}
        places = await lock_present(db, caller, sites)
        new_events: list[NewEvent] = []
        for place, devices, _ in await show_anew(db, self.serializers, caller, places):
            new_events += site_events(self.serializers, caller, "update", place, devices)[1:]
        return new_events

    async def _customers(
        self, db: WriteConnection, caller: Caller, batch: Sequence[Arrival]
    ) -> Collection[UUID]:
        """Find which of the customers that the batch names are there, and keep them there."""
        named = {arrival.draft.customer_id for arrival in batch} - {None}
        account, live = caller.account, caller.live_mode
        return {c for c in named if c and await customer_store.lock(db, account, live, c)}
