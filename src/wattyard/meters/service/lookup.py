"""Use-cases of stored readings: search, group, and read for pricing."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from wattyard.kernel import civil
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import period_edges
from wattyard.kernel.pages import Page
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.adding import added_up, by_meter
from wattyard.meters.domain.coverage import covered_us
from wattyard.meters.domain.grouping import sums
from wattyard.meters.domain.readings import Metered, Stream, TariffDirection
from wattyard.meters.domain.records import Record, Search, StreamReadings
from wattyard.meters.service.shared_reads import keep, kept_of
from wattyard.meters.store import columns
from wattyard.meters.store import readings as reading_store
from wattyard.meters.store import series as series_store
from wattyard.meters.store.readings import PagePosition
from wattyard.platform.db import Database, ReadConnection
from wattyard.platform.work import beside
from wattyard.sites.service import Devices, Sites

_LAST: Final = 2**63 - 1


@dataclass
class Records:
    """The stored readings of every account."""

    db: Database
    sites: Sites
    devices: Devices

    async def search(self, context: Context, search: Search) -> Page[Record]:
        """Read one page of records.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
        """
        zone_name = "UTC"
        if search.site_id is not None:
            site = await self.sites.supply(context, search.site_id, param="location_id")
            zone_name = site.timezone
        if search.device_id is not None:
            device = await self.devices.device(context, search.device_id)
            if search.site_id is None:
                sites = await self.sites.supplies(context, device.locations)
                zone_name = sites[min(sites)].timezone if sites else zone_name
        async with self.db.reading() as db:
            known = await series_store.of(
                db,
                context.account,
                context.live_mode,
                site_id=search.site_id,
                device_id=search.device_id,
            )
            streams = {
                number: stream
                for number, stream in known.items()
                if context.may_see(stream.site_id)
                and search.flow in (None, stream.flow)
                and search.direction in (None, stream.direction)
            }
            if search.group_by is None:
                return await self._page(db, context, search, streams)
            metered = await _between(db, context, streams, search.span)
        found = await _by_meter(_divided(metered, streams))
        return await beside(_grouped, found, search, zone_name)

    async def of_object(
        self,
        context: Context,
        span: Span,
        *,
        site_id: UUID | None,
        device_id: UUID | None,
        direction: TariffDirection,
    ) -> list[StreamReadings]:
        """Read what was metered for a device, or by a site's own meter.

        One stream for each direction of flow at each site: registers are added up. Inside
        `read_once` the same question is not asked twice.
        """
        meter = (context.caller, site_id, device_id, direction)
        if (known_already := kept_of(meter, span)) is not None:
            return known_already
        async with self.db.reading() as db:
            known = await series_store.of(
                db, context.account, context.live_mode, site_id=site_id, device_id=device_id
            )
            streams = _seen(context, known, direction)
            metered = await _between(db, context, streams, span)
        found = await _by_meter(_divided(metered, streams))
        keep(meter, span, found)
        return found

    async def covered(
        self, context: Context, site_id: UUID, direction: TariffDirection, edges_us: Microseconds
    ) -> Microseconds:
        """Measure for how long a site's own meter has readings in the periods between edges.

        `edges_us` (n + 1, at least two) are instants; the answer (n) is in microseconds. Inside
        `read_once` they are not read again.
        """
        span = Span(instant(int(edges_us[0])), instant(int(edges_us[-1])))
        found = kept_of((context.caller, site_id, None, direction), span, wider=True)
        if found is None:
            found = await self.of_object(
                context, span, site_id=site_id, device_id=None, direction=direction
            )
        nothing = np.zeros(0, np.int64)
        starts = np.concatenate([nothing, *(one.metered.starts_us for one in found)])
        ends = np.concatenate([nothing, *(one.metered.ends_us for one in found)])
        return covered_us(edges_us, starts, ends)

    async def total_kwh(self, context: Context, span: Span, meter: Stream) -> float:
        """Sum up what all registers of a meter read: a device's, or a site's own."""
        account, live = context.account, context.live_mode
        async with self.db.reading() as db:
            own = await self._registers(db, context, meter)
            return await columns.total_kwh(db, account, live, own, span)

    async def has_some(self, context: Context, span: Span, meter: Stream) -> bool:
        """Whether some register of a meter has a reading in a span: a device's, or a site's own."""
        account, live = context.account, context.live_mode
        async with self.db.reading() as db:
            own = await self._registers(db, context, meter)
            return bool(await columns.having(db, account, live, own, span))

    async def of_session(
        self, context: Context, session: str, direction: TariffDirection
    ) -> list[StreamReadings]:
        """Read what was metered in a session for a direction, registers added up."""
        async with self.db.snapshot() as db:
            account, live = context.account, context.live_mode
            metered = await columns.of_session(db, account, live, session)
            numbers = np.unique(metered.series).tolist()
            streams = await series_store.by_number(db, account, live, numbers) if numbers else {}
        return await _by_meter(_divided(metered, _seen(context, streams, direction)))

    async def streams_with(
        self, context: Context, device_id: UUID, direction: TariffDirection, span: Span
    ) -> dict[int, Stream]:
        """Find where a device has readings of a direction in a span: a series for each meter.

        A series stands for all registers of the device at its site (see `of_streams`).
        """
        async with self.db.snapshot() as db:
            account, live = context.account, context.live_mode
            known = await series_store.of(db, account, live, site_id=None, device_id=device_id)
            streams = _seen(context, known, direction)
            with_some = await columns.having(db, account, live, list(streams), span)
        return _one_each({number: streams[number] for number in with_some})

    async def streams_at(self, context: Context, site_id: UUID) -> dict[int, Stream]:
        """Find what is read at a site, by its own meter and by those of its devices.

        A series stands for all registers of its meter (see `of_streams`).
        """
        async with self.db.reading() as db:
            account, live = context.account, context.live_mode
            return _one_each(await series_store.at_site(db, account, live, site_id))

    async def of_streams(
        self, context: Context, streams: Mapping[int, Stream], spans: Mapping[int, Span]
    ) -> list[StreamReadings]:
        """Read what all registers of meters read, each named by one series, in a span of its own.

        `streams` has one series for each meter at a site, as the other questions give them.
        """
        if not spans:
            return []
        async with self.db.reading() as db:
            metered = await columns.each_between(db, context.account, context.live_mode, spans)
        return [await _apart(one) for one in _divided(metered, streams)]

    async def _registers(self, db: ReadConnection, context: Context, meter: Stream) -> list[int]:
        """List the series of all registers of a meter."""
        known = await series_store.of(
            db,
            context.account,
            context.live_mode,
            site_id=meter.site_id,
            device_id=meter.device_id,
        )
        wanted = meter.of_all_registers
        return [n for n, stream in known.items() if stream.of_all_registers == wanted]

    async def _page(
        self, db: ReadConnection, context: Context, search: Search, streams: dict[int, Stream]
    ) -> Page[Record]:
        newest = search.order == "NEWEST"
        after = search.after or ((microseconds(search.span.end), _LAST) if newest else (0, 0))
        position = PagePosition(
            search.span.start, search.span.end, (instant(after[0]), after[1]), newest, search.limit
        )
        rows = await reading_store.page(
            db, context.account, context.live_mode, list(streams), position
        )
        found = [
            Record((row[1], row[0]), streams[row[0]], instant(row[1]), instant(row[2]), *row[3:])
            for row in rows[: search.limit]
        ]
        return Page(found, len(rows) > search.limit)


def _one_each(streams: Mapping[int, Stream]) -> dict[int, Stream]:
    """Choose one series, the first, for all registers of each meter."""
    first: dict[Stream, int] = {}
    for number in sorted(streams):
        first.setdefault(streams[number].of_all_registers, number)
    return {number: stream for stream, number in first.items()}


def _seen(
    context: Context, known: Mapping[int, Stream], direction: TariffDirection
) -> dict[int, Stream]:
    """The streams of a direction at the places that the caller's key is for."""
    return {
        number: stream
        for number, stream in known.items()
        if stream.direction == direction and context.may_see(stream.site_id)
    }


