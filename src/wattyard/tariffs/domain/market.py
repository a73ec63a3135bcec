"""A market's prices over a span: those published, and a forecast where there are none (contract 2).

A price not published yet is the mean of the prices at the same local clock time on the last
four days of the same kind (working day, or weekend and holiday) that have one, of the days
before it and not earlier than 14 days before it or before now. Confidence 0.5, and 0.3 when
fewer than two such days exist; where the last 14 days hold no day of the same kind, the last
four days of any kind serve, at 0.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel.clock_changes import Microseconds, joined_edges, microseconds
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.forecast import Published, forecast

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MarketSeries:
    """What a market source has published, in the unit it publishes.

    `starts_us`, `ends_us`, `prices` (n): intervals of any length in order of time, with gaps
    where nothing is published, never overlapping; money per `unit`.

    Raises:
        ValueError: when the intervals overlap, are out of order or empty, or a price is not
            finite.
    """

    source_id: str
    code: str
    unit: Literal["KWH", "MWH"]
    starts_us: Microseconds
    ends_us: Microseconds
    prices: Numbers

    def __post_init__(self) -> None:
        if not (self.starts_us.shape == self.ends_us.shape == self.prices.shape):
            raise ValueError("each market interval has a start, an end and a price")
        if (self.ends_us <= self.starts_us).any() or (self.starts_us[1:] < self.ends_us[:-1]).any():
            raise ValueError("market intervals are in order and do not overlap")
        if not np.isfinite(self.prices).all():
            raise ValueError("market prices are finite numbers")

    def per_kwh(self, prices: Numbers) -> Numbers:
        """Convert prices (any shape) from the published unit to money per kWh."""
        return prices / 1000.0 if self.unit == "MWH" else prices


@dataclass(frozen=True, slots=True)
class Markets:
    """All market series that some tariffs need, by source id and by code, as known at `now`."""

    series: Mapping[str, MarketSeries]
    now: datetime


@dataclass(frozen=True, slots=True, eq=False)
class MarketSteps:
    """A market's price as n steps that touch and fill a span.

    `starts_us` (n); `prices` (n) in the published unit, NaN where there is neither a price nor
    a forecast; `confidence` (n) 1, 0.5 or 0.3.
    """

    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


def steps(
    series: MarketSeries, region: CalendarRegion, span_us: tuple[int, int], now: datetime
) -> MarketSteps:
    """Lay a market's prices over a span, forecasts in the region's local time."""
    start, end = span_us
    first = int(np.searchsorted(series.ends_us, start, side="right"))
    last = int(np.searchsorted(series.starts_us, end, side="left"))
    starts = np.maximum(series.starts_us[first:last], start)
    ends = np.minimum(series.ends_us[first:last], end)
    prices = series.prices[first:last]
    hole_starts, hole_ends = np.append(start, ends), np.append(starts, end)
    holes = hole_starts < hole_ends
    if not holes.any():
        return MarketSteps(starts, prices, np.ones(starts.size))
    published = MarketSteps(starts, prices, np.ones(starts.size))
    hole_starts, hole_ends = hole_starts[holes], hole_ends[holes]
    known = Published(series.starts_us, series.ends_us, series.prices)
    guess = forecast(known, region, (hole_starts, hole_ends), microseconds(now))
    return _filled(published, hole_starts, hole_ends, MarketSteps(*guess))


def _filled(
    published: MarketSteps, hole_starts: Microseconds, hole_ends: Microseconds, guess: MarketSteps
) -> MarketSteps:
    """Put the forecast into the holes."""
    hole = np.searchsorted(hole_starts, guess.starts_us, side="right") - 1
    inside = (hole >= 0) & (guess.starts_us < hole_ends[hole])
    starts = joined_edges([published.starts_us, hole_starts, guess.starts_us[inside]])
    hole = np.searchsorted(hole_starts, starts, side="right") - 1
    guessed = (hole >= 0) & (starts < hole_ends[hole])
    prices, confidence = np.empty(starts.size), np.ones(starts.size)
    step = np.searchsorted(guess.starts_us, starts[guessed], side="right") - 1
    prices[guessed], confidence[guessed] = guess.prices[step], guess.confidence[step]
    prices[~guessed] = published.prices
    return MarketSteps(starts, prices, confidence)
