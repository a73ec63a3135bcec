"""`wattyard tariff` and `wattyard market`, run as a person runs them."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from tests.support.real_demand import BELGIUM, NORWAY
from tests.support.tariff_bodies import entry, hours
from wattyard.cli import app

pytestmark = pytest.mark.usefixtures("loop_free", "operators_sources_put_away")

NIGHT_SAVER = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2026-01-01",
    "contract_end_date": "2100-01-01",
    "display_name": "Night saver",
    "schedule": [entry(("All", hours(("06:00", "22:00", 0.3), ("22:00", "06:00", 0.1))))],
}
URDB = {
    "name": "Residential",
    "energyratestructure": [[{"rate": 0.12}]],
    "energyweekdayschedule": [[0] * 24] * 12,
    "energyweekendschedule": [[0] * 24] * 12,
}


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def written(folder: Path, value: Any, name: str = "tariff.json") -> str:
    file = folder / name
    file.write_text(json.dumps(value))
    return str(file)


def test_a_good_tariff_is_shown_as_a_week(tmp_path: Path) -> None:
    done = run("tariff", "check", written(tmp_path, NIGHT_SAVER), "--timezone", "Europe/London")

    assert done.exit_code == 0, done.output
    assert "Night saver" in done.stdout
    days = [line for line in done.stdout.split("\n") if line.startswith(("Mon ", "Sun "))]
    assert len(days) >= 2
    assert "0.1000 … 0.3000" in days[0]
    assert "lowest 0.1, highest 0.3" in done.stdout


def test_a_week_is_drawn_into_a_file_or_to_standard_output(tmp_path: Path) -> None:
    file, picture = written(tmp_path, NIGHT_SAVER), tmp_path / "week.svg"
    zone = ("--timezone", "Europe/London")

    kept = run("tariff", "check", file, *zone, "--svg", str(picture))
    printed = run("tariff", "check", file, *zone, "--svg", "-")
    nowhere = run("tariff", "check", file, *zone, "--svg", str(tmp_path / "none" / "week.svg"))

    assert (kept.exit_code, kept.stdout) == (0, "")
    assert picture.read_text() == printed.stdout
    assert printed.stdout.startswith("<svg ")
    assert "Night saver" in printed.stdout
    assert "00:00–06:00: 0.10 EUR per kWh" in printed.stdout
    assert "cannot be written" in str(nowhere.exception)


def test_the_check_as_json_has_the_shape_of_the_endpoint(tmp_path: Path) -> None:
    done = run(
        "tariff", "check", written(tmp_path, NIGHT_SAVER), "--timezone", "Europe/London",
        "--country", "GB", "--currency", "GBP", "--json",
    )  # fmt: skip
    shown = json.loads(done.stdout)

    assert (shown["object"], shown["currency_code"]) == ("tariff_check", "GBP")
    assert len(shown["week"]) == 7
    assert sorted(day["hours"] for day in shown["clock_changes"]) == [23.0, 25.0]


def test_every_fault_is_listed_with_its_place(tmp_path: Path) -> None:
    faulty = {
        **NIGHT_SAVER,
        "vat": 7,
        "schedule": [entry(("All", hours(("06:00", "25:00", 0.3))))],
    }
    gap = {**NIGHT_SAVER, "schedule": [entry(("All", hours(("06:00", "22:00", 0.3))))]}
    done = run("tariff", "check", written(tmp_path, faulty), "--timezone", "Europe/London")
    second = run("tariff", "check", written(tmp_path, gap), "--timezone", "Europe/London")

    assert (done.exit_code, second.exit_code) == (1, 1)
    assert "vat_invalid" in done.stderr
    assert "valid_to_invalid" in done.stderr
    place = "tariff.json: schedule[0].days_and_hours[0].hours: "
    assert f"{place}gap_in_time_period: 2026-01-01 (Thursday)" in second.stderr


ONTARIO = {
    **NIGHT_SAVER,
    "contract_end_date": None,
    "holidays": {"add": ["AUG-MON-1"], "observed": "NEXT_WORKDAY"},
    "schedule": [
        *NIGHT_SAVER["schedule"],
        entry(("All", hours(("00:00", "00:00", 0.076))), dates=["Holidays"]),
    ],
}


def test_the_holidays_that_a_tariff_counts_are_listed(tmp_path: Path) -> None:
    place = ("--timezone", "America/Toronto", "--country", "CA", "--state", "ON")
    file = written(tmp_path, ONTARIO)

    done = run("tariff", "check", file, *place, "--currency", "CAD", "--json")
    said = run("tariff", "check", file, *place, "--currency", "CAD")
    wrong = {**ONTARIO, "holidays": {"add": ["Guy Fawkes Night"]}}
    refused = run("tariff", "check", written(tmp_path, wrong), *place, "--currency", "CAD")

    listed = {one["date"]: one["name"] for one in json.loads(done.stdout)["holidays"]}
    assert len(listed) >= 20
    assert {"Canada Day", "Christmas Day", None} <= set(listed.values())
    assert next(iter(listed)) in said.stdout
    assert refused.exit_code == 1
    assert "holidays.add[0]: holiday_unknown" in refused.stderr


def test_what_is_charged_beside_the_price_is_said_in_words(tmp_path: Path) -> None:
    least = {"amount": 15, "per": "MONTH"}
    given = {**NIGHT_SAVER, "charges": [NORWAY, BELGIUM], "minimum_charge": least}
    file = written(tmp_path, given)

    done = run("tariff", "check", file, "--timezone", "Europe/Oslo", "--currency", "NOK")

    assert done.exit_code == 0, done.output
    said = done.stdout.splitlines()
    assert (
        "DEMAND kapasitetsledd: 175 below 2 kW, 260 below 5 kW, 439 below 10 kW, 700 above, by the "
        "mean of the highest 60 minutes of 3 different days of the billing month (NOK)"
    ) in said
    assert "  5 kW: 439.00 in a month of 30 days" in said
    assert (
        "DEMAND capacity tariff: 4 per kW of the highest 15 minutes of the billing month; at least "
        "2.5 kW; the mean of 12 billing months, this one included (NOK)"
    ) in said
    assert "MINIMUM: energy and charges of a billing month cost at least 15 (NOK)" in said


def test_prices_in_cents_are_refused_unless_they_are_meant(tmp_path: Path) -> None:
    cents = {
        **NIGHT_SAVER,
        "schedule": [entry(("All", hours(("00:00", "00:00", 34.86))))],
    }
    command = ("tariff", "check", written(tmp_path, cents), "--timezone", "Europe/London")

    refused = run(*command, "--currency", "GBP")
    taken = run(*command, "--currency", "GBP", "--allow-implausible")

    assert (refused.exit_code, taken.exit_code) == (1, 0)
    assert "price_implausible" in refused.stderr
    assert "0.3486" in refused.stderr
    assert "warning: price_implausible" in taken.stdout


def test_a_document_is_imported_and_its_tariff_and_place_are_shown(
    tmp_path: Path, database_url: str
) -> None:
    at = ("--database", database_url)
    account = json.loads(run("account", "create", "--name", "m", "--json", *at).stdout)
    owner = ("--account", account["account_id"], "--mode", "test", *at)
    site = tmp_path / "sites.ndjson"
    site.write_text(
        json.dumps({"reference_id": "a", "timezone": "America/Chicago", "currency_code": "USD"})
    )
    assert run("import", "sites", str(site), *owner).exit_code == 0
    location = _only_location(database_url, account["account_id"])
    urdb = written(tmp_path, URDB, "urdb.json")

    made = run(
        "tariff", "import", urdb, *owner, "--location", location, "--format", "urdb", "--json"
    )
    twice = run("tariff", "import", urdb, *owner, "--location", location, "--format", "urdb")
    (tariff,) = json.loads(made.stdout)["tariffs"]
    week = run("tariff", "show", tariff["id"], *owner)
    place = run("tariff", "show", location, *owner)
    drawn = run("tariff", "show", location, *owner, "--svg", "-")
    listed = json.loads(run("tariff", "show", location, *owner, "--json").stdout)

    assert (listed["currency_code"], len(listed["days"])) == ("USD", 7)
    assert listed["days"][0]["prices"][0]["value"] == 0.12
    assert drawn.stdout.startswith("<svg ")
    assert "0.12 USD per kWh" in drawn.stdout
    assert twice.exit_code == 1
    assert "tariff_term_overlap" in twice.stderr
    assert "Residential" in week.stdout
    assert f"IMPORT at {location}" in place.stdout
    assert "0.1200 … 0.1200" in place.stdout


def _only_location(url: str, account_id: str) -> str:
    async def ask() -> str:
        connection = await asyncpg.connect(url)
        try:
            found = await connection.fetchval(
                "SELECT s.id FROM sites s JOIN accounts a USING (account) WHERE a.id = $1",
                UUID(hex=account_id[4:]),
            )
        finally:
            await connection.close()
        return f"loc_{found.hex}"

    return asyncio.run(ask())


@pytest.mark.usefixtures("encryption_key")
def test_a_market_is_added_fetched_and_watched(tmp_path: Path, database_url: str) -> None:
    at = ("--database", database_url)
    file = tmp_path / "prices.csv"
    file.write_text(
        "valid_from,valid_to,value\n"
        "2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,50\n"
        "2026-03-01T02:00:00Z,2026-03-01T03:00:00Z,-4.5\n"
    )
    code = f"CSV_{tmp_path.name[-20:]}".replace("-", "_")
    options = ("-o", f"path={file}", "-o", "unit=MWH", "-o", "currency=EUR")

    unknown = run("market", "add", code, "--feed", "teletext", *at)
    missing = run("market", "add", code, "--feed", "csv", *at)
    added = run(
        "market", "add", code, "--feed", "csv", *options, "--timezone", "Europe/Berlin", *at
    )
    fetched = run(
        "market", "fetch", code, "--from", "2026-03-01", "--to", "2026-03-02", "--json", *at
    )
    status = json.loads(run("market", "status", "--json", *at).stdout)

    assert "octopus_agile" in str(unknown.exception)
    assert "path" in str(missing.exception)
    assert added.exit_code == 0, added.output
    told = json.loads(fetched.stdout)
    assert (told["records_accepted"], len(told["gaps"])) == (2, 1)
    (own,) = [one for one in status if one["code"] == code]
    assert own["published_until"] == "2026-03-01T03:00:00Z"
    assert own["stale_minutes"] > 0
