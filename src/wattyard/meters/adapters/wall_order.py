"""Instants of local times without an offset, where the order of a file decides.

When a clock goes back it shows some readings twice. A file in the order of time, or in its
reverse, shows that stretch twice as well; the step back in between separates the
two. A file that shows it once is ambiguous, and its times are refused.

Registers whose rows alternate in a file have an order of their own each.

A period's end may be written in two ways where the clock changes: as the clock stands before the
change (02:00 where it goes back to 01:00), or after it. Both are understood.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel.values import dataclass
from wattyard.meters.adapters.csv_layout import LayoutColumn
from wattyard.meters.adapters.meter_file import Noted, RefusedReading

_HELD_LIMIT: Final = 20_000
"""Rows within one stretch that the clock shows twice: two hours of seconds, and more."""
_ONE_STRETCH: Final = timedelta(days=1)
_INSTANT_BEFORE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TimedRow:
    """A row of a file and its time: an instant, or before `in_order` a naive wall-clock time.

    `lane` is the register whose row it is; `value` the one column that is meant, where a row holds
    a whole day.
    """

    line: int
    cells: Sequence[str]
    label: datetime
    lane: str = ""
    value: LayoutColumn | None = None


def in_order(
    rows: Iterable[TimedRow | RefusedReading | Noted], zone: ZoneInfo, *, ends: bool
) -> Iterator[TimedRow | RefusedReading | Noted]:
    """Give each row an instant (UTC), or refuse it; `ends`: times are ends of periods.

    Rows within a stretch that the clock shows twice are held until the stretch is over.
    """
    orders: dict[str, _Order] = {}
    for row in rows:
        if not isinstance(row, TimedRow):
            yield row
            continue
        order = orders.setdefault(row.lane, _Order(zone, ends))
        if row.label.tzinfo is not None:
            yield from order.settled(None)
            yield row
        else:
            yield from order.taken(row)
    for order in orders.values():
        yield from order.settled(None)


def is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock never shows a wall-clock time, since it is put forward past it."""
    before, after = _offsets(wall, zone)
    return before < after


def end_after(start: datetime, wall: datetime, zone: ZoneInfo) -> datetime | None:
    """Find the end of a period from its start (UTC) and the wall-clock time of its end.

    Of two instants that the clock shows so, the first after the start is meant. None: the clock
    never shows `wall`.
    """
    before, after = _offsets(wall, zone)
    if before < after:
        return _at(wall, before) if _starts_a_gap(wall, zone) else None
    candidates = {_at(wall, before), _at(wall, after)}
    if _is_first_showing(start, zone):
        candidates.update(_at(wall, offset) for offset in _offsets(wall - _INSTANT_BEFORE, zone))
    later = [instant for instant in candidates if instant > start]
    return min(later) if later else max(candidates)


class _Order:
    """Holds the rows of one stretch that the clock shows twice."""

    def __init__(self, zone: ZoneInfo, ends: bool) -> None:  # noqa: FBT001 (made in one place)
        self._zone, self._ends = zone, ends
        self._code = "end_time_invalid" if ends else "start_time_invalid"
        self._held: list[TimedRow] = []
        self._before: datetime | None = None
        self._given_up = False

    def taken(self, row: TimedRow) -> Iterator[TimedRow | RefusedReading]:
        before, after = self._offsets(row.label)
        if before > after:
            yield from self._kept(row)
            return
        yield from self.settled(row.label)
        self._before = row.label
        if before == after or (self._ends and _starts_a_gap(row.label, self._zone)):
            yield replace(row, label=_at(row.label, before))
        else:
            hint = f"the clock in {self._zone.key} is put forward past {row.label}"
            yield RefusedReading(f"line {row.line}", self._code, hint)

    def settled(self, following: datetime | None) -> Iterator[TimedRow | RefusedReading]:
        held, self._held, self._given_up = self._held, [], False
        if not held:
            return
        walls = [row.label for row in held]
        showings = _showings(walls, descending=_descends(self._before, walls, following))
        self._before = walls[-1]
        for n, row in enumerate(held):
            if showings is None:
                yield self._undecided(row)
            else:
                yield replace(row, label=_at(row.label, self._offsets(row.label)[showings[n]]))

    def _kept(self, row: TimedRow) -> Iterator[TimedRow | RefusedReading]:
        if self._held and abs(row.label - self._held[0].label) > _ONE_STRETCH:
            yield from self.settled(None)
        if self._given_up:
            yield self._undecided(row)
            return
        self._held.append(row)
        if len(self._held) > _HELD_LIMIT:
            yield from map(self._undecided, self._held)
            self._held, self._given_up = [], True

    def _undecided(self, row: TimedRow) -> RefusedReading:
        hint = (
            f"the clock in {self._zone.key} shows {row.label} twice, as it is put back, and the "
            "order of the file does not show which is meant; write times with their UTC offset"
        )
        return RefusedReading(f"line {row.line}", self._code, hint)

    def _offsets(self, wall: datetime) -> tuple[timedelta, timedelta]:
        before, after = _offsets(wall, self._zone)
        if self._ends and before == after:
            closing = _offsets(wall - _INSTANT_BEFORE, self._zone)
            return closing if closing[0] > closing[1] else (before, after)
        return before, after


def _offsets(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Find the offsets from UTC at the first and at the second showing.

    The first is larger where the clock goes back past `wall`, smaller where it skips it.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first or timedelta(), second or timedelta()


def _at(wall: datetime, offset: timedelta) -> datetime:
    return (wall - offset).replace(tzinfo=UTC)


def _starts_a_gap(wall: datetime, zone: ZoneInfo) -> bool:
    before, after = _offsets(wall - _INSTANT_BEFORE, zone)
    return before >= after


def _is_first_showing(instant: datetime, zone: ZoneInfo) -> bool:
    wall = instant.astimezone(zone).replace(tzinfo=None)
    before, after = _offsets(wall, zone)
    return before > after and _at(wall, before) == instant


def _descends(before: datetime | None, walls: list[datetime], following: datetime | None) -> bool:
    """Whether the file runs backwards, by the nearest times that show it."""
    if before is not None:
        return before > walls[0]
    if following is not None:
        return following < walls[-1]
    back = sum(one > other for one, other in pairwise(walls))
    return back > len(walls) - 1 - back


def _showings(walls: list[datetime], *, descending: bool) -> list[int] | None:
    """Decide for each time whether its first (0) or second (1) showing is meant; None: unknown."""
    if descending:
        found = _showings(walls[::-1], descending=False)
        return found[::-1] if found else None
    returns = [n for n in range(1, len(walls)) if walls[n] <= walls[n - 1]]
    if len(returns) == 1:
        return [int(n >= returns[0]) for n in range(len(walls))]
    seen: dict[datetime, int] = {}
    showings = []
    for wall in walls:
        showings.append(seen.get(wall, 0))
        seen[wall] = seen.get(wall, 0) + 1
    return showings if set(seen.values()) == {2} else None
