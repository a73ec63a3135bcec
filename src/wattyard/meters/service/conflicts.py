"""What to do with readings that arrive: which are stored where, and which are refused."""

from collections.abc import Mapping, Sequence
from typing import Final

from wattyard.kernel.arrays import Integers, Marks, np
from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.distinct_readings import apart, distinct, same_energy
from wattyard.meters.domain.readings import Failed, Readings, Stream
from wattyard.meters.service.overlaps import compared_with_stored
from wattyard.meters.store import readings as reading_store
from wattyard.platform.db import ReadConnection

_OVERLAP: Final = "record_overlap"
_OVERLAPS: Final = (
    "the period overlaps another reading's; the same period again would replace it, and where "
    "registers add up, every reading needs its register"
)
_DUPLICATE: Final = "record_duplicate"
_DIFFERS: Final = (
    "an earlier record gave another value for this period, and that one was kept; if both "
    "count, name their registers or directions"
)
_GONE: Final = ("location_not_found", "the location was deleted while its readings arrived")


@dataclass(frozen=True, slots=True, eq=False)
class WithoutConflicts:
    """What to do with readings that were sent.

    `kept` (n) are those to store, each in its `series` (n), where their period may be `stored_in`
    (n) that series or another one already; `accepted` counts a period that was sent twice as two.
    """

    accepted: Readings
    kept: Readings
    series: Integers
    stored_in: Integers
    failed: list[Failed]


async def without_conflicts(
    db: ReadConnection,
    context: Context,
    readings: Readings,
    series: Mapping[int, Stream],
    earlier: Sequence[int],
) -> WithoutConflicts:
    """Check readings against each other and against stored ones.

    `series` are all registers of their meters, locked. `earlier`: the transactions that stored
    what came before in the same batch; what they stored is not replaced by another value.
    """
    numbers = _numbers(readings, series)
    failed = readings.failed(numbers < 0, *_GONE)
    readings, numbers = readings.only(numbers >= 0), numbers[numbers >= 0]
    if not len(readings):
        return WithoutConflicts(readings, readings, numbers, numbers, failed)
    clear, stored_in = await compared_with_stored(db, context, readings, series)
    failed += readings.failed(~clear, _OVERLAP, _OVERLAPS)
    readings, numbers, stored_in = readings.only(clear), numbers[clear], stored_in[clear]
    if earlier and (stored_in >= 0).any():
        same = ~await _differing(db, context, readings, stored_in, earlier)
        failed += readings.failed(~same, _DUPLICATE, _DIFFERS)
        readings, numbers, stored_in = readings.only(same), numbers[same], stored_in[same]
    if not len(readings):
        return WithoutConflicts(readings, readings, numbers, stored_in, failed)
    periods = distinct(readings)
    together = apart(readings.at(periods.last), periods.first_sent)[periods.period]
    failed += readings.failed(~together, _OVERLAP, _OVERLAPS)
    failed += readings.failed(together & periods.differing, _DUPLICATE, _DIFFERS)
    kept = periods.last[together[periods.last]]
    return WithoutConflicts(
        accepted=readings.only(together & ~periods.differing),
        kept=readings.at(kept),
        series=numbers[kept],
        stored_in=stored_in[kept],
        failed=failed,
    )


async def _differing(
    db: ReadConnection,
    context: Context,
    readings: Readings,
    stored_in: Integers,
    earlier: Sequence[int],
) -> Marks:
    """Mark (n) readings whose period earlier transactions stored with another energy."""
    there = np.flatnonzero(stored_in >= 0)
    stored_kwh = await reading_store.written_by(
        db,
        context.account,
        context.live_mode,
        (stored_in[there], readings.starts_us[there]),
        earlier,
    )
    marks = np.zeros(len(readings), np.bool_)
    written = ~np.isnan(stored_kwh)
    marks[there[written]] = ~same_energy(readings.energy_kwh[there[written]], stored_kwh[written])
    return marks


def _numbers(readings: Readings, series: Mapping[int, Stream]) -> Integers:
    """Find the series of each reading (n), -1 where there is none."""
    of_stream = {stream: number for number, stream in series.items()}
    found = [of_stream.get(stream, -1) for stream in readings.streams]
    return np.array(found or [-1], dtype=np.int64)[readings.stream]
