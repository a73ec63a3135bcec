"""From a tariff to a price series: every instant of a span, priced and explained (contract 2)."""

from datetime import datetime
from typing import Final, NamedTuple

from wattyard.kernel import instants
from wattyard.kernel.arrays import Indices, Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import (
    Microseconds,
    instant,
    joined_edges,
    local_days,
    microseconds,
    step_of,
)
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion, facts, lay, templates
from wattyard.tariffs.domain.conversion import conversion_rates, converted
from wattyard.tariffs.domain.formula import PRICE_LIMIT, values
from wattyard.tariffs.domain.rates import NO_TIER, RateTable
from wattyard.tariffs.domain.refusals import (
    LAID_AT_ONCE,
    NoPriceData,
    NoTariffConnected,
    TooManyPrices,
)
from wattyard.tariffs.domain.resets import counted_since
from wattyard.tariffs.domain.schedule import DAY_SECONDS, Schedule, patterns, stretches
from wattyard.tariffs.domain.sources import Markets, MarketSteps, steps
from wattyard.tariffs.domain.tariff import Tariff, confidence, confidence_edges

NO_WINDOW: Final = -1
ESTIMATED: Final = 0.8
"""The confidence of tiers whose limits go by a peak that may still rise."""


@dataclass(frozen=True, slots=True, eq=False)
class ElementSeries:
    """The price of one tariff as n intervals that touch and fill a span, for c tiers at once.

    `edges_us` (n + 1): interval i is [`edges_us[i]`, `edges_us[i + 1]`). `window` (n): its
    number in the schedule, -1 after the contract's end where no entry matches.
    All others are (c, n), one row a tier asked for: `tier` (0 is the lowest, -1 where the
    window has none); `per_kwh` gross price, NaN where there is none; `vat_per_kwh` the VAT in
    it; `confidence` 0..1; `market_per_kwh` and `surcharge_per_kwh` (before VAT is added and
    before limits), NaN where the price does not follow one market source, or by a formula.
    """

    edges_us: Microseconds
    window: Integers
    tier: Integers
    per_kwh: Numbers
    vat_per_kwh: Numbers
    confidence: Numbers
    market_per_kwh: Numbers
    surcharge_per_kwh: Numbers


class WindowSteps(NamedTuple):
    """The windows of a span: where they start (n), and which they are (n)."""

    starts_us: Microseconds
    window: Integers


def expand(
    tariff: Tariff, region: CalendarRegion, span: Span, *, markets: Markets, tiers: Integers
) -> ElementSeries:
    """Price a span under one tariff.

    `tiers` (c, w) names the tiers asked for, by window: `RateTable.present_tiers` for the prices of
    now, `all_tiers` for costs. Intervals have the natural edges: where another window
    takes over, at the ends of days that entries with `dates` decide, at the edges of the market
    intervals that the price follows, where the confidence falls after the contract's end. They
    do not depend on the span, which only cuts them.

    Raises:
        NoTariffConnected: when the span starts before the contract.
        TooManyPrices: for more than two million prices, intervals times tiers.
    """
    if span.start < tariff.term.start:
        raise NoTariffConnected(
            f"the contract starts at {instants.text(tariff.term.start)}; "
            f"there is no tariff at {instants.text(span.start)}",
            param="start_time",
        )
    span_us = microseconds(span.start), microseconds(span.end)
    falls = confidence_edges(tariff.term, region)
    laid = windows(tariff.schedule, tariff.calendar(region), span_us)
    known = _markets(tariff, region, span_us, markets) if not tariff.rates.plain else {}
    estimated = _estimated_from(tariff, region, markets)
    cuts = np.sort(np.append(falls, estimated)) if estimated.size else falls
    starts = _edges(tariff, laid, cuts, known, tiers, span_us)
    if starts.size * tiers.shape[0] > LAID_AT_ONCE:
        raise TooManyPrices(LAID_AT_ONCE)
    window = laid.window[step_of(laid.starts_us, starts)]
    tier = np.where(window == NO_WINDOW, NO_TIER, tiers.take(window, axis=1))
    rows = [_Row(tariff, starts, window, row, known) for row in tier]
    certain = confidence(falls, starts)
    if estimated.size:
        by_peak = np.append(tariff.rates.by_peak, False)[window] & (starts >= estimated[0])
        certain[by_peak] = np.minimum(certain[by_peak], ESTIMATED)
    return _assembled(tariff, np.append(starts, span_us[1]), window, rows, certain)


