"""Counters, limits, minimum charges (contract 2b) through HTTP, held against the exact reference.

`WATTYARD_TEST_EXAMPLES` sets how many random sites are tried (5 by default).
"""

import asyncio

import pytest
from hypothesis import given

from tests.support.counter_strategies import counter_cases, minimum_cases
from tests.support.shape_sites import assert_costs_alike
from tests.support.shape_strategies import TRIED, ShapeCase


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
