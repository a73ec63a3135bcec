"""Unit rates of an Octopus Energy product (`standard-unit-rates`) as tariffs.

Source of the rules: developer.octopus.energy/rest: rates in pence per kWh with and without VAT,
`valid_from` / `valid_to` instants (null: open), one list for each `payment_method`.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from wattyard.kernel import civil, instants
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import convert
from wattyard.platform.decoding.texts import Instant
from wattyard.tariffs.adapters.imports import (
    Body,
    ContractDates,
    Imported,
    Leftovers,
    clock,
    known_fields,
    runs,
)
from wattyard.tariffs.domain.calendar import CalendarRegion

_DAY_MINUTES: Final = 1440
_LONGEST: Final = timedelta(days=1100)
_DIRECT_DEBIT: Final = "DIRECT_DEBIT"


class UnitRate(msgspec.Struct, kw_only=True):
    """One price and its time."""

    value_inc_vat: float
    value_exc_vat: float | None = None
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    payment_method: str | None = None


class UnitRates(msgspec.Struct, kw_only=True):
    """A page of unit rates; all of a product's, or all that matter."""

    results: Annotated[list[UnitRate], msgspec.Meta(min_length=1)]


class UnitRatesInvalid(Malformed):
    """The list has gaps, overlaps, or a price that is not the only one of its time."""

    code = "results_invalid"


class _Price(NamedTuple):
    start: datetime | None
    end: datetime | None
    per_kwh: float


def tariffs_from_octopus(
    document: Mapping[str, Any] | list[Any],
    region: CalendarRegion,
    *,
    contract: ContractDates,
    allow_partial: bool,
) -> Imported:
    """Turn the unit rates of a product into import tariffs.

    Prices that hold for whole days become one tariff each. Prices within a day become one
    tariff whose ordinary day is the commonest one, with dated entries for days that differ.
    Where the list has rates for several ways to pay, those for direct debit are taken.

    Raises:
        Malformed: when it is no such list, or has gaps or overlaps.
        UnsupportedComponent: naming parts that the grammar cannot express, unless
            `allow_partial`.
    """
    wrapped = {"results": document} if isinstance(document, list) else dict(document)
    page = convert(known_fields(wrapped, UnitRates), UnitRates)
    left = Leftovers()
    if wrapped.get("next"):
        left.unsupported("next", "more pages of rates follow; join them first")
    rates = _one_payment_method(page.results, left)
    common: Body = {"direction": "IMPORT", "type": "COMMODITY", **_vat(rates, left)}
    prices = _in_order(rates)
    if all(
        _is_day_edge(price.start, region) and _is_day_edge(price.end, region) for price in prices
    ):
        bodies = [{**common, **_flat(price, contract, only=len(prices) == 1)} for price in prices]
    else:
        bodies = [{**common, **_by_days(prices, region, contract, left)}]
    return left.settle(bodies, allow_partial=allow_partial)


def _one_payment_method(rates: list[UnitRate], left: Leftovers) -> list[UnitRate]:
    methods = {rate.payment_method for rate in rates} - {None}
    if len(methods) < 2:
        return rates
    kept = _DIRECT_DEBIT if _DIRECT_DEBIT in methods else min(filter(None, methods))
    others = ", ".join(sorted(method for method in methods if method and method != kept))
    left.note("payment_method", f"rates for {kept} are taken, those for {others} are not")
    return [rate for rate in rates if rate.payment_method in (None, kept)]


def _vat(rates: list[UnitRate], left: Leftovers) -> Body:
    """Find the VAT contained in the rates, from the largest price, where it is the most exact."""
    known = [rate for rate in rates if rate.value_exc_vat]
    if not known:
        return {}
    largest = max(known, key=lambda rate: abs(rate.value_exc_vat or 0.0))
    vat = round(largest.value_inc_vat / (largest.value_exc_vat or 1.0) - 1, 3)
    off = [r for r in known if abs((r.value_exc_vat or 0.0) * (1 + vat) - r.value_inc_vat) > 1e-2]
    if off or not 0 <= vat <= 1:
        left.note("value_exc_vat", "the rates contain different taxes; VAT is left out")
        return {}
    return {"vat": vat, "vat_included": True}