async def _between(
    db: ReadConnection, context: Context, streams: Mapping[int, Stream], span: Span
) -> Metered:
    return await columns.between(
        db, context.account, context.live_mode, list(streams), span.start, span.end
    )


def _grouped(streams: list[StreamReadings], search: Search, zone_name: str) -> Page[Record]:
    """Sum up the readings of each stream by the local periods of a search: one page of them."""
    assert search.group_by is not None  # noqa: S101 (asked by search alone)
    span = search.span
    edges = period_edges(
        search.group_by,
        civil.zone(zone_name),
        (microseconds(span.start), microseconds(span.end)),
    )
    found: list[Record] = []
    for one in streams:
        metered, number = one.metered, int(one.metered.series[0])
        groups = sums(
            edges, metered.starts_us, metered.ends_us, metered.energy_kwh, metered.confidence
        )
        found += [
            Record(
                (int(edges[position]), number),
                one.stream,
                instant(int(edges[position])),
                instant(int(edges[position + 1])),
                energy_kwh,
                confidence,
            )
            for position, energy_kwh, confidence in zip(
                groups.position.tolist(),
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


async def _by_meter(found: list[StreamReadings]) -> list[StreamReadings]:
    """Add up the registers of each meter, off the event loop: a year of them takes long."""
    if all(one.stream.register is None for one in found):
        return found
    return await beside(by_meter, found)


async def _apart(one: StreamReadings) -> StreamReadings:
    """Add up the readings of a meter where those of its registers overlap."""
    metered = one.metered
    if (metered.starts_us[1:] >= metered.ends_us[:-1]).all():
        return one
    return StreamReadings(one.stream, await beside(added_up, [metered]))


def _divided(metered: Metered, streams: Mapping[int, Stream]) -> list[StreamReadings]:
    """Divide readings by their series, in the order of its number.

    Readings of a series that `streams` does not know, deleted meanwhile, are left out.
    """
    numbers, firsts = np.unique(metered.series, return_index=True)
    lasts = [*firsts[1:].tolist(), metered.series.size]
    return [
        StreamReadings(streams[number], metered.part(slice(first, last)))
        for number, first, last in zip(numbers.tolist(), firsts.tolist(), lasts, strict=False)
        if number in streams
    ]
