"""Use-cases of device states: report, read the newest, read the history."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.sites.domain.states import DeviceState, DeviceStateNotFound, Sighting, StateReport
from wattyard.sites.service.ports import SiteUseCases, lock_device, no_device, show_anew
from wattyard.sites.service.state_batches import StateBatches
from wattyard.sites.store import sites as site_store
from wattyard.sites.store import states as state_store


class States(SiteUseCases):
    """The states of every device."""

    batches: StateBatches

    async def report(self, context: Context, device_id: UUID, report: StateReport) -> DeviceState:
        """Keep a state; the newest by its own time is the current one.

        A repeated `record_reference_id` gives the first state. A site's summary shows the
        new `last_seen` at most once a minute. No event is recorded. States that an account reports
        at the same time are kept together.

        Raises:
            TimeInvalid: when the report is more than five minutes ahead.
            DeviceNotFound, LocationNotFound: when the caller has none of that id.
        """
        now = context.now
        state = DeviceState(context.new_id(), device_id, now, report.checked(now))
        if await self.batches.keep(context, state):
            return state
        return await self._keep(context, state)

    async def _keep(self, context: Context, state: DeviceState) -> DeviceState:
        """Keep one state; the usual one, which no summary shows, is one statement."""
        device_id, report = state.device_id, state.report
        account, live = context.account, context.live_mode
        async with self.db.reading() as reading:
            sighting = await self._sighting(reading, context, device_id)
            await self._check_location(reading, context, sighting, report)
        async with self.db.transaction() as db:
            if not sighting.must_show(report.time):
                if await state_store.keep(db, account, live, state):
                    return state
                return await self._kept_before(db, context, state)
            _, sites = await lock_device(db, context, device_id)
            if not await state_store.keep(db, account, live, state):
                return await self._kept_before(db, context, state)
            await show_anew(db, self.serializers, context, sites)
            await state_store.note_shown(db, account, live, {device_id: report.time})
        return state

    async def see(self, context: Context, times: Mapping[UUID, datetime]) -> None:
        """Note when devices were seen by their readings; sites show it at most once a minute."""
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            sightings = await state_store.sightings(db, account, live, times)
            shown = {id_: at for id_, at in times.items() if _shows(sightings.get(id_), at)}
            sites = await site_store.locked(
                db, account, live, {site for id_ in shown for site in sightings[id_].locations}
            )
            await state_store.see(db, account, live, times)
            if not shown:
                return
            await show_anew(db, self.serializers, context, sites)
            # The devices are locked by now: one that was moved meanwhile is shown with its next.
            present = await state_store.sightings(db, account, live, shown)
            left = {site for one in present.values() for site in one.locations}
            left -= {site.id for site in sites}
            shown = {
                id_: shown[id_] for id_, one in present.items() if left.isdisjoint(one.locations)
            }
            await state_store.note_shown(db, account, live, shown)

    async def current(self, context: Context, device_id: UUID) -> DeviceState:
        """Read the newest state by its own time.

        Raises:
            DeviceNotFound, DeviceStateNotFound.
        """
        async with self.db.reading() as db:
            await self._sighting(db, context, device_id)
            found = await state_store.newest(db, context.account, context.live_mode, device_id)
        if found is None:
            raise DeviceStateNotFound(
                f"device {ids.wire('dev', device_id)} has not reported a state yet"
            )
        return found

    async def newest(
        self, context: Context, device_ids: Collection[UUID]
    ) -> dict[UUID, StateReport]:
        """Read the newest state of each of the devices that has reported one."""
        async with self.db.reading() as db:
            found = await state_store.newest_of(db, context.account, context.live_mode, device_ids)
        return {one.device_id: one.report for one in found}

    async def history(
        self, context: Context, device_id: UUID, window: PageWindow
    ) -> Page[DeviceState]:
        """Read one page of a device's states, the last received first.

        Raises:
            DeviceNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            await self._sighting(db, context, device_id)
            return await state_store.page(db, context.account, context.live_mode, device_id, window)

    async def _sighting(self, db: ReadConnection, context: Context, device_id: UUID) -> Sighting:
        found = await state_store.sighting(db, context.account, context.live_mode, device_id)
        if found is None or not _is_seen(context, found):
            raise no_device(device_id)
        return found

    async def _check_location(
        self, db: ReadConnection, context: Context, sighting: Sighting, report: StateReport
    ) -> None:
        where = report.location_id
        if where is None:
            return
        seen = context.may_see(where)
        if seen and where in sighting.locations:
            return
        found = await site_store.by_ids(db, context.account, context.live_mode, [where])
        if not found or not seen:
            raise LocationNotFound(
                f"there is no location {ids.wire('loc', where)}", param="location_id"
            )

    async def _kept_before(
        self, db: ReadConnection, context: Context, state: DeviceState
    ) -> DeviceState:
        reference = state.report.record_reference_id
        first = reference and await state_store.by_reference(
            db, context.account, context.live_mode, state.device_id, reference
        )
        if not first:
            raise no_device(state.device_id)
        return first


def _shows(sighting: Sighting | None, at: datetime) -> bool:
    return sighting is not None and sighting.must_show(at)


def _is_seen(context: Context, sighting: Sighting) -> bool:
    """Whether a device is at one of the places that the caller's key is for."""
    return context.site_ids is None or any(map(context.may_see, sighting.locations))
