"""What `wattyard doctor` checks: that locations list their tariffs as they are."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.ids import wire
from wattyard.kernel.pages import PageWindow
from wattyard.sites.domain.sites import LocationNotFound, Site
from wattyard.tariffs.service.ports import TariffUseCases
from wattyard.tariffs.store import contracts as contract_store

_AT_ONCE: Final = 500


class Listings(TariffUseCases):
    """Looks after the lists of tariffs, which are kept with the sites."""

    async def differing(self, context: Context, *, repair: bool = False) -> list[UUID]:
        """Find sites whose list is not that of their tariffs; `repair` writes it anew."""
        wrong: list[UUID] = []
        window = PageWindow(_AT_ONCE)
        while True:
            page = await self.sites.page(context, window)
            suspects = await self._wrong(context, [site for site, _ in page.items])
            wrong += [site.id for site in suspects]
            if repair:
                for site in suspects:
                    await self._repair(context, site)
            if not page.has_more:
                return wrong
            window = PageWindow(_AT_ONCE, older_than=page.items[-1][0].id)

    async def recompute(self, context: Context, *, repair: bool) -> tuple[int, list[str]]:
        """Compare an account's lists: the ids of locations whose list differs; none are counted."""
        return 0, [wire("loc", one) for one in await self.differing(context, repair=repair)]

    async def _wrong(self, context: Context, sites: Sequence[Site]) -> list[Site]:
        async with self.db.reading() as db:
            shown = await contract_store.shown_at_sites(
                db, context.account, context.live_mode, [site.id for site in sites]
            )
        return [site for site in sites if site.tariffs != tuple(shown[site.id])]

    async def _repair(self, context: Context, site: Site) -> None:
        async with self.db.transaction() as db:
            try:
                locked = await self.sites.locked(context, site.id, param="location_id")
            except LocationNotFound:
                return
            shown = await contract_store.shown_at_sites(
                db, context.account, context.live_mode, [site.id]
            )
            await self.sites.show_tariffs(context, locked, shown[site.id])
