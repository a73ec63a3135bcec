"""Energy plans of the Australian Consumer Data Right as tariffs.

Source of the rules: the Consumer Data Standards, "Get Energy Plan Detail" (versions 1 to 3):
amounts are Australian dollars in text, without GST for what is bought; `startDate` and
`endDate` of a tariff period are MM-DD, both inclusive; `volume` is the size of a step.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from wattyard.kernel.refusals import Malformed
from wattyard.platform.reading import convert
from wattyard.tariffs.adapters.cdr_shapes import (
    Amount,
    CdrContract,
    CdrDemand,
    CdrFeedIn,
    CdrPeriod,
    CdrRate,
    CdrTime,
)
from wattyard.tariffs.adapters.imports import (
    Body,
    Contract,
    Imported,
    Leftovers,
    added,
    clock,
    known_fields,
)
from wattyard.tariffs.domain.schedule import MONTHS

GST: Final = 0.1
DEMAND_MINUTES: Final = 30

_DAYS: Final = {
    "MON": "Mon",
    "TUE": "Tue",
    "WED": "Wed",
    "THU": "Thu",
    "FRI": "Fri",
    "SAT": "Sat",
    "SUN": "Sun",
}
_HOLIDAYS: Final = "PUBLIC_HOLIDAYS"
_RESETS: Final = {"P1D": "DAY", "P1M": "MONTH", "P1Y": "YEAR"}
_UNSUPPORTED: Final = {
    "controlledLoad": "a separately metered load",
    "discounts": "discounts on the bill",
    "incentives": "incentives",
    "fees": "fees that do not follow from energy or time",
    "greenPowerCharges": "green power that may be chosen",
}
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR: Final = 2000


class CdrInvalid(Malformed):
    """The document is no electricity plan of the Consumer Data Right."""

    code = "document_invalid"


def tariffs_from_cdr(
    document: Mapping[str, Any], *, contract: Contract, allow_partial: bool
) -> Imported:
    """Turn an energy plan into an import tariff and, where it has a feed-in, an export tariff.

    Raises:
        Malformed: when it is no electricity plan.
        UnsupportedComponent: naming every part that the grammar cannot express, unless
            `allow_partial`; then those parts are left out and named in the warnings.
    """
    plan = document.get("data", document)
    raw = plan.get("electricityContract") if isinstance(plan, Mapping) else None
    if not isinstance(raw, Mapping):
        raise CdrInvalid("an energy plan with an electricityContract is expected", param="data")
    read = convert(known_fields(raw, CdrContract), CdrContract)
    left = Leftovers()
    _name_unread(plan, raw, left)
    dates = contract.dates(_day(plan.get("effectiveFrom")), _day(plan.get("effectiveTo")))
    common: Body = {"type": "COMMODITY", "display_name": plan.get("displayName"), **dates}
    bodies = [
        {**common, **_import(read, left)},
        *({**common, **own} for own in _exports(read, left)),
    ]
    return left.settle(bodies, allow_partial=allow_partial)


def _name_unread(plan: Mapping[str, Any], raw: Mapping[str, Any], left: Leftovers) -> None:
    for name, what in _UNSUPPORTED.items():
        if raw.get(name):
            left.unsupported(f"electricityContract.{name}", what)
    for name in ("gasContract", "meteringCharges"):
        if plan.get(name):
            left.unsupported(name, "this part of a plan has no counterpart")
    zones = {raw.get("timeZone"), *(p.get("timeZone") for p in raw.get("tariffPeriod", []))}
    if "AEST" in zones:
        left.unsupported("electricityContract.timeZone", "hours of standard time all the year")


def _day(text: object) -> str | None:
    """Read the date of an RFC 3339 date or instant, as the plan's first or last local day."""
    return text[:10] if isinstance(text, str) and text else None


def _import(read: CdrContract, left: Leftovers) -> Body:
    path = "electricityContract.tariffPeriod"
    steps = _Steps(left)
    schedule = [
        entry
        for n, period in enumerate(read.tariffPeriod)
        for entry in _entries(period, f"{path}[{n}]", steps)
    ]
    if any("dates" in entry for entry in schedule) and _has_holidays(schedule):
        left.unsupported(path, "public holidays in a season that is not made of whole months")
    return {
        "direction": "IMPORT",
        "schedule": schedule,
        "tier_reset": steps.reset,
        "vat": GST,
        "vat_included": False,
        "charges": [*_supply(read, left), *_demand(read, left)],
    }


