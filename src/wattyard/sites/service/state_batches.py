"""Device states that an account reports at the same time: kept in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.platform.db import Database
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

    One that comes alone is kept faster by itself. A batch waits for no lock and refuses nothing:
    one report would then delay or fail all others. What it leaves is for `States.report` to keep or
    to refuse.
    """

    def __init__(self, db: Database, serializers: Serializers) -> None:
        self._db = db
        self._serializers = serializers
        self._batches = Batches(self._keep, at_most=_AT_MOST)
        self._reporting: Counter[_Owner] = Counter()

    @contextmanager
    def reporting(self, context: Context) -> Iterator[bool]:
        """Count a report in progress; gives whether others of its account and mode are."""
        owner = context.account, context.live_mode
        self._reporting[owner] += 1
        try:
            yield self._reporting[owner] > 1
        finally:
            self._reporting[owner] -= 1
            if not self._reporting[owner]:
                del self._reporting[owner]

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
            kept = await state_store.keep_all(
                db,
                *owner,
                [one for one in usual if busy.isdisjoint(sightings[one.device_id].locations)],
            )
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


def _must_show(sightings: Mapping[UUID, Sighting], state: DeviceState) -> bool:
    sighting = sightings.get(state.device_id)
    return sighting is not None and sighting.must_show(state.report.time)


def _is_usual(context: Context, sighting: Sighting | None, report: StateReport) -> bool:
    """Whether the caller sees the device at all its sites, and the report names one of these."""
    if sighting is None or not all(map(context.may_see, sighting.locations)):
        return False
    at_none = context.site_ids is not None and not sighting.locations
    return not at_none and report.location_id in (None, *sighting.locations)
