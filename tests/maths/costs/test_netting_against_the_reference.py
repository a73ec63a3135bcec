"""Netting held against a slow, exact reading of the same contract by another hand.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from tests.maths.costs.test_costs_against_the_reference import TRIED
from tests.support.cost_engine import exact
from tests.support.netting import NettedCase, ask_the_engine, ask_the_reference, netted_cases
from tests.support.region_reference import Region
from tests.support.span_strategies import Span
from tests.support.tariff_bodies import body, flat
from tests.support.tariff_reference import NoPriceData, NoTariffConnected
from wattyard.kernel.refusals import Refusal

TOLERANCE = Fraction(1, 10**6)


@TRIED
@given(netted_cases())
def test_what_remains_of_import_and_export_costs_what_the_reference_says(case: NettedCase) -> None:
    ours, theirs = answered(engine_items, case), answered(reference_items, case)

    assert ours[0] == theirs[0]
    assert [one[:2] for one in ours[1]] == [one[:2] for one in theirs[1]]
    for one, other in zip(ours[1], theirs[1], strict=True):
        assert abs(one[2] - other[2]) <= TOLERANCE, f"energy from {one[0]}"
        assert abs(one[3] - other[3]) <= TOLERANCE, f"cost from {one[0]}"
        assert one[4] == other[4], f"confidence from {one[0]}"


Item = tuple[Any, Any, Fraction, Fraction, Fraction]


def engine_items(case: NettedCase) -> list[Item]:
    found = ask_the_engine(case)
    return [
        (one.start, one.end, exact(one.energy_kwh), exact(one.cost), exact(one.confidence))
        for one in (*found.data, *found.total)
    ]


def reference_items(case: NettedCase) -> list[Item]:
    found = ask_the_reference(case)
    return [
        (one.start, one.end, one.energy_kwh, one.cost, Fraction(one.confidence))
        for one in (*found.data, found.total)
    ]


def answered(
    ask: Callable[[NettedCase], list[Item]], case: NettedCase
) -> tuple[str | None, list[Item]]:
    try:
        return None, ask(case)
    except NoTariffConnected:
        return "no_tariff_connected", []
    except NoPriceData:
        return "no_price_data", []
    except Refusal as refusal:
        return refusal.first.code, []


@pytest.mark.parametrize(("period", "limit_kwh"), [("MONTH", 6.0), ("HOUR", 4.0)])
def test_a_limit_per_kw_goes_by_net_power_only_where_netting_is_no_longer_than_its_window(
    period: str, limit_kwh: float
) -> None:
    rate = [{"value": 0.1, "to_kwh_per_kw": 2}, {"value": 1}]
    day = datetime(2025, 3, 4, tzinfo=UTC)
    metered = [
        reading(day, 1.0, "EXPORT"),
        reading(day, 3.0, "IMPORT"),
        *(reading(day + timedelta(hours=n), 2.0, "IMPORT") for n in (1, 2, 3)),
    ]
    case = NettedCase(
        {"period": period},
        [body(flat(rate))],
        metered,
        Region("Europe/London", None, None),
        Span(day, day + timedelta(days=1)),
        "DAY",
        "IMPORT",
    )
    (total,) = ask_the_engine(case).total

    assert total.energy_kwh == pytest.approx(8.0)
    assert total.cost == pytest.approx(0.1 * limit_kwh + 8.0 - limit_kwh)
    assert exact(total.cost) == ask_the_reference(case).total.cost


def reading(start: datetime, kwh: float, direction: str) -> dict[str, Any]:
    return {
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=1)).isoformat(),
        "units": "KWH",
        "value": kwh,
        "tariff_direction": direction,
    }
