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

from wattyard.platform.decoding import convert
from wattyard.tariffs.adapters.imports import (
    Body,
    ContractDates,
    Imported,
    Leftovers,
    added,
    known_fields,
    runs,
)
from wattyard.tariffs.adapters.urdb.charges import charges
from wattyard.tariffs.adapters.urdb.shapes import Matrix, UrdbInvalid, UrdbRate, UrdbTier
from wattyard.tariffs.adapters.urdb.unread import name_unread
from wattyard.tariffs.adapters.urdb.weeks import in_range, seasons, window

_TIER_RESETS: Final = {"kwh": "MONTH", "kwh daily": "DAY"}
_ENDLESS_KWH: Final = 1e9


def tariffs_from_urdb(
    document: Mapping[str, Any], *, contract: ContractDates, allow_partial: bool
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
    name_unread(raw, left)
    reset = _tier_reset(rate, left)
    body: Body = {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "display_name": rate.name,
        **contract.dates(*_dates(rate)),
        "tier_scope": "SHARED",
        "tier_reset": reset or "MONTH",
        "schedule": _energy(rate, left, tiered=reset is not None),
        "charges": charges(rate, raw, left),
    }
    return left.settle([body], allow_partial=allow_partial)


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
    """Find how often tiers are counted anew; None when their limits cannot be expressed."""
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
        return [{**window(start, end), "rate": rates[p]} for start, end, p in runs(row)]

    return seasons(weekdays, weekends, hours)


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


def _checked(matrix: Matrix, name: str, rate: UrdbRate) -> Matrix:
    return in_range(matrix, name, len(rate.energyratestructure))
