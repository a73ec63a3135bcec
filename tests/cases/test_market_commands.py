"""What a person mistypes on the command line is said in one line, never with a trace."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from wattyard.cli import app
from wattyard.cli.options import CommandFailed
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


class _Bank(BaseHTTPRequestHandler):
    """Answers what the European Central Bank's data portal is recorded to answer."""

    def do_GET(self) -> None:
        header = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE"
        row = "EXR.D.SEK.EUR.SP00.A,D,SEK,EUR,SP00,A,2026-01-02,11.5940"
        body = f"{header}\r\n{row}\r\n".encode()
        found = self.path.startswith("/service/data/EXR/D.SEK.EUR.SP00.A?startPeriod=2026-01-0")
        self.send_response(200 if found else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Write nothing."""


@pytest.fixture
def bank() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Bank) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_rates_of_exchange_are_added_and_fetched_like_any_market(
    database_url: str, bank: str
) -> None:
    code = f"ECB_{uuid4().hex[:8]}"
    kept = ("--database", database_url)
    options = (f"--option=base_url={bank}", "--option=currency=SEK")

    row = json.loads(done("market", "add", code, "--feed", "ecb", *options, "--json", *kept))
    fetched = done("market", "fetch", code, "--from", "2026-01-02", "--to", "2026-01-05", *kept)

    assert (row["currency"], row["unit"]) == ("SEK", "RATE")
    assert "1 prices" in fetched
