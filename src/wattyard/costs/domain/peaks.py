"""Mean powers over windows of the local clock, and the peaks of periods (contract 2b, Demand).

Windows start at multiples of their length after local midnight, and at every clock change: the
hour that is repeated has windows of its own, and a change by half an hour ends a window of an
hour early. A window's power is its energy over its whole length, so that time without readings
counts as nothing.
"""

from itertools import pairwise
from typing import NamedTuple

from wattyard.costs.domain.netting import Netted
from wattyard.costs.domain.readings import ReadingPieces, SeriesReadings
from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import (
    DAY_US,
    HOUR_US,
    SECOND_US,
    ClockChanges,
    Microseconds,
    microseconds,
    step_of,
)
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import clock_grid
from wattyard.kernel.values import dataclass, field
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.demand import DemandCharge, counted


@dataclass(frozen=True, slots=True, eq=False)
class DemandWindows:
    """The n windows that have readings, in order of time.

    `starts_us` (n) instants; `day` (n) the local day of each start, since 1970-01-01;
    `energy_kwh` and `mean_kw` (n).
    """

    starts_us: Microseconds
    day: Integers
    energy_kwh: Numbers
    mean_kw: Numbers


@dataclass(frozen=True, slots=True)
class Load:
    """What demand charges see of a site: its energy of one direction, and their windows.

    `span` is the time that the charges look at (`demand.demand_span`). `metered` is the energy as
    it was read, `net` what counts of it where it is `netted`.
    """

    region: CalendarRegion
    span: Span
    metered: ReadingPieces
    net: ReadingPieces
    netted: Netted | None = None
    _windows: dict[int, DemandWindows] = field(default_factory=dict)

    @classmethod
    def of(cls, region: CalendarRegion, span: Span, readings: SeriesReadings) -> "Load":
        """Take readings of which all counts."""
        pieces = ReadingPieces.whole(readings)
        return cls(region, span, pieces, pieces)

    def netted_by(self, netted: Netted) -> "Load":
        """Let only what is net of the energy count, where that enters demand."""
        pieces = self.metered.cut(netted.edges_us)
        return Load(self.region, self.span, pieces, netted.net(pieces), netted)

    def planned(self, edges_us: Microseconds, energy_kwh: Numbers) -> "Load":
        """Add the energy (n) of a plan's steps between edges (n + 1), as readings that follow.

        A plan never imports and exports in the same step, so its energy counts as net.

        Raises:
            ValueError: when a reading ends after the plan starts.
        """
        if self.metered.size and self.metered.ends_us[-1] > edges_us[0]:
            raise ValueError("a plan starts where the readings end")
        first = int(self.metered.reading[-1]) + 1 if self.metered.size else 0
        reading = np.arange(first, first + energy_kwh.size, dtype=np.int64)
        plan = ReadingPieces(edges_us[:-1], edges_us[1:], energy_kwh, reading)
        metered, net = self.metered.then(plan), self.net.then(plan)
        return Load(self.region, self.span, metered, net, self.netted)

    def windows(self, minutes: int) -> DemandWindows:
        """Average the power over windows of so many minutes, in the span.

        Of net energy where its period is no longer than the window (contract 2b, Netting).
        """
        if minutes not in self._windows:
            pieces = self.measured(minutes)
            self._windows[minutes] = windows_of(pieces, minutes, self.region, self.span)
        return self._windows[minutes]

    def measured(self, minutes: int) -> ReadingPieces:
        """Give the energy that power over windows of so many minutes is of, net or as metered."""
        net = self.netted is not None and self.netted.netting.enters_demand(minutes)
        return self.net if net else self.metered

    def drawn_kwh(self, edges_us: Microseconds) -> Numbers:
        """Sum up the net energy (n) of the periods between edges (n + 1), which are in the span."""
        pieces = self.net.cut(edges_us)
        counted_kwh = np.append(0.0, np.cumsum(pieces.energy_kwh))
        return np.diff(counted_kwh[np.searchsorted(pieces.starts_us, edges_us)])


def windows_of(
    pieces: ReadingPieces, minutes: int, region: CalendarRegion, span: Span
) -> DemandWindows:
    """Divide energy over windows of so many minutes (a divisor of 60), in a span."""
    clock = region.clock(microseconds(span.start), microseconds(span.end))
    pieces = pieces.within(microseconds(span.start), microseconds(span.end))
    step_us = minutes * 60 * SECOND_US
    phase_us = _phase(clock, step_us)
    if phase_us is None:
        found = _on_a_grid(pieces, clock_grid(minutes, region.zone, _ends(pieces)))
    else:
        found = _evenly(pieces, step_us, phase_us)
    day = clock.wall_us(found.starts_us) // DAY_US
    hours = found.lengths_us / HOUR_US
    return DemandWindows(found.starts_us, day, found.energy_kwh, found.energy_kwh / hours)


class _Windows(NamedTuple):
    """Windows (n) that have energy: when each starts, how long it is, and kWh."""

    starts_us: Microseconds
    lengths_us: Microseconds
    energy_kwh: Numbers


def _phase(clock: ClockChanges, step_us: int) -> int | None:
    """Find how far windows are ahead of those of UTC; None where a clock change moves them."""
    phases = clock.offsets_us % step_us
    changes = (clock.instants_us + phases[0]) % step_us
    steady = (phases == phases[0]).all() and not changes.any()
    return int(phases[0]) if steady else None


