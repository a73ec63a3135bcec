"""What the use-cases need beside the store: serializers, and the events of changes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.events.service import Events
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock
from wattyard.platform.db import Database, WriteConnection
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.places import Customer, LocationNotFound, Place
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import places as place_store


class Serializers(Protocol):
    """How objects look to clients, as JSON; filled by the app with the wire's mappings.

    A summary is kept and events carry whole objects, so use-cases need them ready.
    """

    def site(self, caller: Caller, place: Place, devices: Sequence[Device]) -> bytes: ...

    def location(self, caller: Caller, place: Place, devices: Sequence[UUID]) -> bytes: ...

    def device(self, caller: Caller, device: Device) -> bytes: ...

    def customer(self, caller: Caller, customer: Customer) -> bytes: ...


class Dependent(Protocol):
    """What belongs to places and is kept by a capability above; filled by the app."""

    async def removal_events(self, caller: Caller, places: Sequence[Place]) -> list[NewEvent]:
        """Tell what goes with locked places, before it goes."""

    async def zones_changed(self, caller: Caller, places: Sequence[Place]) -> None:
        """Follow locked places into other time zones.

        Raises:
            TimezoneNotPossible: when something cannot be there.
        """


@dataclass
class UseCases:
    """What every use-case of sites works with."""

    db: Database
    events: Events
    serializers: Serializers
    now: Clock
    new_id: IdMaker
    dependents: list[Dependent] = field(default_factory=list)

    async def removal_events(self, caller: Caller, places: Sequence[Place]) -> list[NewEvent]:
        """Tell what goes with places that are about to be deleted."""
        told = [await dependent.removal_events(caller, places) for dependent in self.dependents]
        return [new_events for part in told for new_events in part]

    async def follow_zones(self, caller: Caller, moved: Sequence[Place]) -> None:
        """Let what belongs to places follow them into other time zones."""
        if moved:
            for dependent in self.dependents:
                await dependent.zones_changed(caller, moved)


def site_events(
    serializers: Serializers, caller: Caller, change: str, place: Place, devices: Sequence[Device]
) -> list[NewEvent]:
    """Describe a change of a place as an event of its location and one of its site."""
    at_place = [device.id for device in devices]
    return [
        NewEvent(
            f"location.{change}",
            ids.wire("loc", place.id),
            serializers.location(caller, place, at_place),
        ),
        NewEvent(
            f"site.{change}", ids.wire("ste", place.id), serializers.site(caller, place, devices)
        ),
    ]


def device_event(serializers: Serializers, caller: Caller, change: str, device: Device) -> NewEvent:
    """Tell of a change of a device."""
    return NewEvent(
        f"device.{change}", ids.wire("dev", device.id), serializers.device(caller, device)
    )


async def lock_present(
    db: WriteConnection, caller: Caller, place_ids: Collection[UUID]
) -> list[Place]:
    """Lock those of the places that exist, in the order of their ids, as everyone does."""
    return await place_store.locked(db, caller.account, caller.live_mode, place_ids)


async def lock_places(
    db: WriteConnection, caller: Caller, place_ids: Collection[UUID], *, param: str
) -> list[Place]:
    """Lock places that must all exist.

    Raises:
        LocationNotFound: naming one that is not there.
    """
    found = await lock_present(db, caller, place_ids)
    missing = set(place_ids) - {place.id for place in found}
    if missing:
        raise LocationNotFound(f"there is no location {ids.wire('loc', min(missing))}", param=param)
    return found


async def show_anew(
    db: WriteConnection, serializers: Serializers, caller: Caller, places: Iterable[Place]
) -> list[tuple[Place, Sequence[Device], bytes]]:
    """Write the summaries of locked places anew, and give each with its devices and summary."""
    places = list(places)
    devices = await device_store.at_places(
        db, caller.account, caller.live_mode, [place.id for place in places]
    )
    shown: list[tuple[Place, Sequence[Device], bytes]] = [
        (place, devices[place.id], serializers.site(caller, place, devices[place.id]))
        for place in places
    ]
    summaries = {place.id: summary for place, _, summary in shown}
    if summaries:
        await place_store.set_summaries(db, caller.account, caller.live_mode, summaries)
    return shown
