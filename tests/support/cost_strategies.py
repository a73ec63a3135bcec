"""Hypothesis strategies for whole cost cases: readings, tariffs with charges, a request.

Spans start and end on whole local hours, so that a request never cuts a demand window; in Lord
Howe, whose clock changes by 30 minutes, no window is longer than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from .demand_strategies import demand_charges
from .market_reference import Row
from .region_reference import MINUTE, Region
from .span_strategies import DAY_MINUTES, Json, Span, market_series, regions, spans, written
from .tariff_strategies import EVERYTHING, Features, tariff_bodies

AGGREGATIONS = ("NONE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
PLAIN_DIRECTIONS = ("IMPORT", "IMPORT", "IMPORT", "EXPORT", "LOCAL")


@dataclass(frozen=True)
class CostCase:
    """Everything `reference_costs` wants, and the same for the engine under test."""

    readings: list[Json]
    tariff_bodies: list[Json]
    region: Region
    span: Span
    aggregation: str
    direction: str
    market: list[Row] = field(repr=False)
    market_unit: str
    now: datetime

    def arguments(self) -> dict[str, Any]:
        """`reference_costs(**case.arguments())`."""
        return {
            "readings": self.readings,
            "tariff_bodies": self.tariff_bodies,
            "zone": self.region.zone,
            "country": self.region.country,
            "state": self.region.state,
            "start": self.span.start,
            "end": self.span.end,
            "aggregation": self.aggregation,
            "direction": self.direction,
            "market": self.market,
            "market_unit": self.market_unit,
            "now": self.now,
        }


@st.composite
def readings(draw: st.DrawFn, span: Span, region: Region, *, direction: str) -> list[Json]:
    """At most 200 touching or gappy readings of one series, some before and after the span.

    Periods of 5 minutes to a day (also 7 minutes and odd seconds), all four units.
    """
    seconds = draw(st.sampled_from((300, 420, 900, 1800, 1800, 3600, 3600, 5000, 86400)))
    lead = draw(st.sampled_from((0, 0, 90, DAY_MINUTES, 2 * DAY_MINUTES)))
    if seconds < 1800:
        lead = min(lead, 90)
    cursor = span.start - MINUTE * lead + timedelta(seconds=draw(st.sampled_from((0, 0, 0, 77))))
    units = draw(st.sampled_from(("KWH", "WH", "KW", "W", "energy_kwh")))
    unsure, gaps = draw(st.booleans()), draw(st.booleans())
    local = draw(st.booleans())
    random = Random(draw(st.integers(0, 2**32 - 1)))
    series: list[Json] = []
    while cursor < span.end + timedelta(hours=6) and len(series) < 200:
        until = cursor + timedelta(seconds=seconds)
        if not (gaps and random.random() < 0.3):
            energy_wh = random.randint(0, seconds)
            series.append(
                _flow(direction)
                | _amount(units, energy_wh)
                | {
                    "location_id": "loc_reference",
                    "start_time": written(cursor, region, local=local),
                    "end_time": written(until, region, local=local),
                    "confidence": random.choice((1, 1, 0.9, 0.55)) if unsure else 1,
                }
            )
        cursor = until
    return series


def _flow(direction: str) -> Json:
    if direction == "EXPORT":
        return {"energy_flow_direction": "OUTBOUND"}
    return {"energy_flow_direction": "INBOUND", "tariff_direction": direction}


def _amount(units: str, energy_wh: int) -> Json:
    if units == "energy_kwh":
        return {"energy_kwh": energy_wh / 1000}
    return {"units": units, "value": energy_wh / 1000 if units in ("KWH", "KW") else energy_wh}


@st.composite
def charges(draw: st.DrawFn, region: Region) -> list[Json]:
    """0..3 standing charges and perhaps a demand charge of any form."""
    kinds = draw(st.lists(st.sampled_from(("DAILY", "MONTHLY", "YEARLY")), max_size=3))
    found: list[Json] = [
        {"kind": kind, "amount": draw(st.integers(1, 30_000)) / 100, "name": f"{kind} charge"}
        for kind in kinds
    ]
    if draw(st.booleans()):
        windows = (15, 30) if region.zone == "Australia/Lord_Howe" else (15, 30, 60)
        found.append(draw(demand_charges(windows)))
    return found


@st.composite
def cost_cases(draw: st.DrawFn, features: Features = EVERYTHING) -> CostCase:
    """A place, a request, one or two tariffs, readings and a market."""
    region = draw(regions())
    span = draw(spans(region, whole_hours=True))
    direction = draw(st.sampled_from(PLAIN_DIRECTIONS))
    if direction != "IMPORT":
        features = Features(**{**features.__dict__, "tiers": False})
    unit = draw(st.sampled_from(("KWH", "MWH")))
    kinds = ["COMMODITY"] + (["NON_COMMODITY"] if draw(st.booleans()) else [])
    bodies: list[Json] = []
    for kind in kinds if direction == "IMPORT" else kinds[:1]:
        body = draw(
            tariff_bodies(
                region, span, unit=unit, features=features, direction=direction, kind=kind
            )
        )
        bodies.append(body | {"charges": draw(charges(region))})
    return CostCase(
        readings=draw(readings(span, region, direction=direction)),
        tariff_bodies=bodies,
        region=region,
        span=span,
        aggregation=draw(st.sampled_from(AGGREGATIONS)),
        direction=direction,
        market=draw(market_series(span, unit=unit, forecast=features.forecast)),
        market_unit=unit,
        now=span.start + MINUTE * draw(st.integers(-2 * DAY_MINUTES, 3 * DAY_MINUTES)),
    )
