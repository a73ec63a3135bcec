"""A slow, obvious, exact reference of prices, written from contracts 2 and 2b alone.

Every whole minute of the span is decided on its own: wall clock, day, schedule entry, window,
rate, limits, VAT. Minutes that share all natural boundaries are then joined into intervals.
Values are exact (60 digits) and not rounded to the 6 decimals of an answer.

Readings
--------
* Boundaries: an interval ends where the `hours` entry changes, at both ends of every day that was
  decided by an entry with `dates`, where the market interval(s) the rate refers to change, at
  contract edges and 90-day steps, and where a new term takes over. Midnight is no boundary by
  itself; a window that owns both sides of midnight (or of a clock change) runs through.
* A market interval is a boundary only in windows whose rate (in any tier) uses the market.
* A rate entry with `value`/`fixed` is that value also under `market_rates`; one without is
  (market per kWh + `surcharge_fixed`) x (1 + `surcharge_percentage`), absent surcharges being 0.
* A string variable names the one market series that was given; `variables` sit in the rate entry.
* The tier is the first whose `to_kwh` is above the counter: exactly at the edge the next one
  holds. `counter_kwh` is taken as the counter of every `hours` entry alike under PERIOD.
* A limit `to_kwh_per_day` or `to_kwh_per_kw` needs readings: only `tier_reference` knows it.
* `clock` moves the wall clock of the schedule, its special days among them, and nothing else.
* A `contract_end_date` that is null or absent never comes.
* "90 days" after the contract's end are local calendar days, counted from the end at the same wall
  clock (a midnight stays a midnight).
* Confidences that meet in one price (contract ended, market forecast, several elements) give the
  lowest of them; see `combined`, the only place that decides this.
* After the end of the contract a date that no entry matches has no price (NoPriceData).
* `vat_included` false without a `vat` is a VAT of 0.
* Of several terms for the same type, the one that started last holds at an instant, so a term's
  extrapolation ends where its successor starts. NON_COMMODITY before its start adds nothing.
* A place's price meets the boundaries of every element; LOCAL without a COMMODITY is 0, and a
  NON_COMMODITY is never looked at for LOCAL and EXPORT (only NON_COMMODITY+IMPORT exists).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from functools import cached_property
from typing import TypeVar

from .formula_reference import FormulaUnavailable, evaluate, variable_names
from .holiday_reference import TariffDays
from .market_reference import Market, Quote, Row
from .region_reference import NEVER, Region, contract_edge, grid, instant_of, later_days, on_clock
from .schedule_reference import Json, Owner, covers, windows_of

EXACT = Context(prec=60)
AFTER_END = (Decimal("0.8"), Decimal("0.6"), Decimal("0.4"), Decimal("0.2"))
LIMITS = ("to_kwh", "to_kwh_per_day", "to_kwh_per_kw")
Payload = TypeVar("Payload")


class NoTariffConnected(Exception):
    """422 `no_tariff_connected`: the instant lies before the contract, or there is none."""


class NoPriceData(Exception):
    """422 `no_price_data`: the tariff has no price at the instant."""


@dataclass(frozen=True)
class Interval:
    """One price per kWh (gross) over `[start, end)`, UTC."""

    start: datetime
    end: datetime
    value: Decimal
    confidence: Decimal


@dataclass(frozen=True)
class TierPrice:
    """The net price of one tier; `net` is None where the instant is unavailable in that tier.

    The tier ends at `to_kwh` kWh, or at that times the days or the peak of its period (`limit` is
    the member of the body that says which).
    """

    to_kwh: Decimal | None
    net: Decimal | None
    confidence: Decimal
    limit: str = "to_kwh"


@dataclass(frozen=True)
class Moment:
    """What a tariff says at one instant. Two neighbours with equal `edge` share one interval.

    `counter` is the word that the `hours` entry counts under, else the entry itself.
    """

    owner: Owner
    counter: object
    edge: tuple[object, ...]
    tiers: tuple[TierPrice, ...]

    def tier_at(self, counter_kwh: Decimal) -> TierPrice:
        """ "the tier reached by readings so far": the first whose end is above the counter."""
        for tier in self.tiers:
            if tier.limit != "to_kwh":
                raise ValueError(tier.limit)
            if tier.to_kwh is None or counter_kwh < tier.to_kwh:
                return tier
        raise ValueError("the last tier must have no to_kwh")


@dataclass(frozen=True)
class Tariff:
    """A tariff body as it is read at a place."""

    body: Json
    region: Region
    market: Market
    _days: dict[date, list[tuple[Owner, Json, bool]]] = field(default_factory=dict, repr=False)
    _known: dict[object, tuple[TierPrice, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def starts(self) -> datetime:
        return contract_edge(self.body["contract_start_date"], self.region)

    @cached_property
    def ends(self) -> datetime:
        written = self.body.get("contract_end_date")
        return NEVER if written is None else contract_edge(written, self.region)

    @cached_property
    def days(self) -> TariffDays:
        """The weekends and holidays that the schedule counts."""
        return TariffDays(self.region, self.body.get("holidays") or {})

    def wall(self, instant: datetime) -> datetime:
        """The wall clock that the schedule is read on (contract 2b, `clock`)."""
        return on_clock(self.body.get("clock") or "LOCAL", instant, self.region)

    @cached_property
    def steps(self) -> list[datetime]:
        """The contract's end and the instants 90, 180 and 270 days after it."""
        if self.ends == NEVER:
            return []
        return [self.ends, *(later_days(self.ends, 90 * n, self.region) for n in (1, 2, 3))]

    def moment(self, instant: datetime) -> Moment:
        """The price rule at one instant.

        Raises: NoTariffConnected before the contract ("Before `contract_start_date`: 422").
        """
        if instant < self.starts:
            raise NoTariffConnected(instant)
        return self.always(instant)

    def always(self, instant: datetime) -> Moment:
        """The price rule at one instant, "as if it had always held" (contract 2b, counters)."""
        local = self.wall(instant)
        owner, word, rate, special = self._rate(local)
        looks = any(self._uses_market(entry) for entry in rate)
        quote = self.market.quote(instant) if looks else None
        quote = self.market.converted(quote, self.body.get("currency_conversion"), instant)
        passed = sum(step <= instant for step in self.steps)
        confidence = AFTER_END[passed - 1] if passed else Decimal(1)
        grounds = (quote.rows, quote.confidence) if quote else ()
        edge = (owner, local.date() if special else None, grounds, looks and quote is None, passed)
        return Moment(owner, word or owner, edge, self._tiers(owner, rate, quote, confidence))

    def _tiers(
        self, owner: Owner, rate: list[Json], quote: Quote | None, confidence: Decimal
    ) -> tuple[TierPrice, ...]:
        """The prices of all tiers, computed once per window and quote: nothing else matters."""
        key = (owner, quote, confidence)
        if key not in self._known:
            tiers = tuple(self._tier(entry, quote, confidence) for entry in rate)
            self._known[key] = tiers or (TierPrice(None, None, confidence),)
        return self._known[key]

    def gross(self, net: Decimal) -> Decimal:
        """ "prices are answered gross: with false, value = net x (1 + vat)"."""
        return net * (1 + self.vat_on_top)

    @property
    def vat_on_top(self) -> Decimal:
        """The VAT fraction to be added; 0 when it is already included."""
        if self.body.get("vat_included", True):
            return Decimal(0)
        return number(self.body.get("vat") or 0)

    def _rate(self, local: datetime) -> tuple[Owner, str | None, list[Json], bool]:
        """ "What remains must cover the 24 hours exactly once": the one window at the minute, its
        `counter`, its rate and whether the day is a special one. No window (outside the contract):
        no rate."""
        day = local.date()
        if day not in self._days:
            self._days[day] = windows_of(self.body["schedule"], day, self.days)
        owners = [window for window in self._days[day] if covers(window[1], local.time())]
        if len(owners) > 1:
            raise ValueError(f"time_period_overlap on {local}")
        if not owners:
            return (-1, -1, -1), None, [], False
        owner, window, special = owners[0]
        return owner, window.get("counter"), window["rate"], special

    def _uses_market(self, entry: Json) -> bool:
        written = entry.get("value", entry.get("fixed"))
        if written is None:
            return True
        named = variable_names(written) if isinstance(written, str) else set()
        return any(isinstance(entry.get("variables", {}).get(name), str) for name in named)

    def _tier(self, entry: Json, quote: Quote | None, confidence: Decimal) -> TierPrice:
        limit = next((n for n in LIMITS if entry.get(n) is not None), "to_kwh")
        to_kwh = None if entry.get(limit) is None else number(entry[limit])
        if not self._uses_market(entry):
            net = self._limited(self._written(entry, None))
            return TierPrice(to_kwh, net, confidence, limit)
        if quote is None:
            return TierPrice(to_kwh, None, confidence, limit)
        lowest = combined([confidence, quote.confidence])
        if entry.get("value", entry.get("fixed")) is not None:
            return TierPrice(to_kwh, self._limited(self._written(entry, quote)), lowest, limit)
        return TierPrice(to_kwh, self._limited(self._surcharged(entry, quote)), lowest, limit)

    def _surcharged(self, entry: Json, quote: Quote) -> Decimal:
        """ "price = (market + fixed) x (1 + percentage)", per kWh."""
        if not self.body.get("market_rates"):
            raise ValueError("a rate without value needs market_rates")
        fixed = number(entry.get("surcharge_fixed") or 0)
        percentage = number(entry.get("surcharge_percentage") or 0)
        return (self.market.per_kwh(quote.value) + fixed) * (1 + percentage)

    def _written(self, entry: Json, quote: Quote | None) -> Decimal | None:
        """ "a number or a formula string with `variables`"; a market variable "stands for the
        price in the unit the source publishes"."""
        written = entry.get("value", entry.get("fixed"))
        if not isinstance(written, str):
            return number(written)
        variables = {
            name: quote.value if isinstance(value, str) and quote else number(value)
            for name, value in entry.get("variables", {}).items()
            if quote or not isinstance(value, str)
        }
        try:
            return evaluate(written, variables)
        except FormulaUnavailable:
            return None

    def _limited(self, price: Decimal | None) -> Decimal | None:
        """ "`cap_per_kwh` / `floor_per_kwh` (limits on the final price, before VAT)"."""
        if price is None:
            return None
        cap, floor = self.body.get("cap_per_kwh"), self.body.get("floor_per_kwh")
        if floor is not None:
            price = max(price, number(floor))
        return price if cap is None else min(price, number(cap))


