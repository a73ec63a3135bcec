"""The tariffs that docs/tariffs.md shows are taken as they stand."""

import json
import re
from typing import Any

import pytest

from tests.support.contract_text import ROOT
from tests.support.tariff_bodies import flat
from wattyard.kernel.refusals import Refusal
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.wire.rules import tariff_from_json

TEXT = (ROOT / "docs" / "tariffs.md").read_text()
BLOCK = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHOWN: list[Any] = [json.loads(block) for block in BLOCK.findall(TEXT)]
SPAIN = CalendarRegion("Europe/Madrid", "ES")
BASE = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2026-01-01",
    "contract_end_date": "2027-01-01",
    "schedule": flat(0.2),
}


def whole(shown: Any) -> Any:
    """The tariff that a part of one is shown of: a charge, a rate, or some fields."""
    if "kind" in shown:
        return BASE | {"charges": [shown]}
    return BASE | ({"schedule": flat(shown["rate"])} if "rate" in shown else shown)


def test_there_are_examples_of_demand_charges_and_of_schedules() -> None:
    kinds = [one.get("kind") for one in SHOWN]
    assert kinds.count("DEMAND") >= 4
    assert any("schedule" in one for one in SHOWN)


@pytest.mark.parametrize("shown", SHOWN, ids=lambda one: str(next(iter(one))))
def test_an_example_of_a_tariff_is_taken(shown: Any) -> None:
    tariff_from_json(whole(shown), SPAIN)


def test_an_example_that_no_server_takes_is_noticed() -> None:
    (charge,) = (one for one in SHOWN if one.get("name") == "kapasitetsledd")

    with pytest.raises(Refusal):
        tariff_from_json(whole(charge | {"days": 0}), SPAIN)
