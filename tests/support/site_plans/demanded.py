"""Random demand charges of a site: for the program as its tariffs say, and written by hand.

The second hand takes windows, weights, ratchets and peaks so far from `demand_reference` (contract
2b in exact fractions) and only adds the plan's steps to the windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from tests.support.charge_reference import Load as ReferenceLoad
from tests.support.cost_engine import elements_of, from_json
from tests.support.demand_reference import DemandCharge, counts, window_around
from tests.support.market_reference import Market
from tests.support.period_reference import DayRange, billing_period, day_range, periods_touched
from tests.support.reading_reference import load_of
from tests.support.region_reference import Region
from tests.support.tariff_bodies import flat, hours
from tests.support.tariff_reference import Tariff, number
from wattyard.costs.domain.demand import demand_span
from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.rises import DemandRise, rises
from wattyard.kernel.instants import Span
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.tariffs.domain.calendar import CalendarRegion

from . import question as own
from .random_sites import KINDS, Chance, Kind, random_site

VAT = 0.25
WINDOWS = {"Europe/Brussels": (15, 30, 60), "Australia/Lord_Howe": (15, 30)}


@dataclass(frozen=True)
class Demanded:
    """A question with a demand charge, and the second hand's own of the charge."""

    asked: SiteQuestion
    demand: tuple[own.DemandPeriod, ...]


def random_demanded_site(seed: int, kinds: tuple[Kind, ...] = KINDS) -> Demanded:
    """A random site under one demand charge of any shape, after a few readings."""
    asked, chance = random_site(seed, kinds), Chance(seed + 10**6)
    zone = "Australia/Lord_Howe" if chance.odds(0.15) else "Europe/Brussels"
    body = _tariff(chance, WINDOWS[zone])
    readings = _readings(chance, _instant(int(asked.edges_us[0])))
    return Demanded(
        replace(asked, demand=_of_the_program(asked, body, zone, readings)),
        written(asked, body, zone, readings),
    )


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, UTC)


def _tariff(chance: Chance, windows: Sequence[int]) -> dict[str, Any]:
    return {
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2021-01-01",
        "contract_end_date": "2035-01-01",
        "schedule": flat(0.2),
        "vat": VAT,
        "vat_included": chance.odds(0.5),
        "charges": [_charge(chance, windows)],
    }


def _charge(chance: Chance, windows: Sequence[int]) -> dict[str, Any]:
    """Prices that do not fall with the peak, of every shape, convex or not."""
    shapes: tuple[dict[str, Any], ...] = (
        {"amount_per_kw": chance.one(0.1, 1.0, 4.0)},
        {"tiers": [{"to_kw": 3, "amount_per_kw": 0.2}, {"amount_per_kw": 1.5}]},
        {"tiers": [{"to_kw": 2.5, "amount_per_kw": 1.2}, {"amount_per_kw": 0.1}]},
        {"steps": [{"to_kw": 2.03, "amount": 1}, {"to_kw": 4.97, "amount": 2.5}, {"amount": 6}]},
    )
    optional: dict[str, Any] = {
        "per": "DAY",
        "weights": [{"schedule": _night(), "factor": 0.5}],
        "schedule": _night(),
        "minimum_kw": chance.one(1.0, 2.5),
        "periods": 3,
        "cap_per_kwh": chance.one(0.05, 0.5),
        "peak": "MEAN_OF_DAYS",
    }
    kept = {name: value for name, value in optional.items() if chance.odds(0.2)}
    if "peak" in kept:
        kept["days"] = chance.whole(1, 3)
    if chance.odds(0.2):
        kept |= {"ratchet_percent": 50, "ratchet_periods": 2}
    minutes = int(chance.one(*windows))
    return {"kind": "DEMAND", "window_minutes": minutes, **shapes[chance.whole(0, 3)], **kept}


def _night() -> list[dict[str, Any]]:
    named = hours(("22:00:00", "02:00:00", None))
    bare = [{name: one[name] for name in ("valid_from", "valid_to")} for one in named]
    return [{"days_and_hours": [{"days": ["All"], "hours": bare}]}]


def _readings(chance: Chance, start: datetime) -> list[dict[str, Any]]:
    """Some quarter hours before the plan, the last of them just before it, some months ago."""
    found, until = [], start
    for _ in range(chance.whole(0, 8)):
        begin = until - timedelta(minutes=15)
        found.append(
            {
                "location_id": "loc_reference",
                "start_time": begin.isoformat(),
                "end_time": until.isoformat(),
                "energy_kwh": chance.between(0, 1.5),
            }
        )
        until = begin - timedelta(minutes=int(chance.one(0, 0, 45, 60 * 24 * 2, 60 * 24 * 29)))
    return found[::-1]


def _of_the_program(
    asked: SiteQuestion, body: dict[str, Any], zone: str, readings: list[dict[str, Any]]
) -> tuple[DemandRise, ...]:
    region = CalendarRegion(zone)
    elements = elements_of([body], region)
    span = Span(_instant(int(asked.edges_us[0])), _instant(int(asked.edges_us[-1])))
    looked_at = demand_span(elements, region, span)
    if looked_at is None:
        return ()
    load = Load.of(region, looked_at, from_json(readings, "IMPORT").until(span.start))
    return tuple(rises(elements, load, span))


