"""The cost engine held against a slow, exact reading of the same contract by another hand.

The reference cuts readings at every minute at which anything changes and reckons in fractions;
the engine cuts whole arrays. Both get the same random readings, tariffs and places around clock
changes, a leap day and ends of years.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.cost_engine import engine_costs, exact
from tests.support.cost_reference import CostItem as ReferenceItem
from tests.support.cost_reference import reference_costs
from tests.support.cost_strategies import CostCase, cost_cases
from tests.support.tariff_reference import NoPriceData, NoTariffConnected
from tests.support.tariff_strategies import Features, tariff_bodies
from wattyard.costs.domain.answer import CostItem
from wattyard.kernel import instants
from wattyard.kernel.refusals import Refusal

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "6"))
TRIED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking these takes minutes
)
TOLERANCE = Fraction(1, 10**6)
EVERY_CORNER = Features(mixed_market=True, dates_limited_by_days=True, division_by_zero=True)
UNTIERED = Features(tiers=False)


class Item(NamedTuple):
    """What is compared of an item: amounts by kind of line."""

    start: datetime
    end: datetime
    confidence: Fraction
    energy_kwh: Fraction
    cost: Fraction
    energy: Fraction
    standing: Fraction
    demand: Fraction
    minimum: Fraction
    vat: Fraction


class Answer(NamedTuple):
    """The items and the total, or the code of the refusal and what it says."""

    items: list[Item]
    refused: str | None = None
    first: str = ""


def of_the_reference(item: ReferenceItem) -> Item:
    return Item(
        item.start,
        item.end,
        Fraction(item.confidence),
        item.energy_kwh,
        item.cost,
        item.energy_cost,
        item.standing_cost,
        item.demand_cost,
        item.minimum_cost,
        item.vat_cost,
    )


def of_the_engine(item: CostItem) -> Item:
    kinds = {
        kind: sum((exact(line.amount) for line in item.lines if line.kind == kind), Fraction(0))
        for kind in ("ENERGY", "STANDING", "DEMAND", "MINIMUM", "VAT")
    }
    return Item(
        item.start,
        item.end,
        exact(item.confidence),
        exact(item.energy_kwh),
        exact(item.cost),
        *kinds.values(),
    )


def engine_answer(case: CostCase) -> Answer:
    def ask() -> list[Item]:
        found = engine_costs(**case.arguments())
        return [of_the_engine(item) for item in (*found.data, *found.total)]

    return answered(ask)


def reference_answer(case: CostCase) -> Answer:
    def ask() -> list[Item]:
        found = reference_costs(**case.arguments())
        return [of_the_reference(item) for item in (*found.data, found.total)]

    return answered(ask)


def answered(ask: Callable[[], list[Item]]) -> Answer:
    try:
        return Answer(ask())
    except NoTariffConnected:
        return Answer([], "no_tariff_connected")
    except NoPriceData as missing:
        return Answer([], "no_price_data", instants.text(missing.args[0]))
    except Refusal as refusal:
        return Answer([], refusal.first.code, refusal.first.message)


def differences(engine: Answer, reference: Answer) -> list[str]:
    found = []
    for ours, theirs in zip(engine.items, reference.items, strict=True):
        apart = [
            name
            for name in ("energy_kwh", "cost", "energy", "standing", "demand", "minimum", "vat")
            if abs(getattr(ours, name) - getattr(theirs, name)) > TOLERANCE * _lines(name)
        ]
        if ours.confidence != theirs.confidence:
            apart.append("confidence")
        found += [
            f"{ours.start} {name}: {float(getattr(ours, name))} where the reference has "
            f"{float(getattr(theirs, name))}"
            for name in apart
        ]
    return found


def _lines(name: str) -> int:
    """A kind may have several lines, each of them rounded."""
    return 1 if name in ("energy_kwh", "cost") else 8


def assert_alike(case: CostCase) -> None:
    engine, reference = engine_answer(case), reference_answer(case)
    assert engine.refused == reference.refused
    assert reference.first in engine.first
    assert [item[:2] for item in engine.items] == [item[:2] for item in reference.items]
    assert not differences(engine, reference)


@TRIED
@given(cost_cases())
def test_costs_are_those_of_the_reference_line_by_line(case: CostCase) -> None:
    assert_alike(case)


@TRIED
@given(cost_cases(EVERY_CORNER))
def test_the_corners_are_read_alike(case: CostCase) -> None:
    """Windows of fixed and of market prices mixed, formulas that divide by zero at times."""
    assert_alike(case)


@st.composite
def followed(draw: st.DrawFn) -> CostCase:
    """A case with one more contract for energy, that takes over in the middle or at the start.

    Neither has tiers: which energy their counters see is decided otherwise (decision 0005).
    """
    case = draw(cost_cases(UNTIERED))
    other: dict[str, Any] = draw(
        tariff_bodies(
            case.region,
            case.span,
            unit=case.market_unit,
            features=UNTIERED,
            direction=case.direction,
        )
    )
    middle = case.span.start + (case.span.end - case.span.start) / 2
    start = draw(st.sampled_from([case.span.start, middle.replace(second=0)]))
    changes = {
        "contract_start_date": start.isoformat(),
        "contract_end_date": case.span.end.replace(year=2028).isoformat(),
        "charges": [{"kind": "DAILY", "amount": 0.5, "name": "standing charge"}],
    }
    return replace(case, tariff_bodies=[*case.tariff_bodies, other | changes])


@TRIED
@given(followed())
def test_a_contract_that_follows_another_takes_over(case: CostCase) -> None:
    assert_alike(case)
