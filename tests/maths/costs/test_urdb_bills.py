"""Recorded bills of NREL PySAM come out of the cost engine, month by month to the cent."""

import csv
import gzip
import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from wattyard.costs.domain.answer import CostItem
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.adapters.imports import ContractDates
from wattyard.tariffs.adapters.urdb import tariffs_from_urdb
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.wire.rules import tariff_from_json

STEADY = CalendarRegion("Etc/GMT+8", "US")
"""The recorded bills know no clock changes."""
HOUR_US = 3_600_000_000
YEAR = Span(
    datetime(2018, 1, 1, tzinfo=STEADY.zone),
    datetime(2019, 1, 1, tzinfo=STEADY.zone),
)


def hourly(path: Path) -> SeriesReadings:
    with gzip.open(path, "rt") as lines:
        load_kw = np.array([float(row[0]) for row in csv.reader(lines)])
    starts = microseconds(YEAR.start) + np.arange(load_kw.size) * HOUR_US
    return SeriesReadings(starts, starts + HOUR_US, load_kw, np.ones(load_kw.size))


def lines_of(item: CostItem, *kinds: str) -> float:
    return sum(line.amount for line in item.lines if line.kind in kinds)


@pytest.mark.parametrize("case_number", [0, 1])
def test_the_recorded_bills_come_out_to_the_cent(shared_data: Path, case_number: int) -> None:
    recorded = shared_data / "urdb_bills_pysam.json"
    if not recorded.is_file():
        pytest.skip("the recorded bills are not among the shared test data")
    case = json.loads(recorded.read_text())["cases"][case_number]
    rate = json.loads((shared_data / case["inputs"]["tariff"]).read_text())
    contract = ContractDates("2018-01-01", "2019-01-01")
    (body,) = tariffs_from_urdb(rate, contract=contract, allow_partial=False).bodies
    body.pop("display_name")
    element = Element(UUID(int=1), tariff_from_json(body, STEADY))

    answer = costs(
        [element],
        STEADY,
        CostQuestion("IMPORT", YEAR, "MONTH"),
        hourly(shared_data / case["inputs"]["load"]),
        markets=Markets({}, YEAR.start),
    )

    expected = case["expected"]
    months = list(answer.data)
    demand = np.add(expected["monthly_demand_tou"], expected["monthly_demand_flat"])
    for kind, recorded_months in (
        ("ENERGY", expected["monthly_energy"]),
        ("DEMAND", list(demand)),
        ("STANDING", expected["monthly_fixed"]),
    ):
        assert [lines_of(item, kind) for item in months] == pytest.approx(recorded_months, abs=0.01)
    assert [item.cost for item in months] == pytest.approx(expected["monthly_total"], abs=0.01)
    (total,) = answer.total
    assert total.cost == pytest.approx(expected["annual_total"], abs=0.06)
