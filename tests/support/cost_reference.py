"""A slow, obvious, exact reference of costs, written from contracts 3, 2 and 2b alone.

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
* Tiers: see `tier_reference`; netting: `netting_reference`; charges: `charge_reference`,
  `demand_reference`, `minimum_reference`.
* Charges of a NONE item are those of the reading's time, so they need not add up to the total's
  where readings leave gaps. HOUR, DAY and WEEK have no demand charge, nor has NONE; a minimum is
  shared by days in all groups.
* Charges belong to location answers of intervals: `with_charges=False` for instant and session
  costs, and never with a `device_id`.
* Several elements: their costs add up, confidence is the lowest (`tariff_reference.combined`).
* A mean confidence below 1 that would round to 1.00 is 0.99; charges alone have confidence 1; a
  group whose energy is zero takes the mean over time.
* A reading at an instant without a price is NoPriceData, also before the contract's start; no
  tariff of the direction at all is NoTariffConnected.
* `energy_kwh` of an item is what counts (net, under `netting`). The rest of a carried sum is energy
  of the last second before it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from .charge_reference import Load, standing
from .demand_reference import DemandCharge
from .market_reference import Market, Row
from .minimum_reference import minimum
from .netting_reference import Netting, Settlement
from .period_reference import Span, clipped, seconds
from .reading_reference import Bill, Slice, all_slices, load_of, rules_at
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
from .tier_reference import Counting, Part

SECOND = timedelta(seconds=1)


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
    netting: Json | None = None,
) -> CostAnswer:
    """The cost of `[start, end)`: contract 3's interval answer.

    Instant: `readings` with the asked one, its span, NONE, `with_charges=False`, `only` picking it.
    Session: the same with `only` picking the session. `only` never hides readings from the tier
    counters. `step_minutes` as in `reference_prices`; `netting` is the location's.
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
    own = Netting(netting if device_id is None else None, region, tariffs)
    bill = Bill(
        tariffs=tariffs,
        region=region,
        span=(instant_of(start), instant_of(end)),
        aggregation=aggregation,
        direction=direction,
        only=only,
        step_minutes=step_minutes,
        now=now,
        netting_period_at=own.period_at if own.rules else None,
    )
    with localcontext(EXACT):
        wanted = [r for r in readings if r.get("device_id") == device_id]
        account = Account.of(bill, own, all_slices(wanted, bill))
        charged = [i for i, t in enumerate(tariffs) if t.body["direction"] == direction]
        return answer(account, charged if with_charges and device_id is None else [])


@dataclass(frozen=True)
class Priced:
    """A slice with its net cost under each tariff that prices it, and its confidence."""

    piece: Slice
    net: dict[int, Fraction]
    confidence: Fraction

    def energy_cost(self) -> Fraction:
        return sum(self.net.values(), Fraction(0))


@dataclass(frozen=True)
class Account:
    """All that the direction's readings cost, inside the request and outside."""

    bill: Bill
    costs: list[Priced]
    demand: dict[int, list[DemandCharge]]

    @classmethod
    def of(cls, bill: Bill, netting: Netting, slices: Sequence[Slice]) -> Account:
        own = [piece for piece in slices if piece.direction == bill.direction]
        counted, settlements = netting.netted(slices)
        counted = sorted([*counted, *paid(settlements, bill)], key=lambda one: one.load.start)
        net = [piece for piece in counted if piece.direction == bill.direction]
        drawn = [piece.load for piece in net]

        def peak_loads(window_minutes: int) -> Sequence[Load]:
            return drawn if netting.enters_demand(window_minutes) else [p.load for p in own]

        counts = [
            Counting(index, tariff, net, peak_loads, bill.now).parts()
            for index, tariff in enumerate(bill.tariffs)
        ]
        demand = {
            index: [
                DemandCharge(tariff, charge, peak_loads(charge["window_minutes"]), drawn)
                for charge in tariff.body.get("charges") or []
                if charge["kind"] == "DEMAND"
            ]
            for index, tariff in enumerate(bill.tariffs)
        }
        return cls(bill, priced(net, counts), demand)

    @property
    def answered(self) -> list[Priced]:
        return [cost for cost in self.costs if cost.piece.answered]

    def demand_cost(self, index: int, span: Span) -> Fraction:
        return sum((charge.amount(span) for charge in self.demand[index]), Fraction(0))

    def minimum_cost(self, index: int, span: Span) -> Fraction:
        """What the tariff's bills are raised by, shared by days over the span."""
        tariff = self.bill.tariffs[index]

        def billed(period: Span) -> Fraction:
            energy = sum(
                (cost.net.get(index, Fraction(0)) for cost in within(self.costs, period)),
                Fraction(0),
            )
            return energy + standing(tariff, period) + self.demand_cost(index, period)

        return minimum(tariff, span, billed)