def number(value: object) -> Decimal:
    """A JSON number as it was written (`0.1934`, not the nearest double)."""
    return Decimal(str(value))


def combined(confidences: Iterable[Decimal]) -> Decimal:
    """The confidence of a price that rests on several things: the lowest."""
    return min(confidences)


def runs(
    start: datetime,
    end: datetime,
    step_minutes: int,
    at: Callable[[datetime], tuple[object, Payload]],
) -> list[tuple[datetime, datetime, Payload]]:
    """Asks `at` for (edge, payload) at every minute; joins neighbours with equal edges.

    Raises: ValueError when neighbours to be joined differ, so that an edge forgotten shows.
    """
    joined: list[tuple[datetime, datetime, Payload]] = []
    edge: object = None
    for since, until in grid(start, end, step_minutes):
        new_edge, payload = at(since)
        if joined and new_edge == edge:
            if payload != joined[-1][2]:
                raise ValueError(f"the price changes at {since} where no boundary is")
            joined[-1] = (joined[-1][0], until, payload)
        else:
            joined.append((since, until, payload))
        edge = new_edge
    return joined


def elements_at(tariffs: Sequence[Tariff], direction: str, instant: datetime) -> list[int]:
    """Which tariffs (by position) make the price of an instant.

    "The price of an instant is the sum of the place's elements for the direction; COMMODITY must
    exist (else 422 `no_tariff_connected`), NON_COMMODITY is added when there is one. LOCAL without
    a tariff is 0."
    """
    chosen: list[int] = []
    for kind in ("COMMODITY", "NON_COMMODITY"):
        of_kind = [
            i
            for i, tariff in enumerate(tariffs)
            if tariff.body["type"] == kind and tariff.body["direction"] == direction
        ]
        begun = [i for i in of_kind if tariffs[i].starts <= instant]
        if kind == "COMMODITY" and not begun and (of_kind or direction != "LOCAL"):
            raise NoTariffConnected(instant)
        chosen += sorted(begun, key=lambda i: tariffs[i].starts)[-1:]
    return chosen