def _has_holidays(schedule: list[Body]) -> bool:
    kinds = {"Holidays" in entry["dates"] for entry in schedule if "dates" in entry}
    return kinds == {True, False}


class _Steps:
    """Writes the steps of rates, all of which must be counted over one kind of period."""

    def __init__(self, left: Leftovers) -> None:
        self._left = left
        self.reset = "MONTH"
        self._period: str | None = None

    def tiers(self, rates: Sequence[CdrRate], period: str | None, path: str) -> list[Body]:
        units = {rate.measureUnit for rate in rates} - {None, "KWH"}
        if units:
            self._left.unsupported(path, f"a rate per {', '.join(sorted(map(str, units)))}")
        kept = rates if len(rates) > 1 and self._countable(period, path) else rates[:1]
        if not kept:
            raise CdrInvalid(f"{path} has no rates", param=path)
        written: list[Body] = [{"value": float(rate.unitPrice)} for rate in kept]
        until = 0.0
        for body, rate in zip(written[:-1], kept, strict=False):
            if rate.volume is None:
                raise CdrInvalid(f"a step of {path} has no volume: another follows", param=path)
            until = added(until, rate.volume)
            body["to_kwh"] = until
        return written

    def _countable(self, period: str | None, path: str) -> bool:
        if period in _RESETS and self._period in (None, period):
            self._period = period
            self.reset = _RESETS[period]
            return True
        counted = period or "no period"
        self._left.unsupported(path, f"steps counted over {counted}; only the first is kept")
        return False


def _entries(period: CdrPeriod, path: str, steps: _Steps) -> list[Body]:
    """Write the ordinary entry of a season, and one for public holidays where it has one."""
    season = _season(period, path)
    if period.singleRate is not None:
        single = period.singleRate
        rate = steps.tiers(single.rates, single.period, f"{path}.singleRate")
        whole = [{"days": ["All"], "hours": [{**_hours("00:00", "00:00"), "rate": rate}]}]
        return [{**season, "days_and_hours": whole}]
    windows = [
        (time, steps.tiers(use.rates, use.period, f"{path}.timeOfUseRates[{n}]"))
        for n, use in enumerate(period.timeOfUseRates)
        for time in use.timeOfUse
    ]
    if not windows:
        raise CdrInvalid(f"{path} has neither singleRate nor timeOfUseRates", param=path)
    entries = [{**season, "days_and_hours": _blocks(windows)}]
    if any(_HOLIDAYS in time.days for time, _ in windows):
        holidays = [_priced(time, rate) for time, rate in windows if _HOLIDAYS in time.days]
        block = {"days": ["All"], "hours": holidays}
        entries.append({**season, "dates": ["Holidays"], "days_and_hours": [block]})
    return entries


def _blocks(windows: Iterable[tuple[CdrTime, list[Body]]]) -> list[Body]:
    """Write one block for all days of the week that have the same hours."""
    own = list(windows)
    blocks: list[Body] = []
    for code, day in _DAYS.items():
        hours = [_priced(time, rate) for time, rate in own if code in time.days]
        same = next((block for block in blocks if block["hours"] == hours), None)
        if same is not None:
            same["days"].append(day)
        elif hours:
            blocks.append({"days": [day], "hours": hours})
    return blocks


def _priced(time: CdrTime, rate: list[Body]) -> Body:
    return {**_hours(time.startTime, time.endTime), "rate": rate}


def _hours(start: str, end: str) -> Body:
    return {"valid_from": clock(_minutes(start)), "valid_to": clock(_until(end))}


def _minutes(text: str) -> int:
    hours, minutes = text.removeprefix("T").split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _until(text: str) -> int:
    """Read an end; many plans name the last minute, as in 20:59."""
    minutes = _minutes(text)
    return minutes + 1 if minutes % 30 == 29 else minutes


