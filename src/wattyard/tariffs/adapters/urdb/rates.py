"""OpenEI URDB rates (version 7) as tariffs.

Source of the rules: the URDB rate format (openei.org/services/doc/rest/util_rates) and how
NREL SAM bills it: the price of a period and tier is `rate` + `adj`; tiers count the month's
energy of all periods together, of which each period pays its share (`tier_scope` SHARED). A limit
of `kWh daily` is that for each day of the month, one of `kWh/kW` that for each kW of its peak.
`startdate` and `enddate` are dates, the last one inclusive, written as an instant of that day in
UTC: midnight in UTC in some rates, in a zone of the United States in others; the bulk download
writes text (`2017-01-01 00:00:00`). Some writers give whole numbers a fraction (`1.0`).
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
from wattyard.tariffs.adapters.urdb.charges import charges, minimum
from wattyard.tariffs.adapters.urdb.exports import netting
from wattyard.tariffs.adapters.urdb.shapes import (
    Matrix,
    UrdbInvalid,
    UrdbRate,
    UrdbTier,
    whole,
)
from wattyard.tariffs.adapters.urdb.unread import name_unread
from wattyard.tariffs.adapters.urdb.weeks import in_range, seasons, window

_LIMITS: Final = {"kwh": "to_kwh", "kwh daily": "to_kwh_per_day", "kwh/kw": "to_kwh_per_kw"}
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
    raw = {name: whole(value) for name, value in items[0].items() if value is not None}
    rate = convert(known_fields(raw, UrdbRate), UrdbRate)
    left = Leftovers()
    name_unread(raw, left)
    body: Body = {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "display_name": rate.name,
        **contract.dates(*_dates(rate)),
        "tier_scope": "SHARED",
        "tier_reset": "MONTH",
        "schedule": _energy(rate, left),
        "charges": charges(rate, raw, left),
        **minimum(rate, left),
    }
    return left.settle([body], allow_partial=allow_partial, netting=netting(raw, left))


def _dates(rate: UrdbRate) -> tuple[str | None, str | None]:
    start, last = _date(rate.startdate, "startdate"), _date(rate.enddate, "enddate")
    ends = last is not None and last < date.max
    return (
        start.isoformat() if start else None,
        (last + timedelta(days=1)).isoformat() if last and ends else None,
    )


def _date(written: float | str | None, name: str) -> date | None:
    if written is None or written == "":
        return None
    try:
        if isinstance(written, str) and not written.isdecimal():
            return datetime.fromisoformat(written).date()
        return datetime.fromtimestamp(float(written), tz=UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UrdbInvalid(f"{written!r:.30} is neither Unix time nor a date", param=name) from None


def _energy(rate: UrdbRate, left: Leftovers) -> list[Body]:
    weekdays = _checked(rate.energyweekdayschedule, "energyweekdayschedule", rate)
    weekends = _checked(rate.energyweekendschedule, "energyweekendschedule", rate)
    rates = [
        _tiers(tiers, f"energyratestructure[{period}]", left)
        for period, tiers in enumerate(rate.energyratestructure)
    ]

    def hours(row: Sequence[int]) -> list[Body]:
        return [{**window(start, end), "rate": rates[p]} for start, end, p in runs(row)]

    return seasons(weekdays, weekends, hours)


def _tiers(tiers: Sequence[UrdbTier], path: str, left: Leftovers) -> list[Body]:
    units = [(tier.unit or "kWh").strip().lower() for tier in tiers[:-1]]
    if not set(units) <= set(_LIMITS):
        unknown = ", ".join(sorted(set(units) - set(_LIMITS)))
        left.unsupported(path, f"tiers in {unknown}; only the first tier is kept")
        tiers, units = tiers[:1], []
    written: list[Body] = []
    for number, tier in enumerate(tiers):
        place = f"{path}[{number}]"
        if tier.sell:
            left.unsupported(f"{place}.sell", "a price for exports")
        value: Body = {"value": added(tier.rate, tier.adj)}
        if number < len(tiers) - 1:
            if tier.max is None:
                raise UrdbInvalid(f"{place}.max is missing: another tier follows", param=place)
            value[_LIMITS[units[number]]] = tier.max
        elif tier.max is not None and tier.max < _ENDLESS_KWH and len(tiers) > 1:
            left.note(f"{place}.max", "the last tier is taken to go on for ever")
        written.append(value)
    if not written:
        raise UrdbInvalid(f"{path} has no tier", param=path)
    return written


def _checked(matrix: Matrix, name: str, rate: UrdbRate) -> Matrix:
    return in_range(matrix, name, len(rate.energyratestructure))
