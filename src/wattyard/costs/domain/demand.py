"""Bills of demand charges: what the peaks of billing periods cost (contract 2b, Demand charges)."""

from collections.abc import Sequence
from typing import Final

from wattyard.costs.domain.peaks import HighWindow, Load, Peaks, peaks
from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import unit_edges
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.billing import Billing, BillingPeriods, billing_periods
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.demand import DemandCharge, PriceSteps
from wattyard.tariffs.domain.tariff import Element, Tariff

_LONGEST_MONTH_US: Final = 32 * 86_400_000_000
_TRIES: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class LocalDays:
    """A clock that counts local days, part days by elapsed time.

    `edges_us` are the starts of whole local days; it counts from the first.
    """

    edges_us: Microseconds

    @classmethod
    def of(cls, region: CalendarRegion, span_us: tuple[int, int]) -> "LocalDays":
        """Count the local days that a span touches."""
        return cls(unit_edges("DAY", region.zone, span_us))

    def at(self, instants_us: Microseconds) -> Numbers:
        """Count the days that have passed at instants (any shape)."""
        passed = np.arange(self.edges_us.size, dtype=np.float64)
        days: Numbers = np.interp(instants_us, self.edges_us, passed)
        return days

    def inside(
        self, starts_us: Microseconds, ends_us: Microseconds, edges_us: Microseconds
    ) -> Numbers:
        """Count the days (g, p) that spans (g) share with the periods between edges (p + 1)."""
        edges = self.at(edges_us)
        since = np.clip(self.at(starts_us)[:, None], edges[:-1], edges[1:])
        until = np.clip(self.at(ends_us)[:, None], edges[:-1], edges[1:])
        return np.maximum(until - since, 0.0)


@dataclass(frozen=True, slots=True)
class DemandShare:
    """What a period of a demand charge adds to an item, and why.

    `peak_kw` is the mean of the windows in `high`; `billed_kw` what is paid for, after the least
    peaks and the mean over periods; `step` from 0 where the price has steps. `days` of the
    `days_of_period` local days are in the item, and cost `amount`.
    """

    start_us: int
    end_us: int
    peak_kw: float
    billed_kw: float
    high: tuple[HighWindow, ...]
    step: int | None
    days: float
    days_of_period: float
    amount: float


@dataclass(frozen=True, slots=True, eq=False)
class DemandBill:
    """A demand charge over the p billing periods that a time touches.

    `edges_us` (p + 1); `days` counts local days; `term_us` is when the charge runs; `peaks` (p);
    `billed_kw` (p) after the least peaks and the mean; `amount` (p) of a whole period; `step` (p),
    -1 without steps.
    """

    charge: DemandCharge
    edges_us: Microseconds
    days: LocalDays
    term_us: tuple[int, int]
    peaks: Peaks
    billed_kw: Numbers
    amount: Numbers
    step: Integers

    @property
    def days_of_periods(self) -> Numbers:
        """The local days (p) of each whole period."""
        return np.diff(self.days.at(self.edges_us))

    def days_in(self, starts_us: Microseconds, ends_us: Microseconds) -> Numbers:
        """Count the days (g, p) of the periods in spans (g), as far as the charge runs."""
        starts = np.clip(starts_us, *self.term_us)
        return self.days.inside(starts, np.clip(ends_us, *self.term_us), self.edges_us)

    def amounts(self, starts_us: Microseconds, ends_us: Microseconds) -> Numbers:
        """Share the amounts of periods by local days over spans (g)."""
        shared: Numbers = self.days_in(starts_us, ends_us) @ (self.amount / self.days_of_periods)
        return shared

    def lines(self, starts_us: Microseconds, ends_us: Microseconds) -> tuple[Numbers, Numbers]:
        """Share what periods pay for, and their amounts, by local days over spans (g).

        Quantities are kW, kW times days, or with steps periods or days.
        """
        days, whole = self.days_in(starts_us, ends_us), self.days_of_periods
        kw = np.ones(self.billed_kw.size) if self.has_steps else self.billed_kw
        by_day = kw if self.charge.per == "DAY" else kw / whole
        return days @ by_day, days @ (self.amount / whole)

    @property
    def has_steps(self) -> bool:
        """Whether the price is a fixed amount by the step of the peak."""
        return isinstance(self.charge.price, PriceSteps)

    def shares(self, start_us: int, end_us: int) -> tuple[DemandShare, ...]:
        """Explain the amount of one span, period by period."""
        (days,) = self.days_in(np.array([start_us]), np.array([end_us]))
        whole = self.days_of_periods
        return tuple(
            DemandShare(
                start_us=int(self.edges_us[n]),
                end_us=int(self.edges_us[n + 1]),
                peak_kw=float(self.peaks.raw_kw[n]),
                billed_kw=float(self.billed_kw[n]),
                high=self.peaks.high[n],
                step=int(self.step[n]) if self.has_steps else None,
                days=float(days[n]),
                days_of_period=float(whole[n]),
                amount=float(self.amount[n] * days[n] / whole[n]),
            )
            for n in np.flatnonzero(days).tolist()
        )