def check_available(series: ElementSeries) -> None:
    """Refuse a series that has an interval without a price in every tier asked for.

    Raises:
        NoPriceData: with the first such instant.
    """
    missing = np.logical_and.reduce(np.isnan(series.per_kwh), axis=0)
    if missing.any():
        first = instant(series.edges_us[int(missing.argmax())])
        raise NoPriceData(
            f"there is no price at {instants.text(first)}: {_why(series, missing)}", since=first
        )


def _why(series: ElementSeries, missing: Marks) -> str:
    if series.window[int(missing.argmax())] == NO_WINDOW:
        return "the contract has ended and its schedule does not cover that day"
    return (
        "the market has published nothing for it, nor for that time of day in the 14 days "
        "before, or no rate to convert it in the 7 days before, or the formula has no value"
    )


def windows(schedule: Schedule, region: CalendarRegion, span_us: tuple[int, int]) -> WindowSteps:
    """Lay the windows over a span; a window that goes on at midnight is one interval."""
    clock = region.clock(*span_us)
    low, high = local_days(clock, *span_us)
    days = patterns(schedule, facts(region, low, high))
    ways = templates([_way(schedule, lines) for lines in days.lines])
    laid = lay(ways, days.of_day, low, clock, span_us)
    special_day = np.where(days.special, np.arange(days.special.size), -1)[laid.day - low]
    starts_here = np.ones(laid.item.size, np.bool_)
    starts_here[1:] = laid.item[1:] != laid.item[:-1]
    starts_here[1:] |= special_day[1:] != special_day[:-1]
    return WindowSteps(laid.starts_us[starts_here], laid.item[starts_here])


def window_at(tariff: Tariff, region: CalendarRegion, at: datetime) -> int | None:
    """Find the window of a tariff's schedule that holds at an instant, by its number.

    None where no entry covers it, as may be after the contract's end.
    """
    at_us = microseconds(at)
    laid = windows(tariff.schedule, tariff.calendar(region), (at_us, at_us + 1))
    found = int(laid.window[0])
    return None if found == NO_WINDOW else found


def _way(schedule: Schedule, lines: tuple[int, ...]) -> list[tuple[int, int]]:
    """List (start, window) of a day; a day not covered exactly once has no price."""
    pieces = stretches(schedule, lines)
    ends = [0, *(piece.to_second for piece in pieces)]
    if [piece.from_second for piece in pieces] != ends[:-1] or ends[-1] != DAY_SECONDS:
        return [(0, NO_WINDOW)]
    return [(piece.from_second, piece.window) for piece in pieces]


def _markets(
    tariff: Tariff, region: CalendarRegion, span_us: tuple[int, int], markets: Markets
) -> dict[str, "_Known"]:
    known = {}
    for key in tariff.followed_keys:
        series = markets.series.get(key)
        if series is None:
            nothing = MarketSteps(np.array([span_us[0]]), np.array([np.nan]), np.ones(1))
            known[key] = _Known(nothing, nothing.prices)
            continue
        found = steps(series, region, span_us, markets.now)
        if markets.is_foreign(series):
            found = converted(found, conversion_rates(tariff.conversion, markets, span_us))
        known[key] = _Known(found, series.per_kwh(found.prices))
    return known


def _estimated_from(tariff: Tariff, region: CalendarRegion, markets: Markets) -> Microseconds:
    """Find from when on (0 or 1) tiers go by the peak of a period that still runs or will."""
    if not tariff.rates.any_by_peak:
        return np.zeros(0, np.int64)
    return np.array([microseconds(counted_since(tariff, region, markets.now))], dtype=np.int64)


class _Known(NamedTuple):
    """A market over the span, and its prices per kWh."""

    steps: MarketSteps
    per_kwh: Numbers


def _edges(
    tariff: Tariff,
    laid: WindowSteps,
    falls: Microseconds,
    known: dict[str, _Known],
    tiers: Integers,
    span_us: tuple[int, int],
) -> Microseconds:
    """Join the edges of windows, of falling confidence, and of markets where they are followed."""
    joined = [laid.starts_us, falls[(falls > span_us[0]) & (falls < span_us[1])]]
    for key, market in known.items():
        window = laid.window[step_of(laid.starts_us, market.steps.starts_us)]
        followed = np.append(_follows(tariff, key, tiers), False)[window]
        joined.append(market.steps.starts_us[followed])
    return joined_edges(joined)


