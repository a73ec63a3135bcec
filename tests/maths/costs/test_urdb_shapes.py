"""Bills of made-up URDB rates over recorded loads, beside those that NREL PySAM 7.1.1 made of them.

Limits by the peak and by the day, a minimum, demand in tiers; schedules written `1.0`.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.maths.costs.test_urdb_bills import STEADY, YEAR, hourly
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.tariffs.adapters.imports import ContractDates
from wattyard.tariffs.adapters.urdb import tariffs_from_urdb
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.wire.rules import tariff_from_json

OFFICE, HOUSE = "load_commercial_large.csv.gz", "residential_load.csv.gz"
SUMMER = [0.0] * 14 + [1.0] * 6 + [0.0] * 4
WEEKDAYS = [SUMMER if 4 <= month <= 8 else [0.0] * 24 for month in range(12)]


def tiers(unit: str, *priced: tuple[float | None, float]) -> list[dict[str, Any]]:
    return [
        {"unit": unit, "rate": price, **({} if most is None else {"max": most})}
        for most, price in priced
    ]


BY_PEAK = [
    tiers("kWh/kW", (200, 0.10), (400, 0.07), (None, 0.05)),
    tiers("kWh/kW", (200, 0.20), (400, 0.15), (None, 0.12)),
]
BY_DAY = [
    tiers("kWh daily", (10, 0.15), (None, 0.25)),
    tiers("kWh daily", (10, 0.25), (None, 0.40)),
]
FLAT = [tiers("kWh", (None, 0.08)), tiers("kWh", (None, 0.10))]
DEARER = [tiers("kWh", (None, 0.08)), tiers("kWh", (None, 0.12))]
DEMAND = {
    "flatdemandstructure": [[{"rate": 3, "max": 100}, {"rate": 6, "max": 400}, {"rate": 9}]],
    "flatdemandmonths": [0.0] * 12,
    "flatdemandunit": "kW",
}

PEAK_BILLS = (
    "27111.1372 25708.9462 28015.6827 27986.8440 35160.3811 35232.4456 "
    "34874.2575 36496.3979 35790.9095 28951.0176 26993.4948 27170.6469"
)
DAY_BILLS = (
    "67.7726 59.8324 57.5543 67.3410 110.3201 172.8275 "
    "213.3251 194.8115 150.1785 98.9666 56.2038 68.1336"
)
DEMAND_BILLS = (
    "33493.1627 30888.8842 34174.5787 33642.6529 38093.6710 37774.6970 "
    "38232.8044 39498.9945 38702.7390 35289.5985 33060.4812 33566.4976"
)


@pytest.mark.parametrize(
    ("load", "energy", "more", "bills"),
    [
        (
            OFFICE,
            BY_PEAK,
            {"fixedchargefirstmeter": 25.0},
            PEAK_BILLS,
        ),
        (
            HOUSE,
            BY_DAY,
            {"fixedchargefirstmeter": 5.0},
            DAY_BILLS,
        ),
        (
            HOUSE,
            FLAT,
            {"fixedchargefirstmeter": 5.0, "mincharge": 75.0, "minchargeunits": "$/month"},
            "75 75 75 75 75 75 76.7506 75 75 75 75 75",
        ),
        (
            OFFICE,
            DEARER,
            {"fixedchargefirstmeter": 5.0, **DEMAND},
            DEMAND_BILLS,
        ),
    ],
)
def test_every_month_of_a_rate_is_billed_as_pysam_does(
    shared_data: Path, load: str, energy: Any, more: dict[str, Any], bills: str
) -> None:
    metered = shared_data / "load" / load
    if not metered.is_file():
        pytest.skip("the recorded loads are not among the shared test data")
    rate = {
        "label": "made up",
        "name": "made up",
        "energyratestructure": energy,
        "energyweekdayschedule": WEEKDAYS,
        "energyweekendschedule": [[0.0] * 24] * 12,
        "fixedchargeunits": "$/month",
        "demandwindow": 60.0,
        **more,
    }
    contract = ContractDates("2018-01-01", "2019-01-01")
    (body,) = tariffs_from_urdb(rate, contract=contract, allow_partial=False).bodies
    body.pop("display_name")

    answer = costs(
        [Element(UUID(int=1), tariff_from_json(body, STEADY))],
        STEADY,
        CostQuestion("IMPORT", YEAR, "MONTH"),
        hourly(metered),
        markets=Markets({}, YEAR.start),
    )

    wanted = [float(bill) for bill in bills.split()]
    assert [item.cost for item in answer.data] == pytest.approx(wanted, abs=0.01)
