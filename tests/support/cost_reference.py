"""A slow, obvious, exact reference of costs, written from contract 3 (and 2 for tiers) alone.

Readings are cut at every minute at which anything changes (price, local day, hour), energy is
shared in proportion to time, all arithmetic is `Fraction`. Nothing is rounded but confidences.

Readings
--------
* `readings` are bodies of `PUT /meters/interval`, all that the store holds and not only the
  requested ones: those before the request move the tier counters. The reference picks those of
  the direction and of the object (no `device_id`: the location's own; else that device's).
* Only the part of a reading inside the request is answered. NONE is one item per reading, clipped.
* HOUR groups change with the local hour and with the UTC offset (a repeated hour is two groups;
  Lord Howe has half ones). WEEK starts on Monday.
* Tiers: see `tier_reference`; charges: see `charge_reference` and `demand_reference`.
* What a minimum charge adds is in every group, as standing charges are; its bills are those of
  whole periods, energy outside of the request included.
* Standing charges of a NONE item are those of the reading's time, so they need not add up to the
  total's where readings leave gaps. HOUR, DAY and WEEK have no demand charge, nor has NONE.
* A YEAR group has the sum of its months' demand charges.
* Charges belong to location answers of intervals: `with_charges=False` for instant and session
  costs, and never with a `device_id`.
* Several elements: their costs add up, confidence is the lowest (`tariff_reference.combined`).
* A mean confidence below 1 that would round to 1.00 is 0.99; charges alone have confidence 1; a
  group whose energy is zero takes the mean over time.
* A reading at an instant without a price is NoPriceData, also before the contract's start; no
  tariff of the direction at all is NoTariffConnected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from .charge_reference import raised, standing
from .demand_reference import Load, Span, clipped, demand, seconds
from .market_reference import Market, Row
from .reading_reference import Bill, Slice, belongs, load_of, slices_of
from .region_reference import Region, instant_of
from .schedule_reference import Json
from .tariff_reference import (
    EXACT,
    NoPriceData,
    NoTariffConnected,
    Tariff,
    TierPrice,
    combined,
    runs,
)
from .tier_reference import Part, consumed_parts, shared_parts


@dataclass(frozen=True)
class CostItem:
    """One `data[]` item (or `total`): exact amounts by kind of line, before any rounding."""

    start: datetime
    end: datetime
    energy_kwh: Fraction
    energy_cost: Fraction
    standing_cost: Fraction
    demand_cost: Fraction
    minimum_cost: Fraction
    vat_cost: Fraction
    confidence: Decimal
    reading: Json | None = None

    @property
    def cost(self) -> Fraction:
        """The sum of the lines ("whose amounts add up to that item's cost")."""
        charges = self.standing_cost + self.demand_cost + self.minimum_cost
        return self.energy_cost + charges + self.vat_cost


@dataclass(frozen=True)
class CostAnswer:
    """`data` in order of time, and `total`."""

    data: list[CostItem]
    total: CostItem


def reference_costs(
    readings: Sequence[Json],
    tariff_bodies: Sequence[Json],
    *,
    zone: str,
    country: str | None,
    state: str | None,
    start: datetime,
    end: datetime,
    aggregation: str,
    market: list[Row],
    market_unit: str,
    now: datetime,
    direction: str = "IMPORT",
    device_id: str | None = None,
    with_charges: bool = True,
    only: Callable[[Json], bool] = lambda reading: True,
    step_minutes: int = 1,
) -> CostAnswer:
    """The cost of `[start, end)`: contract 3's interval answer.

    Instant: `readings` with the asked one, its span, NONE, `with_charges=False`, `only` picking it.
    Session: the same with `only` picking the session. `only` never hides readings from the tier
    counters. `step_minutes` as in `reference_prices`.
    Raises: NoTariffConnected, NoPriceData.
    """
    region = Region(zone, country, state)
    quotes = Market(market, market_unit, region, now)
    tariffs = [Tariff(body, region, quotes) for body in tariff_bodies]
    commodity = [
        b for b in tariff_bodies if (b["type"], b["direction"]) == ("COMMODITY", direction)
    ]
    if not commodity and direction != "LOCAL":
        raise NoTariffConnected(direction)
    span = (instant_of(start), instant_of(end))
    bill = Bill(tariffs, region, span, aggregation, direction, only, step_minutes)
    with localcontext(EXACT):
        own = [r for r in readings if belongs(r, direction, device_id)]
        slices = sorted(
            (piece for reading in own for piece in slices_of(reading, bill)),
            key=lambda piece: piece.load.start,
        )
        charged = {n: t for n, t in enumerate(tariffs) if t.body["direction"] == direction}
        loads = [load_of(reading) for reading in own]
        site = with_charges and device_id is None
        return answer(bill, slices, Charging(bill, slices, loads, charged if site else {}))


@dataclass(frozen=True)
class Charging:
    """The tariffs whose charges enter, by their positions, and all that these look at."""

    bill: Bill
    slices: Sequence[Slice]
    loads: Sequence[Load]
    tariffs: dict[int, Tariff]

    def minimum(self, index: int, span: Span) -> Fraction:
        """By how much the bills of a tariff are raised in a span."""
        tariff = self.tariffs[index]

        def bill_of(period: Span) -> Fraction:
            fixed = standing(tariff, period) + demand(tariff, period, self.loads)
            return self.energy(index, period) + fixed

        return raised(tariff, span, bill_of)

    def energy(self, index: int, span: Span) -> Fraction:
        """What the energy of a span costs under one tariff, asked for or not."""
        parts = parts_of(self.bill, self.slices)[index]
        return sum(
            (
                amount * net_price(tier, piece)
                for piece, own in zip(self.slices, parts, strict=True)
                if index in piece.moments and span[0] <= piece.load.start < span[1]
                for amount, tier in own
            ),
            Fraction(0),
        )


def parts_of(bill: Bill, slices: Sequence[Slice]) -> list[list[list[Part]]]:
    """For every tariff and slice, its energy by tier."""
    result: list[list[list[Part]]] = []
    for index, tariff in enumerate(bill.tariffs):
        tiered = any(len(p.moments[index].tiers) > 1 for p in slices if index in p.moments)
        if tiered and bill.direction != "IMPORT":
            raise ValueError("tiers are defined for IMPORT only")
        shared = tariff.body.get("tier_scope") == "SHARED"
        result.append((shared_parts if shared else consumed_parts)(index, tariff, slices))
    return result


@dataclass(frozen=True)
class Priced:
    """An answered slice with its net cost, the VAT on top and its confidence."""

    piece: Slice
    energy_cost: Fraction
    vat_cost: Fraction
    confidence: Fraction


def priced(bill: Bill, slices: Sequence[Slice]) -> list[Priced]:
    """Every answered slice at the net price of its tiers, all elements summed."""
    parts = parts_of(bill, slices)
    result: list[Priced] = []
    for position, piece in enumerate(slices):
        if not piece.answered:
            continue
        net, vat, confidences = Fraction(0), Fraction(0), [Decimal(1)]
        for index in piece.moments:
            own = parts[index][position]
            cost = sum((amount * net_price(tier, piece) for amount, tier in own), Fraction(0))
            net += cost
            vat += cost * Fraction(bill.tariffs[index].vat_on_top)
            confidences.append(confidence_of(own))
        result.append(Priced(piece, net, vat, Fraction(combined(confidences)) * piece.confidence))
    return result


def net_price(tier: TierPrice, piece: Slice) -> Fraction:
    """ "energy without a price: 422 `no_price_data`"."""
    if tier.net is None:
        raise NoPriceData(piece.load.start)
    return Fraction(tier.net)


def confidence_of(parts: Sequence[Part]) -> Decimal:
    """The energy-weighted confidence of the tiers a slice is spread over."""
    energy_kwh = sum((amount for amount, _ in parts), Fraction(0))
    if energy_kwh == 0 or len({tier.confidence for _, tier in parts}) == 1:
        return min(tier.confidence for _, tier in parts)
    mean = sum((amount * Fraction(tier.confidence) for amount, tier in parts), Fraction(0))
    return Decimal((mean / energy_kwh).numerator) / (mean / energy_kwh).denominator


def answer(bill: Bill, slices: Sequence[Slice], charged: Charging) -> CostAnswer:
    """Groups and total. "a group with neither reading nor charge is left out"."""
    costs = priced(bill, slices)
    if bill.aggregation == "NONE":
        data = [one_reading(bill, costs, one, charged) for one in answered_readings(costs)]
    else:
        groups = group_spans(bill.region, bill.span, bill.aggregation)
        data = [
            item
            for span in groups
            for item in [item_of(span, within(costs, span), charged, bill.aggregation)]
            if within(costs, span) or item.cost != 0
        ]
    return CostAnswer(data, item_of(bill.span, costs, charged, "TOTAL"))


def answered_readings(costs: Sequence[Priced]) -> list[Json]:
    """The readings that have answered slices, in order of time."""
    found: list[Json] = []
    for cost in costs:
        if not any(cost.piece.reading is known for known in found):
            found.append(cost.piece.reading)
    return found


def one_reading(bill: Bill, costs: Sequence[Priced], reading: Json, charged: Charging) -> CostItem:
    """A NONE item: one reading, clipped to the request."""
    load = load_of(reading)
    own = [cost for cost in costs if cost.piece.reading is reading]
    return item_of(clipped((load.start, load.end), bill.span), own, charged, "NONE", reading)


def within(costs: Sequence[Priced], span: Span) -> list[Priced]:
    """The slices that start in a span; none crosses a group's edge."""
    return [cost for cost in costs if span[0] <= cost.piece.load.start < span[1]]


