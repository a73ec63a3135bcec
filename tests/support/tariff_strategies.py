"""Hypothesis strategies for valid tariff bodies and whole price cases.

Everything here passes the contract's checks: days, months and hours are partitions, special
entries never meet on one day, formulas never divide by zero. `Features` turns on the corners
where the contract can be read in more than one way (off by default).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from .formula_reference import variable_names
from .formula_strategies import formulas
from .market_reference import Row
from .region_reference import MINUTE, Region
from .schedule_reference import DAYS, MONTHS, entry_matches
from .span_strategies import DAY_MINUTES, Json, Span, market_series, regions, spans, written

MARKET_CODE = "TEST"
ODD_MINUTES = (0, 60, 90, 119, 120, 121, 150, 180, 5 * 60 + 17, 7 * 60, 12 * 60, 23 * 60, 1439)


@dataclass(frozen=True)
class Features:
    """What a generated tariff may contain. The last four are the contract's open corners."""

    market: bool = True
    formulas: bool = True
    tiers: bool = True
    special_days: bool = True
    limits: bool = True
    vat: bool = True
    contract_edges: bool = True
    forecast: bool = True
    mixed_market: bool = False
    dates_limited_by_days: bool = False
    division_by_zero: bool = False


@dataclass(frozen=True)
class PriceCase:
    """Everything `reference_prices` wants, and the same for the engine under test."""

    tariff_body: Json
    region: Region
    span: Span
    market: list[Row] = field(repr=False)
    market_unit: str
    now: datetime
    counter_kwh: Decimal

    def arguments(self) -> dict[str, Any]:
        """`reference_prices(**case.arguments())`."""
        return {
            "tariff_body": self.tariff_body,
            "zone": self.region.zone,
            "country": self.region.country,
            "state": self.region.state,
            "start": self.span.start,
            "end": self.span.end,
            "market": self.market,
            "market_unit": self.market_unit,
            "now": self.now,
            "counter_kwh": self.counter_kwh,
        }


def money(low: int = -20_000, high: int = 90_000) -> st.SearchStrategy[float]:
    """An amount per kWh with 5 decimals."""
    return st.integers(low, high).map(lambda n: n / 100_000)


