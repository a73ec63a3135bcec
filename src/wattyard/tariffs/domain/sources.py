"""Market sources, and their prices over a span (contract 2, Market sources).

Where nothing is published there is a forecast (`forecast`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel import civil, instants
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds, joined_edges, microseconds
from wattyard.kernel.refusals import Conflict, Malformed, Missing, StateForbids
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.zone_and_currency import CurrencyCodeInvalid, currencies
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.forecast import KnownPrices, forecast

Unit = Literal["KWH", "MWH", "RATE"]
"""What a source's values are for: energy, or (RATE) a unit of another currency."""

PRICES_AT_ONCE: Final = 100_000
HELD: Final = timedelta(days=7)
"""How long a rate holds that no other follows, unless it was published for longer."""
_HELD_US: Final = HELD // timedelta(microseconds=1)


class MarketSourceNotFound(Missing):
    """There is no such market source in this account and mode, nor among the operator's."""

    code = "market_source_not_found"


class MarketSourceReadOnly(StateForbids):
    """The market source is the operator's: it can be read by every account, not changed."""

    code = "market_source_read_only"


class MarketSourceInUse(StateForbids):
    """Prices or formulas depend on what is to be changed; make another source instead."""

    code = "market_source_in_use"


class MarketSourceCodeTaken(Conflict):
    """Another market source of this account and mode has that code."""

    code = "code_taken"


class MarketCurrencyMismatch(StateForbids):
    """The market source is in another currency than the location, and nothing converts it."""

    code = "market_currency_mismatch"


class MarketUnitMismatch(StateForbids):
    """A rate of exchange is not a price of energy, and a price of energy converts nothing."""

    code = "market_unit_mismatch"