def item_of(
    span: Span,
    costs: Sequence[Priced],
    charged: Charging,
    aggregation: str,
    reading: Json | None = None,
) -> CostItem:
    """ "Order: energy, caps, standing, demand, then VAT where `vat_included` is false"; a demand
    charge "appears in groups of a month or longer and in the total, not in shorter ones"."""
    long = aggregation in ("MONTH", "YEAR", "TOTAL")
    own = charged.tariffs
    fixed = {n: standing(tariff, span) for n, tariff in own.items()}
    peaks = {n: demand(own[n], span, charged.loads) if long else Fraction(0) for n in own}
    least = {n: charged.minimum(n, span) for n in own}
    vat = sum((cost.vat_cost for cost in costs), Fraction(0))
    for n, tariff in own.items():
        vat += (fixed[n] + peaks[n] + least[n]) * Fraction(tariff.vat_on_top)
    return CostItem(
        start=span[0],
        end=span[1],
        energy_kwh=sum((cost.piece.load.energy_kwh for cost in costs), Fraction(0)),
        energy_cost=sum((cost.energy_cost for cost in costs), Fraction(0)),
        standing_cost=sum(fixed.values(), Fraction(0)),
        demand_cost=sum(peaks.values(), Fraction(0)),
        minimum_cost=sum(least.values(), Fraction(0)),
        vat_cost=vat,
        confidence=mean_confidence(costs),
        reading=reading,
    )


