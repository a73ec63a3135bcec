"""Use-cases of readings that arrive: keep what is good, say of the rest why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np

from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock
from wattyard.kernel.pages import Page, Window
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import (
    FAILED_SHOWN,
    Failed,
    Indices,
    Marks,
    MeterBatchNotFound,
    Readings,
    Stream,
    apart,
    distinct,
    judged,
)
from wattyard.meters.domain.registers import RegisterRead, differences
from wattyard.meters.store import batches as batch_store
from wattyard.meters.store import months as month_store
from wattyard.meters.store import readings as reading_store
from wattyard.meters.store import series as series_store
from wattyard.platform.db import Connection, Database
from wattyard.sites.service import Devices, Places, States

_OVERLAP: Final = (
    "record_overlap",
    "the period overlaps another reading's; the same period again would replace it",
)


@dataclass
class Meters:
    """The readings of every account as they arrive."""

    db: Database
    places: Places
    devices: Devices
    states: States
    now: Clock
    new_id: IdMaker

    def __post_init__(self) -> None:
        self._months: set[int] = set()

    async def keep(
        self, caller: Caller, readings: Readings, *, submitted: int, failed: Sequence[Failed] = ()
    ) -> MeterBatch:
        """Keep the good of some readings as one batch, durable when it is answered."""
        batch = MeterBatch(self.new_id(), self.now())
        async with self.db.transaction() as db:
            accepted, refused = await self._take(db, caller, readings)
            batch = _added(batch, submitted, accepted, [*failed, *refused])
            await batch_store.insert(db, caller.account, caller.live_mode, batch)
        await self._see(caller, accepted)
        return batch

    async def begin(self, caller: Caller) -> MeterBatch:
        """Begin a batch whose records arrive as a stream."""
        batch = MeterBatch(self.new_id(), self.now(), complete=False)
        async with self.db.reading() as db:
            await batch_store.insert(db, caller.account, caller.live_mode, batch)
        return batch

    async def go_on(
        self,
        caller: Caller,
        batch: MeterBatch,
        readings: Readings,
        *,
        submitted: int,
        failed: Sequence[Failed] = (),
        last: bool,
    ) -> MeterBatch:
        """Keep more records of a batch: its counts always tell what is stored."""
        async with self.db.transaction() as db:
            accepted, refused = await self._take(db, caller, readings)
            batch = _added(batch, submitted, accepted, [*failed, *refused])
            batch = replace(batch, complete=last)
            await batch_store.update(db, caller.account, caller.live_mode, batch)
        await self._see(caller, accepted)
        return batch

    async def keep_register(
        self,
        caller: Caller,
        stream: Stream,
        reads: Sequence[RegisterRead],
        session: str | None,
        failed: Sequence[Failed] = (),
    ) -> MeterBatch:
        """Keep the differences of cumulative register reads as one batch.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
        """
        account, live = caller.account, caller.live_mode
        await self.places.supply(caller, stream.site_id, param="location_id")
        if stream.device_id is not None:
            await self.devices.device(caller, stream.device_id)
        batch = MeterBatch(self.new_id(), self.now())
        async with self.db.transaction() as db:
            series = (await series_store.have(db, account, live, [stream]))[stream]
            known = await series_store.register(db, account, live, series)
            base = None if known is None else RegisterRead(0, microseconds(known[0]), known[1])
            found = differences(base, reads)
            count = len(found.consumptions)
            readings = Readings(
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
            accepted, refused = await self._take(db, caller, readings)
            if found.base is not None:
                at = instant(found.base.time_us)
                await series_store.set_register(db, account, live, series, at, found.base.total_kwh)
            lost = [*failed, *found.failed, *refused]
            submitted = len(reads) + len(failed)
            batch = replace(
                _added(batch, submitted, accepted, lost),
                accepted=submitted - len({one.record_num for one in lost}),
            )
            await batch_store.insert(db, account, live, batch)
        await self._see(caller, accepted)
        return batch

    async def batch(self, caller: Caller, batch_id: UUID) -> MeterBatch:
        """Read what became of a batch.

        Raises:
            MeterBatchNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            found = await batch_store.by_id(db, caller.account, caller.live_mode, batch_id)
        if found is None:
            raise MeterBatchNotFound(f"there is no meter batch {ids.wire('bat', batch_id)}")
        return found

    async def page(self, caller: Caller, window: Window) -> Page[MeterBatch]:
        """Read one page of batches, newest first."""
        async with self.db.reading() as db:
            return await batch_store.page(db, caller.account, caller.live_mode, window)

    async def make_months(self, around: datetime) -> None:
        """Have the partitions of last month to three months ahead."""
        month = around.year * 12 + around.month - 1
        async with self.db.reading() as db:
            await month_store.make(db, range(month - 1, month + 4))

    async def _take(
        self, db: Connection, caller: Caller, readings: Readings
    ) -> tuple[Readings, list[Failed]]:
        """Judge readings and store the good ones, in the caller's transaction."""
        submitted = readings
        readings, failed = judged(readings, microseconds(self.now()))
        readings, unknown = await self._known(caller, readings)
        failed += unknown
        if not len(readings):
            return submitted.only(np.zeros(len(submitted), np.bool_)), failed
        account, live = caller.account, caller.live_mode
        await self._have_months(db, readings)
        used = [readings.streams[n] for n in np.unique(readings.stream).tolist()]
        series = await series_store.have(db, account, live, used)
        elsewhere = await series_store.elsewhere(db, account, live, series)
        numbers = np.array([series.get(stream, -1) for stream in readings.streams], dtype=np.int64)[
            readings.stream
        ]
        fits, moved = await _fitting(db, caller, readings, numbers, elsewhere)
        failed += readings.failed(~fits, *_OVERLAP)
        readings, numbers = readings.only(fits), numbers[fits]
        if not len(readings):
            return readings, failed
        periods = distinct(readings)
        clear = apart(readings.at(periods.last), periods.first_sent)
        failed += readings.failed(~clear[periods.period], *_OVERLAP)
        kept, numbers = readings.at(periods.last[clear]), numbers[periods.last[clear]]
        if moved is not None:
            await reading_store.remove(db, account, live, *moved)
        await reading_store.keep(db, account, live, kept, numbers)
        await self._note_sessions(db, caller, kept, numbers)
        return readings.only(clear[periods.period]), failed

    async def _known(self, caller: Caller, readings: Readings) -> tuple[Readings, list[Failed]]:
        """Fail the records of places and devices that the caller does not have."""
        streams = readings.streams
        sites = await self.places.supplies(caller, {stream.site_id for stream in streams})
        devices = await self.devices.present(
            caller, {stream.device_id for stream in streams if stream.device_id}
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
        return readings.only(known[readings.stream]), failed

    async def _have_months(self, db: Connection, readings: Readings) -> None:
        starts = readings.starts_us.astype("datetime64[us]").astype("datetime64[M]")
        months = {1970 * 12 + n for n in np.unique(starts.astype(np.int64)).tolist()}
        if months - self._months:
            made = await month_store.make(db, sorted(months - self._months))
            self._months |= months - made  # what was made may be undone with the transaction

    async def _note_sessions(
        self, db: Connection, caller: Caller, kept: Readings, numbers: Indices
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
            await reading_store.note_sessions(db, caller.account, caller.live_mode, rows)

    async def _see(self, caller: Caller, accepted: Readings) -> None:
        """Move the devices' `last_seen`: to the end of the newest reading, never ahead of now."""
        now_us = microseconds(self.now())
        ends_us = np.zeros(max(len(accepted.streams), 1), np.int64)
        np.maximum.at(ends_us, accepted.stream, np.minimum(accepted.ends_us, now_us))
        seen: dict[UUID, datetime] = {}
        for stream, end_us in zip(accepted.streams, ends_us.tolist(), strict=False):
            if stream.device_id is not None and end_us:
                at = instant(end_us)
                seen[stream.device_id] = max(at, seen.get(stream.device_id, at))
        if seen:
            await self.states.see(caller, seen)


async def _fitting(
    db: Connection,
    caller: Caller,
    readings: Readings,
    numbers: Indices,
    elsewhere: Mapping[int, Stream],
) -> tuple[Marks, tuple[Indices, Indices] | None]:
    """Mark readings that overlap no stored one of another period.

    Gives too the (series, starts) of readings of the same device and period at another site,
    which the new ones replace.
    """
    keys: dict[object, int] = {}
    of_stream = [keys.setdefault(stream.key, len(keys)) for stream in readings.streams]
    key = np.array(of_stream, dtype=np.int64)[readings.stream]
    key_of_series = dict(zip(numbers.tolist(), key.tolist(), strict=True))
    for number, stream in elsewhere.items():
        if stream.key in keys:
            key_of_series[number] = keys[stream.key]
    series = np.array(sorted(key_of_series), dtype=np.int64)
    lows, highs = _extents(readings, key, len(keys))
    place = np.array([key_of_series[number] for number in series.tolist()], dtype=np.int64)
    stored = await reading_store.periods(
        db, caller.account, caller.live_mode, series, (lows[place], highs[place])
    )
    fits = np.ones(len(readings), np.bool_)
    if not stored.series.size:
        return fits, None
    stored_key = np.array([key_of_series[n] for n in stored.series.tolist()], dtype=np.int64)
    order = np.lexsort((stored.starts_us, stored_key))
    stored_key, starts, ends = stored_key[order], stored.starts_us[order], stored.ends_us[order]
    same, clash = _met((key, readings.starts_us, readings.ends_us), (stored_key, starts, ends))
    moved = np.unique(same[same >= 0])
    away = moved[stored.series[order][moved] != _series_at(numbers, same, moved)]
    gone = (stored.series[order][away], starts[away]) if away.size else None
    return ~clash, gone


def _extents(readings: Readings, key: Indices, count: int) -> tuple[Indices, Indices]:
    """Find from when to when the readings of each key reach."""
    lows = np.full(count, np.iinfo(np.int64).max)
    highs = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(lows, key, readings.starts_us)
    np.maximum.at(highs, key, readings.ends_us)
    empty = lows > highs
    lows[empty], highs[empty] = 0, 1
    return lows, highs


def _met(
    new: tuple[Indices, Indices, Indices], stored: tuple[Indices, Indices, Indices]
) -> tuple[Indices, Marks]:
    """For each new (key, start, end): the place of the stored one that is the same (-1 for none),
    and whether it overlaps a stored one that is not.

    Stored ones of a key never overlap, so only the last that starts before the end matters.
    """
    both = np.concatenate([new[2], stored[1]]), np.concatenate([new[0], stored[0]])
    rank = np.lexsort((np.r_[np.zeros(new[0].size), np.ones(stored[0].size)], *both))
    position = np.empty(rank.size, np.int64)
    position[rank] = np.cumsum(rank >= new[0].size)
    last = position[: new[0].size] - 1
    here = (last >= 0) & (stored[0][last] == new[0])
    same = here & (stored[1][last] == new[1]) & (stored[2][last] == new[2])
    clash = here & ~same & (stored[2][last] > new[1])
    return np.where(same, last, -1), clash


def _series_at(numbers: Indices, same: Indices, moved: Indices) -> Indices:
    """The series of the new reading that is the same as each stored one in `moved`."""
    order = np.argsort(same, kind="stable")
    return numbers[order[np.searchsorted(same[order], moved)]]


def _added(
    batch: MeterBatch, submitted: int, accepted: Readings, failed: Sequence[Failed]
) -> MeterBatch:
    """Count more records of a batch; the numbers of failed ones go on from those before."""
    shown = [
        replace(one, record_num=one.record_num + batch.submitted)
        for one in sorted(failed, key=lambda one: one.record_num)
    ]
    return replace(
        batch,
        submitted=batch.submitted + submitted,
        accepted=batch.accepted + len(accepted),
        failed_count=batch.failed_count + len(failed),
        failed=(*batch.failed, *shown)[:FAILED_SHOWN],
    )