def _in_order(rates: list[UnitRate]) -> list[_Price]:
    prices = sorted(
        (
            _Price(rate.valid_from, rate.valid_to, float(Decimal(repr(rate.value_inc_vat)) / 100))
            for rate in rates
        ),
        key=lambda price: price.start.timestamp() if price.start else float("-inf"),
    )
    for one, other in pairwise(prices):
        if one.end is None or other.start is None or one.end > other.start:
            raise UnitRatesInvalid(f"two rates are valid at {other.start}", param="results")
        if one.end < other.start:
            raise UnitRatesInvalid(
                f"no rate is valid from {instants.text(one.end)} to {instants.text(other.start)}",
                param="results",
            )
    return prices


def _is_day_edge(edge: datetime | None, region: CalendarRegion) -> bool:
    if edge is None:
        return True
    return civil.start_of_day(civil.date_at(edge, region.zone), region.zone) == edge


def _flat(price: _Price, contract: ContractDates, *, only: bool) -> Body:
    own = contract if only else ContractDates()
    hours = [{**_window(0, 0), "rate": [{"value": price.per_kwh}]}]
    return {
        **own.dates(*(instants.text(edge) if edge else None for edge in (price.start, price.end))),
        "schedule": [{"days_and_hours": [{"days": ["All"], "hours": hours}]}],
    }


def _window(start: int, end: int) -> Body:
    return {"valid_from": clock(start), "valid_to": clock(end)}


def _by_days(
    prices: list[_Price], region: CalendarRegion, contract: ContractDates, left: Leftovers
) -> Body:
    start, end = prices[0].start, prices[-1].end
    if start is None or end is None:
        raise UnitRatesInvalid(
            "rates that change within a day need a first valid_from and a last valid_to",
            param="results",
        )
    if end - start > _LONGEST:
        raise UnitRatesInvalid(
            f"rates that change within a day span at most {_LONGEST.days} days", param="results"
        )
    days = _days(prices, region, left)
    ordinary = Counter(days.values()).most_common(1)[0][0]
    special: dict[tuple[float, ...], list[str]] = {}
    for day, minutes in days.items():
        if minutes != ordinary:
            special.setdefault(minutes, []).append(day.isoformat())
    return {
        **contract.dates(instants.text(start), instants.text(end)),
        "schedule": [
            {"days_and_hours": [_block(ordinary)]},
            *({"dates": dates, "days_and_hours": [_block(own)]} for own, dates in special.items()),
        ],
    }


def _block(minutes: tuple[float, ...]) -> Body:
    hours = [{**_window(a, b), "rate": [{"value": price}]} for a, b, price in runs(minutes)]
    return {"days": ["All"], "hours": hours}


def _days(
    prices: list[_Price], region: CalendarRegion, left: Leftovers
) -> dict[date, tuple[float, ...]]:
    """Write the price of each wall-clock minute of each local day."""
    days: dict[date, list[float | None]] = {}
    for price in prices:
        at = price.start
        while at is not None and price.end is not None and at < price.end:
            local = at.astimezone(region.zone)
            minutes = days.setdefault(local.date(), [None] * _DAY_MINUTES)
            minute = local.hour * 60 + local.minute
            if minutes[minute] not in (None, price.per_kwh):
                left.unsupported(
                    "results", f"two prices for {local:%Y-%m-%d %H:%M}, which the clock shows twice"
                )
            minutes[minute] = price.per_kwh
            at += timedelta(minutes=1)
    return {day: _filled(minutes) for day, minutes in days.items()}


def _filled(minutes: list[float | None]) -> tuple[float, ...]:
    """Give minutes that no rate touches (skipped, or outside the list) that of their neighbour."""
    known = next(price for price in minutes if price is not None)
    filled = []
    for price in minutes:
        known = known if price is None else price
        filled.append(known)
    return tuple(filled)
