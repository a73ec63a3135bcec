"""Charges of a URDB rate besides its energy: fixed ones and demand."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wattyard.tariffs.adapters.imports import Body, Leftovers, added, runs
from wattyard.tariffs.adapters.urdb.shapes import Matrix, UrdbInvalid, UrdbRate, UrdbTier
from wattyard.tariffs.adapters.urdb.weeks import in_range, seasons, window
from wattyard.tariffs.domain.schedule import MONTHS

_STANDING: Final = {"$/month": "MONTHLY", "$/day": "DAILY", "$/year": "YEARLY"}
_MINIMUM: Final = {"$/month": "MONTH", "$/day": "DAY"}
_WINDOWS: Final = (15, 30, 60)


def charges(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    """Write the charges of a rate; what cannot be expressed is named.

    Raises:
        UrdbInvalid: where a demand schedule names a period that is not there.
    """
    return [*_fixed(rate, left), *_flat_demand(rate, raw, left), *_demand(rate, raw, left)]


def minimum(rate: UrdbRate, left: Leftovers) -> Body:
    """Write the least that a bill asks for, if there is one that a tariff can ask for."""
    unit = rate.minchargeunits or "$/month"
    if rate.annualmincharge:
        left.unsupported("annualmincharge", "a minimum charge of a year")
    if rate.minmonthlycharge and rate.mincharge:
        left.unsupported("mincharge", "a minimum charge beside minmonthlycharge")
    if rate.minmonthlycharge:
        return {"minimum_charge": {"amount": rate.minmonthlycharge, "per": "MONTH"}}
    if rate.mincharge and unit not in _MINIMUM:
        left.unsupported("mincharge", f"a minimum charge in {unit}")
    elif rate.mincharge:
        return {"minimum_charge": {"amount": rate.mincharge, "per": _MINIMUM[unit]}}
    return {}


def _fixed(rate: UrdbRate, left: Leftovers) -> list[Body]:
    fixed: list[Body] = []
    unit = rate.fixedchargeunits or "$/month"
    if rate.fixedchargefirstmeter and unit not in _STANDING:
        left.unsupported("fixedchargeunits", f"a fixed charge in {unit}")
    elif rate.fixedchargefirstmeter:
        amount = rate.fixedchargefirstmeter
        fixed.append({"kind": _STANDING[unit], "amount": amount, "name": "fixed charge"})
    if rate.fixedmonthlycharge:
        amount = rate.fixedmonthlycharge
        fixed.append({"kind": "MONTHLY", "amount": amount, "name": "fixed monthly charge"})
    return fixed


def _flat_demand(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    unit = raw.get("flatDemandUnits") or raw.get("flatdemandunit")
    prices = _demand_prices(rate.flatdemandstructure, "flatdemandstructure", unit, left)
    months = rate.flatdemandmonths or [0] * 12
    if any(prices) and (len(months) != 12 or not all(0 <= p < len(prices) for p in months)):
        raise UrdbInvalid(
            "flatdemandmonths must name a period for each month", param="flatdemandmonths"
        )
    demand = []
    for period, price in enumerate(prices):
        named = [name for name, own in zip(MONTHS, months, strict=True) if own == period]
        if price and named:
            whole_day = [{"days": ["All"], "hours": [window(0, 0)]}]
            filter_: Body = {"months": named, "days_and_hours": whole_day}
            everywhere = {} if len(named) == len(MONTHS) else {"schedule": [filter_]}
            demand.append({**_demand_charge(rate, price, "demand", left), **everywhere})
    return demand


def _demand(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    unit = raw.get("demandRateUnits") or raw.get("demandrateunit")
    prices = _demand_prices(rate.demandratestructure, "demandratestructure", unit, left)
    if not any(prices):
        return []
    weekdays = in_range(rate.demandweekdayschedule, "demandweekdayschedule", len(prices))
    weekends = in_range(rate.demandweekendschedule, "demandweekendschedule", len(prices))
    demand = []
    for period, price in enumerate(prices):
        used = any(period in row for row in (*weekdays, *weekends))
        if price and used:
            filter_ = _demand_filter(weekdays, weekends, period)
            charge = _demand_charge(rate, price, f"demand, period {period}", left)
            demand.append({**charge, "schedule": filter_})
    return demand


def _demand_filter(weekdays: Matrix, weekends: Matrix, period: int) -> list[Body]:
    def hours(row: Sequence[int]) -> list[Body]:
        inside = [own == period for own in row]
        return [window(start, end) for start, end, counts in runs(inside) if counts]

    return [
        entry
        for entry in seasons(weekdays, weekends, hours)
        if any(block["hours"] for block in entry["days_and_hours"])
    ]


def _demand_prices(
    structure: list[list[UrdbTier]], path: str, unit: object, left: Leftovers
) -> list[Body]:
    """Write the price per kW of each period, in tiers or not; nothing where it charges nothing."""
    return [
        _demand_price(tiers, f"{path}[{period}]", unit, left)
        for period, tiers in enumerate(structure)
    ]


def _demand_price(tiers: Sequence[UrdbTier], path: str, unit: object, left: Leftovers) -> Body:
    amounts = [added(tier.rate, tier.adj) for tier in tiers]
    if not any(amounts):
        return {}
    if unit not in (None, "kW"):
        left.unsupported(path, f"a demand charge per {unit}")
        return {}
    if len(tiers) == 1:
        return {"amount_per_kw": amounts[0]}
    written: list[Body] = [{"amount_per_kw": amount} for amount in amounts]
    for number, (body, tier) in enumerate(zip(written[:-1], tiers, strict=False)):
        if tier.max is None:
            place = f"{path}[{number}]"
            raise UrdbInvalid(f"{place}.max is missing: another tier follows", param=place)
        body["to_kw"] = tier.max
    return {"tiers": written}


def _demand_charge(rate: UrdbRate, price: Body, name: str, left: Leftovers) -> Body:
    minutes = 15 if rate.demandwindow is None else rate.demandwindow
    if minutes not in _WINDOWS:
        left.unsupported("demandwindow", f"demand over {minutes:g} minutes; 15 is taken")
        minutes = 15
    return {
        "kind": "DEMAND",
        **price,
        "window_minutes": int(minutes),
        "reset": "MONTH",
        "name": name,
    }
