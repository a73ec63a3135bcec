"""The use-case of finding the sites for which plans are kept."""

from collections.abc import Collection
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database
from wattyard.schedules.store import kept_plans as plan_store


@dataclass
class PlannedSites:
    """The sites of every account for which plans are kept, as `SitesHaving` asks for them."""

    db: Database

    async def page(
        self, context: Context, *, after: UUID | None, backwards: bool, limit: int
    ) -> list[UUID]:
        """List sites, newest first, after one of them; or those before it, the nearest first."""
        async with self.db.reading() as db:
            return await plan_store.sites(
                db, context.account, context.live_mode, after, backwards=backwards, limit=limit
            )

    async def among(self, context: Context, site_ids: Collection[UUID]) -> set[UUID]:
        """Find for which of some sites a plan is kept."""
        async with self.db.reading() as db:
            return await plan_store.sites_among(db, context.account, context.live_mode, site_ids)
