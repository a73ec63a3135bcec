"""The price at a place: the sum of its elements, and parts that add up to it exactly."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.engine import Same, market_series
from tests.support.tariff_bodies import MARKET_SOURCE, bodies, body, entry, flat, hours
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.instants import Span
from wattyard.kernel.quantities import rounded
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.prices import (
    ABSENT,
    Question,
    SitePrices,
    known_prices,
    pricing,
    site_prices,
)
from wattyard.tariffs.domain.refusals import NoPriceData, NoTariffConnected
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Direction, Element
from wattyard.tariffs.domain.tiers import Consumed
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin", "DE", "BE")
START = datetime(2025, 3, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DEVICE = UUID(int=1)
DEVICE_ID = f"dev_{DEVICE.hex}"


def element(number: int, schedule: list[dict[str, Any]], **more: Any) -> Element:
    return Element(UUID(int=number), tariff_from_json(body(schedule, **more), BERLIN))


def market(start: datetime) -> Markets:
    hours_of = [start + timedelta(hours=n) for n in range(-24, 120)]
    known = [(at, at + timedelta(hours=1), (n * 37) % 80 + 10) for n, at in enumerate(hours_of)]
    return Markets(Same(market_series(known, "MWH")), start)


def prices(
    elements: list[Element],
    *,
    direction: Direction = "IMPORT",
    start: datetime = START,
    end: datetime = START + DAY,
    device: UUID | None = None,
    consumed: dict[UUID, Consumed] | None = None,
) -> SitePrices:
    question = Question(direction, Span(start, end), device)
    return site_prices(elements, BERLIN, question, markets=market(START), consumed=consumed or {})


def test_of_many_contracts_only_those_that_price_some_of_the_span_are_asked_for_tiers() -> None:
    years = [
        element(
            year,
            flat(0.2),
            contract_start_date=f"{year}-01-01",
            contract_end_date=f"{year + 1}-01-01",
        )
        for year in range(2016, 2027)
    ]
    fees = [element(1, flat(0.1), type="NON_COMMODITY")]
    midnight = datetime(2024, 12, 31, 23, tzinfo=UTC)
    for span, used in (
        (Span(START, START + DAY), [2025]),
        (Span(midnight - DAY, midnight + DAY), [2024, 2025]),
        (Span(midnight - DAY, midnight), [2024]),
    ):
        found = pricing([*years, *fees], Question("IMPORT", span, None))
        assert {one.id.int for one in found} == {*used, 1}


ENERGY = element(10, flat(0.2), vat=0.25)
FEES = element(
    11,
    [entry(("All", hours(("00:00", "06:00", 0.01), ("06:00", "00:00", 0.05))))],
    type="NON_COMMODITY",
)
EXPORT = element(12, flat(0.08), direction="EXPORT")


def test_fees_are_added_and_their_edges_kept() -> None:
    answer = prices([FEES, EXPORT, ENERGY])

    assert answer.per_kwh.tolist() == [0.25, 0.21, 0.25]
    assert [instant(edge) for edge in answer.edges_us] == [
        START,
        datetime(2025, 3, 29, 23, tzinfo=UTC),
        datetime(2025, 3, 30, 4, tzinfo=UTC),  # 06:00 in summer time
        START + DAY,
    ]
    assert sorted(answer.parts) == ["commodity_import", "non_commodity_import"]
    assert answer.elements[answer.parts["commodity_import"].element[0]] is ENERGY


def test_vat_of_a_part_is_what_the_price_contains() -> None:
    part = prices([ENERGY]).parts["commodity_import"]

    assert part.vat_per_kwh.tolist() == [0.04]


def test_vat_that_is_added_is_what_the_price_contains() -> None:
    part = prices([element(10, flat(0.2), vat=0.2, vat_included=False)]).parts["commodity_import"]

    assert (part.per_kwh.tolist(), part.vat_per_kwh.tolist()) == ([0.24], [0.04])


def test_a_place_with_fees_only_has_no_price() -> None:
    with pytest.raises(NoTariffConnected, match="COMMODITY"):
        prices([FEES])


def test_fees_that_start_later_are_added_from_then_on() -> None:
    late = element(11, flat(0.05), type="NON_COMMODITY", contract_start_date="2025-03-30")

    answer = prices([ENERGY, late])

    assert answer.per_kwh.tolist() == [0.2, 0.25]
    assert answer.parts["non_commodity_import"].element.tolist() == [ABSENT, 1]


def test_own_generation_without_a_tariff_costs_nothing() -> None:
    answer = prices([ENERGY], direction="LOCAL")

    assert (answer.per_kwh.tolist(), answer.confidence.tolist()) == ([0.0], [1.0])
    assert answer.parts == {}


def test_own_generation_may_have_a_tariff() -> None:
    answer = prices([ENERGY, element(13, flat(0.03), direction="LOCAL")], direction="LOCAL")

    assert answer.per_kwh.tolist() == [0.03]


def test_a_tariff_of_a_device_stands_in_for_the_commodity_of_that_device_only() -> None:
    own = element(14, flat(0.1), devices=[DEVICE_ID], contract_start_date="2025-03-30")

    assert prices([ENERGY, FEES, own], device=DEVICE).per_kwh.tolist() == [0.25, 0.11, 0.15]
    assert prices([ENERGY, FEES, own], device=UUID(int=2)).per_kwh[1] == 0.21
    assert prices([ENERGY, FEES, own]).per_kwh[1] == 0.21


def test_an_ended_tariff_goes_on_until_the_next_one_starts() -> None:
    old = element(15, flat(0.2), contract_end_date="2025-03-28")
    new = element(16, flat(0.3), contract_start_date="2025-03-30")

    answer = prices([new, old])

    assert answer.per_kwh.tolist() == [0.2, 0.3]
    assert answer.confidence.tolist() == [0.8, 1.0]


def test_before_the_first_tariff_there_is_none() -> None:
    late = element(16, flat(0.3), contract_start_date="2025-03-30")

    with pytest.raises(NoTariffConnected, match="2025-03-29T12:00:00Z"):
        prices([late])


def test_the_tier_that_the_counter_has_reached_is_priced() -> None:
    tiered = element(17, flat([{"value": 0.1, "to_kwh": 100}, {"value": 0.2}]))

    assert prices([tiered]).per_kwh.tolist() == [0.1]
    reached = prices([tiered], consumed={tiered.id: Consumed(100)})
    assert reached.per_kwh.tolist() == [0.2]
    assert reached.parts["commodity_import"].tier.tolist() == [1]


def test_a_market_part_is_explained() -> None:
    followed = element(
        18,
        flat([{"surcharge_fixed": 0.02, "surcharge_percentage": 0.1}]),
        market_rates=True,
        market_source_id=MARKET_SOURCE,
    )

    part = prices([followed]).parts["commodity_import"]

    assert (part.market_per_kwh + part.surcharge_per_kwh).tolist() == pytest.approx(part.per_kwh)
    assert (part.per_kwh).tolist() == pytest.approx((part.market_per_kwh + 0.02) * 1.1, abs=1e-6)


@pytest.mark.parametrize("formula", ["$x ** 60", "-($x ** 60)", "$x * 1e300 * $x"])
def test_a_formula_that_runs_away_has_no_price_and_a_cap_does_not_hide_it(formula: str) -> None:
    runaway = element(
        13,
        flat([{"value": formula, "variables": {"x": "X"}}]),
        vat=1.0,
        vat_included=False,
        cap_per_kwh=0.5,
        floor_per_kwh=-0.5,
    )

    with pytest.raises(NoPriceData) as refused:
        prices([runaway])
    assert "2025-03-29T12:00:00Z" in refused.value.first.message


def test_known_prices_end_at_the_first_instant_without_one() -> None:
    schedule = [entry(("All", hours(("00:00", "18:00", 0.2), ("18:00", "00:00", [{}]))))]
    unpublished = element(1, schedule, market_rates=True, market_source_id=MARKET_SOURCE)
    nothing = Markets(Same(market_series([], "MWH")), START)
    known = partial(known_prices, [unpublished], BERLIN, markets=nothing, consumed={})
    six = START + timedelta(hours=5)  # in the evening, in Berlin

    answer = known(question=Question("IMPORT", Span(START, START + DAY)))

    assert instant(int(answer.edges_us[-1])) == six
    assert answer.per_kwh.tolist() == [0.2]
    with pytest.raises(NoPriceData):
        known(question=Question("IMPORT", Span(six, START + DAY)))


def test_the_highest_price_is_answered_to_the_millionth() -> None:
    highest = element(14, flat([{"value": "999999999.123456"}]), vat=1.0, vat_included=False)

    answer = prices([highest])

    assert answer.per_kwh.tolist() == [1999999998.246912]
    assert answer.parts["commodity_import"].per_kwh.tolist() == [1999999998.246912]


@settings(deadline=None)
@given(bodies(), bodies(), st.integers(0, 400), st.floats(0, 700))
def test_parts_add_up_to_the_price_exactly_and_the_price_is_the_rounded_sum(
    energy: dict[str, Any], fees: dict[str, Any], days: int, counter_kwh: float
) -> None:
    elements = [
        Element(UUID(int=1), tariff_from_json(energy, BERLIN)),
        Element(UUID(int=2), tariff_from_json({**fees, "type": "NON_COMMODITY"}, BERLIN)),
    ]
    start = START + timedelta(days=days % 3)
    answer = prices(
        elements,
        start=start,
        end=start + DAY,
        consumed={UUID(int=1): Consumed(counter_kwh)},
    )

    millionths = [np.rint(part.per_kwh * 1e6).astype(int) for part in answer.parts.values()]
    assert (sum(millionths) == np.rint(answer.per_kwh * 1e6).astype(int)).all()
    exact = [rounded(float(price), 6) for price in answer.exact_per_kwh]
    assert answer.per_kwh.tolist() == exact
    for part in answer.parts.values():
        assert part.per_kwh.tolist() == [rounded(float(price), 6) for price in part.per_kwh]
