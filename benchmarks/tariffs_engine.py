"""The price engine on one core, beside a loop that asks zoneinfo once an interval."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.support.ground import SERVER_CORE, Ground, fastest, pin, verdict
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.prices import Question, SitePrices, site_prices
from wattyard.tariffs.domain.sources import Markets, MarketSeries
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.wire.rules import tariff_from_json

_SOURCE = "mrs_" + "0" * 32
_REGION = CalendarRegion("Europe/Berlin", "DE", "BE")
_WINDOWS = ((0, 6, 0.02), (6, 16, 0.05), (16, 20, 0.09), (20, 24, 0.04))
_PERCENTAGE = 0.07
_ROUNDS = 30


def _surcharge(fixed: float) -> dict[str, float]:
    return {"surcharge_fixed": fixed, "surcharge_percentage": _PERCENTAGE}


BODY: dict[str, Any] = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2024-01-01",
    "contract_end_date": "2030-01-01",
    "market_rates": True,
    "market_source_id": _SOURCE,
    "schedule": [
        {
            "months": ["All"],
            "days_and_hours": [
                {
                    "days": ["All"],
                    "hours": [
                        {
                            "valid_from": f"{start:02}:00",
                            "valid_to": f"{end % 24:02}:00",
                            "rate": [
                                {"surcharge_fixed": fixed, "surcharge_percentage": _PERCENTAGE}
                            ],
                        }
                        for start, end, fixed in _WINDOWS
                    ],
                }
            ],
        }
    ],
}


@dataclass(frozen=True)
class _Case:
    name: str
    start: datetime
    end: datetime
    minutes: int
    budget_ms: float
    ahead: timedelta
    """How much of the end is not published yet."""


_YEAR = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
_MONTH = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)
_CASES = (
    _Case("month of quarter hours", *_MONTH, 15, 5, timedelta()),
    _Case("the same, half of it forecast", *_MONTH, 15, 5, timedelta(days=15)),
    _Case("year of half hours", *_YEAR, 30, 20, timedelta()),
)


def run(ground: Ground) -> None:
    """Price a market tariff of four windows; every answer is checked against the loop's."""
    pin(os.getpid(), SERVER_CORE)
    for case in _CASES:
        _measure(case)
    _measure_holes(_CASES[-1])


def _measure(case: _Case) -> None:
    series = _market(case)
    engine_ms, answer = fastest(_engine(case, series), _ROUNDS)
    starts = [instant(at) for at in answer.edges_us[:-1]]
    loop_ms, looped = fastest(lambda: _loop(BODY, starts, series), 3)
    bare_ms, _ = fastest(lambda: _bare_loop(starts, series), 10)
    known = answer.confidence == 1
    assert np.allclose(answer.per_kwh[known], np.array(looped)[known], atol=1.1e-6)
    intervals = f"{case.name}, {len(starts):,} intervals"
    print(f"   {intervals}: loop {loop_ms:.1f} ms, bare loop {bare_ms:.1f} ms")
    verdict(case.name, engine_ms, f"<= {case.budget_ms:g} ms", met=engine_ms <= case.budget_ms)
    ratio = loop_ms / engine_ms
    if not case.ahead:  # the loops forecast nothing
        verdict("times faster than the loop", ratio, ">= 10", met=ratio >= 10)
        bare = bare_ms / engine_ms
        verdict("times faster than the bare loop", bare, ">= 10", met=bare >= 10)


def _measure_holes(case: _Case) -> None:
    """Price the same with an hour missing at a random time of every day, to be forecast."""
    series = _market(case)
    whole_ms, _ = fastest(_engine(case, series), _ROUNDS)
    a_day = 24 * 60 // case.minutes
    days = np.arange(0, series.prices.size - a_day, a_day)
    first = days + np.random.default_rng(2).integers(0, a_day, days.size)
    lost = (first[:, None] + np.arange(60 // case.minutes)).ravel()
    known = (np.delete(own, lost) for own in (series.starts_us, series.ends_us, series.prices))
    engine_ms, answer = fastest(_engine(case, MarketSeries(_SOURCE, "X", "MWH", *known)), _ROUNDS)
    assert np.count_nonzero(answer.confidence < 1) >= 365
    name = f"{case.name}, a hole every day"
    verdict(name, engine_ms, f"<= {case.budget_ms:g} ms", met=engine_ms <= case.budget_ms)
    print(f"   {engine_ms / whole_ms:.1f} times the time of the same without holes")


def _engine(case: _Case, series: MarketSeries) -> Callable[[], SitePrices]:
    element = Element(UUID(int=1), tariff_from_json(BODY, _REGION))
    markets = Markets({_SOURCE: series}, case.end - case.ahead)
    question = Question("IMPORT", Span(case.start, case.end))
    return lambda: site_prices([element], _REGION, question, markets=markets, consumed={})


def _market(case: _Case) -> MarketSeries:
    step = case.minutes * 60_000_000
    first = microseconds(case.start - timedelta(days=20))
    starts = np.arange(first, microseconds(case.end - case.ahead), step)
    prices = np.random.default_rng(1).normal(80, 30, starts.size)
    return MarketSeries(_SOURCE, "X", "MWH", starts, starts + step, prices)


def _loop(body: dict[str, Any], starts: list[datetime], series: MarketSeries) -> list[float]:
    """Price interval by interval, matching the schedule each time, as one would write it first."""
    published = dict(zip(series.starts_us.tolist(), series.prices.tolist(), strict=True))
    zone = _REGION.zone
    prices = []
    for at in starts:
        rate = _rate(body, at.astimezone(zone))
        market = published.get(microseconds(at), float("nan")) / 1000
        price = (market + rate["surcharge_fixed"]) * (1 + rate["surcharge_percentage"])
        prices.append(round(price, 6))
    return prices


def _rate(body: dict[str, Any], clock: datetime) -> dict[str, float]:
    now = clock.strftime("%H:%M")
    for entry in body["schedule"]:
        if entry["months"] != ["All"] and clock.strftime("%b") not in entry["months"]:
            continue
        for block in entry["days_and_hours"]:
            if not {"All", "Weekends" if clock.weekday() >= 5 else "Weekdays"} & set(block["days"]):
                continue
            for hours in block["hours"]:
                until = hours["valid_to"]
                if hours["valid_from"] <= now and (now < until or until == "00:00"):
                    rate: dict[str, float] = hours["rate"][0]
                    return rate
    raise AssertionError(clock)


def _bare_loop(starts: list[datetime], series: MarketSeries) -> list[float]:
    """The least that a loop can do: this one schedule written into it, nothing rounded."""
    published = dict(zip(series.starts_us.tolist(), series.prices.tolist(), strict=True))
    zone = _REGION.zone
    prices = []
    for at in starts:
        hour = at.astimezone(zone).hour
        fixed = next(fixed for start, end, fixed in _WINDOWS if start <= hour < end)
        market = published.get(microseconds(at), float("nan")) / 1000
        prices.append((market + fixed) * (1 + _PERCENTAGE))
    return prices
