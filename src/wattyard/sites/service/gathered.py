"""The use-case of gathered events: one for many changes of devices at a large site."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import AccountMoving
from wattyard.sites.service.ports import SiteUseCases, lock_present, site_events
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import gathered as gathered_store

_AT_ONCE: Final = 100


class GatheredEvents(SiteUseCases):
    """The events of every account's sites that were noted with the changes of their devices."""

    async def record(self, context: Context) -> int:
        """Record the events that are due, those of each site in a transaction of their own.

        Gives for how many sites; more may be due when it is not 0. An account that begins to leave
        meanwhile is passed over.
        """
        async with self.db.reading() as db:
            due = await gathered_store.due_sites(db, context.now, _AT_ONCE)
        recorded = 0
        for one in due:
            owner = Caller(one.account, one.account_id, one.live_mode)
            with suppress(AccountMoving):
                await self._record(context.on_behalf_of(owner), one.site_id)
                recorded += 1
        return recorded

    async def _record(self, context: Context, site_id: UUID) -> None:
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            sites = await lock_present(db, context, [site_id])
            moved = await gathered_store.take(db, account, live, site_id)
            if not sites or moved is None:  # deleted, or recorded by another worker
                return
            devices = (await device_store.at_sites(db, account, live, [site_id]))[site_id]
            of_location, of_site = site_events(
                self.serializers, context, "update", sites[0], devices
            )
            await self.events.record(context, [of_location, of_site] if moved else [of_site])
