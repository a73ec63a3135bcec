"""Netting (contract 2b) through HTTP, held against the slow, exact reference.

`WATTYARD_TEST_EXAMPLES` sets how many random sites are tried (5 by default).
"""

import asyncio

import pytest
from hypothesis import given

from tests.support.counter_strategies import netting_cases
from tests.support.shape_sites import assert_costs_alike
from tests.support.shape_strategies import TRIED, ShapeCase


@pytest.mark.filterwarnings("ignore:Requested Holidays")  # of India past 2035
@TRIED
@given(case=netting_cases())
def test_netted_costs_are_those_of_the_reference(database_url: str, case: ShapeCase) -> None:
    asyncio.run(assert_costs_alike(database_url, case))