def _season(period: CdrPeriod, path: str) -> Body:
    """Write a season as months where it is made of whole ones, else as its dates."""
    first, last = _yearly(period.startDate, path), _yearly(period.endDate, path)
    if (last.month, last.day) == (2, 28):
        last = last.replace(day=29)
    days = [first]
    while days[-1] != last:
        after = days[-1] + timedelta(days=1)
        days.append(after.replace(year=_LEAP_YEAR))
    if first.day == 1 and (days[-1] + timedelta(days=1)).day == 1:
        months = [MONTHS[m - 1] for m in dict.fromkeys(day.month for day in days)]
        return {"months": ["All"] if len(months) == len(MONTHS) else months}
    return {"dates": [f"{day:%m-%d}" for day in days]}


def _yearly(text: str, path: str) -> date:
    match = _YEARLY.fullmatch(text)
    try:
        if match:
            return date(_LEAP_YEAR, int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise CdrInvalid(f"{path}: a season's dates are MM-DD; got {text[:20]!r}", param=path)


def _supply(read: CdrContract, left: Leftovers) -> list[Body]:
    amounts = [
        period.dailySupplyCharge or period.dailySupplyCharges for period in read.tariffPeriod
    ]
    distinct = {float(amount) for amount in amounts if amount is not None}
    if not distinct:
        return []
    if len(distinct) > 1:
        left.unsupported(
            "electricityContract.tariffPeriod", "supply charges that differ between seasons"
        )
        return []
    return [{"kind": "DAILY", "amount": distinct.pop(), "name": "daily supply charge"}]


def _demand(read: CdrContract, left: Leftovers) -> list[Body]:
    charges = []
    for n, period in enumerate(read.tariffPeriod):
        season = _season(period, f"electricityContract.tariffPeriod[{n}]")
        for m, demand in enumerate(period.demandCharges):
            why = _inexpressible(demand)
            if why:
                path = f"electricityContract.tariffPeriod[{n}].demandCharges[{m}]"
                left.unsupported(path, why)
            else:
                charges.append(_demand_charge(demand, season))
    return charges


def _inexpressible(demand: CdrDemand) -> str | None:
    if (demand.measureUnit or "KWH") != "KW":
        return f"a demand charge per {demand.measureUnit or 'KWH'}"
    if (demand.measurementPeriod, demand.chargePeriod) != ("MONTH", "MONTH"):
        return "demand that is not measured and charged by the month"
    if float(demand.minDemand) != 0 or demand.maxDemand is not None:
        return "a demand charge with a least or a greatest demand"
    return None


def _demand_charge(demand: CdrDemand, season: Body) -> Body:
    days = [day for code, day in _DAYS.items() if code in demand.days]
    block = {"days": days, "hours": [_hours(demand.startTime, demand.endTime)]}
    return {
        "kind": "DEMAND",
        "amount_per_kw": float(demand.amount),
        "window_minutes": DEMAND_MINUTES,
        "reset": "MONTH",
        "name": demand.displayName or "demand charge",
        "schedule": [{**season, "days_and_hours": [block]}],
    }


def _exports(read: CdrContract, left: Leftovers) -> list[Body]:
    """Write the first feed-in tariff; GST is not paid on what is sold."""
    path = "electricityContract.solarFeedInTariff"
    for n in range(1, len(read.solarFeedInTariff)):
        left.unsupported(f"{path}[{n}]", "another feed-in tariff beside the first")
    return [
        {"direction": "EXPORT", "schedule": [{"days_and_hours": blocks}]}
        for feed_in in read.solarFeedInTariff[:1]
        if (blocks := _feed_in(feed_in, f"{path}[0]", left))
    ]


def _feed_in(feed_in: CdrFeedIn, path: str, left: Leftovers) -> list[Body]:
    if feed_in.singleTariff is not None:
        single = feed_in.singleTariff
        rate = _earned(single.amount, single.rates, path, left)
        return [{"days": ["All"], "hours": [{**_hours("00:00", "00:00"), "rate": rate}]}]
    varying = feed_in.timeVaryingTariffs or []
    variations = varying if isinstance(varying, list) else [varying]
    return _blocks(
        (time, _earned(variation.amount, variation.rates, path, left))
        for variation in variations
        for time in variation.timeVariations
    )


def _earned(
    amount: Amount | None, rates: Sequence[CdrRate], path: str, left: Leftovers
) -> list[Body]:
    if len(rates) > 1:
        left.unsupported(path, "steps of exported energy; only the first is kept")
    earned = rates[0].unitPrice if rates else amount
    if earned is None:
        raise CdrInvalid(f"{path} has no amount", param=path)
    return [{"value": float(earned)}]
