"""The use-case of the doctor: compare every stored summary with what it should be."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from wattyard.kernel.context import Context
from wattyard.kernel.ids import wire
from wattyard.kernel.pages import PageWindow
from wattyard.sites.service.ports import SiteUseCases, lock_present, show_anew
from wattyard.sites.store import devices as device_store
from wattyard.sites.store import orphans
from wattyard.sites.store import sites as site_store

_AT_ONCE: Final = 500
_LAST_SEEN_MAY_TRAIL: Final = timedelta(seconds=60)


class Inspection(SiteUseCases):
    """Checks what is stored twice."""

    async def complaints(self, context: Context) -> list[str]:
        """Look for rows of any account whose owner is gone; empty where all is well."""
        async with self.db.reading() as db:
            counts = await orphans.count(db)
        return [f"{n:,} {name}: restore a backup or delete them" for name, n in counts.items()]

    async def summaries(self, context: Context, *, repair: bool = False) -> tuple[int, list[UUID]]:
        """Recompute the summaries of an account and mode: how many, and which are wrong.

        `last_seen` may trail by 60 seconds. Only sites that look wrong are locked, so
        that a running server is not held up.
        """
        checked = 0
        wrong: list[UUID] = []
        position: UUID | None = None
        while True:
            async with self.db.reading() as db:
                page = await site_store.page(
                    db, context.account, context.live_mode, PageWindow(_AT_ONCE, position), {}
                )
            ids = [site.id for site in page.items]
            checked += len(ids)
            suspects = await self._differing(context, ids, lock=False)
            if suspects:
                wrong += await self._differing(context, suspects, lock=True, repair=repair)
            if not page.has_more:
                return checked, wrong
            position = ids[-1]

    async def recompute(self, context: Context, *, repair: bool) -> tuple[int, list[str]]:
        """Compare an account's summaries: how many sites, and the ids of those that differ."""
        checked, wrong = await self.summaries(context, repair=repair)
        return checked, [wire("ste", one) for one in wrong]

    async def _differing(
        self, context: Context, ids: Sequence[UUID], *, lock: bool, repair: bool = False
    ) -> list[UUID]:
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            if lock:
                await lock_present(db, context, ids)
            sites = await site_store.by_ids(db, account, live, ids)
            stored = await site_store.summaries(db, account, live, ids)
            devices = await device_store.at_sites(db, account, live, ids)
            wrong = [
                site
                for site in sites
                if not _agree(
                    stored[site.id],
                    self.serializers.site(context.caller, site, devices[site.id]),
                )
            ]
            if repair and wrong:
                await show_anew(db, self.serializers, context, wrong)
        return [site.id for site in wrong]


def _agree(stored: bytes, truth: bytes) -> bool:
    """Whether two summaries differ at most by a slightly trailing `last_seen`."""
    if stored == truth:
        return True
    try:
        left: dict[str, Any] = msgspec.json.decode(stored)
        right: dict[str, Any] = msgspec.json.decode(truth)
        times = [
            (device.pop("last_seen"), other.pop("last_seen"))
            for device, other in zip(left["devices"], right["devices"], strict=True)
        ]
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return False
    return left == right and all(_near(*pair) for pair in times)


def _near(stored: str | None, truth: str | None) -> bool:
    if stored is None or truth is None:
        return stored == truth
    trail = datetime.fromisoformat(truth) - datetime.fromisoformat(stored)
    return abs(trail) <= _LAST_SEEN_MAY_TRAIL
