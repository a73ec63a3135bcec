"""A real rate, a year of real load, and the bills that NREL's calculator made of them.

The rate comes in on the command line, the load as a back-fill, the bill through the API.
"""

import asyncio
import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.clock import FakeClock
from tests.support.costing import amount_of, assert_sound, costs_of, periods
from tests.support.world import Tenant, World
from wattyard.cli import app
from wattyard.platform.db import Database

STEADY = {
    "timezone": "Etc/GMT+8",
    "currency_code": "USD",
    "postal_address": {"city": "Sacramento", "state": "CA", "country_code": "US"},
}
"""The recorded bills know no clock changes."""
START, END = "2018-01-01T00:00:00-08:00", "2019-01-01T00:00:00-08:00"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


@pytest.mark.usefixtures("loop_free")
@pytest.mark.parametrize("case_number", [0, 1])
def test_the_recorded_bills_come_out_to_the_cent(
    shared_data: Path, database_url: str, case_number: int
) -> None:
    recorded = shared_data / "urdb_bills_pysam.json"
    if not recorded.is_file():
        pytest.skip("the recorded bills are not among the shared test data")
    case = json.loads(recorded.read_text())["cases"][case_number]
    expected = case["expected"]
    account, secret, home = asyncio.run(settle(database_url))

    import_rate(database_url, account, home, shared_data / case["inputs"]["tariff"])
    load_kwh = hourly(shared_data / case["inputs"]["load"])
    year = asyncio.run(bill(database_url, account, secret, home, load_kwh))

    months = year["data"]
    assert costs_of(year) == pytest.approx(expected["monthly_total"], abs=0.01)
    for kind, names in (
        ("ENERGY", ["monthly_energy"]),
        ("STANDING", ["monthly_fixed"]),
        ("DEMAND", ["monthly_demand_tou", "monthly_demand_flat"]),
    ):
        wanted = [sum(parts) for parts in zip(*(expected[name] for name in names), strict=True)]
        assert [amount_of(month, kind) for month in months] == pytest.approx(wanted, abs=0.01)
    assert year["total"]["energy"]["value"] == pytest.approx(case["inputs"]["load_sum_kwh"])
    assert year["total"]["cost"]["value"] == pytest.approx(expected["annual_total"], abs=0.12)
    assert year["currency_code"] == "USD"


async def settle(url: str) -> tuple[str, str, str]:
    """Have an account with a place."""
    db = Database(url, connections=2)
    await db.open()
    try:
        async with World(db, FakeClock(NOW)) as world:
            tenant = await world.tenant("a maker of bills")
            site = await tenant.site(**STEADY)
            return tenant.account_id, tenant.secret, str(site["location_id"])
    finally:
        await db.close()


def import_rate(url: str, account: str, home: str, file: Path) -> None:
    done = CliRunner().invoke(
        app,
        [
            "tariff", "import", str(file), "--format", "urdb", "--location", home,
            "--from", "2018-01-01", "--to", "2019-01-01",
            "--account", account, "--mode", "test", "--database", url, "--json",
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert [one["status"] for one in json.loads(done.stdout)["tariffs"]] == ["CONNECTED"]


def hourly(file: Path) -> list[float]:
    with gzip.open(file, "rt") as lines:
        return [float(row[0]) for row in csv.reader(lines)]


async def bill(url: str, account: str, secret: str, home: str, load_kwh: list[float]) -> Any:
    """Send a year of hours as a back-fill, and ask for its months."""
    db = Database(url, connections=2)
    await db.open()
    try:
        async with World(db, FakeClock(NOW)) as world:
            tenant = await world.log_in(account, secret)
            await back_fill(tenant, periods(home, START, timedelta(hours=1), load_kwh))
            answer = await tenant.post(
                f"/costs/interval/{home}",
                {"start_time": START, "end_time": END},
                params={"aggregation": "MONTH", "include_lines": "true"},
            )
    finally:
        await db.close()
    assert answer.status_code == 200, answer.text
    assert_sound(answer.json())
    return answer.json()


async def back_fill(tenant: Tenant, readings: list[dict[str, Any]]) -> None:
    answer = await tenant.call(
        "PUT",
        "/meters/interval",
        content="\n".join(json.dumps(one) for one in readings),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["records_accepted"] == len(readings) == 8760
