"""Hypothesis strategies for sites whose tariffs have the shapes of contract 2b.

Everything lies on quarter hours, so that the reference may look once in 15 minutes. Readings are
few and far between: from months before the request to days after it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from .region_reference import Region
from .span_strategies import Json, Span, awkward_days

QUARTER = timedelta(minutes=15)
BERLIN = Region("Europe/Berlin", "DE", "BE")
LORD_HOWE = Region("Australia/Lord_Howe", "AU", "NSW")
NEW_YORK = Region("America/New_York", "US", "NY")
KOLKATA = Region("Asia/Kolkata", "IN", "MH")
REGIONS = (BERLIN, LORD_HOWE, NEW_YORK, KOLKATA)
ALWAYS = {"contract_start_date": "2015-01-01", "contract_end_date": None}
LENGTHS = (15, 15, 30, 60, 180, 1440)
CLOCKS = ("LOCAL", "LOCAL", "UTC", "+10:00", "-03:30")

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "5")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking these takes minutes
)
"""How many random sites a property tries."""


@dataclass(frozen=True)
class ShapeCase:
    """A site, what it metered, and the question."""

    region: Region
    span: Span
    tariff_bodies: list[Json]
    readings: list[Json]
    direction: str = "IMPORT"
    aggregation: str = "MONTH"
    netting: Json | None = None
    now: datetime = field(default=datetime(2030, 1, 1, tzinfo=UTC))

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
            "market": [],
            "market_unit": "KWH",
            "now": self.now,
            "netting": self.netting,
            "step_minutes": 15,
        }


def regions() -> st.SearchStrategy[Region]:
    return st.sampled_from(REGIONS)


@st.composite
def day_spans(draw: st.DrawFn, region: Region, *, longest: int = 62) -> Span:
    """Whole local days around an awkward one; now and then from and to odd quarter hours."""
    day = draw(st.sampled_from(awkward_days(region.zone)))
    first = day - timedelta(days=draw(st.integers(0, 20)))
    last = day + timedelta(days=draw(st.integers(1, longest - 20)))
    start, end = region.midnight(first), region.midnight(last)
    if draw(st.integers(0, 3)) == 0:
        start += QUARTER * draw(st.integers(0, 90))
        end += QUARTER * draw(st.integers(0, 90))
    return Span(start, end)


@st.composite
def sparse_readings(
    draw: st.DrawFn,
    span: Span,
    *,
    flow: str = "INBOUND",
    days_before: int = 70,
    most: int = 40,
    highest_wh: int = 30_000,
) -> list[Json]:
    """Readings of a quarter hour to a day that do not overlap, half of them inside the span."""
    random = Random(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(3, most))
    first = span.start - timedelta(days=days_before)
    taken: list[tuple[datetime, datetime]] = []
    found: list[Json] = []
    for _ in range(count):
        since, until = (span.start, span.end) if random.random() < 0.5 else (first, span.end)
        quarters = (until - since) // QUARTER + 8 * 96 * (random.random() < 0.1)
        start = since + QUARTER * random.randrange(quarters)
        start = start.replace(minute=start.minute // 15 * 15, second=0)
        end = start + timedelta(minutes=random.choice(LENGTHS))
        if any(start < other and end > one for one, other in taken):
            continue
        taken.append((start, end))
        found.append(
            {
                "location_id": "loc_reference",
                "energy_flow_direction": flow,
                "start_time": start.isoformat(),
                "end_time": end.isoformat(),
                "energy_kwh": random.randint(1, highest_wh) / 1000,
            }
        )
    return sorted(found, key=lambda one: str(one["start_time"]))


def money(low: int = -10_000, high: int = 50_000) -> st.SearchStrategy[float]:
    """An amount with 5 decimals."""
    return st.integers(low, high).map(lambda n: n / 100_000)


def clock_text(quarter: int) -> str:
    return f"{quarter // 4 % 24:02}:{quarter % 4 * 15:02}:00"


@st.composite
def rates(draw: st.DrawFn, *, limits: tuple[str, ...] = ()) -> list[Json]:
    """A price, or (with `limits`) 1..3 tiers that end by one of them."""
    kind = draw(st.sampled_from(("none", *limits)))
    if kind == "none":
        return [{"value": draw(money())}]
    ends = {"to_kwh": (5, 20, 60.5), "to_kwh_per_day": (0.2, 0.5, 1.25), "to_kwh_per_kw": (1, 2, 5)}
    chosen = sorted(draw(st.lists(st.sampled_from(ends[kind]), max_size=2, unique=True)))
    tiers = [{"value": draw(money()), kind: end} for end in chosen]
    return [*tiers, {"value": draw(money())}]


@st.composite
def hours_lists(
    draw: st.DrawFn, rate: st.SearchStrategy[list[Json]], *, words: bool = False
) -> list[Json]:
    """1..3 windows that cover the day, with a `counter` word or without."""
    cuts = sorted(draw(st.lists(st.integers(0, 95), min_size=1, max_size=3, unique=True)))
    if len(cuts) == 1:
        cuts = [0]
    windows: list[Json] = []
    for since, until in zip(cuts, [*cuts[1:], cuts[0]], strict=True):
        window: Json = {"valid_from": clock_text(since), "valid_to": clock_text(until)}
        if words and draw(st.booleans()):
            window["counter"] = draw(st.sampled_from(("peak", "low")))
        windows.append(window | {"rate": draw(rate)})
    return windows


@st.composite
def schedules(
    draw: st.DrawFn, rate: st.SearchStrategy[list[Json]], *, words: bool = False
) -> list[Json]:
    """The year in one or two seasons, the week in one or two kinds of days."""
    seasons = draw(st.sampled_from(SEASONS))
    weeks = draw(st.sampled_from((("All",), ("Weekdays", "Weekends"))))
    return [
        {
            "months": months,
            "dates": [],
            "days_and_hours": [
                {"days": [days], "hours": draw(hours_lists(rate, words=words))} for days in weeks
            ],
        }
        for months in seasons
    ]


SEASONS = (
    (["All"],),
    (["All"],),
    (["Mar", "Apr", "May", "Oct"], ["Jan", "Feb", "Jun", "Jul", "Aug", "Sep", "Nov", "Dec"]),
)


def tariff(schedule: list[Json], **more: Any) -> Json:
    """An import tariff for energy that always holds."""
    return {"type": "COMMODITY", "direction": "IMPORT", "schedule": schedule} | ALWAYS | more


@st.composite
def billing(draw: st.DrawFn, span: Span) -> Json:
    """A billing day, periods as they were read, or nothing."""
    kind = draw(st.sampled_from(("none", "day", "day", "periods")))
    if kind == "none":
        return {}
    found: Json = {"billing_day": draw(st.integers(1, 28))}
    if kind == "periods":
        day = span.start.date() - timedelta(days=draw(st.integers(0, 60)))
        listed: list[date] = []
        for _ in range(draw(st.integers(1, 4))):
            listed.append(day)
            day += timedelta(days=draw(st.integers(20, 40)))
        found["billing_periods"] = [one.isoformat() for one in listed]
    return found


@st.composite
def vat(draw: st.DrawFn) -> Json:
    """VAT on top, included, or none."""
    return draw(st.sampled_from(({}, {"vat": 0.19, "vat_included": False}, {"vat": 0.2})))
