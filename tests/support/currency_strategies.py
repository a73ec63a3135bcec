"""Hypothesis strategies for markets in one currency and bills in another (contract 2b)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import strategies as st

from .market_reference import Row
from .region_reference import Region
from .shape_strategies import REGIONS, hours_lists, tariff
from .span_strategies import Json, Span

RATES = "FX"
FORMULA = {"value": "($p * $k + 1.5) / 1000", "variables": {"p": "TEST", "k": 11.5}}


@dataclass(frozen=True)
class CurrencyQuestion:
    """A place whose market publishes other money, and the span whose prices are asked for."""

    region: Region
    span: Span
    body: Json
    market: list[Row] = field(repr=False)
    rates: list[Row] = field(repr=False)
    now: datetime = datetime(2026, 12, 1, tzinfo=UTC)


@st.composite
def daily_rates(draw: st.DrawFn, start: datetime, days: int) -> list[Row]:
    """A rate of exchange on most days; at times none for more than a week."""
    random = Random(draw(st.integers(0, 2**32 - 1)))
    skipped = draw(st.sampled_from((0.0, 0.3, 0.6)))
    silent = range(5, 15) if draw(st.integers(0, 3)) == 0 else range(0)
    rows: list[Row] = []
    for n in range(days):
        at = start + timedelta(days=n)
        if (random.random() >= skipped and n not in silent) or n == 0:
            rows.append(
                (at, at + timedelta(days=1), Decimal(random.randint(5_000, 120_000)) / 10_000)
            )
    return rows


@st.composite
def currency_questions(draw: st.DrawFn) -> CurrencyQuestion:
    """A market tariff whose source's money is converted by a number, by rates, or by a formula."""
    region = draw(st.sampled_from(REGIONS))
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    random = Random(draw(st.integers(0, 2**32 - 1)))
    market = [
        (at, at + timedelta(hours=1), Decimal(random.randint(-5_000, 30_000)).scaleb(-2))
        for at in (first + timedelta(hours=n) for n in range(30 * 24))
    ]
    conversion = draw(st.sampled_from((11.4321, 0.5, RATES, RATES, "FORMULA")))
    surcharged = st.fixed_dictionaries(
        {"surcharge_fixed": st.sampled_from((0.0, 0.01234)), "surcharge_percentage": st.just(0.25)}
    )
    priced = (
        st.just(FORMULA) if conversion == "FORMULA" else st.one_of(surcharged, st.just(FORMULA))
    )
    rate = priced.map(lambda one: [dict(one)])
    schedule = [{"days_and_hours": [{"days": ["All"], "hours": draw(hours_lists(rate))}]}]
    start = first + timedelta(days=draw(st.integers(1, 15)), hours=draw(st.integers(0, 5)))
    return CurrencyQuestion(
        region=region,
        span=Span(start, start + timedelta(days=draw(st.integers(1, 6)))),
        body=tariff(schedule, market_rates=True, currency_conversion=conversion),
        market=market,
        rates=draw(daily_rates(first, 30)),
    )