def paid(settlements: Sequence[Settlement], bill: Bill) -> list[Slice]:
    """The rest of carried sums as energy of the last second, where it is paid."""
    found: list[Slice] = []
    for one in settlements:
        last = one.at - SECOND
        _, rules = rules_at(bill, "EXPORT", last, needed=False)
        if one.rest_kwh and rules[1]:
            times = {
                "start_time": last.isoformat(),
                "end_time": one.at.isoformat(),
                "energy_kwh": 0,
            }
            load, day = Load(last, one.at, one.rest_kwh), bill.region.wall(last).date()
            asked = bill.direction == "EXPORT" and bill.span[0] <= last < bill.span[1]
            found.append(Slice(load, times, "EXPORT", one.confidence, day, *rules, asked))
    return found


def priced(net: Sequence[Slice], counts: Sequence[list[list[Part]]]) -> list[Priced]:
    """Every slice at the net price of its tiers, under each element."""
    result: list[Priced] = []
    for position, piece in enumerate(net):
        own = {index: counts[index][position] for index in piece.chosen}
        costs = {
            index: sum((amount * net_price(tier, piece) for amount, tier in parts), Fraction(0))
            for index, parts in own.items()
        }
        confidences = [Decimal(1), *(confidence_of(parts) for parts in own.values())]
        sure = Fraction(combined(confidences)) * piece.confidence
        result.append(Priced(piece, costs, sure))
    return result


def net_price(tier: TierPrice, piece: Slice) -> Fraction:
    """ "energy without a price: 422 `no_price_data`"; what is not asked for may have none."""
    if tier.net is None:
        if piece.answered:
            raise NoPriceData(piece.load.start)
        return Fraction(0)
    return Fraction(tier.net)


def confidence_of(parts: Sequence[Part]) -> Decimal:
    """The energy-weighted confidence of the tiers a slice is spread over."""
    energy_kwh = sum((amount for amount, _ in parts), Fraction(0))
    if energy_kwh == 0 or len({tier.confidence for _, tier in parts}) == 1:
        return min(tier.confidence for _, tier in parts)
    mean = sum((amount * Fraction(tier.confidence) for amount, tier in parts), Fraction(0))
    return Decimal((mean / energy_kwh).numerator) / (mean / energy_kwh).denominator


def answer(account: Account, charged: Sequence[int]) -> CostAnswer:
    """Groups and total. "a group with neither reading nor charge is left out"."""
    bill, costs = account.bill, account.answered
    if bill.aggregation == "NONE":
        data = [one_reading(account, one, charged) for one in answered_readings(costs)]
    else:
        groups = group_spans(bill.region, bill.span, bill.aggregation)
        data = [
            item
            for span in groups
            for item in [item_of(account, span, within(costs, span), charged, bill.aggregation)]
            if within(costs, span) or item.cost != 0
        ]
    return CostAnswer(data, item_of(account, bill.span, costs, charged, "TOTAL"))


def answered_readings(costs: Sequence[Priced]) -> list[Json]:
    """The readings that have answered slices, in order of time."""
    found: list[Json] = []
    for cost in costs:
        if not any(cost.piece.reading is known for known in found):
            found.append(cost.piece.reading)
    return found


def one_reading(account: Account, reading: Json, charged: Sequence[int]) -> CostItem:
    """A NONE item: one reading, clipped to the request."""
    load = load_of(reading)
    own = [cost for cost in account.answered if cost.piece.reading is reading]
    span = clipped((load.start, load.end), account.bill.span)
    return item_of(account, span, own, charged, "NONE", reading)


def within(costs: Sequence[Priced], span: Span) -> list[Priced]:
    """The slices that start in a span; none crosses a group's edge."""
    return [cost for cost in costs if span[0] <= cost.piece.load.start < span[1]]


def item_of(
    account: Account,
    span: Span,
    costs: Sequence[Priced],
    charged: Sequence[int],
    aggregation: str,
    reading: Json | None = None,
) -> CostItem:
    """ "Order: energy, caps, standing, demand, then VAT where `vat_included` is false"; a demand
    charge "appears in groups of a month or longer and in the total, not in shorter ones"."""
    tariffs = account.bill.tariffs
    energy = [part for cost in costs for part in cost.net.items()]
    fixed = [(i, standing(tariffs[i], span)) for i in charged]
    long = aggregation in ("MONTH", "YEAR", "TOTAL")
    peaks = [(i, account.demand_cost(i, span)) for i in charged if long]
    raised = [(i, account.minimum_cost(i, span)) for i in charged]
    vat = sum(
        (
            amount * Fraction(tariffs[i].vat_on_top)
            for i, amount in [*energy, *fixed, *peaks, *raised]
        ),
        Fraction(0),
    )
    return CostItem(
        start=span[0],
        end=span[1],
        energy_kwh=sum((cost.piece.load.energy_kwh for cost in costs), Fraction(0)),
        energy_cost=_sum(energy),
        standing_cost=_sum(fixed),
        demand_cost=_sum(peaks),
        minimum_cost=_sum(raised),
        vat_cost=vat,
        confidence=mean_confidence(costs),
        reading=reading,
    )


def _sum(amounts: Sequence[tuple[int, Fraction]]) -> Fraction:
    return sum((amount for _, amount in amounts), Fraction(0))


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
