"""What energy costs under one contract: its pieces split over tiers, each at its price."""

from dataclasses import dataclass

import numpy as np

from wattyard.costs.domain.contracts import Supply
from wattyard.costs.domain.readings import Indices, Marks, Numbers, Pieces, interval_of
from wattyard.kernel.clock_changes import Microseconds, joined_edges, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.expand import ElementSeries, Laid, expand, windows
from wattyard.tariffs.domain.market import Markets
from wattyard.tariffs.domain.resets import reset_edges
from wattyard.tariffs.domain.tiers import Consumed, Metered, all_tiers, split


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """The time whose energy a tier counter sees: its windows, and where it starts again."""

    span_us: tuple[int, int]
    laid: Laid
    resets_us: Microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """A contract, its prices over the part of the span that it prices, and its tier counter."""

    supply: Supply
    series: ElementSeries
    counter: Counter | None

    @property
    def edges_us(self) -> Microseconds:
        """The instants at which a piece of energy must end for it to have one price."""
        if self.counter is None:
            return self.series.edges_us
        ends = np.array(self.counter.span_us, dtype=np.int64)
        return joined_edges(
            [self.series.edges_us, self.counter.laid.starts_us, self.counter.resets_us, ends]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """The n pieces at `where`, a slice of the answered ones, under one contract.

    `energy_kwh` and `amount` (t, n) by tier, the amount gross and NaN where energy has no price;
    `confidence` (n) that of the price, the energy-weighted mean of the tiers.
    """

    rated: Rated
    where: slice
    energy_kwh: Numbers
    amount: Numbers
    confidence: Numbers

    def only(self, kept: Marks) -> "Charged":
        """Keep those of the answered pieces that are marked, each contract its own of them."""
        own = kept[self.where]
        first = int(np.count_nonzero(kept[: self.where.start]))
        return Charged(
            self.rated,
            slice(first, first + int(np.count_nonzero(own))),
            self.energy_kwh[:, own],
            self.amount[:, own],
            self.confidence[own],
        )


def rated(supply: Supply, place: Place, span: Span, *, markets: Markets, metered: Span) -> Rated:
    """Look up the prices of a contract over a part of its span.

    `metered` is the time of all readings, of which the counter sees what counts.
    """
    tariff = supply.element.tariff
    series = expand(tariff, place, span, markets=markets, tiers=all_tiers(tariff.rates))
    if not supply.tiered:
        return Rated(supply, series, None)
    counting = supply.counting(place)
    span_us = (
        microseconds(max(counting.start, metered.start)),
        microseconds(min(counting.end, metered.end)),
    )
    counter = Counter(
        span_us,
        windows(tariff.schedule, place, span_us),
        reset_edges(tariff.tiering.reset, place, span_us),
    )
    return Rated(supply, series, counter)


def charged(rated: Rated, pieces: Pieces, answered: slice) -> Charged:
    """Price the answered pieces in a contract's part of the time; all are cut at its edges."""
    series = rated.series
    inside = pieces.between(int(series.edges_us[0]), int(series.edges_us[-1]))
    first = min(max(inside.start, answered.start), answered.stop)
    where = slice(first, max(min(inside.stop, answered.stop), first))
    own = pieces.only(where)
    at = interval_of(series.edges_us[:-1], own.starts_us)
    energy = _by_tier(rated, pieces, where)
    amount = series.per_kwh[:, at] * energy
    amount[energy == 0] = 0.0
    sure = _confidence(series.confidence[:, at], energy)
    among = slice(where.start - answered.start, where.stop - answered.start)
    return Charged(rated, among, energy, amount, sure)


def _by_tier(rated: Rated, pieces: Pieces, where: slice) -> Numbers:
    """Split the energy of the pieces at `where` over tiers (t, n), counting all that count."""
    if rated.counter is None:
        return pieces.energy_kwh[None, where]
    counter, tariff = rated.counter, rated.supply.element.tariff
    counted = pieces.between(*counter.span_us)
    seen = pieces.only(counted)
    metered = Metered(
        seen.energy_kwh,
        counter.laid.window[interval_of(counter.laid.starts_us, seen.starts_us)],
        _periods(counter, seen.starts_us),
    )
    parts = split(tariff.rates, tariff.tiering.scope, metered, Consumed())
    first = where.start - counted.start
    return parts[first : first + where.stop - where.start].T


def _periods(counter: Counter, starts_us: Microseconds) -> Indices:
    return interval_of(np.append(counter.span_us[0], counter.resets_us), starts_us)


def _confidence(by_tier: Numbers, energy_kwh: Numbers) -> Numbers:
    """Weigh the confidence (t, n) of each tier by its energy; without energy take the first."""
    mean: Numbers = by_tier[0].copy()
    if (by_tier == mean).all():
        return mean
    whole = energy_kwh.sum(axis=0)
    np.divide((by_tier * energy_kwh).sum(axis=0), whole, out=mean, where=whole != 0)
    return mean
