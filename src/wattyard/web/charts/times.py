"""The axis of time: ticks on the local clock, an hour being an hour long on every day."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wattyard.kernel import clock_changes
from wattyard.kernel.clock_changes import DAY_US, HOUR_US, Microseconds
from wattyard.kernel.local_periods import Unit, clock_grid, unit_edges
from wattyard.web.charts.reading import ChartReader

_FEW_DAYS: Final = 4.6
_WEEKS: Final = 16
_MONTHS: Final = 80
_YEARS: Final = 900
_MOST_MONTHS: Final = 14
_ROOM_FOR_DAY: Final = 0.14
_HOURS: Final = ((1.6, 3, 6), (2.6, 6, 12), (_FEW_DAYS, 12, 24))
"""Up to so many days: hours between ticks, and between ticks that a phone has room for."""


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A mark on the axis of time.

    `narrow` says whether a phone has room for its text; `strong`, whether a day begins.
    """

    at_us: int
    text: str
    narrow: bool = True
    strong: bool = False


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A span as the width of a chart: its start is 0, its end 1."""

    start_us: int
    end_us: int

    def x(self, at_us: int) -> float:
        """Give the share of the width at an instant; those outside are at the ends."""
        share = (at_us - self.start_us) / (self.end_us - self.start_us)
        return min(max(share, 0.0), 1.0)

    @property
    def days(self) -> float:
        """The length, in days of 24 hours."""
        return (self.end_us - self.start_us) / DAY_US


def time_ticks(scale: TimeScale, reader: ChartReader) -> list[TimeTick]:
    """List the ticks of a span, ascending: hours, days, weeks, months or years."""
    if scale.days <= _FEW_DAYS:
        return list(_hours(scale, reader))
    if scale.days <= _WEEKS:
        return list(_units(scale, reader, "DAY", "MMMd"))
    if scale.days <= _MONTHS:
        return list(_units(scale, reader, "WEEK", "MMMd"))
    if scale.days <= _YEARS:
        return list(_units(scale, reader, "MONTH", "MMM"))
    return list(_units(scale, reader, "YEAR", "y"))


def day_names(scale: TimeScale, reader: ChartReader) -> list[TimeTick]:
    """List the days of a short span as ticks where they begin in it, for a row of their own.

    A day of which only little is shown has no name; a long span has none either.
    """
    if scale.days > _FEW_DAYS:
        return []
    starts, ends = _clipped(scale, _edges(scale, reader, "DAY"))
    return [
        TimeTick(start, reader.day(start))
        for start, end in zip(starts, ends, strict=True)
        if scale.x(end) - scale.x(start) >= _ROOM_FOR_DAY
    ]


def _edges(scale: TimeScale, reader: ChartReader, unit: Unit) -> Microseconds:
    return unit_edges(unit, reader.zone, (scale.start_us, scale.end_us))


def _clipped(scale: TimeScale, edges: Microseconds) -> tuple[list[int], list[int]]:
    inside = edges.clip(scale.start_us, scale.end_us).tolist()
    return inside[:-1], inside[1:]


def _hours(scale: TimeScale, reader: ChartReader) -> Iterator[TimeTick]:
    every, narrow = next((own, phone) for days, own, phone in _HOURS if scale.days <= days)
    span = (scale.start_us, scale.end_us)
    walls = clock_changes.between(reader.zone, *span)
    midnights = set(_edges(scale, reader, "DAY").tolist())
    before = None
    for at in clock_grid(60, reader.zone, span).tolist():
        hour, rest = divmod(walls.wall_at(at) % DAY_US, HOUR_US)
        if not span[0] <= at <= span[1] or (rest and at not in midnights):
            continue
        if at not in midnights and (hour % every or hour == before):
            continue
        before = hour
        yield TimeTick(at, reader.clock(at), hour % narrow == 0, at in midnights)


def _units(scale: TimeScale, reader: ChartReader, unit: Unit, skeleton: str) -> Iterator[TimeTick]:
    found = [
        at for at in _edges(scale, reader, unit).tolist() if scale.start_us <= at <= scale.end_us
    ]
    if unit == "MONTH" and len(found) > _MOST_MONTHS:
        found = [at for at in found if reader.local(at).month % 3 == 1]
    every = -(-len(found) // 5)
    for n, at in enumerate(found):
        day = reader.local(at).date()
        first = unit == "MONTH" and (day.month == 1 or n == 0)
        text = reader.date(day, "yMMM" if first and day.month == 1 else skeleton)
        yield TimeTick(at, text, n % every == 0, strong=False)