def mean_confidence(costs: Sequence[Priced]) -> Decimal:
    """ "energy-weighted mean of price confidence x reading confidence, 2 decimals, and 1 only if
    all are 1"."""
    if all(cost.confidence == 1 for cost in costs):
        return Decimal(1)
    weights = [cost.piece.load.energy_kwh for cost in costs]
    if sum(weights) == 0:
        weights = [seconds((cost.piece.load.start, cost.piece.load.end)) for cost in costs]
    weighted = sum((w * c.confidence for w, c in zip(weights, costs, strict=True)), Fraction(0))
    hundredths = round(weighted / sum(weights) * 100)
    return min(Decimal(hundredths).scaleb(-2), Decimal("0.99"))


def group_spans(region: Region, span: Span, aggregation: str) -> list[Span]:
    """ "Groups are cut at local day/month edges ... clipped to the request"."""
    if aggregation == "HOUR":

        def hour(instant: datetime) -> tuple[object, None]:
            local = region.wall(instant)
            return (local.date(), local.hour, local.utcoffset()), None

        return [(since, until) for since, until, _ in runs(*span, 1, hour)]
    first, last = region.wall(span[0]).date(), region.wall(span[1]).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    inner = {region.midnight(day) for day in days if begins(day, aggregation)}
    edges = sorted({*span, *(edge for edge in inner if span[0] < edge < span[1])})
    return list(pairwise(edges))


def begins(day: date, aggregation: str) -> bool:
    """Whether a local day is the first of its day, week, month or year."""
    return {
        "DAY": True,
        "WEEK": day.weekday() == 0,
        "MONTH": day.day == 1,
        "YEAR": (day.month, day.day) == (1, 1),
    }[aggregation]