def _evenly(pieces: ReadingPieces, step_us: int, phase_us: int) -> _Windows:
    """Divide pieces over windows that all have the same length."""
    number = (pieces.starts_us + phase_us) // step_us
    last = (pieces.ends_us - 1 + phase_us) // step_us
    energy_kwh = pieces.energy_kwh
    if (last > number).any():
        times = last - number + 1
        firsts = np.cumsum(times) - times
        number = np.repeat(number - firsts, times) + np.arange(int(times.sum()))
        since = np.maximum(number * step_us - phase_us, np.repeat(pieces.starts_us, times))
        until = np.minimum((number + 1) * step_us - phase_us, np.repeat(pieces.ends_us, times))
        power = pieces.energy_kwh / (pieces.ends_us - pieces.starts_us)
        energy_kwh = np.repeat(power, times) * (until - since)
    firsts = np.flatnonzero(np.diff(number, prepend=number[:1] - 1))
    if firsts.size < number.size:
        number, energy_kwh = number[firsts], np.add.reduceat(energy_kwh, firsts)
    starts = number * step_us - phase_us
    return _Windows(starts, np.full(starts.size, step_us, np.int64), energy_kwh)


def _on_a_grid(pieces: ReadingPieces, edges_us: Microseconds) -> _Windows:
    """Divide pieces over windows between edges."""
    own = pieces.cut(edges_us)
    window = step_of(edges_us[:-1], own.starts_us)
    energy_kwh = np.bincount(window, weights=own.energy_kwh, minlength=edges_us.size - 1)
    used = np.unique(window)
    starts = edges_us[used]
    return _Windows(starts, edges_us[used + 1] - starts, energy_kwh[used].astype(np.float64))


def _ends(pieces: ReadingPieces) -> tuple[int, int]:
    """Find the time of all pieces; that of the epoch without any."""
    if not pieces.size:
        return 0, 1
    return int(pieces.starts_us[0]), int(pieces.ends_us[-1])


class HighWindow(NamedTuple):
    """A window that makes a peak: its start, and its power after weighting."""

    start_us: int
    kw: float


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """The peaks of n periods, before any least one.

    `metered` (n): whether a period has any reading; `raw_kw` (n); `high` (n) the windows that
    each is the mean of, the highest first.
    """

    metered: Marks
    raw_kw: Numbers
    high: tuple[tuple[HighWindow, ...], ...]


class CountedWindows(NamedTuple):
    """The windows (n) that count for a charge: their starts, local days, and weighted kW."""

    starts_us: Microseconds
    day: Integers
    kw: Numbers


def counting(
    charge: DemandCharge, calendar: CalendarRegion, span_us: tuple[int, int], windows: DemandWindows
) -> CountedWindows:
    """Choose the windows of a span that a charge counts, and weight their powers.

    `calendar` has the clock and the holidays that the tariff's schedules are read by.
    """
    inside = slice(*np.searchsorted(windows.starts_us, span_us).tolist())
    starts, day, kw = windows.starts_us[inside], windows.day[inside], windows.mean_kw[inside]
    if charge.filter is not None:
        marks = counted(charge.filter, calendar, starts)
        starts, day, kw = starts[marks], day[marks], kw[marks]
    if charge.weights:
        kw = kw * charge.factors(calendar, starts)
    return CountedWindows(starts, day, kw)


def peaks(
    charge: DemandCharge, calendar: CalendarRegion, edges_us: Microseconds, windows: DemandWindows
) -> Peaks:
    """Measure the peak of each period between edges (n + 1) by the rules of a charge.

    `calendar` as `counting` takes it.

    Windows that the charge's filter leaves out do not count; weights come before the choice of
    the highest. Without a window that counts a peak is 0.
    """
    metered = np.diff(np.searchsorted(windows.starts_us, edges_us)) > 0
    own = counting(charge, calendar, (int(edges_us[0]), int(edges_us[-1])), windows)
    bounds = np.searchsorted(own.starts_us, edges_us).tolist()
    high = tuple(
        _highest(own.starts_us[low:end], own.day[low:end], own.kw[low:end], charge.days)
        for low, end in pairwise(bounds)
    )
    raw = [sum(one.kw for one in highest) / len(highest) if highest else 0.0 for highest in high]
    return Peaks(metered, np.maximum(np.array(raw), 0.0), high)


def _highest(
    starts_us: Microseconds, day: Integers, kw: Numbers, days: int | None
) -> tuple[HighWindow, ...]:
    """Choose the highest window of a period, or those of so many days; the earliest of equals."""
    if not kw.size:
        return ()
    best = [int(kw.argmax())] if days is None else _highest_of_days(day, kw, days)
    return tuple(HighWindow(int(starts_us[n]), float(kw[n])) for n in best)


def _highest_of_days(day: Integers, kw: Numbers, days: int) -> list[int]:
    """Find the positions of the highest windows of the highest days, the highest first."""
    if (np.diff(day) < 0).any():  # a clock that goes back over midnight
        order = np.argsort(day, kind="stable")
        best = _highest_of_days(day[order], kw[order], days)
        return [int(order[n]) for n in best]
    firsts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    lasts = np.append(firsts[1:], day.size)
    highest = np.argsort(-np.maximum.reduceat(kw, firsts), kind="stable")[:days]
    return [
        int(low + kw[low:end].argmax())
        for low, end in zip(firsts[highest], lasts[highest], strict=True)
    ]
