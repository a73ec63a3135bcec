"""Use-cases of incoming readings: store the good ones, report the rest."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from wattyard.kernel import civil, ids
from wattyard.kernel.arrays import Integers, np
from wattyard.kernel.caps import LimitReached
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import (
    AHEAD,
    EARLIEST,
    FAILED_SHOWN,
    RECORDS_IN_A_STREAM,
    TOO_LONG,
    Failed,
    MeterBatchNotFound,
    Readings,
    Stream,
    judged,
    longer_on_the_wall,
)
from wattyard.meters.domain.registers import (
    TOO_MANY,
    Differences,
    RegisterRead,
    beyond_the_most,
    differences,
)
from wattyard.meters.service.conflicts import WithoutConflicts, without_conflicts
from wattyard.meters.service.months import Months
from wattyard.meters.store import batches as batch_store
from wattyard.meters.store import readings as reading_store
from wattyard.meters.store import series as series_store
from wattyard.platform.db import Database, WriteConnection
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.sites.service import Devices, Sites, States


class _Undone(Exception):
    """Rolls a transaction back."""


@dataclass
class Meters:
    """The readings of every account as they arrive, at most `stream_records` in a stream."""

    db: Database
    sites: Sites
    devices: Devices
    states: States
    months: Months
    stream_records: int = RECORDS_IN_A_STREAM

    async def keep(
        self, context: Context, readings: Readings, *, submitted: int, failed: Sequence[Failed] = ()
    ) -> MeterBatch:
        """Store the good readings as one batch, durable when this returns."""
        batch = MeterBatch(context.new_id(), context.now)
        sound, unsound = await self._sound(context, readings)
        await self.months.have(sound.starts_us)
        async with self.db.transaction() as db:
            accepted, refused = await self._take(db, context, sound)
            batch = _added(batch, submitted, accepted, [*failed, *unsound, *refused])
            await batch_store.insert(db, context.account, context.live_mode, batch)
        await self._see(context, accepted)
        return batch

    async def begin(self, context: Context) -> MeterBatch:
        """Begin a batch whose records arrive as a stream."""
        batch = MeterBatch(context.new_id(), context.now, complete=False)
        async with self.db.transaction() as db:
            await batch_store.insert(db, context.account, context.live_mode, batch)
        return batch

    async def go_on(
        self,
        context: Context,
        batch: MeterBatch,
        readings: Readings,
        *,
        submitted: int,
        failed: Sequence[Failed] = (),
        last: bool,
    ) -> MeterBatch:
        """Keep more records of a batch: its counts always tell what is stored."""
        sound, unsound = await self._sound(context, readings)
        await self.months.have(sound.starts_us)
        async with self.db.transaction() as db:
            accepted, refused = await self._take(db, context, sound, batch.transactions)
            batch = _added(batch, submitted, accepted, [*failed, *unsound, *refused])
            if not last:
                number = await reading_store.transaction_number(db)
                batch = replace(batch, transactions=(*batch.transactions, number))
            batch = replace(batch, complete=last)
            await batch_store.update(db, context.account, context.live_mode, batch)
        await self._see(context, accepted)
        return batch

    async def judge(self, context: Context, readings: Readings) -> list[Failed]:
        """Find which readings would not be stored now; stores none."""
        sound, failed = await self._sound(context, readings)
        with suppress(_Undone):
            async with self.db.transaction() as db:
                failed += (await self._settled(db, context, sound)).failed
                raise _Undone  # rolls new series back, too
        return sorted(failed, key=lambda one: one.record_num)

    async def keep_register(
        self,
        context: Context,
        stream: Stream,
        reads: Sequence[RegisterRead],
        session: str | None,
        failed: Sequence[Failed] = (),
    ) -> MeterBatch:
        """Keep the differences of cumulative register reads as one batch.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
            LimitReached: when the meter has as many registers as it may.
        """
        account, live = context.account, context.live_mode
        await self.sites.supply(context, stream.site_id, param="location_id")
        if stream.device_id is not None:
            await self.devices.device(context, stream.device_id)
        if any(await self._beyond(context, [stream])):
            raise LimitReached(TOO_MANY[1])
        batch = MeterBatch(context.new_id(), context.now)
        latest_us = microseconds(context.now + AHEAD)
        await self.months.have(_between([read.time_us for read in reads], EARLIEST, latest_us))
        async with self.db.transaction() as db:
            numbers = await self._have_series(db, context, [stream])
            series = next((number for number, one in numbers.items() if one == stream), None)
            if series is None:
                noun = ids.wire("loc", stream.site_id)
                raise LocationNotFound(f"there is no location {noun}", param="location_id")
            state = await series_store.register(db, account, live, series)
            found = differences(state, reads, microseconds(context.now))
            readings, unsound = judged(_consumed(stream, found, session), microseconds(context.now))
            await self.months.have(readings.starts_us)  # a gap can span others
            if found.withdrawn_us is not None:
                await reading_store.remove_empty(db, account, live, series, found.withdrawn_us)
            accepted, refused = await self._take(db, context, readings)
            if found.state is not None:
                await series_store.set_register(db, account, live, series, found.state)
            lost = [*failed, *found.failed, *unsound, *refused]
            submitted = len(reads) + len(failed)
            batch = replace(
                _added(batch, submitted, accepted, lost),
                accepted=submitted - len({one.record_num for one in lost}),
            )
            await batch_store.insert(db, account, live, batch)
        await self._see(context, accepted)
        return batch

    async def batch(self, context: Context, batch_id: UUID) -> MeterBatch:
        """Read what became of a batch.

        Raises:
            MeterBatchNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            found = await batch_store.by_id(db, context.account, context.live_mode, batch_id)
        if found is None or context.site_ids is not None:
            raise MeterBatchNotFound(f"there is no meter batch {ids.wire('bat', batch_id)}")
        return found

    async def page(self, context: Context, window: PageWindow) -> Page[MeterBatch]:
        """Read one page of batches, newest first; a key for some places sees none."""
        if context.site_ids is not None:
            return Page([], has_more=False)
        async with self.db.reading() as db:
            return await batch_store.page(db, context.account, context.live_mode, window)

    async def _sound(self, context: Context, readings: Readings) -> tuple[Readings, list[Failed]]:
        """Keep readings of the caller's sites and devices, whatever is stored."""
        readings, failed = judged(readings, microseconds(context.now))
        readings, unknown = await self._known(context, readings)
        beyond = np.array(await self._beyond(context, readings.streams), np.bool_)
        if beyond.any():
            marks = beyond[readings.stream]
            failed += readings.failed(marks, *TOO_MANY)
            readings = readings.only(~marks)
        return readings, failed + unknown

    async def _beyond(self, context: Context, streams: Sequence[Stream]) -> list[bool]:
        """Mark the streams (n) that would be a register too many of their meter."""
        named = [stream for stream in streams if stream.register is not None]
        if not named:
            return [False] * len(streams)
        async with self.db.reading() as db:
            stored = await series_store.of_meters(db, context.account, context.live_mode, named)
        return beyond_the_most(stored, streams)

    async def _take(
        self,
        db: WriteConnection,
        context: Context,
        readings: Readings,
        earlier: Sequence[int] = (),
    ) -> tuple[Readings, list[Failed]]:
        """Store the valid readings that fit, in the caller's transaction.

        `earlier`: the transactions that stored what came before in the same batch.
        """
        own = await self._settled(db, context, readings, earlier)
        kept, series, stored_in = own.kept, own.series, own.stored_in
        account, live = context.account, context.live_mode
        new = stored_in != series
        moved = new & (stored_in >= 0)
        if moved.any():
            await reading_store.remove(db, account, live, stored_in[moved], kept.starts_us[moved])
        if new.any():
            await reading_store.add(db, account, live, kept.only(new), series[new])
        if not new.all():
            await reading_store.replace(db, account, live, kept.only(~new), series[~new])
        await self._note_sessions(db, context, kept, series)
        return own.accepted, own.failed

    async def _settled(
        self,
        db: WriteConnection,
        context: Context,
        readings: Readings,
        earlier: Sequence[int] = (),
    ) -> WithoutConflicts:
        """Check readings against each other and against stored ones; locks their series."""
        used = [readings.streams[n] for n in np.unique(readings.stream).tolist()]
        series = await self._have_series(db, context, used)
        return await without_conflicts(db, context, readings, series, earlier)

    async def _have_series(
        self, db: WriteConnection, context: Context, streams: Sequence[Stream]
    ) -> dict[int, Stream]:
        """Lock the series of streams and of their devices elsewhere; make those that are missing.

        A stream whose site was deleted meanwhile has none.
        """
        account, live = context.account, context.live_mode
        if not streams:
            return {}
        missing = await series_store.missing(db, account, live, streams)
        if missing:
            held = await self.sites.held(context, {stream.site_id for stream in missing})
            there = [stream for stream in missing if stream.site_id in held]
            await series_store.add(db, account, live, there)
        return await series_store.locked(db, account, live, streams)

    async def _known(self, context: Context, readings: Readings) -> tuple[Readings, list[Failed]]:
        """Fail the records of sites and devices that the caller does not have, and those that
        are too long by the clock of their site."""
        streams = readings.streams
        sites = await self.sites.supplies(context, {stream.site_id for stream in streams})
        devices = await self.devices.present(
            context, {stream.device_id for stream in streams if stream.device_id}
        )
        failed: list[Failed] = []
        known = np.ones(max(len(streams), 1), np.bool_)
        for place, stream in enumerate(streams):
            if stream.site_id not in sites:
                code, noun = "location", ids.wire("loc", stream.site_id)
            elif stream.device_id is not None and stream.device_id not in devices:
                code, noun = "device", ids.wire("dev", stream.device_id)
            else:
                continue
            known[place] = False
            here = readings.stream == place
            failed += readings.failed(here, f"{code}_not_found", f"there is no {code} {noun}")
        readings = readings.only(known[readings.stream])
        zones = [
            civil.zone(sites[stream.site_id].timezone) if stream.site_id in sites else None
            for stream in streams
        ]
        longer = longer_on_the_wall(readings, zones)
        return readings.only(~longer), failed + readings.failed(longer, *TOO_LONG)

    async def _note_sessions(
        self, db: WriteConnection, context: Context, kept: Readings, numbers: Integers
    ) -> None:
        spans: dict[tuple[str, int], tuple[int, int]] = {}
        for n, session in enumerate(kept.sessions):
            if session is None:
                continue
            key = (session, int(numbers[n]))
            start, end = int(kept.starts_us[n]), int(kept.ends_us[n])
            low, high = spans.get(key, (start, end))
            spans[key] = min(low, start), max(high, end)
        if spans:
            rows = [(*key, instant(low), instant(high)) for key, (low, high) in spans.items()]
            await reading_store.note_sessions(db, context.account, context.live_mode, rows)

    async def _see(self, context: Context, accepted: Readings) -> None:
        """Move the devices' `last_seen`: to the end of the newest reading, never ahead of now."""
        now_us = microseconds(context.now)
        ends_us = np.zeros(max(len(accepted.streams), 1), np.int64)
        np.maximum.at(ends_us, accepted.stream, np.minimum(accepted.ends_us, now_us))
        seen: dict[UUID, datetime] = {}
        for stream, end_us in zip(accepted.streams, ends_us.tolist(), strict=False):
            if stream.device_id is not None and end_us:
                at = instant(end_us)
                seen[stream.device_id] = max(at, seen.get(stream.device_id, at))
        if seen:
            await self.states.see(context, seen)


