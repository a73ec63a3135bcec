"""How much may be drawn before a demand charge rises (contract 2b, Demand charges)."""

import math
from collections.abc import Iterator, Sequence
from uuid import UUID

from wattyard.costs.domain.charges import vat_on_top
from wattyard.costs.domain.demand import whole_amounts
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.running import RunningPeriod
from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import DAY_US, HOUR_US, Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import clock_grid
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.billing import billing_periods
from wattyard.tariffs.domain.demand import DemandCharge, counted
from wattyard.tariffs.domain.tariff import Element, Tariff

_TINY_KW = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Headroom:
    """What a demand charge leaves free in the w windows to come of one billing period.

    `peak_kw` is the peak so far, after weights, minimum and ratchet. `starts_us`, `ends_us` (w);
    `counts` (w) whether power in the window counts; `free_kw` (w) the mean power that costs
    nothing more in this period, infinite without a limit; `amount_per_further_kw` (w) by how much
    the period's charge rises, VAT included, with one kW more than that.
    """

    tariff_id: UUID
    name: str | None
    period: Span
    peak_kw: float
    starts_us: Microseconds
    ends_us: Microseconds
    counts: Marks
    free_kw: Numbers
    amount_per_further_kw: Numbers


def headrooms(elements: Sequence[Element], load: Load, span: Span) -> list[Headroom]:
    """Find what each demand charge leaves free in the windows that start in a span.

    `load` are the readings until the span's start, and of the time that the charges look back to
    (`demand.demand_span`). A charge has an item for each billing period.
    """
    return [
        found
        for element in elements
        for charge in element.tariff.charges
        if isinstance(charge, DemandCharge)
        for found in _by_period(element, charge, load, span)
    ]


def _by_period(
    element: Element, charge: DemandCharge, load: Load, span: Span
) -> Iterator[Headroom]:
    tariff, region = element.tariff, load.region
    edges = clock_grid(
        charge.window_minutes, region.zone, (microseconds(span.start), microseconds(span.end))
    )
    since = max(microseconds(span.start), microseconds(tariff.term.start))
    until = min(microseconds(span.end), microseconds(tariff.term.end))
    kept = (edges[:-1] >= since) & (edges[:-1] < until)
    starts, ends = edges[:-1][kept], edges[1:][kept]
    if not starts.size:
        return
    periods = billing_periods(tariff.billing, region.zone, (int(starts[0]), int(starts[-1]) + 1))
    bounds = np.searchsorted(starts, periods.edges_us)
    for n in range(len(periods)):
        own = slice(int(bounds[n]), int(bounds[n + 1]))
        if own.start < own.stop:
            running = _Running(tariff, charge, load, int(periods.edges_us[n]))
            yield running.headroom(element.id, starts[own], ends[own])


class _Running:
    """What a running billing period of a charge leaves free."""

    def __init__(self, tariff: Tariff, charge: DemandCharge, load: Load, start_us: int) -> None:
        self._tariff, self._load = tariff, load
        self._period = RunningPeriod.of(tariff, charge, load, start_us)

    def headroom(self, tariff_id: UUID, starts_us: Microseconds, ends_us: Microseconds) -> Headroom:
        """Find what is free in windows (w) to come."""
        period, region = self._period, self._load.region
        charge, calendar = period.charge, period.calendar
        counts = counted(charge.filter, calendar, starts_us)
        factors = np.where(counts, charge.factors(calendar, starts_us), 0.0)
        clock = region.clock(int(starts_us[0]), int(ends_us[-1]))
        rest = self._rest_of_days(clock.wall_us(starts_us) // DAY_US)
        hours = (ends_us - starts_us) / HOUR_US
        now = period.charged_so_far
        free = self._free_kw(now, factors, rest)
        further = np.where(np.isinf(free), 0.0, free) + 1.0
        rise = period.charged(self._billed(further * factors, rest), further * hours) - now
        gross = 1.0 + vat_on_top(self._tariff)
        return Headroom(
            tariff_id=tariff_id,
            name=charge.name,
            period=Span(*map(instant, period.span_us)),
            peak_kw=period.peak_kw,
            starts_us=starts_us,
            ends_us=ends_us,
            counts=counts & (factors > 0),
            free_kw=free,
            amount_per_further_kw=np.where(np.isinf(free), 0.0, rise * gross),
        )

    def _free_kw(self, now: float, factors: Numbers, rest: "_Rest") -> Numbers:
        """Find the mean power (w) that leaves the period's charge as it is."""
        period, cap = self._period, self._period.charge.cap_per_kwh
        uncapped = whole_amounts(period.charge, np.array([period.billed_kw]), period.days, None)
        if cap and now < uncapped[0]:
            return np.zeros(factors.size)  # each kWh that is drawn raises the cap
        most_kw = period.charge.price.most_kw(period.billed_kw)
        if cap == 0.0 or math.isinf(most_kw):
            return np.full(factors.size, math.inf)
        peak_kw = most_kw * period.averaged - period.earlier_kw
        if peak_kw + _TINY_KW < period.least_kw:
            return np.where(factors > 0, 0.0, math.inf)
        weighted = np.maximum(peak_kw * rest.days - rest.kw, 0.0)
        free: Numbers = np.full(factors.size, math.inf)
        np.divide(weighted, factors, out=free, where=factors > 0)
        return free

    def _rest_of_days(self, days: Integers) -> "_Rest":
        """Find, for a window of each local day (w), what the other days add to its mean."""
        most, raw_kw = self._period.charge.days, self._period.raw_kw
        if most is None:
            return _Rest(np.zeros(days.size), np.ones(days.size), np.full(days.size, raw_kw))
        known = {day: self._rest_of_day(day, most) for day in np.unique(days).tolist()}
        columns = np.array([known[day] for day in days.tolist()]).T
        return _Rest(*columns)

    def _rest_of_day(self, day: int, most: int) -> tuple[float, float, float]:
        high = self._period.high_of_days
        others = sorted((kw for own, kw in high.items() if own != day), reverse=True)
        best = others[: most - 1]
        floor = max(high.get(day, 0.0), others[most - 1] if len(others) >= most else 0.0)
        return sum(best), len(best) + 1.0, floor

    def _billed(self, weighted_kw: Numbers, rest: "_Rest") -> Numbers:
        """Find what the period is billed for when a window (w) has this power."""
        raw = (rest.kw + np.maximum(weighted_kw, rest.floor_kw)) / rest.days
        return self._period.billed(raw)


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """For each of w windows: the other days in its mean.

    `kw` (w) the sum of theirs, `days` (w) how many the mean is of, `floor_kw` (w) what counts in
    the window's place as long as its own power is no higher.
    """

    kw: Numbers
    days: Numbers
    floor_kw: Numbers