def _follows(tariff: Tariff, key: str, tiers: Integers) -> Marks:
    """Mark the windows (w) whose price in any tier asked for depends on a market."""
    rates = tariff.rates
    depends = rates.market if key == tariff.market else np.zeros_like(rates.market)
    codes = np.array([key in formula.market_codes for formula in rates.formulas] + [False])
    depends = depends | codes[rates.formula]
    windows = np.arange(rates.tiers.size)
    asked = depends[windows, np.maximum(tiers, 0)] & (tiers != NO_TIER)
    follows: Marks = np.logical_or.reduce(asked, axis=0)
    return follows


class _Row:
    """The net prices of n intervals, each in one tier of its window."""

    def __init__(
        self,
        tariff: Tariff,
        starts_us: Microseconds,
        window: Integers,
        tier: Integers,
        known: dict[str, _Known],
    ) -> None:
        self.tier = tier
        self._starts_us = starts_us
        self._known = known
        self._rates: RateTable = tariff.rates
        self.confidence = np.ones(window.size)
        self.market_per_kwh = np.full(window.size, np.nan)
        self.surcharge_per_kwh = self.market_per_kwh.copy()
        priced = tier != NO_TIER
        cell = np.where(priced, window * self._rates.to_kwh.shape[1] + tier, 0)
        self._cell = cell  # of the tables of rates, row after row
        self.per_kwh = np.where(priced, self._rates.per_kwh.take(cell), np.nan)
        if known:
            self._add_market(tariff, priced & self._rates.market.take(cell))
        if self._rates.formulas:
            self._add_formulas(np.where(priced, self._rates.formula.take(cell), -1))

    def _add_market(self, tariff: Tariff, follows: Marks) -> None:
        """Add the surcharges to the market's price: (market + fixed) × (1 + percentage)."""
        if tariff.market is None or not follows.any():
            return
        market = self._known[tariff.market]
        rows = slice(None) if follows.all() else follows
        step = self._step(market, rows)
        asked = market.per_kwh[step]
        factor = 1.0 + self._rates.percentage.take(self._cell[rows])
        price = (asked + self.per_kwh[rows]) * factor
        self.market_per_kwh[rows] = asked
        self.per_kwh[rows] = price
        self.surcharge_per_kwh[rows] = price - asked
        self.confidence[rows] = market.steps.confidence[step]

    def _add_formulas(self, formula: Integers) -> None:
        for number in np.unique(formula[formula >= 0]):
            rows = formula == number
            wanted = self._rates.formulas[number]
            prices = {}
            for code in wanted.market_codes:
                market = self._known[code]
                step = self._step(market, rows)
                prices[code] = market.steps.prices[step]
                self.market_per_kwh[rows] = market.per_kwh[step]
                sure = market.steps.confidence[step]
                self.confidence[rows] = np.minimum(self.confidence[rows], sure)
            if len(prices) > 1:
                self.market_per_kwh[rows] = np.nan
            self.per_kwh[rows] = values(wanted, prices, int(rows.sum()))

    def _step(self, market: _Known, rows: Marks | slice) -> Indices:
        return step_of(market.steps.starts_us, self._starts_us[rows])


def _assembled(
    tariff: Tariff,
    edges_us: Microseconds,
    window: Integers,
    rows: list[_Row],
    certain: Numbers,
) -> ElementSeries:
    """Apply the limits, then VAT, to all rows; what overflows has no price, cap or not."""
    net = np.array([row.per_kwh for row in rows])
    net[np.abs(net) > PRICE_LIMIT] = np.nan
    cap, floor = tariff.limits.cap_per_kwh, tariff.limits.floor_per_kwh
    if cap is not None or floor is not None:
        net = np.clip(net, floor, cap)
    vat = tariff.tax.vat
    gross = net if tariff.tax.included else net * (1.0 + vat)
    return ElementSeries(
        edges_us=edges_us,
        window=window,
        tier=np.array([row.tier for row in rows]),
        per_kwh=gross,
        vat_per_kwh=gross * (vat / (1.0 + vat)),
        confidence=np.minimum(certain, np.array([row.confidence for row in rows])),
        market_per_kwh=np.array([row.market_per_kwh for row in rows]),
        surcharge_per_kwh=np.array([row.surcharge_per_kwh for row in rows]),
    )
