"""Foreign documents of a megabyte that are made to be slow: read in time in proportion to it."""

from time import process_time
from typing import Any

import pytest

from tests.support.cdr_plans import REGION, TIME_OF_USE, plan
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.adapters.cdr import tariffs_from_cdr
from wattyard.tariffs.adapters.imports import ContractDates
from wattyard.tariffs.adapters.urdb import tariffs_from_urdb
from wattyard.tariffs.domain.refusals import UnsupportedComponent

STRANGE = {f"a{n}": 1 for n in range(50_000)}
RATE = {
    "energyratestructure": [[{"rate": 0.1}]],
    "energyweekdayschedule": [[0] * 24] * 12,
    "energyweekendschedule": [[0] * 24] * 12,
}


def around_the_clock(times: int) -> dict[str, Any]:
    return {"timeVaryingTariffs": [{"amount": "0.05", "timeVariations": [{}] * times}]}


@pytest.mark.parametrize(
    "contract",
    [
        STRANGE,
        {"solarFeedInTariff": [{}] * 50_000},
        {"solarFeedInTariff": [around_the_clock(50_000)]},
    ],
    ids=["members", "feed-in tariffs", "hours of a feed-in"],
)
def test_a_plan_of_very_many_parts_is_read_in_seconds(contract: dict[str, Any]) -> None:
    start = process_time()
    whole = plan(TIME_OF_USE, **contract)
    tariffs_from_cdr(whole, REGION, contract=ContractDates(), allow_partial=True)
    assert process_time() - start < 10


def test_a_refusal_names_a_thousand_parts_and_no_more() -> None:
    with pytest.raises(UnsupportedComponent) as refused:
        tariffs_from_urdb(RATE | STRANGE, contract=ContractDates(), allow_partial=False)
    assert len(refused.value.faults) == 1000

    kept = tariffs_from_urdb(RATE | STRANGE, contract=ContractDates(), allow_partial=True)
    assert len(kept.warnings) == len(STRANGE)


def test_a_plan_has_no_more_seasons_than_days() -> None:
    whole = plan(*[TIME_OF_USE] * 367)
    with pytest.raises(Malformed, match="tariffPeriod must be an array of 1 to 366"):
        tariffs_from_cdr(whole, REGION, contract=ContractDates(), allow_partial=True)
