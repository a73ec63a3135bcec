"""What must hold of costs whatever the readings, the tariffs and the place.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.support.cost_engine import elements_of, from_json
from tests.support.cost_strategies import CostCase, cost_cases
from tests.support.engine import Same, market_series
from wattyard.costs.domain.answer import Costs, CostTable
from wattyard.costs.domain.contracts import terms
from wattyard.costs.domain.costs import costs, costs_under
from wattyard.costs.domain.history import readings_needed
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.readings import ReadingPieces, SeriesReadings
from wattyard.kernel.arrays import Marks
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.refusals import NoPriceData
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "6")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
GROUPS: tuple[Aggregation, ...] = ("HOUR", "DAY", "WEEK", "MONTH", "YEAR")
TINY = 1e-9


@dataclass
class Asked:
    """A random case as the engine takes it."""

    elements: Sequence[Element]
    region: CalendarRegion
    question: CostQuestion
    readings: SeriesReadings
    markets: Markets

    def answer(
        self,
        *,
        span: Span | None = None,
        aggregation: Aggregation | None = None,
        readings: SeriesReadings | None = None,
        elements: Sequence[Element] | None = None,
        asked: Marks | None = None,
    ) -> Costs:
        own = self.question
        question = CostQuestion(own.direction, span or own.span, aggregation or own.aggregation)
        try:
            return costs(
                elements or self.elements,
                self.region,
                question,
                readings or self.readings,
                markets=self.markets,
                asked=asked,
            )
        except NoPriceData:
            assume(False)
            raise


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    case: CostCase = draw(cost_cases())
    region = CalendarRegion(case.region.zone, case.region.country, case.region.state)
    direction = case.direction
    return Asked(
        elements_of(case.tariff_bodies, region),
        region,
        CostQuestion(direction, Span(case.span.start, case.span.end), case.aggregation),
        from_json(case.readings, direction),
        Markets(Same(market_series(case.market, case.market_unit)), case.now),
    )


def amount(table: CostTable, *kinds: str) -> float:
    """The exact sum of the lines of some kinds over all items."""
    chosen = [n for n, rule in enumerate(table.rules) if rule.kind in kinds]
    return float(table.exact_amount[chosen].sum())


def assert_alike(one: Costs, other: Costs) -> None:
    for ours, theirs in ((one.data, other.data), (one.total, other.total)):
        assert ours.starts_us.tolist() == theirs.starts_us.tolist()
        assert ours.energy_kwh == pytest.approx(theirs.energy_kwh, abs=TINY)
        assert ours.exact_amount.sum(axis=0) == pytest.approx(
            theirs.exact_amount.sum(axis=0), abs=TINY
        )


@TRIED
@given(asked())
def test_hours_days_weeks_months_and_years_add_up_to_the_same_total(case: Asked) -> None:
    whole = case.answer(aggregation="NONE").total
    for aggregation in GROUPS:
        answer = case.answer(aggregation=aggregation)
        everything = answer.total.exact_amount.sum()
        assert everything == pytest.approx(whole.exact_amount.sum(), abs=TINY)
        assert answer.data.energy_kwh.sum() == pytest.approx(whole.energy_kwh[0], abs=TINY)
        kinds = ["ENERGY", "STANDING", "MINIMUM"]
        if aggregation in ("MONTH", "YEAR"):
            kinds += ["DEMAND", "VAT"]
        for kind in kinds:
            assert amount(answer.data, kind) == pytest.approx(amount(answer.total, kind), abs=TINY)


@TRIED
@given(asked())
def test_the_lines_of_an_item_add_up_to_its_cost_exactly(case: Asked) -> None:
    answer = case.answer()
    for item in (*answer.data, *answer.total):
        lines = [Decimal(str(line.amount)) for line in item.lines]
        assert sum(lines, Decimal(0)) == Decimal(str(item.cost))
        assert all(round(amount, 6) == amount for amount in lines)


@TRIED
@given(asked(), st.data())
def test_splitting_and_merging_readings_changes_nothing(case: Asked, data: st.DataObject) -> None:
    """A reading divided in proportion to time says the same; merging is the way back."""
    whole = case.readings
    assume(whole.starts_us.size)
    low, high = int(whole.starts_us[0]), int(whole.ends_us[-1])
    cuts = data.draw(st.lists(st.integers(low, high), max_size=40, unique=True).map(sorted))
    pieces = ReadingPieces.whole(whole).cut(np.array(cuts, dtype=np.int64))
    divided = SeriesReadings(
        pieces.starts_us, pieces.ends_us, pieces.energy_kwh, whole.confidence[pieces.reading]
    )
    aggregation = data.draw(st.sampled_from(GROUPS))
    assert_alike(
        case.answer(aggregation=aggregation),
        case.answer(aggregation=aggregation, readings=divided),
    )


@TRIED
@given(asked())
def test_the_order_of_the_tariffs_does_not_matter(case: Asked) -> None:
    assert_alike(case.answer(), case.answer(elements=case.elements[::-1]))


@TRIED
@given(asked(), st.data())
def test_a_span_asked_in_two_parts_costs_the_same(case: Asked, data: st.DataObject) -> None:
    """All but demand: each part of a month has a peak of its own."""
    span = case.question.span
    seconds = data.draw(st.integers(1, int(span.duration.total_seconds()) - 1))
    middle = span.start + timedelta(seconds=seconds)
    whole = case.answer(aggregation="YEAR").total
    halves = [
        case.answer(span=half, aggregation="YEAR").total
        for half in (Span(span.start, middle), Span(middle, span.end))
    ]
    for kind in ("ENERGY", "STANDING"):
        parts = sum(amount(half, kind) for half in halves)
        assert parts == pytest.approx(amount(whole, kind), abs=TINY)
    energy = sum(float(half.energy_kwh[0]) for half in halves)
    assert energy == pytest.approx(float(whole.energy_kwh[0]), abs=TINY)


@TRIED
@given(asked())
def test_the_readings_of_the_history_needed_are_enough(case: Asked) -> None:
    needed = readings_needed(case.elements, case.region, case.question)
    assert needed.start <= case.question.span.start
    assert needed.end >= case.question.span.end
    own = case.readings
    kept = (own.ends_us > microseconds(needed.start)) & (own.starts_us < microseconds(needed.end))
    loaded = SeriesReadings(
        own.starts_us[kept], own.ends_us[kept], own.energy_kwh[kept], own.confidence[kept]
    )
    assert_alike(case.answer(), case.answer(readings=loaded))


@TRIED
@given(asked(), st.data())
def test_what_is_asked_for_and_what_is_not_add_up_to_the_whole(
    case: Asked, data: st.DataObject
) -> None:
    """Readings beside those asked for move the tiers as ever; only charges come with both."""
    count = case.readings.starts_us.size
    some = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), np.bool_)
    whole = case.answer(aggregation="NONE")
    parts = [case.answer(aggregation="NONE", asked=marks) for marks in (some, ~some)]
    items = sorted(
        (start, cost)
        for part in parts
        for start, cost in zip(
            part.data.starts_us.tolist(), part.data.exact_amount.sum(axis=0).tolist(), strict=True
        )
    )
    assert [start for start, _ in items] == whole.data.starts_us.tolist()
    whole_costs = whole.data.exact_amount.sum(axis=0)
    assert [cost for _, cost in items] == pytest.approx(whole_costs, abs=TINY)
    for part, marks in zip(parts, (some, ~some), strict=True):
        assert part.data.reading is not None
        assert marks[part.data.reading].all()
    energy = sum(amount(part.total, "ENERGY") for part in parts)
    assert energy == pytest.approx(amount(whole.total, "ENERGY"), abs=TINY)


@TRIED
@given(asked(), st.integers(0, 60), st.integers(0, 60))
def test_terms_of_a_longer_time_give_the_same_costs(case: Asked, before: int, after: int) -> None:
    span, metered = case.question.span, case.readings.span
    assume(metered is not None)
    assert metered is not None
    earlier, later = timedelta(days=before), timedelta(days=after)
    longer = terms(
        case.elements,
        case.region,
        replace(case.question, span=Span(span.start - earlier, span.end + later)),
        Span(metered.start - earlier, metered.end + later),
        markets=case.markets,
    )
    assert_alike(case.answer(), costs_under(longer, case.question, case.readings))