def reference_prices(
    tariff_body: Json,
    *,
    zone: str,
    country: str | None,
    state: str | None,
    start: datetime,
    end: datetime,
    market: list[Row],
    market_unit: str,
    now: datetime,
    counter_kwh: Decimal,
    step_minutes: int = 1,
) -> list[Interval]:
    """The price series of one tariff over `[start, end)`: touching intervals in UTC, gross.

    `step_minutes` > 1 looks less often; right only if every edge lies on that grid.
    Raises: NoTariffConnected, NoPriceData with the first such instant.
    """
    region = Region(zone, country, state)
    tariff = Tariff(tariff_body, region, Market(market, market_unit, region, now))

    def at(instant: datetime) -> tuple[object, Moment]:
        moment = tariff.moment(instant)
        return moment.edge, moment

    with localcontext(EXACT):
        return [
            Interval(since, until, *_priced([(tariff, moment)], since, counter_kwh))
            for since, until, moment in runs(instant_of(start), instant_of(end), step_minutes, at)
        ]


def reference_site_prices(
    tariff_bodies: Sequence[Json],
    *,
    direction: str,
    region: Region,
    start: datetime,
    end: datetime,
    market: Market,
    counter_kwh: Decimal,
    step_minutes: int = 1,
) -> list[Interval]:
    """The sum of a place's elements for a direction (several terms and types), like
    `reference_prices`."""
    tariffs = [Tariff(body, region, market) for body in tariff_bodies]

    def at(instant: datetime) -> tuple[object, list[tuple[Tariff, Moment]]]:
        chosen = elements_at(tariffs, direction, instant)
        parts = [(tariffs[i], tariffs[i].moment(instant)) for i in chosen]
        return [(i, part[1].edge) for i, part in zip(chosen, parts, strict=True)], parts

    with localcontext(EXACT):
        return [
            Interval(since, until, *_priced(parts, since, counter_kwh))
            for since, until, parts in runs(instant_of(start), instant_of(end), step_minutes, at)
        ]


def _priced(
    parts: list[tuple[Tariff, Moment]], instant: datetime, counter_kwh: Decimal
) -> tuple[Decimal, Decimal]:
    value, confidences = Decimal(0), [Decimal(1)]
    for tariff, moment in parts:
        tier = moment.tier_at(counter_kwh)
        if tier.net is None:
            raise NoPriceData(instant)
        value += tariff.gross(tier.net)
        confidences.append(tier.confidence)
    return value, combined(confidences)


def merged(intervals: Sequence[Interval]) -> list[Interval]:
    """Neighbours of equal value and confidence joined: the series without its inner boundaries."""
    joined: list[Interval] = []
    for one in intervals:
        last = joined[-1] if joined else None
        if last and (last.value, last.confidence) == (one.value, one.confidence):
            joined[-1] = Interval(last.start, one.end, one.value, one.confidence)
        else:
            joined.append(one)
    return joined
