"""Which contracts price the energy of a span, and what it costs under each, tier by tier."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import ReadingPieces
from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.clock_changes import (
    Microseconds,
    instant,
    joined_edges,
    microseconds,
    step_of,
)
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.expand import (
    NO_WINDOW,
    ElementSeries,
    WindowSteps,
    expand,
    windows,
)
from wattyard.tariffs.domain.peaks import peaks_kw
from wattyard.tariffs.domain.prices import ABSENT, Question, tariffs_in_force, types_of
from wattyard.tariffs.domain.refusals import LAID_AT_ONCE, NoTariffConnected, TooManyPrices
from wattyard.tariffs.domain.resets import ResetPeriods, counted_since, reset_periods
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element, Tariff
from wattyard.tariffs.domain.tiers import Consumed, CountedEnergy, split

FOR_EVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ContractSpan:
    """A contract over the part of a span that it prices.

    `until` is when the next contract of its kind takes over, or `FOR_EVER`.
    """

    element: Element
    span: Span
    until: datetime

    @property
    def is_commodity(self) -> bool:
        return self.element.tariff.type == "COMMODITY"

    @property
    def tiered(self) -> bool:
        """Whether any window has more than one tier."""
        return int(self.element.tariff.rates.to_kwh.shape[1]) > 1

    def counting(self, region: CalendarRegion) -> Span:
        """Find the time whose readings decide the tiers of its span.

        TARIFF and PERIOD count from the last reset on, SHARED and limits per kW go by the whole
        reset periods. Counters belong to the place: readings under contracts before and after it
        count too, but not with CONTRACT.
        """
        tariff = self.element.tariff
        since = counted_since(tariff, region, self.span.start)
        if tariff.tiering.scope != "SHARED" and not tariff.rates.any_by_peak:
            return Span(since, self.span.end)
        if tariff.tiering.reset == "CONTRACT":
            return Span(since, self.until)
        span_us = microseconds(self.span.start), microseconds(self.span.end)
        return Span(since, instant(int(reset_periods(tariff, region, span_us).edges_us[-1])))


def supplies(elements: Sequence[Element], question: CostQuestion) -> list[ContractSpan]:
    """List the contracts that price a span, COMMODITY first, each kind in order of time.

    They are those of `tariffs.domain.prices`: a contract goes on until the next of its kind
    starts; a device's own, once started, replace those of the site. LOCAL may have none.

    Raises:
        NoTariffConnected: when the site (or the device) has no COMMODITY of the direction at
            all; LOCAL is free then.
    """
    span = question.span
    onwards = Question(question.direction, Span(span.start, FOR_EVER), question.device)
    found: list[ContractSpan] = []
    for type_ in types_of(question.direction):
        stretches = tariffs_in_force(elements, type_, onwards)
        connected = stretches[-1].element != ABSENT
        if type_ == "COMMODITY" and not connected and question.direction != "LOCAL":
            raise NoTariffConnected(
                f"the location has no COMMODITY tariff for {question.direction}"
            )
        found += [
            ContractSpan(elements[owner], Span(own.start, min(own.end, span.end)), own.end)
            for own, owner in stretches
            if owner != ABSENT and own.start < span.end
        ]
    return found


def history_needed(
    elements: Sequence[Element], region: CalendarRegion, question: CostQuestion
) -> Span | None:
    """Find the time, the question's span in it, whose readings the answer depends on.

    None when those of the span itself will do. Tiers need the readings since the last reset, and
    under SHARED those of the whole reset periods. For charges see `history`.

    Raises:
        NoTariffConnected: as `costs` does.
    """
    spans = [own.counting(region) for own in supplies(elements, question) if own.tiered]
    spans.append(question.span)
    needed = Span(min(span.start for span in spans), max(span.end for span in spans))
    return None if needed == question.span else needed


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """The time whose energy a tier counter sees: its windows, and the reset periods in it."""

    region: CalendarRegion
    span_us: tuple[int, int]
    laid: WindowSteps
    periods: ResetPeriods

    @property
    def edges_us(self) -> Microseconds:
        """The instants at which a piece of energy must end for it to count in one way."""
        resets = self.periods.edges_us
        inside = resets[(resets > self.span_us[0]) & (resets < self.span_us[1])]
        ends = np.array(self.span_us, dtype=np.int64)
        return joined_edges([self.laid.starts_us, inside, ends])


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """A contract, its prices over the part of the span that it prices, and its tier counter."""

    supply: ContractSpan
    series: ElementSeries
    counter: Counter | None

    @property
    def edges_us(self) -> Microseconds:
        """The instants at which a piece of energy must end for it to have one price."""
        if self.counter is None:
            return self.series.edges_us
        return joined_edges([self.series.edges_us, self.counter.edges_us])


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The contracts and prices of a site, or of a device there, in a time.

    `edges_us` (e) are the instants at which a piece of energy must end for it to have one price.
    """

    elements: Sequence[Element]
    region: CalendarRegion
    rates: Sequence[Rated]
    edges_us: Microseconds


def terms(
    elements: Sequence[Element],
    region: CalendarRegion,
    question: CostQuestion,
    metered: Span | None,
    *,
    markets: Markets,
) -> Terms:
    """Look up the prices of every contract for the part of a question's span that has readings.

    `elements` are the connected tariffs of the site, in any order. `metered` is the time of all
    readings, None without any.

    Raises:
        NoTariffConnected: when there is no COMMODITY of the direction at all; LOCAL is 0 then.
    """
    found = [
        _rated(own, region, Span(start, end), markets, metered)
        for own in supplies(elements, question)
        if metered is not None
        and (start := max(own.span.start, metered.start)) < (end := min(own.span.end, metered.end))
    ]
    edges = joined_edges([np.zeros(0, np.int64), *(own.edges_us for own in found)])
    return Terms(elements, region, found, edges)


