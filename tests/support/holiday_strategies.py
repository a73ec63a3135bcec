"""Hypothesis strategies for clocks, holidays, dates that beat each other, and open ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from .region_reference import Region
from .shape_strategies import (
    CLOCKS,
    KOLKATA,
    SEASONS,
    hours_lists,
    rates,
    regions,
    tariff,
)
from .span_strategies import Json, Span

FIRST_DAYS = (
    "2024-12-20", "2025-12-29", "2026-12-21", "2027-12-22", "2028-02-27", "2026-03-30",
    "2027-03-25", "2026-05-20", "2026-07-01", "2027-07-02", "2026-10-23", "2026-11-20",
    "2024-03-28", "2027-04-29",
)  # fmt: skip
"""Around public holidays, some on weekends, leap days and clock changes."""
EXPRESSIONS = (
    "01-01", "07-04", "12-25", "12-26", "02-29", "2027-12-31", "2026-05-25", "EASTER", "EASTER-2",
    "EASTER+1", "EASTER+39", "ORTHODOX_EASTER", "ORTHODOX_EASTER+1", "AUG-MON-1", "MAY-MON-LAST",
    "NOV-THU-4", "SEP-MON-1", "OCT-SUN-LAST",
)  # fmt: skip
NAMES = {
    "DE": ("Karfreitag", "Erster Weihnachtstag", "Erster Mai", "Neujahr"),
    "US": ("Christmas Day", "Independence Day", "New Year's Day", "Thanksgiving Day"),
    "AU": ("Christmas Day", "Boxing Day", "Good Friday", "Australia Day"),
    "IN": ("Republic Day", "Independence Day", "Christmas"),
}


@dataclass(frozen=True)
class PriceQuestion:
    """A place, its tariffs, and the span whose prices are asked for."""

    region: Region
    span: Span
    tariff_bodies: list[Json]
    now: datetime = datetime(2026, 6, 1, tzinfo=UTC)


@st.composite
def holiday_rules(draw: st.DrawFn, region: Region) -> Json:
    """`holidays` of a tariff, each member there or not."""
    rules: Json = {}
    if draw(st.booleans()):
        rules["calendar"] = draw(st.sampled_from(("REGIONAL", "NATIONAL", "NONE")))
    named = st.sampled_from((*EXPRESSIONS, *NAMES[region.country or "DE"]))
    for member in ("only", "add", "remove"):
        if draw(st.booleans()):
            rules[member] = draw(st.lists(named, min_size=1, max_size=4, unique=True))
    substitutes = ("AS_CALENDAR", "NONE", "NEXT_WORKDAY", "NEAREST_WORKDAY")
    if region == KOLKATA:
        substitutes = substitutes[:3]
    if draw(st.booleans()):
        rules["observed"] = draw(st.sampled_from(substitutes))
    return rules


@st.composite
def dated_entries(draw: st.DrawFn, span: Span, rate: st.SearchStrategy[list[Json]]) -> list[Json]:
    """At most one entry of each kind of date; they may meet on a day."""
    days = [span.start.date() + timedelta(days=n) for n in range(12)]
    kinds: list[list[Any]] = [
        [day.isoformat() for day in days],
        [day.isoformat()[5:] for day in days],
        ["Holidays"],
        [day.day for day in days],
    ]
    entries: list[Json] = []
    for kind in kinds:
        if kind == ["Holidays"] or draw(st.booleans()):
            dates = draw(st.lists(st.sampled_from(kind), min_size=1, max_size=3, unique=True))
            hours = draw(hours_lists(rate))
            group = {"days": ["All"], "hours": hours}
            entries.append({"months": ["All"], "dates": dates, "days_and_hours": [group]})
    return entries


@st.composite
def price_questions(draw: st.DrawFn) -> PriceQuestion:
    """A tariff with holidays of its own on a clock of its own, perhaps with network fees."""
    region = draw(regions())
    first = datetime.fromisoformat(draw(st.sampled_from(FIRST_DAYS))).date()
    last = first + timedelta(days=draw(st.integers(2, 12)))
    span = Span(region.midnight(first), region.midnight(last))
    bodies: list[Json] = []
    for kind in ("COMMODITY", *draw(st.sampled_from(((), ("NON_COMMODITY",))))):
        seasons = draw(st.sampled_from(SEASONS))
        weeks = draw(st.sampled_from((("All",), ("Weekdays", "Weekends"))))
        ordinary = [
            {
                "months": months,
                "dates": [],
                "days_and_hours": [
                    {"days": [days], "hours": draw(hours_lists(rates()))} for days in weeks
                ],
            }
            for months in seasons
        ]
        body = tariff(
            draw(st.permutations([*ordinary, *draw(dated_entries(span, rates()))])), type=kind
        )
        body["clock"] = draw(st.sampled_from(CLOCKS))
        if draw(st.integers(0, 4)):
            body["holidays"] = draw(holiday_rules(region))
        bodies.append(body)
    return PriceQuestion(region, span, bodies)
