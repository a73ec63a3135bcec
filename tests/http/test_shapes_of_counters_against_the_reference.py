"""Counters, limits, minimum charges (contract 2b) through HTTP, held against the exact reference.

`WATTYARD_TEST_EXAMPLES` sets how many random sites are tried (8 by default).
"""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.counter_strategies import counter_cases, minimum_cases
from tests.support.shape_sites import assert_costs_alike
from tests.support.shape_strategies import ShapeCase

TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "8")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking these takes minutes
)


@pytest.mark.filterwarnings("ignore:Requested Holidays")  # of India past 2035
@TRIED
@given(case=counter_cases())
def test_counters_belong_to_the_place_as_in_the_reference(
    database_url: str, case: ShapeCase
) -> None:
    asyncio.run(assert_costs_alike(database_url, case))


@pytest.mark.filterwarnings("ignore:Requested Holidays")  # of India past 2035
@TRIED
@given(case=minimum_cases())
def test_bills_are_raised_to_their_minimum_as_in_the_reference(
    database_url: str, case: ShapeCase
) -> None:
    asyncio.run(assert_costs_alike(database_url, case))
