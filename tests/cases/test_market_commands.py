"""What a person mistypes on the command line is said in one line, never with a trace."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from wattyard.cli import app
from wattyard.cli.database import CommandFailed
from wattyard.kernel.refusals import Refusal

pytestmark = pytest.mark.usefixtures("loop_free", "operators_sources_put_away", "encryption_key")

ALL_DAY = [{"valid_from": "00:00", "valid_to": "00:00", "rate": [{"value": 0.2}]}]
TARIFF = {
    "direction": "IMPORT",
    "type": "COMMODITY",
    "contract_start_date": "2026-01-01",
    "contract_end_date": "2028-01-01",
    "schedule": [{"days_and_hours": [{"days": ["All"], "hours": ALL_DAY}]}],
}


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


def complaint(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert isinstance(done.exception, CommandFailed | Refusal), (done.exception, done.output)
    return str(done.exception)


def done(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, (result.exception, result.output)
    return result.stdout


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--timezone", "Europe/Lndon"), "did you mean Europe/London"),
        (("--timezone", "../../etc/passwd"), "timezone must be a name in the tz database"),
        (("--timezone", "Europe/London", "--country", "gb"), "did you mean GB"),
        (("--timezone", "Europe/London", "--country", "XX"), "ISO 3166-1"),
        (("--timezone", "Europe/London", "--country", "GB", "--state", "QQ"), "ISO 3166-2"),
        (("--timezone", "Europe/London", "--currency", "XYZ"), "ISO 4217"),
    ],
)
def test_a_tariff_is_judged_only_at_a_place_that_there_is(
    tmp_path: Path, wrong: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps(TARIFF))
    assert said in complaint("tariff", "check", str(file), *wrong)


def test_a_file_of_prices_is_found_from_wherever_it_is_fetched(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prices.csv").write_text(
        "valid_from,valid_to,value\n2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,50\n"
    )
    code = f"OWN_{uuid4().hex[:8]}"
    options = [f"--option={one}" for one in ("path=prices.csv", "unit=MWH", "currency=EUR")]
    kept = ("--database", database_url)
    monkeypatch.chdir(tmp_path)
    done("market", "add", code, "--feed", "csv", *options, "--timezone", "Europe/Oslo", *kept)
    monkeypatch.chdir("/")
    days = ("--from", "2026-01-01", "--to", "2026-01-01")
    assert "1 prices" in done("market", "fetch", code, *days, *kept)
    for start, end in (("0001-01-01", "2026-01-01"), ("2026-01-01", "9999-12-31")):
        far = ("market", "fetch", code, "--from", start, "--to", end, *kept)
        assert "dates must be from" in complaint(*far)
