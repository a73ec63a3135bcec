"""The use-cases of people who look for sites: search, and the numbers of a fleet."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.pages import LIMIT
from wattyard.platform.db import ReadConnection
from wattyard.sites.domain.search import (
    COUNTED,
    Count,
    FleetCounts,
    FoundSite,
    FoundSites,
    SearchPosition,
    SiteSearch,
    silent_before,
)
from wattyard.sites.service.ports import SiteUseCases
from wattyard.sites.store import search as search_store
from wattyard.sites.store import sites as site_store
from wattyard.sites.store.search import TEXT, Row, SearchQuestion, Way

LOOKED_AT: Final = 1000
"""How many sites one question checks at most, however few of them are found."""
_HAVING: Final = "having"
"""The lane that `SitesHaving` gives."""


class SitesHaving(Protocol):
    """Which sites have something that a capability above keeps of them, such as readings."""

    async def page(
        self, context: Context, *, after: UUID | None, backwards: bool, limit: int
    ) -> list[UUID]:
        """List sites, newest first, after one of them; or those before it, the nearest first."""

    async def among(self, context: Context, site_ids: Collection[UUID]) -> set[UUID]:
        """Find which of some sites have it."""


class _Hit(NamedTuple):
    lane: str
    row: Row

    @property
    def position(self) -> SearchPosition:
        return SearchPosition(self.lane, self.row.key, self.row.owner, self.row.site_id)


class SiteSearches(SiteUseCases):
    """Finds the sites of every account."""

    async def page(
        self,
        context: Context,
        search: SiteSearch,
        *,
        at: SearchPosition | None = None,
        limit: int = LIMIT,
        most: int = LOOKED_AT,
        having: SitesHaving | None = None,
    ) -> FoundSites:
        """Find one page of sites: by what matches and its order for a text, else newest first.

        `most` is how many are looked at for it. A position of another search is as good as none.
        With `having` there are only sites that have it.
        """
        question = SearchQuestion(search, silent_before(context.now))
        async with self.db.snapshot() as db:
            question, lanes = await self._lanes(db, context, question, at)
            if having is not None and search == SiteSearch():
                lanes = (_HAVING,)
            at = at if at is not None and at.lane in lanes else None
            way = Way(limit + 1, most, at, _backwards(at))
            walk = _Walk(db, context, question, way, having)
            hits = await walk.hits(lanes)
            kept = hits[:limit][::-1] if _backwards(at) else hits[:limit]
            found = await self._shown(db, context, kept)
        more = len(hits) > limit
        first, last = (
            (kept[0].position, kept[-1].position) if kept else (walk.stopped_at or at,) * 2
        )
        newer = more or walk.stopped_at is not None if _backwards(at) else at is not None
        older = _backwards(at) or more or walk.stopped_at is not None
        if walk.stopped_at is not None:
            first, last = (walk.stopped_at, last) if _backwards(at) else (first, walk.stopped_at)
        return FoundSites(
            found,
            newer=first.before() if newer and first else None,
            older=last.after() if older and last else None,
            stopped=walk.stopped_at is not None,
        )

    async def counts(self, context: Context) -> FleetCounts:
        """Count what a fleet has, each up to 1,000."""
        async with self.db.reading() as db:
            found = await search_store.counts(
                db, context.account, context.live_mode, silent_before(context.now), COUNTED + 1
            )
        return FleetCounts(*map(Count.up_to, found))

    async def _lanes(
        self,
        db: ReadConnection,
        context: Context,
        question: SearchQuestion,
        at: SearchPosition | None,
    ) -> tuple[SearchQuestion, Sequence[str]]:
        """Choose the lanes to read: those of the condition that fewest rows meet.

        Notes in the question in which lanes its text is not found at all.
        """
        choices = _choices(question.search)
        if len(choices) == 1:
            return question, choices[0]
        sizes = {
            lane: await self._size(db, context, question, lane)
            for lanes in choices
            for lane in lanes
        }
        question = replace(question, text_lanes=[lane for lane in TEXT if sizes.get(lane)])
        begun = [lanes for lanes in choices if at is not None and at.lane in lanes]
        return question, min(begun or choices, key=lambda lanes: sum(map(sizes.__getitem__, lanes)))

    async def _size(
        self, db: ReadConnection, context: Context, question: SearchQuestion, lane: str
    ) -> int:
        way = Way(0, LOOKED_AT + 1)
        return await search_store.size(db, context.account, context.live_mode, question, lane, way)

    async def _shown(
        self, db: ReadConnection, context: Context, hits: Sequence[_Hit]
    ) -> tuple[FoundSite, ...]:
        account, live = context.account, context.live_mode
        wanted = [row.site_id for _, row in hits]
        sites = {site.id: site for site in await site_store.by_ids(db, account, live, wanted)}
        summaries = await site_store.summaries(db, account, live, wanted)
        return tuple(
            FoundSite(sites[row.site_id], summaries[row.site_id], lane) for lane, row in hits
        )


class _Walk:
    """Reads lanes one after the other until enough is found, or enough was looked at."""

    def __init__(
        self,
        db: ReadConnection,
        context: Context,
        question: SearchQuestion,
        way: Way,
        having: SitesHaving | None,
    ) -> None:
        self._db = db
        self._context = context
        self._question = question
        self._way = way
        self._having = having
        self.stopped_at: SearchPosition | None = None

    async def hits(self, lanes: Sequence[str]) -> list[_Hit]:
        """Find sites from a position on, in the order of travel; notes where it stopped early."""
        key = (self._context.account, self._context.live_mode, self._question)
        at, hits = self._way.position, list[_Hit]()
        ahead = lanes[::-1] if self._way.backwards else lanes
        for lane in ahead[ahead.index(at.lane) if at is not None else 0 :]:
            position = at if at is not None and lane == at.lane else None
            way = self._way._replace(limit=self._way.limit - len(hits), position=position)
            hits += [_Hit(lane, row) for row in await self._rows(lane, way)]
            if len(hits) == self._way.limit or lane == _HAVING:
                break
            end = await search_store.last_looked_at(self._db, *key, lane, way)
            if end is not None:
                self.stopped_at = _Hit(lane, end).position
                break
        return hits

    async def _rows(self, lane: str, way: Way) -> list[Row]:
        context, having = self._context, self._having
        key = (self._db, context.account, context.live_mode, self._question, lane)
        if having is None:
            return await search_store.found(*key, way)
        if lane == _HAVING:
            after = way.position.site if way.position is not None else None
            ids = await having.page(context, after=after, backwards=way.backwards, limit=way.limit)
            return [Row("", id_, id_) for id_ in ids]
        rows = await search_store.found(*key, way._replace(limit=way.most))
        kept = await having.among(context, [row.site_id for row in rows])
        return [row for row in rows if row.site_id in kept][: way.limit]


def _choices(search: SiteSearch) -> list[Sequence[str]]:
    """List which lanes each condition of a search could be answered from."""
    choices: list[Sequence[str]] = []
    if search.text is not None:
        choices.append(TEXT)
    if search.customer_id is not None:
        choices.append(("customer_id",))
    if search.seen is not None:
        choices.append((search.seen.lower(),))
    if search.without_tariff:
        choices.append(("untariffed",))
    if search.device_type is not None:
        choices.append(("type",))
    if search.status is not None:
        choices.append(("status",))
    return choices or [("all",)]


def _backwards(at: SearchPosition | None) -> bool:
    return at is not None and at.backwards