def _consumed(stream: Stream, found: Differences, session: str | None) -> Readings:
    count = len(found.consumptions)
    return Readings(
        (stream,),
        np.array([c.number for c in found.consumptions], dtype=np.int64),
        np.zeros(count, np.int64),
        np.array([c.start_us for c in found.consumptions], dtype=np.int64),
        np.array([c.end_us for c in found.consumptions], dtype=np.int64),
        np.array([c.energy_kwh for c in found.consumptions], dtype=np.float64),
        np.ones(count),
        [session] * count,
        [None] * count,
    )


def _between(times_us: Sequence[int], low_us: int, high_us: int) -> Microseconds:
    times = np.array(times_us, dtype=np.int64)
    return times[(times >= low_us) & (times <= high_us)]


def _added(
    batch: MeterBatch, submitted: int, accepted: Readings, failed: Sequence[Failed]
) -> MeterBatch:
    """Count more records of a batch; the numbers of failed ones go on from those before."""
    room = FAILED_SHOWN - len(batch.failed)
    shown = sorted(failed, key=attrgetter("record_num"))[:room]
    if batch.submitted:
        shown = [replace(one, record_num=one.record_num + batch.submitted) for one in shown]
    return replace(
        batch,
        submitted=batch.submitted + submitted,
        accepted=batch.accepted + len(accepted),
        failed_count=batch.failed_count + len(failed),
        failed=(*batch.failed, *shown),
    )
