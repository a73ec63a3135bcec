"""The use-case of finding the sites that have readings."""

from collections.abc import Collection
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.meters.store import series as series_store
from wattyard.platform.db import Database


@dataclass
class MeteredSites:
    """The sites of every account for which readings were sent, as `SitesHaving` asks for them.

    A site whose readings were all deleted since is still one of them.
    """

    db: Database

    async def page(
        self, context: Context, *, after: UUID | None, backwards: bool, limit: int
    ) -> list[UUID]:
        """List sites, newest first, after one of them; or those before it, the nearest first."""
        async with self.db.reading() as db:
            return await series_store.sites(
                db, context.account, context.live_mode, after, backwards=backwards, limit=limit
            )

    async def among(self, context: Context, site_ids: Collection[UUID]) -> set[UUID]:
        """Find which of some sites have readings."""
        async with self.db.reading() as db:
            return await series_store.sites_among(db, context.account, context.live_mode, site_ids)