def _rated(
    supply: ContractSpan, region: CalendarRegion, span: Span, markets: Markets, metered: Span
) -> Rated:
    """Look up the prices of a contract over a part of its span; `metered` limits its counter."""
    tariff = supply.element.tariff
    series = expand(tariff, region, span, markets=markets, tiers=tariff.rates.all_tiers)
    if not supply.tiered:
        return Rated(supply, series, None)
    counting = supply.counting(region)
    span_us = (
        microseconds(max(counting.start, metered.start)),
        microseconds(min(counting.end, metered.end)),
    )
    laid = windows(tariff.schedule, tariff.calendar(region), span_us)
    periods = reset_periods(tariff, region, span_us)
    return Rated(supply, series, Counter(region, span_us, laid, periods))


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """The n pieces at `where`, a slice of the answered ones, under one contract.

    `energy_kwh` and `amount` (t, n) by tier, the amount gross and NaN where energy has no price;
    `confidence` (n) that of the price, the energy-weighted mean of the tiers.
    """

    supply: ContractSpan
    where: slice
    energy_kwh: Numbers
    amount: Numbers
    confidence: Numbers

    def only(self, kept: Marks) -> "Charged":
        """Keep those of the answered pieces that are marked, each contract its own of them."""
        own = kept[self.where]
        first = int(np.count_nonzero(kept[: self.where.start]))
        return Charged(
            self.supply,
            slice(first, first + int(np.count_nonzero(own))),
            self.energy_kwh[:, own],
            self.amount[:, own],
            self.confidence[own],
        )


def charged(
    rated: Rated, pieces: ReadingPieces, answered: slice, measured: ReadingPieces
) -> Charged:
    """Price the answered pieces in a contract's part of the time; all are cut at its edges.

    `measured` is the energy whose highest window limits per kW go by, cut at the same edges.

    Raises:
        TooManyPrices: for more than two million, answered pieces times tiers, or limits of tiers.
    """
    series = rated.series
    inside = pieces.between(int(series.edges_us[0]), int(series.edges_us[-1]))
    first = min(max(inside.start, answered.start), answered.stop)
    where = slice(first, max(min(inside.stop, answered.stop), first))
    at = step_of(series.edges_us[:-1], pieces.starts_us[where])
    energy = _by_tier(rated, pieces, where, measured)
    amount = series.per_kwh[:, at] * energy
    amount[energy == 0] = 0.0
    confidence = _confidence(series.confidence[:, at], energy)
    among = slice(where.start - answered.start, where.stop - answered.start)
    return Charged(rated.supply, among, energy, amount, confidence)


def _by_tier(rated: Rated, pieces: ReadingPieces, where: slice, measured: ReadingPieces) -> Numbers:
    """Split the energy of the pieces at `where` over tiers (t, n), counting all that count."""
    if rated.counter is None:
        return pieces.energy_kwh[None, where]
    counter, tariff = rated.counter, rated.supply.element.tariff
    if (where.stop - where.start) * tariff.rates.to_kwh.shape[1] > LAID_AT_ONCE:
        raise TooManyPrices(LAID_AT_ONCE)
    counted = pieces.between(*counter.span_us)
    seen = pieces.only(counted)
    window = counter.laid.window[step_of(counter.laid.starts_us, seen.starts_us)]
    metered = CountedEnergy(
        seen.energy_kwh,
        window,
        step_of(counter.periods.edges_us[:-1], seen.starts_us),
        np.where(window == NO_WINDOW, NO_WINDOW, tariff.rates.counter[window]),
    )
    limits = _limits_kwh(tariff, counter, measured)
    answered = slice(where.start - counted.start, where.stop - counted.start)
    return split(limits, tariff.tiering.scope, metered, Consumed(), answered).T


def _limits_kwh(tariff: Tariff, counter: Counter, measured: ReadingPieces) -> Numbers:
    """Find where tiers end: (w, t), or (p, w, t) where each of the reset periods has its own.

    Raises:
        TooManyPrices: for more than two million limits.
    """
    rates, periods = tariff.rates, counter.periods
    if rates.fixed_limits:
        return rates.to_kwh
    if periods.days.size * rates.to_kwh.size > LAID_AT_ONCE:
        raise TooManyPrices(LAID_AT_ONCE)
    peaks = np.zeros(periods.days.size)
    if rates.any_by_peak:
        minutes = tariff.tiering.window_minutes
        seen = measured.only(measured.between(*counter.span_us))
        peaks = peaks_kw(counter.region, minutes, periods.edges_us, [seen])
    return rates.limits_kwh(periods.days, peaks)


def _confidence(by_tier: Numbers, energy_kwh: Numbers) -> Numbers:
    """Weight the confidence (t, n) of each tier by its energy; without energy take the first."""
    mean: Numbers = by_tier[0].copy()
    if (by_tier == mean).all():
        return mean
    whole = energy_kwh.sum(axis=0)
    np.divide((by_tier * energy_kwh).sum(axis=0), whole, out=mean, where=whole != 0)
    return mean
