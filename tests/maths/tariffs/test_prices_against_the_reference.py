"""The price engine held against a slow, exact reading of the same contract by another hand.

The reference decides every minute on its own; the engine lays whole arrays. Both get the same
random tariffs around clock changes, a leap day and ends of years in seven zones.

`WATTYARD_TEST_EXAMPLES` sets how many random tariffs are tried (10 by default).
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.engine import Interval, Same, engine_prices
from tests.support.engine import market_series as market_series_of
from tests.support.market_reference import Market, Row
from tests.support.region_reference import Region
from tests.support.span_strategies import Span, market_series, regions, spans
from tests.support.tariff_reference import (
    NoPriceData,
    NoTariffConnected,
    reference_prices,
    reference_site_prices,
)
from tests.support.tariff_strategies import Features, PriceCase, price_cases, tariff_bodies
from wattyard.kernel import instants
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.refusals import Refusal
from wattyard.tariffs.domain import calendar
from wattyard.tariffs.domain.prices import Question, site_prices
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.domain.tiers import Consumed
from wattyard.tariffs.wire.rules import tariff_from_json

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "10"))
TRIED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking these takes minutes
)
TOLERANCE = Decimal("1e-9")
SOURCE = "mrs_" + "0" * 32
PUBLISHED = Features(forecast=False)
EVERY_CORNER = Features(mixed_market=True, dates_limited_by_days=True, division_by_zero=True)


class Step(NamedTuple):
    """A price over [start, end)."""

    start: datetime
    end: datetime
    value: Decimal
    confidence: Decimal


class Answer(NamedTuple):
    """The intervals, or the code of the refusal and what it says."""

    steps: list[Step]
    refused: str | None = None
    first: str = ""


def for_the_engine(written: dict[str, Any]) -> dict[str, Any]:
    """The body without the place, and with the source that a market tariff needs."""
    body = {name: value for name, value in written.items() if name != "location_id"}
    return body | ({"market_source_id": SOURCE} if body["market_rates"] else {})


def engine_answer(case: PriceCase) -> Answer:
    arguments = case.arguments() | {"tariff_body": for_the_engine(case.tariff_body)}
    return answered(lambda: engine_prices(**arguments))


def reference_answer(case: PriceCase) -> Answer:
    return answered(lambda: reference_prices(**case.arguments()))


def answered(ask: Callable[[], Sequence[Any]]) -> Answer:
    try:
        found = ask()
    except NoTariffConnected:
        return Answer([], "no_tariff_connected")
    except NoPriceData as missing:
        return Answer([], "no_price_data", instants.text(missing.args[0]))
    except Refusal as refusal:
        return Answer([], refusal.first.code, refusal.first.message)
    return Answer(
        [Step(i.start, i.end, Decimal(i.value), Decimal(str(i.confidence))) for i in found]
    )


def is_published(rows: Sequence[Row], at: datetime) -> bool:
    return any(start <= at < end for start, end, _ in rows)


def differences(engine: Answer, reference: Answer) -> list[str]:
    """Say where prices or confidences differ, interval by interval of the common edges."""
    edges = sorted({step.start for step in (*engine.steps, *reference.steps)})
    found = []
    for edge in edges:
        ours, theirs = (
            next((step for step in answer.steps if step.start <= edge < step.end), None)
            for answer in (engine, reference)
        )
        alike = ours and theirs and abs(ours.value - theirs.value) <= TOLERANCE
        if not (ours and theirs and alike and ours.confidence == theirs.confidence):
            found.append(f"{edge}: {ours} where the reference has {theirs}")
    return found


def edges(answer: Answer) -> set[datetime]:
    return {edge for step in answer.steps for edge in (step.start, step.end)}


@TRIED
@given(price_cases(PUBLISHED))
def test_published_prices_are_those_of_the_reference_edge_by_edge(case: PriceCase) -> None:
    engine, reference = engine_answer(case), reference_answer(case)
    assert engine.refused == reference.refused
    assert [step[:2] for step in engine.steps] == [step[:2] for step in reference.steps]
    assert not differences(engine, reference)


@TRIED
@given(price_cases())
def test_forecasts_are_those_of_the_reference(case: PriceCase) -> None:
    """Within a forecast the engine may have more edges: those of every day it could rest on."""
    engine, reference = engine_answer(case), reference_answer(case)
    assert engine.refused == reference.refused
    assert reference.first in engine.first
    assert not differences(engine, reference)
    assert edges(reference) <= edges(engine)
    for edge in edges(engine) - edges(reference):
        assert not is_published(case.market, edge)


@TRIED
@given(price_cases(EVERY_CORNER))
def test_the_corners_are_read_alike(case: PriceCase) -> None:
    """Windows of fixed and of market prices mixed in one tariff, dates limited by days of the
    week, formulas that divide by zero at some instants.

    The reference cuts at market edges where any tier of a window follows the market, the engine
    where the tier asked for does; so only the prices are compared.
    """
    engine, reference = engine_answer(case), reference_answer(case)
    assert engine.refused == reference.refused
    assert reference.first in engine.first
    assert not differences(engine, reference)


@TRIED
@given(price_cases(), st.data())
def test_a_request_cut_in_two_gives_the_same_intervals(
    case: PriceCase, data: st.DataObject
) -> None:
    whole = engine_answer(case)
    seconds = int((case.span.end - case.span.start).total_seconds())
    if seconds < 2 or whole.refused:
        return
    cut = case.span.start + timedelta(seconds=data.draw(st.integers(1, seconds - 1)))
    halves = [
        engine_answer(replace(case, span=Span(start, end)))
        for start, end in ((case.span.start, cut), (cut, case.span.end))
    ]
    both = halves[0].steps + halves[1].steps
    assert edges(Answer(both)) == edges(whole) | {cut}
    for step in both:
        around = next(own for own in whole.steps if own.start <= step.start < own.end)
        assert (step.value, step.confidence) == (around.value, around.confidence)


@TRIED
@given(st.data())
def test_a_place_pays_the_sum_of_its_contracts(data: st.DataObject) -> None:
    """Two contracts for energy, the later one taking over, and one for fees."""
    region = data.draw(regions())
    span = data.draw(spans(region))
    kinds = ("COMMODITY", "COMMODITY", "NON_COMMODITY")
    bodies = [
        data.draw(tariff_bodies(region, span, unit="MWH", features=PUBLISHED, kind=kind))
        for kind in kinds
    ]
    rows = data.draw(market_series(span, unit="MWH", forecast=False).map(tuple))
    counter = Decimal(data.draw(st.sampled_from(("0", "12.5", "2000"))))

    engine = answered(lambda: place_answer(bodies, region, span, rows, counter))
    reference = answered(
        lambda: reference_site_prices(
            bodies,
            direction="IMPORT",
            region=region,
            start=span.start,
            end=span.end,
            market=Market(list(rows), "MWH", region, span.start),
            counter_kwh=counter,
        )
    )

    assert engine.refused == reference.refused
    assert [step[:2] for step in engine.steps] == [step[:2] for step in reference.steps]
    assert not differences(engine, reference)


def place_answer(
    bodies: Sequence[dict[str, Any]],
    region: Region,
    span: Span,
    rows: Sequence[Row],
    counter_kwh: Decimal,
) -> list[Interval]:
    """The exact prices of a place whose contracts all have the same counter."""
    where = calendar.CalendarRegion(region.zone, region.country, region.state)
    tariffs = [tariff_from_json(for_the_engine(body), where) for body in bodies]
    elements = [Element(UUID(int=n), tariff) for n, tariff in enumerate(tariffs)]
    counted = float(counter_kwh)
    found = site_prices(
        elements,
        where,
        Question("IMPORT", instants.Span(span.start, span.end)),
        markets=Markets(Same(market_series_of(rows, "MWH")), span.start),
        consumed={
            own.id: Consumed(counted, dict.fromkeys(range(own.tariff.rates.tiers.size), counted))
            for own in elements
        },
    )
    edges_of = [instant(edge) for edge in found.edges_us]
    numbers = zip(found.exact_per_kwh.tolist(), found.confidence.tolist(), strict=True)
    return [
        Interval(start, end, value, confidence)
        for (start, end), (value, confidence) in zip(pairwise(edges_of), numbers, strict=True)
    ]
