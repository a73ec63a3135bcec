"""What a plan adds to demand charges (contract 4b: whole, never by days)."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from wattyard.costs.domain.charges import vat_on_top
from wattyard.costs.domain.peaks import Load, peaks
from wattyard.costs.domain.running import RunningPeriod
from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import DAY_US, HOUR_US, Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import clock_grid
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.billing import billing_periods
from wattyard.tariffs.domain.demand import DemandCharge, counted
from wattyard.tariffs.domain.tariff import Element


@dataclass(frozen=True, slots=True, eq=False)
class PlannedWindows:
    """The w measuring windows of a plan that count for a charge, in order of time.

    The weighted mean power (kW) of window i is `metered_kw[i]`, of its readings so far, plus the
    sum of `share[j]` x the plan's mean power (kW) in step `step[j]`, over the k entries j with
    `window[j] == i`. `day` (w) is the local day of each, since 1970-01-01.
    """

    starts_us: Microseconds
    day: Integers
    metered_kw: Numbers
    window: Integers
    step: Integers
    share: Numbers

    def mean_kw(self, power_kw: Numbers) -> Numbers:
        """Find the weighted mean power (w) under a plan's powers (n)."""
        planned = np.bincount(
            self.window, self.share * power_kw[self.step], minlength=self.starts_us.size
        )
        mean: Numbers = self.metered_kw + planned
        return mean


@dataclass(frozen=True, slots=True, eq=False)
class DemandRise:
    """What a plan adds to one billing period of a demand charge.

    Each period is judged by itself: what the plan does in another one enters neither its mean nor
    its ratchet. With a mean over n periods the rise is paid n times.

    `load` are the readings until the plan starts; `gross` is 1 and the VAT on top of the price.
    """

    tariff_id: UUID
    running: RunningPeriod
    load: Load
    gross: float

    @property
    def charge(self) -> DemandCharge:
        return self.running.charge

    @property
    def period(self) -> Span:
        """The billing period."""
        return Span(*map(instant, self.running.span_us))

    @property
    def times(self) -> float:
        """By what the charge before VAT is multiplied: how often a rise is paid, and the VAT."""
        return self.charge.periods * self.gross

    def amount(self, edges_us: Microseconds, import_kwh: Numbers) -> float:
        """Work out by how much the charge rises (money, VAT included), exactly as it is billed.

        `import_kwh` (n) is what the site draws in the plan's steps between edges (n + 1); what
        lies outside the period is left out.

        Raises:
            ValueError: when the steps start before the plan.
        """
        running = self.running
        load = self.load.planned(*self._inside(edges_us, import_kwh))
        own = running.edges_us[-2:]
        windows = load.windows(self.charge.window_minutes)
        raw_kw = peaks(self.charge, running.calendar, own, windows).raw_kw
        further_kwh = load.drawn_kwh(own) - running.drawn_kwh
        charged = running.charged(running.billed(raw_kw), further_kwh)
        return self.times * (float(charged[0]) - running.charged_so_far)

    def _inside(self, edges_us: Microseconds, import_kwh: Numbers) -> tuple[Microseconds, Numbers]:
        """Cut the steps of a plan at the period's start and end."""
        since, until = np.clip(self.running.span_us, edges_us[0], edges_us[-1])
        cut = np.unique(np.clip(np.append(edges_us, [since, until]), since, until))
        after = np.append(0.0, np.cumsum(import_kwh))
        return cut, np.diff(np.interp(cut - edges_us[0], edges_us - edges_us[0], after))

    def hours_inside(self, edges_us: Microseconds) -> Numbers:
        """Find how many hours of each step (n + 1 edges) lie inside the period."""
        inside_us = np.diff(np.clip(edges_us, *self.running.span_us))
        return np.asarray(inside_us / HOUR_US, dtype=np.float64)

    def windows(self, edges_us: Microseconds) -> PlannedWindows:
        """Lay the measuring windows that count over the plan's steps (n + 1 edges)."""
        charge, region = self.charge, self.load.region
        low, high = np.clip(self.running.span_us, edges_us[0], edges_us[-1]).tolist()
        grid = clock_grid(charge.window_minutes, region.zone, (low, high))
        kept = (grid[1:] > low) & (grid[:-1] < high)
        starts, ends = grid[:-1][kept], grid[1:][kept]
        counts = counted(charge.filter, self.running.calendar, starts)
        starts, ends = starts[counts], ends[counts]
        if not starts.size:
            nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
            return PlannedWindows(none, none, nothing, none, none, nothing)
        factors = charge.factors(self.running.calendar, starts)
        window, step, share = _overlaps(starts, ends, edges_us)
        clock = region.clock(int(starts[0]), int(ends[-1]))
        return PlannedWindows(
            starts_us=starts,
            day=clock.wall_us(starts) // DAY_US,
            metered_kw=self._metered_kw(starts) * factors,
            window=window,
            step=step,
            share=share * factors[window],
        )

    def _metered_kw(self, starts_us: Microseconds) -> Numbers:
        """Find the mean power (w) of the readings so far in windows."""
        metered = self.load.windows(self.charge.window_minutes)
        found = np.zeros(starts_us.size)
        _, own, theirs = np.intersect1d(
            starts_us, metered.starts_us, assume_unique=True, return_indices=True
        )
        found[own] = metered.mean_kw[theirs]
        return found


def rises(elements: Sequence[Element], load: Load, span: Span) -> list[DemandRise]:
    """List the billing periods of demand charges that a plan over a span touches.

    `elements` are the contracts that charge (`history.charging_elements`); `load` the readings
    until the span's start, over the time that the charges look at (`demand.demand_span`).
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
) -> Iterator[DemandRise]:
    tariff = element.tariff
    since = max(microseconds(span.start), microseconds(tariff.term.start))
    until = min(microseconds(span.end), microseconds(tariff.term.end))
    if since >= until:
        return
    gross = 1.0 + vat_on_top(tariff)
    for period_us in billing_periods(tariff.billing, load.region.zone, (since, until)).edges_us[
        :-1
    ]:
        running = RunningPeriod.of(tariff, charge, load, int(period_us))
        yield DemandRise(element.id, running, load, gross)


def _overlaps(
    starts_us: Microseconds, ends_us: Microseconds, edges_us: Microseconds
) -> tuple[Integers, Integers, Numbers]:
    """List where windows (w) and steps (n) meet: window, step, and the step's share of the window.

    Power is energy over the whole window, so that shares of a window may sum to less than 1.
    """
    cuts = np.unique(np.concatenate([starts_us, ends_us, edges_us]))
    middles = (cuts[:-1] + cuts[1:]) // 2
    window = np.searchsorted(starts_us, middles, side="right") - 1
    step = np.searchsorted(edges_us, middles, side="right") - 1
    both = (window >= 0) & (step >= 0) & (step < edges_us.size - 1)
    both &= middles < ends_us[window]
    window, step = window[both], step[both]
    share = np.diff(cuts)[both] / (ends_us - starts_us)[window]
    return window.astype(np.int64), step.astype(np.int64), share
