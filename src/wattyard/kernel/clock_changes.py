"""Civil time for whole arrays: a zone's clock changes as numbers (contract 0, wall-clock rules).

Instants and wall times are both int64 microseconds since 1970-01-01T00:00: instants in UTC, wall
times on the local clock. `kernel.civil` answers the same questions for one instant at a time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel.arrays import Indices, Integers, Marks, np
from wattyard.kernel.values import dataclass

Microseconds = Integers
"""Instants or wall times, in microseconds since 1970-01-01T00:00."""

SECOND_US: Final = 1_000_000
HOUR_US: Final = 3_600 * SECOND_US
DAY_US: Final = 24 * HOUR_US
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)
_PROBE = timedelta(hours=12)
"""No zone of the tz database changed its clock twice within this time since 1970."""


def microseconds(instant: datetime) -> int:
    """Count the microseconds from 1970-01-01T00:00Z to an instant with an offset."""
    return (instant - EPOCH) // _MICROSECOND


def instant(count_us: int) -> datetime:
    """Find the instant (UTC) that is `count_us` microseconds after 1970-01-01T00:00Z."""
    return EPOCH + timedelta(microseconds=int(count_us))


def texts(instants_us: Microseconds, form: datetime) -> list[str]:
    """Write instants (n) in the offset of `form`, as RFC 3339; whole seconds where they are."""
    offset = form.utcoffset() or timedelta(0)
    offset_us = offset // timedelta(microseconds=1)
    suffix = _suffix(offset)
    walls = (instants_us + offset_us) // SECOND_US
    texts = np.datetime_as_string(walls.astype("datetime64[s]"), unit="s").tolist()
    found = [text + suffix for text in texts]
    for n in np.flatnonzero(instants_us % SECOND_US):
        found[n] = _fractional(int(instants_us[n]), offset, suffix)
    return found


def _suffix(offset: timedelta) -> str:
    if not offset:
        return "Z"
    minutes = offset // timedelta(minutes=1)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _fractional(count_us: int, offset: timedelta, suffix: str) -> str:
    precision = "milliseconds" if count_us % 1000 == 0 else "microseconds"
    local = instant(count_us).astimezone(timezone(offset) if offset else UTC)
    return local.replace(tzinfo=None).isoformat(timespec=precision) + suffix


@dataclass(frozen=True, slots=True, eq=False)
class FirstShown:
    """When a clock first shows given wall times.

    `instants_us` (n): the first such instant, or the clock change that skips the wall time.
    `shown` (n): whether the clock ever shows it.
    """

    instants_us: Microseconds
    shown: Marks


@dataclass(frozen=True, slots=True, eq=False)
class ClockChanges:
    """The clock changes of a zone in a range of years.

    `instants_us` (n): when the clock changes, ascending. `offsets_us` (n + 1): how far
    the wall clock is ahead of UTC before the first change, between the changes, and after the last.
    """

    instants_us: Microseconds
    offsets_us: Microseconds

    def wall_us(self, instants_us: Microseconds) -> Microseconds:
        """Give the wall time at each instant (any shape)."""
        era = np.searchsorted(self.instants_us, instants_us, side="right")
        return instants_us + self.offsets_us[era]

    def wall_at(self, instant_us: int) -> int:
        """Give the wall time at one instant."""
        era = int(np.searchsorted(self.instants_us, instant_us, side="right"))
        return instant_us + int(self.offsets_us[era])

    def first_shown(self, walls_us: Microseconds) -> FirstShown:
        """Find the first instant at which the clock shows each wall time (any shape)."""
        era_ends = self.instants_us + self.offsets_us[:-1]
        era = np.searchsorted(era_ends, walls_us, side="right")
        if not self.instants_us.size:
            return FirstShown(walls_us - self.offsets_us[0], np.ones(np.shape(walls_us), np.bool_))
        instants = walls_us - self.offsets_us[era]
        era_starts = self.instants_us[np.maximum(era, 1) - 1]
        shown = (era == 0) | (instants >= era_starts)
        return FirstShown(np.where(shown, instants, era_starts), shown)


def local_days(clock: ClockChanges, start_us: int, end_us: int) -> tuple[int, int]:
    """Find the first and the last local day of [`start_us`, `end_us`), in days since 1970-01-01."""
    inside = (clock.instants_us > start_us) & (clock.instants_us < end_us)
    changes = clock.instants_us[inside]
    starts = np.concatenate([[start_us], changes])
    lasts = np.concatenate([changes, [end_us]]) - 1
    offsets = clock.wall_us(starts) - starts
    return int((starts + offsets).min() // DAY_US), int((lasts + offsets).max() // DAY_US)


def joined_edges(runs: Sequence[Microseconds]) -> Microseconds:
    """Merge ascending runs of instants into one without repetitions.

    The stable sort merges sorted runs several times faster than `np.unique` would.
    """
    edges = np.sort(np.concatenate(runs), kind="stable")
    distinct = np.ones(edges.size, np.bool_)
    np.not_equal(edges[1:], edges[:-1], out=distinct[1:])
    return edges[distinct]


def step_of(starts_us: Microseconds, instants_us: Microseconds) -> Indices:
    """Find the step that holds each instant (n), as an index into `starts_us` (m), their starts.

    Both ascend, and the first step starts no later than the first instant.
    """
    if np.array_equal(starts_us, instants_us):
        return np.arange(starts_us.size)
    first = np.searchsorted(instants_us, starts_us)
    return np.repeat(np.arange(starts_us.size), np.diff(first, append=instants_us.size))


def between(where: ZoneInfo, start_us: int, end_us: int) -> ClockChanges:
    """List a zone's clock changes from two days before `start_us` to two days after `end_us`.

    It lists those of whole years, which a bounded cache keeps: a second call costs one look-up.
    """
    first = _year(start_us - 2 * DAY_US)
    return _of_years(where, first, max(first, _year(end_us + 2 * DAY_US)))


@lru_cache(maxsize=256)
def always(offset_minutes: int) -> ClockChanges:
    """Describe a clock that never changes and is so many minutes ahead of UTC."""
    offset = np.array([offset_minutes * 60 * SECOND_US], dtype=np.int64)
    offset.setflags(write=False)
    return ClockChanges(offset[:0], offset)


def _year(count_us: int) -> int:
    days = np.datetime64(count_us // DAY_US, "D")
    return min(9998, max(2, int(days.astype("datetime64[Y]").astype(np.int64)) + 1970))


@lru_cache(maxsize=4096)
def _of_years(where: ZoneInfo, first: int, last: int) -> ClockChanges:
    changes = [change for year in range(first, last + 1) for change in _in_year(where, year)]
    before = _offset_us(datetime(first, 1, 1, tzinfo=UTC), where)
    instants = np.array([microseconds(at) for at, _ in changes], dtype=np.int64)
    offsets = np.array([before, *(after for _, after in changes)], dtype=np.int64)
    instants.setflags(write=False)
    offsets.setflags(write=False)
    return ClockChanges(instants, offsets)


@lru_cache(maxsize=4096)
def _in_year(where: ZoneInfo, year: int) -> tuple[tuple[datetime, int], ...]:
    """List (first instant of the new offset, new offset), probing the clock twice a day."""
    found = []
    low, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    before = _offset_us(low, where)
    while low < end:
        high = min(low + _PROBE, end)
        after = _offset_us(high, where)
        if after != before:
            found.append((_moment(low, high, where), after))
        low, before = high, after
    return tuple(found)


def _moment(low: datetime, high: datetime, where: ZoneInfo) -> datetime:
    before = _offset_us(low, where)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset_us(middle, where) == before:
            low = middle
        else:
            high = middle
    return high


def _offset_us(at: datetime, where: ZoneInfo) -> int:
    offset = at.astimezone(where).utcoffset()
    if offset is None:
        raise ValueError(f"{where} has no offset from UTC")
    return offset // _MICROSECOND
