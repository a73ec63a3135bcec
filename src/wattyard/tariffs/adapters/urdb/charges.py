"""Charges of a URDB rate beside its energy: fixed ones and demand."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wattyard.tariffs.adapters.imports import Body, Leftovers, added, runs
from wattyard.tariffs.adapters.urdb.shapes import Matrix, UrdbInvalid, UrdbRate, UrdbTier
from wattyard.tariffs.adapters.urdb.weeks import in_range, seasons, window
from wattyard.tariffs.domain.schedule import MONTHS

_STANDING: Final = {"$/month": "MONTHLY", "$/day": "DAILY", "$/year": "YEARLY"}
_WINDOWS: Final = (15, 30, 60)


def charges(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    """Write the charges of a rate; what cannot be expressed is named.

    Raises:
        UrdbInvalid: where a demand schedule names a period that is not there.
    """
    return [*_fixed(rate, left), *_flat_demand(rate, raw, left), *_demand(rate, raw, left)]


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
    amounts = _demand_amounts(rate.flatdemandstructure, "flatdemandstructure", unit, left)
    months = rate.flatdemandmonths or [0] * 12
    if any(amounts) and (len(months) != 12 or not all(0 <= p < len(amounts) for p in months)):
        raise UrdbInvalid(
            "flatdemandmonths must name a period for each month", param="flatdemandmonths"
        )
    demand = []
    for period, amount in enumerate(amounts):
        named = [name for name, own in zip(MONTHS, months, strict=True) if own == period]
        if amount and named:
            whole_day = [{"days": ["All"], "hours": [window(0, 0)]}]
            filter_: Body = {"months": named, "days_and_hours": whole_day}
            everywhere = {} if len(named) == len(MONTHS) else {"schedule": [filter_]}
            demand.append({**_demand_charge(rate, amount, "demand", left), **everywhere})
    return demand


def _demand(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    unit = raw.get("demandRateUnits") or raw.get("demandrateunit")
    amounts = _demand_amounts(rate.demandratestructure, "demandratestructure", unit, left)
    if not any(amounts):
        return []
    weekdays = in_range(rate.demandweekdayschedule, "demandweekdayschedule", len(amounts))
    weekends = in_range(rate.demandweekendschedule, "demandweekendschedule", len(amounts))
    demand = []
    for period, amount in enumerate(amounts):
        used = any(period in row for row in (*weekdays, *weekends))
        if amount and used:
            filter_ = _demand_filter(weekdays, weekends, period)
            charge = _demand_charge(rate, amount, f"demand, period {period}", left)
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


def _demand_amounts(
    structure: list[list[UrdbTier]], path: str, unit: object, left: Leftovers
) -> list[float]:
    """List the price per kW of each period, 0 where it cannot be expressed."""
    amounts = []
    for period, tiers in enumerate(structure):
        amount = added(*(part for tier in tiers[:1] for part in (tier.rate, tier.adj)))
        if len(tiers) > 1:
            left.unsupported(f"{path}[{period}]", "a demand charge in tiers")
            amount = 0.0
        elif amount and unit not in (None, "kW"):
            left.unsupported(f"{path}[{period}]", f"a demand charge per {unit}")
            amount = 0.0
        amounts.append(amount)
    return amounts


def _demand_charge(rate: UrdbRate, amount: float, name: str, left: Leftovers) -> Body:
    minutes = 15 if rate.demandwindow is None else rate.demandwindow
    if minutes not in _WINDOWS:
        left.unsupported("demandwindow", f"demand over {minutes:g} minutes; 15 is taken")
        minutes = 15
    return {
        "kind": "DEMAND",
        "amount_per_kw": amount,
        "window_minutes": int(minutes),
        "reset": "MONTH",
        "name": name,
    }