class MarketPriceOverlap(StateForbids):
    """Two intervals with a price would overlap; nothing of the batch was kept."""

    code = "market_price_overlap"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSourceDraft:
    """The description of a market source.

    `unit` is that of its prices, KWH or MWH, or RATE where its values are rates of exchange, in its
    currency for a unit of another; `resolution_minutes` is nominal. `publishes_at` is a
    wall-clock time in `timezone` at which the prices of the next day appear.

    Raises:
        Malformed: when the tz database has no such zone, or there is no such currency.
    """

    code: str
    currency_code: str
    unit: Unit
    timezone: str
    display_name: str | None = None
    resolution_minutes: int | None = None
    publishes_at: time | None = None
    area: str | None = None

    def __post_init__(self) -> None:
        if not civil.is_zone(self.timezone):
            raise Malformed(
                f"timezone must be a name of the tz database such as Europe/Brussels; got "
                f"'{self.timezone[:60]}'",
                param="timezone",
                code="timezone_invalid",
            )
        if self.currency_code not in currencies():
            raise CurrencyCodeInvalid(
                f"currency_code must be an ISO 4217 code in use, such as EUR; got "
                f"'{self.currency_code[:60]}'",
                param="currency_code",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSource(MarketSourceDraft):
    """A market source.

    `shared`: whether it is the operator's. `revision` grows with every change of its prices;
    `time_published` is when they last changed, `published_until` the end of the last interval.
    """

    id: UUID
    shared: bool
    time_created: datetime
    revision: int = 0
    time_published: datetime | None = None
    published_until: datetime | None = None

    def published_after(self, now: datetime) -> datetime | None:
        """Find when (UTC) the source publishes next after an instant; None where unknown."""
        if self.publishes_at is None:
            return None
        zone = civil.zone(self.timezone)
        today = civil.date_at(now, zone)
        days = (today + timedelta(days=n) for n in range(3))
        moments = (civil.first_at(datetime.combine(day, self.publishes_at), zone) for day in days)
        return next(moment for moment in moments if moment > now)


@dataclass(frozen=True, slots=True)
class MarketPrice:
    """A price for an interval, half-open, in the source's currency and unit.

    Raises:
        ValueError: unless `valid_to` is after `valid_from`.
    """

    valid_from: datetime
    valid_to: datetime
    value: float

    def __post_init__(self) -> None:
        if self.valid_to <= self.valid_from:
            raise ValueError("an interval ends after it starts")


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """A price that was published once, and what became of it: replaced at `time_replaced`.

    `revision` is the one of the source that replaced it.
    """

    price: MarketPrice
    time_recorded: datetime
    time_replaced: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of a batch: `changed` of the prices replace another value or interval."""

    submitted: int
    accepted: int
    changed: int


def check_apart(prices: Sequence[MarketPrice]) -> None:
    """Refuse a batch whose own intervals overlap.

    Raises:
        MarketPriceOverlap: naming two of them by their positions in the batch.
    """
    order = sorted(range(len(prices)), key=lambda n: prices[n].valid_from)
    for one, other in pairwise(order):
        if prices[other].valid_from < prices[one].valid_to:
            raise overlap(prices[one], prices[other], param=f"[{other}].valid_from")


def check_rates(prices: Sequence[MarketPrice]) -> None:
    """Refuse rates of exchange that are not above 0.

    Raises:
        Malformed: naming the first by its position in the batch.
    """
    for number, price in enumerate(prices):
        if price.value <= 0:
            raise Malformed(
                f"[{number}].value must be above 0: the source publishes rates of exchange; "
                f"got {price.value:g}",
                param=f"[{number}].value",
                code="value_invalid",
            )


def overlap(
    one: MarketPrice, other: MarketPrice, *, param: str | None = None
) -> MarketPriceOverlap:
    """Name two intervals that overlap."""
    return MarketPriceOverlap(f"{_interval(one)} overlaps {_interval(other)}", param=param)


def clash_with_kept(
    prices: Sequence[MarketPrice], clash: tuple[MarketPrice, MarketPrice]
) -> MarketPriceOverlap:
    """Name the price of a batch that overlaps one kept before, and where it stands."""
    one, other = clash
    number = next((n for n, price in enumerate(prices) if price in (one, other)), None)
    if number is None:
        return overlap(one, other)
    kept = other if prices[number] == one else one
    return MarketPriceOverlap(
        f"[{number}]: {_interval(prices[number])} overlaps {_interval(kept)}, which is published; "
        "only a price with the same valid_from replaces it",
        param=f"[{number}].valid_from",
    )


def _interval(price: MarketPrice) -> str:
    return f"{instants.text(price.valid_from)} to {instants.text(price.valid_to)}"


@dataclass(frozen=True, slots=True, eq=False)
class MarketSeries:
    """What a market source has published, in the unit it publishes.

    `starts_us`, `ends_us`, `prices` (n): intervals of any length in order of time, with gaps
    where nothing is published, never overlapping; money of `currency_code` per `unit`.

    Raises:
        ValueError: when the intervals overlap, are out of order or empty, or a price is not
            finite.
    """

    source_id: str
    code: str
    unit: Unit
    starts_us: Microseconds
    ends_us: Microseconds
    prices: Numbers
    currency_code: str | None = None

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
    """All market series that some tariffs need, by source id and by code, as known at `now`.

    `currency_code` is the place's; None where all are known to be in it.
    """

    series: Mapping[str, MarketSeries]
    now: datetime
    currency_code: str | None = None

    def at(self, currency_code: str) -> "Markets":
        """Give the same for a place that pays in a currency."""
        return replace(self, currency_code=currency_code)

    def is_foreign(self, series: MarketSeries) -> bool:
        """Check whether prices of a series are to be converted into the place's currency."""
        known = self.currency_code is not None and series.currency_code is not None
        return known and series.unit != "RATE" and series.currency_code != self.currency_code


@dataclass(frozen=True, slots=True, eq=False)
class MarketSteps:
    """A market's price as n steps that touch and fill a span.

    `starts_us` (n); `prices` (n) in the published unit, NaN where there is neither a price nor
    a forecast; `confidence` (n) 1, 0.5 or 0.3.
    """

    starts_us: Microseconds
    prices: Numbers
    confidence: Numbers


def all_priced_in(currency_code: str, sources: Iterable[MarketSource]) -> bool:
    """Whether all sources publish prices of energy, in that currency."""
    return all(one.unit != "RATE" and one.currency_code == currency_code for one in sources)


def steps(
    series: MarketSeries, region: CalendarRegion, span_us: tuple[int, int], now: datetime
) -> MarketSteps:
    """Lay what a market publishes over a span: rates as they hold, or prices with forecasts.

    Forecasts are in the region's local time.
    """
    if series.unit == "RATE":
        return held(series, span_us)
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
    known = KnownPrices(series.starts_us, series.ends_us, series.prices)
    guess = forecast(known, region, (hole_starts, hole_ends), microseconds(now))
    return _filled(published, hole_starts, hole_ends, MarketSteps(*guess))


def held(series: MarketSeries, span_us: tuple[int, int]) -> MarketSteps:
    """Lay rates over a span: each holds until the next one, at most 7 days from its start.

    One published for a longer time holds to its end. Where none holds there is NaN.
    """
    start, end = span_us
    until = np.maximum(series.ends_us, series.starts_us + _HELD_US)
    until[:-1] = np.minimum(until[:-1], series.starts_us[1:])
    touching = (series.starts_us < end) & (until > start)
    starts, until = np.maximum(series.starts_us[touching], start), until[touching]
    ends = until[until < end]
    edges = joined_edges([np.array([start], dtype=np.int64), starts, ends])
    rates = np.full(edges.size, np.nan)
    if starts.size:
        rate = np.searchsorted(starts, edges, side="right") - 1
        holds = (rate >= 0) & (edges < until[rate])
        rates[holds] = series.prices[touching][rate[holds]]
    return MarketSteps(edges, rates, np.ones(edges.size))


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
