"""Device states that an account reports at the same time: kept in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.platform.db import Database, WriteConnection
from wattyard.platform.work import Batches, in_its_share
from wattyard.sites.domain.states import DeviceState, Sighting, StateReport
from wattyard.sites.service.ports import Serializers, show_anew
from wattyard.sites.store import sites as site_store
from wattyard.sites.store import states as state_store

_Owner = tuple[int, bool]
"""Account and mode."""

_AT_MOST: Final = 64
"""How many states are kept together."""


class StateBatches:
    """Keeps together what an account reports while other states of its are being kept.

    A batch waits for no lock and refuses nothing: one report would then delay or fail all others.
    What it leaves is for `States.report` to keep or to refuse.
    """

    def __init__(self, db: Database, serializers: Serializers) -> None:
        self._db = db
        self._serializers = serializers
        self._batches = Batches(self._keep, at_most=_AT_MOST)

    async def keep(self, context: Context, state: DeviceState) -> bool:
        """Keep a state with those that are reported meanwhile; False where it is left."""
        return await self._batches.done((context.account, context.live_mode), (context, state))

    async def _keep(
        self, owner: _Owner, reports: Sequence[tuple[Context, DeviceState]]
    ) -> list[bool]:
        """Keep a batch in the share of its account, as the calls that wait for it are."""
        return await in_its_share(owner[0], self._kept(owner, reports))

    async def _kept(
        self, owner: _Owner, reports: Sequence[tuple[Context, DeviceState]]
    ) -> list[bool]:
        async with self._db.transaction() as db:
            devices = {state.device_id for _, state in reports}
            sightings = await state_store.sightings_if_free(db, *owner, devices)
            if any(_must_show(sightings, state) for _, state in reports):
                # Where they are now: none of them can be taken to another site any more.
                sightings = await state_store.sightings(db, *owner, sightings)
            usual = [
                state
                for context, state in reports
                if _is_usual(context, sightings.get(state.device_id), state.report)
            ]
            shown = [state for state in usual if _must_show(sightings, state)]
            site_ids = {site for state in shown for site in sightings[state.device_id].locations}
            sites = await site_store.locked_if_free(db, *owner, site_ids) if site_ids else []
            busy = site_ids - {site.id for site in sites}
            free = [one for one in usual if busy.isdisjoint(sightings[one.device_id].locations)]
            kept = await _keep_free(db, owner, free)
            times = {
                state.device_id: state.report.time
                for state in sorted(shown, key=lambda state: state.report.time)
                if state.id in kept
            }
            if times:
                context, _ = reports[0]
                await show_anew(db, self._serializers, context, sites)
                await state_store.note_shown(db, *owner, times)
        return [state.id in kept for _, state in reports]


async def _keep_free(
    db: WriteConnection, owner: _Owner, states: Sequence[DeviceState]
) -> set[UUID]:
    """Keep states of locked devices; a single one by the statement that is planned only once."""
    if not states:
        return set()
    if len(states) > 1:
        return await state_store.keep_all(db, *owner, states)
    (state,) = states
    return {state.id} if await state_store.keep(db, *owner, state) else set()


def _must_show(sightings: Mapping[UUID, Sighting], state: DeviceState) -> bool:
    sighting = sightings.get(state.device_id)
    return sighting is not None and sighting.must_show(state.report.time)


def _is_usual(context: Context, sighting: Sighting | None, report: StateReport) -> bool:
    """Whether the caller sees the device at all its sites, and the report names one of these."""
    if sighting is None or not all(map(context.may_see, sighting.locations)):
        return False
    at_none = context.site_ids is not None and not sighting.locations
    return not at_none and report.location_id in (None, *sighting.locations)
