"""Use-cases of readings that are kept: search, group, and hand to those who price them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from wattyard.kernel import civil
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Clock, Span
from wattyard.kernel.local_periods import period_edges
from wattyard.kernel.pages import Page
from wattyard.meters.domain.grouping import sums
from wattyard.meters.domain.readings import Metered, Stream, TariffDirection
from wattyard.meters.domain.records import Record, Search, StreamReadings
from wattyard.meters.store import readings as reading_store
from wattyard.meters.store import series as series_store
from wattyard.meters.store.readings import Place
from wattyard.platform.db import Connection, Database
from wattyard.sites.service import Devices, Places

_LAST: Final = 2**63 - 1


@dataclass
class Records:
    """The readings of every account as they are kept."""

    db: Database
    places: Places
    devices: Devices
    now: Clock

    async def search(self, caller: Caller, search: Search) -> Page[Record]:
        """Read one page of records.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
        """
        zone_name = "UTC"
        if search.site_id is not None:
            site = await self.places.supply(caller, search.site_id, param="location_id")
            zone_name = site.timezone
        if search.device_id is not None:
            device = await self.devices.device(caller, search.device_id)
            if search.site_id is None:
                sites = await self.places.supplies(caller, device.locations)
                zone_name = sites[min(sites)].timezone if sites else zone_name
        async with self.db.reading() as db:
            known = await series_store.of(
                db,
                caller.account,
                caller.live_mode,
                site_id=search.site_id,
                device_id=search.device_id,
            )
            streams = {
                number: stream
                for number, stream in known.items()
                if search.flow in (None, stream.flow)
                and search.direction in (None, stream.direction)
            }
            if search.group_by is None:
                return await self._page(db, caller, search, streams)
            return await self._groups(db, caller, search, streams, zone_name)

    async def of_object(
        self,
        caller: Caller,
        span: Span,
        *,
        site_id: UUID | None,
        device_id: UUID | None,
        direction: TariffDirection,
    ) -> list[StreamReadings]:
        """Read what was metered for a device, or by a site's own meter, stream by stream."""
        async with self.db.reading() as db:
            known = await series_store.of(
                db, caller.account, caller.live_mode, site_id=site_id, device_id=device_id
            )
            streams = {n: stream for n, stream in known.items() if stream.direction == direction}
            return await _by_stream(db, caller, streams, span)

    async def total_kwh(self, caller: Caller, span: Span, meter: Stream) -> float:
        """Sum up what was metered in one stream: a device's own, or a site's without a device."""
        async with self.db.reading() as db:
            known = await series_store.of(
                db,
                caller.account,
                caller.live_mode,
                site_id=meter.site_id,
                device_id=meter.device_id,
            )
            own = [number for number, stream in known.items() if stream == meter]
            return await reading_store.total_kwh(
                db, caller.account, caller.live_mode, own, span.start, span.end
            )

    async def of_session(self, caller: Caller, session: str) -> list[StreamReadings]:
        """Read what was metered in a session, stream by stream."""
        async with self.db.reading() as db:
            found = []
            noted = await reading_store.sessions(db, caller.account, caller.live_mode, session)
            streams = await series_store.by_number(
                db, caller.account, caller.live_mode, [number for number, _, _ in noted]
            )
            for number, start, end in noted:
                if number not in streams:
                    continue  # deleted between the two statements
                metered = await reading_store.between(
                    db, caller.account, caller.live_mode, [number], start, end
                )
                own = np.array([one == session for one in metered.sessions], dtype=np.bool_)
                if own.any():
                    found.append(StreamReadings(streams[number], _only(metered, own)))
        return found

    async def _page(
        self, db: Connection, caller: Caller, search: Search, streams: dict[int, Stream]
    ) -> Page[Record]:
        newest = search.order == "NEWEST"
        after = search.after or ((microseconds(search.span.end), _LAST) if newest else (0, 0))
        place = Place(
            search.span.start, search.span.end, (instant(after[0]), after[1]), newest, search.limit
        )
        rows = await reading_store.page(db, caller.account, caller.live_mode, list(streams), place)
        found = [
            Record((row[1], row[0]), streams[row[0]], instant(row[1]), instant(row[2]), *row[3:])
            for row in rows[: search.limit]
        ]
        return Page(found, len(rows) > search.limit)

    async def _groups(
        self,
        db: Connection,
        caller: Caller,
        search: Search,
        streams: dict[int, Stream],
        zone_name: str,
    ) -> Page[Record]:
        assert search.group_by is not None  # noqa: S101 (asked by search alone)
        span = search.span
        edges = period_edges(
            search.group_by,
            civil.zone(zone_name),
            (microseconds(span.start), microseconds(span.end)),
        )
        found: list[Record] = []
        for one in await _by_stream(db, caller, streams, span):
            metered, number = one.metered, int(one.metered.series[0])
            groups = sums(
                edges, metered.starts_us, metered.ends_us, metered.energy_kwh, metered.confidence
            )
            found += [
                Record(
                    (int(edges[place]), number),
                    one.stream,
                    instant(int(edges[place])),
                    instant(int(edges[place + 1])),
                    energy_kwh,
                    confidence,
                )
                for place, energy_kwh, confidence in zip(
                    groups.place.tolist(),
                    groups.energy_kwh.tolist(),
                    groups.confidence.tolist(),
                    strict=True,
                )
            ]
        newest = search.order == "NEWEST"
        found.sort(key=lambda record: record.position, reverse=newest)
        if search.after is not None:
            after = search.after
            found = [r for r in found if (r.position < after if newest else r.position > after)]
        return Page(found[: search.limit], len(found) > search.limit)


async def _by_stream(
    db: Connection, caller: Caller, streams: dict[int, Stream], span: Span
) -> list[StreamReadings]:
    metered = await reading_store.between(
        db, caller.account, caller.live_mode, list(streams), span.start, span.end
    )
    return [
        StreamReadings(streams[number], _only(metered, metered.series == number))
        for number in np.unique(metered.series).tolist()
    ]


def _only(metered: Metered, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Metered:
    if kept.all():
        return metered
    places: Sequence[int] = np.flatnonzero(kept).tolist()
    return Metered(
        metered.series[kept],
        metered.starts_us[kept],
        metered.ends_us[kept],
        metered.energy_kwh[kept],
        metered.confidence[kept],
        [metered.sessions[n] for n in places],
        [metered.references[n] for n in places],
    )
