"""Hypothesis strategies for places, spans around awkward days, and market series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from .market_reference import Row
from .region_reference import MINUTE, Region

DAY_MINUTES = 24 * 60
FIRST_DAY, LAST_DAY = date(2023, 12, 1), date(2026, 12, 31)
REGIONS = (
    Region("Europe/London", "GB", "ENG"),
    Region("Europe/Berlin", "DE", "BE"),
    Region("America/New_York", "US", "NY"),
    Region("Australia/Lord_Howe", "AU", "NSW"),
    Region("America/Santiago", "CL", "RM"),
    Region("Africa/Cairo", "EG", None),
    Region("Asia/Kolkata", "IN", "MH"),
)


@dataclass(frozen=True)
class Span:
    """`[start, end)` in UTC."""

    start: datetime
    end: datetime


@cache
def clock_changes(zone: str) -> tuple[date, ...]:
    """The local days on which (or in the night before which) the zone's offset changes."""
    found: list[date] = []
    day, before = FIRST_DAY, None
    while day <= LAST_DAY:
        offset = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).utcoffset()
        if before is not None and offset != before:
            found.append(day)
        before = offset
        day += timedelta(days=1)
    return tuple(found)


@cache
def awkward_days(zone: str) -> tuple[date, ...]:
    """Clock changes, the leap day, ends of years and months, a plain and a weekend day."""
    others = ("2024-02-29", "2024-12-31", "2025-12-31", "2024-03-01", "2025-05-14", "2025-08-16")
    return (*clock_changes(zone), *(date.fromisoformat(day) for day in others))


def regions() -> st.SearchStrategy[Region]:
    """One of the seven zones, usually with its country and state, now and then without."""
    bare = st.sampled_from([Region(region.zone) for region in REGIONS])
    return st.one_of(st.sampled_from(REGIONS), st.sampled_from(REGIONS), bare)


@st.composite
def spans(draw: st.DrawFn, region: Region, *, whole_hours: bool = False) -> Span:
    """1..3 days (or a few odd minutes) around an awkward day, on whole minutes.

    `whole_hours`: both edges a whole number of hours after a local midnight.
    """
    day = draw(st.sampled_from(awkward_days(region.zone)))
    midnight = region.midnight(day - timedelta(days=draw(st.integers(0, 1))))
    if whole_hours:
        start = midnight + timedelta(hours=draw(st.sampled_from((0, 0, 1, 7, 23))))
        return Span(start, start + timedelta(hours=draw(st.sampled_from((24, 25, 48, 72)))))
    start = midnight + MINUTE * draw(st.one_of(st.just(0), st.integers(0, DAY_MINUTES - 1)))
    lengths = st.sampled_from((DAY_MINUTES, 2 * DAY_MINUTES, 3 * DAY_MINUTES))
    return Span(start, start + MINUTE * draw(st.one_of(lengths, st.integers(1, 3 * DAY_MINUTES))))


@st.composite
def market_series(
    draw: st.DrawFn, span: Span, *, unit: str, forecast: bool = True, gaps: bool = True
) -> list[Row]:
    """A published series of 60, 30 or 15 minutes (or a mixture) from 17 days before the span.

    It goes past the span, or (`forecast`) ends inside it or before it, or began only a few days
    ago; `gaps` drops a few rows.
    Values have 2 decimals per MWh or 5 per kWh, some negative.
    """
    before = draw(st.sampled_from((17, 17, 17, 6, 2))) if forecast else 17
    first = span.start.replace(hour=0, minute=0) - timedelta(days=before)
    ends = [span.end + timedelta(days=1)]
    if forecast:
        ends += [
            span.start + (span.end - span.start) / 2,
            span.start,
            span.start - timedelta(days=1),
        ]
    last = draw(st.sampled_from(ends))
    minutes = draw(st.sampled_from(((60,), (30,), (15,), (60, 30, 15))))
    dropped = draw(st.sampled_from((0.0, 0.0, 0.02, 0.3))) if gaps and forecast else 0.0
    random = Random(draw(st.integers(0, 2**32 - 1)))
    rows: list[Row] = []
    while first < last:
        until = first + MINUTE * random.choice(minutes)
        value = Decimal(random.randint(-5_000, 30_000)).scaleb(-2 if unit == "MWH" else -5)
        if random.random() >= dropped:
            rows.append((first, until, value))
        first = until
    return rows


def written(instant: datetime, region: Region, *, local: bool) -> str:
    """RFC 3339, with the place's offset or `Z`."""
    if local:
        return region.wall(instant).isoformat()
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


Json = dict[str, Any]