@dataclass(frozen=True, slots=True, eq=False)
class ChargedPeriods:
    """The billing periods of a tariff's demand charges that a span touches, and those before.

    `edges_us` (n + 1); the span touches those from number `first` on, those before it decide what
    they pay; `days` counts the local days of the touched ones. `calendar` is what the schedules
    of the charges are read by.
    """

    tariff: Tariff
    calendar: CalendarRegion
    edges_us: Microseconds
    first: int
    days: LocalDays

    @classmethod
    def of(cls, tariff: Tariff, region: CalendarRegion, span: Span) -> "ChargedPeriods | None":
        """Lay out the periods; None where no demand charge runs in the span.

        Before the span there are as many as the charge that looks back furthest needs, 47 at most.
        """
        start = max(microseconds(span.start), microseconds(tariff.term.start))
        end = min(microseconds(span.end), microseconds(tariff.term.end))
        earlier = [one.earlier_periods for one in tariff.charges if isinstance(one, DemandCharge)]
        if start >= end or not earlier:
            return None
        edges = periods_from(tariff.billing, region, (start, end), max(earlier)).edges_us
        first = int(np.searchsorted(edges, start, side="right")) - 1
        days = LocalDays.of(region, (int(edges[first]), int(edges[-1])))
        return cls(tariff, tariff.calendar(region), edges, first, days)


def demand_span(elements: Sequence[Element], region: CalendarRegion, span: Span) -> Span | None:
    """Find the time whose readings decide what demand charges add to a span; None without any."""
    found = [ChargedPeriods.of(element.tariff, region, span) for element in elements]
    edges = [int(at) for own in found if own is not None for at in own.edges_us[[0, -1]]]
    return Span(instant(min(edges)), instant(max(edges))) if edges else None


def periods_from(
    billing: Billing, region: CalendarRegion, span_us: tuple[int, int], earlier: int
) -> BillingPeriods:
    """List the billing periods that a span touches, and so many before them.

    Where so many are not found within four times their usual length, as many as there are.
    """
    own = billing_periods(billing, region.zone, span_us)
    found = own
    reach = earlier * _LONGEST_MONTH_US
    for _ in range(_TRIES):
        if earlier <= len(found) - len(own):
            break
        found = billing_periods(billing, region.zone, (int(own.edges_us[0]) - reach, span_us[1]))
        reach *= 2
    surplus = max(len(found) - len(own) - earlier, 0)
    return BillingPeriods(found.edges_us[surplus:], found.first_days[surplus:])


def demand_bill(charge: DemandCharge, periods: ChargedPeriods, load: Load) -> DemandBill:
    """Bill the touched periods of a charge.

    Order (contract 2b): windows and their weights, the peak, the least peaks, the mean over
    periods, the amount, `cap_per_kwh`. Peaks are of whole periods, in the contract's term or
    not; earlier periods are measured by the rules of this charge.
    """
    windows, term = load.windows(charge.window_minutes), periods.tariff.term
    measured = peaks(charge, periods.calendar, periods.edges_us, windows)
    least = least_kw(charge, measured.raw_kw)
    own = slice(periods.first, None)
    billed = billed_kw(charge, measured, least)[own]
    edges, days = periods.edges_us[own], periods.days
    drawn_kwh = load.drawn_kwh(edges) if charge.cap_per_kwh is not None else None
    return DemandBill(
        charge=charge,
        edges_us=edges,
        days=days,
        term_us=(microseconds(term.start), microseconds(term.end)),
        peaks=Peaks(measured.metered[own], measured.raw_kw[own], measured.high[own]),
        billed_kw=billed,
        amount=whole_amounts(charge, billed, np.diff(days.at(edges)), drawn_kwh),
        step=charge.price.steps(billed)
        if isinstance(charge.price, PriceSteps)
        else np.full(billed.size, -1, np.int64),
    )


def least_kw(charge: DemandCharge, raw_kw: Numbers) -> Numbers:
    """Find what the peak of each period (n) counts at least as: its minimum, or its ratchet."""
    least = np.full(raw_kw.size, charge.minimum_kw)
    if charge.ratchet is None:
        return least
    reach, share = charge.ratchet.periods, charge.ratchet.percent / 100.0
    before = np.append(np.zeros(reach), raw_kw[:-1]) if raw_kw.size else raw_kw
    highest = np.lib.stride_tricks.sliding_window_view(before, reach).max(axis=1)
    ratcheted: Numbers = np.maximum(least, share * highest)
    return ratcheted


def billed_kw(charge: DemandCharge, measured: Peaks, least: Numbers) -> Numbers:
    """Average peaks over the last periods (n), this one included; those without readings are out.

    A period without any reading pays its least peak, whatever was before it.
    """
    counting = np.maximum(measured.raw_kw, least)
    if charge.periods == 1:
        return counting
    kw = np.where(measured.metered, counting, 0.0)
    count = _sums_of_last(measured.metered.astype(np.float64), charge.periods)
    mean = _sums_of_last(kw, charge.periods) / np.maximum(count, 1.0)
    return np.where(measured.metered, mean, least)


def _sums_of_last(numbers: Numbers, count: int) -> Numbers:
    """Add up each number (n) and those before it, so many in all."""
    padded = np.append(np.zeros(count - 1), numbers)
    sums: Numbers = np.lib.stride_tricks.sliding_window_view(padded, count).sum(axis=1)
    return sums


def whole_amounts(
    charge: DemandCharge, kw: Numbers, days: Numbers, drawn_kwh: Numbers | None
) -> Numbers:
    """Price peaks (n) of whole periods of so many local days (n) with so much energy (n).

    `drawn_kwh` matters for `cap_per_kwh` only.
    """
    amounts = charge.price.amounts(kw)
    if charge.per == "DAY":
        amounts = amounts * days
    if charge.cap_per_kwh is not None and drawn_kwh is not None:
        amounts = np.minimum(amounts, charge.cap_per_kwh * drawn_kwh)
    return amounts