def clock(minute: int, *, seconds: bool) -> str:
    """`HH:mm` or `HH:mm:ss` of a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}" + (":00" if seconds else "")


@st.composite
def partitions(draw: st.DrawFn, items: Sequence[str], most: int) -> list[list[str]]:
    """The items in 1..most groups, none empty."""
    labels = draw(st.lists(st.integers(0, most - 1), min_size=len(items), max_size=len(items)))
    groups = [
        [i for i, label in zip(items, labels, strict=True) if label == k] for k in set(labels)
    ]
    return [group for group in groups if group]


def months_groups() -> st.SearchStrategy[list[list[str]]]:
    """Seasons that cover the year exactly once."""
    return st.one_of(st.just([["All"]]), partitions(MONTHS, 4))


def days_groups() -> st.SearchStrategy[list[list[str]]]:
    """Day groups that cover the week exactly once, in all their spellings."""
    named = st.sampled_from(
        (
            [["All"]],
            [["Weekdays"], ["Weekends"]],
            [["Weekend"], ["Weekday"]],
            [["Weekdays", "Weekends"]],
        )
    )
    return st.one_of(named, partitions(DAYS, 3))


@st.composite
def hours_lists(draw: st.DrawFn, rates: st.SearchStrategy[list[Json]]) -> list[Json]:
    """1..6 windows that cover the day exactly once, in any order, the last one often wrapping."""
    minutes = st.one_of(st.sampled_from(ODD_MINUTES), st.integers(0, DAY_MINUTES - 1))
    cuts = sorted(draw(st.lists(minutes, min_size=1, max_size=6, unique=True)))
    if len(cuts) == 1:
        cuts = [0]
    seconds = draw(st.booleans())
    windows = [
        {
            "valid_from": clock(since, seconds=seconds),
            "valid_to": clock(until, seconds=seconds),
            "rate": draw(rates),
        }
        for since, until in zip(cuts, [*cuts[1:], cuts[0]], strict=True)
    ]
    return draw(st.permutations(windows))


@st.composite
def prices(draw: st.DrawFn, style: str, unit: str, features: Features) -> Json:
    """One rate entry without its tier edge, in a style: plain, indexed, market."""
    if style == "mixed":
        style = draw(st.sampled_from(("plain", "indexed", "market")))
    if style == "market":
        kinds = draw(st.sampled_from(("fixed", "percentage", "both")))
        entry: Json = {}
        if kinds != "percentage":
            entry["surcharge_fixed"] = draw(money(-5_000, 20_000))
        if kinds != "fixed":
            entry["surcharge_percentage"] = draw(st.integers(-20, 60)) / 100
        return entry
    if style == "plain" and not (features.formulas and draw(st.booleans())):
        return {draw(st.sampled_from(("value", "value", "fixed"))): draw(money())}
    text = draw(formulas(unit if style == "indexed" else None))
    if style == "indexed" and features.division_by_zero and draw(st.booleans()):
        text += " + 0.001 / $index"
    values = {"index": MARKET_CODE, "tax": draw(st.integers(1, 150)) / 100, "unitScale": 0.01}
    return {"value": text, "variables": {k: values[k] for k in sorted(variable_names(text))}}


@st.composite
def rates(draw: st.DrawFn, style: str, unit: str, features: Features) -> list[Json]:
    """1..3 tiers, `to_kwh` ascending, "only the last without"."""
    edges = st.lists(st.sampled_from((5, 12.5, 50, 100, 300, 1000)), max_size=2, unique=True)
    ends = sorted(draw(edges)) if features.tiers else []
    entries = [draw(prices(style, unit, features)) for _ in range(len(ends) + 1)]
    for entry, end in zip(entries, ends, strict=False):
        entry["to_kwh"] = end
    return entries


@st.composite
def full_days(draw: st.DrawFn, rate: st.SearchStrategy[list[Json]]) -> list[Json]:
    """`days_and_hours` that cover every day of the week."""
    return [{"days": days, "hours": draw(hours_lists(rate))} for days in draw(days_groups())]


@st.composite
def ordinary_entries(draw: st.DrawFn, rate: st.SearchStrategy[list[Json]]) -> list[Json]:
    """Entries without dates that cover the whole year; day groups sometimes as own entries."""
    entries: list[Json] = []
    for months in draw(months_groups()):
        groups = draw(full_days(rate))
        together = [groups] if draw(st.booleans()) else [[group] for group in groups]
        entries.extend({"months": months, "dates": [], "days_and_hours": some} for some in together)
    return entries


def written_dates(days: Sequence[date], region: Region) -> st.SearchStrategy[str | int]:
    """Dates in every spelling, most of which fall on one of the days."""
    near = st.sampled_from(list(days))
    choices = [
        near.map(lambda day: day.day),
        near.map(lambda day: day.isoformat()[5:]),
        near.map(lambda day: day.isoformat()),
        st.sampled_from((31, 1, "02-29", "12-25", "2024-02-29")),
    ]
    if region.country is not None:
        choices.append(st.just("Holidays"))
    return st.one_of(*choices)


@st.composite
def special_entries(
    draw: st.DrawFn,
    days: Sequence[date],
    region: Region,
    rate: st.SearchStrategy[list[Json]],
    features: Features,
) -> list[Json]:
    """0..2 entries with dates, no neighbouring day in both."""
    entries: list[Json] = []
    for _ in range(draw(st.integers(0, 2))):
        listed = st.lists(written_dates(days, region), min_size=1, max_size=3, unique=True)
        months = st.one_of(st.just(["All"]), st.sampled_from([[MONTHS[d.month - 1]] for d in days]))
        groups = draw(full_days(rate))
        if features.dates_limited_by_days:
            groups = groups[:1]
        entries.append({"months": draw(months), "dates": draw(listed), "days_and_hours": groups})
    first, last = date(2021, 1, 1), date(2028, 12, 31)
    every = (first + timedelta(days=n) for n in range((last - first).days))
    if len(entries) == 2 and any(all(entry_matches(e, d, region) for e in entries) for d in every):
        return entries[:1]
    return entries


@st.composite
def contract_dates(
    draw: st.DrawFn, span: Span, region: Region, features: Features
) -> tuple[str, str]:
    """A term that starts before the span and ends after, inside, or 0..360 days before it."""
    end = span.end + timedelta(days=draw(st.integers(1, 400)))
    if features.contract_edges and draw(st.booleans()):
        length = (span.end - span.start) // MINUTE
        end = span.start + MINUTE * draw(st.integers(0, length))
        end -= timedelta(days=draw(st.sampled_from((0, 90, 180, 270, 360))))
    start = min(span.start, end) - timedelta(days=draw(st.integers(2, 400)))
    edges: list[str] = []
    for edge in (start, end):
        if draw(st.booleans()):
            edges.append(region.wall(edge).date().isoformat())
        else:
            edges.append(written(edge, region, local=draw(st.booleans())))
    return edges[0], edges[1]


@st.composite
def tariff_bodies(
    draw: st.DrawFn,
    region: Region,
    span: Span,
    *,
    unit: str,
    features: Features,
    direction: str = "IMPORT",
    kind: str = "COMMODITY",
) -> Json:
    """A valid `POST /tariffs` body whose awkward days lie in the span."""
    styles = ["plain"] + (["market"] if features.market else [])
    styles += ["indexed"] if features.market and features.formulas else []
    style = draw(st.sampled_from([*styles, "mixed"] if features.mixed_market else styles))
    rate = rates(style, unit, features)
    first = region.wall(span.start).date()
    days = [first + timedelta(days=n) for n in range(-1, (span.end - span.start).days + 2)]
    schedule = draw(ordinary_entries(rate))
    if features.special_days:
        schedule += draw(special_entries(days, region, rate, features))
    start, end = draw(contract_dates(span, region, features))
    body: Json = {
        "location_id": "loc_reference",
        "direction": direction,
        "type": kind,
        "contract_start_date": start,
        "contract_end_date": end,
        "schedule": draw(st.permutations(schedule)),
        "market_rates": style in ("market", "mixed"),
        "tier_reset": draw(st.sampled_from(("DAY", "MONTH", "YEAR", "CONTRACT"))),
        "tier_scope": draw(st.sampled_from(("TARIFF", "PERIOD", "SHARED"))),
    }
    return body | draw(finishes(features))


@st.composite
def finishes(draw: st.DrawFn, features: Features) -> Json:
    """VAT, cap and floor, each present or not."""
    extra: Json = {}
    if features.vat and draw(st.booleans()):
        extra["vat"] = draw(st.sampled_from((0.0, 0.05, 0.19, 0.2)))
        extra["vat_included"] = draw(st.booleans())
    if features.limits and draw(st.booleans()):
        extra["cap_per_kwh"] = draw(money(15_000, 40_000))
    if features.limits and draw(st.booleans()):
        extra["floor_per_kwh"] = draw(money(-10_000, 14_000))
    return extra


EVERYTHING = Features()


@st.composite
def price_cases(draw: st.DrawFn, features: Features = EVERYTHING) -> PriceCase:
    """A place, a span, a tariff and a market: all that a price needs."""
    region = draw(regions())
    span = draw(spans(region))
    unit = draw(st.sampled_from(("KWH", "MWH")))
    body = draw(tariff_bodies(region, span, unit=unit, features=features))
    return PriceCase(
        tariff_body=body,
        region=region,
        span=span,
        market=draw(market_series(span, unit=unit, forecast=features.forecast)),
        market_unit=unit,
        now=span.start + MINUTE * draw(st.integers(-2 * DAY_MINUTES, 3 * DAY_MINUTES)),
        counter_kwh=Decimal(draw(st.sampled_from(("0", "5", "12.499", "12.5", "99.9", "2000")))),
    )