def written(
    asked: SiteQuestion, body: dict[str, Any], zone: str, readings: list[dict[str, Any]]
) -> tuple[own.DemandPeriod, ...]:
    """One for each billing period that the plan touches."""
    edges = [_instant(int(edge)) for edge in asked.edges_us]
    region = Region(zone, None, None)
    tariff = Tariff(body, region, Market([], "KWH", region, edges[-1]))
    loads = [load_of(one) for one in readings]
    charge = DemandCharge(tariff, body["charges"][0], loads, loads)
    return tuple(
        _period(charge, days, edges, loads)
        for days in periods_touched(body, region, (edges[0], edges[-1]))
    )


def _period(
    charge: DemandCharge, days: DayRange, edges: list[datetime], loads: list[ReferenceLoad]
) -> own.DemandPeriod:
    body, tariff = charge.charge, charge.tariff
    span = day_range(tariff.region, days)
    highest: dict[int, float] = {}
    for window in charge.windows:
        if days[0] <= window.day < days[1]:
            day = window.day.toordinal()
            highest[day] = max(highest.get(day, 0.0), float(window.kw))
    before = _before(charge, days, max(body.get("periods") or 1, 1) - 1)
    ratchet = _before(charge, days, body.get("ratchet_periods") or 0)
    raw = [float(charge.raw_peak(one) or 0) for one in ratchet]
    share = float(number(body.get("ratchet_percent") or 0)) / 100
    gross = 1.0 if tariff.body["vat_included"] else 1.0 + VAT
    length = (days[1] - days[0]).days if body.get("per") == "DAY" else 1
    cap = body.get("cap_per_kwh")
    return own.DemandPeriod(
        _windows(charge, days, edges),
        tuple(highest.items()),
        body.get("days") if body.get("peak") == "MEAN_OF_DAYS" else None,
        max(float(body.get("minimum_kw") or 0), share * max(raw, default=0.0)),
        tuple(float(charge.at_least(one)) for one in before if charge.raw_peak(one) is not None),
        body.get("periods") or 1,
        _ascending(body.get("steps") or [], "amount"),
        _ascending(_tiers(body), "amount_per_kw"),
        length * gross,
        None if cap is None else cap * gross,
        float(sum(load.energy_in(span) for load in loads)),
        _overlaps(edges, span),
    )


def _tiers(body: dict[str, Any]) -> list[dict[str, Any]]:
    if body.get("amount_per_kw") is not None:
        return [{"amount_per_kw": body["amount_per_kw"]}]
    return list(body.get("tiers") or [])


def _ascending(listed: list[dict[str, Any]], money: str) -> tuple[tuple[float, float], ...]:
    starts = [0.0, *(float(one["to_kw"]) for one in listed[:-1])]
    return tuple((at, float(one[money])) for at, one in zip(starts, listed, strict=False))


def _before(charge: DemandCharge, days: DayRange, count: int) -> list[DayRange]:
    found, first = [], days[0]
    for _ in range(count):
        found.append(billing_period(charge.tariff.body, first - timedelta(days=1)))
        first = found[-1][0]
    return found


def _overlaps(edges: list[datetime], span: tuple[datetime, datetime]) -> tuple[own.Part, ...]:
    """How many hours of which steps lie in a span."""
    found = []
    for step, (start, end) in enumerate(pairwise(edges)):
        shared = (min(end, span[1]) - max(start, span[0])).total_seconds() / 3600
        if shared > 0:
            found.append((step, shared))
    return tuple(found)


def _windows(
    charge: DemandCharge, days: DayRange, edges: list[datetime]
) -> tuple[own.DemandWindow, ...]:
    """The windows that count, with what was read of them and the steps that reach into them."""
    found, at = [], edges[0]
    tariff, minutes = charge.tariff, charge.charge["window_minutes"]
    while at < edges[-1]:
        span = window_around(at, minutes, tariff.region)
        day = tariff.region.wall(span[0]).date()
        if days[0] <= day < days[1] and counts(charge.charge.get("schedule"), span[0], tariff):
            length = (span[1] - span[0]).total_seconds() / 3600
            factor = float(_weight(charge, span[0])) / length
            read = float(sum(load.energy_in(span) for load in charge.loads))
            parts = tuple((step, factor * shared) for step, shared in _overlaps(edges, span))
            found.append(own.DemandWindow(parts, day.toordinal(), factor * read))
        at = span[1]
    return tuple(found)


def _weight(charge: DemandCharge, start: datetime) -> float:
    weights = charge.charge.get("weights") or []
    held = [one["factor"] for one in weights if counts(one["schedule"], start, charge.tariff)]
    return float(held[0]) if held else 1.0


def rise_told(asked: SiteQuestion, import_kw: np.ndarray) -> float:
    """What the program's own demand charges say a plan adds."""
    energy_kwh = import_kw * asked.hours
    return sum(one.amount(asked.edges_us, energy_kwh) for one in asked.demand)
