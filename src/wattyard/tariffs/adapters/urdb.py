"""OpenEI URDB rates (version 7) as tariffs.

Source of the rules: the URDB rate format (openei.org/services/doc/rest/util_rates) and how
NREL SAM bills it: the price of a period and tier is `rate` + `adj`; tiers count the month's
energy of all periods together, of which each period pays its share (`tier_scope` SHARED).
`startdate` and `enddate` are dates, the last one inclusive, written as an instant of that day in
UTC: midnight in UTC in some rates, in a zone of the United States in others.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from wattyard.kernel.refusals import Malformed
from wattyard.platform.reading import convert
from wattyard.tariffs.adapters.imports import (
    Body,
    Contract,
    Imported,
    Leftovers,
    added,
    clock,
    known_fields,
    runs,
)
from wattyard.tariffs.domain.schedule import MONTHS

_DESCRIBES: Final = frozenset(
    {
        "label",
        "uri",
        "revisions",
        "approved",
        "is_default",
        "utility",
        "eiaid",
        "country",
        "name",
        "description",
        "sector",
        "servicetype",
        "source",
        "sourceReference",
        "sourceparent",
        "supersedes",
        "supercedes",
        "startdate",
        "enddate",
        "latest_update",
        "mindemand",
        "maxdemand",
        "demandunits",
        "minconsumption",
        "maxconsumption",
        "serviceMax",
        "serviceMin",
        "voltagecategory",
        "voltageminimum",
        "voltagemaximum",
        "phasewiring",
        "peakkwcapacitymin",
        "peakkwcapacitymax",
        "peakkwcapacityhistory",
        "peakkwhusagemin",
        "peakkwhusagemax",
        "peakkwhusagehistory",
        "energytoulabels",
        "demandtoulabels",
        "minenergy",
        "maxenergy",
        "minchargeunits",
        "isdefault",
        "utility_id",
        "utility_name",
    }
)
_NOTES: Final = {
    "dgrules": "what exports are credited is not part of an import tariff",
    "dgRules": "what exports are credited is not part of an import tariff",
    "usenetmetering": "what exports are credited is not part of an import tariff",
    "energyattrs": "free texts are not read",
    "demandattrs": "free texts are not read",
    "fixedattrs": "free texts are not read",
}
_UNITS: Final = frozenset(
    {"flatDemandUnits", "flatdemandunit", "demandRateUnits", "demandrateunit"}
)
_STRUCTURES: Final = ("energyratestructure", "flatdemandstructure", "demandratestructure")
_STANDING: Final = {"$/month": "MONTHLY", "$/day": "DAILY", "$/year": "YEARLY"}
_TIER_RESETS: Final = {"kwh": "MONTH", "kwh daily": "DAY"}
_WINDOWS: Final = (15, 30, 60)
_ENDLESS_KWH: Final = 1e9

_Matrix = list[list[int]]


class UrdbTier(msgspec.Struct, kw_only=True):
    """A tier of a period: its price is `rate` + `adj`."""

    rate: float = 0.0
    adj: float = 0.0
    sell: float = 0.0
    max: float | None = None
    unit: str | None = None


_TIER_PARTS: Final = UrdbTier.__struct_fields__


class UrdbRate(msgspec.Struct, kw_only=True):
    """The parts of a rate object that prices follow from."""

    energyratestructure: list[list[UrdbTier]]
    energyweekdayschedule: _Matrix
    energyweekendschedule: _Matrix
    name: str | None = None
    startdate: float | None = None
    enddate: float | None = None
    fixedchargefirstmeter: float | None = None
    fixedchargeunits: str | None = None
    fixedmonthlycharge: float | None = None
    flatdemandstructure: list[list[UrdbTier]] = msgspec.field(default_factory=list)
    flatdemandmonths: list[int] = msgspec.field(default_factory=list)
    demandratestructure: list[list[UrdbTier]] = msgspec.field(default_factory=list)
    demandweekdayschedule: _Matrix = msgspec.field(default_factory=list)
    demandweekendschedule: _Matrix = msgspec.field(default_factory=list)
    demandwindow: float | None = None


class UrdbInvalid(Malformed):
    """The document is no URDB rate object."""

    code = "document_invalid"


def tariffs_from_urdb(
    document: Mapping[str, Any], *, contract: Contract, allow_partial: bool
) -> Imported:
    """Turn a URDB rate object, alone or as the only one of `items`, into an import tariff.

    Raises:
        Malformed: when it is no such object.
        UnsupportedComponent: naming every part that the grammar cannot express, unless
            `allow_partial`; then those parts are left out and named in the warnings.
    """
    items = document.get("items", [document])
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], Mapping):
        raise UrdbInvalid("a URDB document holds one rate object", param="items")
    raw = {name: value for name, value in items[0].items() if value is not None}
    rate = convert(known_fields(raw, UrdbRate), UrdbRate)
    left = Leftovers()
    _name_unread(raw, left)
    reset = _tier_reset(rate, left)
    body: Body = {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "display_name": rate.name,
        **contract.dates(*_dates(rate)),
        "tier_scope": "SHARED",
        "tier_reset": reset or "MONTH",
        "schedule": _energy(rate, left, tiered=reset is not None),
        "charges": [*_fixed(rate, left), *_flat_demand(rate, raw, left), *_demand(rate, raw, left)],
    }
    return left.settle([body], allow_partial=allow_partial)


def _name_unread(raw: Mapping[str, Any], left: Leftovers) -> None:
    read = _DESCRIBES | _UNITS | known_fields(raw, UrdbRate).keys()
    for name, value in raw.items():
        described = name in read or name.startswith("_") or name.endswith("comments")
        if described or _is_nothing(value):
            continue
        if name in _NOTES:
            left.note(name, _NOTES[name])
        else:
            left.unsupported(name, "this part of a URDB rate has no counterpart")
    for name in _STRUCTURES:
        tiers = [tier for period in raw.get(name, []) for tier in period]
        for part in sorted({part for tier in tiers for part in tier} - set(_TIER_PARTS)):
            left.unsupported(f"{name}.{part}", "this part of a URDB tier has no counterpart")


def _is_nothing(value: object) -> bool:
    """Tell whether a member charges nothing: empty, zero, or a zero for each month."""
    if isinstance(value, list):
        return all(_is_nothing(one) for one in value)
    return value in (None, 0, "", False)


def _dates(rate: UrdbRate) -> tuple[str | None, str | None]:
    start, last = _date(rate.startdate, "startdate"), _date(rate.enddate, "enddate")
    return (
        start.isoformat() if start else None,
        (last + timedelta(days=1)).isoformat() if last else None,
    )


def _date(seconds: float | None, name: str) -> date | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UrdbInvalid(f"{seconds:g} is no Unix time", param=name) from None


def _tier_reset(rate: UrdbRate, left: Leftovers) -> str | None:
    """Tell how often tiers are counted anew; None when their limits cannot be expressed."""
    units = {
        (tier.unit or "kWh").lower()
        for tiers in rate.energyratestructure
        if len(tiers) > 1
        for tier in tiers
    }
    if not units:
        return "MONTH"
    if len(units) == 1 and units <= set(_TIER_RESETS):
        return _TIER_RESETS[units.pop()]
    left.unsupported(
        "energyratestructure", f"tiers in {', '.join(sorted(units))}; only the first tier is kept"
    )
    return None


def _energy(rate: UrdbRate, left: Leftovers, *, tiered: bool) -> list[Body]:
    weekdays = _checked(rate.energyweekdayschedule, "energyweekdayschedule", rate)
    weekends = _checked(rate.energyweekendschedule, "energyweekendschedule", rate)
    rates = [
        _tiers(tiers if tiered else tiers[:1], f"energyratestructure[{period}]", left)
        for period, tiers in enumerate(rate.energyratestructure)
    ]

    def hours(row: Sequence[int]) -> list[Body]:
        return [{**_window(start, end), "rate": rates[p]} for start, end, p in runs(row)]

    return _seasons(weekdays, weekends, hours)


def _tiers(tiers: Sequence[UrdbTier], path: str, left: Leftovers) -> list[Body]:
    written: list[Body] = []
    for number, tier in enumerate(tiers):
        place = f"{path}[{number}]"
        if tier.sell:
            left.unsupported(f"{place}.sell", "a price for exports")
        value: Body = {"value": added(tier.rate, tier.adj)}
        if number < len(tiers) - 1:
            if tier.max is None:
                raise UrdbInvalid(f"{place}.max is missing: another tier follows", param=place)
            value["to_kwh"] = tier.max
        elif tier.max is not None and tier.max < _ENDLESS_KWH and len(tiers) > 1:
            left.note(f"{place}.max", "the last tier is taken to go on for ever")
        written.append(value)
    if not written:
        raise UrdbInvalid(f"{path} has no tier", param=path)
    return written


def _seasons(weekdays: _Matrix, weekends: _Matrix, hours: Any) -> list[Body]:  # noqa: ANN401
    """Write one entry for all months that have the same weekdays and weekends."""
    seasons: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    for month, pair in zip(MONTHS, zip(weekdays, weekends, strict=True), strict=True):
        seasons.setdefault(tuple(map(tuple, pair)), []).append(month)
    return [
        {
            "months": ["All"] if len(months) == len(MONTHS) else months,
            "days_and_hours": [{"days": ["All"], "hours": hours(week)}]
            if week == weekend
            else [
                {"days": ["Weekdays"], "hours": hours(week)},
                {"days": ["Weekends"], "hours": hours(weekend)},
            ],
        }
        for (week, weekend), months in seasons.items()
    ]


def _checked(matrix: _Matrix, name: str, rate: UrdbRate) -> _Matrix:
    return _in_range(matrix, name, len(rate.energyratestructure))


def _in_range(matrix: _Matrix, name: str, periods: int) -> _Matrix:
    shaped = len(matrix) == 12 and all(len(row) == 24 for row in matrix)
    if not shaped or not all(0 <= period < periods for row in matrix for period in row):
        raise UrdbInvalid(
            f"{name} must be 12 months of 24 hours, each the number of one of {periods} periods",
            param=name,
        )
    return matrix


def _window(start: int, end: int) -> Body:
    return {"valid_from": clock(start * 60), "valid_to": clock(end * 60)}


def _fixed(rate: UrdbRate, left: Leftovers) -> list[Body]:
    charges: list[Body] = []
    unit = rate.fixedchargeunits or "$/month"
    if rate.fixedchargefirstmeter and unit not in _STANDING:
        left.unsupported("fixedchargeunits", f"a fixed charge in {unit}")
    elif rate.fixedchargefirstmeter:
        amount = rate.fixedchargefirstmeter
        charges.append({"kind": _STANDING[unit], "amount": amount, "name": "fixed charge"})
    if rate.fixedmonthlycharge:
        amount = rate.fixedmonthlycharge
        charges.append({"kind": "MONTHLY", "amount": amount, "name": "fixed monthly charge"})
    return charges


def _flat_demand(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    unit = raw.get("flatDemandUnits") or raw.get("flatdemandunit")
    amounts = _demand_amounts(rate.flatdemandstructure, "flatdemandstructure", unit, left)
    months = rate.flatdemandmonths or [0] * 12
    if any(amounts) and (len(months) != 12 or not all(0 <= p < len(amounts) for p in months)):
        raise UrdbInvalid(
            "flatdemandmonths must name a period for each month", param="flatdemandmonths"
        )
    charges = []
    for period, amount in enumerate(amounts):
        named = [name for name, own in zip(MONTHS, months, strict=True) if own == period]
        if amount and named:
            whole_day = [{"days": ["All"], "hours": [_window(0, 0)]}]
            filter_: Body = {"months": named, "days_and_hours": whole_day}
            everywhere = {} if len(named) == len(MONTHS) else {"schedule": [filter_]}
            charges.append({**_demand_charge(rate, amount, "demand", left), **everywhere})
    return charges


def _demand(rate: UrdbRate, raw: Mapping[str, Any], left: Leftovers) -> list[Body]:
    unit = raw.get("demandRateUnits") or raw.get("demandrateunit")
    amounts = _demand_amounts(rate.demandratestructure, "demandratestructure", unit, left)
    if not any(amounts):
        return []
    weekdays = _in_range(rate.demandweekdayschedule, "demandweekdayschedule", len(amounts))
    weekends = _in_range(rate.demandweekendschedule, "demandweekendschedule", len(amounts))
    charges = []
    for period, amount in enumerate(amounts):
        used = any(period in row for row in (*weekdays, *weekends))
        if amount and used:
            filter_ = _demand_filter(weekdays, weekends, period)
            charge = _demand_charge(rate, amount, f"demand, period {period}", left)
            charges.append({**charge, "schedule": filter_})
    return charges


def _demand_filter(weekdays: _Matrix, weekends: _Matrix, period: int) -> list[Body]:
    def hours(row: Sequence[int]) -> list[Body]:
        inside = [own == period for own in row]
        return [_window(start, end) for start, end, counts in runs(inside) if counts]

    return [
        entry
        for entry in _seasons(weekdays, weekends, hours)
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
