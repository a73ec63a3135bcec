"""Energy plans of the Australian Consumer Data Right as tariffs.

Source of the rules: the Consumer Data Standards, "Get Generic Plan Detail" (versions 1 to 3):
amounts are Australian dollars in text, without GST for what is bought; hours are of standard
time all the year (AEST) unless `timeZone` is LOCAL; `effectiveTo` ends the offer of a plan, not
the contracts of those who have it. Plans that retailers publish add: null for absent, energy
and demand as two tariff periods of the same dates, `effectiveFrom` as the UTC instant of a
local midnight or as midnight UTC of the date that is meant.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wattyard.kernel import civil
from wattyard.platform.decoding import convert
from wattyard.tariffs.adapters.cdr.feed_in import exports
from wattyard.tariffs.adapters.cdr.shapes import (
    ALL_DAYS,
    HOLIDAYS,
    CdrContract,
    CdrDemand,
    CdrPeriod,
    CdrTime,
    Zone,
)
from wattyard.tariffs.adapters.cdr.steps import Steps
from wattyard.tariffs.adapters.cdr.unread import name_unread
from wattyard.tariffs.adapters.cdr.windows import (
    STANDARD_CLOCK,
    CdrInvalid,
    clock_of,
    days_of,
    entries,
    hours_between,
    is_always,
    named_days,
    season,
    window,
)
from wattyard.tariffs.adapters.imports import (
    Body,
    ContractDates,
    Imported,
    Leftovers,
    known_fields,
    without_nulls,
)
from wattyard.tariffs.domain.calendar import CalendarRegion

GST: Final = 0.1
DEMAND_MINUTES: Final = 30

_STANDARD: Final = timedelta(hours=10)
_PERIODS: Final = "electricityContract.tariffPeriod"
_SINGLE, _BY_TIME = "singleRate", "timeOfUseRates"


def tariffs_from_cdr(
    document: Mapping[str, Any],
    region: CalendarRegion,
    *,
    contract: ContractDates,
    allow_partial: bool,
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
    raw = without_nulls(raw)
    read = convert(known_fields(raw, CdrContract), CdrContract)
    left = Leftovers()
    name_unread(plan, raw, left)
    if plan.get("effectiveTo"):
        left.note("effectiveTo", "the plan is offered until then; its contracts go on")
    dates = contract.dates(_first_day(plan.get("effectiveFrom"), region), None)
    common: Body = {"type": "COMMODITY", "display_name": plan.get("displayName")}
    bodies = [
        {**common, **dates, **_import(read, left), **_clock(_bought_hours(read), region, left)},
        *(
            {**common, **own, **_clock(_sold_hours(read), region, left)}
            for own in exports(read, dates, left)
        ),
    ]
    return left.settle(bodies, allow_partial=allow_partial)


def _first_day(text: object, region: CalendarRegion) -> str | None:
    """Read the local day that an instant starts, or else the date that it is written with."""
    if not isinstance(text, str) or not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
        local = civil.date_at(
            instant if instant.tzinfo else instant.replace(tzinfo=UTC), region.zone
        )
        starts = civil.start_of_day(local, region.zone) == instant
    except (ValueError, OverflowError, TypeError):
        return text[:10]
    return local.isoformat() if starts else text[:10]


def _bought_hours(read: CdrContract) -> Iterator[tuple[Zone, CdrTime]]:
    """List the hours of what is bought, each with the zone it is of."""
    for period in read.tariffPeriod:
        by_use = [time for use in period.timeOfUseRates for time in use.timeOfUse]
        for time in (*by_use, *period.demandCharges):
            yield period.timeZone or read.timeZone or "AEST", time


def _sold_hours(read: CdrContract) -> Iterator[tuple[Zone, CdrTime]]:
    for feed_in in read.solarFeedInTariff:
        for variation in feed_in.variations:
            for time in variation.timeVariations:
                yield read.timeZone or "AEST", time


def _clock(hours: Iterable[tuple[Zone, CdrTime]], region: CalendarRegion, left: Leftovers) -> Body:
    """Find the clock that hours are read on; nothing where it is the local one."""
    clocks = {
        clock_of(text, zone)
        for zone, time in hours
        if not is_always(time)
        for text in (time.startTime, time.endTime)
    }
    if len(clocks) > 1:
        left.unsupported(
            "electricityContract.timeZone",
            f"hours of several clocks ({', '.join(sorted(clocks))}); they are kept as local hours",
        )
    if len(clocks) != 1 or clocks <= {"LOCAL"}:
        return {}
    year = (datetime(2025, month, 1, tzinfo=UTC).astimezone(region.zone) for month in (1, 7))
    if clocks == {STANDARD_CLOCK} and all(own.utcoffset() == _STANDARD for own in year):
        return {}
    return {"clock": clocks.pop()}


def _import(read: CdrContract, left: Leftovers) -> Body:
    steps = Steps(left)
    schedule = [
        entry
        for n, period in enumerate(read.tariffPeriod)
        for entry in _entries(period, f"{_PERIODS}[{n}]", steps, left)
    ]
    if not schedule:
        raise CdrInvalid(f"{_PERIODS} has no rates of energy", param=_PERIODS)
    steps.settle(schedule)
    if len({"Holidays" in entry["dates"] for entry in schedule if "dates" in entry}) > 1:
        left.unsupported(_PERIODS, "public holidays in a season that is not made of whole months")
    return {
        "direction": "IMPORT",
        "schedule": schedule,
        "tier_reset": steps.reset,
        "tier_scope": steps.scope,
        "vat": GST,
        "vat_included": False,
        "charges": [*_supply(read, left), *_demand(read, left)],
    }


def _entries(period: CdrPeriod, path: str, steps: Steps, left: Leftovers) -> list[Body]:
    """Write the entries of a season; one that has only demand charges has none."""
    if not _has_energy(period):
        if not period.demandCharges:
            raise CdrInvalid(f"{path} has neither singleRate nor timeOfUseRates", param=path)
        return []
    own = season(period, path)
    single, by_time = period.singleRate, period.timeOfUseRates
    if single is not None and not (by_time and period.rateBlockUType == _BY_TIME):
        if by_time:
            left.unsupported(f"{path}.{_BY_TIME}", "hours beside a rate around the clock")
        rate = steps.tiers(single.rates, single.period, f"{path}.{_SINGLE}")
        whole = [{"days": ["All"], "hours": [{**hours_between(0, 0), "rate": rate}]}]
        return [{**own, "days_and_hours": whole}]
    if single is not None:
        left.unsupported(f"{path}.{_SINGLE}", "a rate around the clock beside hours")
    rates = [
        (use, steps.tiers(use.rates, use.period, f"{path}.{_BY_TIME}[{n}]", own_hours=True))
        for n, use in enumerate(by_time)
    ]
    return entries(own, [window(time, rate) for use, rate in rates for time in use.timeOfUse])


def _has_energy(period: CdrPeriod) -> bool:
    return period.singleRate is not None or bool(period.timeOfUseRates)


def _supply(read: CdrContract, left: Leftovers) -> list[Body]:
    """Write the daily supply charge, one for all seasons."""
    seasons = {_daily(period) for period in read.tariffPeriod if _has_energy(period)}
    beside = any(_daily(period) for period in read.tariffPeriod if not _has_energy(period))
    if len(seasons) > 1:
        left.unsupported(_PERIODS, "supply charges that differ between seasons")
    if beside:
        left.unsupported(_PERIODS, "a supply charge beside demand charges alone")
    amount = seasons.pop() if len(seasons) == 1 else None
    if amount is None:
        return []
    return [{"kind": "DAILY", "amount": amount, "name": "daily supply charge"}]


def _daily(period: CdrPeriod) -> float | None:
    own, older = period.dailySupplyCharge, period.dailySupplyCharges
    amount = older if own is None else own
    return None if amount is None else float(amount)


def _demand(read: CdrContract, left: Leftovers) -> list[Body]:
    charges = []
    for n, period in enumerate(read.tariffPeriod):
        own = season(period, f"{_PERIODS}[{n}]")
        for m, demand in enumerate(period.demandCharges):
            why = _inexpressible(demand)
            if why:
                left.unsupported(f"{_PERIODS}[{n}].demandCharges[{m}]", why)
            else:
                charges.append(_demand_charge(demand, own))
    return charges


def _inexpressible(demand: CdrDemand) -> str | None:
    if demand.measureUnit != "KW":
        return f"a demand charge per {demand.measureUnit}"
    if demand.measurementPeriod != "MONTH" or demand.chargePeriod not in ("MONTH", "DAY"):
        return "demand that is not measured by the month, and charged by the month or day"
    if float(demand.minDemand) != 0 or float(demand.maxDemand or 0) != 0:
        return "a demand charge with a least or a greatest demand"
    if HOLIDAYS in days_of(demand) and not set(ALL_DAYS) <= set(days_of(demand)):
        return "demand of public holidays"
    return None


def _demand_charge(demand: CdrDemand, own: Body) -> Body:
    when = window(demand, [])
    block = {"days": named_days(when.days), "hours": [hours_between(when.start, when.end)]}
    return {
        "kind": "DEMAND",
        "amount_per_kw": float(demand.amount),
        "window_minutes": DEMAND_MINUTES,
        "reset": "MONTH",
        **({"per": "DAY"} if demand.chargePeriod == "DAY" else {}),
        "name": demand.displayName or "demand charge",
        "schedule": [{**own, "days_and_hours": [block]}],
    }
